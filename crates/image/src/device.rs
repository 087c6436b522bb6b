//! Where tensors live, chosen at run time.

use burn::tensor::Device;

/// A device that this program cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--device {name}: expected {expected}")]
pub struct DeviceError {
    /// What was asked for.
    pub name: String,
    /// What this program was built for.
    pub expected: &'static str,
}

/// The device of this name.
///
/// # Errors
/// If the program was not built for it.
pub fn find(name: &str) -> Result<Device, DeviceError> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        _ => Err(DeviceError { name: name.to_owned(), expected: EXPECTED }),
    }
}

#[cfg(feature = "wgpu")]
const EXPECTED: &str = "cpu or wgpu";
#[cfg(not(feature = "wgpu"))]
const EXPECTED: &str = "cpu (a graphics card needs a program built with --features images-wgpu)";

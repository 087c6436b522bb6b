//! Where tensors live, chosen at run time.

use crate::network::Arithmetic;
use burn::tensor::{Device, FloatDType};

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This program was not built for it.
    #[error("device = {name}: expected {expected}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What this program was built for.
        expected: &'static str,
    },
    /// It lacks what the settings ask for.
    #[error("training.arithmetic = mixed: expected single, or another device: this one has no bfloat16")]
    Arithmetic,
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
        _ => Err(DeviceError::Unknown { name: name.to_owned(), expected: EXPECTED }),
    }
}

/// Whether a device computes so. Every processor does.
///
/// # Errors
/// If it does not.
pub fn require(device: &Device, arithmetic: Arithmetic) -> Result<(), DeviceError> {
    match arithmetic {
        Arithmetic::Mixed if !device.supports_dtype(FloatDType::BF16) => Err(DeviceError::Arithmetic),
        Arithmetic::Mixed | Arithmetic::Single => Ok(()),
    }
}

#[cfg(feature = "wgpu")]
const EXPECTED: &str = "cpu or wgpu";
#[cfg(not(feature = "wgpu"))]
const EXPECTED: &str = "cpu (a graphics card needs a program built with --features images-wgpu)";

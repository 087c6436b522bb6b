//! Networks: parameters in the open, layers as plain functions of them.
//!
//! A network is a list of named arrays (`Parameters`: the names and layouts of a PyTorch `state_dict`) and a structure
//! that says what is done with them (`Encoder`, `Head`). A `Pass` carries the values of one forward pass. So the
//! optimiser, the checkpoints and the measurements deal with flat named arrays and know nothing of layers.
//! Which networks
//! there are, and with which sizes, says [`architecture`]; the rest is there with the feature `train`.

pub mod architecture;
mod arithmetic;
#[cfg(feature = "train")]
pub mod parameters;
#[cfg(feature = "train")]
mod pass;
#[cfg(feature = "train")]
mod encoder;
#[cfg(feature = "train")]
mod whole;
#[cfg(feature = "train")]
pub mod kernels;
#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod alexnet;
#[cfg(feature = "train")]
pub mod wide_resnet;
#[cfg(feature = "train")]
pub mod patches;
#[cfg(feature = "train")]
pub mod head;

pub use architecture::{Architecture, NETWORKS};
pub use arithmetic::Arithmetic;
#[cfg(feature = "train")]
pub use encoder::{Encoder, Footprint, Representation};
#[cfg(feature = "train")]
pub use head::Head;
#[cfg(feature = "train")]
pub use parameters::{Blueprint, Handle, Parameters, Role, Slot};
#[cfg(feature = "train")]
pub use pass::{Mode, Pass};
#[cfg(feature = "train")]
pub use whole::Network;

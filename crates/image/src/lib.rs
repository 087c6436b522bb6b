//! Contrastive learning on pictures.

pub mod arrays;
pub mod run;
pub mod settings;
#[cfg(feature = "train")]
pub mod network;
#[cfg(feature = "train")]
pub mod loss;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
pub mod feature;
pub mod measure;
pub mod report;

//! Contrastive learning on pictures.
//!
//! [`data`] reads sets of pictures and draws synthetic ones; [`views`] draws the two random views of a picture that
//! contrastive learning compares. Both are pure functions of their files, settings and seeds, on any number of threads.
//!
//! [`settings`] says what to train; [`measure`] reads representations; [`run`] is the folder that training leaves, [`report`]
//! its pictures. With the feature `train`: `network`, `loss`, `train` and `feature`, on the framework burn.

pub mod error;
pub mod purpose;
pub mod data;
pub mod views;
pub mod arrays;
pub mod settings;
pub mod measure;
#[cfg(feature = "train")]
pub mod device;
#[cfg(feature = "train")]
pub mod network;
#[cfg(feature = "train")]
pub mod loss;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
pub mod feature;
pub mod run;
pub mod experiments;
pub mod report;

pub use error::DataError;

//! Contrastive learning on pictures.
//!
//! [`data`] reads sets of pictures and draws synthetic ones; [`views`] draws the two random views of a picture that
//! contrastive learning compares. Both are pure functions of their files, settings and seeds, on any number of threads.
//!
//! [`settings`] says what to train; [`measure`] reads representations; [`run`] is the folder that training leaves, [`report`]
//! its pictures. [`network`], [`objective`], [`adversary`] and the augmentations in [`views`] are parts with
//! settings of their
//! own. With the feature `train` on the framework burn: the networks and losses themselves, `train` and `feature`.

pub mod error;
pub mod purpose;
pub mod data;
pub mod views;
pub mod arrays;
pub mod adversary;
pub mod objective;
pub mod network;
pub mod settings;
pub mod measure;
#[cfg(feature = "train")]
pub mod device;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
pub mod feature;
pub mod run;
pub mod experiments;
pub mod report;

pub use error::DataError;

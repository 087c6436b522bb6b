//! Contrastive learning on pictures.
//!
//! [`data`] reads sets of pictures and draws synthetic ones; [`views`] draws the two random views of a picture that
//! contrastive learning compares. Both are pure functions of their files, settings and seeds, on any number of threads.

pub mod error;
pub mod data;
pub mod views;

pub use error::DataError;

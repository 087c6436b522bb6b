//! Contrastive learning on pictures.
//!
//! [`data`] reads sets of pictures and draws synthetic ones; [`views`] draws the two random views of a picture that
//! contrastive learning compares. Both are pure functions of their files, settings and seeds, on any number of threads.
//!
//! Floors: a module may use only what stands in its row, and its row names only what stands above it. So
//! there is no circle. `tests/imports.rs` enforces it, and that there is no circle between the files of a
//! module. Modules without a link are there with the feature `train` alone.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`error`] | what can be wrong with a set of pictures | – |
//! | [`purpose`] | what random numbers are for | – |
//! | [`data`] | sets of labelled pictures, read or drawn | error, purpose |
//! | [`views`] | the two views of a picture | purpose, data |
//! | [`arrays`] | named arrays in a file | – |
//! | [`adversary`] | changes of pictures that make the loss large | – |
//! | [`objective`] | what training minimises | – |
//! | [`network`] | networks and their layers | objective |
//! | [`settings`] | what was asked for, from the parts above | data, views, adversary, objective, network |
//! | [`measure`] | what is read off representations and filters | – |
//! | [`mod@run`] | the folder that training leaves, and how the judge reads it | arrays, settings, measure |
//! | `device` | where networks compute | network |
//! | `feature` | pictures of what units look for | purpose, network |
//! | `train` | carries a run out | error, purpose, data, views, arrays, adversary, objective, network, settings, measure, run, device, feature |
//! | [`experiments`] | questions that come with the program | settings |
//! | [`report`] | pictures of stored runs | data, views, arrays, network, settings, measure, run |

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
pub mod run;
#[cfg(feature = "train")]
pub mod device;
#[cfg(feature = "train")]
pub mod feature;
#[cfg(feature = "train")]
pub mod train;
pub mod experiments;
pub mod report;

pub use error::DataError;

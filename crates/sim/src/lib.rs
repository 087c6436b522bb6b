//! The physics of featurescope: no files, no clock, no printing.
//!
//! Data flows down this table; a module may use only `math` and what stands in its row.
//! `tests/imports.rs` enforces it.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`math`] | matrices and products, counter-based random streams, special functions | – |
//! | [`data`] | what a sample is: x = M z + ξ | math |
//! | [`augment`] | the two views of a positive sample | math |
//! | [`encoder`] | the learner's activation, forward and hand-derived backward | math |
//! | [`loss`] | contrastive losses and their gradients per branch | math |
//! | [`train`] | the training process that joins the four above | math, data, augment, encoder, loss |
//! | [`probe`] | linear probes on frozen features, and their yardsticks | math |
//! | [`measure`] | what is read off a running process, never changing it | math, data, train, probe |
//! | [`theory`] | closed forms only: what the paper and its finite-size corrections predict | math |
//!
//! `theory` and `measure` never see each other: prediction and reading meet only in stored results.

pub mod math;
pub mod data;
pub mod augment;
pub mod encoder;
pub mod loss;
pub mod train;
pub mod probe;
pub mod measure;
pub mod theory;

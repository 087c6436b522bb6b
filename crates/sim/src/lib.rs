//! The physics of featurescope: no files, no clock, no printing.
//!
//! Data flows down this table; a module may use only `math` and what stands in its row.
//! `tests/imports.rs` enforces it.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`math`] | matrices and products, counter-based random streams, special functions | – |
//! | [`part`] | parts, their settings, and the slots that they fill | math |
//! | [`data`] | what a sample is: x = M z + ξ | math, part |
//! | [`augment`] | the two views of a positive sample | math, part |
//! | [`layer`] | dense layers, activations, batch normalisation: forward and hand-derived backward | math, part |
//! | [`network`] | the learner above its first layer, forward and hand-derived backward | math, part, layer |
//! | [`head`] | what stands between features and objective | math, part, layer |
//! | [`objective`] | what training minimises, with a gradient per branch | math, part, layer |
//! | [`train`] | the training process that joins those above | math, part, data, augment, layer, network, head, objective |
//! | [`probe`] | linear probes on frozen features, their yardsticks, and the best linear rule in closed form | math, data |
//! | [`measure`] | what is read off a running process, never changing it | math, part, data, network, train, probe |
//! | [`prelude`] | the names that a program writes to train a learner | data, augment, network, head, objective, train |
//!
//! No module predicts: closed forms of a theory stand in the crate of its paper, and meet what is measured in stored
//! results only.
//!
//! A process is put together from its parts and pulled step by step. Parts that are not named are the paper's:
//!
//! ```
//! use featurescope_sim::prelude::*;
//!
//! let data = SparseCoding::new(
//!     Dictionary::haar(256, 16, 1)?, // ambient and latent dimension, seed
//!     Arc::new(Independent { activity: 0.1 }),
//!     DenseNoise::isotropic(0.05)?,
//! )?;
//! let rate = RateRule { learning_rate: 1.0, weight_decay: 1e-3, ..RateRule::default() };
//! let rule = TrainingRule { width: 24, steps: 20, rate, bias: Arc::new(ZeroBias), ..TrainingRule::default() };
//! let mut process = Sampled::new(Box::new(data), Parts { rule, ..Parts::default() })?;
//! while let Some(view) = process.step() {
//!     assert!(view.batch.is_some_and(|batch| batch.loss.is_finite()));
//! }
//! // Stage I: the sparse directions have grown, the dense ones have not.
//! let growth = process.growth();
//! assert!(growth.sparse > 1.5 && growth.dense < 1.1, "{growth:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// Tests that other crates include name this one by its name.
#[cfg(test)]
extern crate self as featurescope_sim;

pub mod math;
pub mod part;
pub mod data;
pub mod augment;
pub mod layer;
pub mod network;
pub mod head;
pub mod objective;
pub mod train;
pub mod probe;
pub mod measure;
pub mod prelude;

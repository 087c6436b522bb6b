//! The physics of featurescope: no files, no clock, no printing.
//!
//! Data flows down this table; a module may use only `math` and what stands in its row.
//! `tests/imports.rs` enforces it.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`math`] | matrices and products, counter-based random streams, special functions | – |
//! | [`part`] | parts, their settings, and the slots that they fill | math |
//! | [`data`] | what a sample is: x = M z + ξ | math |
//! | [`augment`] | the two views of a positive sample | math, part |
//! | [`network`] | the learner above its first layer, forward and hand-derived backward | math, part |
//! | [`objective`] | what training minimises, with a gradient per branch | math, part |
//! | [`train`] | the training process that joins the four above | math, part, data, augment, network, objective |
//! | [`probe`] | linear probes on frozen features, and their yardsticks | math |
//! | [`measure`] | what is read off a running process, never changing it | math, part, data, network, train, probe |
//! | [`theory`] | closed forms only: what the paper and its finite-size corrections predict | math |
//!
//! `theory` and `measure` never see each other: prediction and reading meet only in stored results.
//!
//! A process is put together from its parts and pulled step by step:
//!
//! ```
//! use featurescope_sim::augment::IntervalMasks;
//! use featurescope_sim::data::{DenseNoise, Dictionary, LatentLaw, SparseCoding};
//! use featurescope_sim::encoder::SymRelu;
//! use featurescope_sim::loss::{InfoNce, NegativeSet, StopGrad};
//! use featurescope_sim::train::{
//!     BatchPlan, BiasRule, Contrastive, ContrastiveParts, Dynamics, LearningRate, NegativeViews, Sgd, StageRule,
//!     TrainingRule,
//! };
//!
//! let (ambient_dim, latent_dim, seed) = (256, 16, 1);
//! let data = SparseCoding::new(
//!     Dictionary::haar(ambient_dim, latent_dim, seed)?,
//!     LatentLaw::Symmetric { activity: 0.1 },
//!     DenseNoise::isotropic(0.05)?,
//! )?;
//! let mut process = Contrastive::new(ContrastiveParts {
//!     data: Box::new(data),
//!     augmentation: Box::new(IntervalMasks::complementary(0.5)?), // RandomMask
//!     encoder: Box::new(SymRelu),
//!     loss: Box::new(InfoNce::new(1.0, StopGrad::Targets)?),
//!     batch: BatchPlan {
//!         anchors: 128,
//!         negatives: 32,
//!         negative_set: NegativeSet::Fresh,
//!         negative_views: NegativeViews::Raw,
//!     },
//!     rule: TrainingRule {
//!         width: 24,
//!         initial_norm: 0.05,
//!         sgd: Sgd { learning_rate: 1.0, schedule: LearningRate::Constant, weight_decay: 1e-3 },
//!         bias: BiasRule::Zero,
//!         stages: StageRule { first_energy_ratio: 4.0, second_energy_ratio: latent_dim as f64 },
//!         steps: 20,
//!     },
//!     seed,
//! })?;
//! while let Some(view) = process.step() {
//!     assert!(view.batch.is_some_and(|batch| batch.loss.is_finite()));
//! }
//! // Stage I: the sparse directions have grown, the dense ones have not.
//! let growth = process.growth();
//! assert!(growth.sparse > 1.5 && growth.dense < 1.1, "{growth:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod math;
pub mod part;
pub mod data;
pub mod augment;
pub mod network;
pub mod objective;
pub mod train;
pub mod probe;
pub mod measure;
pub mod theory;

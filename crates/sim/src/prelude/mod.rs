//! The names that a program writes to train a learner: `use featurescope_sim::prelude::*;`.

pub use crate::augment::{Augmentation, Identity, IndependentMasks, IntervalMasks};
pub use crate::data::{
    DataModel, DenseNoise, Dictionary, Independent, LatentLaw, SparseCoding, SparseCodingLaw,
};
pub use crate::network::{Network, Normalised, SymRelu};
pub use crate::objective::{InfoNce, NegativeSet, Objective, Regression, Spectral, StopGrad};
pub use crate::train::{
    Adam, Arithmetic, BatchPlan, BiasRule, Dynamics, LearningRate, MaskJitter, Momentum, NegativeViews,
    Optimizer, Parts, RateRule, Reduced, Sampled, Sgd, StageRule, StopReason, TrainingRule,
};
/// Laws of codes are shared between a model and its law.
pub use std::sync::Arc;

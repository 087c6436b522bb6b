//! The names that a program writes to train a learner: `use featurescope_sim::prelude::*;`.

pub use crate::augment::{Augmentation, Identity, IndependentMasks, IntervalMasks};
pub use crate::data::{
    DataModel, DenseNoise, Dictionary, Independent, LatentLaw, SparseCoding, SparseCodingLaw,
};
pub use crate::head::Head;
pub use crate::network::{Linear, Network, Normalised, Relu, SymRelu};
pub use crate::objective::{InfoNce, NegativeSet, Objective, Regression, Spectral, StopGrad};
pub use crate::train::{
    Adam, Arithmetic, BatchPlan, BiasRule, BiasStep, ConstantRate, CosineRate, Dynamics, MaskJitter,
    Momentum, NegativeViews, Optimizer, Parts, RateDrops, RateRule, RateSchedule, Reduced, Sampled, Sgd,
    StageRule, StagedBias, StopReason, TrainedBias, TrainingRule, ZeroBias,
};
/// Laws of codes, bias rules and schedules are shared.
pub use std::sync::Arc;

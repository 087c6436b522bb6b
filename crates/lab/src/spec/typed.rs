//! The spec as types: one struct per table, one enum variant per kind.
//!
//! What each field means stands in the [list of settings](super::registry).

#![allow(missing_docs, reason = "every field is a setting, and the list of settings documents it")]

use serde::Deserialize;
use std::path::PathBuf;

/// What all arms of a run share.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedSpec {
    pub experiment: Option<String>,
    pub seed: u64,
    pub data: DataSpec,
    pub probe: ProbeSpec,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    pub latent_dim: usize,
    pub ambient_dim: usize,
    pub dictionary: DictionarySpec,
    pub activity: Option<f64>,
    pub activity_constant: Option<f64>,
    pub active_count: Option<usize>,
    pub noise_variance: Option<f64>,
    pub noise_constant: Option<f64>,
    pub noise_directions: NoiseDirectionsSpec,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DictionarySpec {
    Haar {},
    Hadamard {},
    Axes {},
    File { path: PathBuf },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NoiseDirectionsSpec {
    None {},
    Random { count: usize, variance: Option<f64>, variance_ratio: Option<f64> },
    File { path: PathBuf, variance: Option<f64>, variance_ratio: Option<f64> },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    pub labels: Vec<usize>,
    pub targets: usize,
    pub target_spread: f64,
    pub validation_rows: usize,
    pub test_rows: usize,
}

/// What may differ between arms. `augmentation` and `loss` are there exactly where training is contrastive.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmSpec {
    pub augmentation: Option<AugmentationSpec>,
    pub encoder: EncoderSpec,
    pub loss: Option<LossSpec>,
    pub batch: BatchSpec,
    pub training: TrainingSpec,
    pub bias: BiasSpec,
    pub measure: MeasureSpec,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AugmentationSpec {
    RandomMask { keep_rate: f64 },
    DisjointMasks { keep_rate: f64 },
    IndependentMasks { keep_rate: f64 },
    None {},
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EncoderSpec {
    SymRelu { width: usize, initial_norm: f64 },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LossSpec {
    InfoNce { temperature: f64, stop_gradient: StopGradientSpec },
    Spectral { stop_gradient: StopGradientSpec },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopGradientSpec {
    Targets,
    Nowhere,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    pub anchors: usize,
    pub negatives: Option<usize>,
    pub negative_set: Option<NegativeSetSpec>,
    pub negative_views: Option<NegativeViewsSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NegativeSetSpec {
    Fresh,
    InBatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NegativeViewsSpec {
    Raw,
    Augmented,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    pub dynamics: DynamicsSpec,
    pub fork: Option<String>,
    pub arithmetic: Option<ArithmeticSpec>,
    pub mask_jitter: Option<MaskJitterSpec>,
    pub steps: u64,
    pub learning_rate: f64,
    pub schedule: ScheduleSpec,
    pub weight_decay: f64,
    pub first_energy_ratio: f64,
    pub second_energy_ratio: f64,
    pub tasks: Option<usize>,
    pub head_rate_ratio: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DynamicsSpec {
    Sampled,
    Reduced,
    Supervised,
    ReducedSupervised,
}

impl DynamicsSpec {
    /// Whether samples are contrasted with each other.
    pub fn is_contrastive(self) -> bool {
        matches!(self, Self::Sampled | Self::Reduced)
    }

    /// Whether the ambient space is left out.
    pub fn is_reduced(self) -> bool {
        matches!(self, Self::Reduced | Self::ReducedSupervised)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskJitterSpec {
    Kept,
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArithmeticSpec {
    Single,
    Mixed,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScheduleSpec {
    Constant {},
    Cosine { final_fraction: f64 },
    Drops { at: Vec<u64>, factor: f64 },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BiasSpec {
    Zero {},
    Trained { learning_rate: f64, reset: Option<f64> },
    Staged { reset: Option<f64>, growth: f64, cap: f64 },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    pub cadence: CadenceSpec,
    pub samples: usize,
    pub potential_per_atom: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CadenceSpec {
    Every { steps: u64 },
    Logarithmic { per_decade: u32 },
}

//! What was asked for: TOML from an experiment, a smaller version of it, and the command line, laid over each other,
//! then read and checked as a whole before anything runs.

mod arm;
mod check;
mod layers;

pub use arm::{Adversary, Arm, Arms, Objective, Similarity, StopGradient, Views};
pub use check::SettingsError;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything about an experiment on pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seeds of the repetitions; every arm is trained once per seed.
    pub seeds: Vec<u64>,
    /// The pictures.
    pub data: Data,
    /// The network.
    pub network: Network,
    /// The descent.
    pub training: Training,
    /// What is looked at, and how often.
    pub measure: Measure,
    /// What is compared, in the order in which it was written.
    pub arms: Arms,
}

/// Which pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Where the pictures come from: a file or a folder; absent: the built-in synthetic set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Side of the synthetic pictures in pixels, 16 to 512.
    pub size: usize,
    /// Classes of the synthetic set, 2 to 10.
    pub classes: usize,
    /// Pictures that are trained on (the first so many of a file).
    pub train: usize,
    /// Pictures that probes are scored on.
    pub test: usize,
}

/// Which network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Network {
    #[serde(rename = "alexnet")]
    /// Three convolutions and a fully connected layer, for pictures of 32 pixels or so.
    AlexNet {
        /// Filters of the first layer.
        width: usize,
        /// Side of the first layer's filters in pixels, odd.
        kernel: usize,
        /// Entries of the representation.
        features: usize,
        /// Outputs of the projection head, which the contrastive loss reads.
        projection: usize,
    },
    #[serde(rename = "wide_resnet")]
    /// Wide-ResNet (Zagoruyko & Komodakis 2016): 6 n + 4 layers.
    WideResNet {
        /// 10, 16, 22, 28, …
        depth: usize,
        /// Factor on the 16, 32 and 64 channels of its three groups.
        width: usize,
        /// Outputs of the projection head.
        projection: usize,
    },
    /// The paper's learner on whitened patches: symmetric ReLU features with thresholds, no projection head.
    Patches {
        /// Neurons m.
        neurons: usize,
        /// Side of a patch in pixels; patches do not overlap.
        patch: usize,
    },
}

/// How the network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Times that every training picture is seen.
    pub epochs: usize,
    /// Pictures of a step, ≥ 2.
    pub batch: usize,
    /// Largest learning rate; it falls to 0 along a half cosine.
    pub learning_rate: f64,
    /// Epochs over which it first rises linearly from 0.
    pub warmup: f64,
    /// Momentum of the descent, in [0, 1).
    pub momentum: f64,
    /// Pull of the weights to 0, added to their gradient; shifts and normalisation are not pulled.
    pub weight_decay: f64,
    /// How the products of layers are computed while training.
    #[serde(default)]
    pub arithmetic: Arithmetic,
    /// The contrastive loss of every arm that does not name another.
    pub objective: Objective,
}

/// How the products of convolutions and linear layers are computed while training, forward and backward. All else, and
/// everything that is measured, is in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// In single precision.
    #[default]
    Single,
    /// Factors rounded to bfloat16, sums in single precision.
    Mixed,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Epochs between two measurements.
    pub every: usize,
    /// Training pictures that the linear probe is fitted on.
    pub probe: usize,
    /// Neighbours that vote.
    pub neighbours: usize,
    /// Ascent steps of a feature's picture; 0 makes none.
    pub feature_steps: usize,
    /// Features of the last layer that get a picture, per arm, and that the chroma share is averaged over.
    pub features: usize,
}

#[cfg(test)]
mod tests;

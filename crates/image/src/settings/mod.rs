//! What was asked for: TOML from an experiment, a smaller version of it, and the command line, laid over each other,
//! then read and checked as a whole before anything runs.

mod arm;
mod check;
mod data;
mod layers;
mod usage;

pub use arm::{Adversary, Arm, Arms, Objective, Similarity, StopGradient, Views};
pub use check::SettingsError;
pub use data::{Data, Pictures};
pub use layers::Layer;

use serde::{Deserialize, Deserializer, Serialize};

/// Everything about an experiment on pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seeds of the repetitions, 0 to 2⁶³ − 1; every arm is trained once per seed.
    #[serde(deserialize_with = "seeds")]
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
    /// Features of the last layer that get a picture, per arm, and that the chroma share of units is averaged
    /// over.
    #[serde(default = "shown_features")]
    pub features: usize,
}

/// Features that get a picture where nothing else is said.
fn shown_features() -> usize {
    24
}

/// TOML has whole numbers of 64 bits with a sign, so a seed is one of those that are not negative.
fn seeds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let seeds = Vec::<i64>::deserialize(deserializer)?;
    let read = |seed: i64| {
        u64::try_from(seed)
            .map_err(|_| serde::de::Error::custom(format!("seeds = {seed}: expected 0 to {}", i64::MAX)))
    };
    seeds.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;

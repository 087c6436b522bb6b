//! What one epoch left behind.

use serde::{Deserialize, Serialize};

/// One epoch of one arm; `None`: not measured, or not defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Epochs made.
    pub epoch: usize,
    /// Mean loss of its steps; none before the first.
    pub loss: Option<f64>,
    /// What was read off the representations.
    pub reading: Option<Reading>,
}

/// Figures of [`crate::measure`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Accuracy of a linear rule on test pictures.
    pub probe: Option<f64>,
    /// Accuracy of the nearest neighbours.
    pub neighbours: Option<f64>,
    /// E ‖u(x⁺) − u(x⁺⁺)‖² under crop, flip and colour distortion.
    pub alignment: Option<f64>,
    /// ln E exp(−2 ‖u(x) − u(x')‖²).
    pub uniformity: Option<f64>,
    /// Effective rank of the features.
    pub effective_rank: Option<f64>,
    /// Share of activations that are not zero.
    pub firing_density: Option<f64>,
    /// Mean chroma energy share of the first layer's filters.
    pub filter_chroma: Option<f64>,
    /// Share of filters on whitened patches that are single atoms of the cosine basis; other networks have none.
    pub cosine_atoms: Option<f64>,
}

/// Name and unit of a figure, and how it is read.
pub type Figure<T> = (&'static str, &'static str, fn(&T) -> Option<f64>);

/// What is read, with its name and unit for pictures and tables.
pub const FIGURES: [Figure<Reading>; 8] = [
    ("linear probe", "accuracy", |reading| reading.probe),
    ("nearest neighbours", "accuracy", |reading| reading.neighbours),
    ("firing density", "share of activations", |reading| reading.firing_density),
    ("alignment", "squared distance", |reading| reading.alignment),
    ("uniformity", "log potential", |reading| reading.uniformity),
    ("effective rank", "directions", |reading| reading.effective_rank),
    ("chroma of first-layer filters", "share of energy", |reading| reading.filter_chroma),
    ("single atoms of the cosine basis", "share of filters", |reading| reading.cosine_atoms),
];

/// How long training took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Pictures that went through training steps, each counted once however many views it had.
    pub pictures: u64,
    /// Seconds of those steps.
    pub seconds: f64,
}

//! Linear probes on frozen features: what a linear rule can read off a representation, and from how many labels.
//!
//! Features f(x) ∈ R^k are frozen; a linear rule θ ∈ R^k is fitted on labels made from the latent code z,
//!
//! ```text
//! regression      y = ⟨w*, z⟩         θ minimises  (1/2n) Σ (yᵢ − ⟨θ, fᵢ⟩)²           + (λ v / 2) ‖θ‖²
//! classification  y = sign ⟨w*, z⟩    θ minimises  (1/n)  Σ log(1 + exp(−yᵢ ⟨θ, fᵢ⟩)) + (λ v / 2) ‖θ‖²
//! ```
//!
//! with v the mean of the squared features, so that the grid of λ has no units, and is scored on fresh samples.
//!
//! There is no intercept. The law of (z, ξ) is symmetric and every representation compared here is an odd function
//! of its input, so features and labels have mean zero and the best intercept is 0; fitting one would only add noise.
//!
//! Source: Definition 3.1 (the tasks), Corollaries 3.3 and 3.5 (what theory expects of them).

pub mod task;
pub mod features;
mod newton;
pub mod ridge;
pub mod logistic;
mod interval;
pub mod ladder;
pub mod yardstick;
pub mod code_noise;
pub mod linear_rule;
pub mod spectrum;
pub mod sphere;
pub mod neighbours;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod oracle;

pub use features::{LinearRules, TrainingFeatures};
pub use ladder::{LadderSettings, ProbeScore, climb};
pub use task::DownstreamTask;

use crate::math::Matrix;
use serde::{Deserialize, Serialize};

/// Which features a probe reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// The learner's representation f(x).
    Learned,
    /// The input x itself: what a linear rule does without any learned feature.
    Raw,
    /// Mᵀ x: the best linear features when the dictionary is known.
    OracleLinear,
    /// The latent code z: the ceiling.
    OracleLatent,
}

/// Samples that a probe may see: one row of features and of latent code each.
///
/// # Shapes
/// `features`: n × k, `latent`: n × d.
#[derive(Clone, Copy, Debug)]
pub struct LabelledSet<'a> {
    /// What the linear rule sees, n × k.
    pub features: &'a Matrix<f32>,
    /// The latent codes z that labels are made from, n × d.
    pub latent: &'a Matrix<f32>,
}

/// Which of the three sets of samples an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleSet {
    /// The labelled samples that probes are fitted on.
    Training,
    /// The samples that choose the regularisation.
    Validation,
    /// The fresh samples that give the score.
    Test,
}

impl std::fmt::Display for SampleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Training => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// Why no probe could be fitted or scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProbeError {
    /// A setting is outside its range.
    #[error("probe setting `{setting}` {problem}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A set has fewer samples than are needed.
    #[error("the {set} set of the probe has {found} samples, {needed} are needed")]
    TooFewRows {
        /// Which set.
        set: SampleSet,
        /// How many samples are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Features and latent codes, or two sets, do not fit together.
    #[error("the {set} set of the probe has {what}: {found} where {expected} are expected")]
    Shape {
        /// Which set.
        set: SampleSet,
        /// What was counted.
        what: &'static str,
        /// The count.
        found: usize,
        /// The count it has to equal.
        expected: usize,
    },
    /// A feature or latent code is infinite or not a number.
    #[error("sample {row} of the {set} set of the probe has an entry that is not finite (column {column})")]
    NotFinite {
        /// Which set.
        set: SampleSet,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
    },
    /// Every label of a target is zero, so that no score is defined.
    #[error("the {set} set of the probe has no sample with a label other than 0: no score is defined")]
    NoSignal {
        /// Which set.
        set: SampleSet,
    },
    /// The solver converged at no value of the regularisation.
    #[error("the {task} probe on {labels} labels converged at no regularisation of the grid")]
    NotConverged {
        /// Which task.
        task: DownstreamTask,
        /// Number of labels.
        labels: usize,
    },
    /// Somebody asked for it.
    #[error("the probes were interrupted")]
    Interrupted,
}

//! The spec as types: one struct per table, and a [`PartSpec`] where a part fills a slot.
//!
//! What each field means stands in the [list of settings](super::registry).

#![allow(missing_docs, reason = "every field is a setting, and the list of settings documents it")]

use super::PartSpec;
use featurescope_sim::augment::Augmentation;
use featurescope_sim::measure::Cadence;
use featurescope_sim::network::{INITIAL_NORM, Network, WIDTH};
use featurescope_sim::objective::{Beginning, InfoNceForm, Needs, Objective};
use featurescope_sim::part::ParameterArray;
use featurescope_sim::train::{BiasRule, LearningRate, Optimizer};
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

/// What may differ between arms. `augmentation` is there exactly where the objective needs two views.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmSpec {
    pub augmentation: Option<PartSpec<Box<dyn Augmentation>>>,
    pub network: PartSpec<Box<dyn Network>>,
    pub objective: PartSpec<Box<dyn Objective>>,
    pub batch: BatchSpec,
    pub training: TrainingSpec,
    pub bias: PartSpec<BiasRule>,
    pub measure: MeasureSpec,
}

impl ArmSpec {
    /// m. Every network has this setting and the next.
    pub fn width(&self) -> usize {
        self.network.given().whole(WIDTH.name).map_or(0, |width| width as usize)
    }

    /// σ_0·√d1.
    pub fn initial_norm(&self) -> f64 {
        self.network.given().optional_number(INITIAL_NORM.name).unwrap_or(f64::NAN)
    }

    /// Whether both views are the sample itself; false where the objective takes one view.
    pub fn has_equal_views(&self) -> bool {
        self.built_augmentation().is_some_and(|augmentation| augmentation.positive_is_anchor())
    }

    /// The augmentation; `None` where the objective takes one view, and where its settings do not fit together, which
    /// the plan's check tells.
    pub fn built_augmentation(&self) -> Option<Box<dyn Augmentation>> {
        self.augmentation.as_ref()?.build(&()).ok()
    }

    /// The objective; `None` as above.
    pub fn built_objective(&self) -> Option<Box<dyn Objective>> {
        self.objective.build(&()).ok()
    }

    /// What the objective asks of a batch; nothing as above.
    pub fn needs(&self) -> Needs {
        self.built_objective().map_or(Needs::default(), |objective| objective.needs())
    }

    /// Whether samples are contrasted with each other.
    pub fn is_contrastive(&self) -> bool {
        self.built_objective().is_some_and(|objective| objective.contrasts())
    }

    /// What closed forms need to know of the objective. `None` where they do not speak of the arm: another
    /// objective than InfoNCE, another network than symmetric ReLU, features that are normalised, or another
    /// optimiser than plain descent.
    pub fn closed_form(&self) -> Option<InfoNceForm> {
        self.has_papers_learner().then(|| self.built_objective()?.info_nce())?
    }

    /// Whether the network is symmetric ReLU with plain features, and the optimiser plain descent.
    pub fn has_papers_learner(&self) -> bool {
        let network = self.network.build(&()).is_ok_and(|network| network.is_symmetric_relu());
        network && self.training.optimizer.build(&()).is_ok_and(|optimizer| optimizer.is_plain())
    }

    /// The parameter arrays of the network and of the objective beside the first layer, with d atoms; none as
    /// above.
    pub fn own_arrays(&self, latent_dim: usize) -> [Vec<ParameterArray>; 2] {
        let (Ok(network), Some(mut objective)) = (self.network.build(&()), self.built_objective()) else {
            return [Vec::new(), Vec::new()];
        };
        let features = network.feature_count(self.width());
        let beginning = Beginning { features, latent_dim, initial_norm: self.initial_norm(), seed: 0 };
        [network.arrays(self.width()), objective.begin(&beginning).unwrap_or_default()]
    }

    /// How thresholds move; `None` as above.
    pub fn bias_rule(&self) -> Option<BiasRule> {
        self.bias.build(&()).ok()
    }

    /// Negatives that an anchor sees; none where the objective needs none.
    pub fn negatives(&self) -> usize {
        match self.batch.negative_set {
            Some(NegativeSetSpec::InBatch) => self.batch.anchors.saturating_sub(1),
            _ => self.batch.negatives.unwrap_or_default(),
        }
    }
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
    pub schedule: PartSpec<LearningRate>,
    pub optimizer: PartSpec<Box<dyn Optimizer>>,
    pub weight_decay: f64,
    pub first_energy_ratio: f64,
    pub second_energy_ratio: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DynamicsSpec {
    Sampled,
    Reduced,
}

impl DynamicsSpec {
    /// Whether the ambient space is left out.
    pub fn is_reduced(self) -> bool {
        self == Self::Reduced
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
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    pub cadence: PartSpec<Cadence>,
    pub samples: usize,
    pub potential_per_atom: f64,
}

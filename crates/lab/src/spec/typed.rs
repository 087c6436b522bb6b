//! The spec as types: one struct per table, and a [`PartSpec`] where a part fills a slot.
//!
//! What each field means stands in the [list of settings](super::registry).

#![allow(missing_docs, reason = "every field is a setting, and the list of settings documents it")]

use super::PartSpec;
use featurescope_sim::augment::Augmentation;
use featurescope_sim::data::dictionary::DictionarySource;
use featurescope_sim::data::{AMBIENT_DIM, DataLaw, LATENT_DIM};
use featurescope_sim::head::Head;
use featurescope_sim::measure::{Cadence, Measure};
use featurescope_sim::network::{INITIAL_NORM, Network, WIDTH};
use featurescope_sim::objective::{Beginning, InfoNceForm, Needs, Objective};
use featurescope_sim::part::{ParameterArray, Slotted};
use featurescope_sim::train::{Adversary, BiasCourse, BiasRule, Optimizer, RateSchedule};
use serde::Deserialize;
use std::sync::Arc;

/// What all arms of a run share.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedSpec {
    pub experiment: Option<String>,
    pub seed: u64,
    pub data: PartSpec<Box<dyn DataLaw>>,
    pub probe: ProbeSpec,
}

impl SharedSpec {
    /// d. Every data law has this setting and the next.
    pub fn latent_dim(&self) -> usize {
        self.data.given().whole(LATENT_DIM.name).map_or(0, |dim| dim as usize)
    }

    /// d1.
    pub fn ambient_dim(&self) -> usize {
        self.data.given().whole(AMBIENT_DIM.name).map_or(0, |dim| dim as usize)
    }

    /// The kind of a part that the data are made of; `None` for data without such a part.
    pub fn kind_of<Built: Slotted>(&self, name: &'static str) -> Option<&'static str> {
        self.data.given().part::<Built>(name).ok().map(|part| part.kind())
    }

    /// Where M comes from: the kind of dictionary, or that of data that have no such part.
    pub fn dictionary_kind(&self) -> &'static str {
        self.kind_of::<Box<dyn DictionarySource>>("dictionary").unwrap_or(self.data.kind())
    }

    /// What settings say of the data; `None` where they do not fit together, which the plan's check tells.
    pub fn built_data(&self) -> Option<Box<dyn DataLaw>> {
        self.data.build(&()).ok()
    }
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
    pub head: PartSpec<Option<Box<dyn Head>>>,
    pub objective: PartSpec<Box<dyn Objective>>,
    pub adversary: PartSpec<Box<dyn Adversary>>,
    pub batch: BatchSpec,
    pub training: TrainingSpec,
    pub bias: PartSpec<Arc<dyn BiasRule>>,
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

    /// Steps of an adversary before each step of training; none without one, and as above.
    pub fn adversary_steps(&self) -> usize {
        self.adversary.build(&()).map_or(0, |adversary| adversary.steps())
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
    /// objective than InfoNCE, another network than symmetric ReLU, features that are normalised, a head, another
    /// optimiser than plain descent, or an adversary.
    pub fn closed_form(&self) -> Option<InfoNceForm> {
        self.has_plain_learner().then(|| self.built_objective()?.info_nce())?
    }

    /// Whether the network is symmetric ReLU with plain features and no head, the optimiser plain descent, and no
    /// adversary moves what it learns from.
    pub fn has_plain_learner(&self) -> bool {
        let network = self.network.build(&()).is_ok_and(|network| network.is_symmetric_relu());
        let is_left_alone = self.adversary_steps() == 0;
        network
            && !self.has_head()
            && is_left_alone
            && self.training.optimizer.build(&()).is_ok_and(|optimizer| optimizer.is_plain())
    }

    /// What stands between features and objective; `None` as above, and where nothing does.
    pub fn built_head(&self) -> Option<Box<dyn Head>> {
        self.head.build(&()).ok()?
    }

    /// Whether something stands between features and objective.
    pub fn has_head(&self) -> bool {
        self.built_head().is_some()
    }

    /// Features of a sample: what probes and measurements read. As many as neurons where the network's settings
    /// do not fit together.
    pub fn feature_count(&self) -> usize {
        self.network.build(&()).map_or(self.width(), |network| network.feature_count(self.width()))
    }

    /// What the objective reads of a sample: features, or what the head makes of them.
    pub fn output_count(&self) -> usize {
        let features = self.feature_count();
        self.built_head().map_or(features, |head| head.output_count(features))
    }

    /// The parameter arrays of the network, of the head and of the objective beside the first layer, with d atoms
    /// and samples of so many entries; none as above.
    pub fn own_arrays(&self, latent_dim: usize, input_dim: usize) -> OwnArrays {
        let network = self.network.build(&()).map(|network| network.arrays(self.width())).unwrap_or_default();
        let head = self.built_head().map(|head| head.arrays(self.feature_count())).unwrap_or_default();
        let (features, initial_norm) = (self.output_count(), self.initial_norm());
        let beginning = Beginning { features, latent_dim, input_dim, initial_norm, seed: 0 };
        let objective =
            self.built_objective().map(|objective| objective.arrays(&beginning).unwrap_or_default());
        OwnArrays { network, head, objective: objective.unwrap_or_default() }
    }

    /// How thresholds move; `None` where its settings do not fit together, which the plan's check tells.
    pub fn bias_rule(&self) -> Option<Arc<dyn BiasRule>> {
        self.bias.build(&()).ok()
    }

    /// Where settings alone lead the thresholds; `None` as above, and where the data have a say in it.
    pub fn bias_course(&self) -> Option<BiasCourse> {
        self.bias_rule()?.course()
    }

    /// Negatives that an anchor sees; none where the objective needs none.
    pub fn negatives(&self) -> usize {
        match self.batch.negative_set {
            Some(NegativeSetSpec::InBatch) => self.batch.anchors.saturating_sub(1),
            _ => self.batch.negatives.unwrap_or_default(),
        }
    }
}

/// Parameter arrays of an arm beside the first layer.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnArrays {
    /// Those of the network.
    pub network: Vec<ParameterArray>,
    /// Those of the head.
    pub head: Vec<ParameterArray>,
    /// Those of the objective.
    pub objective: Vec<ParameterArray>,
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
    pub schedule: PartSpec<Arc<dyn RateSchedule>>,
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
    pub measurement: PartSpec<Vec<Box<dyn Measure>>>,
    pub cadence: PartSpec<Arc<dyn Cadence>>,
    pub samples: usize,
    pub potential_per_atom: f64,
}

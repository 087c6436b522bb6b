//! Which arms a statement speaks of, recognised by their settings, not by their names.
//!
//! The theory speaks of InfoNCE with StopGrad, of d1 = poly(d) and of τ = polylog(d). An arm counts for it
//! with d1 ≥ 4 d, atoms that are spread over many coordinates and .1 ≤ τ ≤ 10. Below these an arm is a
//! control. Above τ = 10 it is neither: the dynamics in units of √τ are those of a smaller initial norm, so
//! the theory does not speak of it and yet nothing has to fail.

use crate::spec::typed::{ArmSpec, DataSpec, DictionarySpec};
use featurescope_sim::objective::{InfoNceForm, StopGrad};
use featurescope_sim::train::BiasRule;
use serde::{Deserialize, Serialize};

/// Smallest d1/d that counts as d1 = poly(d).
const LEAST_DIMENSION_RATIO: usize = 4;
/// Temperatures that count as polylogarithmic.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.1..=10.0;

/// A kind of arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// RandomMask and thresholds that follow the paper's schedule: Theorem 3.4.
    RandomMaskStaged,
    /// RandomMask and thresholds that are trained: footnote 4.
    RandomMaskTrained,
    /// RandomMask and thresholds at zero.
    RandomMaskZero,
    /// No augmentation, thresholds at zero: Theorem 3.2.
    NoneZero,
    /// No augmentation, the schedule's thresholds.
    NoneStaged,
    /// No augmentation, trained thresholds.
    NoneTrained,
    /// Masks drawn independently, which overlap, with the schedule's thresholds.
    IndependentMasks,
    /// RandomMask with d1 close to d: nothing to decouple.
    SquareDictionary,
    /// RandomMask with atoms on single coordinates, which a mask hides or keeps as a whole.
    CoordinateAtoms,
    /// RandomMask with a temperature so low that the initial norm is no longer small.
    LowTemperature,
    /// Trained on labels.
    Supervised,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::RandomMaskStaged,
        Self::RandomMaskTrained,
        Self::RandomMaskZero,
        Self::NoneZero,
        Self::NoneStaged,
        Self::NoneTrained,
        Self::IndependentMasks,
        Self::SquareDictionary,
        Self::CoordinateAtoms,
        Self::LowTemperature,
        Self::Supervised,
    ];

    /// The role of an arm, if it has one. Every arm has at most one.
    pub fn of(data: &DataSpec, arm: &ArmSpec) -> Option<Self> {
        // A fork changed its settings on the way: no statement speaks of that.
        if arm.training.fork.is_some() {
            return None;
        }
        // Nor of another network or optimiser than the paper's.
        if !arm.has_papers_learner() {
            return None;
        }
        if arm.needs().codes {
            return matches!(arm.bias_rule()?, BiasRule::Staged { .. }).then_some(Self::Supervised);
        }
        let InfoNceForm { temperature, stop_grad: StopGrad::Targets } = arm.closed_form()? else {
            return None;
        };
        let is_far = !TEMPERATURES.contains(&temperature);
        let is_on_axes = data.dictionary == DictionarySpec::Axes {};
        let is_square = data.ambient_dim < LEAST_DIMENSION_RATIO * data.latent_dim;
        let augmentation = arm.augmentation.as_ref()?;
        match (augmentation.kind(), arm.bias_rule()?) {
            ("random_mask", _) if augmentation.given().optional_number("keep_rate") != Some(0.5) => None,
            ("random_mask", BiasRule::Staged { .. }) if is_square => Some(Self::SquareDictionary),
            ("random_mask", BiasRule::Staged { .. }) if temperature < *TEMPERATURES.start() => {
                Some(Self::LowTemperature)
            }
            ("random_mask", BiasRule::Staged { .. }) if is_on_axes && !is_far => Some(Self::CoordinateAtoms),
            _ if is_square || is_far || is_on_axes => None,
            ("random_mask", BiasRule::Staged { .. }) => Some(Self::RandomMaskStaged),
            ("random_mask", BiasRule::Trained { .. }) => Some(Self::RandomMaskTrained),
            ("random_mask", BiasRule::Zero) => Some(Self::RandomMaskZero),
            ("none", BiasRule::Zero) => Some(Self::NoneZero),
            ("none", BiasRule::Staged { .. }) => Some(Self::NoneStaged),
            ("none", BiasRule::Trained { .. }) => Some(Self::NoneTrained),
            ("independent_masks", BiasRule::Staged { .. }) => Some(Self::IndependentMasks),
            _ => None,
        }
    }

    /// The settings in which an arm of this role differs from one of another, and from nothing else: what
    /// makes one a control of the other.
    pub fn difference(self, other: Self) -> Vec<&'static str> {
        let mut settings = Vec::new();
        if self.augmentation() != other.augmentation() {
            settings.push("augmentation");
        }
        if self.thresholds() != other.thresholds() {
            settings.push("bias");
        }
        if self != other {
            settings.extend([self, other].into_iter().filter_map(Self::oddity));
        }
        settings
    }

    fn augmentation(self) -> &'static str {
        match self {
            Self::NoneZero | Self::NoneStaged | Self::NoneTrained => "none",
            Self::IndependentMasks => "independent_masks",
            _ => "random_mask",
        }
    }

    fn thresholds(self) -> &'static str {
        match self {
            Self::RandomMaskZero | Self::NoneZero => "zero",
            Self::RandomMaskTrained | Self::NoneTrained => "trained",
            _ => "staged",
        }
    }

    /// The setting that takes an arm out of what theory speaks of.
    fn oddity(self) -> Option<&'static str> {
        match self {
            Self::SquareDictionary => Some("data.ambient_dim"),
            Self::CoordinateAtoms => Some("data.dictionary"),
            Self::LowTemperature => Some("objective.temperature"),
            Self::Supervised => Some("objective"),
            _ => None,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::RandomMaskStaged => "RandomMask, scheduled thresholds",
            Self::RandomMaskTrained => "RandomMask, trained thresholds",
            Self::RandomMaskZero => "RandomMask, thresholds at zero",
            Self::NoneZero => "no augmentation, thresholds at zero",
            Self::NoneStaged => "no augmentation, scheduled thresholds",
            Self::NoneTrained => "no augmentation, trained thresholds",
            Self::IndependentMasks => "independent masks, scheduled thresholds",
            Self::SquareDictionary => "RandomMask with d1 < 4 d",
            Self::CoordinateAtoms => "RandomMask with atoms on single coordinates",
            Self::LowTemperature => "RandomMask with a temperature below .1",
            Self::Supervised => "trained on labels, scheduled thresholds",
        }
    }
}

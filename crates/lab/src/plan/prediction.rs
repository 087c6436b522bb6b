//! What is known of an arm before it runs: what theories say in closed form, and what linear rules reach.
//!
//! Theories hand their closed forms in ([`foretell`]). A figure that none of them speaks of is left open (`None`)
//! rather than stretched.
//!
//! Source: docs/theory.md 2.5 (linear rules), 4.6 (cosines of a linear map).

use super::ArmPlan;
use super::data::DataFacts;
use crate::spec::typed::{ArmSpec, ProbeSpec};
use featurescope_sim::data::population::{linear_noise_cosine, linear_signal_cosine};
use featurescope_sim::data::{LeverageOverlap, Population, SparseCodingLaw};
use featurescope_sim::probe::code_noise::CodeNoise;
use featurescope_sim::probe::linear_rule::{linear_r_squared, linear_sign_task};
use featurescope_sim::probe::task::target_vectors;
use serde::{Deserialize, Serialize};
use std::sync::{PoisonError, RwLock};

/// What a theory says of arms before they run.
#[derive(Debug)]
pub struct ClosedForms {
    /// Its figures for an arm on such data.
    pub predict: fn(&ArmSpec, &Model) -> Prediction,
    /// What will keep an arm from learning, in a sentence.
    pub obstacle: fn(&ArmPlan) -> Option<String>,
    /// What it has no closed form for on such data, in a sentence.
    pub open: fn(&Model) -> Option<String>,
}

impl ClosedForms {
    /// Those of a paper that says nothing of runs on sparse-coding data.
    pub const NONE: Self = Self { predict: |_, _| Prediction::default(), obstacle: |_| None, open: |_| None };
}

/// Those of the theories that were handed in.
static FORMS: RwLock<Vec<&'static ClosedForms>> = RwLock::new(Vec::new());

/// Hands a theory's closed forms in, for the rest of the process; twice the same are one.
pub fn foretell(forms: &'static ClosedForms) {
    let mut known = FORMS.write().unwrap_or_else(PoisonError::into_inner);
    if !known.iter().any(|other| std::ptr::eq(*other, forms)) {
        known.push(forms);
    }
}

/// The closed forms that were handed in.
pub(super) fn closed_forms() -> Vec<&'static ClosedForms> {
    FORMS.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The data as closed forms see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its four numbers.
    pub population: Population,
    /// How much leverage directions see.
    pub overlap: LeverageOverlap,
    /// What the noise leaves a linear rule to know of z; `None` where nobody knows how the noise lies.
    pub code_noise: Option<CodeNoise>,
    /// Whether the noise is the same in every direction.
    pub is_isotropic: bool,
    /// Whether atoms are active independently of each other.
    pub has_independent_atoms: bool,
}

impl Model {
    /// The population behind a law, and how its parts lie; `None` where atoms are not all alike.
    pub(super) fn new(law: &SparseCodingLaw, facts: &DataFacts) -> Option<Self> {
        Some(Self {
            population: population(law)?,
            overlap: facts.overlap,
            code_noise: facts.code_noise.clone(),
            is_isotropic: law.direction_count == 0,
            has_independent_atoms: law.latent_moments()?.are_independent,
        })
    }
}

/// A law as closed forms see it; `None` where atoms are not all alike.
pub fn population(law: &SparseCodingLaw) -> Option<Population> {
    Some(Population {
        ambient_dim: law.ambient_dim,
        latent_dim: law.latent_dim,
        activity: law.latent_moments()?.activity,
        noise_variance: law.noise_variance,
    })
}

/// What is said about one arm; `None`: no closed form covers it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Factor by which a step of stage I multiplies sparse and dense coefficients.
    pub growth: Option<GrowthFactors>,
    /// T1 in steps: when the slowest neuron of the arm gets there.
    pub t1: Option<f64>,
    /// Share of the energy orthogonal to the atoms at that time, gradient noise of finite batches included;
    /// `None` also where this noise takes over.
    pub dense_fraction_at_t1: Option<f64>,
    /// Share of the norms at which the loss saturates that they have reached at T1; stage I does not end from
    /// 1 on.
    pub saturation_share: Option<f64>,
    /// Anchors per step with which gradient noise stays below half of the energy at T1.
    pub anchors_needed: Option<f64>,
    /// What finite batches add to the dense part at T1, over the sparse part (docs/theory.md 4.3); from 1 on
    /// the noise of the steps drowns the signal. For views that share no noise.
    pub step_noise_over_signal: Option<f64>,
    /// Rate at which noise alone grows through thresholds at their cap, over weight decay (docs/theory.md
    /// 4.7); below 1 the thresholds shut the noise out. `None` also where thresholds are trained or nothing
    /// decays.
    pub noise_feed_over_decay: Option<f64>,
    /// Anchors per step up to which gradient noise feeds itself faster than atoms grow.
    pub anchors_outgrown: Option<f64>,
    /// The loss that sparse features cannot undercut.
    pub loss_floor: Option<f64>,
    /// τ ln(N + 1), the loss while nothing has been learned.
    pub initial_loss: Option<f64>,
    /// p/σ², where the noise is the same in every direction.
    pub signal_to_noise: Option<f64>,
}

/// Factors by which a step of stage I multiplies the coefficients of the weights, averaged over neurons.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthFactors {
    /// Along the atoms.
    pub sparse: f64,
    /// Orthogonal to the atoms.
    pub dense: f64,
}

impl Prediction {
    /// What theories and the data say about an arm; nothing where closed forms do not know the data.
    pub(super) fn new(arm: &ArmSpec, model: Option<&Model>) -> Self {
        model.map_or_else(Self::default, |model| Self::of(arm, model))
    }

    fn of(arm: &ArmSpec, model: &Model) -> Self {
        let told = closed_forms().into_iter().map(|forms| (forms.predict)(arm, model));
        Self {
            signal_to_noise: (model.is_isotropic && arm.has_plain_learner())
                .then(|| model.population.signal_to_noise()),
            ..told.reduce(Self::or).unwrap_or_default()
        }
    }

    /// What the other says where this one says nothing.
    fn or(self, other: Self) -> Self {
        Self {
            growth: self.growth.or(other.growth),
            t1: self.t1.or(other.t1),
            dense_fraction_at_t1: self.dense_fraction_at_t1.or(other.dense_fraction_at_t1),
            saturation_share: self.saturation_share.or(other.saturation_share),
            anchors_needed: self.anchors_needed.or(other.anchors_needed),
            step_noise_over_signal: self.step_noise_over_signal.or(other.step_noise_over_signal),
            noise_feed_over_decay: self.noise_feed_over_decay.or(other.noise_feed_over_decay),
            anchors_outgrown: self.anchors_outgrown.or(other.anchors_outgrown),
            loss_floor: self.loss_floor.or(other.loss_floor),
            initial_loss: self.initial_loss.or(other.initial_loss),
            signal_to_noise: self.signal_to_noise.or(other.signal_to_noise),
        }
    }

    /// cos(f(x), f(ξ)) of a linear map with this share of its energy along the atoms. `None` where noise is
    /// larger in some directions: it depends on the energy along them, which is not recorded.
    pub fn linear_noise_cosine(&self, sparse_fraction: f64) -> Option<f64> {
        self.signal_to_noise.map(|ratio| linear_noise_cosine(sparse_fraction, ratio))
    }

    /// cos(f(x), f(M z)) of such a map.
    pub fn linear_signal_cosine(&self, sparse_fraction: f64) -> Option<f64> {
        self.signal_to_noise.map(|ratio| linear_signal_cosine(sparse_fraction, ratio))
    }
}

/// Mean number of active atoms beyond which the law of ⟨w*, z⟩ takes too long to add up (over a second).
const MOST_ACTIVE: f64 = 32.0;

/// What a linear rule on x reaches at best, from any number of labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Yardstick {
    /// R² of the regression task, mean over the targets of this run.
    pub linear_r_squared: Option<f64>,
    /// Accuracy of the classification task, mean over the same targets; `None` also where noise is larger
    /// along some atoms than along others.
    pub linear_accuracy: Option<f64>,
}

impl Yardstick {
    /// Nothing where closed forms do not know the data.
    pub(super) fn new(model: Option<&Model>, probe: &ProbeSpec, seed: u64) -> Self {
        let unknown = Self { linear_r_squared: None, linear_accuracy: None };
        model.map_or(unknown, |model| Self::of(model, probe, seed))
    }

    fn of(model: &Model, probe: &ProbeSpec, seed: u64) -> Self {
        let (population, noise) = (&model.population, model.code_noise.as_ref());
        let mean = |of: &dyn Fn(&[f64]) -> f64| {
            let vectors = target_vectors(seed, probe.targets, probe.target_spread, population.latent_dim);
            vectors.iter_rows().map(of).sum::<f64>() / probe.targets as f64
        };
        let r_squared = |noise: &CodeNoise| {
            if noise.is_isotropic() {
                return linear_r_squared(population);
            }
            mean(&|w| noise.linear_r_squared(population.activity, w))
        };
        let mean_active = population.activity * population.latent_dim as f64;
        let has_form = model.has_independent_atoms
            && mean_active <= MOST_ACTIVE
            && noise.is_some_and(CodeNoise::is_isotropic);
        Self {
            linear_r_squared: noise.map(r_squared),
            linear_accuracy: has_form.then(|| mean(&|w| linear_sign_task(population, w).accuracy)),
        }
    }
}

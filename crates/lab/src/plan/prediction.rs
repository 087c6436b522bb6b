//! What closed forms say about an arm, before it runs.
//!
//! Stage I is predicted where it is what the closed forms describe: InfoNCE behind StopGrad, symmetric ReLU with
//! plain features, plain descent, thresholds at zero, a constant learning rate, isotropic noise. Everything else is left open (`None`) rather than
//! stretched.
//!
//! Source: docs/theory.md 2.5, 4.3 and 4.6.

use super::data::DataFacts;
use crate::spec::typed::{ArmSpec, DataSpec, MaskJitterSpec, NoiseDirectionsSpec, ProbeSpec};
use featurescope_sim::augment::FactorMoments;
use featurescope_sim::data::SparseCodingLaw;
use featurescope_sim::objective::StopGrad;
use featurescope_sim::probe::task::target_vectors;
use featurescope_sim::theory::Population;
use featurescope_sim::theory::code_noise::CodeNoise;
use featurescope_sim::theory::downstream::{linear_r_squared, linear_sign_task};
use featurescope_sim::theory::feed::noise_feed;
use featurescope_sim::theory::plateau::{Plateau, linear_noise_cosine, linear_signal_cosine};
use featurescope_sim::theory::rates::{
    LeverageOverlap, SecondMoment, SparseDense, StageOne, Views, median_smallest_sparse_fraction,
};
use featurescope_sim::train::{BiasRule, LearningRate};
use serde::{Deserialize, Serialize};

/// The data as closed forms see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    population: Population,
    overlap: LeverageOverlap,
    code_noise: Option<CodeNoise>,
    is_isotropic: bool,
    has_independent_atoms: bool,
}

impl Model {
    /// The population behind a law, and how its parts lie.
    pub(super) fn new(law: &SparseCodingLaw, facts: &DataFacts, spec: &DataSpec) -> Self {
        Self {
            population: population(law),
            overlap: facts.overlap,
            code_noise: facts.code_noise.clone(),
            is_isotropic: spec.noise_directions == NoiseDirectionsSpec::None {},
            has_independent_atoms: spec.active_count.is_none(),
        }
    }
}

/// A law as closed forms see it.
pub(crate) fn population(law: &SparseCodingLaw) -> Population {
    Population {
        ambient_dim: law.ambient_dim,
        latent_dim: law.latent_dim,
        activity: law.activity(),
        noise_variance: law.noise_variance,
    }
}

/// What theory says about one arm; `None`: no closed form covers it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmPrediction {
    /// Factor by which a step of stage I multiplies sparse and dense coefficients.
    pub growth: Option<Growth>,
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
    signal_to_noise: Option<f64>,
}

/// One number along the atoms and one along what is orthogonal to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Along the atoms.
    pub sparse: f64,
    /// Orthogonal to the atoms.
    pub dense: f64,
}

impl ArmPrediction {
    pub(super) fn new(arm: &ArmSpec, model: &Model) -> Self {
        // A fork had other settings for a part of stage I.
        let stage = stage_one(arm, model).filter(|_| arm.training.fork.is_none());
        let population = &model.population;
        let (width, initial_norm) = (arm.width(), arm.initial_norm());
        let t1 = stage.and_then(|stage| {
            let slowest = median_smallest_sparse_fraction(population, width);
            stage.norm_multiple_step(arm.training.first_energy_ratio, slowest)
        });
        let dense_fraction = |stage: StageOne, t1: f64| {
            let SparseDense { sparse, dense } = stage.energy(t1, population.dimension_ratio());
            // What is left of the start, and what gradient noise keeps adding in proportion to the sparse
            // part.
            let ratio = dense / sparse + stage.dense_noise_floor(arm.batch.anchors)?;
            Some(ratio / (1.0 + ratio))
        };
        let saturation = |stage: StageOne| {
            let temperature = arm.closed_form()?.temperature;
            let variance = initial_norm.powi(2) / population.ambient_dim as f64;
            Some(stage.saturation_share(variance, width, arm.training.first_energy_ratio, temperature))
        };
        let plateau = plateau(arm, model);
        // As much noise as signal.
        let anchors_needed = stage.and_then(|stage| stage.positives_for_noise_floor(1.0));
        Self {
            growth: stage.map(|stage| {
                let SparseDense { sparse, dense } = stage.growth_factors();
                Growth { sparse, dense }
            }),
            t1,
            dense_fraction_at_t1: stage.zip(t1).and_then(|(stage, t1)| dense_fraction(stage, t1)),
            saturation_share: stage.and_then(saturation),
            anchors_needed,
            step_noise_over_signal: anchors_needed
                .filter(|_| stage.is_some_and(|stage| stage.views.pair.diagonal == 0.0))
                .map(|needed| needed / arm.batch.anchors as f64),
            noise_feed_over_decay: stage.and_then(|stage| noise_feed_over_decay(arm, &stage)),
            // Without what the sparse part adds, the noise of the dense part alone is left.
            anchors_outgrown: stage.and_then(|stage| stage.positives_for_noise_floor(f64::INFINITY)),
            loss_floor: plateau.filter(|_| model.has_independent_atoms).map(|p| p.loss_floor()),
            initial_loss: plateau.map(|p| p.temperature * (p.negatives as f64).ln_1p()),
            signal_to_noise: (model.is_isotropic && arm.has_papers_learner())
                .then(|| population.signal_to_noise()),
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

fn stage_one(arm: &ArmSpec, model: &Model) -> Option<StageOne> {
    if arm.closed_form()?.stop_grad != StopGrad::Targets {
        return None;
    }
    let starts_at_zero = !matches!(arm.bias_rule()?, BiasRule::Trained { reset: None, .. });
    let schedule = arm.training.schedule.build(&arm.training.steps).ok()?;
    let is_constant = schedule == LearningRate::Constant;
    if !starts_at_zero || !is_constant || !model.is_isotropic {
        return None;
    }
    Some(StageOne {
        population: model.population,
        views: views(arm.built_augmentation()?.moments()?),
        overlap: overlap(arm, model),
        learning_rate: arm.training.learning_rate,
        weight_decay: arm.training.weight_decay,
        negatives: arm.negatives(),
    })
}

/// What factors with these moments leave of the data's second moment (docs/theory.md 4.3).
fn views(FactorMoments { means: [anchor, positive], squares, product }: FactorMoments) -> Views {
    Views {
        pair: SecondMoment { off_diagonal: anchor * positive, diagonal: product },
        anchor: SecondMoment { off_diagonal: anchor * anchor, diagonal: squares[0] },
        positive: SecondMoment { off_diagonal: positive * positive, diagonal: squares[1] },
    }
}

/// How fast noise alone grows once the thresholds stand where they stay, in units of weight decay.
fn noise_feed_over_decay(arm: &ArmSpec, stage: &StageOne) -> Option<f64> {
    let bias_over_norm = match arm.bias_rule()? {
        BiasRule::Zero => 0.0,
        BiasRule::Staged { cap, .. } => cap,
        BiasRule::Trained { .. } => return None,
    };
    let feed = noise_feed(&stage.views, stage.population.noise_variance, bias_over_norm);
    (arm.training.weight_decay > 0.0).then(|| feed / arm.training.weight_decay)
}

/// Reduced arms know d/d1 but no coordinates: every direction overlaps alike with the leverages, or not at
/// all.
fn overlap(arm: &ArmSpec, model: &Model) -> LeverageOverlap {
    match (arm.training.dynamics.is_reduced(), arm.training.mask_jitter) {
        (false, _) => model.overlap,
        (true, Some(MaskJitterSpec::Dropped)) => LeverageOverlap { atoms: 0.0, complement: 0.0 },
        (true, _) => LeverageOverlap::uniform(&model.population),
    }
}

fn plateau(arm: &ArmSpec, model: &Model) -> Option<Plateau> {
    let temperature = arm.closed_form()?.temperature;
    let Population { latent_dim, activity, .. } = model.population;
    Some(Plateau { latent_dim, activity, negatives: arm.negatives(), temperature })
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
    pub(super) fn new(model: &Model, probe: &ProbeSpec, seed: u64) -> Self {
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

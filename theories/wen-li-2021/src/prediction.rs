//! What closed forms say about an arm, before it runs.
//!
//! Stage I is predicted where it is what the closed forms describe: InfoNCE behind StopGrad, symmetric ReLU with
//! plain features, plain descent, thresholds at zero, a constant learning rate, isotropic noise. Everything else is
//! left open (`None`) rather than stretched.
//!
//! Source: theory.md 4.3, 4.6 and 4.7.

use crate::closed_form::feed::noise_feed;
use crate::closed_form::plateau::Plateau;
use crate::closed_form::rates::{
    SecondMoment, SparseDense, StageOne, Views, median_smallest_sparse_fraction,
};
use featurescope_lab::plan::{GrowthFactors, Model, Prediction};
use featurescope_lab::spec::typed::{ArmSpec, MaskJitterSpec};
use featurescope_sim::augment::FactorMoments;
use featurescope_sim::data::{LeverageOverlap, Population};
use featurescope_sim::objective::StopGrad;

/// What the theory says about an arm on such data.
pub fn predict(arm: &ArmSpec, model: &Model) -> Prediction {
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
    Prediction {
        growth: stage.map(|stage| {
            let SparseDense { sparse, dense } = stage.growth_factors();
            GrowthFactors { sparse, dense }
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
        loss_floor: plateau
            .filter(|_| model.has_independent_atoms && keeps_atoms(arm))
            .map(|p| p.loss_floor()),
        initial_loss: plateau.map(|p| p.temperature * (p.negatives as f64).ln_1p()),
        ..Prediction::default()
    }
}

fn stage_one(arm: &ArmSpec, model: &Model) -> Option<StageOne> {
    if arm.closed_form()?.stop_grad != StopGrad::Targets {
        return None;
    }
    let rests = arm.bias_rule()?.rests_until_first_stage_ends();
    let is_constant = arm.training.schedule.build(&arm.training.steps).ok()?.is_constant();
    if !rests || !is_constant || !model.is_isotropic {
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

/// What factors with these moments leave of the data's second moment (theory.md 4.3).
fn views(FactorMoments { means: [anchor, positive], squares, product }: FactorMoments) -> Views {
    Views {
        pair: SecondMoment { off_diagonal: anchor * positive, diagonal: product },
        anchor: SecondMoment { off_diagonal: anchor * anchor, diagonal: squares[0] },
        positive: SecondMoment { off_diagonal: positive * positive, diagonal: squares[1] },
    }
}

/// Whether views are masks (or none) of independent coordinates, which leave every atom in both views: the floor of
/// the loss takes them for granted.
fn keeps_atoms(arm: &ArmSpec) -> bool {
    arm.built_augmentation().is_some_and(|augmentation| augmentation.moments().is_some())
}

/// How fast noise alone grows once the thresholds stand where they stay, in units of weight decay.
fn noise_feed_over_decay(arm: &ArmSpec, stage: &StageOne) -> Option<f64> {
    let cap = arm.bias_course()?.cap;
    let feed = noise_feed(&stage.views, stage.population.noise_variance, cap);
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

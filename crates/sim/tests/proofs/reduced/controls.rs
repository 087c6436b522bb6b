//! What the comparisons must reject: a Reduced that is wrong in one respect.

use super::case::{Case, Views, base, compare, readings, reduced, reduced_with, sampled, without_outside};
use featurescope_sim::augment::{Augmentation, FactorMoments, IntervalMasks, Origin};
use featurescope_sim::data::SparseCodingLaw;
use featurescope_sim::train::{BatchPlan, MaskJitter, NegativeViews};

const REDUCED_SEEDS: u64 = 10_000;

fn masked() -> Case {
    let case = base(Views::RandomMask(0.5));
    // With masked negatives every sample of a step is a view: s² is the only scale of noise there is.
    let batch = BatchPlan { negative_views: NegativeViews::Augmented, ..case.batch };
    Case { name: "masked", batch, law: SparseCodingLaw { ambient_dim: 1024, ..case.law.clone() }, ..case }
}

#[test]
fn leaving_out_the_noise_outside_is_noticed() {
    let case = base(Views::None);
    let (right, wrong) = (readings(&case, 1, &sampled), readings(&case, REDUCED_SEEDS, &without_outside));
    compare(&case, &right, &wrong).assert_different("no noise outside");
}

/// The noise of a masked view with the variance of an unmasked sample.
fn halved(case: &Case, seed: u64) -> Box<dyn featurescope_sim::train::Dynamics> {
    let noise_variance = 0.5 * case.law.noise_variance;
    reduced(&Case { law: SparseCodingLaw { noise_variance, ..case.law.clone() }, ..case.clone() }, seed)
}

/// Masks that are not complementary but the same for both views.
struct SharedMask(IntervalMasks);

impl Augmentation for SharedMask {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        self.0.views(from, sample, positive);
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.0.single_view(from, sample);
    }

    fn moments(&self) -> Option<FactorMoments> {
        Some(FactorMoments { means: [1.0; 2], squares: [2.0; 2], product: 2.0 })
    }
}

fn shared(case: &Case, seed: u64) -> Box<dyn featurescope_sim::train::Dynamics> {
    let mask = IntervalMasks::complementary(0.5).unwrap();
    reduced_with(case, seed, Box::new(SharedMask(mask)), MaskJitter::Kept)
}

#[test]
fn wrong_noise_of_masked_views_is_noticed() {
    let case = masked();
    let right = readings(&case, 1, &sampled);
    compare(&case, &right, &readings(&case, REDUCED_SEEDS, &reduced)).assert_equal("masked negatives");
    compare(&case, &right, &readings(&case, REDUCED_SEEDS, &halved)).assert_different("s² = σ²");
    compare(&case, &right, &readings(&case, REDUCED_SEEDS, &shared)).assert_different("shared noise");
}

//! Equal laws where the reduction is exact; with masks, equal as far as the seeds can tell.

use super::case::{Case, Task, Views, base, compare, readings, reduced, sampled};
use featurescope_sim::data::{FixedCount, SparseCodingLaw};
use featurescope_sim::objective::{NegativeSet, StopGrad};
use featurescope_sim::train::{BatchPlan, NegativeViews, RateRule, StagedBias, TrainingRule};
use std::sync::Arc;

/// Seeds of the two dynamics are apart: nothing is shared.
const REDUCED_SEEDS: u64 = 10_000;

fn check(case: &Case) {
    let (one, other) = (readings(case, 1, &sampled), readings(case, REDUCED_SEEDS, &reduced));
    compare(case, &one, &other).assert_equal(case.name);
}

/// A few steps in which noise outside matters, to go through many kinds.
fn brief(name: &'static str, views: Views) -> Case {
    let base = base(views);
    let rule = TrainingRule { initial_norm: 1.0, ..base.rule };
    Case { name, rule, read_at: &[4, 16], seeds: 60, ..base }
}

#[test]
fn without_augmentation_the_laws_are_equal() {
    check(&Case { name: "no augmentation", ..base(Views::None) });
}

#[test]
fn with_random_mask_the_laws_are_equal_as_far_as_can_be_told() {
    let masked = base(Views::RandomMask(0.5));
    let bias = Arc::new(StagedBias { reset: 0.8, growth: 0.2, cap: 0.45 });
    let rule = TrainingRule { bias, ..masked.rule };
    let law = SparseCodingLaw { ambient_dim: 1024, ..masked.law };
    check(&Case { name: "RandomMask, staged", rule, law, ..masked });
}

#[test]
fn every_batch_and_gradient_agrees_without_masks() {
    for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
        for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
            let case = brief("batches without masks", Views::None);
            check(&Case { stop_grad, batch: BatchPlan { negative_set, ..case.batch }, ..case });
        }
    }
}

#[test]
fn every_batch_and_gradient_agrees_with_masks() {
    for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
        for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
            for negative_views in [NegativeViews::Raw, NegativeViews::Augmented] {
                let case = brief("batches with masks", Views::RandomMask(0.5));
                let batch = BatchPlan { negative_set, negative_views, ..case.batch };
                let law = SparseCodingLaw { ambient_dim: 1024, ..case.law.clone() };
                check(&Case { law, stop_grad, batch, ..case });
            }
        }
    }
}

#[test]
fn every_kind_of_mask_agrees() {
    for views in
        [Views::RandomMask(0.3), Views::Disjoint(0.75), Views::Disjoint(0.3), Views::Independent(0.5)]
    {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            let case = brief("kinds of masks", views);
            let law = SparseCodingLaw { ambient_dim: 1024, ..case.law.clone() };
            check(&Case { law, stop_grad, ..case });
        }
    }
}

/// Exact in law where masks have no limit yet: d1 < 8 d.
#[test]
fn views_without_masks_agree_in_few_dimensions() {
    for views in [Views::AdditiveNoise(0.3), Views::AtomDropout(0.4)] {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            for negative_set in [NegativeSet::Fresh, NegativeSet::InBatch] {
                let case = brief("views without masks", views);
                let batch =
                    BatchPlan { negative_set, negative_views: NegativeViews::Augmented, ..case.batch };
                let law = SparseCodingLaw { ambient_dim: 40, ..case.law.clone() };
                check(&Case { law, stop_grad, batch, ..case });
            }
        }
    }
}

/// The gradient with respect to a sample lies where the learner sees, and its norm is the same in every basis.
#[test]
fn a_euclidean_adversary_agrees() {
    let none = brief("an adversary without masks", Views::None);
    check(&Case {
        radius: 0.5,
        law: SparseCodingLaw { ambient_dim: 40, ..none.law.clone() },
        ..none.clone()
    });
    check(&Case { name: "an adversary of labels", task: Task::Supervised, radius: 0.5, ..none });
    let masked = brief("an adversary with masks", Views::RandomMask(0.5));
    check(&Case { radius: 0.5, law: SparseCodingLaw { ambient_dim: 1024, ..masked.law.clone() }, ..masked });
}

#[test]
fn every_shape_and_law_of_the_data_agrees() {
    let none = brief("", Views::None);
    let wide = TrainingRule { width: 24, ..none.rule.clone() };
    let few = BatchPlan { anchors: 8, ..none.batch };
    check(&Case { name: "more neurons than anchors", batch: few, ..none.clone() });
    for ambient_dim in [17, 30, 40, 50, 70] {
        let law = SparseCodingLaw { ambient_dim, ..none.law.clone() };
        check(&Case { name: "few dense directions", law, rule: wide.clone(), ..none.clone() });
    }
    let fixed = SparseCodingLaw { latent: Arc::new(FixedCount { count: 2 }), ..none.law.clone() };
    check(&Case { name: "fixed count", law: fixed, ..none.clone() });
    let directed = SparseCodingLaw { direction_count: 3, direction_variance: 0.5, ..none.law.clone() };
    check(&Case { name: "noise directions", law: directed.clone(), ..none.clone() });
    let masked = brief("noise directions with masks", Views::RandomMask(0.5));
    check(&Case { law: SparseCodingLaw { ambient_dim: 1024, ..directed }, ..masked });
    let slow = TrainingRule {
        rate: RateRule { learning_rate: 0.05, ..none.rule.rate.clone() },
        ..none.rule.clone()
    };
    check(&Case { name: "spectral", task: Task::Spectral, rule: slow, ..none.clone() });
    check(&Case { name: "supervised", task: Task::Supervised, ..none });
}

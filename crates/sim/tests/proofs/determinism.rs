//! Same seed, same bits: across a stored state, and whatever is read off in between.

use super::setup::{Run, Views};
use featurescope_sim::augment::Identity;
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::objective::{NegativeSet, Objective, Regression};
use featurescope_sim::part::Chosen;
use featurescope_sim::train::{
    BatchPlan, Dynamics, NegativeViews, Optimizer, Parts, Sampled, StageRule, StagedBias, TrainingRule,
};
use std::sync::Arc;

/// Large enough for several tiles, groups of rows and pieces of columns each.
pub fn large(views: Views) -> Run {
    Run {
        latent_dim: 20,
        ambient_dim: 700,
        noise_variance: 0.05,
        views,
        batch: BatchPlan {
            anchors: 300,
            negatives: 70,
            negative_set: NegativeSet::Fresh,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule { width: 40, ..Run::default().rule },
        ..Run::default()
    }
}

/// Stage I ends within a few steps, so that the schedule's memory is part of the state.
fn staged(views: Views) -> Run {
    let mut run = large(views);
    run.rule.bias = Arc::new(StagedBias { reset: 1.0, growth: 0.5, cap: 0.9 });
    run.rule.stages = StageRule { first_energy_ratio: 1.02, second_energy_ratio: 1.1 };
    run.rule.initial_norm = 0.1;
    run.rule.rate.learning_rate = 1.0;
    run
}

pub fn supervised(run: &Run) -> Sampled {
    let parts = Parts {
        augmentation: Box::new(Identity),
        objective: Box::new(Regression::new(None, 1.0).unwrap()),
        batch: run.batch,
        rule: run.rule.clone(),
        seed: run.seed,
        ..Parts::default()
    };
    Sampled::new(Box::new(run.data()), parts).unwrap()
}

pub fn advance(dynamics: &mut dyn Dynamics, steps: usize) {
    (0..steps).for_each(|_| assert!(dynamics.step().is_some()));
}

/// Goes on in a new process from a state stored after `before` steps.
fn check_continuation(start: &dyn Fn() -> Box<dyn Dynamics>, before: usize, after: usize) {
    let mut straight = start();
    advance(straight.as_mut(), before);
    let stored = straight.snapshot();
    advance(straight.as_mut(), after);
    let mut resumed = start();
    resumed.restore(&stored).unwrap();
    advance(resumed.as_mut(), after);
    assert!(resumed.snapshot() == straight.snapshot());
}

/// Whatever moves the weights, and whatever else is moved.
#[test]
fn what_optimisers_remember_is_stored() {
    let run = large(Views::None);
    let mut stored = 0;
    for optimizer in Chosen::<Box<dyn Optimizer>>::examples().unwrap() {
        for objective in Chosen::<Box<dyn Objective>>::examples().unwrap() {
            // These data have no classes, and there are no masks to fill in.
            let needs = objective.build(&()).unwrap().needs();
            if needs.classes || needs.inputs {
                continue;
            }
            let start = || {
                let (optimizer, objective) = (optimizer.build(&()).unwrap(), objective.build(&()).unwrap());
                let (rule, augmentation) = (run.rule.clone(), Box::new(Identity));
                let parts =
                    Parts { augmentation, objective, optimizer, rule, batch: run.batch, ..Parts::default() };
                Sampled::new(Box::new(run.data()), parts).unwrap()
            };
            check_continuation(&|| Box::new(start()), 2, 2);
            let arrays = start().snapshot().arrays;
            stored += arrays.iter().filter(|(name, _)| name.starts_with("optimizer.")).count();
        }
    }
    // One of momentum and two of Adam, of W for five objectives and of a head for one.
    assert!(stored >= 3 * (5 + 1), "{stored}");
}

#[test]
fn a_stored_state_goes_on_bit_for_bit() {
    let run = staged(Views::RandomMask);
    let mut dynamics = run.start();
    advance(&mut dynamics, 12);
    let times = dynamics.view().stages;
    let (first, second) = (times.first.unwrap() as usize, times.second.unwrap() as usize);
    assert!(first >= 2 && second > first + 1, "the stages end inside the run: {times:?}");
    for before in [1, first - 1, first, first + 1, second] {
        check_continuation(&|| Box::new(run.start()), before, 12 - before);
    }
    check_continuation(&|| Box::new(large(Views::Disjoint(0.7)).start()), 2, 3);
    check_continuation(&|| Box::new(supervised(&large(Views::None))), 2, 2);
}

#[test]
fn reading_a_run_does_not_change_it() {
    let run = staged(Views::RandomMask);
    let (mut alone, mut watched) = (run.start(), run.start());
    let stream = Stream::new(run.seed, Purpose::MEASUREMENT, 0);
    for _ in 0..6 {
        advance(&mut alone, 1);
        let before = watched.snapshot();
        let _ = (watched.coordinates(), watched.bias_forces(), watched.represent(&stream, 0, 50));
        let _ = watched.decompose(&stream, 0, 50);
        assert!(watched.snapshot() == before);
        advance(&mut watched, 1);
    }
    assert!(alone.snapshot() == watched.snapshot());
    assert_ne!(alone.snapshot(), Run { seed: 8, ..run }.start().snapshot());
}

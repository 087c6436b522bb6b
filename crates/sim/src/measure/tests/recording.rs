//! When is recorded, and what a recorder refuses.

use super::fake::Fake;
use crate::measure::{
    Cadence, Column, Destiny, Energy, Every, Logarithmic, LuckRule, Measure, Ownership, Reading, Recorder,
    Shape, Values,
};
use crate::train::{Dynamics, StageTimes, StopReason};
use std::sync::Arc;

fn still() -> Fake {
    Fake::new(2, &[1.0, 0.0], &[0.0])
}

fn recorded(cadence: Arc<dyn Cadence>, last: u64, stages: StageTimes) -> Vec<u64> {
    let recorder = Recorder::new(vec![], cadence, last);
    let due = |&step: &u64| recorder.is_due(&Fake { step, stages, ..still() }.view());
    (0..=last).filter(due).collect()
}

#[test]
fn steps_at_a_cadence_and_the_ones_that_always_count() {
    let none = StageTimes::default();
    assert_eq!(recorded(Arc::new(Every { steps: 10 }), 34, none), [0, 10, 20, 30, 34]);
    let stages = StageTimes { first: Some(7), second: Some(23) };
    assert_eq!(recorded(Arc::new(Every { steps: 10 }), 30, stages), [0, 7, 10, 20, 23, 30]);
    assert_eq!(recorded(Arc::new(Logarithmic { per_decade: 1 }), 1500, none), [0, 1, 10, 100, 1000, 1500]);
    assert_eq!(recorded(Arc::new(Logarithmic { per_decade: 3 }), 50, none), [0, 1, 2, 5, 10, 22, 46, 50]);
}

#[test]
fn every_step_of_a_logarithmic_cadence_is_found() {
    for per_decade in [1, 3, 10, 40] {
        let cadence = Logarithmic { per_decade };
        let mut expected: Vec<u64> = (0..=4 * per_decade)
            .map(|k| 10f64.powf(f64::from(k) / f64::from(per_decade)).round() as u64)
            .collect();
        expected.dedup();
        let found: Vec<u64> = (1..=10_000).filter(|&step| cadence.includes(step)).collect();
        assert_eq!(found, expected, "{per_decade} a decade");
    }
}

#[test]
fn the_step_at_which_a_run_diverges_is_recorded() {
    let stop = Some(StopReason::Diverged { step: 3, what: "the loss is NaN".into() });
    let diverged = Fake { step: 3, stop, ..Fake::new(2, &[f32::NAN, f32::INFINITY], &[f64::NAN]) };
    let mut recorder = Recorder::new(
        vec![Box::new(Energy), Box::<Ownership>::default()],
        Arc::new(Every { steps: 10 }),
        100,
    );
    let record = recorder.observe(&diverged.view()).unwrap();
    assert_eq!(
        (record.step, record.scalars.len()),
        (3, Energy.columns().len() + Ownership::default().columns().len())
    );
    assert!(recorder.observe(&Fake { step: 4, ..still() }.view()).is_none());
}

#[test]
fn columns_stand_in_the_order_of_the_measures() {
    let mut recorder =
        Recorder::new(vec![Box::<Ownership>::default(), Box::new(Energy)], Arc::new(Every { steps: 1 }), 9);
    let names: Vec<&str> = recorder.columns().iter().map(|column| column.name).collect();
    assert_eq!(
        names[..5],
        ["atoms_owned", "orphan_atoms", "collisions", "owner_changes", "sparse_energy_mean"]
    );
    let record = recorder.observe(&still().view()).unwrap();
    assert_eq!(record.scalars.len(), names.len());
    assert_eq!(record.scalars[..5], [1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(record.neurons, [[1.0], [1.0], [0.0]]);
    assert_eq!(recorder.atom_histories().map(<[_]>::len), Some(2));
}

#[test]
#[should_panic(expected = "two measurements declare the column `sparse_energy_mean`")]
fn a_column_cannot_be_declared_twice() {
    Recorder::new(vec![Box::new(Energy), Box::new(Energy)], Arc::new(Every { steps: 1 }), 1);
}

struct Careless;

impl Measure for Careless {
    fn columns(&self) -> &'static [Column] {
        &[]
    }

    fn read(&mut self, _: &Reading<'_>, out: &mut Values<'_>) {
        out.scalar("surprise", 1.0);
    }
}

#[test]
#[should_panic(expected = "wrote the column `surprise`")]
fn an_undeclared_column_cannot_be_written() {
    Recorder::new(vec![Box::new(Careless)], Arc::new(Every { steps: 1 }), 1).observe(&still().view());
}

/// Two neurons, two atoms; the second neuron wins the first atom, so that both measurements have something to
/// remember.
#[test]
fn a_memory_is_taken_up_by_a_process_of_its_own_shape_alone() {
    let measures = || -> Vec<Box<dyn Measure>> {
        let rule = LuckRule { lucky: 0.5, potential: 0.1 };
        vec![Box::<Ownership>::default(), Box::new(Destiny::new(rule))]
    };
    let recorder = || Recorder::new(measures(), Arc::new(Every { steps: 1 }), 9);
    let state = Fake::new(2, &[0.1, 0.2, 3.0, 0.0], &[5.0, 0.0]);
    let mut first = recorder();
    first.observe(&state.view()).unwrap();
    let memory = first.memory();
    let shape = Shape { width: 2, latent_dim: 2 };
    let mut again = recorder();
    assert!(again.recall(&memory, shape));
    assert_eq!((again.memory(), again.atom_histories()), (memory.clone(), first.atom_histories()));

    assert!(
        !recorder().recall(&memory, Shape { width: 3, ..shape }) && !recorder().recall(&memory[..1], shape)
    );
    assert!(!recorder().recall(&memory, Shape { latent_dim: 3, ..shape }));
    let (mut refused, mut accepted) = (0, 0);
    for (part, words) in memory.iter().enumerate() {
        for (at, &word) in words.iter().enumerate() {
            for odd in [-2, 2, i64::MAX, i64::MIN].into_iter().filter(|&odd| odd != word) {
                let mut damaged = memory.clone();
                damaged[part][at] = odd;
                let count = if recorder().recall(&damaged, shape) { &mut accepted } else { &mut refused };
                *count += 1;
            }
        }
    }
    // The steps at which two atoms were first owned and a number of pairs may be any number from 0 on.
    assert!(accepted == 6 && refused > 40, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_number_that_is_none_is_not_passed_over() {
    let mut state = Fake::new(2, &[1.0, 0.0, 0.0, 2.0], &[0.0, 0.0]);
    state.norms = vec![1.0, f32::NAN];
    let figures = state.read(&mut Energy);
    assert!(figures.get("norm_min").is_nan() && figures.get("norm_max").is_nan());
}

//! Every head against central differences, normalised by the batch and by running averages.

use super::*;
use crate::layer::Statistics;
use crate::math::linalg::squared_norm;
use crate::part::{AnySlot, Chosen, Value};

const SAMPLES: usize = 6;
const FEATURES: usize = 4;

fn wave(rows: usize, cols: usize, at: f32) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| (1.3 * (r * cols + c) as f32 + at).sin())
}

/// Where a head is looked at: features, then arrays.
fn place(head: &dyn Head) -> (Matrix, Vec<Matrix>) {
    let array = |(number, array): (usize, &ParameterArray)| match head.mover(number) {
        // Sums of weights and of variances are positive.
        Mover::Batches => wave(array.rows, array.cols, 0.3).map(|value| 0.5 + value.abs()),
        Mover::Optimizer | Mover::BiasRule { .. } => wave(array.rows, array.cols, 0.7 + 0.9 * number as f32),
    };
    (wave(SAMPLES, FEATURES, 0.2), head.arrays(FEATURES).iter().enumerate().map(array).collect())
}

fn weights(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| (0.7 * (r * cols + c) as f32).cos())
}

/// A number that every output enters with a weight of its own.
fn value(head: &dyn Head, (features, arrays): &(Matrix, Vec<Matrix>), statistics: Statistics) -> f64 {
    let mut output = Matrix::default();
    head.forward(features, At { arrays, statistics }, &mut Tape::default(), &mut output);
    let pairs = output.as_slice().iter().zip(weights(output.rows(), output.cols()).into_vec());
    pairs.map(|(f, w)| f64::from(*f) * f64::from(w)).sum()
}

fn assert_gradients(head: &dyn Head, statistics: Statistics) -> usize {
    const STEP: f32 = 5e-3;
    let mut at = place(head);
    let (mut tape, mut output) = (Tape::default(), Matrix::default());
    head.forward(&at.0, At { arrays: &at.1, statistics }, &mut tape, &mut output);
    assert_eq!((output.rows(), output.cols()), (SAMPLES / head.patches(), head.output_count(FEATURES)));
    // Twice, for a tape has to serve twice.
    let [found, again] = [(); 2].map(|()| {
        let mut gradient = weights(output.rows(), output.cols());
        let mut sums: Vec<Matrix> = at.1.iter().map(|a| Matrix::zeros(a.rows(), a.cols())).collect();
        head.backward(&at.0, At { arrays: &at.1, statistics }, &mut tape, &mut gradient, &mut sums);
        [vec![gradient], sums].concat()
    });
    assert!(found == again);
    let mut compared = 0;
    for (number, found) in found.iter().enumerate() {
        for entry in 0..found.as_slice().len() {
            let mut moved = |by: f32| {
                let array = if number == 0 { &mut at.0 } else { &mut at.1[number - 1] };
                array.as_mut_slice()[entry] += by;
                let value = value(head, &at, statistics);
                let array = if number == 0 { &mut at.0 } else { &mut at.1[number - 1] };
                array.as_mut_slice()[entry] -= by;
                value
            };
            let found = f64::from(found.as_slice()[entry]);
            if number > 0 && head.mover(number - 1) == Mover::Batches {
                assert_eq!(found, 0.0, "no gradient moves array {number}");
                continue;
            }
            let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
            let off = (slope - found).abs();
            assert!(off < 2e-3 * (1.0 + found.abs()), "{number} {entry} {statistics:?}: {slope}, {found}");
            compared += 1;
        }
    }
    compared
}

fn heads() -> Vec<(&'static str, Box<dyn Head>)> {
    let chosen = Chosen::<Option<Box<dyn Head>>>::examples().unwrap();
    chosen.iter().filter_map(|head| Some((head.kind(), head.build(&()).unwrap()?))).collect()
}

#[test]
fn every_head_has_the_gradients_of_its_outputs() {
    let (mut compared, mut built) = (0, 0);
    for (_, head) in heads() {
        compared += assert_gradients(head.as_ref(), Statistics::OfBatch);
        compared += assert_gradients(head.as_ref(), Statistics::Running);
        built += 1;
    }
    // All but none; a linear one with two outputs settings, one with a hidden layer with twelve.
    assert!(HEADS.part_count() >= 3 && built >= 2 + 12, "{built}");
    assert!(compared >= built * 2 * (SAMPLES * FEATURES + FEATURES), "{compared}");
}

/// Wider than the examples, with everything that a head of layers may have.
#[test]
fn a_head_with_everything_has_the_gradients_of_its_outputs() {
    for (norm, arrays) in [("nowhere", 3), ("hidden", 3 + 5), ("everywhere", 3 + 2 * 5)] {
        for output in ["plain", "normalised"] {
            let values = vec![
                ("hidden", Value::Whole(5)),
                ("outputs", Value::Whole(3)),
                ("thresholds", "trained".into()),
                ("batch_norm", norm.into()),
                ("output", output.into()),
            ];
            let chosen = Chosen::<Option<Box<dyn Head>>>::new("mlp", values).unwrap();
            let head = chosen.build(&()).unwrap().unwrap();
            assert_eq!(head.arrays(FEATURES).len(), arrays, "{norm}");
            for statistics in [Statistics::OfBatch, Statistics::Running] {
                let learned = SAMPLES * FEATURES + 5 * FEATURES + 5 + 3 * 5;
                assert!(assert_gradients(head.as_ref(), statistics) >= learned, "{norm} {output}");
            }
        }
    }
}

#[test]
fn no_head_is_none_and_a_normalised_one_has_outputs_of_norm_one() {
    assert!(Chosen::<Option<Box<dyn Head>>>::new("none", vec![]).unwrap().build(&()).unwrap().is_none());
    let values = vec![("outputs", Value::Whole(3)), ("output", "normalised".into())];
    let head = Chosen::<Option<Box<dyn Head>>>::new("linear", values).unwrap().build(&()).unwrap().unwrap();
    let ((features, arrays), mut output) = (place(head.as_ref()), Matrix::default());
    let at = At { arrays: &arrays, statistics: Statistics::Running };
    head.forward(&features, at, &mut Tape::default(), &mut output);
    assert!(output.iter_rows().all(|row| (squared_norm(row) - 1.0).abs() < 1e-6));
}

#[test]
fn a_sum_over_patches_has_the_gradients_of_its_outputs() {
    let head = PatchSum { patches: 3 };
    let compared = assert_gradients(&head, Statistics::OfBatch);
    assert_eq!(compared, SAMPLES * FEATURES);
    let ((features, arrays), mut output) = (place(&head), Matrix::default());
    let at = At { arrays: &arrays, statistics: Statistics::Running };
    head.forward(&features, at, &mut Tape::default(), &mut output);
    let second: f32 = (3..6).map(|patch| features[(patch, 2)]).sum();
    assert!((output[(1, 2)] - second).abs() < 1e-6 && output.rows() == 2);
}

//! The oracle itself: its gradients against central differences of its loss, and Euler's identity.

use super::oracle::{Batch, Kind, State, gradient, means, product};
use featurescope_sim::math::gaussian::fill_normal;
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::objective::{NegativeSet, StopGrad};

const ANCHORS: usize = 5;
const NEGATIVES: usize = 4;
const DIM: usize = 8;
const WIDTH: usize = 6;
/// Truncation ~ STEP², rounding ~ 1e-16/STEP.
const STEP: f64 = 1e-5;
/// Relative to the largest entry of the gradient.
const DIFFERENCE_TOLERANCE: f64 = 1e-8;
/// A few hundred f64 roundings of numbers of order one.
const EULER_TOLERANCE: f64 = 1e-12;

fn normal(rows: usize, cols: usize, scale: f32, label: u32) -> Matrix<f64> {
    let mut matrix = Matrix::zeros(rows, cols);
    let stream = Stream::new(1, Purpose::MONTE_CARLO, label);
    (0..rows).for_each(|r| fill_normal(matrix.row_mut(r), scale, &stream, Part::Dense, r as u32));
    matrix.to_f64()
}

fn problem(set: NegativeSet) -> (Batch, State) {
    let negatives = if set == NegativeSet::Fresh { NEGATIVES } else { ANCHORS };
    let batch = Batch {
        anchors: normal(ANCHORS, DIM, 1.0, 0),
        positives: normal(ANCHORS, DIM, 1.0, 1),
        negatives: normal(negatives, DIM, 1.0, 2),
        set,
    };
    // Biases of both signs; the last is high enough to close most gates.
    let state = State { weights: normal(WIDTH, DIM, 0.3, 3), bias: vec![0.0, 0.2, -0.3, 0.4, -0.1, 0.9] };
    assert!(
        batch.distance_from_kinks(&state) > 50.0 * STEP,
        "finite differences must stay on one linear piece"
    );
    (batch, state)
}

fn every_case(check: impl Fn(Kind, StopGrad, NegativeSet)) {
    for kind in [Kind::InfoNce(1.0), Kind::InfoNce(0.4), Kind::Spectral] {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            for set in [NegativeSet::Fresh, NegativeSet::InBatch] {
                check(kind, stop_grad, set);
            }
        }
    }
}

/// The loss at a moved state, the stopped copy staying where it was.
fn moved_loss(
    kind: Kind,
    stop_grad: StopGrad,
    batch: &Batch,
    state: &State,
    change: &dyn Fn(&mut State),
) -> f64 {
    let mut moved = state.clone();
    change(&mut moved);
    let targets = if stop_grad == StopGrad::Targets { state } else { &moved };
    means(kind, batch, &moved, targets).loss
}

#[test]
fn gradients_are_the_central_differences_of_the_loss() {
    every_case(|kind, stop_grad, set| {
        let (batch, state) = problem(set);
        let difference = |change: &dyn Fn(&mut State, f64)| {
            let at =
                |by: f64| moved_loss(kind, stop_grad, &batch, &state, &|state: &mut State| change(state, by));
            (at(STEP) - at(-STEP)) / (2.0 * STEP)
        };
        let gradient = gradient(kind, stop_grad, &batch, &state);
        let scale = gradient.weights.as_slice().iter().fold(0.0f64, |top, g| top.max(g.abs()));
        assert!(scale > 0.1, "a vanishing gradient proves nothing");
        for i in 0..WIDTH {
            for c in 0..DIM {
                let error = difference(&|state, by| state.weights[(i, c)] += by) - gradient.weights[(i, c)];
                assert!(
                    error.abs() < DIFFERENCE_TOLERANCE * scale,
                    "{kind:?} {stop_grad:?} {set:?}: w {error:e}"
                );
            }
            let error = difference(&|state, by| state.bias[i] += by) - gradient.bias()[i];
            assert!(
                error.abs() < DIFFERENCE_TOLERANCE * scale,
                "{kind:?} {stop_grad:?} {set:?}: b {error:e}"
            );
        }
    });
}

/// h is homogeneous of degree one in (w, b), so Sim is of degree one in the live copy:
/// `⟨W, ∇_W L⟩ + ⟨b, ∇_b L⟩ = −mean Σ_B c Sim`, and twice that when both arguments are live.
#[test]
fn eulers_identity_holds() {
    every_case(|kind, stop_grad, set| {
        let (batch, state) = problem(set);
        let gradient = gradient(kind, stop_grad, &batch, &state);
        let left = product(state.weights.as_slice(), gradient.weights.as_slice())
            + product(&state.bias, &gradient.bias());
        let degree = if stop_grad == StopGrad::Targets { 1.0 } else { 2.0 };
        let right = -degree * means(kind, &batch, &state, &state).weighted_similarity;
        assert!((left - right).abs() < EULER_TOLERANCE, "{kind:?} {stop_grad:?} {set:?}: {left} {right}");
    });
}

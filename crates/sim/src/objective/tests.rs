//! Every loss, StopGrad placement and negative set against an f64 oracle written straight from the definition, and the
//! gradients against finite differences of that oracle with the stopped branches frozen.

use super::*;
use crate::math::Matrix;

const ANCHORS: usize = 5;
const NEGATIVES: usize = 7;
const WIDTH: usize = 4;
/// f32 products of a few terms of order one.
const VALUE_TOLERANCE: f64 = 3e-6;
/// Central differences of step 1e-4 of a smooth f64 function, plus the f32 rounding of the gradient.
const GRADIENT_TOLERANCE: f64 = 3e-6;

#[derive(Clone, Copy, Debug)]
enum Kind {
    InfoNce(f64),
    Spectral,
}

type Branches = [Matrix<f64>; 3];

/// The mean over anchors, with `live` embeddings where gradients flow and `frozen` ones behind StopGrad: the anchor is
/// always live, similarity's second argument comes from `targets`.
fn oracle(
    kind: Kind,
    set: NegativeSet,
    anchor: &Matrix<f64>,
    positive: &Matrix<f64>,
    negatives: &Matrix<f64>,
) -> f64 {
    let sim = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut total = 0.0;
    for p in 0..anchor.rows() {
        let plus = sim(anchor.row(p), positive.row(p));
        let minus: Vec<f64> = (0..negatives.rows())
            .filter(|&s| set == NegativeSet::Fresh || s != p)
            .map(|s| sim(anchor.row(p), negatives.row(s)))
            .collect();
        total += match kind {
            Kind::InfoNce(tau) => {
                let z = (plus / tau).exp() + minus.iter().map(|s| (s / tau).exp()).sum::<f64>();
                -tau * ((plus / tau).exp() / z).ln()
            }
            Kind::Spectral => -2.0 * plus + minus.iter().map(|s| s * s).sum::<f64>() / minus.len() as f64,
        };
    }
    total / anchor.rows() as f64
}

fn branches(set: NegativeSet) -> Branches {
    let rows = [ANCHORS, ANCHORS, if set == NegativeSet::Fresh { NEGATIVES } else { ANCHORS }];
    let mut k = 0.0;
    rows.map(|n| {
        Matrix::from_fn(n, WIDTH, |_, _| {
            k += 1.0;
            // Exactly representable in f32, so that both precisions see the same numbers.
            f64::from((f64::sin(k * k) * 1.2) as f32)
        })
    })
}

fn build(kind: Kind, stop_grad: StopGrad) -> Box<dyn Objective> {
    match kind {
        Kind::InfoNce(tau) => Box::new(InfoNce::new(tau, stop_grad).unwrap()),
        Kind::Spectral => Box::new(Spectral::new(stop_grad)),
    }
}

fn every_case(mut check: impl FnMut(Kind, StopGrad, NegativeSet)) {
    for kind in [Kind::InfoNce(1.0), Kind::InfoNce(0.3), Kind::Spectral] {
        for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
            for set in [NegativeSet::Fresh, NegativeSet::InBatch] {
                check(kind, stop_grad, set);
            }
        }
    }
}

fn evaluate(kind: Kind, stop_grad: StopGrad, set: NegativeSet, at: &Branches) -> (LossReading, Gradients) {
    let [anchor, positive, negatives] = at.each_ref().map(Matrix::to_f32);
    let (mut grads, codes) = (Gradients::default(), Matrix::default());
    let batch = Batch {
        anchor: &anchor,
        positive: &positive,
        negatives: &negatives,
        negative_set: set,
        codes: &codes,
    };
    (build(kind, stop_grad).evaluate(&batch, &[], &mut grads), grads)
}

#[test]
fn values_agree_with_the_definition() {
    every_case(|kind, stop_grad, set| {
        let at = branches(set);
        let (reading, _) = evaluate(kind, stop_grad, set, &at);
        let expected = oracle(kind, set, &at[0], &at[1], &at[2]);
        assert!(
            (reading.loss - expected).abs() < VALUE_TOLERANCE,
            "{kind:?} {set:?}: {reading:?} {expected}"
        );
    });
}

#[test]
fn gradients_agree_with_finite_differences() {
    every_case(|kind, stop_grad, set| {
        let at = branches(set);
        let (_, grads) = evaluate(kind, stop_grad, set, &at);
        assert_eq!(grads.positive.is_some(), stop_grad == StopGrad::Nowhere);
        assert_eq!(grads.negatives.is_some(), stop_grad == StopGrad::Nowhere);
        let by_branch = [Some(&grads.anchor), grads.positive.as_ref(), grads.negatives.as_ref()];
        for (branch, grad) in by_branch.into_iter().enumerate() {
            let Some(grad) = grad else { continue };
            for r in 0..grad.rows() {
                for c in 0..WIDTH {
                    let step = 1e-4;
                    let shifted = |by: f64| {
                        let mut at = at.clone();
                        at[branch][(r, c)] += by;
                        oracle(kind, set, &at[0], &at[1], &at[2])
                    };
                    let expected = (shifted(step) - shifted(-step)) / (2.0 * step);
                    let error = (f64::from(grad[(r, c)]) - expected).abs();
                    assert!(
                        error < GRADIENT_TOLERANCE,
                        "{kind:?} {stop_grad:?} {set:?} branch {branch}: {error}"
                    );
                }
            }
        }
    });
}

/// What pulls is what of the gradient is along the positive: moving a positive that is orthogonal to its anchor
/// moves the gradient by the pull, and nothing else.
#[test]
fn the_attraction_is_the_part_of_the_gradient_along_the_positive() {
    for kind in [Kind::InfoNce(0.7), Kind::Spectral] {
        let mut at = branches(NegativeSet::Fresh);
        at[0] = Matrix::from_fn(ANCHORS, WIDTH, |r, c| if c == 0 { 0.5 + r as f64 } else { 0.0 });
        let of = |at: &Branches| {
            let [anchor, positive, negatives] = at.each_ref().map(Matrix::to_f32);
            let codes = Matrix::default();
            let negative_set = NegativeSet::Fresh;
            let batch = Batch {
                anchor: &anchor,
                positive: &positive,
                negatives: &negatives,
                negative_set,
                codes: &codes,
            };
            let (mut objective, mut gradients) = (build(kind, StopGrad::Nowhere), Gradients::default());
            objective.evaluate(&batch, &[], &mut gradients);
            (gradients, objective.attraction(&batch).unwrap())
        };
        let (before, pulled) = of(&at);
        at[1][(2, 3)] += 1.0;
        let (after, pulled_after) = of(&at);
        let moved = after.anchor[(2, 3)] - before.anchor[(2, 3)];
        let pull = pulled_after.anchor[(2, 3)] - pulled.anchor[(2, 3)];
        assert!(pull < -1e-3 && (moved - pull).abs() < 1e-6, "{kind:?}: {moved}, {pull}");
        // A positive has no other gradient than the pull to its anchor.
        let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
        let (all, pulled) = (before.positive.unwrap(), pulled.positive.unwrap());
        assert!(all.as_slice().iter().zip(pulled.as_slice()).all(close), "{kind:?}");
    }
}

#[test]
fn huge_logits_stay_finite_and_nan_is_not_hidden() {
    let set = NegativeSet::Fresh;
    let at = branches(set).map(|m| m.map(|v| 1e4 * v));
    let (reading, grads) = evaluate(Kind::InfoNce(1.0), StopGrad::Targets, set, &at);
    assert!(reading.loss.is_finite() && grads.anchor.as_slice().iter().all(|g| g.is_finite()));
    let mut broken = branches(set);
    broken[2][(3, 1)] = f64::NAN;
    assert!(evaluate(Kind::InfoNce(1.0), StopGrad::Targets, set, &broken).0.loss.is_nan());
}

#[test]
fn a_temperature_that_is_not_positive_is_refused() {
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(InfoNce::new(temperature, StopGrad::Targets).is_err());
    }
}

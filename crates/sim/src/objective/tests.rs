//! Every loss, StopGrad placement and negative set against an f64 oracle written straight from the definition, and the
//! gradients against finite differences of that oracle with the stopped branches frozen.

use super::*;
use crate::math::random::Part as Draw;
use crate::math::{Matrix, Purpose, Stream};
use crate::part::{AnySlot, Chosen};

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
    let mut grads = Gradients::default();
    let batch = Batch::of_views([&anchor, &positive], &negatives, set);
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
            let batch = Batch::of_views([&anchor, &positive], &negatives, NegativeSet::Fresh);
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

/// What every objective sees: features of anchors, positives and negatives, codes, and its own arrays.
#[derive(Clone)]
struct Point {
    batch: [Matrix; 4],
    /// Of the slower copy of the learner: the features of anchors and positives, which stay when these move.
    target: [Matrix; 2],
    arrays: Vec<Matrix>,
}

const FEATURES: usize = 3;

/// Samples of five entries and their anchors, some of whose entries are removed.
pub(super) fn inputs() -> [Matrix; 2] {
    let sample = Matrix::from_fn(4, 5, |p, r| ((p * 5 + r) as f32).cos());
    let anchor = Matrix::from_fn(4, 5, |p, r| if (p * p + r) % 3 == 0 { 0.0 } else { 2.0 * sample[(p, r)] });
    [sample, anchor]
}

/// Two samples of one class, one of another, and one of none.
pub(super) const CLASSES: [Option<u32>; 4] = [Some(1), Some(0), None, Some(1)];

impl Point {
    fn new(objective: &mut dyn Objective, negatives: usize) -> Self {
        let mut k = 0.0f64;
        let mut wave = |rows, cols| {
            Matrix::from_fn(rows, cols, |_, _| {
                k += 1.0;
                (k * k).sin() as f32
            })
        };
        let batch = [4, 4, negatives, 4].map(|rows| wave(rows, FEATURES));
        let beginning =
            Beginning { features: FEATURES, latent_dim: FEATURES, input_dim: 5, initial_norm: 0.5, seed: 3 };
        let arrays = objective.arrays(&beginning).unwrap();
        objective.begin(&beginning);
        let target = [batch[0].clone(), batch[1].clone()];
        Self { batch, target, arrays: arrays.iter().map(|array| wave(array.rows, array.cols)).collect() }
    }

    fn evaluate(&self, objective: &mut dyn Objective, negative_set: NegativeSet) -> (f64, Gradients) {
        let [anchor, positive, negatives, codes] = &self.batch;
        let mut gradients = Gradients::default();
        let classes: Vec<_> = (0..anchor.rows()).map(|p| CLASSES[p % CLASSES.len()]).collect();
        let views = Batch::of_views([anchor, positive], negatives, negative_set);
        let (target, inputs) = (self.target.each_ref(), inputs());
        let inputs = inputs.each_ref();
        let batch = Batch { codes, classes: &classes, target, inputs, ..views };
        (objective.evaluate(&batch, &self.arrays, &mut gradients).loss, gradients)
    }

    /// The entry of a branch, or of an array after the branches.
    fn entry(&mut self, place: usize, entry: usize) -> &mut f32 {
        let matrix = if place < 3 { &mut self.batch[place] } else { &mut self.arrays[place - 3] };
        &mut matrix.as_mut_slice()[entry]
    }
}

/// Compares the gradients of every branch and every array with central differences of the loss, and returns how many.
/// It is computed in single precision, so that a difference over 10⁻² is known to about 3·10⁻⁵. The fifth derivative
/// adds less than that.
pub(super) fn assert_gradients(objective: &mut dyn Objective) -> usize {
    const STEP: f32 = 1e-2;
    let mut compared = 0;
    for (set, negatives) in [(NegativeSet::Fresh, 5), (NegativeSet::InBatch, 4)] {
        let at = Point::new(objective, negatives);
        let (value, gradients) = at.evaluate(objective, set);
        assert!(value >= objective.lowest(FEATURES));
        let branches = [Some(&gradients.anchor), gradients.positive.as_ref(), gradients.negatives.as_ref()];
        let all = branches.into_iter().chain(gradients.arrays.iter().map(Some));
        for (place, gradient) in all.enumerate() {
            let Some(gradient) = gradient else { continue };
            for (entry, &found) in gradient.as_slice().iter().enumerate() {
                let mut moved = |by: f32| {
                    let mut at = at.clone();
                    *at.entry(place, entry) += by;
                    at.evaluate(objective, set).0
                };
                let mut slope = |by: f32| (moved(by) - moved(-by)) / f64::from(2.0 * by);
                // Two steps, so that the third derivative drops out.
                let slope = (4.0 * slope(0.5 * STEP) - slope(STEP)) / 3.0;
                assert!((slope - f64::from(found)).abs() < 1e-3, "place {place}: {slope}, {found}");
                compared += 1;
            }
        }
    }
    compared
}

/// Branches (anchor, positive, negatives) and own arrays in double precision.
#[derive(Clone)]
pub(super) struct Exact {
    pub branches: [Matrix<f64>; 3],
    pub arrays: Vec<Matrix<f64>>,
}

/// Features as a loss takes them, in double precision.
pub(super) fn scaled(scale: FeatureScale, features: &Matrix<f64>) -> Matrix<f64> {
    let norm = |p: usize| match scale {
        FeatureScale::Normalised => features.row(p).iter().map(|f| f * f).sum::<f64>().sqrt(),
        FeatureScale::Plain => 1.0,
    };
    Matrix::from_fn(features.rows(), features.cols(), |p, i| features[(p, i)] / norm(p))
}

/// Compares the value of an objective, and its gradient in every branch and array, with `definition(live,
/// frozen)`: the loss in double precision, straight from its formula, at features that move and at the same
/// features behind StopGrad. Returns the number of derivatives compared.
pub(super) fn assert_definition(
    objective: &mut dyn Objective,
    negative_set: NegativeSet,
    mut definition: impl FnMut(&Exact, &Exact) -> f64,
) -> usize {
    const STEP: f64 = 1e-5;
    // Single precision in sums of a few terms, over the largest derivative.
    const RELATIVE: f64 = 1e-5;
    let at = Point::new(objective, if negative_set == NegativeSet::Fresh { 5 } else { 4 });
    let (value, gradients) = at.evaluate(objective, negative_set);
    let [anchor, positive, negatives, _] = at.batch.each_ref().map(Matrix::to_f64);
    let arrays = at.arrays.iter().map(Matrix::to_f64).collect();
    let exact = Exact { branches: [anchor, positive, negatives], arrays };
    let expected = definition(&exact, &exact);
    assert!((value - expected).abs() < RELATIVE * expected.abs().max(1.0), "{value} against {expected}");
    let branches = [Some(&gradients.anchor), gradients.positive.as_ref(), gradients.negatives.as_ref()];
    let (mut compared, mut largest, mut worst) = (0, 0.0f64, 0.0f64);
    for (place, gradient) in branches.into_iter().chain(gradients.arrays.iter().map(Some)).enumerate() {
        let Some(gradient) = gradient else { continue };
        for (entry, &found) in gradient.as_slice().iter().enumerate() {
            let mut moved = |by: f64| {
                let mut live = exact.clone();
                let matrix = if place < 3 { &mut live.branches[place] } else { &mut live.arrays[place - 3] };
                matrix.as_mut_slice()[entry] += by;
                definition(&live, &exact)
            };
            let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            largest = largest.max(slope.abs());
            worst = worst.max((slope - f64::from(found)).abs());
            compared += 1;
        }
    }
    assert!(largest > 1e-3 && worst < RELATIVE * largest.max(1.0), "off by {worst} of {largest}");
    compared
}

/// Whether features receive a gradient as one thing and stand behind StopGrad as another: then the value
/// moves with what the gradient leaves out. The tests of these parts freeze it ([`assert_definition`]).
fn freezes(chosen: &Chosen<Box<dyn Objective>>) -> bool {
    let is_every_view_an_anchor = matches!(chosen.kind(), "nt_xent" | "supervised_contrastive");
    let given = chosen.given();
    (is_every_view_an_anchor && given.text("stop_gradient") == Ok("targets"))
        || (chosen.kind() == "simsiam" && given.text("predicting") == Ok("both"))
}

#[test]
fn every_objective_has_the_gradients_of_its_value() {
    let (mut compared, mut frozen) = (0, 0);
    for chosen in Chosen::<Box<dyn Objective>>::examples().unwrap() {
        if freezes(&chosen) {
            frozen += 1;
        } else {
            compared += assert_gradients(chosen.build(&()).unwrap().as_mut());
        }
    }
    assert!(compared >= 24 * OBJECTIVES.part_count(), "{compared} compared, {frozen} frozen");
}

/// Features that are all zero have the loss that a part names. Labels are drawn, so their loss is a mean.
#[test]
fn every_objective_knows_its_value_at_rest() {
    const CODES: usize = 20_000;
    for chosen in Chosen::<Box<dyn Objective>>::examples().unwrap() {
        let mut objective = chosen.build(&()).unwrap();
        let rows = if objective.needs().codes && !objective.needs().two_views { CODES } else { 4 };
        let mut at = Point::new(objective.as_mut(), 5);
        at.batch = [rows, rows, 5, rows].map(|rows| Matrix::zeros(rows, FEATURES));
        at.target = [at.batch[0].clone(), at.batch[1].clone()];
        let stream = Stream::new(5, Purpose::MONTE_CARLO, 0);
        let mut bits = stream.reader(Draw::Latent, 0);
        for z in at.batch[3].as_mut_slice() {
            *z = if bits.word() & 1 == 0 { 0.0 } else { bits.sign() };
        }
        let found = at.evaluate(objective.as_mut(), NegativeSet::Fresh).0;
        let problem =
            Problem { negatives: 5, latent_dim: FEATURES, activity: 0.5, anchors: rows, features: FEATURES };
        if objective.needs().inputs {
            assert!(objective.at_rest(&problem).is_nan() && found > 0.0, "{}", chosen.kind());
            continue;
        }
        // T itself is one draw of few entries, each square within [1/4, 9/4] of its mean 13/12.
        let is_drawn = objective.needs().codes && !objective.needs().two_views;
        let allowed = if is_drawn { 0.5 * found } else { 1e-6 };
        let off = (found - objective.at_rest(&problem)).abs();
        assert!(off < allowed, "{}: {found} against {}", chosen.kind(), objective.at_rest(&problem));
    }
}

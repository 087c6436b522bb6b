//! The parts of the reduction by themselves. The laws of whole runs are compared in tests/proofs/reduced.

use super::*;
use crate::augment::{Augmentation, Identity, IndependentMasks, IntervalMasks, Origin};
use crate::data::{Independent, SparseCodingLaw};
use crate::math::gaussian::fill_normal;
use crate::math::linalg::{rotate_to_lower_triangle, squared_norm, times_transposed};
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};
use crate::network::ParameterGradients;
use crate::train::learner::StepGradients;
use crate::train::{ConstantRate, Learner, RateRule, StageRule, TrainingRule, ZeroBias};
use std::sync::Arc;

fn law() -> SparseCodingLaw {
    SparseCodingLaw {
        ambient_dim: 400,
        latent_dim: 6,
        latent: Arc::new(Independent { activity: 0.3 }),
        noise_variance: 0.3,
        direction_count: 0,
        direction_variance: 0.3,
    }
}
const STANDARD_ERRORS: f64 = 5.0;

fn rule(width: usize) -> TrainingRule {
    TrainingRule {
        width,
        initial_norm: 2.0,
        rate: RateRule { learning_rate: 0.5, schedule: Arc::new(ConstantRate), weight_decay: 0.1 },
        bias: Arc::new(ZeroBias),
        stages: StageRule { first_energy_ratio: 4.0, second_energy_ratio: 4.0 },
        steps: 1 << 30,
    }
}

fn start(rule: TrainingRule, law: SparseCodingLaw, seed: u64) -> (Outside, Learner) {
    let (latent_dim, (outside, weights)) = (law.latent_dim, Outside::start(&rule, law, seed).unwrap());
    (outside, Learner::new(rule, weights, latent_dim, seed).unwrap())
}

/// No gradient of so many thresholds.
fn still(width: usize) -> ParameterGradients {
    ParameterGradients { bias: vec![0.0; width], arrays: Vec::new() }
}

fn along<'a>(weights: &'a Matrix, parameters: &'a ParameterGradients) -> StepGradients<'a> {
    StepGradients { weights, parameters, head: &[], objective: &[], rate_ratio: 1.0 }
}

fn kinds() -> Vec<Box<dyn Augmentation>> {
    vec![
        Box::new(Identity),
        Box::new(IntervalMasks::complementary(0.5).unwrap()),
        Box::new(IntervalMasks::complementary(0.3).unwrap()),
        Box::new(IntervalMasks::disjoint(0.75).unwrap()),
        Box::new(IntervalMasks::disjoint(0.3).unwrap()),
        Box::new(IndependentMasks::new(0.6).unwrap()),
    ]
}

/// Second moments of a pair of views of a fixed z: signal a zₙ, noise c σ², and (c − a a')‖z‖²/d1 from the signal.
#[test]
fn views_have_the_second_moments_of_the_masks() {
    let latent = [1.0, -1.0, 0.0, 0.0, 1.0, 0.0];
    let rows = 30_000;
    for kind in kinds() {
        let views = GaussianViews::new(kind.as_ref(), &law(), MaskJitter::Kept).unwrap();
        let told = kind.moments().unwrap();
        let jitter = 3.0 / 400.0;
        let (samples, masks) = (Stream::new(1, Purpose::POSITIVES, 0), Stream::new(1, Purpose::MASKS, 0));
        // x⁺₀ (active), x⁺₂ (silent), x⁺⁺₂, their product, and x⁺₂ x⁺₃.
        let mut sums = [[0.0f64; 2]; 5];
        for row in 0..rows {
            let mut x = [0.0f32; 6];
            fill_normal(&mut x, 0.3f32.sqrt(), &samples, Part::Dense, row);
            x.iter_mut().zip(latent).for_each(|(x, z)| *x += z);
            let mut y = [0.0f32; 6];
            views.pair(&masks, row, views.mean_square(&latent), &mut x, &mut y);
            let values = [x[0], x[2] * x[2], y[2] * y[2], x[2] * y[2], x[2] * x[3]].map(f64::from);
            sums.iter_mut().zip(values).for_each(|(s, v)| *s = [s[0] + v, s[1] + v * v]);
        }
        let variance =
            |view: usize| told.squares[view] * 0.3 + (told.squares[view] - told.means[view].powi(2)) * jitter;
        let shared = told.product * 0.3 + (told.product - told.means[0] * told.means[1]) * jitter;
        let expected = [told.means[0], variance(0), variance(1), shared, 0.0];
        for ([sum, squares], expected) in sums.into_iter().zip(expected) {
            let n = f64::from(rows);
            let error = ((squares / n - (sum / n).powi(2)) / n).sqrt();
            assert!((sum / n - expected).abs() < STANDARD_ERRORS * error, "{told:?}: {} {expected}", sum / n);
        }
    }
}

/// The sources of noise outside add up to the same second moments, for every pair of views.
#[test]
fn noise_outside_has_the_second_moments_of_the_views() {
    for kind in kinds() {
        let views = GaussianViews::new(kind.as_ref(), &law(), MaskJitter::Kept).unwrap();
        let told = kind.moments().unwrap();
        let v = views.mean_square(&[1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let factors = views.unknown_factors(v);
        let moment = |a: usize, b: usize| factors.iter().map(|f| f[a] * f[b]).sum::<f64>();
        let jitter = 2.0 / 400.0;
        for (a, b, square) in [(0, 0, told.squares[0]), (1, 1, told.squares[1]), (0, 1, told.product)] {
            let expected = square * 0.3 + (square - told.means[a] * told.means[b]) * jitter;
            assert!((moment(a, b) - expected).abs() < 1e-7, "{told:?}: {} {expected}", moment(a, b));
        }
        assert!((views.anchor_variance(v) - moment(0, 0)).abs() < 1e-12);
    }
}

#[test]
fn what_has_no_known_limit_is_refused() {
    struct Crop;
    impl Augmentation for Crop {
        fn views(&self, _: &Origin<'_>, _: &mut [f32], _: &mut [f32]) {}
        fn single_view(&self, _: &Origin<'_>, _: &mut [f32]) {}
    }
    let mask = IntervalMasks::complementary(0.5).unwrap();
    let small = SparseCodingLaw { ambient_dim: 47, ..law() };
    assert_eq!(GaussianViews::new(&Crop, &law(), MaskJitter::Kept).unwrap_err().name, "augmentation");
    assert_eq!(GaussianViews::new(&mask, &small, MaskJitter::Kept).unwrap_err().name, "ambient_dim");
    assert!(GaussianViews::new(&Identity, &small, MaskJitter::Kept).is_ok());
}

/// Where nothing is known of the outside: mean and variance of W⊥ W⊥ᵀ after one step from a given state, against
/// (keep L)(keep L)ᵀ + η² Bᵀ Ω Ωᵀ B. Also with more neurons than rows of B and few degrees of freedom.
#[test]
fn a_step_adds_the_noise_of_a_wishart_matrix() {
    for (width, rows, ambient_dim) in [(3, 5, 400), (5, 2, 400), (5, 7, 13)] {
        let law = SparseCodingLaw { ambient_dim, ..law() };
        let noise = Matrix::from_fn(width, rows, |i, r| ((i * 7 + r * 3) as f32).sin());
        let mut expected = Matrix::zeros(0, 0);
        times_transposed(&mut expected, &noise, &noise);
        let freedom = (ambient_dim - 6 - width) as f64;
        let draws = 3000;
        let mut sums = vec![[0.0f64; 2]; width * width];
        for seed in 0..draws {
            let (mut outside, mut learner) = start(rule(width), law.clone(), seed);
            let gram = |weights: &Matrix| {
                let rest = Matrix::from_fn(width, width, |i, c| weights[(i, 6 + c)]);
                let mut gram = Matrix::zeros(0, 0);
                times_transposed(&mut gram, &rest, &rest);
                gram
            };
            let before = gram(learner.weights());
            let d_weights = Matrix::zeros(width, 6 + width);
            outside.advance(&mut learner, &along(&d_weights, &still(width)), 1.0, &mut noise.clone());
            let after = gram(learner.weights());
            for (sum, (&a, &b)) in sums.iter_mut().zip(after.as_slice().iter().zip(before.as_slice())) {
                let added = f64::from(a) - 0.95 * 0.95 * f64::from(b);
                *sum = [sum[0] + added, sum[1] + added * added];
            }
        }
        let n = draws as f64;
        for (at, [sum, squares]) in sums.into_iter().enumerate() {
            let (i, j) = (at / width, at % width);
            let s = |a, b| f64::from(expected[(a, b)]);
            let mean = 0.25 * freedom * s(i, j);
            let variance = 0.0625 * freedom * (s(i, i) * s(j, j) + s(i, j).powi(2));
            let off = (sum / n - mean).abs() / (variance / n).sqrt();
            assert!(off < STANDARD_ERRORS, "{width} {rows}: mean {} against {mean}", sum / n);
            let found = squares / n - (sum / n).powi(2);
            // A Wishart entry's kurtosis is at most 9 + 48/freedom here.
            let error = variance * ((8.0 + 48.0 / freedom) / n).sqrt();
            assert!((found - variance).abs() < STANDARD_ERRORS * error, "{found} against {variance}");
        }
    }
}

/// Norms, stage times and W W(0)ᵀ survive: a step without gradient and noise only shrinks.
#[test]
fn a_step_without_gradient_shrinks_what_is_there() {
    let (mut outside, mut learner) = start(rule(8), law(), 3);
    let norms = learner.norms().to_vec();
    assert!((outside.growth(learner.weights()).dense - 1.0).abs() < 1e-6);
    let d_weights = Matrix::zeros(8, 14);
    outside.advance(&mut learner, &along(&d_weights, &still(8)), 1.0, &mut Matrix::zeros(8, 4));
    let growth = outside.growth(learner.weights());
    assert!((growth.sparse - 0.95).abs() < 1e-6 && (growth.dense - 0.95).abs() < 1e-6, "{growth:?}");
    let shrunk = learner.norms().iter().zip(&norms).all(|(now, then)| (now / then - 0.95).abs() < 1e-5);
    assert!(shrunk);
}

/// 10⁵ times as a step does it, noise taken up and a little decay, kept in single precision, beside the same kept in
/// double precision: inner products of rows do not drift. The noise is what keeps rounding from always going the same
/// way; without any, entries that change by less than their last digit would stand still, as weights in R^d1 do.
#[test]
fn a_hundred_thousand_steps_do_not_drift() {
    const STEPS: u32 = 100_000;
    /// Relative to the norms of the rows. The state forgets within 10⁴ steps here; rounding of 6e-8 a step that always
    /// leaned to one side would add up to 6e-4 until then, at random it stays near 6e-6. (A factorisation in single
    /// precision ends at 3e-4.)
    const DRIFT: f64 = 5e-5;
    let (m, extra, keep) = (6, 3, 1.0 - 5e-5);
    // Rows of very different size, as lucky and unlucky neurons have.
    let size = |i: usize| 10f64.powi(-(i as i32));
    let mut single = Matrix::from_fn(m, m + extra, |i, c| {
        if c < m { (((i * 5 + c) as f64).cos() * size(i)) as f32 } else { 0.0 }
    });
    let mut double = single.to_f64();
    let mut noise = [0.0f32; 18];
    for step in 0..STEPS {
        fill_normal(&mut noise, 1e-2, &Stream::new(1, Purpose::OUTSIDE, step), Part::Dense, 0);
        for i in 0..m {
            for e in 0..extra {
                let entry = noise[i * extra + e] * size(i) as f32;
                (single[(i, m + e)], double[(i, m + e)]) = (entry, f64::from(entry));
            }
        }
        let mut wide = single.to_f64();
        rotate_to_lower_triangle(&mut wide, None);
        single = wide.map(|v| keep * v).to_f32();
        rotate_to_lower_triangle(&mut double, None);
        double = double.map(|v| keep * v);
    }
    let mut worst = 0.0f64;
    for i in 0..m {
        for j in 0..=i {
            let product = |a: &Matrix<f64>| a.row(i).iter().zip(a.row(j)).map(|(x, y)| x * y).sum::<f64>();
            let scale = (squared_norm(single.row(i)) * squared_norm(single.row(j))).sqrt();
            worst = worst.max((product(&single.to_f64()) - product(&double)).abs() / scale);
        }
    }
    assert!(worst < DRIFT, "{worst}");
}

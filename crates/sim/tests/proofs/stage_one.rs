//! Stage I as it runs against its closed forms: growth per step along atoms and outside their span, the second moment of
//! the pair of views, and the floor that gradient noise sets in the dense directions.
//!
//! Let Σ = p M Mᵀ + σ² I, κ = 1 − E[D D']/q² for masks D, D' of keep rate q, so that A = E[x⁺ x⁺⁺ᵀ] = Σ − κ diag Σ. With
//! uniform leverage h = d/d1 (a Hadamard dictionary) the growth factors of one step are exactly
//! ```text
//! along M_j        1 + η [ (N/(N+1)) (p + σ² − κ (p h + σ²)) − λ ]
//! outside the span 1 + η [ (N/(N+1)) (σ² − κ (p h + σ²)) − λ ]
//! ```
//! RandomMask has κ = 1: p (1 − h) and −p h, without σ². No augmentation and independent masks have κ = 0.
//!
//! Source: docs/theory.md 4.3; Lemma C.4, Theorem 3.2.

use super::oracle::product;
use super::setup::{Run, Views, assert_close, state_of};
use featurescope_sim::augment::Origin;
use featurescope_sim::data::{DataModel, Samples};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::objective::NegativeSet;
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, NegativeViews, RateRule, TrainingRule, ZeroBias,
};
use std::sync::Arc;

/// A deviation beyond this many standard errors has a chance of ~ 6e-5 per figure; the seeds are fixed.
const STANDARD_ERRORS: f64 = 4.0;

/// d = 20, d1 = 256 with p and σ² of the paper at constants 1, so small that the softmax stays uniform and b = 0.
fn early(views: Views, anchors: usize, negatives: usize, learning_rate: f64, seed: u64) -> Run {
    Run {
        latent_dim: 20,
        ambient_dim: 256,
        activity: 0.0549,
        noise_variance: 0.0865,
        views,
        batch: BatchPlan {
            anchors,
            negatives,
            negative_set: NegativeSet::Fresh,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width: 30,
            initial_norm: 1e-4,
            rate: RateRule { learning_rate, schedule: Arc::new(ConstantRate), weight_decay: 2e-3 },
            bias: Arc::new(ZeroBias),
            ..Run::default().rule
        },
        seed,
        ..Run::default()
    }
}

/// κ of the views.
fn decoupling(views: Views) -> f64 {
    match views {
        Views::RandomMask => 1.0,
        Views::Disjoint(keep_rate) => 1.0 - (2.0 * keep_rate - 1.0).max(0.0) / keep_rate.powi(2),
        Views::Independent(_) | Views::None => 0.0,
    }
}

/// Growth factors of one step along the atoms and outside their span.
fn predicted(run: &Run) -> [f64; 2] {
    let (p, variance, sgd) = (run.activity, run.noise_variance, &run.rule.rate);
    let removed = decoupling(run.views) * (p * run.latent_dim as f64 / run.ambient_dim as f64 + variance);
    let negatives = run.batch.negatives as f64;
    [p + variance - removed, variance - removed]
        .map(|rate| 1.0 + sgd.learning_rate * (negatives / (negatives + 1.0) * rate - sgd.weight_decay))
}

/// W in the basis of the atoms, and what lies outside their span.
fn parts(weights: &Matrix<f64>, atoms: &Matrix<f64>) -> [Matrix<f64>; 2] {
    let sparse = Matrix::from_fn(weights.rows(), atoms.rows(), |i, j| product(weights.row(i), atoms.row(j)));
    let mut dense = weights.clone();
    for i in 0..weights.rows() {
        for (j, atom) in atoms.iter_rows().enumerate() {
            dense.row_mut(i).iter_mut().zip(atom).for_each(|(w, a)| *w -= sparse[(i, j)] * a);
        }
    }
    [sparse, dense]
}

/// Mean and standard error. Given W, a step's gradient noise has mean zero and is independent of every other step's, so
/// factors of single steps are as good as independent runs.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// `⟨W_{t+1}, W_t⟩/‖W_t‖²` of every step in both parts.
fn measured(run: &Run, steps: usize) -> [Vec<f64>; 2] {
    let atoms = run.data().dictionary().atoms().to_f64();
    let mut dynamics = run.start();
    let mut factors = [Vec::new(), Vec::new()];
    let start = parts(&state_of(&dynamics.snapshot()).weights, &atoms);
    let mut before = start.clone();
    for _ in 0..steps {
        dynamics.step().unwrap();
        let after = parts(&state_of(&dynamics.snapshot()).weights, &atoms);
        for part in 0..2 {
            let (old, new) = (before[part].as_slice(), after[part].as_slice());
            factors[part].push(product(new, old) / product(old, old));
        }
        before = after;
    }
    let whole = [0, 1].map(|part| {
        let (old, new) = (start[part].as_slice(), before[part].as_slice());
        product(new, old) / product(old, old)
    });
    let growth = dynamics.growth();
    assert_close("growth of the initial weights", &[growth.sparse, growth.dense], &whole, 1e-5, 1.0);
    factors
}

#[test]
fn growth_factors_are_the_predicted_ones() {
    for views in [Views::RandomMask, Views::None, Views::Disjoint(0.75), Views::Independent(0.5)] {
        let mut factors = [Vec::new(), Vec::new()];
        let mut expected = [0.0; 2];
        for seed in 1..=4 {
            let run = early(views, 2048, 16, 0.3, seed);
            expected = predicted(&run);
            for (all, new) in factors.iter_mut().zip(measured(&run, 30)) {
                all.extend(new);
            }
        }
        for (part, (factors, expected)) in factors.iter().zip(expected).enumerate() {
            let (mean, error) = mean_and_error(factors);
            let rate = (expected - 1.0).abs();
            assert!(
                (mean - expected).abs() < STANDARD_ERRORS * error,
                "{views:?} part {part}: {mean} {expected}"
            );
            assert!(
                error < 0.05 * rate.max(2e-3),
                "{views:?} part {part}: error {error} proves nothing of {rate}"
            );
        }
    }
}

/// E[x⁺ x⁺⁺ᵀ] = Σ − κ diag Σ entry by entry, for a dictionary whose leverages differ. For RandomMask κ = 1: its trace is
/// zero, and not only on average.
#[test]
fn the_second_moment_of_the_views_is_the_predicted_one() {
    const ROWS: usize = 100_000;
    for views in [Views::RandomMask, Views::None, Views::Disjoint(0.75), Views::Independent(0.5)] {
        let run = Run { latent_dim: 5, ambient_dim: 24, ..early(views, 1, 1, 1.0, 3) };
        let (data, augmentation) = (run.data(), views.build());
        let dim = run.ambient_dim;
        let stream = |purpose| Stream::new(run.seed, purpose, 0);
        let Samples { x: mut anchors, latent, .. } = data.sample(&stream(Purpose::POSITIVES), 0, ROWS);
        let mut positives = anchors.clone();
        let (masks, atoms) = (stream(Purpose::MASKS), data.dictionary().atoms());
        let (mut sums, mut squares) = (Matrix::<f64>::zeros(dim, dim), Matrix::<f64>::zeros(dim, dim));
        for row in 0..ROWS {
            let (anchor, positive) = (anchors.row_mut(row), positives.row_mut(row));
            let from = Origin { stream: &masks, row: row as u32, atoms, code: latent.row(row) };
            augmentation.views(&from, anchor, positive);
            for (r, &x) in anchor.iter().enumerate() {
                for (s, &y) in positive.iter().enumerate() {
                    let value = f64::from(x) * f64::from(y);
                    sums[(r, s)] += value;
                    squares[(r, s)] += value * value;
                }
            }
        }
        let atoms = data.dictionary().atoms().to_f64().transposed();
        let count = ROWS as f64;
        for r in 0..dim {
            for s in 0..dim {
                let signal = run.activity * product(atoms.row(r), atoms.row(s));
                let total =
                    if r == s { (signal + run.noise_variance) * (1.0 - decoupling(views)) } else { signal };
                let mean = sums[(r, s)] / count;
                let error = ((squares[(r, s)] / count - mean * mean) / count).sqrt();
                let off = (mean - total).abs();
                // Of 576 entries the largest deviation is about 3.5 standard errors.
                assert!(off <= 5.0 * error + 1e-12, "{views:?} ({r}, {s}): {mean} against {total} ± {error}");
            }
        }
        if let Views::RandomMask = views {
            assert!((0..dim).all(|r| squares[(r, r)] == 0.0), "views that share no coordinate");
        }
    }
}

/// Gradient noise feeds the dense directions while the sparse part grows, until
/// ‖W⊥‖²/‖Mᵀ W‖² settles at η (d1 − d) σ² (p + 2 σ²)/(P p'), p' the growth rate of the sparse part.
#[test]
fn gradient_noise_sets_the_floor_of_the_dense_part() {
    /// The formula is the lowest order in η p' and in h.
    const LOWEST_ORDER: f64 = 0.05;
    let anchors = 256;
    let mut readings = Vec::new();
    let mut floor = 0.0;
    for seed in 1..=3 {
        let run = early(Views::RandomMask, anchors, 16, 0.3, seed);
        let (p, variance, eta) = (run.activity, run.noise_variance, run.rule.rate.learning_rate);
        let rate = p * (1.0 - run.latent_dim as f64 / run.ambient_dim as f64);
        let dense_dims = (run.ambient_dim - run.latent_dim) as f64;
        floor = eta * dense_dims * variance * (p + 2.0 * variance) / (anchors as f64 * rate);
        let atoms = run.data().dictionary().atoms().to_f64();
        let mut dynamics = run.start();
        // By step 350 the initial dense part has drowned; the ratio forgets within 1/(2 η p') = 32 steps.
        for step in 1..=500 {
            dynamics.step().unwrap();
            if step >= 350 && step % 50 == 0 {
                let parts = parts(&state_of(&dynamics.snapshot()).weights, &atoms);
                let [sparse, dense] = parts.map(|part| product(part.as_slice(), part.as_slice()));
                readings.push(dense / sparse);
            }
        }
    }
    let (mean, error) = mean_and_error(&readings);
    let off = (mean - floor).abs();
    assert!(off < STANDARD_ERRORS * error + LOWEST_ORDER * floor, "{mean} ± {error} against {floor}");
    assert!(error < 0.05 * floor, "an error of {error} proves nothing");
}

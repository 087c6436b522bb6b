//! Eigenvalues of second moments against drawn samples and views.
//!
//! Source: theory.md 4.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_sim::augment::{Augmentation, Identity, IndependentMasks, IntervalMasks, Origin};
use featurescope_sim::data::latent::PerAtom;
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, SparseCoding};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_simon_2023::closed_form::Spectrum;
use featurescope_simon_2023::closed_form::spectrum::Loss;
use std::sync::Arc;

const DIM: usize = 64;
const ROWS: u32 = 20_000;
const NOISE: f64 = 0.1;

/// Walsh functions: orthonormal, and every coordinate has the same square, so that diag Σ is a multiple of I.
fn walsh(function: usize) -> Vec<f32> {
    let sign = |r: usize| if (r & function).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    (0..DIM).map(|r| sign(r) / (DIM as f32).sqrt()).collect()
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// γ and κ along two atoms and a direction of the noise, for four kinds of views, at five standard errors.
#[test]
fn pulls_are_the_second_moments_of_drawn_views() {
    let law = PerAtom { activities: vec![0.5, 0.2, 0.4], strengths: vec![1.0, 2.0, 0.5] };
    let squares = vec![0.5, 0.4, 0.2];
    let columns = Matrix::from_fn(DIM, 3, |r, j| walsh(j + 1)[r]);
    let dictionary = Dictionary::from_columns(&columns).unwrap();
    let noise = DenseNoise::isotropic(NOISE).unwrap();
    let data = SparseCoding::new(dictionary, Arc::new(law), noise).unwrap();
    let views: [Box<dyn Augmentation>; 4] = [
        Box::new(Identity),
        Box::new(IntervalMasks::complementary(0.5).unwrap()),
        Box::new(IntervalMasks::disjoint(0.7).unwrap()),
        Box::new(IndependentMasks::new(0.6).unwrap()),
    ];
    let [samples, masks] = [0, 1].map(|step| Stream::new(5, Purpose::MONTE_CARLO, step));
    let mut compared = 0;
    for view in views {
        let factors = view.moments().unwrap();
        let spectrum = Spectrum { atoms: squares.clone(), noise: NOISE, ambient_dim: DIM, factors };
        let directions: Vec<Vec<f32>> = [1, 3, 40].map(walsh).into();
        // Sums of values and of their squares, of pairs, anchors and raw samples along each direction.
        let mut sums = [[[0.0f64; 2]; 3]; 3];
        let (mut x, mut latent, mut positive) = (vec![0.0; DIM], vec![0.0; 3], vec![0.0; DIM]);
        for row in 0..ROWS {
            data.draw(&samples, row, &mut x, &mut latent);
            let raw: Vec<f64> = directions.iter().map(|u| product(u, &x)).collect();
            let atoms = data.dictionary().atoms();
            view.views(&Origin { stream: &masks, row, atoms, code: &latent }, &mut x, &mut positive);
            if view.positive_is_anchor() {
                positive.copy_from_slice(&x);
            }
            for (k, u) in directions.iter().enumerate() {
                let (a, b) = (product(u, &x), product(u, &positive));
                for (sum, value) in sums[k].iter_mut().zip([a * b, a * a, raw[k] * raw[k]]) {
                    sum[0] += value;
                    sum[1] += value * value;
                }
            }
        }
        let n = f64::from(ROWS);
        for (k, variance) in [0.5 + NOISE, 0.2 + NOISE, NOISE].into_iter().enumerate() {
            let [pairs, anchors, raw] = sums[k].map(|[sum, square]| {
                let mean = sum / n;
                (mean, 5.0 * ((square / n - mean * mean) / n).sqrt())
            });
            let spectral = spectrum.pull(Loss::Spectral { stops_gradients: false }, variance);
            let expected = [spectral.growth, spectral.crowding / variance, variance];
            for ((found, error), expected) in [pairs, anchors, raw].into_iter().zip(expected) {
                assert!((found - expected).abs() < error, "{factors:?}, {k}: {found}, {expected}");
                compared += 1;
            }
            let twins = spectrum.pull(Loss::BarlowTwins, variance);
            assert_eq!((twins.growth, twins.crowding), (spectral.growth, spectral.growth.powi(2)));
        }
    }
    assert_eq!(compared, 36);
}

/// theory.md 4.2: masks that are complementary take more off the noise than it has.
#[test]
fn random_mask_pushes_the_noise_and_independent_masks_do_not() {
    let spectrum = |view: &dyn Augmentation| Spectrum {
        atoms: vec![0.3; 4],
        noise: NOISE,
        ambient_dim: DIM,
        factors: view.moments().unwrap(),
    };
    let masked = spectrum(&IntervalMasks::complementary(0.5).unwrap());
    let independent = spectrum(&IndependentMasks::new(0.5).unwrap());
    for loss in [Loss::Spectral { stops_gradients: true }, Loss::BarlowTwins] {
        let growth = masked.along_noise(loss).growth;
        assert!((growth + 1.2 / DIM as f64).abs() < 1e-12, "−Σ p/d1, whatever the noise: {growth}");
        assert_eq!(masked.along_noise(loss).plateau(), 0.0);
        assert!((independent.along_noise(loss).growth - NOISE).abs() < 1e-12);
        assert!(independent.along_noise(loss).plateau() > 0.0);
    }
}

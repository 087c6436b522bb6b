//! Growth and plateau of features against drawn samples, views and partners of the same class.
//!
//! Source: theory.md 3.1 and 3.2.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_sim::augment::{AtomDropout, Augmentation, FactorMoments, Identity, IntervalMasks, Origin};
use featurescope_sim::data::latent::PerAtom;
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, SparseCoding};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_simon_2023::closed_form::Spectrum;
use featurescope_xue_2023::contrast::{Contrast, Dropout};
use std::sync::Arc;

const DIM: usize = 64;
const ROWS: u32 = 20_000;
const NOISE: f64 = 0.1;
const SQUARES: [f64; 3] = [0.4, 0.3, 0.5];
const CLASS: usize = 1;
const EQUAL: FactorMoments = FactorMoments { means: [1.0; 2], squares: [1.0; 2], product: 1.0 };

/// Walsh functions: orthonormal, and every coordinate has the same square.
fn walsh(function: usize) -> Vec<f32> {
    let sign = |r: usize| if (r & function).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    (0..DIM).map(|r| sign(r) / (DIM as f32).sqrt()).collect()
}

fn data() -> SparseCoding {
    let law = PerAtom { activities: vec![1.0; 3], strengths: SQUARES.to_vec() };
    let columns = Matrix::from_fn(DIM, 3, |r, j| walsh(j + 1)[r]);
    let dictionary = Dictionary::from_columns(&columns).unwrap();
    SparseCoding::new(dictionary, Arc::new(law), DenseNoise::isotropic(NOISE).unwrap()).unwrap()
}

/// Along features and one direction of the noise: both views of every sample, and its class.
struct Drawn {
    views: Vec<[[f64; 4]; 2]>,
    raw: Vec<[f64; 4]>,
    positive: Vec<bool>,
}

fn draw(view: &dyn Augmentation) -> Drawn {
    let (data, directions) = (data(), [1, 2, 3, 40].map(walsh));
    let [samples, masks] = [0, 1].map(|step| Stream::new(9, Purpose::MONTE_CARLO, step));
    let along = |x: &[f32]| {
        directions.each_ref().map(|u| u.iter().zip(x).map(|(u, x)| f64::from(*u) * f64::from(*x)).sum())
    };
    let mut drawn = Drawn { views: Vec::new(), raw: Vec::new(), positive: Vec::new() };
    let (mut x, mut latent, mut other) = (vec![0.0; DIM], vec![0.0; 3], vec![0.0; DIM]);
    for row in 0..ROWS {
        data.draw(&samples, row, &mut x, &mut latent);
        drawn.raw.push(along(&x));
        drawn.positive.push(latent[CLASS] > 0.0);
        let atoms = data.dictionary().atoms();
        view.views(&Origin { stream: &masks, row, atoms, code: &latent }, &mut x, &mut other);
        if view.positive_is_anchor() {
            other.copy_from_slice(&x);
        }
        drawn.views.push([along(&x), along(&other)]);
    }
    drawn
}

/// Mean and five standard errors of it.
fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
    for value in values {
        (sum, squares, n) = (sum + value, squares + value * value, n + 1.0);
    }
    let mean: f64 = sum / n;
    (mean, 5.0 * ((squares / n - mean * mean) / n).sqrt())
}

/// γ of views and of classes, and κ = s λ, along every direction for three kinds of views.
#[test]
fn growth_and_crowding_are_second_moments_of_drawn_pairs() {
    let masks = IntervalMasks::complementary(0.5).unwrap();
    let cases: [(Box<dyn Augmentation>, FactorMoments, Dropout); 3] = [
        (Box::new(Identity), EQUAL, Dropout::default()),
        (Box::new(masks), masks.moments().unwrap(), Dropout::default()),
        (Box::new(AtomDropout::new(0.6).unwrap().among_first(2)), EQUAL, Dropout { rate: 0.6, atoms: 2 }),
    ];
    let mut compared = 0;
    for (view, factors, dropout) in cases {
        let drawn = draw(view.as_ref());
        let contrast = |supervised_weight: f64| Contrast {
            spectrum: Spectrum { atoms: SQUARES.to_vec(), noise: NOISE, ambient_dim: DIM, factors },
            dropout,
            stops_gradients: false,
            supervised_weight,
            class_atom: CLASS,
        };
        // The partner of a sample is the next one of its class.
        let of_class = [false, true].map(|class| -> Vec<usize> {
            (0..ROWS as usize).filter(|&row| drawn.positive[row] == class).collect()
        });
        let partners = || of_class.iter().flat_map(|rows| rows.chunks_exact(2));
        for k in 0..4 {
            let pull = |weight| match k {
                3 => contrast(weight).along_noise(),
                atom => contrast(weight).along_atom(atom),
            };
            let pairs = mean(drawn.views.iter().map(|[a, b]| a[k] * b[k]));
            let same = mean(partners().map(|rows| drawn.views[rows[0]][0][k] * drawn.views[rows[1]][1][k]));
            let anchors = mean(drawn.views.iter().map(|[a, _]| a[k] * a[k]));
            let raw = mean(drawn.raw.iter().map(|x| x[k] * x[k]));
            for (weight, own) in [(0.0, 1.0), (1.0, 0.0), (0.3, 0.7)] {
                let found = own * pairs.0 + weight * same.0;
                let error = own * pairs.1 + weight * same.1 + 1e-12;
                let growth = pull(weight).growth;
                assert!((found - growth).abs() < error, "{factors:?} {dropout:?} {k}: {found} {growth}");
                compared += 1;
            }
            let (found, expected) = (anchors.0 * raw.0, pull(0.0).crowding);
            let error = anchors.1 * raw.0 + raw.1 * anchors.0;
            assert!((found - expected).abs() < error, "{factors:?} {dropout:?} {k}: {found} {expected}");
            assert_eq!(pull(1.0).crowding, expected, "labels move pairs alone");
        }
    }
    assert_eq!(compared, 36);
}

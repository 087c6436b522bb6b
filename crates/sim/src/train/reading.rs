//! What every dynamics reads off its weights and fresh samples in the same way.

use super::Learner;
use super::view::{Coordinates, Decomposed, Growth, Oblique, Represented};
use crate::data::DataModel;
use crate::math::linalg::{squared_norm, times_transposed};
use crate::math::{Matrix, Stream};
use crate::network::{Network, Tape};
use std::sync::Arc;

/// Rows that are represented at a time, to bound the memory of a large probe set.
const ROWS_PER_REPRESENTATION: usize = 1024;

/// W M and the energy outside the span of M.
pub(super) fn coordinates(weights: &Matrix, data: &dyn DataModel) -> Coordinates {
    let dictionary = data.dictionary();
    let sparse = dictionary.coordinates(weights);
    let inside = dictionary.projection(weights, &sparse);
    let dense_energy = (weights.iter_rows().zip(inside.iter_rows()))
        .map(|(w, inside)| {
            let outside: Vec<f32> = w.iter().zip(inside).map(|(a, b)| a - b).collect();
            squared_norm(&outside)
        })
        .collect();
    let oblique = dictionary.angles().map(|angles| Oblique {
        angles: Arc::clone(angles),
        sparse_energy: inside.iter_rows().map(squared_norm).collect(),
        dual: dictionary.dual_coordinates(&sparse),
    });
    Coordinates { sparse, dense_energy, oblique }
}

/// The coefficients of W along W(0), inside and outside the span of M.
pub(super) fn growth(learner: &Learner, data: &dyn DataModel) -> Growth {
    let initial = learner.initial_weights();
    let product = |a: &Matrix, b: &Matrix| -> f64 {
        a.as_slice().iter().zip(b.as_slice()).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    let dictionary = data.dictionary();
    let inside = |weights: &Matrix| {
        let coordinates = dictionary.coordinates(weights);
        // Products of coordinates are those of the vectors where atoms are orthonormal.
        if dictionary.is_orthonormal() { coordinates } else { dictionary.projection(weights, &coordinates) }
    };
    let (now_inside, then_inside) = (inside(learner.weights()), inside(&initial));
    let (inside, inside_then) = (product(&now_inside, &then_inside), product(&then_inside, &then_inside));
    let (whole, whole_then) = (product(learner.weights(), &initial), product(&initial, &initial));
    Growth { sparse: inside / inside_then, dense: (whole - inside) / (whole_then - inside_then) }
}

/// f(x) of given samples, n × (input dimension) to n × K.
pub(super) fn embed(learner: &Learner, network: &dyn Network, x: &Matrix) -> Matrix {
    let (mut pre, mut features) = (Matrix::default(), Matrix::default());
    times_transposed(&mut pre, x, learner.weights());
    network.forward(&pre, learner.parameters(), &mut Tape::default(), &mut features);
    features
}

/// Share of the features that are not zero.
pub(super) fn firing_rate(features: &Matrix) -> f64 {
    let features = features.as_slice();
    features.iter().filter(|&&h| h != 0.0).count() as f64 / features.len() as f64
}

/// f(x) and z of fresh samples, a bounded number of rows at a time.
pub(super) fn represent(
    data: &dyn DataModel,
    stream: &Stream,
    first_row: usize,
    rows: usize,
    embed: impl Fn(&Matrix) -> Matrix,
) -> Represented {
    let (mut features, mut latent, mut width) = (Vec::new(), Vec::new(), 0);
    for start in (0..rows).step_by(ROWS_PER_REPRESENTATION) {
        let count = ROWS_PER_REPRESENTATION.min(rows - start);
        let samples = data.sample(stream, first_row + start, count);
        let embedded = embed(&samples.x);
        width = embedded.cols();
        features.extend_from_slice(embedded.as_slice());
        latent.extend_from_slice(samples.latent.as_slice());
    }
    Represented {
        features: Matrix::from_vec(rows, width, features),
        latent: Matrix::from_vec(rows, data.latent_dim(), latent),
    }
}

/// f(x), f(M z), f(ξ) and z of fresh samples.
pub(super) fn decompose(
    data: &dyn DataModel,
    stream: &Stream,
    first_row: usize,
    rows: usize,
    embed: impl Fn(&Matrix) -> Matrix,
) -> Decomposed {
    let samples = data.sample(stream, first_row, rows);
    Decomposed {
        features: embed(&samples.x),
        signal: embed(&data.dictionary().combine(&samples.latent)),
        noise: embed(&samples.noise),
        latent: samples.latent,
    }
}

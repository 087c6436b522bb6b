//! What a step adds to W outside every direction that the learner had before, and how L takes it up.
//!
//! The step adds η Bᵀ Ω, Ω with independent standard normal entries in the d1 − d − k − m unknown directions. With
//! Bᵀ = l Vᵀ (QR), Vᵀ Ω is Gaussian again, and Gaussian = T O with T lower triangular, T_ii² ~ χ²(freedom − i), T_ij ~ N(0, 1)
//! below (Bartlett) and O orthonormal rows, new directions. So
//!
//! ```text
//! W⊥ = [L | η l T] [Q; O] = [L' | 0] V' [Q; O] = L' Q'          L' lower triangular, m × m
//! ```
//!
//! Only orthogonal transformations and products of factors occur: L Lᵀ is never formed, so it cannot lose its sign.
//! W(0) is taken along as its projection on Q. Fresh noise meets the part outside with mean zero, which is left out of
//! [`Growth`]; relative to it this is of order 1/√(m d1).
//!
//! Source: docs/derivations/reduced.md 2 and 3.

use super::super::learner::StepGradients;
use super::super::optimizer::Sgd;
use super::super::view::Growth;
use super::super::{Learner, Snapshot, SnapshotError, TrainingRule};
use crate::data::SparseCodingLaw;
use crate::math::gaussian::fill_normal;
use crate::math::linalg::{rotate_to_lower_triangle, times};
use crate::math::random::Part;
use crate::math::wishart::wishart_factor;
use crate::math::{Matrix, ParameterError, Purpose, Stream};

/// Name of the array that a snapshot keeps of the initial weights.
const INITIAL_REST: &str = "initial_rest";

/// The unknown directions of a learner that lives in the known ones.
#[derive(Clone, Debug)]
pub struct Outside {
    law: SparseCodingLaw,
    /// d1 − d − k − (columns of L).
    freedom: usize,
    /// [A(0) | E(0)], m × (d + k).
    initial_known: Matrix,
    /// What of L(0) lies in the directions of L now; as L, m × min(m, d1 − d − k).
    initial_rest: Matrix,
    /// ‖L(0)‖² and ‖E(0)‖² together.
    initial_dense_energy: f64,
    seed: u64,
    scratch: Scratch,
}

/// Buffers of one step, allocated once.
#[derive(Clone, Debug, Default)]
struct Scratch {
    factor: Matrix,
    /// [L | noise] and what of W(0) is in the same directions. In double precision: the rounding of a factorisation leans
    /// to one side, and this one is repeated on its own result (45 times the drift after 10⁵ steps in single precision).
    stacked: Matrix<f64>,
    companion: Matrix<f64>,
}

impl Outside {
    /// W at its start, in the coordinates of `law`: A and E with independent N(0, σ0²) entries, L Lᵀ ~ σ0²
    /// Wishart_m(d1 − d − k).
    ///
    /// # Errors
    /// Parameters out of range.
    pub fn start(
        rule: &TrainingRule,
        law: SparseCodingLaw,
        seed: u64,
    ) -> Result<(Self, Matrix), ParameterError> {
        law.check()?;
        rule.check()?;
        let (known, m) = (law.known_dim(), rule.width);
        let sigma = (rule.initial_norm / (law.ambient_dim as f64).sqrt()) as f32;
        let stream = Stream::new(seed, Purpose::INITIALISATION, 0);
        let mut initial_known = Matrix::zeros(m, known);
        for i in 0..m {
            fill_normal(initial_known.row_mut(i), sigma, &stream, Part::Dense, i as u32);
        }
        let dense_dim = law.ambient_dim - known;
        let initial_rest =
            wishart_factor(&Stream::new(seed, Purpose::INITIALISATION, 2), m, dense_dim).map(|t| sigma * t);
        let directions = initial_known.iter_rows().flat_map(|row| &row[law.latent_dim..]);
        let initial_dense_energy =
            directions.chain(initial_rest.as_slice()).map(|&v| f64::from(v).powi(2)).sum();
        let weights = side_by_side(&initial_known, &initial_rest);
        let freedom = dense_dim - initial_rest.cols();
        let scratch = Scratch::default();
        Ok((Self { law, freedom, initial_known, initial_rest, initial_dense_energy, seed, scratch }, weights))
    }

    /// The columns of L.
    pub fn rest_dim(&self) -> usize {
        self.initial_rest.cols()
    }

    /// The law of the samples.
    pub fn law(&self) -> &SparseCodingLaw {
        &self.law
    }

    /// Takes the step: along the gradients in the known directions, and by the noise outside.
    ///
    /// # Shapes
    /// `gradients`: those of a learner with weights W̃; `noise`: m × rows, the gradient's coefficients by
    /// neuron and view, each times the
    /// standard deviation of the view along an unknown direction; its contents are used up.
    pub(in crate::train) fn advance(
        &mut self,
        learner: &mut Learner,
        gradients: &StepGradients<'_>,
        loss: f64,
        noise: &mut Matrix,
    ) {
        let rate = learner.learning_rate() as f32;
        let stream = Stream::new(self.seed, Purpose::OUTSIDE, learner.step() as u32);
        learner.descend(&Sgd, gradients);
        if self.freedom > 0 {
            rotate_to_lower_triangle(noise, None);
            self.take_up(learner.weights_mut(), noise, rate, &stream);
        }
        learner.conclude(loss, &gradients.parameters.bias);
    }

    /// L' of [L | rate·l T], with l in the first columns of `noise`.
    fn take_up(&mut self, weights: &mut Matrix, noise: &Matrix, rate: f32, stream: &Stream) {
        let (m, known, q) = (weights.rows(), self.law.known_dim(), self.rest_dim());
        let rank = m.min(noise.cols());
        let triangle = wishart_factor(stream, rank, self.freedom);
        let coefficients = Matrix::from_fn(m, rank, |i, r| rate * noise[(i, r)]);
        let Scratch { stacked, companion, factor } = &mut self.scratch;
        times(factor, &coefficients, &triangle);
        let width = q + factor.cols();
        stacked.resize(m, width);
        companion.resize(m, width);
        for i in 0..m {
            widen(stacked.row_mut(i), weights.row(i)[known..].iter().chain(factor.row(i)));
            widen(companion.row_mut(i), self.initial_rest.row(i));
            companion.row_mut(i)[q..].fill(0.0);
        }
        rotate_to_lower_triangle(stacked, Some(companion));
        for i in 0..m {
            narrow(&mut weights.row_mut(i)[known..], stacked.row(i));
            narrow(self.initial_rest.row_mut(i), companion.row(i));
        }
    }

    /// The coefficients of W along W(0), inside and outside the span of M.
    pub(in crate::train) fn growth(&self, weights: &Matrix) -> Growth {
        let (d, known) = (self.law.latent_dim, self.law.known_dim());
        let (mut sparse, mut sparse_energy, mut dense) = (0.0, 0.0, 0.0);
        let product = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
        };
        for (i, now) in weights.iter_rows().enumerate() {
            let then = self.initial_known.row(i);
            sparse += product(&now[..d], &then[..d]);
            sparse_energy += product(&then[..d], &then[..d]);
            dense += product(&now[d..known], &then[d..]) + product(&now[known..], self.initial_rest.row(i));
        }
        Growth { sparse: sparse / sparse_energy, dense: dense / self.initial_dense_energy }
    }

    /// Adds to a snapshot what is to be stored.
    pub(in crate::train) fn store(&self, snapshot: &mut Snapshot) {
        snapshot.arrays.push((INITIAL_REST.into(), self.initial_rest.clone()));
    }

    /// What a snapshot has stored, if it fits.
    pub(in crate::train) fn stored(&self, snapshot: &Snapshot) -> Result<Matrix, SnapshotError> {
        let shape = (self.initial_rest.rows(), self.initial_rest.cols());
        Ok(snapshot.array(INITIAL_REST, shape)?.clone())
    }

    /// Goes on from there.
    pub(in crate::train) fn restore(&mut self, initial_rest: Matrix) {
        self.initial_rest = initial_rest;
    }
}

fn widen<'a>(to: &mut [f64], from: impl IntoIterator<Item = &'a f32>) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = f64::from(from));
}

fn narrow(to: &mut [f32], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = from as f32);
}

fn side_by_side(left: &Matrix, right: &Matrix) -> Matrix {
    let rows = left.iter_rows().zip(right.iter_rows());
    let entries = rows.flat_map(|(left, right)| left.iter().chain(right).copied()).collect();
    Matrix::from_vec(left.rows(), left.cols() + right.cols(), entries)
}

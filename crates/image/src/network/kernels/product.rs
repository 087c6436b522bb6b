//! Products of matrices whose factors are rounded to bfloat16, on the [panels](featurescope_sim::math::panels) of the
//! simulation: y = x Wᵀ, ∂x = ∂y W, ∂W = ∂yᵀ x. Same bits on any number of threads.

use featurescope_sim::math::Matrix;
use featurescope_sim::math::kernel::Precision;
use featurescope_sim::math::panels::{Right, product};

/// y (n × to) of x (n × from) and W (to × from).
pub fn forward([n, from, to]: [usize; 3], x: &[f32], weight: &[f32]) -> Vec<f32> {
    of_halves(&matrix(n, from, x), Right::Transposed(&matrix(to, from, weight)))
}

/// The gradient by x of a loss whose gradient by y is `dy`.
pub fn by_x([n, from, to]: [usize; 3], weight: &[f32], dy: &[f32]) -> Vec<f32> {
    of_halves(&matrix(n, to, dy), Right::Plain(&matrix(to, from, weight)))
}

/// The gradient by W.
pub fn by_weight([n, from, to]: [usize; 3], x: &[f32], dy: &[f32]) -> Vec<f32> {
    let transposed = Matrix::from_fn(to, n, |r, c| dy[c * to + r]);
    of_halves(&transposed, Right::Plain(&matrix(n, from, x)))
}

fn matrix(rows: usize, columns: usize, values: &[f32]) -> Matrix {
    Matrix::from_vec(rows, columns, values.to_vec())
}

fn of_halves(left: &Matrix, right: Right<'_>) -> Vec<f32> {
    let mut out = Matrix::default();
    product(&mut out, Precision::Half, left, right);
    out.into_vec()
}

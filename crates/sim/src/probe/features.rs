//! Training features in the coordinates that make the fit easy: one scale, principal axes.
//!
//! With v the mean of the squared features, X/√v = Z B where the r = min(n, k) columns of Z are uncorrelated
//! (ZᵀZ/n diagonal) and the rows of B (r × k) are orthonormal. A ridge penalty on θ is the same penalty on the
//! coordinates u of θ = Bᵀ u/√v, and a minimiser has no part outside the rows of B: nothing is lost.
//!
//! One scale for all columns, not one per column: neurons that fire rarely or weakly keep their place, so that the
//! penalty sees the representation's own geometry. Columns that are zero throughout (dead neurons) drop out.
//!
//! B comes from the eigenvectors of the smaller Gram matrix: `XᵀX` (k × k) if there are at least as many samples as
//! features, X Xᵀ (n × n) otherwise. It is formed and factorised in f64; Z is then rounded to f32 once.
//! Where both n and k are large the eigenvectors would cost more than the fit, and X/√v is used as it is.
//!
//! Source: the singular value decomposition; Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning",
//! sections 3.4.1 and 18.3.5.

use crate::math::{Matrix, linalg};

/// Largest side of a Gram matrix that is diagonalised (about 0.2 s; the time grows with its cube).
const LARGEST_GRAM: usize = 1024;
/// Directions with less than this share of the largest eigenvalue are rounding errors of the Gram matrix.
const RANK_TOLERANCE: f64 = 1e-12;

/// Features of the training samples, ready for [`ridge`](super::ridge) and [`logistic`](super::logistic).
#[derive(Clone, Debug)]
pub struct TrainingFeatures {
    coordinates: Matrix<f32>,
    second_moments: Vec<f64>,
    axes: Option<Matrix<f64>>,
    scale: f64,
    width: usize,
}

impl TrainingFeatures {
    /// Prepares the first `rows` rows of `features` (n × k). Features that are all zero are accepted: every rule
    /// fitted on them is 0.
    ///
    /// # Panics
    /// If there are fewer than `rows` rows.
    pub fn new(features: &Matrix<f32>, rows: usize) -> Self {
        let width = features.cols();
        let used = &features.as_slice()[..rows * width];
        let scale = (linalg::squared_norm(used) / (rows * width).max(1) as f64).sqrt();
        if scale == 0.0 {
            return Self {
                coordinates: Matrix::zeros(rows, 0),
                second_moments: Vec::new(),
                axes: Some(Matrix::zeros(0, width)),
                scale: 1.0,
                width,
            };
        }
        let scaled = used.iter().map(|&f| f64::from(f) / scale);
        let (coordinates, axes) = if rows.min(width) <= LARGEST_GRAM {
            let (z, axes) = principal_coordinates(&Matrix::from_vec(rows, width, scaled.collect()));
            (z.to_f32(), Some(axes))
        } else {
            (Matrix::from_vec(rows, width, scaled.map(|f| f as f32).collect()), None)
        };
        let second_moments = column_second_moments(&coordinates);
        Self { coordinates, second_moments, axes, scale, width }
    }

    /// Number of samples n.
    pub fn rows(&self) -> usize {
        self.coordinates.rows()
    }

    /// Z, n × r: the features in the coordinates that the rule is fitted in.
    pub(super) fn coordinates(&self) -> &Matrix<f32> {
        &self.coordinates
    }

    /// Mean of the squares of each column of Z: the diagonal of ZᵀZ/n, and all of it if Z was rotated.
    pub(super) fn second_moments(&self) -> &[f64] {
        &self.second_moments
    }

    /// Takes fitted coordinates (c × r) back to rules on the original features (c × k).
    pub(super) fn rules(&self, coordinates: Matrix<f64>) -> Matrix<f64> {
        let mut rules = match &self.axes {
            Some(axes) if axes.rows() > 0 => {
                let mut rules = Matrix::zeros(0, 0);
                linalg::times(&mut rules, &coordinates, axes);
                rules
            }
            Some(_) => Matrix::zeros(coordinates.rows(), self.width),
            None => coordinates,
        };
        rules.as_mut_slice().iter_mut().for_each(|weight| *weight /= self.scale);
        rules
    }
}

/// Linear rules fitted for every target and regularisation.
///
/// # Shapes
/// `weights`: (T · R) × k; row t R + j belongs to target t and the j-th regularisation. `converged`: T · R.
#[derive(Clone, Debug)]
pub struct LinearRules {
    /// The rules θ, one per row: the prediction is ⟨θ, f(x)⟩.
    pub weights: Matrix<f64>,
    /// Whether the minimum was reached, per rule.
    pub converged: Vec<bool>,
}

/// Z (n × r) and B (r × k) of the module's formula, r being the numerical rank.
fn principal_coordinates(x: &Matrix<f64>) -> (Matrix<f64>, Matrix<f64>) {
    let (n, k) = (x.rows(), x.cols());
    let mut product = Matrix::zeros(0, 0);
    if k <= n {
        let mut gram = Matrix::zeros(k, k);
        linalg::add_transposed_times(&mut gram, x, x);
        let (axes, _) = leading_eigenvectors(&gram);
        linalg::times_transposed(&mut product, x, &axes);
        (product, axes)
    } else {
        let mut gram = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut gram, x, x);
        let (left, values) = leading_eigenvectors(&gram);
        let z = Matrix::from_fn(n, values.len(), |i, j| left[(j, i)] * values[j].sqrt());
        linalg::times(&mut product, &left, x);
        for (j, value) in values.iter().enumerate() {
            product.row_mut(j).iter_mut().for_each(|entry| *entry /= value.sqrt());
        }
        (z, product)
    }
}

/// The eigenvectors (as rows) and eigenvalues of a Gram matrix that stand above its rounding errors.
fn leading_eigenvectors(gram: &Matrix<f64>) -> (Matrix<f64>, Vec<f64>) {
    #[expect(clippy::expect_used, reason = "features are checked to be finite before they get here")]
    let (values, vectors) =
        linalg::symmetric_eigen(gram).expect("a finite symmetric matrix has eigenvectors");
    let largest = values.last().copied().unwrap_or(0.0);
    let first = values.partition_point(|&value| value <= RANK_TOLERANCE * largest);
    let kept = Matrix::from_fn(values.len() - first, gram.rows(), |j, i| vectors[(i, first + j)]);
    (kept, values[first..].to_vec())
}

fn column_second_moments(z: &Matrix<f32>) -> Vec<f64> {
    let mut sums = vec![0.0; z.cols()];
    for row in z.iter_rows() {
        sums.iter_mut().zip(row).for_each(|(sum, &entry)| *sum += f64::from(entry) * f64::from(entry));
    }
    sums.iter().map(|sum| sum / z.rows() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::gaussian;
    use super::*;

    /// Z B = X/√v, `ZᵀZ` diagonal, B Bᵀ = I; on both sides of n = k, with a dead and a repeated column.
    #[test]
    fn coordinates_reproduce_the_features_and_are_uncorrelated() {
        for (n, k) in [(40, 9), (9, 40)] {
            let mut x = gaussian(n, k, 3);
            for r in 0..n {
                x[(r, 2)] = 0.0;
                x[(r, 4)] = x[(r, 5)];
            }
            let features = TrainingFeatures::new(&x, n);
            let (z, axes) = (features.coordinates().to_f64(), features.axes.clone().unwrap());
            assert_eq!(z.cols(), if n > k { k - 2 } else { n });
            let scale = (linalg::squared_norm(x.as_slice()) / (n * k) as f64).sqrt();
            for i in 0..n {
                for j in 0..k {
                    let back: f64 = (0..z.cols()).map(|a| z[(i, a)] * axes[(a, j)]).sum();
                    assert!((back - f64::from(x[(i, j)]) / scale).abs() < 1e-5);
                }
            }
            for a in 0..z.cols() {
                for b in 0..z.cols() {
                    let covariance: f64 = (0..n).map(|i| z[(i, a)] * z[(i, b)]).sum::<f64>() / n as f64;
                    let inner: f64 = (0..k).map(|j| axes[(a, j)] * axes[(b, j)]).sum();
                    let same = f64::from(u8::from(a == b));
                    assert!((covariance - same * features.second_moments()[a]).abs() < 1e-5);
                    assert!((inner - same).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn features_that_are_all_zero_leave_no_coordinate() {
        let features = TrainingFeatures::new(&Matrix::zeros(7, 3), 7);
        assert_eq!((features.rows(), features.coordinates().cols()), (7, 0));
        assert_eq!(features.rules(Matrix::zeros(2, 0)), Matrix::zeros(2, 3));
    }
}

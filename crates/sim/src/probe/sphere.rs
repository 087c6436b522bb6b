//! How representations lie on the unit sphere: whether views of one sample meet, and whether samples spread.
//!
//! With u = f/‖f‖,
//!
//! ```text
//! alignment  = E ‖u(x⁺) − u(x⁺⁺)‖²                      0: views of one sample coincide;  2: they are unrelated
//! uniformity = ln E_{x ≠ x'} exp(−2 ‖u(x) − u(x')‖²)     0: one point;  −4: all pairs at right angles
//! ```
//!
//! A zero representation has no direction: such samples are left out, and how many is told.
//!
//! Source: Wang & Isola (ICML 2020), α = 2 and t = 2.

use crate::math::{Matrix, linalg};

/// A figure over directions, and what share of the samples (or pairs) had one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directional {
    /// The figure; NaN if too few samples have a direction.
    pub value: f64,
    /// Share of the samples or pairs that it is read on.
    pub covered: f64,
}

/// Alignment of the pairs (row i of `anchors`, row i of `positives`).
///
/// # Panics
/// If the shapes differ.
pub fn alignment(anchors: &Matrix<f32>, positives: &Matrix<f32>) -> Directional {
    assert_eq!(
        (anchors.rows(), anchors.cols()),
        (positives.rows(), positives.cols()),
        "pairs match row by row"
    );
    let (mut sum, mut pairs) = (0.0, 0usize);
    for (a, b) in anchors.iter_rows().zip(positives.iter_rows()) {
        let (of_a, of_b) = (norm(a), norm(b));
        if of_a > 0.0 && of_b > 0.0 {
            // Not 2 − 2 cos, which rounds to something other than 0 for equal views.
            let gap = |(&a, &b): (&f32, &f32)| (f64::from(a) / of_a - f64::from(b) / of_b).powi(2);
            sum += a.iter().zip(b).map(gap).sum::<f64>();
            pairs += 1;
        }
    }
    Directional { value: sum / pairs as f64, covered: pairs as f64 / anchors.rows() as f64 }
}

/// Uniformity of the rows.
pub fn uniformity(rows: &Matrix<f32>) -> Directional {
    let units = unit_rows(rows);
    let n = units.rows();
    let mut products = Matrix::zeros(0, 0);
    linalg::times_transposed(&mut products, &units, &units);
    let potential = |i: usize| (0..i).map(|j| (4.0 * f64::from(products[(i, j)]) - 4.0).exp()).sum::<f64>();
    let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
    let sum: f64 = (1..n).map(potential).sum();
    let value = if n < 2 { f64::NAN } else { (sum / pairs).ln() };
    Directional { value, covered: n as f64 / rows.rows() as f64 }
}

/// The rows that are not zero, divided by their norms.
pub fn unit_rows(rows: &Matrix<f32>) -> Matrix<f32> {
    let mut units = Vec::with_capacity(rows.as_slice().len());
    for row in rows.iter_rows() {
        let length = norm(row);
        if length > 0.0 {
            units.extend(row.iter().map(|&entry| (f64::from(entry) / length) as f32));
        }
    }
    Matrix::from_vec(units.len().checked_div(rows.cols()).unwrap_or(0), rows.cols(), units)
}

fn norm(row: &[f32]) -> f64 {
    product(row, row).sqrt()
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE_PRECISION: f64 = 1e-5;

    #[test]
    fn known_configurations_have_their_values() {
        // Two orthogonal directions, one of them twice, and one silent sample.
        let rows = Matrix::from_vec(4, 2, vec![3.0, 0.0, 0.0, 0.5, 7.0, 0.0, 0.0, 0.0]);
        let spread = uniformity(&rows);
        // Pairs: one coincides (e⁰), two at right angles (e⁻⁴).
        assert!((spread.value - ((1.0 + 2.0 * (-4.0f64).exp()) / 3.0).ln()).abs() < SINGLE_PRECISION);
        assert_eq!(spread.covered, 0.75);
        let positives = Matrix::from_vec(4, 2, vec![1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 1.0]);
        // Distances² 0, 2, 4, and a pair without a direction.
        let pairs = alignment(&rows, &positives);
        assert!((pairs.value - 2.0).abs() < SINGLE_PRECISION && pairs.covered == 0.75);
        assert!(uniformity(&Matrix::zeros(3, 2)).value.is_nan());
    }
}

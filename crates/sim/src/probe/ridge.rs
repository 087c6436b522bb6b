//! Ridge regression: the regression task's probe.
//!
//! ```text
//! (XᵀX/n + λ v I) θ = Xᵀy/n,    R² = 1 − Σ (y − ⟨θ, f⟩)² / Σ y²   on fresh samples
//! ```
//!
//! In principal coordinates the normal equations are diagonal, and the shared solver ends after the one
//! eigendecomposition whatever the number of targets and regularisations; with many samples and many features it
//! falls back to conjugate gradients on the features themselves.
//!
//! Source: Definition 3.1; Hoerl & Kennard (1970).

use super::features::{LinearRules, TrainingFeatures};
use super::newton::{self, Loss};
use crate::math::Matrix;
use std::sync::atomic::AtomicBool;

/// ℓ = (prediction − label)²/2.
struct SquaredLoss;

impl Loss for SquaredLoss {
    // F is quadratic: one step reaches the minimum, a second one repairs rounding.
    const FORCING: f64 = 1e-4;

    fn counts(_: f64) -> bool {
        true
    }

    fn value(prediction: f64, label: f64) -> f64 {
        0.5 * (prediction - label) * (prediction - label)
    }

    fn slope(prediction: f64, label: f64) -> f64 {
        prediction - label
    }

    fn curvature(_: f64, _: f64) -> f64 {
        1.0
    }
}

/// Ridge rules for every target and every λ of `regularisations` (each > 0, in units of the mean squared feature).
///
/// # Shapes
/// `labels`: T × n, n being the number of training samples.
///
/// # Panics
/// If the number of labels is not that of the samples.
pub fn fit(features: &TrainingFeatures, labels: &Matrix<f64>, regularisations: &[f64]) -> LinearRules {
    fit_until(&AtomicBool::new(false), features, labels, regularisations)
}

/// The same, given up once `interrupt` is set: the rules that were not found by then count as not converged.
pub(super) fn fit_until(
    interrupt: &AtomicBool,
    features: &TrainingFeatures,
    labels: &Matrix<f64>,
    regularisations: &[f64],
) -> LinearRules {
    assert_eq!(labels.cols(), features.rows(), "every training sample needs a label");
    newton::fit::<SquaredLoss>(features, labels, regularisations, interrupt)
}

/// Numerator and denominator of 1 − R² that a sample contributes.
pub(super) fn relative_error(prediction: f64, label: f64) -> (f64, f64) {
    ((prediction - label) * (prediction - label), label * label)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{gaussian, labels_of};
    use super::*;
    use crate::math::linalg::{solve_positive_definite, squared_norm};

    /// Products of the fit are rounded to f32.
    const SINGLE_PRECISION: f64 = 2e-5;

    /// (XᵀX/n + λ v) θ = Xᵀy/n by naive sums and Cholesky.
    fn naive(x: &Matrix<f32>, y: &[f64], lambda: f64) -> Vec<f64> {
        let (n, k) = (x.rows(), x.cols());
        let v = squared_norm(x.as_slice()) / (n * k) as f64;
        let at = |i: usize, j: usize| f64::from(x[(i, j)]);
        let gram = Matrix::from_fn(k, k, |a, b| {
            (0..n).map(|i| at(i, a) * at(i, b)).sum::<f64>() / n as f64
                + if a == b { lambda * v } else { 0.0 }
        });
        let right = Matrix::from_fn(k, 1, |a, _| (0..n).map(|i| at(i, a) * y[i]).sum::<f64>() / n as f64);
        solve_positive_definite(&gram, &right).unwrap().into_vec()
    }

    /// Conjugate gradients stop within 1e-7 of the minimum of F, which bounds a relative residual by √(2e-7).
    const STOPPED_EARLY: f64 = 4.5e-4;

    fn assert_close(rule: &[f64], expected: &[f64], tolerance: f64, what: &str) {
        let norm: f64 = expected.iter().map(|e| e * e).sum::<f64>().sqrt();
        let gap: f64 = rule.iter().zip(expected).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        assert!(gap <= tolerance * norm, "{what}: relative distance {}", gap / norm);
    }

    /// More samples than features (eigenvectors of `XᵀX`), and fewer (of X Xᵀ).
    #[test]
    fn rules_solve_the_normal_equations_from_either_gram_matrix() {
        let lambdas = [1e-3, 0.1, 10.0];
        for (n, k, scale) in [(60, 12, 1.0f32), (12, 60, 1.0), (60, 12, 1e3), (12, 60, 1e-3), (30, 30, 1.0)] {
            let x = gaussian(n, k, 5).map(|f| f * scale);
            let y = labels_of(2, n, 6);
            let rules = fit(&TrainingFeatures::new(&x, n), &y, &lambdas);
            assert!(rules.converged.iter().all(|&c| c));
            for t in 0..2 {
                for (j, &lambda) in lambdas.iter().enumerate() {
                    let expected = naive(&x, y.row(t), lambda);
                    assert_close(
                        rules.weights.row(t * 3 + j),
                        &expected,
                        SINGLE_PRECISION,
                        &format!("{n} × {k}, λ = {lambda}"),
                    );
                }
            }
        }
    }

    #[test]
    fn features_too_large_for_eigenvectors_give_the_same_rules() {
        let (n, k) = (1100, 1040);
        let x = gaussian(n, k, 8);
        let y = labels_of(1, n, 9);
        let lambdas = [0.3, 10.0];
        let rules = fit(&TrainingFeatures::new(&x, n), &y, &lambdas);
        assert_eq!(rules.converged, [true, true]);
        let v = squared_norm(x.as_slice()) / (n * k) as f64;
        for (j, lambda) in lambdas.iter().enumerate() {
            // The residual of the normal equations, which is cheap at any size.
            let rule = rules.weights.row(j);
            let misfit: Vec<f64> = (0..n)
                .map(|i| y[(0, i)] - x.row(i).iter().zip(rule).map(|(&f, w)| f64::from(f) * w).sum::<f64>())
                .collect();
            let (mut residual, mut right) = (vec![0.0; k], vec![0.0; k]);
            for i in 0..n {
                for (a, &f) in x.row(i).iter().enumerate() {
                    residual[a] += f64::from(f) * misfit[i] / n as f64;
                    right[a] += f64::from(f) * y[(0, i)] / n as f64;
                }
            }
            residual.iter_mut().zip(rule).for_each(|(r, w)| *r -= lambda * v * w);
            assert_close(
                &residual.iter().zip(&right).map(|(r, b)| r + b).collect::<Vec<_>>(),
                &right,
                STOPPED_EARLY,
                "residual",
            );
        }
    }

    /// XᵀX/n = I: θ = (Xᵀy/n) / (1 + λ), entry by entry.
    #[test]
    fn orthonormal_features_are_shrunk_by_one_plus_lambda() {
        let (n, k) = (32, 8);
        // Walsh functions: signs whose products sum to zero.
        let x = Matrix::from_fn(n, k, |i, j| if (i & (j + 1)).count_ones() % 2 == 0 { 1.0f32 } else { -1.0 });
        let y = labels_of(1, n, 4);
        let lambda = 0.7;
        let rules = fit(&TrainingFeatures::new(&x, n), &y, &[lambda]);
        let expected: Vec<f64> = (0..k)
            .map(|j| {
                (0..n).map(|i| f64::from(x[(i, j)]) * y[(0, i)]).sum::<f64>() / n as f64 / (1.0 + lambda)
            })
            .collect();
        assert_close(rules.weights.row(0), &expected, SINGLE_PRECISION, "Walsh functions");
    }
}

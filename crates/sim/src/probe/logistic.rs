//! Logistic regression: the classification task's probe.
//!
//! ```text
//! θ minimises  (1/n) Σ log(1 + exp(−yᵢ ⟨θ, fᵢ⟩)) + (λ v/2) ‖θ‖²,   accuracy = share of fresh samples with y ⟨θ, f⟩ > 0
//! ```
//!
//! The sums run over the samples that have a class (y = ±1; y = 0 marks one that has none). A rule that says exactly
//! 0, as it must on a sample where every neuron is silent, scores ½: the expected accuracy of a guess.
//! λ > 0 keeps the minimum finite on separable data.
//!
//! Source: Definition 3.1.

use super::features::{LinearRules, TrainingFeatures};
use super::newton::{self, Loss};
use crate::math::Matrix;
use std::sync::atomic::AtomicBool;

/// ℓ = log(1 + exp(−y · prediction)), and 0 for y = 0.
struct LogisticLoss;

impl Loss for LogisticLoss {
    // Newton's own error shrinks by about as much per step; solving its equation better would not pay.
    const FORCING: f64 = 0.1;

    fn counts(label: f64) -> bool {
        label != 0.0
    }

    fn value(prediction: f64, label: f64) -> f64 {
        let margin = prediction * label;
        label.abs() * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0))
    }

    fn slope(prediction: f64, label: f64) -> f64 {
        -label / (1.0 + (prediction * label).exp())
    }

    fn curvature(prediction: f64, label: f64) -> f64 {
        // p (1 − p) = e^{−|m|} / (1 + e^{−|m|})²
        let tail = (-(prediction * label).abs()).exp();
        label.abs() * tail / ((1.0 + tail) * (1.0 + tail))
    }
}

/// Logistic rules for every target and every λ of `regularisations` (each > 0, in units of the mean squared feature).
///
/// # Shapes
/// `labels`: T × n with entries −1, +1, or 0 for a sample without class.
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
    newton::fit::<LogisticLoss>(features, labels, regularisations, interrupt)
}

/// Numerator and denominator of 1 − accuracy that a sample contributes.
pub(super) fn relative_error(prediction: f64, label: f64) -> (f64, f64) {
    let margin = prediction * label;
    let error = if margin > 0.0 {
        0.0
    } else if margin < 0.0 {
        1.0
    } else {
        0.5
    };
    (label.abs() * error, label.abs())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{gaussian, labels_of};
    use super::*;
    use crate::math::linalg::squared_norm;

    /// The penalised objective straight from its definition.
    fn objective(x: &Matrix<f32>, y: &[f64], lambda: f64, rule: &[f64]) -> f64 {
        let v = squared_norm(x.as_slice()) / (x.rows() * x.cols()) as f64;
        let classed = y.iter().filter(|y| **y != 0.0).count() as f64;
        let prediction = |i: usize| x.row(i).iter().zip(rule).map(|(&f, w)| f64::from(f) * w).sum::<f64>();
        let loss: f64 =
            (0..x.rows()).filter(|&i| y[i] != 0.0).map(|i| (1.0 + (-y[i] * prediction(i)).exp()).ln()).sum();
        loss / classed + 0.5 * lambda * v * rule.iter().map(|w| w * w).sum::<f64>()
    }

    fn classes(n: usize, seed: u64) -> Matrix<f64> {
        // About a quarter of the samples without class.
        labels_of(1, n, seed).map(|y| if y.abs() < 0.3 { 0.0 } else { y.signum() })
    }

    #[test]
    fn slope_and_curvature_are_the_derivatives_of_the_loss() {
        let h = 1e-4;
        for label in [-1.0, 0.0, 1.0] {
            for prediction in [-6.0, -0.4, 0.0, 0.3, 5.0] {
                let value = |offset: f64| LogisticLoss::value(prediction + offset, label);
                let slope = (value(h) - value(-h)) / (2.0 * h);
                let curvature = (value(h) - 2.0 * value(0.0) + value(-h)) / (h * h);
                assert!((LogisticLoss::slope(prediction, label) - slope).abs() < 1e-8);
                assert!((LogisticLoss::curvature(prediction, label) - curvature).abs() < 1e-6);
            }
        }
        // Far out nothing overflows.
        assert_eq!(LogisticLoss::value(-1e4, 1.0), 1e4);
        assert_eq!(LogisticLoss::slope(-1e4, 1.0), -1.0);
        assert_eq!(LogisticLoss::slope(1e4, 1.0), 0.0);
        assert_eq!(LogisticLoss::curvature(1e4, 1.0), 0.0);
    }

    /// At the minimum every partial difference quotient of the objective vanishes, on both sides of n = k.
    #[test]
    fn the_objective_is_stationary_at_the_fitted_rule() {
        for (n, k) in [(80, 10), (15, 40)] {
            let x = gaussian(n, k, 12);
            let y = classes(n, 13);
            let lambdas = [1e-3, 0.1, 10.0];
            let rules = fit(&TrainingFeatures::new(&x, n), &y, &lambdas);
            assert_eq!(rules.converged, [true; 3]);
            for (j, &lambda) in lambdas.iter().enumerate() {
                let rule = rules.weights.row(j).to_vec();
                for a in 0..k {
                    let at = |h: f64| {
                        let mut moved = rule.clone();
                        moved[a] += h;
                        objective(&x, y.row(0), lambda, &moved)
                    };
                    let (h, size) = (1e-4, at(0.0));
                    let quotient = (at(h) - at(-h)) / (2.0 * h);
                    // A minimum within 1e-7 of its value has a gradient below √(2e-7 F · curvature ~ 1).
                    assert!(quotient.abs() < (2e-7 * size).sqrt(), "{n} × {k}, λ = {lambda}: {quotient}");
                }
            }
        }
    }

    #[test]
    fn samples_without_class_change_nothing() {
        let x = gaussian(50, 6, 21);
        let y = classes(50, 22);
        let with_class: Vec<usize> = (0..50).filter(|&i| y[(0, i)] != 0.0).collect();
        assert!((25..48).contains(&with_class.len()));
        // Features without class are set to zero, and λ rescaled, so that v λ is the same in both fits.
        let kept = Matrix::from_fn(with_class.len(), 6, |r, c| x[(with_class[r], c)]);
        let y_kept = Matrix::from_fn(1, with_class.len(), |_, i| y[(0, with_class[i])]);
        let v = |m: &Matrix<f32>| squared_norm(m.as_slice()) / (m.rows() * m.cols()) as f64;
        let all = fit(&TrainingFeatures::new(&x, 50), &y, &[0.1 / v(&x)]);
        let few = fit(&TrainingFeatures::new(&kept, kept.rows()), &y_kept, &[0.1 / v(&kept)]);
        for (a, b) in all.weights.as_slice().iter().zip(few.weights.as_slice()) {
            assert!((a - b).abs() < 1e-3 * b.abs().max(0.1), "{a} {b}");
        }
    }

    #[test]
    fn separable_data_stay_finite_and_are_separated() {
        let x = gaussian(30, 50, 31);
        let y = labels_of(1, 30, 32).map(f64::signum);
        let rules = fit(&TrainingFeatures::new(&x, 30), &y, &[1e-8, 1e-4]);
        assert_eq!(rules.converged, [true, true]);
        for rule in rules.weights.iter_rows() {
            assert!(rule.iter().all(|w| w.is_finite()));
            for i in 0..30 {
                let prediction: f64 = x.row(i).iter().zip(rule).map(|(&f, w)| f64::from(f) * w).sum();
                assert!(prediction * y[(0, i)] > 0.0);
            }
        }
    }

    #[test]
    fn a_silent_representation_is_scored_as_a_guess() {
        assert_eq!(relative_error(0.0, 1.0), (0.5, 1.0));
        assert_eq!(relative_error(0.2, -1.0), (1.0, 1.0));
        assert_eq!(relative_error(-0.2, -1.0), (0.0, 1.0));
        assert_eq!(relative_error(-0.2, 0.0), (0.0, 0.0));
    }
}

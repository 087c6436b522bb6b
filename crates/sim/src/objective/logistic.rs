//! Binary labels y = sign⟨w*, z⟩ under a head that stays fixed: the sum of the features.
//!
//! L = E log(1 + e^{−y g(x)}), g = Σ_k f_k(x), with ∂L/∂f_k = −y/(1 + e^{y g}). The entries of w* are random signs
//! times magnitudes in [0.5, 1.5]: the target of one task of [`Regression`]. A code with ⟨w*, z⟩ = 0 has the label 1.
//!
//! Source: Allen-Zhu and Li, "Feature Purification" (arXiv 2005.10190), the labels and the output layer;
//! theories/allen-zhu-li-2020/theory.md 2.

use super::{
    Batch, Beginning, Gradients, LABEL_NOISE, Labels, LossReading, Needs, Objective, ObjectivePart, Problem,
    Regression,
};
use crate::math::Matrix;
use std::f64::consts::LN_2;

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "logistic",
    summary: "binary labels y = sign⟨w*, z⟩, under a fixed head that adds the features up",
    settings: &[LABEL_NOISE],
    build: |given, ()| Ok(Box::new(Logistic { labelling: Labels::of(given)?, ..Logistic::default() })),
};

/// Logistic loss on binary labels.
#[derive(Clone, Debug, Default)]
pub struct Logistic {
    labelling: Labels,
    /// w*, 1 × d.
    target: Matrix,
}

impl Logistic {
    /// w*, d entries, of a run with this seed.
    pub fn target(latent_dim: usize, seed: u64) -> Vec<f32> {
        Regression::targets(1, latent_dim, seed).into_vec()
    }

    /// y of a code.
    fn label(&self, code: &[f32]) -> f64 {
        label_of(self.target.as_slice(), code)
    }
}

/// sign⟨w*, z⟩, and 1 where that is 0.
pub fn label_of(target: &[f32], code: &[f32]) -> f64 {
    let score: f64 = target.iter().zip(code).map(|(&w, &z)| f64::from(w) * f64::from(z)).sum();
    if score < 0.0 { -1.0 } else { 1.0 }
}

/// log(1 + e^{−margin}) and 1/(1 + e^{margin}), without overflow.
fn loss_and_slope(margin: f64) -> (f64, f64) {
    let small = (-margin.abs()).exp();
    let slope = if margin < 0.0 { 1.0 } else { small } / (1.0 + small);
    ((-margin).max(0.0) + small.ln_1p(), slope)
}

impl Objective for Logistic {
    fn needs(&self) -> Needs {
        Needs { codes: true, ..Needs::default() }
    }

    fn labels(&self) -> Labels {
        self.labelling
    }

    fn begin(&mut self, run: &Beginning) {
        self.target = Matrix::from_vec(1, run.latent_dim, Self::target(run.latent_dim, run.seed));
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let margins = self.margins(batch, arrays, &mut gradients.anchor).unwrap_or_default();
        gradients.zero_arrays(arrays);
        let rows = margins.len() as f64;
        let mut total = 0.0;
        for (r, margin) in margins.into_iter().enumerate() {
            let (loss, slope) = loss_and_slope(margin);
            total += loss;
            let share = (slope / rows) as f32;
            gradients.anchor.row_mut(r).iter_mut().for_each(|g| *g *= -share);
        }
        LossReading::of_loss(total / rows)
    }

    fn margins(&self, batch: &Batch<'_>, _arrays: &[Matrix], gradient: &mut Matrix) -> Option<Vec<f64>> {
        gradient.resize(batch.anchor.rows(), batch.anchor.cols());
        let rows = batch.anchor.iter_rows().zip(batch.codes.iter_rows()).enumerate();
        let margin = |(r, (features, code)): (usize, (&[f32], &[f32]))| {
            let label = self.label(code);
            gradient.row_mut(r).fill(label as f32);
            label * features.iter().map(|&f| f64::from(f)).sum::<f64>()
        };
        Some(rows.map(margin).collect())
    }

    fn at_rest(&self, _problem: &Problem) -> f64 {
        LN_2
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::NegativeSet;

    fn evaluated(features: &Matrix, codes: &Matrix) -> (f64, Matrix) {
        let nothing = Matrix::default();
        let mut objective = Logistic::default();
        let (features_of, latent_dim) = (features.cols(), codes.cols());
        objective.begin(&Beginning {
            features: features_of,
            latent_dim,
            input_dim: 5,
            initial_norm: 0.1,
            seed: 3,
        });
        let views = Batch::of_views([features; 2], &nothing, NegativeSet::Fresh);
        let batch = Batch { codes, ..views };
        let mut gradients = Gradients::default();
        let loss = objective.evaluate(&batch, &[], &mut gradients).loss;
        (loss, gradients.anchor)
    }

    /// Labels are the signs of ⟨w*, z⟩, and the loss and its gradient are those of the formula.
    #[test]
    fn loss_and_gradient_are_those_of_the_formula() {
        let target = Logistic::target(3, 3);
        assert!(target.iter().all(|w| (0.5..1.5).contains(&w.abs())), "{target:?}");
        let codes = Matrix::from_vec(4, 3, vec![1., 0., 0., 0., -1., 0., 1., 1., -1., 0., 0., 0.]);
        let features = Matrix::from_vec(4, 2, vec![0.3, -1.2, 2.0, 0.5, -40.0, -30.0, 0.1, 0.2]);
        let (loss, gradient) = evaluated(&features, &codes);
        let mut expected = 0.0;
        for (r, (f, z)) in features.iter_rows().zip(codes.iter_rows()).enumerate() {
            let score: f32 = target.iter().zip(z).map(|(w, z)| w * z).sum();
            let y = if score < 0.0 { -1.0 } else { 1.0 };
            let margin = y * f64::from(f[0] + f[1]);
            expected += (1.0 + (-margin).exp()).ln() / 4.0;
            let slope = -y / (1.0 + margin.exp()) / 4.0;
            assert!(gradient.row(r).iter().all(|&g| (f64::from(g) - slope).abs() < 1e-6), "{r}: {slope}");
        }
        assert!((loss - expected).abs() < 1e-6, "{loss} {expected}");
        assert_eq!(label_of(&target, &[0.0; 3]), 1.0);
    }

    #[test]
    fn gradients_are_the_differences_of_the_loss() {
        const STEP: f32 = 1e-2;
        let codes = Matrix::from_fn(5, 4, |r, j| ((r * 7 + j * 3) % 3) as f32 - 1.0);
        let features = Matrix::from_fn(5, 3, |r, k| (1.3 * (r * 3 + k) as f32).sin());
        let (_, gradient) = evaluated(&features, &codes);
        for r in 0..5 {
            for k in 0..3 {
                let moved = |by: f32| {
                    let mut features = features.clone();
                    features[(r, k)] += by;
                    evaluated(&features, &codes).0
                };
                let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                assert!((slope - f64::from(gradient[(r, k)])).abs() < 1e-5, "{r} {k}: {slope}");
            }
        }
    }

    /// The loss of large margins neither overflows nor loses its slope.
    #[test]
    fn large_margins_stay_finite() {
        for (margin, loss, slope) in [(800.0, 0.0, 0.0), (-800.0, 800.0, 1.0), (0.0, LN_2, 0.5)] {
            let found = loss_and_slope(margin);
            assert!((found.0 - loss).abs() < 1e-12 && (found.1 - slope).abs() < 1e-12, "{margin}: {found:?}");
        }
    }
}

//! Contrast by a bilinear form that is learned: is this pair two views of one sample, or of two?
//! L = E log(1 + e^{−s⁺}) + E log(1 + e^{s_s}), s = f(x⁺)ᵀ A f(x), the cross-entropy of that question.
//!
//! With g⁺ = −1/(1 + e^{s⁺}) and g_s = 1/(1 + e^{−s_s}), the derivatives of the two logarithms: ∂L/∂f(x⁺) = A
//! (g⁺ f(x⁺⁺) + E_s g_s f(x_s)) and ∂L/∂A = E[f(x⁺) (g⁺ f(x⁺⁺) + E_s g_s f(x_s))ᵀ]. Positives and negatives
//! stand behind StopGrad.
//!
//! Source: Oord, Li, Vinyals, "Representation learning with contrastive predictive coding" (2018), for the
//! form; Gutmann and Hyvärinen, "Noise-contrastive estimation" (AISTATS 2010), for the question.

use super::{
    Batch, Beginning, Gradients, LossReading, Needs, NegativeSet, Objective, ObjectivePart, Problem,
};
use crate::math::linalg::{add_transposed_times, dot, times, times_transposed};
use crate::math::{Matrix, ParameterError};
use crate::part::{ParameterArray, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "bilinear",
    summary: "a bilinear form tells positives from negatives",
    settings: &[PartSetting::number(
        "form_rate_ratio",
        Range::POSITIVE,
        "1.0",
        "Learning rate of the form over that of the weights.",
    )],
    build: |given, ()| Ok(Box::new(Bilinear::new(given.number("form_rate_ratio")?))),
};

/// Contrast by a bilinear form.
#[derive(Clone, Debug)]
pub struct Bilinear {
    rate_ratio: f64,
    /// f(x⁺)ᵀ A, P × K.
    asked: Matrix,
    /// s_s, then g_s over N P; P × N.
    slopes: Matrix,
    /// (g⁺ f(x⁺⁺) + E_s g_s f(x_s))/P, P × K.
    answer: Matrix,
}

impl Bilinear {
    /// A form that learns `rate_ratio` > 0 times as fast as the weights.
    pub fn new(rate_ratio: f64) -> Self {
        Self { rate_ratio, asked: Matrix::default(), slopes: Matrix::default(), answer: Matrix::default() }
    }
}

/// log(1 + eˢ) and its derivative, without overflow.
fn softplus(s: f64) -> (f64, f64) {
    (s.max(0.0) + (-s.abs()).exp().ln_1p(), 1.0 / (1.0 + (-s).exp()))
}

impl Objective for Bilinear {
    fn needs(&self) -> Needs {
        Needs { two_views: true, negatives: true, ..Needs::default() }
    }

    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        let deviation = 1.0 / (run.features as f64).sqrt();
        Ok(vec![ParameterArray { name: "form", rows: run.features, cols: run.features, deviation }])
    }

    fn rate_ratio(&self) -> f64 {
        self.rate_ratio
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let Batch { anchor, positive, negatives, negative_set, .. } = *batch;
        let (form, anchors) = (&arrays[0], anchor.rows());
        let share = 1.0 / anchors as f64;
        let per_negative = share / batch.negatives_per_anchor() as f64;
        times(&mut self.asked, anchor, form);
        times_transposed(&mut self.slopes, &self.asked, negatives);
        let mut loss = 0.0;
        for p in 0..anchors {
            for (s, entry) in self.slopes.row_mut(p).iter_mut().enumerate() {
                let (value, slope) = softplus(f64::from(*entry));
                // A sample of the batch is no negative of its own.
                let weight = if negative_set == NegativeSet::InBatch && s == p { 0.0 } else { per_negative };
                loss += weight * value;
                *entry = (weight * slope) as f32;
            }
        }
        times(&mut self.answer, &self.slopes, negatives);
        for p in 0..anchors {
            let (value, slope) = softplus(-f64::from(dot(self.asked.row(p), positive.row(p))));
            loss += share * value;
            for (sum, &target) in self.answer.row_mut(p).iter_mut().zip(positive.row(p)) {
                *sum -= (share * slope) as f32 * target;
            }
        }
        times_transposed(&mut gradients.anchor, &self.answer, form);
        (gradients.positive, gradients.negatives) = (None, None);
        gradients.zero_arrays(arrays);
        add_transposed_times(&mut gradients.arrays[0], anchor, &self.answer);
        LossReading::of_loss(loss)
    }

    /// The form says nothing: both questions are a coin.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        2.0 * std::f64::consts::LN_2
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_gradients;
    use super::*;

    /// Anchors and form, for both kinds of negatives.
    #[test]
    fn gradients_are_central_differences() {
        let mut bilinear = (PART.build)(&PART.example().unwrap(), &()).unwrap();
        assert_eq!(assert_gradients(bilinear.as_mut()), 2 * (12 + 9));
    }
}

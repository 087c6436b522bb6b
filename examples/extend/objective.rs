//! A predictor head on the anchor and StopGrad on the positive, without negatives:
//! L = ½ E‖A f(x⁺) − StopGrad(f(x⁺⁺))‖².
//!
//! With R = A f(x⁺) − f(x⁺⁺): ∂L/∂f(x⁺) = Aᵀ R, ∂L/∂A = E[R f(x⁺)ᵀ]. With normalised features this is the distance
//! of cosines.
//!
//! Source: Grill et al., "Bootstrap your own latent" (NeurIPS 2020), without the moving average; Chen and He,
//! "Exploring simple siamese representation learning" (CVPR 2021).

use super::{Batch, Beginning, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem};
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError};
use crate::part::{ParameterArray, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "predictor",
    summary: "a head that predicts the positive from the anchor, without negatives",
    settings: &[PartSetting::number(
        "predictor_rate_ratio",
        Range::POSITIVE,
        "1.0",
        "Learning rate of the predictor over that of the weights.",
    )],
    build: |given, ()| Ok(Box::new(Predictor::new(given.number("predictor_rate_ratio")?))),
};

/// Prediction of the positive.
#[derive(Clone, Debug)]
pub struct Predictor {
    rate_ratio: f64,
    /// R/P, P × K.
    residual: Matrix,
}

impl Predictor {
    /// A predictor that learns `rate_ratio` > 0 times as fast as the weights.
    pub fn new(rate_ratio: f64) -> Self {
        Self { rate_ratio, residual: Matrix::default() }
    }
}

impl Objective for Predictor {
    fn needs(&self) -> Needs {
        Needs { two_views: true, ..Needs::default() }
    }

    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        let deviation = 1.0 / (run.features as f64).sqrt();
        Ok(vec![ParameterArray { name: "predictor", rows: run.features, cols: run.features, deviation }])
    }

    fn rate_ratio(&self) -> f64 {
        self.rate_ratio
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let (predictor, anchors) = (&arrays[0], batch.anchor.rows());
        times_transposed(&mut self.residual, batch.anchor, predictor);
        let mut squares = 0.0;
        for (r, &target) in self.residual.as_mut_slice().iter_mut().zip(batch.positive.as_slice()) {
            let error = *r - target;
            squares += f64::from(error * error);
            *r = error / anchors as f32;
        }
        times(&mut gradients.anchor, &self.residual, predictor);
        gradients.zero_arrays(arrays);
        add_transposed_times(&mut gradients.arrays[0], &self.residual, batch.anchor);
        LossReading::of_loss(0.5 * squares / anchors as f64)
    }

    fn at_rest(&self, _problem: &Problem) -> f64 {
        0.0
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_gradients;
    use super::*;

    #[test]
    fn gradients_are_central_differences() {
        assert_gradients(&mut Predictor::new(1.0));
    }
}

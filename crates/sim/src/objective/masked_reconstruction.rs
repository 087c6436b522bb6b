//! Masked reconstruction: a linear decoder fills in, from the features of the anchor, the coordinates of the
//! sample that the anchor's mask has removed: L = (1/2P) Σ_p Σ_{r: x⁺_pr = 0} ((D f(x⁺_p))_r − x_pr)².
//!
//! With R the errors at removed coordinates and 0 elsewhere: ∂L/∂f = (1/P) R D, ∂L/∂D = (1/P) Rᵀ f. A
//! coordinate counts as removed where the anchor is exactly 0. The second view plays no role.
//!
//! Source: Vincent et al., "Extracting and composing robust features with denoising autoencoders" (ICML
//! 2008), with the loss on masked coordinates alone as in He et al., "Masked autoencoders are scalable vision
//! learners" (CVPR 2022).

use super::{Batch, Beginning, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem};
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError, require_positive};
use crate::part::{ParameterArray, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "masked_reconstruction",
    summary: "a linear decoder fills in what the anchor's mask has removed, without negatives",
    settings: &[PartSetting::number(
        "decoder_rate_ratio",
        Range::POSITIVE,
        "1.0",
        "Learning rate of the decoder over that of the weights.",
    )],
    build: |given, ()| Ok(Box::new(MaskedReconstruction::new(given.number("decoder_rate_ratio")?)?)),
};

/// Reconstruction of what a mask has removed.
#[derive(Clone, Debug)]
pub struct MaskedReconstruction {
    rate_ratio: f64,
    /// D f, then R/P; P × d1.
    residual: Matrix,
}

impl MaskedReconstruction {
    /// A decoder that learns `rate_ratio` > 0 times as fast as the weights.
    pub fn new(rate_ratio: f64) -> Result<Self, ParameterError> {
        require_positive("decoder_rate_ratio", rate_ratio)?;
        Ok(Self { rate_ratio, residual: Matrix::default() })
    }
}

impl Objective for MaskedReconstruction {
    fn needs(&self) -> Needs {
        Needs { two_views: true, inputs: true, ..Needs::default() }
    }

    /// D starts Gaussian, with columns of the same scale as the neurons.
    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        let deviation = run.initial_norm / (run.input_dim as f64).sqrt();
        Ok(vec![ParameterArray { name: "decoder", rows: run.input_dim, cols: run.features, deviation }])
    }

    fn rate_ratio(&self) -> f64 {
        self.rate_ratio
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let (features, decoder, [sample, anchor]) = (batch.anchor, &arrays[0], batch.inputs);
        times_transposed(&mut self.residual, features, decoder);
        let share = 1.0 / features.rows() as f64;
        let mut squares = 0.0;
        let entries = self.residual.as_mut_slice().iter_mut();
        for (r, (&x, &seen)) in entries.zip(sample.as_slice().iter().zip(anchor.as_slice())) {
            let error = if seen == 0.0 { f64::from(*r) - f64::from(x) } else { 0.0 };
            squares += error * error;
            *r = (share * error) as f32;
        }
        times(&mut gradients.anchor, &self.residual, decoder);
        (gradients.positive, gradients.negatives) = (None, None);
        gradients.zero_arrays(arrays);
        add_transposed_times(&mut gradients.arrays[0], &self.residual, features);
        LossReading::of_loss(0.5 * share * squares)
    }

    /// It is half the energy that masks remove, which depends on more than a problem says.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        f64::NAN
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::{assert_definition, inputs};
    use super::*;

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let [sample, anchor] = inputs().map(|x| x.to_f64());
        let mut removed = 0;
        let mut objective = MaskedReconstruction::new(1.0).unwrap();
        let compared = assert_definition(&mut objective, NegativeSet::Fresh, |live, _| {
            let (features, decoder) = (&live.branches[0], &live.arrays[0]);
            let mut loss = 0.0;
            removed = 0;
            for p in 0..features.rows() {
                for r in (0..decoder.rows()).filter(|&r| anchor[(p, r)] == 0.0) {
                    let guess: f64 = features.row(p).iter().zip(decoder.row(r)).map(|(f, d)| f * d).sum();
                    loss += 0.5 * (guess - sample[(p, r)]).powi(2);
                    removed += 1;
                }
            }
            loss / features.rows() as f64
        });
        // The anchors' features and the decoder.
        assert_eq!(compared, 12 + 15);
        assert!((5..15).contains(&removed), "{removed} of 20 coordinates are removed");
    }
}

//! Gradient descent on b with its own learning rate: b ← b − η_b ∂L/∂b, from the start or from a reset at T1.
//!
//! Source: footnote 4; docs/theory.md 4.2.

use super::{BiasPart, BiasRule, BiasStep, RESET, reset_unit};
use crate::math::{Matrix, ParameterError, require_positive};
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: BiasPart = BiasPart {
    kind: "trained",
    summary: "by gradient descent (footnote 4)",
    settings: &[
        RESET,
        PartSetting::new(
            "learning_rate",
            Kind::Number(Range::POSITIVE),
            Fallback::Required,
            "Learning rate of trained biases (η_b).",
        ),
    ],
    build: |given, ()| {
        let learning_rate = given.number("learning_rate")?;
        Ok(Arc::new(TrainedBias { learning_rate, reset: given.optional_number("reset") }))
    },
};

/// Thresholds that are trained.
#[derive(Clone, Copy, Debug)]
pub struct TrainedBias {
    /// η_b > 0; it follows the schedule of the learning rate.
    pub learning_rate: f64,
    /// `Some(reset)`: zero until T1, then set to reset·√(2 ln d/d)·‖w_i‖ and trained from there. `None`: trained from
    /// the start.
    pub reset: Option<f64>,
}

impl BiasRule for TrainedBias {
    fn check(&self) -> Result<(), ParameterError> {
        require_positive("bias.learning_rate", self.learning_rate)?;
        self.reset.map_or(Ok(()), |reset| require_positive("bias.reset", reset))
    }

    fn advance(&self, bias: &mut [f32], _memory: &mut [Matrix], step: &BiasStep<'_>) {
        match self.reset {
            Some(reset) if step.ends_first_stage() => {
                let ratio = (reset * reset_unit(step.latent_dim)) as f32;
                bias.iter_mut().zip(step.norms).for_each(|(b, &norm)| *b = ratio * norm);
            }
            Some(_) if !step.is_after_first_stage() => {}
            _ => {
                let rate = self.learning_rate * step.rate_factor;
                bias.iter_mut().zip(step.gradient).for_each(|(b, &d)| *b -= (rate * d) as f32);
            }
        }
    }

    fn rests_until_first_stage_ends(&self) -> bool {
        self.reset.is_some()
    }
}

//! Thresholds at one share of the norm from the first step on: b_i = ratio·‖w_i‖.
//!
//! The other rules rest until T1, and until then a map of symmetric ReLUs is linear. Under labels a linear map moves
//! all its neurons alike. With these thresholds a neuron sees from the start only samples that hold what it points to.
//!
//! Source: theories/allen-zhu-li-2020/theory.md 4.

use super::{BiasPart, BiasRule, BiasStep};
use crate::math::{Matrix, ParameterError, require_positive};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: BiasPart = BiasPart {
    kind: "relative",
    summary: "with the norm of their neuron, from the first step on",
    settings: &[PartSetting::number(
        "ratio",
        Range::POSITIVE,
        "0.5",
        "Bias over norm, from the first step on.",
    )],
    build: |given, ()| Ok(Arc::new(RelativeBias { ratio: given.number("ratio")? })),
};

/// Thresholds that follow the norms.
#[derive(Clone, Copy, Debug)]
pub struct RelativeBias {
    /// b_i/‖w_i‖, > 0.
    pub ratio: f64,
}

impl BiasRule for RelativeBias {
    fn check(&self) -> Result<(), ParameterError> {
        require_positive("bias.ratio", self.ratio)
    }

    fn advance(&self, bias: &mut [f32], _memory: &mut [Matrix], step: &BiasStep<'_>) {
        bias.iter_mut().zip(step.norms).for_each(|(b, &norm)| *b = self.ratio as f32 * norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::StageTimes;

    #[test]
    fn thresholds_stand_at_their_share_of_the_norms_whatever_the_stage() {
        let rule = RelativeBias { ratio: 0.5 };
        let norms = [2.0, 0.0, 3.0];
        for first in [None, Some(1)] {
            let step = BiasStep {
                step: 1,
                stages: StageTimes { first, second: None },
                latent_dim: 4,
                learning_rate: 1.0,
                rate_factor: 1.0,
                old_norms: &[9.0; 3],
                norms: &norms,
                gradient: &[7.0; 3],
            };
            let mut bias = [5.0; 3];
            rule.advance(&mut bias, &mut [], &step);
            assert_eq!(bias, [1.0, 0.0, 1.5]);
        }
        assert!(RelativeBias { ratio: 0.0 }.check().is_err() && rule.check().is_ok());
    }
}

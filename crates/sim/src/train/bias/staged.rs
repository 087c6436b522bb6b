//! The paper's manual schedule: b = 0 until T1; at T1 b_i = reset·√(2 ln d/d)·‖w_i‖; then, each step,
//! b_i ← max{ b_i (1 + growth·η/d), b_i ‖w_i'‖/‖w_i‖ }, never above cap·‖w_i'‖.
//!
//! The cap is relative to the norm: an absolute cap would kill neurons at small initial scale. `reset` = 1
//! and `growth` = 1 are the paper's values; the shipped presets slow the race down (docs/theory.md 4.5).
//!
//! Source: Section 3 (bias schedule), Appendix D.2; docs/theory.md 3 and 4.5.

use super::{BiasCourse, BiasPart, BiasRule, BiasStep, CAP, RESET, reset_unit};
use crate::math::{Matrix, ParameterError, require_non_negative, require_positive};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// `bias.reset` of a staged bias that is not given. The paper's 1 loses neurons at sizes that fit a computer.
pub const STAGED_RESET: f64 = 0.8;

/// The declaration.
pub(super) static PART: BiasPart = BiasPart {
    kind: "staged",
    summary: "by the paper's schedule from T1 on",
    settings: &[
        RESET,
        PartSetting::number(
            "growth",
            Range::NON_NEGATIVE,
            "0.05",
            "A step multiplies biases by 1 + growth·η/d, unless norms grow faster (κ). The paper has 1; at finite size a \
             slower race loses fewer neurons.",
        ),
        CAP,
    ],
    build: |given, ()| {
        let reset = given.optional_number("reset").unwrap_or(STAGED_RESET);
        Ok(Arc::new(StagedBias { reset, growth: given.number("growth")?, cap: given.number("cap")? }))
    },
};

/// The paper's schedule.
#[derive(Clone, Copy, Debug)]
pub struct StagedBias {
    /// Multiple of √(2 ln d/d)·‖w_i‖ at T1, > 0.
    pub reset: f64,
    /// κ: growth per learning rate and 1/d, ≥ 0.
    pub growth: f64,
    /// Largest b_i/‖w_i‖, > 0.
    pub cap: f64,
}

impl Default for StagedBias {
    /// The paper's schedule, slowed down to lose few neurons at finite size.
    fn default() -> Self {
        Self { reset: STAGED_RESET, growth: 0.05, cap: 0.45 }
    }
}

impl BiasRule for StagedBias {
    fn check(&self) -> Result<(), ParameterError> {
        require_positive("bias.reset", self.reset)?;
        require_non_negative("bias.growth", self.growth)?;
        require_positive("bias.cap", self.cap)
    }

    fn advance(&self, bias: &mut [f32], _memory: &mut [Matrix], step: &BiasStep<'_>) {
        if step.ends_first_stage() {
            let ratio = (self.reset * reset_unit(step.latent_dim)).min(self.cap);
            bias.iter_mut().zip(step.norms).for_each(|(b, &norm)| *b = ratio as f32 * norm);
        } else if step.is_after_first_stage() {
            let grow = (1.0 + self.growth * step.learning_rate / step.latent_dim as f64) as f32;
            for ((b, &norm), &old) in bias.iter_mut().zip(step.norms).zip(step.old_norms) {
                let tracking = if old > 0.0 { norm / old } else { 1.0 };
                *b = (*b * grow.max(tracking)).min(self.cap as f32 * norm);
            }
        }
    }

    fn rests_until_first_stage_ends(&self) -> bool {
        true
    }

    fn course(&self) -> Option<BiasCourse> {
        Some(BiasCourse { reset: self.reset, cap: self.cap })
    }
}

//! How the biases move.
//!
//! - `Zero`: b = 0 for ever.
//! - `Staged`, the paper's manual schedule: b = 0 until T1; at T1 b_i = reset·√(2 ln d/d)·‖w_i‖; then, each step,
//!   b_i ← max{ b_i (1 + growth·η/d), b_i ‖w_i'‖/‖w_i‖ }, never above cap·‖w_i'‖.
//! - `Trained`: gradient descent on b with its own learning rate, from the start or from the reset at T1 (footnote 4).
//!
//! The cap is relative to the norm: an absolute cap would kill neurons at small initial scale. `reset` = 1 and
//! `growth` = 1 are the paper's values; the shipped presets slow the race down (docs/theory.md 4.5).
//!
//! Source: Section 3 (bias schedule), Appendix D.2; docs/theory.md 3 and 4.5.

use crate::math::{ParameterError, require_non_negative, require_positive};
use crate::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted};

/// `bias.reset` of a staged bias that is not given. The paper's 1 loses neurons at sizes that fit a computer.
pub const STAGED_RESET: f64 = 0.8;

/// How thresholds move.
pub static BIAS_RULES: Slot<BiasRule> = Slot::new(
    "bias",
    "How thresholds move. At zero the map stays linear and no neuron becomes a single atom.",
    "staged",
    &[&[
        &Part { kind: "zero", summary: "never", settings: &[], build: |_, ()| Ok(BiasRule::Zero) },
        &Part {
            kind: "trained",
            summary: "by gradient descent (footnote 4)",
            settings: &[RESET, LEARNING_RATE],
            build: |given, ()| {
                let learning_rate = given.number("learning_rate")?;
                Ok(BiasRule::Trained { learning_rate, reset: given.optional_number("reset") })
            },
        },
        &Part {
            kind: "staged",
            summary: "by the paper's schedule from T1 on",
            settings: &[RESET, GROWTH, CAP],
            build: |given, ()| {
                let reset = given.optional_number("reset").unwrap_or(STAGED_RESET);
                Ok(BiasRule::Staged { reset, growth: given.number("growth")?, cap: given.number("cap")? })
            },
        },
    ]],
);

impl Slotted for BiasRule {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &BIAS_RULES
    }
}

const RESET: PartSetting = PartSetting::new(
    "reset",
    Kind::Number(Range::POSITIVE),
    Fallback::Absent("staged: 0.8; trained: there is no reset, biases are trained from the start"),
    "Bias at T1 in units of √(2 ln d/d)·‖w‖, zero before. The paper has 1.",
);
const GROWTH: PartSetting = PartSetting::number(
    "growth",
    Range::NON_NEGATIVE,
    "0.05",
    "A step multiplies biases by 1 + growth·η/d, unless norms grow faster (κ). The paper has 1; at finite size a \
     slower race loses fewer neurons.",
);
const CAP: PartSetting = PartSetting::number("cap", Range::POSITIVE, "0.45", "Largest bias over norm.");
const LEARNING_RATE: PartSetting = PartSetting::new(
    "learning_rate",
    Kind::Number(Range::POSITIVE),
    Fallback::Required,
    "Learning rate of trained biases (η_b).",
);

/// The rule for the biases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BiasRule {
    /// No biases.
    Zero,
    /// Gradient descent on the biases.
    Trained {
        /// η_b > 0.
        learning_rate: f64,
        /// `Some(reset)`: zero until T1, then set to reset·√(2 ln d/d)·‖w_i‖ and trained from there. `None`: trained from
        /// the start.
        reset: Option<f64>,
    },
    /// The paper's schedule.
    Staged {
        /// Multiple of √(2 ln d/d)·‖w_i‖ at T1, > 0.
        reset: f64,
        /// κ: growth per learning rate and 1/d, ≥ 0.
        growth: f64,
        /// Largest b_i/‖w_i‖, > 0.
        cap: f64,
    },
}

impl Default for BiasRule {
    /// The paper's schedule, slowed down to lose few neurons at finite size.
    fn default() -> Self {
        Self::Staged { reset: STAGED_RESET, growth: 0.05, cap: 0.45 }
    }
}

impl BiasRule {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        match *self {
            Self::Zero => Ok(()),
            Self::Trained { learning_rate, reset } => {
                require_positive("bias.learning_rate", learning_rate)?;
                reset.map_or(Ok(()), |reset| require_positive("bias.reset", reset))
            }
            Self::Staged { reset, growth, cap } => {
                require_positive("bias.reset", reset)?;
                require_non_negative("bias.growth", growth)?;
                require_positive("bias.cap", cap)
            }
        }
    }

    /// √(2 ln d/d): the bias-to-norm ratio of the paper's reset.
    pub fn reset_unit(latent_dim: usize) -> f64 {
        let d = latent_dim as f64;
        (2.0 * d.ln() / d).sqrt()
    }

    /// The biases' learning rate at this moment, `None` when they are not trained now.
    pub(super) fn training_rate(&self, after_first_stage: bool) -> Option<f64> {
        match *self {
            Self::Trained { learning_rate, reset } if reset.is_none() || after_first_stage => {
                Some(learning_rate)
            }
            _ => None,
        }
    }

    /// What the schedule does after the weights moved.
    pub(super) fn apply(&self, bias: &mut [f32], change: &NormChange<'_>) {
        match *self {
            Self::Staged { reset, cap, .. } if change.first_stage_ended_now => {
                let ratio = (reset * Self::reset_unit(change.latent_dim)).min(cap);
                bias.iter_mut().zip(change.norms).for_each(|(b, &norm)| *b = ratio as f32 * norm);
            }
            Self::Staged { growth, cap, .. } if change.after_first_stage => {
                let grow = (1.0 + growth * change.learning_rate / change.latent_dim as f64) as f32;
                for ((b, &norm), &old) in bias.iter_mut().zip(change.norms).zip(change.old_norms) {
                    let tracking = if old > 0.0 { norm / old } else { 1.0 };
                    *b = (*b * grow.max(tracking)).min(cap as f32 * norm);
                }
            }
            Self::Trained { reset: Some(reset), .. } if change.first_stage_ended_now => {
                let ratio = (reset * Self::reset_unit(change.latent_dim)) as f32;
                bias.iter_mut().zip(change.norms).for_each(|(b, &norm)| *b = ratio * norm);
            }
            _ => {}
        }
    }
}

/// What the bias schedule needs to know about one step.
pub(super) struct NormChange<'a> {
    pub latent_dim: usize,
    pub learning_rate: f64,
    pub first_stage_ended_now: bool,
    pub after_first_stage: bool,
    pub old_norms: &'a [f32],
    pub norms: &'a [f32],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change<'a>(old_norms: &'a [f32], norms: &'a [f32], ended_now: bool) -> NormChange<'a> {
        NormChange {
            latent_dim: 100,
            learning_rate: 2.0,
            first_stage_ended_now: ended_now,
            after_first_stage: true,
            old_norms,
            norms,
        }
    }

    #[test]
    fn the_staged_rule_resets_grows_tracks_and_stops_at_the_cap() {
        let rule = BiasRule::Staged { reset: 1.0, growth: 0.5, cap: 0.4 };
        let unit = (2.0f64 * 100f64.ln() / 100.0).sqrt() as f32;
        let mut bias = [0.0; 2];
        rule.apply(&mut bias, &change(&[1.0, 2.0], &[1.0, 2.0], true));
        assert_eq!(bias, [unit, 2.0 * unit]);
        // Slow norms: growth 1 + 0.5·2/100. Fast norms: tracking.
        rule.apply(&mut bias, &change(&[1.0, 2.0], &[1.0, 3.0], false));
        assert!((bias[0] / unit - 1.01).abs() < 1e-6 && (bias[1] / (3.0 * unit) - 1.0).abs() < 1e-6);
        // A shrinking norm meets the cap.
        rule.apply(&mut bias, &change(&[1.0, 3.0], &[0.5, 3.0], false));
        assert!((bias[0] - 0.2).abs() < 1e-6);
    }

    #[test]
    fn training_starts_when_it_should() {
        let late = BiasRule::Trained { learning_rate: 3.0, reset: Some(1.0) };
        assert_eq!((late.training_rate(false), late.training_rate(true)), (None, Some(3.0)));
        let early = BiasRule::Trained { learning_rate: 3.0, reset: None };
        assert_eq!(early.training_rate(false), Some(3.0));
        assert_eq!(BiasRule::Zero.training_rate(true), None);
    }

    #[test]
    fn ranges_are_checked() {
        assert!(BiasRule::Staged { reset: 0.0, growth: 1.0, cap: 1.0 }.check().is_err());
        assert!(BiasRule::Staged { reset: 1.0, growth: f64::NAN, cap: 1.0 }.check().is_err());
        assert!(BiasRule::Trained { learning_rate: -1.0, reset: None }.check().is_err());
    }
}

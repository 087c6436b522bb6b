//! The learning rate over time, and weight decay.
//!
//! Source: Section 3 of the paper, Obj = L + (λ/2) Σ ‖w_i‖²; docs/theory.md 3.

use crate::math::{ParameterError, require, require_non_negative, require_positive};
use crate::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted};

/// How the learning rate changes; the context is the number of steps of the run.
pub static SCHEDULES: Slot<LearningRate, u64> = Slot::new(
    "training.schedule",
    "How the learning rate changes.",
    "constant",
    &[&[
        &Part {
            kind: "constant",
            summary: "not at all",
            settings: &[],
            build: |_, _| Ok(LearningRate::Constant),
        },
        &Part {
            kind: "cosine",
            summary: "along half a cosine over all steps",
            settings: &[PartSetting::number(
                "final_fraction",
                Range::FRACTION,
                "0.0",
                "Learning rate at the end of the cosine, as a fraction of the initial one.",
            )],
            build: |given, steps| {
                let final_fraction = given.number("final_fraction")?;
                Ok(LearningRate::Cosine { steps: (*steps).max(1), final_fraction })
            },
        },
        &Part {
            kind: "drops",
            summary: "by a factor at given steps",
            settings: &[
                PartSetting::new(
                    "at",
                    Kind::counts(1),
                    Fallback::Required,
                    "Steps at which the learning rate drops.",
                ),
                PartSetting::number("factor", Range::POSITIVE_FRACTION, "0.1", "Factor of each drop."),
            ],
            build: |given, _| {
                Ok(LearningRate::Drops { at: given.wholes("at")?, factor: given.number("factor")? })
            },
        },
    ]],
);

impl Slotted for LearningRate {
    type Context = u64;

    fn slot() -> &'static Slot<Self, u64> {
        &SCHEDULES
    }
}

/// How the learning rate changes over the run, as a factor of its base value.
#[derive(Clone, Debug, PartialEq)]
pub enum LearningRate {
    /// Always the base value.
    Constant,
    /// From 1 to `final_fraction` along half a cosine over `steps`.
    Cosine {
        /// Steps until the final value.
        steps: u64,
        /// The final factor, in [0, 1].
        final_fraction: f64,
    },
    /// Times `factor` at each of the given steps.
    Drops {
        /// Steps at which the rate drops, ascending.
        at: Vec<u64>,
        /// The factor of each drop, in (0, 1].
        factor: f64,
    },
}

impl LearningRate {
    fn check(&self) -> Result<(), ParameterError> {
        match self {
            Self::Constant => Ok(()),
            Self::Cosine { steps, final_fraction } => {
                require(*steps > 0, "schedule.steps", steps, "at least 1")?;
                let holds = (0.0..=1.0).contains(final_fraction);
                require(holds, "schedule.final_fraction", final_fraction, "in [0, 1]")
            }
            Self::Drops { factor, .. } => {
                require_positive("schedule.factor", *factor)?;
                require(*factor <= 1.0, "schedule.factor", factor, "at most 1")
            }
        }
    }

    /// The factor at `step` (0-based).
    pub fn factor(&self, step: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine { steps, final_fraction } => {
                let progress = (step.min(*steps) as f64) / (*steps as f64);
                let wave = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
                final_fraction + (1.0 - final_fraction) * wave
            }
            Self::Drops { at, factor } => factor.powi(at.iter().filter(|&&drop| step >= drop).count() as i32),
        }
    }
}

/// How fast parameters move, and how strongly they decay.
#[derive(Clone, Debug, PartialEq)]
pub struct RateRule {
    /// η, the base learning rate, > 0.
    pub learning_rate: f64,
    /// How it changes over time.
    pub schedule: LearningRate,
    /// λ ≥ 0.
    pub weight_decay: f64,
}

impl Default for RateRule {
    fn default() -> Self {
        Self { learning_rate: 0.5, schedule: LearningRate::Constant, weight_decay: 3e-4 }
    }
}

impl RateRule {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        require_positive("learning_rate", self.learning_rate)?;
        require_non_negative("weight_decay", self.weight_decay)?;
        let accepted = format!("times the learning rate, {}, it must be below 1", self.learning_rate);
        require(self.weight_decay * self.learning_rate < 1.0, "weight_decay", self.weight_decay, accepted)?;
        self.schedule.check()
    }

    /// η at `step`.
    pub fn rate(&self, step: u64) -> f64 {
        self.learning_rate * self.schedule.factor(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_start_at_one_and_end_where_they_should() {
        let cosine = LearningRate::Cosine { steps: 100, final_fraction: 0.1 };
        assert_eq!(cosine.factor(0), 1.0);
        assert!((cosine.factor(50) - 0.55).abs() < 1e-12);
        assert!((cosine.factor(100) - 0.1).abs() < 1e-12 && (cosine.factor(900) - 0.1).abs() < 1e-12);
        let drops = LearningRate::Drops { at: vec![10, 20], factor: 0.5 };
        assert_eq!([9, 10, 19, 20].map(|t| drops.factor(t)), [1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn ranges_are_checked() {
        let good = RateRule { learning_rate: 1.0, schedule: LearningRate::Constant, weight_decay: 1e-3 };
        assert!(good.check().is_ok());
        assert!(RateRule { learning_rate: f64::NAN, ..good.clone() }.check().is_err());
        assert!(RateRule { weight_decay: -1e-3, ..good.clone() }.check().is_err());
        assert!(RateRule { weight_decay: 1.0, ..good }.check().is_err());
    }
}

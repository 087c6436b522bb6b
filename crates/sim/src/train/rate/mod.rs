//! The learning rate over time, and weight decay.
//!
//! To add a schedule: one file with a type that implements [`RateSchedule`] and the [`Part`] that declares
//! it; below, its line in the list. `examples/extend/schedule.rs` is such a file.
//!
//! Source: Section 3 of the paper, Obj = L + (λ/2) Σ ‖w_i‖²; docs/theory.md 3.

pub use constant::ConstantRate;
pub use cosine::CosineRate;
pub use drops::RateDrops;

use crate::math::{ParameterError, require, require_non_negative, require_positive};
use crate::part::{Part, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

parts! {
    /// How the learning rate changes; the context is the number of steps of the run.
    SCHEDULES: Slot<Arc<dyn RateSchedule>, u64> =
        ("training.schedule", "How the learning rate changes.", "constant");
    constant;
    cosine;
    drops;
}

/// A part that changes the learning rate.
type SchedulePart = Part<Arc<dyn RateSchedule>, u64>;

impl Slotted for Arc<dyn RateSchedule> {
    type Context = u64;

    fn slot() -> &'static Slot<Self, u64> {
        &SCHEDULES
    }
}

/// How the learning rate changes over the run.
pub trait RateSchedule: fmt::Debug + Send + Sync {
    /// Checks the parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }

    /// The learning rate of `step` (0-based) over its base value, ≥ 0.
    fn factor(&self, step: u64) -> f64;

    /// Whether the factor is always 1: what closed forms describe.
    fn is_constant(&self) -> bool {
        false
    }
}

/// How fast parameters move, and how strongly they decay.
#[derive(Clone, Debug)]
pub struct RateRule {
    /// η, the base learning rate, > 0.
    pub learning_rate: f64,
    /// How it changes over time.
    pub schedule: Arc<dyn RateSchedule>,
    /// λ ≥ 0.
    pub weight_decay: f64,
}

impl Default for RateRule {
    fn default() -> Self {
        Self { learning_rate: 0.5, schedule: Arc::new(ConstantRate), weight_decay: 3e-4 }
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
    use crate::part::Chosen;

    #[test]
    fn schedules_start_at_one_and_end_where_they_should() {
        let cosine = CosineRate { steps: 100, final_fraction: 0.1 };
        assert_eq!(cosine.factor(0), 1.0);
        assert!((cosine.factor(50) - 0.55).abs() < 1e-12);
        assert!((cosine.factor(100) - 0.1).abs() < 1e-12 && (cosine.factor(900) - 0.1).abs() < 1e-12);
        let drops = RateDrops { at: vec![10, 20], factor: 0.5 };
        assert_eq!([9, 10, 19, 20].map(|t| drops.factor(t)), [1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn every_schedule_is_sound_and_the_constant_ones_stay_at_one() {
        const STEPS: u64 = 40;
        for chosen in Chosen::<Arc<dyn RateSchedule>>::examples().unwrap() {
            let (kind, schedule) = (chosen.kind(), chosen.build(&STEPS).unwrap());
            assert!(schedule.check().is_ok(), "{kind}");
            let factors: Vec<f64> = (0..STEPS).map(|step| schedule.factor(step)).collect();
            assert!(factors.iter().all(|factor| factor.is_finite() && *factor >= 0.0), "{kind}: {factors:?}");
            let stays = factors.iter().all(|&factor| factor == 1.0);
            assert_eq!(stays, schedule.is_constant(), "{kind}: {factors:?}");
        }
    }

    #[test]
    fn ranges_are_checked() {
        let good = RateRule { learning_rate: 1.0, weight_decay: 1e-3, ..RateRule::default() };
        assert!(good.check().is_ok());
        assert!(RateRule { learning_rate: f64::NAN, ..good.clone() }.check().is_err());
        assert!(RateRule { weight_decay: -1e-3, ..good.clone() }.check().is_err());
        assert!(RateRule { weight_decay: 1.0, ..good.clone() }.check().is_err());
        let schedule = Arc::new(CosineRate { steps: 0, final_fraction: 0.5 });
        let error = RateRule { schedule, ..good.clone() }.check().unwrap_err();
        assert_eq!(error.name, "schedule.steps");
        let schedule = Arc::new(RateDrops { at: vec![1], factor: 2.0 });
        assert_eq!(RateRule { schedule, ..good }.check().unwrap_err().name, "schedule.factor");
    }
}

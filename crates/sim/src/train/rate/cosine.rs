//! A learning rate that falls along half a cosine: f + (1 − f)·(1 + cos(π t/T))/2 times its base value at
//! step t of T.
//!
//! Source: Loshchilov and Hutter, "SGDR" (ICLR 2017), without restarts.

use super::{RateSchedule, SchedulePart};
use crate::math::{ParameterError, require};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: SchedulePart = SchedulePart {
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
        Ok(Arc::new(CosineRate { steps: (*steps).max(1), final_fraction }))
    },
};

/// From 1 to `final_fraction` along half a cosine over `steps`.
#[derive(Clone, Copy, Debug)]
pub struct CosineRate {
    /// Steps until the final value, ≥ 1.
    pub steps: u64,
    /// The final factor, in [0, 1].
    pub final_fraction: f64,
}

impl RateSchedule for CosineRate {
    fn check(&self) -> Result<(), ParameterError> {
        require(self.steps > 0, "schedule.steps", self.steps, "at least 1")?;
        let holds = (0.0..=1.0).contains(&self.final_fraction);
        require(holds, "schedule.final_fraction", self.final_fraction, "in [0, 1]")
    }

    fn factor(&self, step: u64) -> f64 {
        let progress = (step.min(self.steps) as f64) / (self.steps as f64);
        let wave = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        self.final_fraction + (1.0 - self.final_fraction) * wave
    }
}

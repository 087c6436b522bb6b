//! A learning rate that falls by a factor at given steps.

use super::{RateSchedule, SchedulePart};
use crate::math::{ParameterError, require, require_positive};
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: SchedulePart = SchedulePart {
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
    build: |given, _| Ok(Arc::new(RateDrops { at: given.wholes("at")?, factor: given.number("factor")? })),
};

/// Times `factor` at each of the given steps.
#[derive(Clone, Debug)]
pub struct RateDrops {
    /// Steps at which the rate drops, ascending.
    pub at: Vec<u64>,
    /// The factor of each drop, in (0, 1].
    pub factor: f64,
}

impl RateSchedule for RateDrops {
    fn check(&self) -> Result<(), ParameterError> {
        require_positive("schedule.factor", self.factor)?;
        require(self.factor <= 1.0, "schedule.factor", self.factor, "at most 1")
    }

    fn factor(&self, step: u64) -> f64 {
        self.factor.powi(self.at.iter().filter(|&&drop| step >= drop).count() as i32)
    }
}

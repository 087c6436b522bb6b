//! A learning rate that warms up: min(1, (t + 1)/s) times its base value at step t, so that the first steps
//! are short.
//!
//! Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.

use super::{RateSchedule, SchedulePart};
use crate::math::{ParameterError, require};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: SchedulePart = SchedulePart {
    kind: "warm_up",
    summary: "upwards to its base value, then not at all",
    settings: &[PartSetting::new(
        "warm_up_steps",
        Kind::count(1),
        Fallback::Value("10"),
        "Steps until the learning rate has its base value (s).",
    )],
    build: |given, _| Ok(Arc::new(WarmUp { steps: given.whole("warm_up_steps")? })),
};

/// Up to the base value in equal pieces.
#[derive(Clone, Copy, Debug)]
pub struct WarmUp {
    /// s ≥ 1.
    pub steps: u64,
}

impl RateSchedule for WarmUp {
    fn check(&self) -> Result<(), ParameterError> {
        require(self.steps >= 1, "schedule.warm_up_steps", self.steps, "at least 1")
    }

    // A pure function of the step: a stored run goes on without anything to remember.
    fn factor(&self, step: u64) -> f64 {
        ((step + 1) as f64 / self.steps as f64).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_in_equal_pieces_to_its_base_value() {
        let factors = [0, 1, 2, 3, 4, 100].map(|step| WarmUp { steps: 4 }.factor(step));
        assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert!(WarmUp { steps: 0 }.check().is_err());
    }
}

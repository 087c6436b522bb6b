//! A learning rate that stays what it is.

use super::{RateSchedule, SchedulePart};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: SchedulePart = SchedulePart {
    kind: "constant",
    summary: "not at all",
    settings: &[],
    build: |_, _| Ok(Arc::new(ConstantRate)),
};

/// Always the base value.
#[derive(Clone, Copy, Debug)]
pub struct ConstantRate;

impl RateSchedule for ConstantRate {
    fn factor(&self, _step: u64) -> f64 {
        1.0
    }

    fn is_constant(&self) -> bool {
        true
    }
}

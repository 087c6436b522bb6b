//! Measurements at equal distances.

use super::{Cadence, CadencePart};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: CadencePart = CadencePart {
    kind: "every",
    summary: "at equal distances",
    settings: &[PartSetting::new(
        "steps",
        Kind::count(1),
        Fallback::Value("10"),
        "Steps between measurements.",
    )],
    build: |given, ()| Ok(Arc::new(Every { steps: given.whole("steps")? })),
};

/// Every multiple of `steps`.
#[derive(Clone, Copy, Debug)]
pub struct Every {
    /// ≥ 1.
    pub steps: u64,
}

impl Cadence for Every {
    fn includes(&self, step: u64) -> bool {
        step.is_multiple_of(self.steps.max(1))
    }
}

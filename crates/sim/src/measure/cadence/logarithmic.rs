//! Measurements at equal logarithmic distances: step 0 and the steps 10^(k/n), rounded, k = 0, 1, 2 …

use super::{Cadence, CadencePart};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: CadencePart = CadencePart {
    kind: "logarithmic",
    summary: "at equal logarithmic distances",
    settings: &[PartSetting::new(
        "per_decade",
        Kind::count(1),
        Fallback::Value("20"),
        "Measurements per factor of ten in steps.",
    )],
    build: |given, ()| Ok(Arc::new(Logarithmic { per_decade: given.whole("per_decade")? as u32 })),
};

/// `per_decade` measurements (n) per factor of ten in steps.
#[derive(Clone, Copy, Debug)]
pub struct Logarithmic {
    /// ≥ 1.
    pub per_decade: u32,
}

impl Cadence for Logarithmic {
    fn includes(&self, step: u64) -> bool {
        if step == 0 {
            return true;
        }
        let per_decade = f64::from(self.per_decade.max(1));
        let k = (per_decade * (step as f64).log10()).round();
        10f64.powf(k / per_decade).round() as u64 == step
    }
}

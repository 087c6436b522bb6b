//! No thresholds: b = 0 for ever.

use super::{BiasCourse, BiasPart, BiasRule, BiasStep};
use crate::math::Matrix;
use std::sync::Arc;

/// The declaration.
pub(super) static PART: BiasPart =
    BiasPart { kind: "zero", summary: "never", settings: &[], build: |_, ()| Ok(Arc::new(ZeroBias)) };

/// Thresholds that stay where they start.
#[derive(Clone, Copy, Debug)]
pub struct ZeroBias;

impl BiasRule for ZeroBias {
    fn advance(&self, _bias: &mut [f32], _memory: &mut [Matrix], _step: &BiasStep<'_>) {}

    fn rests_until_first_stage_ends(&self) -> bool {
        true
    }

    fn course(&self) -> Option<BiasCourse> {
        Some(BiasCourse { reset: 0.0, cap: 0.0 })
    }
}

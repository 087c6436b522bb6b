//! No augmentation: x⁺ = x⁺⁺ = x.
//!
//! Source: Theorem 3.2; docs/theory.md 3.

use super::{Augmentation, AugmentationPart, FactorMoments, Origin};

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "none",
    summary: "both views are the sample",
    settings: &[],
    build: |_, ()| Ok(Box::new(Identity)),
};

/// Both views are the sample itself.
#[derive(Clone, Copy, Debug)]
pub struct Identity;

impl Augmentation for Identity {
    fn views(&self, _from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        if !positive.is_empty() {
            positive.copy_from_slice(sample);
        }
    }

    fn single_view(&self, _from: &Origin<'_>, _sample: &mut [f32]) {}

    fn positive_is_anchor(&self) -> bool {
        true
    }

    fn moments(&self) -> Option<FactorMoments> {
        Some(FactorMoments::of_masks([1.0; 2], 1.0, 1.0))
    }
}

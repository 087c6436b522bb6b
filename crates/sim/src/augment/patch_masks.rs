//! Masks over patches: each row of a batch is a patch, and a fair coin says which of the two views keeps it,
//! x⁺ = c x and x⁺⁺ = (1 − c) x.
//!
//! The views of an input share no patch, as the views of RandomMask share no coordinate. What an input has in
//! several of its patches, a feature for instance, shows in both views. The noise of a patch shows in one
//! alone.
//!
//! Factors of coordinates are not independent of each other: all coordinates of a patch have the same. So
//! there are no moments that closed forms could take.
//!
//! Source: Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning"
//! (NeurIPS 2022), whose views are complementary sets of patches.

use super::{Augmentation, AugmentationPart, Origin};
use crate::math::random::Part;

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "patch_masks",
    summary: "each patch, a row of the batch, goes to one of the two views by a fair coin",
    settings: &[],
    build: |_, ()| Ok(Box::new(PatchMasks)),
};

/// Complementary masks over patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchMasks;

impl PatchMasks {
    fn is_kept_by_anchor(from: &Origin<'_>) -> bool {
        from.stream.reader(Part::Mask, from.row).word() & 1 == 0
    }
}

impl Augmentation for PatchMasks {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        if Self::is_kept_by_anchor(from) {
            positive.fill(0.0);
        } else {
            positive.copy_from_slice(sample);
            sample.fill(0.0);
        }
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        if !Self::is_kept_by_anchor(from) {
            sample.fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Purpose, Stream};

    #[test]
    fn views_share_no_patch_lose_none_and_are_fair() {
        const ROWS: u32 = 20_000;
        let (stream, atoms) = (Stream::new(2, Purpose::MONTE_CARLO, 0), Matrix::default());
        let (patch, nothing) = ([1.5, -2.0, 0.25], [0.0; 3]);
        let mut kept = 0.0;
        for row in 0..ROWS {
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &[] };
            let (mut anchor, mut positive, mut single) = (patch, nothing, patch);
            PatchMasks.views(&from, &mut anchor, &mut positive);
            PatchMasks.single_view(&from, &mut single);
            assert!([(patch, nothing), (nothing, patch)].contains(&(anchor, positive)));
            assert_eq!(single, anchor);
            kept += f64::from(u8::from(anchor == patch));
        }
        let error = 0.5 / f64::from(ROWS).sqrt();
        assert!((kept / f64::from(ROWS) - 0.5).abs() < 5.0 * error, "{kept}");
    }
}

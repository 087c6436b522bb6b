//! Two independent masks: x⁺ = D x/q, x⁺⁺ = D' x/q, D and D' independent with keep rate q.
//!
//! Not the paper's augmentation: the views overlap on a fraction q of what either keeps, so the dense parts stay
//! correlated, E[x⁺ x⁺⁺ᵀ] = E[x xᵀ]. Kept as a separately named kind because published code uses it by mistake.
//!
//! Source: contrast to Definition 2.3; docs/theory.md 4.3.

use super::{Augmentation, AugmentationPart, FactorMoments, KEEP_RATE, Origin, Strength};
use crate::math::random::Part;
use crate::math::{ParameterError, require_drawn};

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "independent_masks",
    summary: "each view keeps keep_rate, drawn independently",
    settings: &[KEEP_RATE],
    build: |given, ()| Ok(Box::new(IndependentMasks::new(given.number("keep_rate")?)?)),
};

/// Independent masks with the same keep rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndependentMasks {
    keep_below: u64,
    scale: f32,
    keep_rate: f64,
}

impl IndependentMasks {
    /// Each view keeps each coordinate with probability `keep_rate` in [10⁻⁶, 1].
    pub fn new(keep_rate: f64) -> Result<Self, ParameterError> {
        require_drawn("keep_rate", keep_rate)?;
        let keep_below = (keep_rate * 4_294_967_296.0).round() as u64;
        Ok(Self { keep_below, scale: (1.0 / keep_rate) as f32, keep_rate })
    }

    fn factor(&self, word: u32) -> f32 {
        if u64::from(word) < self.keep_below { self.scale } else { 0.0 }
    }
}

impl Augmentation for IndependentMasks {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        let mut reader = from.stream.reader(Part::Mask, from.row);
        for (x, y) in sample.iter_mut().zip(positive) {
            *y = *x * self.factor(reader.word());
            *x *= self.factor(reader.word());
        }
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        let mut reader = from.stream.reader(Part::Mask, from.row);
        for x in sample {
            *x *= self.factor(reader.word());
        }
    }

    fn moments(&self) -> Option<FactorMoments> {
        let keep = self.keep_below as f64 / 4_294_967_296.0;
        Some(FactorMoments::of_masks([keep; 2], keep * keep, f64::from(self.scale)))
    }

    fn strengths(&self) -> Vec<Strength> {
        vec![Strength::independent(self.keep_rate)]
    }
}

//! Two masks from one uniform number per coordinate: RandomMask and its generalisation to maximally disjoint masks.
//!
//! u_r uniform on (0, 1), independent over coordinates. D keeps r if u_r < first; D' keeps r if u_r ≥ second.
//!  - `complementary(q)`: first = second = q, so D' = I − D: x⁺ = 2 D x, x⁺⁺ = 2 (I − D) x. The paper's RandomMask is
//!    q = 1/2. The dense parts of the two views share no coordinate, hence are uncorrelated.
//!  - `disjoint(r)`: each view keeps a fraction r, first = r, second = 1 − r, overlap max(0, 2 r − 1), views scaled by
//!    1/r: r = 1 is no augmentation, r = 1/2 is RandomMask.
//!
//! Source: Definition 2.3; docs/theory.md 2.4 and 4.3.

use super::{Augmentation, AugmentationPart, FactorMoments, KEEP_RATE, Origin, Strength};
use crate::math::random::{Part, fill_words};
use crate::math::{ParameterError, require, require_drawn};
use multiversion::multiversion;
use std::cell::RefCell;

/// The paper's augmentation.
pub(super) static RANDOM_MASK: AugmentationPart = AugmentationPart {
    kind: "random_mask",
    summary: "complementary masks, 2Dx and 2(I−D)x (the paper)",
    settings: &[KEEP_RATE],
    build: |given, ()| Ok(Box::new(IntervalMasks::complementary(given.number("keep_rate")?)?)),
};

/// Its generalisation to masks of any size.
pub(super) static DISJOINT_MASKS: AugmentationPart = AugmentationPart {
    kind: "disjoint_masks",
    summary: "each view keeps keep_rate of the coordinates, overlapping as little as possible",
    settings: &[KEEP_RATE],
    build: |given, ()| Ok(Box::new(IntervalMasks::disjoint(given.number("keep_rate")?)?)),
};

/// Masks that are intervals of one uniform number per coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalMasks {
    /// The anchor keeps words below this.
    anchor_below: u64,
    /// The positive keeps words from this on.
    positive_from: u64,
    scale: f32,
    /// What the anchor keeps, as it was asked for.
    keep_rate: f64,
}

const WORDS: f64 = 4_294_967_296.0;
const HALF: u64 = 1 << 31;

thread_local! {
    /// Random words of one row, kept between rows so that nothing is allocated per row.
    static ROW_WORDS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

impl IntervalMasks {
    /// RandomMask: complementary masks, the anchor keeping each coordinate with probability `keep_rate` in
    /// [10⁻⁶, 1).
    pub fn complementary(keep_rate: f64) -> Result<Self, ParameterError> {
        require_drawn("keep_rate", keep_rate)?;
        require(keep_rate < 1.0, "keep_rate", keep_rate, "below 1: the other view would keep nothing")?;
        let border = (keep_rate * WORDS).round() as u64;
        Ok(Self { anchor_below: border, positive_from: border, scale: 2.0, keep_rate })
    }

    /// Maximally disjoint masks, each view keeping each coordinate with probability `keep_rate` in [10⁻⁶, 1].
    pub fn disjoint(keep_rate: f64) -> Result<Self, ParameterError> {
        require_drawn("keep_rate", keep_rate)?;
        let anchor_below = (keep_rate * WORDS).round() as u64;
        let positive_from = (1 << 32) - anchor_below;
        Ok(Self { anchor_below, positive_from, scale: (1.0 / keep_rate) as f32, keep_rate })
    }

    /// Each coordinate is in exactly one view.
    fn is_complementary(&self) -> bool {
        self.anchor_below == self.positive_from
    }

    /// One random bit decides a coordinate: the paper's case, drawn 32 coordinates a word.
    fn is_fair_split(&self) -> bool {
        self.anchor_below == HALF && self.positive_from == HALF
    }
}

impl Default for IntervalMasks {
    /// The paper's RandomMask: each coordinate in one view, with equal probability.
    fn default() -> Self {
        Self { anchor_below: HALF, positive_from: HALF, scale: 2.0, keep_rate: 0.5 }
    }
}

impl Augmentation for IntervalMasks {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        ROW_WORDS.with_borrow_mut(|words| {
            if self.is_fair_split() {
                words.resize(sample.len().div_ceil(32), 0);
                fill_words(words, from.stream, Part::Mask, from.row);
                split_by_bits(sample, positive, words, self.scale);
            } else {
                words.resize(sample.len(), 0);
                fill_words(words, from.stream, Part::Mask, from.row);
                split_by_words(sample, positive, words, *self);
            }
        });
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        ROW_WORDS.with_borrow_mut(|words| {
            words.resize(sample.len(), 0);
            fill_words(words, from.stream, Part::Mask, from.row);
            for (x, &word) in sample.iter_mut().zip(words.iter()) {
                *x *= if u64::from(word) < self.anchor_below { self.scale } else { 0.0 };
            }
        });
    }

    fn moments(&self) -> Option<FactorMoments> {
        let (anchor_below, positive_from) =
            (self.anchor_below as f64 / WORDS, self.positive_from as f64 / WORDS);
        let both = (anchor_below - positive_from).max(0.0);
        Some(FactorMoments::of_masks([anchor_below, 1.0 - positive_from], both, f64::from(self.scale)))
    }

    fn strengths(&self) -> Vec<Strength> {
        // Complementary masks are disjoint ones only where both views keep as much.
        match (self.is_complementary(), self.is_fair_split()) {
            (false, _) => vec![Strength::disjoint(self.keep_rate)],
            (true, false) => vec![Strength::complementary(self.keep_rate)],
            (true, true) => vec![Strength::complementary(0.5), Strength::disjoint(0.5)],
        }
    }
}

/// anchor = scale·x where the bit is set, positive = scale·x where it is not.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn split_by_bits(sample: &mut [f32], positive: &mut [f32], words: &[u32], scale: f32) {
    for ((xs, ys), &word) in sample.chunks_mut(32).zip(positive.chunks_mut(32)).zip(words) {
        for (bit, (x, y)) in xs.iter_mut().zip(ys).enumerate() {
            let keep = 0u32.wrapping_sub((word >> bit) & 1);
            let scaled = (*x * scale).to_bits();
            *x = f32::from_bits(scaled & keep);
            *y = f32::from_bits(scaled & !keep);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn split_by_words(sample: &mut [f32], positive: &mut [f32], words: &[u32], masks: IntervalMasks) {
    for ((x, y), &word) in sample.iter_mut().zip(positive).zip(words) {
        let word = u64::from(word);
        let scaled = *x * masks.scale;
        *x = if word < masks.anchor_below { scaled } else { 0.0 };
        *y = if word >= masks.positive_from { scaled } else { 0.0 };
    }
}

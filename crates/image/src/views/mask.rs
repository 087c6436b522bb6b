//! Masks on pixels and patches.

use super::{Scratch, Size, View};
use featurescope_sim::math::Stream;
use featurescope_sim::math::random::{Part, fill_words_in_order};

/// How the positive's mask goes with the anchor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskPair {
    /// The positive keeps what the anchor does not: D' = I − D.
    Complementary,
    /// Two independent masks with the same keep rate.
    Independent,
}

/// The parameters of [`ViewStep::Mask`](super::ViewStep::Mask).
pub(super) struct Mask {
    pub keep_rate: f32,
    pub patch: usize,
    pub pair: MaskPair,
    pub gain: f32,
}

/// Where the random words of a mask come from.
pub(super) struct Words<'a> {
    pub stream: &'a Stream,
    pub row: u32,
    pub first_block: u32,
    /// That of the view.
    pub part: Part,
}

/// What masked pixels become, and around what kept ones are multiplied.
const GREY: f32 = 0.5;

pub(super) fn apply(
    picture: &mut [f32],
    size: Size,
    mask: &Mask,
    view: View,
    words: &Words<'_>,
    scratch: &mut Scratch,
) {
    let Size { width, height } = size;
    let patch = mask.patch.max(1);
    let across = width.div_ceil(patch);
    // Both views of a pair read one word per patch; independent masks read words of their own.
    let part = match mask.pair {
        MaskPair::Complementary => Part::Mask,
        MaskPair::Independent => words.part,
    };
    scratch.words.resize(across * height.div_ceil(patch), 0);
    fill_words_in_order(&mut scratch.words, words.stream, part, words.row, words.first_block);
    let border = (f64::from(mask.keep_rate) * 4_294_967_296.0).round() as u64;
    let keeps_above = mask.pair == MaskPair::Complementary && view == View::Positive;
    for (line, values) in picture.chunks_exact_mut(width).enumerate() {
        let patches = &scratch.words[line % height / patch * across..][..across];
        for (values, &word) in values.chunks_mut(patch).zip(patches) {
            let is_kept = (u64::from(word) < border) != keeps_above;
            let factor = if is_kept { mask.gain } else { 0.0 };
            for v in values {
                *v = GREY + factor * (*v - GREY);
            }
        }
    }
}

//! The law of the dense noise: what the coordinates of ξ are, each with mean 0 and variance σ².
//!
//! The paper's noise is Gaussian. Closed forms and reduced dynamics use that a Gaussian vector looks the same along all
//! directions, so of other noise they say nothing.
//!
//! To add a law: one file with a type that implements [`NoiseLaw`] and the [`Part`] that declares it; below, its line
//! in the list.

use crate::math::Stream;
use crate::math::random::{Part as Draw, fill_words_in_order};
use crate::part::{Part, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

pub use gaussian::Gaussian;

parts! {
    /// How the noise is drawn.
    NOISE_LAWS: Slot<Arc<dyn NoiseLaw>> =
        ("data.noise", "The law of the coordinates of the dense noise ξ; their variance is noise_variance.", "gaussian");
    gaussian;
    student;
    uniform;
}

/// A part that is a law of noise.
type NoisePart = Part<Arc<dyn NoiseLaw>>;

impl Slotted for Arc<dyn NoiseLaw> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &NOISE_LAWS
    }
}

/// A law of independent numbers with mean 0. Row r of a stream is a pure function of (stream, r).
pub trait NoiseLaw: fmt::Debug + Send + Sync {
    /// Fills `noise` with independent numbers of this standard deviation, those of `row`.
    fn fill(&self, noise: &mut [f32], deviation: f32, stream: &Stream, row: u32);

    /// Whether the numbers are normal.
    fn is_gaussian(&self) -> bool {
        false
    }
}

/// Words that are drawn at a time.
const WORDS_AT_A_TIME: usize = 256;
/// 2³²: a word over it is a number in [0, 1).
const WORDS: f64 = 4_294_967_296.0;

/// Fills `noise` with `number` of `N` words each, the words of the row one after the other.
fn fill_from_words<const N: usize>(
    noise: &mut [f32],
    (stream, row): (&Stream, u32),
    number: impl Fn([u32; N]) -> f64,
) {
    let mut words = [0; WORDS_AT_A_TIME];
    for (piece, part) in noise.chunks_mut(WORDS_AT_A_TIME / N).enumerate() {
        let words = &mut words[..N * part.len()];
        let first_block = (piece * WORDS_AT_A_TIME / 4) as u32;
        fill_words_in_order(words, stream, Draw::Dense, row, first_block);
        for (value, own) in part.iter_mut().zip(words.as_chunks::<N>().0) {
            *value = number(*own) as f32;
        }
    }
}

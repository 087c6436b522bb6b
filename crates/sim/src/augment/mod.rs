//! The two views x⁺, x⁺⁺ of a positive sample.
//!
//! Source: Definition 2.3; docs/theory.md 2.4.
//!
//! To add an augmentation: one file with a type that implements [`Augmentation`], one variant in the spec of the lab.

pub mod identity;
pub mod interval_masks;
pub mod independent_masks;

pub use identity::Identity;
pub use independent_masks::IndependentMasks;
pub use interval_masks::IntervalMasks;

use crate::math::Stream;

/// A law of pairs of views. Views are drawn row by row, each row a pure function of (stream, row, sample).
pub trait Augmentation: Send + Sync {
    /// Turns the sample in `sample` into the anchor x⁺ in place and writes the other view x⁺⁺ into `positive`.
    ///
    /// When [`Augmentation::positive_is_anchor`] holds, `positive` may be empty and is left alone.
    fn views(&self, stream: &Stream, row: u32, sample: &mut [f32], positive: &mut [f32]);

    /// Turns the sample in place into a single view with the law of x⁺: what masked negatives get (Remark 2.4).
    fn single_view(&self, stream: &Stream, row: u32, sample: &mut [f32]);

    /// `Some(s)` where x⁺ + x⁺⁺ = s·x in every coordinate, so that W x⁺⁺ = s·W x − W x⁺.
    fn sum_of_views(&self) -> Option<f32> {
        None
    }

    /// Whether x⁺⁺ is x⁺ itself, so that it need not be computed twice.
    fn positive_is_anchor(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;

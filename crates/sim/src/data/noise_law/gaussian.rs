//! Normal noise, the paper's.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::{NoiseLaw, NoisePart};
use crate::math::Stream;
use crate::math::gaussian::fill_normal;
use crate::math::random::Part;
use std::sync::Arc;

/// The declaration.
pub(super) static PART: NoisePart = NoisePart {
    kind: "gaussian",
    summary: "normal numbers (Definition 2.1)",
    settings: &[],
    build: |_, ()| Ok(Arc::new(Gaussian)),
};

/// Normal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaussian;

impl NoiseLaw for Gaussian {
    fn fill(&self, noise: &mut [f32], deviation: f32, stream: &Stream, row: u32) {
        fill_normal(noise, deviation, stream, Part::Dense, row);
    }

    fn is_gaussian(&self) -> bool {
        true
    }
}

//! No adversary: the step is taken at the samples as they were drawn.
//!
//! Source: Section 3 of the paper.

use super::{Adversary, AdversaryPart};

/// The declaration.
pub(super) static PART: AdversaryPart = AdversaryPart {
    kind: "none",
    summary: "inputs stay as they are (the paper)",
    settings: &[],
    build: |_, ()| Ok(Box::new(NoAdversary)),
};

/// Nothing moves.
#[derive(Clone, Copy, Debug)]
pub struct NoAdversary;

impl Adversary for NoAdversary {
    fn steps(&self) -> usize {
        0
    }

    fn advance(&self, _start: &[f32], _gradient: &[f32], _sample: &mut [f32]) {}

    fn is_rotation_invariant(&self) -> bool {
        true
    }
}

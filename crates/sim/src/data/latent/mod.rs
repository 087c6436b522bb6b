//! Laws of the sparse code z in {−1, 0, 1}^d.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.
//!
//! To add a law: one file with a type that implements [`LatentLaw`] and the [`Part`] that declares it; below,
//! its line in the
//! list.

pub use fixed_count::FixedCount;
pub use independent::Independent;

use super::Sizes;
use crate::math::{ParameterError, Stream};
use crate::part::{Part, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

parts! {
    /// How the sparse code is drawn.
    LATENT_LAWS: Slot<Arc<dyn LatentLaw>, Sizes> =
        ("data.latent", "Which atoms are active in a sample.", "independent");
    independent;
    fixed_count;
}

/// A part that is a law of codes.
type LatentPart = Part<Arc<dyn LatentLaw>, Sizes>;

impl Slotted for Arc<dyn LatentLaw> {
    type Context = Sizes;

    fn slot() -> &'static Slot<Self, Sizes> {
        &LATENT_LAWS
    }
}

/// A law of sparse codes with fair signs. Row r of a stream is a pure function of (stream, r).
pub trait LatentLaw: fmt::Debug + Send + Sync {
    /// Writes the code of `row`; `latent` has one entry per atom.
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]);

    /// Pr(z_j ≠ 0) = E z_j², averaged over the atoms.
    fn activity(&self, latent_dim: usize) -> f64;

    /// Checks the parameters against the number of atoms.
    fn check(&self, _latent_dim: usize) -> Result<(), ParameterError> {
        Ok(())
    }

    /// What closed forms ask of a law under which all atoms are alike; `None` where they are not.
    fn moments(&self, _latent_dim: usize) -> Option<LatentMoments> {
        None
    }
}

/// Moments of a code whose atoms are all alike: E z_j² = p for every j, E z_i z_j = 0 for i ≠ j.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatentMoments {
    /// p, in (0, 1].
    pub activity: f64,
    /// Whether atoms are active independently of each other, so that E z_i² z_j² = p² for i ≠ j.
    pub are_independent: bool,
}

/// The guide's example of a law is a law.
#[cfg(test)]
#[path = "../../../../../examples/extend/latent.rs"]
mod example;

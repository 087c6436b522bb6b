//! Laws of the sparse code z: which of the d atoms are active in a sample, with which signs, and how strongly.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.
//!
//! To add a law: one file with a type that implements [`LatentLaw`] and the [`Part`] that declares it; below,
//! its line in the list. A law says which atoms are active; with the setting [`values::VALUES`] active entries get
//! magnitudes, whatever the law.

pub mod per_atom;
pub mod values;

pub use blocks::Blocks;
pub use classes::Classes;
pub use copula::Copula;
pub use fixed_count::FixedCount;
pub use hierarchical::Hierarchical;
pub use independent::Independent;
pub use per_atom::PerAtom;

use super::Sizes;
use super::levels::Level;
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
    power_law;
    listed;
    blocks;
    copula;
    hierarchical;
    classes;
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

    /// Pr(z_j ≠ 0), averaged over the atoms.
    fn activity(&self, latent_dim: usize) -> f64;

    /// E z_j², averaged over the atoms: the activity where active entries are ±1.
    fn mean_square(&self, latent_dim: usize) -> f64 {
        self.activity(latent_dim)
    }

    /// Checks the parameters against the number of atoms.
    fn check(&self, _latent_dim: usize) -> Result<(), ParameterError> {
        Ok(())
    }

    /// What closed forms ask of a law under which all atoms are alike; `None` where they are not.
    fn moments(&self, _latent_dim: usize) -> Option<LatentMoments> {
        None
    }

    /// E z_j² of every atom, d entries, of a law under which E z_i z_j = 0 for i ≠ j: what theories of linear learners
    /// ask. `None` for other laws.
    fn second_moments(&self, latent_dim: usize) -> Option<Vec<f64>> {
        self.moments(latent_dim).map(|moments| vec![moments.activity; latent_dim])
    }

    /// The levels of a law whose atoms form a tree, the lowest one, the atoms themselves, first; empty for other laws.
    fn levels(&self, _latent_dim: usize) -> Vec<Level> {
        Vec::new()
    }

    /// Number of classes that samples belong to; 0 for a law without classes.
    fn class_count(&self) -> usize {
        0
    }

    /// The class of the sample with this code, below [`class_count`](Self::class_count); `None` if it has none.
    fn class_of(&self, _latent: &[f32]) -> Option<u32> {
        None
    }
}

/// Moments of a code with entries −1, 0 and 1 whose atoms are all alike: E z_j² = p for every j, E z_i z_j = 0 for
/// i ≠ j, and pairs that are active (nearly) independently.
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

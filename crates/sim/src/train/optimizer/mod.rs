//! How parameters move along their gradients: plain descent, momentum, Adam.
//!
//! An optimiser moves every array of a learner in the same way: W, the arrays of its network and those of its
//! objective. What it remembers of an array is stored with the learner. Thresholds have rules of their own
//! ([`bias`](super::bias)).
//!
//! To add one: a file with a type that implements [`Optimizer`] and the [`Part`] that declares it; below, its
//! line in the list.

pub use adam::Adam;
pub use momentum::Momentum;
pub use sgd::Sgd;

use crate::math::Matrix;
use crate::part::{Part, Slot, Slotted, parts};

parts! {
    /// The optimisers.
    OPTIMIZERS: Slot<Box<dyn Optimizer>> =
        ("training.optimizer", "How weights move along their gradients.", "sgd");
    sgd;
    momentum;
    adam;
}

/// A part that is an optimiser.
type OptimizerPart = Part<Box<dyn Optimizer>>;

impl Slotted for Box<dyn Optimizer> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &OPTIMIZERS
    }
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// η now.
    pub rate: f64,
    /// λ, the weight decay.
    pub decay: f64,
    /// The number of the step, 1 for the first one.
    pub step: u64,
}

/// A rule that moves parameters along their gradients.
pub trait Optimizer: Send + Sync {
    /// Names of what it remembers of an array, each a matrix of the array's shape that starts at zero.
    fn memory(&self) -> &'static [&'static str] {
        &[]
    }

    /// Moves an array.
    ///
    /// # Shapes
    /// `gradient` and every matrix of `memory`: as `values`; `memory` is in the order of
    /// [`Optimizer::memory`].
    fn advance(&self, values: &mut Matrix, gradient: &Matrix, memory: &mut [Matrix], pace: Pace);

    /// Whether it is w ← (1 − ηλ) w − η ∇L and nothing else: what closed forms, the fast step and reduced
    /// dynamics describe.
    fn is_plain(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;

//! What stands between features and objective: the loss reads above the head, probes and measurements below
//! it.
//!
//! A head is trained with the learner and thrown away: what it does to the features, the representation need
//! not do. None is the paper's choice. A head sees features alone, so the same head serves every network and
//! every dynamics.
//!
//! To add a head: one file with a type that implements [`Head`] and the [`Part`] that declares it; below, its
//! line in the list.
//!
//! Source: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations" (arXiv
//! 2002.05709), Section 4.2.

pub use crate::layer::{At, Tape};
pub use patch_sum::PatchSum;
pub use perceptron::Perceptron;

use crate::math::Matrix;
use crate::part::{Mover, ParameterArray, Part, PartSetting, Slot, Slotted, parts};

parts! {
    /// The heads.
    HEADS: Slot<Option<Box<dyn Head>>> = (
        "head",
        "What stands between features and objective. The loss reads above it, probes and measurements below it.",
        "none"
    );
    none;
    perceptron { LINEAR, MLP };
    patch_sum;
}

/// A part that is a head, or none.
type HeadPart = Part<Option<Box<dyn Head>>>;

impl Slotted for Option<Box<dyn Head>> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &HEADS
    }
}

/// What is done to the outputs of a sample in the end: every head has this setting.
const OUTPUT: PartSetting = PartSetting::word(
    "output",
    &["plain", "normalised"],
    "\"plain\"",
    "plain: outputs as they are. normalised: the outputs of every sample are divided by their norm, so \
     that the loss sees cosines.",
);

/// A map from features to what the objective reads.
pub trait Head: Send + Sync {
    /// Number of outputs on so many features.
    fn output_count(&self, features: usize) -> usize;

    /// P ≥ 1, rows of features behind one row of outputs: the patches of an input. A batch has a multiple of P rows.
    fn patches(&self) -> usize {
        1
    }

    /// Its parameter arrays on so many features.
    fn arrays(&self, features: usize) -> Vec<ParameterArray>;

    /// Who moves its array of this number.
    fn mover(&self, _array: usize) -> Mover {
        Mover::Optimizer
    }

    /// Outputs of a batch.
    ///
    /// # Shapes
    /// `features`: n × K; `output` becomes n/P × outputs. `tape` takes what [`Head::backward`] needs of this
    /// pass.
    fn forward(&self, features: &Matrix, at: At<'_>, tape: &mut Tape, output: &mut Matrix);

    /// Turns the gradient with respect to the outputs into the one with respect to the features, in place,
    /// and adds the gradients with respect to its arrays, summed over the batch, to `sums`.
    ///
    /// # Shapes
    /// `gradient`: n/P × outputs in, n × K out; `sums`: as the arrays. `features`, `at` and `tape` are those of
    /// the forward pass, and `tape` still serves another backward pass afterwards.
    fn backward(
        &self,
        features: &Matrix,
        at: At<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut [Matrix],
    );

    /// Moves the running averages among its arrays by a batch that training has seen; `tape` is that of the
    /// batch's forward pass.
    fn observe(&self, _tape: &mut Tape, _arrays: &mut [Matrix]) {}
}

#[cfg(test)]
mod tests;

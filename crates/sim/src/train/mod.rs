//! The training process: joins data, views, network and objective, and moves the learner.
//!
//! Everybody drives it the same way:
//! ```text
//! while let Some(view) = dynamics.step() { recorder.observe(&view); }
//! dynamics.stop_reason()
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | `process` | what a process is made of |
//! | `labels` | codes and classes that objectives learn from, some of them wrong |
//! | `reference` | one step as the paper states it, for any parts: read this first |
//! | [`fast`] | the same step by fewer and faster products, for parts that allow it |
//! | [`sampled`] | training in the ambient space, by one of these two |
//! | [`reduced`] | training in the coordinates that the learner sees |
//! | `climb`, [`adversary`] | what an adversary does to the inputs before a step |
//! | `pass` | from pre-activations to their gradients: what all three have in common |
//! | `point` | the parameters above W that batches are evaluated at |
//! | `several` | the loss over more than two views |
//! | `target` | a slower copy of the learner, for objectives that predict what it says |
//! | [`learner`], [`optimizer`], [`rate`], [`bias`], [`stage`] | how parameters, thresholds and stages move |
//!
//! Source: Section 3 of the paper (training algorithm); docs/theory.md 3.

pub mod bias;
pub mod stage;
pub mod rate;
pub mod optimizer;
pub mod adversary;
mod arrays;
mod point;
mod target;
mod several;
pub mod learner;
mod drawing;
mod labels;
mod process;
mod pass;
mod climb;
mod reading;
mod reference;
pub mod fast;
pub mod sampled;
pub mod reduced;
pub mod view;

pub use adversary::{ADVERSARIES, Adversary, Ascent, Cube, EuclideanBall, NoAdversary, RandomDirection};
pub use bias::{
    BIAS_RULES, BiasCourse, BiasRule, BiasStep, RelativeBias, STAGED_RESET, StagedBias, TrainedBias, ZeroBias,
};
pub use learner::{Learner, TrainingRule};
pub use optimizer::{Adam, Momentum, OPTIMIZERS, Optimizer, Sgd};
pub use process::{Arithmetic, BatchPlan, NegativeViews, Parts, StepPart};
pub use rate::{ConstantRate, CosineRate, RateDrops, RateRule, RateSchedule, SCHEDULES};
pub use reduced::{MaskJitter, Reduced};
pub use sampled::Sampled;
pub use stage::{StageRule, StageTimes};
pub use view::{
    Attacked, BiasForces, Coordinates, Decomposed, Growth, Oblique, Pairs, Represented, StepView,
};

use crate::math::{Matrix, Stream};
use crate::network::Network;

/// Why a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum StopReason {
    /// All planned steps were taken.
    Finished,
    /// A figure left the finite numbers, or the weights grew beyond any use.
    Diverged {
        /// The step at which it was seen.
        step: u64,
        /// What was seen.
        what: String,
    },
}

/// The full state of a training process between two steps: enough to go on bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Steps taken.
    pub step: u64,
    /// Stage times reached so far.
    pub stages: StageTimes,
    /// Named arrays: weights, biases, norms, and what else the dynamics keeps.
    pub arrays: Vec<(String, Matrix)>,
}

/// A snapshot that does not fit the process it is given to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("array `{array}` of the checkpoint has shape {found}, this run needs {expected}")]
pub struct SnapshotError {
    /// Name of the array.
    pub array: String,
    /// Its shape, or "nothing" if it is missing.
    pub found: String,
    /// The shape this process has.
    pub expected: String,
}

/// A training process that is pulled step by step.
pub trait Dynamics: Send {
    /// Takes one step. `None` when the process has stopped; [`Dynamics::stop_reason`] says why.
    fn step(&mut self) -> Option<StepView<'_>>;

    /// The state now, without taking a step.
    fn view(&self) -> StepView<'_>;

    /// Why the process stopped; `None` while it can still step.
    fn stop_reason(&self) -> Option<&StopReason>;

    /// The network of the learner.
    fn network(&self) -> &dyn Network;

    /// W in the basis of the data: W M and what lies outside.
    fn coordinates(&self) -> Coordinates;

    /// How much the initial weights have grown.
    fn growth(&self) -> Growth;

    /// What the last batch did to the biases; `None` before the first step and where no positive pulls.
    fn bias_forces(&self) -> Option<BiasForces>;

    /// The matrix by which the objective predicts the features of the other view, K × K; `None` where it predicts
    /// nothing, or not by a matrix.
    fn prediction(&self) -> Option<Matrix> {
        None
    }

    /// f(x) of given samples, n × (input dimension) to n × K.
    fn embed(&self, x: &Matrix) -> Matrix;

    /// f(x) and z for fresh samples, rows `first_row..first_row + rows` of `stream`.
    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented;

    /// f(x⁺) and f(x⁺⁺) of the two views of fresh samples, which `stream` draws as well as their masks; `None` where
    /// the objective takes one view.
    fn represent_pairs(&self, _stream: &Stream, _first_row: usize, _rows: usize) -> Option<Pairs> {
        None
    }

    /// The margins of fresh samples before and after an attack, `first_row..first_row + rows` of `stream`; `None` where
    /// the objective does not classify, where batches move the network's averages, and in reduced dynamics.
    fn attack(
        &self,
        _stream: &Stream,
        _first_row: usize,
        _rows: usize,
        _adversary: &dyn Adversary,
    ) -> Option<Attacked> {
        None
    }

    /// f(x), f(M z), f(ξ) and z for the same fresh samples.
    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed;

    /// The state, to be stored.
    fn snapshot(&self) -> Snapshot;

    /// Goes on from a stored state.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError>;
}

#[cfg(test)]
mod tests;

//! How thresholds move: never, by a schedule, by gradient descent.
//!
//! A rule moves them once a step, after the weights have moved and the stage clock was read. What it
//! remembers of a threshold is stored with the learner.
//!
//! To add a rule: one file with a type that implements [`BiasRule`] and the [`Part`] that declares it; below,
//! its line in the list. `examples/extend/bias.rs` is such a file.
//!
//! Source: Section 3 (bias schedule), Appendix D.2; docs/theory.md 3 and 4.5.

pub use relative::RelativeBias;
pub use staged::{STAGED_RESET, StagedBias};
pub use trained::TrainedBias;
pub use zero::ZeroBias;

use super::stage::StageTimes;
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

parts! {
    /// How thresholds move.
    BIAS_RULES: Slot<Arc<dyn BiasRule>> = (
        "bias",
        "How thresholds move. At zero the map stays linear and no neuron becomes a single atom.",
        "staged"
    );
    zero;
    trained;
    staged;
    relative;
}

/// A part that moves thresholds.
type BiasPart = Part<Arc<dyn BiasRule>>;

impl Slotted for Arc<dyn BiasRule> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &BIAS_RULES
    }
}

/// Where thresholds start at T1.
const RESET: PartSetting = PartSetting::new(
    "reset",
    Kind::Number(Range::POSITIVE),
    Fallback::Absent("staged: 0.8; trained: there is no reset, biases are trained from the start"),
    "Bias at T1 in units of √(2 ln d/d)·‖w‖, zero before. The paper has 1.",
);

/// What stops thresholds.
const CAP: PartSetting = PartSetting::number("cap", Range::POSITIVE, "0.45", "Largest bias over norm.");

/// A rule that moves the thresholds b_i ≥ 0. They start at zero.
pub trait BiasRule: fmt::Debug + Send + Sync {
    /// Checks the parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }

    /// Names of what it remembers of the thresholds, each a row with one entry per neuron that starts at
    /// zero.
    fn memory(&self) -> &'static [&'static str] {
        &[]
    }

    /// Moves the thresholds, m entries, at the end of a step.
    ///
    /// # Shapes
    /// Every matrix of `memory`: 1 × m, in the order of [`BiasRule::memory`].
    fn advance(&self, bias: &mut [f32], memory: &mut [Matrix], step: &BiasStep<'_>);

    /// Whether thresholds stay at zero until T1: what closed forms of stage I describe.
    fn rests_until_first_stage_ends(&self) -> bool {
        false
    }

    /// Where settings alone lead the thresholds; `None` where the data have a say in it.
    fn course(&self) -> Option<BiasCourse> {
        None
    }
}

/// One step as a rule sees it: after the weights have moved.
#[derive(Clone, Copy, Debug)]
pub struct BiasStep<'a> {
    /// Steps taken, this one included.
    pub step: u64,
    /// Stage times reached so far; T1 is `step` if stage I ended with this step.
    pub stages: StageTimes,
    /// d, the number of atoms.
    pub latent_dim: usize,
    /// η of the step.
    pub learning_rate: f64,
    /// η of the step over η at the start: what the schedule of the learning rate makes of other rates.
    pub rate_factor: f64,
    /// ‖w_i‖ before the step, m entries.
    pub old_norms: &'a [f32],
    /// ‖w_i‖ after it, m entries.
    pub norms: &'a [f32],
    /// ∂L/∂b_i of the step's batch at the parameters before it, m entries.
    pub gradient: &'a [f64],
}

impl BiasStep<'_> {
    /// Whether stage I ended with this step.
    pub fn ends_first_stage(&self) -> bool {
        self.stages.first == Some(self.step)
    }

    /// Whether stage I ended before this step or with it.
    pub fn is_after_first_stage(&self) -> bool {
        self.stages.first.is_some()
    }
}

/// Where thresholds go, relative to the norms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasCourse {
    /// b_i/‖w_i‖ at T1, in units of √(2 ln d/d), ≥ 0.
    pub reset: f64,
    /// The largest b_i/‖w_i‖, ≥ 0; 0 where thresholds never leave zero.
    pub cap: f64,
}

impl BiasCourse {
    /// Whether thresholds never leave zero, so that a map of symmetric ReLUs stays linear.
    pub fn stays_at_zero(&self) -> bool {
        self.cap == 0.0
    }
}

/// √(2 ln d/d): the bias-to-norm ratio of the paper's reset.
fn reset_unit(latent_dim: usize) -> f64 {
    let d = latent_dim as f64;
    (2.0 * d.ln() / d).sqrt()
}

#[cfg(test)]
mod tests;

/// The guide's example of a rule is a rule.
#[cfg(test)]
#[path = "../../../../../examples/extend/bias.rs"]
mod example;

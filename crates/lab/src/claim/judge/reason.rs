//! Why a statement is undecided.

use super::FEWEST_SEEDS;
use super::repetitions::FEWEST_SIZES;
use crate::claim::Axis;
use serde::{Deserialize, Serialize};

/// Why a statement is undecided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No run has such an arm.
    #[error("there is no run for it; it needs {needed}")]
    NoRuns {
        /// What it would have to be.
        needed: String,
    },
    /// An interval needs repetitions.
    #[error("too few seeds: {found}, a verdict needs {FEWEST_SEEDS}")]
    TooFewSeeds {
        /// How many there are.
        found: usize,
    },
    /// A trend needs sizes.
    #[error("too few sizes: {found}, a trend needs at least {FEWEST_SIZES} with {FEWEST_SEEDS} seeds each")]
    TooFewSizes {
        /// How many there are.
        found: usize,
    },
    /// Two settings of one ladder have the same size.
    #[error("two settings with {axis} = {size} on one ladder: give them different experiment names", axis = .axis.words())]
    TwoSettings {
        /// What changes along the ladder.
        axis: Axis,
        /// The size.
        size: f64,
    },
    /// An exponent needs logarithms.
    #[error("no exponent: {value} at {axis} = {size} has no logarithm", axis = .axis.words())]
    NotPositive {
        /// What changes along the ladder.
        axis: Axis,
        /// Where.
        size: f64,
        /// The value.
        value: f64,
    },
    /// A control that differs from every subject in more than what makes it a control.
    #[error("not at the subject's settings: {} differ too", settings.join(", "))]
    NotAtSubjectsSettings {
        /// In which settings it differs from the subject that is most like it.
        settings: Vec<String>,
    },
    /// A control without a subject.
    #[error("there is no subject to compare it with")]
    NoSubject,
    /// The interval contains the bound.
    #[error("the interval over {seeds} seeds contains the bound: more seeds would narrow it")]
    OnTheBound {
        /// How many there are.
        seeds: usize,
    },
    /// Some runs have no value.
    #[error("{missing} of {runs} runs have no value: {why}")]
    NotMeasured {
        /// How many have none.
        missing: usize,
        /// How many there are.
        runs: usize,
        /// What the first of them says.
        why: String,
    },
    /// The statement does not speak of such runs: its condition is not met in any of them, or it is about
    /// something that they do not have.
    #[error("not applicable: {why}")]
    NotApplicable {
        /// What.
        why: String,
    },
    /// Tests or settings of the claim disagree about being decided.
    #[error("not every test is decided")]
    Partly,
}

//! What will run: a spec turned into checked parts, before anything is written.
//!
//! Making a plan does everything that can fail for the settings' sake: sizes that do not fit together, files that hold
//! no dictionary, memory that is not there. All arms share one data model, so that they see the same samples.

pub mod cost;
mod data;
mod arm;
mod fork;
pub mod prediction;

pub use arm::ArmPlan;
pub use cost::Cost;
pub use data::PlannedData;
pub use fork::{Fork, ForkMoment};
pub use prediction::{ArmPrediction, Growth, Yardstick};

use crate::matrix_file::MatrixFileError;
use crate::spec::typed::ProbeSpec;
use crate::spec::{Spec, SpecError};
use featurescope_sim::data::DictionaryError;
use featurescope_sim::math::ParameterError;
use featurescope_sim::probe::LadderSettings;

/// A run that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was typed is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Values that do not fit together.
    #[error("{part}: {source}")]
    Parameter {
        /// The table or arm.
        part: String,
        /// Which value, and what would be accepted.
        source: ParameterError,
    },
    /// The dictionary is not orthonormal.
    #[error("data.dictionary: {0}")]
    Dictionary(DictionaryError),
    /// A matrix file cannot be used.
    #[error("{setting}: {source}")]
    MatrixFile {
        /// The setting that names it.
        setting: &'static str,
        /// What is wrong with it.
        source: MatrixFileError,
    },
    /// A fork that cannot be made.
    #[error("arm {arm}: training.fork = {fork} cannot be used: {problem}")]
    Fork {
        /// The arm.
        arm: String,
        /// What was typed.
        fork: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The run would not fit into memory.
    #[error(
        "this run needs about {needed} of memory (most of it for {largest}), {available} are available: lower {remedy}"
    )]
    Memory {
        /// Bytes needed.
        needed: String,
        /// What takes most of them.
        largest: String,
        /// Bytes there are.
        available: String,
        /// Settings that matter.
        remedy: &'static str,
    },
}

impl PlanError {
    pub(crate) fn parameter(part: impl Into<String>) -> impl FnOnce(ParameterError) -> Self {
        let part = part.into();
        |source| Self::Parameter { part, source }
    }
}

/// A run, ready to start.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// The spec that gives this run again, as TOML.
    pub resolved: String,
    /// What every arm is trained on.
    pub data: PlannedData,
    /// How features are probed; `None` without probes.
    pub probes: Option<ProbePlan>,
    /// What linear rules on x reach at best.
    pub yardstick: Yardstick,
    /// The arms, in the order in which they run.
    pub arms: Vec<ArmPlan>,
    /// What the run costs.
    pub cost: Cost,
}

/// How features are probed.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbePlan {
    /// Labels, targets, grid.
    pub ladder: LadderSettings,
    /// Labelled samples to draw: the longest rung of the ladder.
    pub training_rows: usize,
    /// Samples that choose the regularisation.
    pub validation_rows: usize,
    /// Samples that scores are read on.
    pub test_rows: usize,
}

impl ProbePlan {
    fn new(spec: &ProbeSpec, seed: u64) -> Option<Self> {
        let training_rows = spec.labels.iter().copied().max()?;
        let ladder = LadderSettings {
            labels: spec.labels.clone(),
            targets: spec.targets,
            target_spread: spec.target_spread,
            seed,
            ..LadderSettings::default()
        };
        let (validation_rows, test_rows) = (spec.validation_rows, spec.test_rows);
        Some(Self { ladder, training_rows, validation_rows, test_rows })
    }
}

/// Everything that can be checked without building a part: sizes and memory. Returns what the run costs.
pub fn check_settings(spec: &Spec) -> Result<Cost, PlanError> {
    data::check_sizes(&spec.shared.data)?;
    let cost = Cost::of(spec);
    cost.check_memory(crate::host::available_memory())?;
    Ok(cost)
}

impl Plan {
    /// Checks the spec as a whole and builds the parts.
    ///
    /// `name` names the experiment where the spec does not.
    pub fn new(spec: &Spec, name: &str) -> Result<Self, PlanError> {
        let shared = &spec.shared;
        let cost = check_settings(spec)?;
        let data = data::build(spec)?;
        let population = prediction::Model::new(&data, &shared.data);
        let mut arms: Vec<ArmPlan> = Vec::new();
        for (name, arm) in &spec.arms {
            let fork = fork::read(name, arm, &arms)?;
            arms.push(ArmPlan::new(name, arm, fork, shared.seed, &data, &population)?);
        }
        // A stored spec no longer lies where its name came from: it carries the name along.
        let mut resolved = spec.resolved.clone();
        let experiment = shared.experiment.clone().unwrap_or_else(|| {
            resolved.insert_str(0, &format!("experiment = {}\n", toml::Value::String(name.to_owned())));
            name.to_owned()
        });
        Ok(Self {
            experiment,
            seed: shared.seed,
            resolved,
            yardstick: Yardstick::new(&population, &shared.probe, shared.seed),
            probes: ProbePlan::new(&shared.probe, shared.seed),
            data,
            arms,
            cost,
        })
    }
}

#[cfg(test)]
mod tests;

//! What will run: a spec turned into checked parts, before anything is written.
//!
//! ```text
//! Spec ─▶ Outline: what the settings say ─▶ Plan: the outline, and the parts that are built to run it
//! ```
//!
//! Making a plan does everything that can fail for the settings' sake: sizes that do not fit together, files
//! that hold no dictionary, memory that is not there. All arms share one data model, so that they see the
//! same samples. Reading a stored run takes the outline alone, which costs no memory.

pub mod cost;
pub(crate) mod data;
mod arm;
mod fork;
pub mod prediction;
mod outline;
mod foresight;
mod probes;

pub use arm::ArmPlan;
pub use cost::Cost;
pub use data::PlannedData;
pub use fork::{Fork, ForkMoment};
pub use outline::{Outline, ProbePlan};
pub use prediction::{ClosedForms, GrowthFactors, Model, Prediction, Yardstick, foretell};
pub use probes::{Probes, YardstickError};

use crate::identity::{FILES_FOLDER, Identity, InputError, InputFile};
use crate::matrix_file::MatrixFileError;
use crate::spec::{Spec, SpecError, registry};
use data::DataFacts;
use featurescope_sim::data::DictionaryError;
use featurescope_sim::math::ParameterError;
use std::ops::Deref;
use toml::{Table, Value};

/// A run that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was typed is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Values that do not fit together.
    #[error("{place}{source}")]
    Parameter {
        /// `arm NAME: ` where it is a matter of one arm.
        place: String,
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
    /// A file that a setting names cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
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
    /// Values of the shared settings.
    pub(crate) fn shared(source: ParameterError) -> Self {
        Self::Parameter { place: String::new(), source: in_full(source) }
    }

    /// Values of one arm.
    pub(crate) fn arm(name: &str) -> impl FnOnce(ParameterError) -> Self {
        let place = format!("arm {name}: ");
        |source| Self::Parameter { place, source: in_full(source) }
    }
}

/// The same, with the setting's whole name.
pub(crate) fn in_full(error: ParameterError) -> ParameterError {
    ParameterError { name: registry::in_full(error.name), ..error }
}

/// A run, ready to start: an outline, and what is built to carry it out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the settings say.
    pub outline: Outline,
    /// What tells this run from others.
    pub identity: Identity,
    /// The spec that gives this run again from its directory, as TOML.
    pub resolved: String,
    /// What every arm is trained on.
    pub data: PlannedData,
    /// What closed forms ask of it.
    pub(crate) facts: DataFacts,
    /// What the run costs.
    pub cost: Cost,
}

/// A plan can be asked whatever its outline can.
impl Deref for Plan {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        &self.outline
    }
}

/// Everything that can be checked without building a part: sizes and memory. Returns what the run costs.
pub fn check_settings(spec: &Spec) -> Result<Cost, PlanError> {
    data::data_law(&spec.shared)?;
    let cost = Cost::of(spec);
    cost.check_memory(crate::host::available_memory())?;
    Ok(cost)
}

impl Plan {
    /// Checks the spec as a whole and builds the parts.
    ///
    /// `name` names the experiment where the spec does not.
    pub fn new(spec: &Spec, name: &str) -> Result<Self, PlanError> {
        let cost = check_settings(spec)?;
        let identity = Identity::of(spec)?;
        let data = data::build(spec, &identity.files)?;
        let facts = DataFacts::of(&data, &spec.shared)?;
        let outline = Outline::new(spec, name, &facts)?;
        for arm in &outline.arms {
            arm.check(&data)?;
        }
        let resolved = stored_spec(spec, name, &identity.files)?;
        Ok(Self { outline, identity, resolved, data, facts, cost })
    }
}

/// The spec as it stands in a run directory. It no longer lies where its name came from, so it carries the
/// name along; the files that it names are the copies beside it.
fn stored_spec(spec: &Spec, name: &str, files: &[InputFile]) -> Result<String, PlanError> {
    let mut text = with_copies(spec, files, |file| format!("{FILES_FOLDER}/{}", file.name))?;
    if spec.shared.experiment.is_none() {
        text.insert_str(0, &format!("experiment = {}\n", Value::String(name.to_owned())));
    }
    Ok(text)
}

/// The resolved spec, naming copies of the files that it names.
///
/// # Errors
/// If a setting of a file is not there.
pub(crate) fn with_copies(
    spec: &Spec,
    files: &[InputFile],
    copy: impl Fn(&InputFile) -> String,
) -> Result<String, PlanError> {
    if files.is_empty() {
        return Ok(spec.resolved.clone());
    }
    let wrong = |message: String| SpecError::Inconsistent { part: "the run".to_owned(), message };
    let mut table: Table =
        spec.resolved.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
    for file in files {
        let entry = entry_mut(&mut table, &file.setting);
        let entry = entry.ok_or_else(|| wrong(format!("{} is not set", file.setting)))?;
        *entry = Value::String(copy(file));
    }
    Ok(toml::to_string(&table).map_err(|error| wrong(error.to_string()))?)
}

/// The value at a dotted key.
fn entry_mut<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut Value> {
    match key.split_once('.') {
        None => table.get_mut(key),
        Some((head, rest)) => entry_mut(table.get_mut(head)?.as_table_mut()?, rest),
    }
}

#[cfg(test)]
mod tests;

//! Parts of a learner that are functions in Python.
//!
//! A slot gets a part called `python`, whose setting `function` names a function: its name and a digest of
//! its source and version. So the function is in the run's key, and a run that is resumed without it says
//! which one it needs. Functions see whole batches; whatever they raise travels as [`PartFailure`].

mod augmentation;
mod bias;
mod data;
mod measurement;
mod network;
mod objective;

pub use measurement::declare_columns;

use crate::error::PartFailure;
use featurescope_sim::augment::AUGMENTATIONS;
use featurescope_sim::data::DATA_LAWS;
use featurescope_sim::math::ParameterError;
use featurescope_sim::measure::MEASUREMENTS;
use featurescope_sim::network::NETWORKS;
use featurescope_sim::objective::OBJECTIVES;
use featurescope_sim::part::{Fallback, Given, Kind, PartSetting};
use featurescope_sim::train::BIAS_RULES;
use pyo3::prelude::*;
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// Names the function.
const FUNCTION: PartSetting = PartSetting::new(
    "function",
    Kind::Text,
    Fallback::Required,
    "A function in Python: its name and a digest of its source and version, as featurescope's decorators give them.",
);

/// A function that fills a slot.
struct Registered {
    slot: String,
    name: String,
    function: Py<PyAny>,
}

static FUNCTIONS: RwLock<Vec<Registered>> = RwLock::new(Vec::new());

/// Makes a function known to the slot called so. `function` is what Python's side makes of it: it checks what
/// comes back.
#[pyfunction]
pub fn register(slot: String, name: String, function: Py<PyAny>) {
    let mut known = FUNCTIONS.write().unwrap_or_else(PoisonError::into_inner);
    known.retain(|other| other.slot != slot || other.name != name);
    known.push(Registered { slot, name, function });
}

/// Adds the parts called `python` to their slots, once in a process.
///
/// # Errors
/// If a slot has a part of that name.
pub fn open_slots() -> Result<(), ParameterError> {
    DATA_LAWS.add(data::PART)?;
    AUGMENTATIONS.add(augmentation::PART)?;
    NETWORKS.add(network::PART)?;
    BIAS_RULES.add(bias::PART)?;
    MEASUREMENTS.add(measurement::PART)?;
    OBJECTIVES.add(objective::CONTRAST)?;
    OBJECTIVES.add(objective::PAIRS)?;
    OBJECTIVES.add(objective::LABELS)
}

/// A part that is a function in Python.
pub(crate) struct Function {
    /// The slot and the name, for messages.
    title: String,
    function: Py<PyAny>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl Function {
    /// The function that the settings of a part of `slot` name.
    ///
    /// # Errors
    /// If this process does not know it.
    fn given(slot: &str, given: &Given) -> Result<Self, ParameterError> {
        let name = given.text(FUNCTION.name)?;
        let known = FUNCTIONS.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|other| other.slot == slot && other.name == name);
        let Some(found) = found else {
            let names: Vec<&str> =
                known.iter().filter(|other| other.slot == slot).map(|other| other.name.as_str()).collect();
            let there =
                if names.is_empty() { "none is".to_owned() } else { format!("{} are", names.join(", ")) };
            return Err(ParameterError {
                name: "function",
                value: name.to_owned(),
                accepted: format!(
                    "a function that this process has defined with @featurescope.{slot}; {there}. Define it as it was: \
                     the digits are a digest of its source and version"
                ),
            });
        };
        let slot = slot.split('.').next().unwrap_or(slot);
        let title = format!("{slot} `{}`", name.split('@').next().unwrap_or(name));
        let function = Python::attach(|py| found.function.clone_ref(py));
        Ok(Self { title, function })
    }

    /// Calls the function; what it raises leaves the core.
    fn call<T>(&self, call: impl FnOnce(Python<'_>, &Bound<'_, PyAny>) -> PyResult<T>) -> T {
        Python::attach(|py| call(py, self.function.bind(py))).unwrap_or_else(|error| fail(&self.title, error))
    }
}

/// Leaves the core with what a part raised.
fn fail(part: &str, error: PyErr) -> ! {
    PartFailure { part: part.to_owned(), error }.unwind()
}

/// An error for numbers that are not finite.
fn not_finite(what: &str) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(format!(
        "{what} has numbers that are not finite (NaN or infinity)"
    ))
}

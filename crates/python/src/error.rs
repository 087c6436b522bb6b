//! Errors as Python raises them. The sentences are those of `lab`; the classes stand in `featurescope._errors`.

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::import_exception;
use pyo3::prelude::*;
use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

import_exception!(featurescope._errors, SettingError);
import_exception!(featurescope._errors, RunError);
import_exception!(featurescope._errors, PartError);
import_exception!(featurescope._errors, InternalError);

/// A setting, or settings that do not fit together.
pub fn setting(error: impl Display) -> PyErr {
    SettingError::new_err(error.to_string())
}

/// Something that went wrong while working: a file, a folder.
pub fn run(error: impl Display) -> PyErr {
    RunError::new_err(error.to_string())
}

/// An interruption, with what to do next.
pub fn interrupted(advice: String) -> PyErr {
    PyKeyboardInterrupt::new_err(advice)
}

/// What a part in Python raised, on its way through code that knows of no Python.
///
/// A part cannot fail for the core: its traits have no error. So what it raises unwinds the stack like a
/// panic, without a word of the panic hook, and the state that was saved last stays as it is.
pub struct PartFailure {
    /// The part, for messages.
    pub part: String,
    /// What it raised.
    pub error: PyErr,
}

impl PartFailure {
    /// Leaves the core.
    pub fn unwind(self) -> ! {
        resume_unwind(Box::new(self))
    }
}

/// What unwound the stack as an exception; `moment` says when it was.
pub fn from_panic(payload: Box<dyn Any + Send>, moment: &str) -> PyErr {
    let payload = match payload.downcast::<PartFailure>() {
        Ok(failure) => {
            let PartFailure { part, error } = *failure;
            return Python::attach(|py| {
                let raised = PartError::new_err(format!("{part} failed{moment}: {error}"));
                raised.set_cause(py, Some(error));
                raised
            });
        }
        Err(payload) => payload,
    };
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    InternalError::new_err(format!(
        "this is a mistake in featurescope, not in your settings: please report it with the lines above ({text})"
    ))
}

/// Does `work` without the interpreter lock. A panic becomes an exception.
///
/// # Errors
/// In a process that was forked from one that had loaded the module: the threads of the core are not there.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    detached_at(py, String::new, work)
}

/// The same; `moment` says when a part in Python failed.
pub fn detached_at<T: Send>(
    py: Python<'_>,
    moment: impl FnOnce() -> String,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    refuse_fork()?;
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|payload| from_panic(payload, &moment()))
}

/// The process that loaded the module.
static PROCESS: OnceLock<u32> = OnceLock::new();

/// Remembers this process as the one that loaded the module.
pub fn remember_process() {
    PROCESS.get_or_init(std::process::id);
}

/// An error in a forked child, where work on threads would wait for ever.
pub fn refuse_fork() -> PyResult<()> {
    let parent = *PROCESS.get_or_init(std::process::id);
    if parent == std::process::id() {
        return Ok(());
    }
    Err(RunError::new_err(format!(
        "this process was forked from process {parent}, which had loaded featurescope: its threads do not exist here. \
         Start processes with multiprocessing.get_context(\"spawn\"), or load featurescope in the child alone"
    )))
}

//! The module `featurescope._featurescope`: what Python needs of the workspace, with names that Python has.
//!
//! Experiments, settings, claims and reports are those of `lab`. The sources of the package beside it
//! (`python/featurescope`) give them signatures and turn their numbers into arrays and tables.

#![allow(clippy::needless_pass_by_value, reason = "what Python passes is converted, and then ours")]

mod array;
mod diagnose;
mod drive;
mod error;
mod learner;
mod monitor;
mod parts;
mod reference;
mod spec;
mod stored;
mod table;

use pyo3::prelude::*;

#[pymodule]
mod _featurescope {
    use super::{error, parts};
    use pyo3::prelude::*;
    use std::ffi::OsString;

    #[pymodule_export]
    use super::diagnose::{Diagnosis, diagnose};
    #[pymodule_export]
    use super::learner::Learner;
    #[pymodule_export]
    use super::monitor::Watch;
    #[pymodule_export]
    use super::parts::{declare_columns, register};
    #[pymodule_export]
    use super::reference::{experiments, explain, interval, settings};
    #[pymodule_export]
    use super::spec::{Experiment, collect_sweep, resume};
    #[pymodule_export]
    use super::stored::{
        check_run, judge_runs, read_neurons_file, read_records_file, story_of_run, write_report,
    };
    #[pymodule_export]
    use super::table::Columns;

    /// Makes known what comes with the program, and the kinds of parts that Python can fill.
    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        error::remember_process();
        featurescope::ship();
        parts::open_slots().map_err(error::setting)
    }

    /// The terminal program; its exit code.
    #[pyfunction]
    fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
        py.detach(|| featurescope::run(&arguments))
    }
}

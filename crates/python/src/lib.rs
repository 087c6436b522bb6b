//! The module `featurescope._featurescope`: what Python needs of the workspace, with names that Python has.
//!
//! Experiments, settings, claims and reports are those of `lab`. The sources of the package beside it
//! (`python/featurescope`) give them signatures and turn their numbers into arrays and tables.

use pyo3::prelude::*;

#[pymodule]
mod _featurescope {
    use pyo3::prelude::*;
    use std::ffi::OsString;

    /// Makes the papers known that come with the program.
    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        featurescope::ship();
        Ok(())
    }

    /// Names and questions of the experiments that come with the program.
    #[pyfunction]
    fn experiments() -> Vec<(&'static str, &'static str)> {
        let all = featurescope_lab::experiments::all();
        all.into_iter().map(|experiment| (experiment.name, experiment.question())).collect()
    }

    /// The terminal program; its exit code.
    #[pyfunction]
    fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
        py.detach(|| featurescope::run(&arguments))
    }
}

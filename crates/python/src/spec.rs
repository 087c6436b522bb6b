//! Experiments: settings from a name or a file and from Python, and the run, the sweep or the learner that
//! they make.

use crate::drive::drive;
use crate::error;
use crate::learner::Learner;
use featurescope_lab::experiments::{self, find_or_read};
use featurescope_lab::host;
use featurescope_lab::monitor;
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{RunDirectory, StoredSettings, execute};
use featurescope_lab::spec::registry::nearest;
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::sweep::{self, Fit, SharedPlan, SharedPlanError, SharedRun, SweepFolder, SweepPlan};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An experiment with the settings that were laid over it.
#[pyclass(frozen, module = "featurescope._featurescope")]
pub struct Experiment {
    /// Its name.
    #[pyo3(get)]
    name: String,
    layers: Vec<Layer>,
}

#[pymethods]
impl Experiment {
    /// The experiment of this name, or of the spec at this path, with `key=value` settings over it.
    #[new]
    fn new(experiment: &str, smoke: bool, overrides: Vec<String>) -> PyResult<Self> {
        if featurescope::is_on_pictures(experiment) {
            return Err(error::setting(on_pictures(experiment)));
        }
        let Some((mut layers, name)) = find_or_read(experiment, smoke).map_err(error::setting)? else {
            let names = experiments::all().into_iter().map(|shipped| shipped.name);
            let guess = nearest(experiment, names).map(|name| format!("; did you mean `{name}`?"));
            let expected =
                "is not an experiment (featurescope.experiments() names them) or the path of a spec";
            return Err(error::setting(format!("`{experiment}` {expected}{}", guess.unwrap_or_default())));
        };
        layers.push(Layer::overrides(&overrides).map_err(error::setting)?);
        Ok(Self { name, layers })
    }

    /// Names of its arms, in the order in which they run.
    fn arms(&self) -> PyResult<Vec<String>> {
        Ok(self.spec()?.arms.into_iter().map(|(name, _)| name).collect())
    }

    /// Its settings with every default, as TOML.
    fn toml(&self) -> PyResult<String> {
        Ok(self.spec()?.resolved)
    }

    /// Runs it in the folder `out`, or in the next free one under `parent`: the folder, how the run stands,
    /// and what the listener or a signal raised.
    #[pyo3(signature = (out, parent, threads, save_every, listener))]
    fn run(
        &self,
        py: Python<'_>,
        out: Option<PathBuf>,
        parent: PathBuf,
        threads: Option<usize>,
        save_every: f64,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<(PathBuf, String)> {
        let plan = self.plan(py)?;
        let directory = match out {
            Some(path) => RunDirectory::create(&path),
            None => RunDirectory::create_next(&parent, &plan.experiment),
        };
        carry_out(py, &plan, directory.map_err(error::run)?, threads, save_every, listener)
    }

    /// How many runs its lists and variants make.
    fn run_count(&self) -> PyResult<usize> {
        Ok(Spec::all_from_layers(&self.layers).map_err(error::setting)?.len())
    }

    /// Makes every run that its lists and variants describe in the folder `out`, `jobs` at a time; whether
    /// all are there.
    fn sweep(
        &self,
        py: Python<'_>,
        out: PathBuf,
        jobs: Option<usize>,
        threads: Option<usize>,
        save_every: f64,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let points = Spec::all_from_layers(&self.layers).map_err(error::setting)?;
        let plan = error::detached(py, || SweepPlan::new(points, &self.name))?.map_err(error::setting)?;
        let folder = SweepFolder::open(&out).map_err(error::run)?;
        let folder = folder.saving_every(seconds(save_every)?);
        let crew = crew(&plan, jobs, threads);
        listener.call1(("sweep", plan.experiment.as_str(), plan.runs.len(), plan.operations()))?;
        let made = drive(py, None, listener, |line| {
            sweep::execute(&plan, &folder, crew, &line.interrupt, &|event| line.tell_of_sweep(&event))
        })?;
        let (made, raised) = made;
        let (_, is_complete) = made.map_err(error::run)?;
        match raised {
            Some(error) => Err(explained(py, error, "calling run again with the same folder")),
            None => Ok(is_complete),
        }
    }

    /// Leaves in the folder `out` what other processes need to make its runs: key, operations and bytes of memory
    /// of each.
    fn share(&self, py: Python<'_>, out: PathBuf) -> PyResult<Vec<(String, f64, f64)>> {
        let points = Spec::all_from_layers(&self.layers).map_err(error::setting)?;
        let plan = error::detached(py, || SweepPlan::fitting(points.clone(), &self.name, Fit::Elsewhere))?;
        let plan = plan.map_err(error::setting)?;
        let folder = SweepFolder::open(&out).map_err(error::run)?;
        let shared =
            error::detached(py, || SharedPlan::write(&plan, &points, &folder))?.map_err(error::run)?;
        let cost = |run: &SharedRun| (run.key.clone(), run.operations, run.memory_bytes);
        Ok(shared.runs.iter().map(cost).collect())
    }

    /// The learner of an arm in its initial state.
    fn learner(&self, py: Python<'_>, arm: &str) -> PyResult<Learner> {
        Learner::new(py, self.plan(py)?, arm)
    }
}

/// What to do with an experiment on pictures, which the terminal program trains.
fn on_pictures(experiment: &str) -> String {
    let how = if cfg!(feature = "images") {
        "the command `featurescope run` trains it, in a shell or in a cell after `!`"
    } else {
        "the command `featurescope run` trains it where this package was built with pictures: `pip install \
         ./crates/python --config-settings build-args=\"--features images\"`"
    };
    format!("`{experiment}` is on pictures: {how}. featurescope.open reads its folder")
}

impl Experiment {
    fn spec(&self) -> PyResult<Spec> {
        Spec::from_layers(&self.layers).map_err(error::setting)
    }

    fn plan(&self, py: Python<'_>) -> PyResult<Plan> {
        let spec = self.spec()?;
        error::detached(py, || Plan::new(&spec, &self.name))?.map_err(error::setting)
    }
}

/// Puts together what all processes have made of the sweep in folder `sweep`; whether all runs are there.
#[pyfunction]
pub fn collect_sweep(py: Python<'_>, sweep: PathBuf) -> PyResult<bool> {
    let collected = error::detached(py, || {
        let plan = SharedPlan::read(&sweep)?.sweep(&sweep)?;
        Ok::<_, SharedPlanError>(sweep::collect(&plan, &SweepFolder::open(&sweep)?)?.is_complete())
    })?;
    collected.map_err(error::run)
}

/// Goes on with the run in folder `path`; as [`Experiment::run`].
#[pyfunction]
pub fn resume(
    py: Python<'_>,
    path: PathBuf,
    threads: Option<usize>,
    save_every: f64,
    listener: &Bound<'_, PyAny>,
) -> PyResult<(PathBuf, String)> {
    monitor::refuse([&path], "resume").map_err(error::run)?;
    let directory = RunDirectory::reopen(&path).map_err(error::run)?;
    let StoredSettings { spec, .. } = StoredSettings::read(&path).map_err(error::run)?;
    let plan = error::detached(py, || Plan::new(&spec, "run"))?.map_err(error::setting)?;
    carry_out(py, &plan, directory, threads, save_every, listener)
}

fn carry_out(
    py: Python<'_>,
    plan: &Plan,
    directory: RunDirectory,
    threads: Option<usize>,
    save_every: f64,
    listener: &Bound<'_, PyAny>,
) -> PyResult<(PathBuf, String)> {
    let directory = directory.saving_every(seconds(save_every)?);
    for note in plan.foreseen() {
        listener.call1(("note", note, 0.0, 0.0))?;
    }
    let (made, raised) = drive(py, threads, listener, |line| {
        execute(plan, &directory, &line.interrupt, &mut |event| line.tell(event))
    })?;
    let summary = made.map_err(error::run)?;
    match raised {
        Some(error) => Err(explained(py, error, &resuming(directory.path()))),
        None => Ok((directory.path().to_path_buf(), summary.status.to_string())),
    }
}

fn resuming(run: &Path) -> String {
    format!("featurescope.resume({:?})", run.display().to_string())
}

/// An interruption that says how to go on; anything else as it was raised.
fn explained(py: Python<'_>, error: PyErr, remedy: &str) -> PyErr {
    if !error.is_instance_of::<pyo3::exceptions::PyKeyboardInterrupt>(py) {
        return error;
    }
    error::interrupted(format!("what was done so far is saved: {remedy} goes on"))
}

/// Wall time between two states that are saved.
fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        error::setting(format!("save_every = {seconds} cannot be used: a number of seconds from 0 on"))
    })
}

/// How many runs go on at a time, and with how many threads each: one per processor, or as many as fit into
/// memory.
fn crew(plan: &SweepPlan, jobs: Option<usize>, threads: Option<usize>) -> (usize, usize) {
    let processors = host::Host::current().processors;
    let largest = plan.runs.iter().map(|run| run.cost.memory).fold(1.0, f64::max);
    let fitting = host::available_memory().map_or(processors, |bytes| (bytes / largest) as usize);
    let jobs = jobs.unwrap_or(processors).min(fitting).min(plan.runs.len()).max(1);
    (jobs, threads.unwrap_or(processors / jobs).max(1))
}

//! `featurescope run`: an experiment from its settings to its run directory.

use crate::args::{Manner, RunArguments};
use crate::exit::{Exit, UnknownName};
use crate::progress::Progress;
use crate::{output, panics, table};
use anyhow::{Context, Result};
use featurescope_lab::experiments::{EXPERIMENTS, Experiment};
use featurescope_lab::host::{show_bytes, use_threads};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::write_for_run;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::registry::nearest;
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::status::Status;
use featurescope_lab::sweep::SweepPlan;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parent of run directories without `--out`.
pub const RUNS: &str = "runs";

/// Runs and prints the summary.
pub fn run(arguments: &RunArguments) -> Result<Exit> {
    start_threads(&arguments.manner)?;
    let (mut layers, name) = layers(&arguments.experiment, arguments.smoke)?;
    layers.push(Layer::overrides(&arguments.overrides)?);
    let mut points = Spec::all_from_layers(&layers)?;
    let is_judged = Experiment::find(&arguments.experiment).is_some_and(Experiment::is_judged);
    // Nothing is written before the plan stands.
    let plan = match (points.pop(), points.is_empty()) {
        (Some(only), true) if only.variant.is_none() => Plan::new(&only.spec, &name)?,
        (last, _) => {
            points.extend(last);
            return super::sweep::run(arguments, &SweepPlan::new(points, &name)?, is_judged);
        }
    };
    let directory = match &arguments.out {
        Some(path) => RunDirectory::create(path)?,
        None => RunDirectory::create_next(Path::new(RUNS), &plan.experiment)?,
    };
    carry_out(&plan, directory, &arguments.manner)
}

/// Uses as many threads as were asked for.
pub fn start_threads(manner: &Manner) -> Result<()> {
    match manner.threads {
        Some(threads) => use_threads(usize::from(threads)).context("cannot start the threads"),
        None => Ok(()),
    }
}

/// Carries a plan out in `directory`, from where it stands, and prints the summary.
pub fn carry_out(plan: &Plan, directory: RunDirectory, manner: &Manner) -> Result<Exit> {
    let directory = directory.saving_every(manner.save_every());
    let shown = directory.path().display();
    let resume = format!("`featurescope resume {shown}`");
    let mut progress = Progress::new(manner.quiet);
    progress.tell(&announcement(plan));
    let interrupt = listen_for_interrupts()?;
    panics::saved_in(directory.path());
    let summary = execute(plan, &directory, &interrupt, &mut |event| progress.show(event))
        .with_context(|| format!("the run stopped; what it has so far is in {shown}, {resume} goes on"))?;
    let report = make_report(manner, &directory);

    if manner.json {
        output::print(&(serde_json::to_string_pretty(&summary)? + "\n"))?;
    } else if !manner.quiet {
        output::print(&table::summary(&summary))?;
        let report = report.map_or(String::new(), |path| format!("{}\n", path.display()));
        output::print(&format!("\n{shown}\n{report}"))?;
    }
    Ok(match summary.status {
        Status::Interrupted => {
            output::note(&format!("interrupted; {resume} goes on where it stopped"));
            Exit::Interrupted
        }
        Status::Diverged => {
            output::note(&format!("an arm diverged; its records and its last state are in {shown}"));
            Exit::Diverged
        }
        Status::Planned | Status::Running | Status::Finished => Exit::Success,
    })
}

/// The report beside the results. The results are there whatever becomes of it.
fn make_report(manner: &Manner, directory: &RunDirectory) -> Option<PathBuf> {
    if manner.no_report {
        return None;
    }
    match write_for_run(directory.path()) {
        Ok(path) => Some(path),
        Err(error) => {
            output::note(&format!("no report: {error}"));
            None
        }
    }
}

/// The settings behind a name or a path, and the name of the experiment.
fn layers(experiment: &str, smoke: bool) -> Result<(Vec<Layer>, String)> {
    if let Some(shipped) = Experiment::find(experiment) {
        return Ok((shipped.layers(smoke)?, shipped.name.to_owned()));
    }
    let path = Path::new(experiment);
    let looks_like_a_file = path.is_file() || path.extension().is_some() || path.components().count() > 1;
    if !looks_like_a_file {
        let suggestion = nearest(experiment, EXPERIMENTS.iter().map(|shipped| shipped.name));
        return Err(UnknownName {
            name: experiment.to_owned(),
            expected: "an experiment (`featurescope list` names them) or the path of a spec",
            suggestion: suggestion.map(ToOwned::to_owned),
        }
        .into());
    }
    let mut layers = vec![Layer::read(path)?];
    if smoke {
        layers.push(Layer::read(&path.with_file_name("smoke.toml"))?);
    }
    Ok((layers, name_of(path)))
}

/// The file's name, or its folder's where files are called the same in every folder.
fn name_of(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match stem(path).as_deref() {
        Some("experiment" | "spec") => path.parent().and_then(stem),
        other => other.map(ToOwned::to_owned),
    }
    .unwrap_or_else(|| "run".to_owned())
}

fn announcement(plan: &Plan) -> String {
    let arms: Vec<_> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
    format!(
        "{}: {} ({}), at most {:.1} TFLOP and about {} of memory",
        plan.experiment,
        if arms.len() == 1 { "1 arm".to_owned() } else { format!("{} arms", arms.len()) },
        arms.join(", "),
        plan.cost.operations / 1e12,
        show_bytes(plan.cost.memory)
    )
}

/// A flag that the first interruption sets; the second ends the program at once.
pub fn listen_for_interrupts() -> Result<Arc<AtomicBool>> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupt);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(Exit::Interrupted as u8));
        }
    })
    .context("cannot listen for interruptions")?;
    Ok(interrupt)
}

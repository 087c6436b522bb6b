//! `featurescope run`: an experiment from its settings to its run directory.

use crate::args::{Manner, RunArguments};
use crate::commands::RUNS;
use crate::commands::layers::layers;
use crate::exit::Exit;
use crate::progress::{Activity, Progress};
use crate::{interrupt, output, panics, table};
use anyhow::{Context, Result};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::host::{show_bytes, use_threads};
use featurescope_lab::plan::Plan;
use featurescope_lab::report::write_for_run;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::status::Status;
use featurescope_lab::sweep::SweepPlan;
use std::path::Path;

/// Runs and prints the summary.
pub fn run(arguments: &RunArguments) -> Result<Exit> {
    start_threads(&arguments.manner)?;
    interrupt::may_end("nothing was written");
    if super::images::is_asked_for(&arguments.experiment) {
        #[cfg(feature = "images")]
        return super::image_training::run(arguments);
        #[cfg(not(feature = "images"))]
        return super::images::say_how(&arguments.experiment);
    }
    let planning = Activity::on_terminal(arguments.manner.quiet, "planning");
    let (mut layers, name) = layers(&arguments.experiment, arguments.smoke)?;
    layers.push(Layer::overrides(&arguments.overrides)?);
    let mut points = Spec::all_from_layers(&layers)?;
    let is_judged = Experiment::find(&arguments.experiment).is_some_and(|experiment| experiment.is_judged);
    // Nothing is written before the plan stands.
    let plan = match (points.pop(), points.is_empty()) {
        (Some(only), true) if only.variant.is_none() => Plan::new(&only.spec, &name)?,
        (last, _) => {
            points.extend(last);
            let plan = SweepPlan::new(points, &name)?;
            drop(planning);
            return super::sweep::run_judged(arguments, &plan, is_judged);
        }
    };
    drop(planning);
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
    // Before a word is said: who has read that the run begins may send a signal that it is to hear.
    interrupt::has_to_save(format!("{resume} goes on"));
    panics::saved_in(directory.path());
    super::watch::beside(directory.path(), manner)?;
    let mut progress = Progress::new(manner.quiet);
    progress.tell(&announcement(plan));
    plan.foreseen().iter().for_each(|what| progress.tell(&format!("note: {what}")));
    let made = execute(plan, &directory, interrupt::flag(), &mut |event| progress.show(event));
    let summary = made.map_err(|error| {
        let advice = if error.can_be_resumed() { format!(", {resume} goes on") } else { String::new() };
        let context = format!("the run stopped; what it has so far is in {shown}{advice}");
        anyhow::Error::new(error).context(context)
    })?;
    drop(progress);
    interrupt::may_end(format!(
        "the results are complete in {shown}, `featurescope report {shown}` makes their report"
    ));
    if manner.json {
        output::print(&(serde_json::to_string_pretty(&summary)? + "\n"))?;
    } else if !manner.quiet {
        output::print(&table::summary(&summary, output::width()))?;
        output::print(&format!("\n{shown}\n"))?;
    }
    if summary.status == Status::Interrupted {
        output::note(&format!("interrupted; {resume} goes on where it stopped"));
        return Ok(Exit::Interrupted);
    }
    if interrupt::is_requested() {
        output::note(&format!("the results are complete, `featurescope report {shown}` makes their report"));
        return Ok(Exit::Interrupted);
    }
    make_report(manner, &directory)?;
    if summary.status == Status::Diverged {
        output::note(&format!("an arm diverged; its records and its last state are in {shown}"));
        return Ok(Exit::Diverged);
    }
    Ok(Exit::Success)
}

/// The report beside the results. The results are there whatever becomes of it.
fn make_report(manner: &Manner, directory: &RunDirectory) -> Result<()> {
    if manner.no_report {
        return Ok(());
    }
    let drawing = Activity::start(manner.quiet, "drawing the report");
    let report = write_for_run(directory.path(), manner.data.asked_for());
    drop(drawing);
    match report {
        Ok(path) if !manner.quiet && !manner.json => output::print(&format!("{}\n", path.display()))?,
        Ok(_) => {}
        Err(error) => output::note(&format!("no report: {error}")),
    }
    Ok(())
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

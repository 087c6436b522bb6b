//! `featurescope sweep plan`: what other machines need of a sweep, in its folder.

use crate::args::{SweepPlanArguments, SweepSpec};
use crate::commands::RUNS;
use crate::commands::layers::layers;
use crate::exit::Exit;
use crate::layout::{pad_left, pad_right};
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Result, bail};
use featurescope_lab::host::show_bytes;
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::sweep::{Fit, SharedPlan, SharedRun, SweepFolder, SweepPlan};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Leaves the plan and prints it.
pub fn plan(arguments: &SweepPlanArguments) -> Result<Exit> {
    let (plan, shared, path) = planned(&arguments.spec)?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&as_json(&plan, &shared, &path))? + "\n"
    } else {
        table(&plan, &shared, &path)?
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

/// Plans a sweep and leaves the plan in its folder: the sweep, its plan, and the folder.
pub(super) fn planned(asked: &SweepSpec) -> Result<(SweepPlan, SharedPlan, PathBuf)> {
    interrupt::may_end("no run was begun");
    if crate::commands::images::is_asked_for(&asked.experiment) {
        bail!(
            "`{}` is on pictures, and machines share only sweeps on sparse-coding data: `featurescope run` \
               makes it on one machine",
            asked.experiment
        );
    }
    let planning = Activity::on_terminal(false, "planning");
    let (mut layers, name) = layers(&asked.experiment, asked.smoke)?;
    layers.push(Layer::overrides(&asked.overrides)?);
    let points = Spec::all_from_layers(&layers)?;
    let plan = SweepPlan::fitting(points.clone(), &name, Fit::Elsewhere)?;
    let path =
        asked.out.clone().unwrap_or_else(|| Path::new(RUNS).join(format!("{}-sweep", plan.experiment)));
    let folder = SweepFolder::open(&path)?;
    let shared = SharedPlan::write(&plan, &points, &folder)?;
    drop(planning);
    for key in plan.idle_lists() {
        output::note(&format!("warning: {key} changes no setting of any run: its list is of no use"));
    }
    Ok((plan, shared, path))
}

/// The runs, each with what was chosen from the lists and what it costs.
fn as_json(plan: &SweepPlan, shared: &SharedPlan, path: &Path) -> Value {
    let run = |(index, run): (usize, &SharedRun)| {
        let point = plan.points.iter().find(|point| point.id == run.key);
        let choices: serde_json::Map<String, Value> = point
            .into_iter()
            .flat_map(|point| &point.choices)
            .map(|(key, value)| (key.clone(), serde_json::to_value(value).unwrap_or_default()))
            .collect();
        json!({
            "index": index,
            "key": run.key,
            "experiment": run.experiment,
            "seed": run.seed,
            "variant": point.and_then(|point| point.variant.clone()),
            "settings": choices,
            "operations": run.operations,
            "memory_bytes": run.memory_bytes,
            "memory_for": run.memory_for,
            "file_bytes": run.file_bytes,
        })
    };
    json!({
        "folder": path,
        "experiment": shared.experiment,
        "featurescope_version": shared.featurescope_version,
        "plan": shared.digest().short(),
        "runs": shared.runs.iter().enumerate().map(run).collect::<Vec<_>>(),
    })
}

fn table(plan: &SweepPlan, shared: &SharedPlan, path: &Path) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "index  {}       TFLOP      memory  files up to  settings", pad_right("key", 12))?;
    for (index, run) in shared.runs.iter().enumerate() {
        let point = plan.points.iter().find(|point| point.id == run.key);
        let mut settings: Vec<String> = point.and_then(|point| point.variant.clone()).into_iter().collect();
        settings.extend(
            point.into_iter().flat_map(|point| &point.choices).map(|(key, value)| format!("{key}={value}")),
        );
        writeln!(
            text,
            "{}  {}  {}  {}  {}  {}",
            pad_left(&index.to_string(), 5),
            pad_right(&run.key, 12),
            pad_left(&format!("{:.3}", run.operations / 1e12), 10),
            pad_left(&show_bytes(run.memory_bytes), 10),
            pad_left(&run.file_bytes.map_or("–".to_owned(), show_bytes), 11),
            settings.join(" ")
        )?;
    }
    let shown = path.display();
    writeln!(
        text,
        "\nplan {} in {shown}: `featurescope sweep run {shown}` makes its runs, on any machine \
                    that sees this folder",
        shared.digest().short()
    )?;
    Ok(text)
}

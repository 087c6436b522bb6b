//! `featurescope run` and `resume` of experiments on pictures.

use crate::args::{Manner, RunArguments};
use crate::commands::RUNS;
use crate::commands::judge::boards;
use crate::commands::sweep::{self, Subject};
use crate::exit::Exit;
use crate::image_progress::ImageProgress;
use crate::progress::Activity;
use crate::scoreboard::{self, Detail};
use crate::{interrupt, output, panics};
use anyhow::{Context, Result};
use featurescope_image::data::Pictures;
use featurescope_image::experiments;
use featurescope_image::report::{SWEEP_FIGURES, write_for_judged_runs};
use featurescope_image::run::Folder;
use featurescope_image::settings::{CATALOGUE, Data, Settings};
use featurescope_image::train::{Plan, Source, execute};
use featurescope_lab::experiments::name_of;
use featurescope_lab::host::show_bytes;
use featurescope_lab::run::RunDirectory;
use featurescope_lab::spec::Layer;
use featurescope_lab::status::Status;
use featurescope_lab::sweep::SweepPlan;
use featurescope_lab::sweep::runs_in;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

/// Runs an experiment on pictures and prints what was found.
pub fn run(arguments: &RunArguments) -> Result<Exit> {
    let (mut layers, name) = layers(&arguments.experiment, arguments.smoke)?;
    layers.push(CATALOGUE.overrides(&arguments.overrides)?);
    let mut points = Settings::all_from_layers(&layers)?;
    let mut sources = Sources::new(arguments.manner.quiet);
    let (last, others) = (points.pop(), !points.is_empty());
    if let Some(only) = last.as_ref().filter(|point| !others && point.variant.is_none()) {
        let plan = Plan::new(only.settings.clone(), sources.open(&only.settings.data)?, &name)?;
        let directory = match &arguments.out {
            Some(path) => RunDirectory::create(path)?,
            None => RunDirectory::create_next(Path::new(RUNS), &plan.experiment)?,
        };
        return carry_out(&plan, &directory, &arguments.manner);
    }
    points.extend(last);
    let experiment = points.first().and_then(|point| point.settings.experiment.clone()).unwrap_or(name);
    let mut plan = SweepPlan::empty(experiment);
    for point in points {
        let source = sources.open(&point.settings.data)?;
        let run = Plan::new(point.settings, source, &plan.experiment)?;
        let (identity, cost) = (run.identity.clone(), run.cost());
        plan.add((point.variant, point.choices), &identity, None, cost, Arc::new(run));
    }
    let conclude = |path: &Path| conclude(&arguments.manner, &runs_in(path)?, path);
    let subject = Subject { figures: SWEEP_FIGURES, conclude: &conclude, is_in_products: false };
    sweep::run(arguments, &plan, &subject)
}

/// Goes on with a run on pictures that was stopped.
pub fn resume(path: &Path, directory: &RunDirectory, manner: &Manner) -> Result<Exit> {
    let settings = Folder::read(path)?.settings;
    let source = Sources::new(manner.quiet).open(&settings.data)?;
    carry_out(&Plan::new(settings, source, "run")?, directory, manner)
}

/// The layers of an experiment, in its smaller version if that is asked for, and its name.
fn layers(experiment: &str, smoke: bool) -> Result<(Vec<Layer>, String)> {
    if let Some(shipped) = experiments::find(experiment) {
        return Ok((experiments::layers(shipped, smoke)?, shipped.name.to_owned()));
    }
    let path = Path::new(experiment);
    let mut layers = vec![CATALOGUE.read(path)?];
    if smoke {
        let how = "--smoke needs this file beside the spec, with the settings that make the run small";
        layers.push(CATALOGUE.read(&path.with_file_name("smoke.toml")).context(how)?);
    }
    Ok((layers, name_of(path)))
}

fn carry_out(plan: &Plan, directory: &RunDirectory, manner: &Manner) -> Result<Exit> {
    let path = directory.path();
    let shown = path.display();
    let resume = format!("`featurescope resume {shown}`");
    interrupt::has_to_save(format!("{resume} goes on"));
    panics::saved_in(path);
    super::watch::beside(path, manner)?;
    if !manner.quiet {
        output::note(&announcement(plan));
    }
    let mut progress = ImageProgress::new(manner.quiet);
    let made = execute(plan, directory, interrupt::flag(), &mut |event| progress.show(&event));
    drop(progress);
    let summary = made.map_err(|error| {
        let advice = if error.can_be_resumed() { format!(", {resume} goes on") } else { String::new() };
        let context = format!("the run stopped; what it has so far is in {shown}{advice}");
        anyhow::Error::new(error).context(context)
    })?;
    interrupt::may_end(format!(
        "the results are complete in {shown}, `featurescope report {shown}` makes their report"
    ));
    if manner.json {
        output::print(&(serde_json::to_string_pretty(&summary)? + "\n"))?;
    }
    if summary.status == Status::Interrupted {
        output::note(&format!("interrupted; {resume} goes on where it stopped"));
        return Ok(Exit::Interrupted);
    }
    if !manner.json && !manner.quiet {
        output::print(&format!("{shown}\n"))?;
    }
    conclude(manner, &[path.to_path_buf()], path)?;
    Ok(if summary.status == Status::Diverged { Exit::Diverged } else { Exit::Success })
}

fn announcement(plan: &Plan) -> String {
    let arms: Vec<&str> = plan.settings.arms.iter().map(|(name, _)| name.as_str()).collect();
    let memory = show_bytes(plan.cost().memory);
    format!("{}: the arms {}; about {memory} of memory", plan.experiment, arms.join(", "))
}

/// Prints what the runs say of the papers' statements, and leaves the report beside them, for a sweep also
/// its boards. The results are there whatever becomes of it.
fn conclude(manner: &Manner, runs: &[PathBuf], out: &Path) -> Result<()> {
    let shows = !manner.quiet && !manner.json;
    if manner.no_report && !shows {
        return Ok(());
    }
    let boards = boards(manner.quiet, runs)?;
    if runs != [out.to_path_buf()] {
        sweep::keep(&boards, out)?;
    }
    for board in boards.iter().filter(|_| shows) {
        output::print(&scoreboard::text(board, Detail::Line, output::width())?)?;
    }
    if manner.no_report {
        return Ok(());
    }
    let drawing = Activity::start(manner.quiet, "drawing the report");
    let report = write_for_judged_runs(runs, &boards, out, manner.data.asked_for());
    drop(drawing);
    match report {
        Ok(path) if shows => output::print(&format!("\n{}\n", path.display()))?,
        Ok(_) => {}
        Err(error) => output::note(&format!("no report: {error}")),
    }
    Ok(())
}

/// Pictures that were read, each set once however many runs use it.
struct Sources {
    known: Vec<(Data, Source)>,
    is_quiet: bool,
}

impl Sources {
    fn new(is_quiet: bool) -> Self {
        Self { known: Vec::new(), is_quiet }
    }

    fn open(&mut self, data: &Data) -> Result<Source> {
        if let Some((_, source)) = self.known.iter().find(|(known, _)| known == data) {
            return Ok(source.clone());
        }
        let is_read = matches!(data.pictures, Pictures::Stored(_));
        let reading = is_read.then(|| Activity::on_terminal(self.is_quiet, "reading the pictures"));
        let source = Source::open(data, cache().as_deref())?;
        drop(reading);
        self.known.push((data.clone(), source.clone()));
        Ok(source)
    }
}

/// Where decoded pictures are kept between runs, where the system has a place for such files.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("featurescope");
    fs::create_dir_all(&folder).is_ok().then_some(folder)
}

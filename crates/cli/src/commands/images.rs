//! Experiments and runs on pictures, as far as every program knows them: which are, their settings, their report.

use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Result, bail};
use featurescope_image::experiments;
use featurescope_image::report::write_for_runs;
use featurescope_image::run::is_one;
use featurescope_image::settings::is_on_pictures;
use featurescope_lab::report::FigureData;
use std::fs;
use std::path::{Path, PathBuf};

/// Whether a name or a path stands for an experiment on pictures.
pub fn is_asked_for(experiment: &str) -> bool {
    experiments::find(experiment).is_some()
        || fs::read_to_string(experiment).is_ok_and(|spec| is_on_pictures(&spec))
}

/// Says how to get a program that trains on pictures.
#[cfg(not(feature = "images"))]
pub fn say_how(what: &str) -> Result<Exit> {
    bail!(
        "{what} is on pictures, and this program was built without their framework: build it with \
         `cargo build --release --features images`"
    )
}

/// Whether all these runs are on pictures.
///
/// # Errors
/// If some are and some are not.
pub fn are_all(runs: &[PathBuf]) -> Result<bool> {
    match (runs.iter().find(|run| is_one(run)), runs.iter().find(|run| !is_one(run))) {
        (Some(of_pictures), Some(other)) => bail!(
            "{} is on pictures and {} is not: make a report for each",
            of_pictures.display(),
            other.display()
        ),
        (found, _) => Ok(found.is_some()),
    }
}

/// Writes the report of runs that differ in the seed, and prints where it is.
pub fn report(runs: &[PathBuf], out: &Path, data: FigureData) -> Result<Exit> {
    interrupt::may_end("the runs are as they were; the report is not complete, the same command makes it");
    let drawing = Activity::start(false, "drawing the report");
    let path = write_for_runs(runs, out, data)?;
    drop(drawing);
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}

/// # Errors
/// If one of these runs is on pictures, for commands that do not read those.
pub fn refuse<'a>(runs: impl IntoIterator<Item = &'a PathBuf>, command: &str) -> Result<()> {
    match runs.into_iter().find(|run| is_one(run)) {
        Some(run) => bail!(
            "{} is a run on pictures, which `{command}` does not read; `featurescope report` does",
            run.display()
        ),
        None => Ok(()),
    }
}

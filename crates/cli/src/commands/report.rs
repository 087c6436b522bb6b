//! `featurescope report`: pictures of stored runs.

use crate::args::ReportArguments;
use crate::commands::images;
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::Result;
use featurescope_image::run::{Folder, is_one};
use featurescope_lab::monitor;
use featurescope_lab::report::{of_runs, run_folders, write_with};
use std::path::{Path, PathBuf};

/// Folder of a report on several runs without `--out`.
const SEVERAL: &str = "report";

/// Writes the report and prints where it is.
pub fn report(arguments: &ReportArguments) -> Result<Exit> {
    for path in arguments.runs.iter().filter(|path| is_one(path)) {
        // One of an earlier version is told as that.
        Folder::read(path)?;
    }
    let folders = run_folders(&arguments.runs)?;
    let are_on_pictures = images::are_all(&folders)?;
    let folder: PathBuf = match (&arguments.out, &folders[..]) {
        (Some(out), _) => out.clone(),
        (None, [run]) => run.clone(),
        (None, _) => Path::new(SEVERAL).to_path_buf(),
    };
    if are_on_pictures {
        return images::report(&folders, &folder, arguments.data.asked_for());
    }
    if monitor::are_all(&folders)? {
        let path = monitor::report(&folders, &folder, arguments.data.asked_for())?;
        output::print(&format!("{}\n", path.display()))?;
        return Ok(Exit::Success);
    }
    interrupt::may_end("the runs are as they were; the report is not complete, the same command makes it");
    let runs = if folders.len() == 1 { "1 run".to_owned() } else { format!("{} runs", folders.len()) };
    let activity = Activity::start(false, format!("reading and judging {runs}"));
    let page = of_runs(&folders)?;
    for note in &page.notes {
        output::note(&format!("note: {note}"));
    }
    activity.go_on("drawing the report");
    let path = write_with(&page, &folder, arguments.data.asked_for())?;
    drop(activity);
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}

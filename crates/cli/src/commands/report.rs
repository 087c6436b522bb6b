//! `featurescope report`: pictures of stored runs.

use crate::args::ReportArguments;
use crate::exit::Exit;
use crate::output;
use anyhow::Result;
use featurescope_lab::report::{of_runs, run_folders, write};
use std::path::{Path, PathBuf};

/// Folder of a report on several runs without `--out`.
const SEVERAL: &str = "report";

/// Writes the report and prints where it is.
pub fn report(arguments: &ReportArguments) -> Result<Exit> {
    let folders = run_folders(&arguments.runs)?;
    let folder: PathBuf = match (&arguments.out, &folders[..]) {
        (Some(out), _) => out.clone(),
        (None, [run]) => run.clone(),
        (None, _) => Path::new(SEVERAL).to_path_buf(),
    };
    let page = of_runs(&folders)?;
    for note in &page.notes {
        output::note(&format!("note: {note}"));
    }
    let path = write(&page, &folder)?;
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}

//! Stored runs: their tables, figures and reports.

use crate::error;
use crate::table::Columns;
use featurescope_image::report as of_pictures;
use featurescope_image::run::{self as on_pictures, Folder};
use featurescope_lab::claim::judge_shipped;
use featurescope_lab::monitor;
use featurescope_lab::paper::Name;
use featurescope_lab::report::{self, Figure, FigureData, ReportError, StoredRun, still, story};
use featurescope_lab::run::{StoredManifest, StoredSettings};
use featurescope_lab::store::{read_neurons, read_records};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// The table of an arm's recorded steps, from its file.
#[pyfunction]
pub fn read_records_file(py: Python<'_>, path: PathBuf) -> PyResult<Columns> {
    let read = error::detached(py, || read_records(&path).map(Columns::of_records))?;
    read.map_err(error::run)
}

/// The table of an arm's neurons, from its file.
#[pyfunction]
pub fn read_neurons_file(py: Python<'_>, path: PathBuf) -> PyResult<Columns> {
    let read = error::detached(py, || read_neurons(&path).map(Columns::of_neurons))?;
    read.map_err(error::run)
}

/// An error unless the folder holds a run that this version reads, whose settings are those that it was begun
/// with.
#[pyfunction]
pub fn check_run(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    let checked = error::detached(py, || match StoredManifest::read(&path) {
        Ok(None) if !path.join("spec.toml").is_file() => {
            Err(format!("{} holds no run: there is no spec.toml and no manifest.json", path.display()))
        }
        Ok(_) if on_pictures::is_one(&path) => {
            Folder::read(&path).map(drop).map_err(|error| error.to_string())
        }
        Ok(_) if monitor::is_one(&path) => monitor::read(&path).map(drop).map_err(|error| error.to_string()),
        Ok(_) => StoredSettings::read(&path).map(drop).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })?;
    checked.map_err(error::run)
}

/// The story of a run, of a watched training and of a run on pictures its curves, as SVG, and as the description that it was drawn
/// from, in JSON.
#[pyfunction]
pub fn story_of_run(py: Python<'_>, path: PathBuf) -> PyResult<(String, String)> {
    let drawn = error::detached(py, || {
        if monitor::is_one(&path) {
            let figure = monitor::curves(&monitor::read(&path).map_err(|error| error.to_string())?);
            return drawn_and_described(&figure, "");
        }
        if on_pictures::is_one(&path) {
            let run = of_pictures::StoredRun::open(&[path]).map_err(|error| error.to_string())?;
            let page = of_pictures::page(&run);
            let (figure, _) = page.figures().next().ok_or("no reading was taken yet: there are no curves")?;
            return drawn_and_described(figure, &page.provenance.line());
        }
        let run = StoredRun::open(&path).map_err(|error| error.to_string())?;
        drawn_and_described(&story::figure(&run), &run.provenance().line())
    })?;
    drawn.map_err(error::run)
}

fn drawn_and_described(figure: &Figure, provenance: &str) -> Result<(String, String), String> {
    let svg = still::svg(figure, provenance).map_err(|error| error.to_string())?;
    Ok((svg, serde_json::to_string(figure).map_err(|error| error.to_string())?))
}

/// Writes the report of stored runs into a folder, that of the run itself where none is given: the page.
#[pyfunction]
pub fn write_report(py: Python<'_>, runs: Vec<PathBuf>, out: Option<PathBuf>) -> PyResult<PathBuf> {
    let written = error::detached(py, || {
        let folders = report::run_folders(&runs).map_err(|error| error.to_string())?;
        if monitor::are_all(&folders).map_err(|error| error.to_string())? {
            let own = if let [only] = &folders[..] { only } else { &runs[0] };
            let out = out.as_deref().unwrap_or(own);
            return monitor::report(&folders, out, FigureData::Small).map_err(|error| error.to_string());
        }
        if folders.iter().all(|path| on_pictures::is_one(path)) {
            let own = if let [only] = &folders[..] { only } else { &runs[0] };
            let out = out.as_deref().unwrap_or(own);
            let written = of_pictures::write_for_runs(&folders, out, FigureData::Small);
            return written.map_err(|error| error.to_string());
        }
        page_of_runs(&folders, out, &runs[0]).map_err(|error| error.to_string())
    })?;
    written.map_err(error::run)
}

/// The report of runs with the paper's dynamics, several of them into the folder `common` where none is
/// given.
fn page_of_runs(folders: &[PathBuf], out: Option<PathBuf>, common: &Path) -> Result<PathBuf, ReportError> {
    match (folders, out) {
        ([only], None) => report::write_for_run(only, FigureData::Small),
        ([only], Some(out)) => report::write(&report::of_run(&StoredRun::open(only)?), &out),
        (_, out) => report::write(&report::of_runs(folders)?, &out.unwrap_or_else(|| common.to_path_buf())),
    }
}

/// What stored runs say about the statements of every paper that speaks of them: its name, the scoreboard as JSON, and as a text.
#[pyfunction]
pub fn judge_runs(
    py: Python<'_>,
    runs: Vec<PathBuf>,
    width: usize,
) -> PyResult<Vec<(String, String, String)>> {
    let judged = error::detached(py, || {
        let folders = report::run_folders(&runs).map_err(|error| error.to_string())?;
        monitor::refuse(&folders, "judge").map_err(|error| error.to_string())?;
        let mut boards = Vec::new();
        for board in judge_shipped(&folders).map_err(|error| error.to_string())? {
            let text = featurescope::scoreboard(&board, featurescope::Detail::Line, width);
            let text = text.map_err(|error| error.to_string())?;
            let json = serde_json::to_string(&board).map_err(|error| error.to_string())?;
            boards.push((board.paper.map_or("", Name::text).to_owned(), json, text));
        }
        Ok::<_, String>(boards)
    })?;
    judged.map_err(error::run)
}

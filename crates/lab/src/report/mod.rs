//! Pictures of stored runs: one page that stands alone, and every figure as SVG, PNG and CSV.
//!
//! ```text
//! run folder ─▶ StoredRun ─▶ Page { sections of Figures, tables, verdicts } ─▶ html │ svg, png │ csv
//! ```
//!
//! A report reads stored files only and is a pure function of them: the same folder gives the same bytes. What every
//! picture shows and the rules of its verdicts: docs/report.md.
//!
//! To add a figure: a function from [`StoredRun`] to [`Figure`] in a file of its own, and a line in `sections`.

pub mod figure;
pub mod gallery;
pub mod page;
pub mod palette;
mod links;
mod markup;
pub mod html;
pub mod still;
pub mod csv;
mod files;
pub mod stored;
pub mod metrics;
pub mod settings;
pub mod swept;
pub mod story;
pub mod atoms;
pub mod firing;
pub mod map;
pub mod representations;
pub mod probes;
pub mod diagnostics;
pub mod scoreboard;
pub mod overview;
pub mod sample;
mod takeaway;
mod terms;
pub mod several;
pub mod difference;
pub mod overlay;
pub mod comparison;

pub use csv::FigureData;
pub use figure::Figure;
pub use page::{Block, Fold, Page, Section};
pub use stored::StoredRun;

use crate::claim::judge::ClaimResult;
use crate::claim::{ClaimError, Scoreboard, Verdict, judge_shipped};
use crate::evidence::EvidenceError;
use crate::store::{StoreError, write_text_atomically};
use crate::sweep::{SWEEP_FILE, SweepFolderError, runs_in};
use std::fs;
use std::path::{Path, PathBuf};
use still::StillError;

/// Name of the page in its folder.
pub const REPORT_FILE: &str = "report.html";
/// Name of the folder of figures beside it.
pub const FIGURES_FOLDER: &str = "figures";

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A run cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A folder holds no run.
    #[error("{} is no run directory and holds none: there is no manifest.json", .0.display())]
    NoRun(PathBuf),
    /// A run has not ended, or was killed.
    #[error(
        "{run} has no summary.json: the run still goes on, or it was stopped and `featurescope resume {run}` goes on with it",
        run = .0.display()
    )]
    Unfinished(PathBuf),
    /// The claims cannot be read.
    #[error(transparent)]
    Claims(#[from] ClaimError),
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder cannot be made.
    #[error("{} cannot be created: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A folder is no sweep although it says so.
    #[error(transparent)]
    Sweep(#[from] SweepFolderError),
    /// A figure cannot be drawn.
    #[error(transparent)]
    Still(#[from] StillError),
}

/// The run directories behind paths: runs, and folders that hold runs, in the order of their names.
///
/// # Errors
/// If a path is neither, or a run has no summary.
pub fn run_folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ReportError> {
    let is_run = |path: &Path| path.join("manifest.json").is_file();
    let mut found = Vec::new();
    for path in paths {
        if is_run(path) {
            found.push(path.clone());
            continue;
        }
        if path.join(SWEEP_FILE).is_file() {
            found.extend(runs_in(path)?);
            continue;
        }
        let entries = fs::read_dir(path).map_err(|_| ReportError::NoRun(path.clone()))?;
        let mut inside: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_run(path)).collect();
        inside.sort();
        if inside.is_empty() {
            return Err(ReportError::NoRun(path.clone()));
        }
        found.extend(inside);
    }
    match found.iter().find(|path| !path.join("summary.json").is_file()) {
        Some(open) => Err(ReportError::Unfinished(open.clone())),
        None => Ok(found),
    }
}

/// The report of one run, without the paper's statements, which need several.
pub fn of_run(run: &StoredRun) -> Page {
    let plan = &run.run.plan;
    let arms: Vec<&str> = run.arms.iter().map(|arm| arm.name.as_str()).collect();
    Page {
        title: if run.name.starts_with(&plan.experiment) {
            run.name.clone()
        } else {
            format!("{}: {}", plan.experiment, run.name)
        },
        subtitle: format!(
            "{} · seed {} · {} · arms: {}",
            plan.experiment,
            plan.seed,
            run.status,
            arms.join(", ")
        ),
        provenance: run.provenance(),
        sections: sections(run, 1),
        notes: run.notes.clone(),
    }
}

/// The report of several runs: what was varied, the paper's statements as these runs judge them, and each run
/// folded away.
///
/// # Errors
/// If a run or the claims cannot be read.
pub fn of_runs(folders: &[PathBuf]) -> Result<Page, ReportError> {
    of_judged_runs(folders, &judge_shipped(folders)?)
}

/// The same for runs that have been judged already.
///
/// # Errors
/// If a run cannot be read.
pub fn of_judged_runs(folders: &[PathBuf], boards: &[Scoreboard]) -> Result<Page, ReportError> {
    let runs: Vec<StoredRun> = folders.iter().map(|path| StoredRun::open(path)).collect::<Result<_, _>>()?;
    let mut page = match &runs[..] {
        [run] => of_run(run),
        several => {
            several::of_several(&several.iter().collect::<Vec<_>>(), common_folder(folders).as_deref())
        }
    };
    let anchors: Vec<String> = page.figures().map(|(figure, _)| figure.id.clone()).collect();
    // A reader of one run looks for its pictures; of several, for what they say together before each by
    // itself.
    let place = if runs.len() == 1 { page.sections.len() } else { page.sections.len() - 1 };
    let is_decided = |claim: &ClaimResult| matches!(claim.verdict, Verdict::Supported | Verdict::Refuted);
    for board in boards.iter().rev() {
        let statements = scoreboard::section(board, boards.len() > 1, &anchors);
        let is_wall = runs.len() > 1 && !board.claims.iter().any(is_decided);
        let statements = if is_wall {
            statements.folded("These runs decide none of them: one by one")
        } else {
            statements
        };
        page.sections.insert(place, statements);
    }
    Ok(page)
}

/// The name of the folder that all of them lie in.
fn common_folder(folders: &[PathBuf]) -> Option<String> {
    let parent = |path: &PathBuf| fs::canonicalize(path).ok()?.parent().map(Path::to_path_buf);
    let first = parent(folders.first()?)?;
    let is_shared = folders.iter().all(|folder| parent(folder).as_ref() == Some(&first));
    is_shared.then(|| first.file_name().map(|name| name.to_string_lossy().into_owned()))?
}

/// Everything that one run shows. `share_of_page`: how many runs share the page.
fn sections(run: &StoredRun, share_of_page: usize) -> Vec<Section> {
    let section = |id: &str, title: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        blocks,
        ..Section::default()
    };
    let diagnoses = diagnostics::of_run(run);
    let told = |figure: Figure| match takeaway::of(run, &diagnoses, &figure.id) {
        takeaway if takeaway.is_empty() => Block::Figure(figure),
        takeaway => Block::Figure(Figure { takeaway, ..figure }),
    };
    let figures = |figures: Vec<Figure>| figures.into_iter().map(told).collect::<Vec<_>>();
    let mut panel: Vec<Block> = Vec::new();
    if !diagnoses.is_empty() {
        panel.push(Block::Verdicts(
            diagnoses.iter().map(|named| named.diagnosis.verdict(&named.name)).collect(),
        ));
    }
    panel.extend(figures(diagnostics::figure(run, &diagnoses).into_iter().collect()));
    if !diagnoses.is_empty() {
        let classes = "the run's first classification target, samples without a class left out";
        panel.push(Block::Table(diagnostics::table(&diagnoses, classes)));
    }
    let mut atoms = figures(atoms::alignment(run, share_of_page));
    atoms.extend(figures(atoms::ownership(run).into_iter().chain(atoms::destiny(run)).collect()));
    let representations = figures(
        representations::firing_patterns(run).into_iter().chain(representations::maps(run)).collect(),
    );
    let probes = figures(probes::ladders(run).into_iter().chain(probes::mask_strength(run)).collect());
    let all = [
        section("sample", "What is learned from", figures(sample::figure(run).into_iter().collect())),
        overview::section(run),
        section("story", "Story", figures(vec![story::figure(run)])),
        section("atoms", "Neurons and atoms", atoms),
        section("representations", "Representations", representations),
        section("probes", "Probes", probes),
        section("diagnostics", "Diagnostics", panel),
    ];
    all.into_iter().filter(|section| !section.blocks.is_empty()).collect()
}

/// Writes `report.html` and `figures/` into `folder`, which is made if it is not there. Answers with the
/// page's path. Data of very many rows is left out.
///
/// # Errors
/// If a file cannot be written or a figure cannot be drawn.
pub fn write(page: &Page, folder: &Path) -> Result<PathBuf, ReportError> {
    write_with(page, folder, FigureData::Small)
}

/// The same, with the data of the figures that are asked for.
///
/// # Errors
/// If a file cannot be written or a figure cannot be drawn.
pub fn write_with(page: &Page, folder: &Path, data: FigureData) -> Result<PathBuf, ReportError> {
    files::write(page, folder, data)?;
    let path = folder.join(REPORT_FILE);
    let beside = html::Beside { folder, data };
    write_text_atomically(&path, &html::render(page, Some(beside)))?;
    Ok(path)
}

/// Reads the run in `folder` and writes its report there.
///
/// # Errors
/// If the run cannot be read or a file cannot be written.
pub fn write_for_run(folder: &Path, data: FigureData) -> Result<PathBuf, ReportError> {
    write_with(&of_run(&StoredRun::open(folder)?), folder, data)
}

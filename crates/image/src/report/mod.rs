//! The paper's Figures 1–4 and what goes beside them, from a run's folder: a page, and every figure as SVG, PNG and CSV.
//!
//! A report reads stored files only and is a pure function of them.

mod curves;
mod pictures;
mod representations;
mod stored;

pub use stored::{StoredArm, StoredRun};

use crate::data::Pictures;
use crate::network::Arithmetic;
use crate::run::FolderError;
use featurescope_lab::claim::{ClaimError, Scoreboard, judge_shipped};
use featurescope_lab::identity::Digest;
use featurescope_lab::report::page::{Provenance, Section, Table, show};
use featurescope_lab::report::{Block, FigureData, Page, ReportError, scoreboard, write_with};
use featurescope_lab::run::SPEC_FILE;
use featurescope_lab::sweep::table::Reader;
use std::path::{Path, PathBuf};
use stored::EndFigure;

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ImageReportError {
    /// The run cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The claims on pictures cannot be read.
    #[error(transparent)]
    Claims(#[from] ClaimError),
    /// Nothing has been trained to its end.
    #[error("{} has no arm that was trained to its end", .0.display())]
    Empty(PathBuf),
    /// Runs that are no repetitions of each other.
    #[error(
        "{} and {} differ in more than the seed: make a report for each setting", first.display(), other.display()
    )]
    Different {
        /// One run.
        first: PathBuf,
        /// The other.
        other: PathBuf,
    },
}

/// The figures of a sweep's table: heading, and where it stands in an arm's part of `summary.json`.
pub const SWEEP_FIGURES: &[(&str, Reader)] = &[
    ("probe", Reader::Key("probe")),
    ("neighbours", Reader::Key("neighbours")),
    ("firing", Reader::Key("firing_density")),
    ("loss", Reader::Key("loss")),
];

/// Reads and judges the runs in `folders`, which differ in the seed, and writes their report to `out`, with
/// the data that is asked for. Answers with the page's path.
///
/// # Errors
/// If there is no finished arm, a file cannot be read, or the report cannot be written.
pub fn write_for_runs(
    folders: &[PathBuf],
    out: &Path,
    data: FigureData,
) -> Result<PathBuf, ImageReportError> {
    write_for_judged_runs(folders, &judge_shipped(folders)?, out, data)
}

/// The same for runs that have been judged already.
///
/// # Errors
/// If there is no finished arm, a file cannot be read, or the report cannot be written.
pub fn write_for_judged_runs(
    folders: &[PathBuf],
    boards: &[Scoreboard],
    out: &Path,
    data: FigureData,
) -> Result<PathBuf, ImageReportError> {
    let mut page = page(&StoredRun::open(folders)?);
    let anchors: Vec<String> = page.figures().map(|(figure, _)| figure.id.clone()).collect();
    // Statements follow the table that they are about.
    let place = page.sections.len().min(1);
    for board in boards.iter().rev() {
        page.sections.insert(place, scoreboard::section(board, boards.len() > 1, &anchors));
    }
    Ok(write_with(&page, out, data)?)
}

/// The report of a run, without the statements of papers.
pub fn page(run: &StoredRun) -> Page {
    let section = |id: &str, title: &str, lead: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        lead: lead.to_owned(),
        blocks,
        ..Section::default()
    };
    let all = [
        section("found", "What was found", &setting(run), vec![Block::Table(table(run))]),
        section("curves", "Over training", "", curves::blocks(run)),
        section(
            "filters",
            "First-layer filters (Figure 2)",
            "Filters of the first layer while it learns, of the first seed. In the paper features emerge more slowly in \
             contrastive training than in supervised, and without augmentation they stay meaningless.",
            pictures::filters(run).into_iter().map(Block::Gallery).collect(),
        ),
        section(
            "firing",
            "Firing patterns (Figure 4)",
            "How dense the activations of the last rectified layer are on test pictures. In the paper they are dense \
             without augmentation and sparse with it.",
            representations::firing(run).into_iter().map(Block::Figure).collect(),
        ),
        section(
            "maps",
            "Maps of representations (Figure 3)",
            "t-SNE of the representations of test pictures, coloured by class, of the first seed. In the paper classes \
             separate with the right augmentation only.",
            representations::maps(run).into_iter().map(Block::Figure).collect(),
        ),
        section(
            "units",
            "What units look for (Figure 1)",
            "Pictures that make single units of the last layer fire, by gradient ascent. In the paper supervised training \
             has many more colour features than contrastive training; the chroma energy share counts that.",
            pictures::units(run).into_iter().map(Block::Gallery).collect(),
        ),
        section(
            "views",
            "The views",
            "What each arm trained on: two views of the same pictures, one above the other.",
            pictures::views(run).into_iter().map(Block::Gallery).collect(),
        ),
    ];
    Page {
        title: format!("Features of pictures: {}", run.name),
        subtitle: subtitle(run),
        provenance: Provenance {
            command: format!("featurescope report {}", run.name),
            source: format!("{SPEC_FILE} {}", Digest::of(&run.settings.resolved).short()),
        },
        sections: all.into_iter().filter(|section| !section.blocks.is_empty()).collect(),
        notes: run.notes.clone(),
    }
}

fn subtitle(run: &StoredRun) -> String {
    let settings = &run.settings;
    let arms: Vec<&str> = settings.arms.iter().map(|(name, _)| name.as_str()).collect();
    format!("{} · {} · seeds {:?}", run.network(), arms.join(", "), run.seeds)
}

fn setting(run: &StoredRun) -> String {
    let settings = &run.settings;
    let data = match &settings.data.pictures {
        Pictures::Stored(path) => path
            .file_name()
            .map_or("the given pictures".to_owned(), |name| name.to_string_lossy().into_owned()),
        Pictures::Synthetic { size, classes } => {
            format!("synthetic shapes of {classes} classes, {size} pixels")
        }
    };
    // Arms that train otherwise say so in their settings.
    let training = &run.arms[0].arm.training;
    let arithmetic = match training.arithmetic {
        Arithmetic::Single => "",
        Arithmetic::Mixed => ", products of factors rounded to bfloat16",
    };
    format!(
        "Pictures: {data}; {} for training, {} for testing. {} epochs of batches of {}, learning rate {}, momentum {}, \
         weight decay {}{arithmetic}.",
        settings.data.train,
        settings.data.test,
        training.epochs,
        training.batch,
        training.learning_rate,
        training.momentum,
        training.weight_decay
    )
}

/// Every arm at its end: mean over seeds, with the t-interval where there are several.
fn table(run: &StoredRun) -> Table {
    let mut columns = vec!["arm".to_owned(), "seeds".to_owned()];
    // Not every network has every figure.
    let is_measured = |figure: &&EndFigure| run.arms.iter().any(|arm| !arm.at_end(figure.1).is_empty());
    let figures: Vec<&EndFigure> = stored::END_FIGURES.iter().filter(is_measured).collect();
    columns.extend(figures.iter().map(|(name, _)| (*name).to_owned()));
    columns.push("pictures/s".to_owned());
    let rows = run.arms.iter().map(|arm| {
        let mut row = vec![arm.name.clone(), arm.seeds.len().to_string()];
        row.extend(figures.iter().map(|(_, read)| with_interval(&arm.at_end(*read))));
        row.push(show(arm.speed()));
        row
    });
    Table {
        title: "At the end of training".to_owned(),
        columns,
        rows: rows.collect(),
        note: "Mean over seeds and its 95 % Student t interval. Alignment and uniformity are read under crop, flip and \
               colour distortion for every arm. Pictures per second count a picture once however many views it has."
            .to_owned(),
    }
}

fn with_interval(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match featurescope_lab::stats::Located::mean(values) {
        Some(located) => {
            let interval = located.interval(0.95);
            format!("{} [{}, {}]", show(Some(mean)), show(Some(interval.lower)), show(Some(interval.upper)))
        }
        None => show((!values.is_empty()).then_some(mean)),
    }
}

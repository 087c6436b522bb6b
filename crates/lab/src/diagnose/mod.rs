//! Diagnosis of representations that any network made: what of the report's panel applies to them.
//!
//! ```text
//! .npy │ .npz │ .safetensors │ .parquet ─▶ arrays ─▶ Foreign (checked) ─▶ Page
//! ```
//!
//! Everything is exact for the given samples. Of more than [`MOST_SAMPLES`] samples as many are taken, evenly spaced, and
//! the report says so. Source: docs/report.md.

pub mod arrays;
pub mod formats;
pub mod columns;
pub mod probe;

pub use arrays::{Array, ArrayError};

use crate::report::diagnostics::{self, Diagnosis, Named};
use crate::report::figure::{Colour, Entry, Figure, Stroke};
use crate::report::firing::{self, Sample};
use crate::report::map::{self, Tag};
use crate::report::page::{Block, Page, Provenance, Section, Table, show};
use featurescope_sim::math::Matrix;
use probe::Probe;
use std::path::{Path, PathBuf};

/// Samples that a diagnosis looks at.
pub const MOST_SAMPLES: usize = 2048;
/// Samples that it needs.
pub const FEWEST_SAMPLES: usize = 4;
/// Labels with more different values than this are no classes.
const MOST_CLASSES: usize = 1000;
const KEY: &str = "network";

/// Which file, and which of its arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// The array, where the file holds several.
    pub array: Option<String>,
}

/// Labels of samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Whole numbers: one class each.
    Classes(Vec<i64>),
    /// Anything else: values to be predicted.
    Values(Vec<f64>),
}

/// Representations from elsewhere, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// Name of the file.
    pub name: String,
    /// SHA-256 of the file, hexadecimal.
    pub hash: String,
    /// n × m, finite.
    pub rows: Matrix,
    /// The other view of every sample, n × m, finite.
    pub pairs: Option<Matrix>,
    /// One label per sample.
    pub labels: Option<Labels>,
    /// Samples in the file.
    pub samples_in_file: usize,
}

impl Foreign {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Naming file and array, what was found and what shape is expected.
    pub fn read(
        activations: &Source,
        pairs: Option<&Source>,
        labels: Option<&Source>,
    ) -> Result<Self, ArrayError> {
        let bytes = formats::read_bytes(&activations.path)?;
        let hash = crate::report::hash(&bytes);
        let wanted = "samples × neurons, at least 4 × 1";
        let all = formats::load(activations, &bytes, wanted)?.matrix(wanted)?;
        let n = all.rows();
        let pairs = pairs
            .map(|source| {
                let wanted = format!("{n} × {}, like the activations", all.cols());
                let bytes = formats::read_bytes(&source.path)?;
                let array = formats::load(source, &bytes, &wanted)?;
                let found = array.matrix(&wanted)?;
                if (found.rows(), found.cols()) == (n, all.cols()) {
                    Ok(found)
                } else {
                    Err(array.shape_error(&wanted))
                }
            })
            .transpose()?;
        let labels = labels
            .map(|source| {
                let wanted = format!("{n} labels, one per sample");
                let bytes = formats::read_bytes(&source.path)?;
                formats::load_vector(source, &bytes, &wanted)?.vector(n, &wanted)
            })
            .transpose()?;
        let chosen = evenly_spaced(n);
        let take = |rows: &Matrix| Matrix::from_fn(chosen.len(), rows.cols(), |i, j| rows[(chosen[i], j)]);
        Ok(Self {
            name: activations
                .path
                .file_name()
                .map_or("activations".into(), |name| name.to_string_lossy().into_owned()),
            hash,
            rows: take(&all),
            pairs: pairs.as_ref().map(take),
            labels: labels.map(|values| labels_of(chosen.iter().map(|&i| values[i]).collect())),
            samples_in_file: n,
        })
    }
}

/// At most [`MOST_SAMPLES`] of `n` positions, in order.
fn evenly_spaced(n: usize) -> Vec<usize> {
    let count = n.min(MOST_SAMPLES);
    (0..count).map(|i| i * n / count).collect()
}

fn labels_of(values: Vec<f64>) -> Labels {
    let is_whole = values.iter().all(|v| v.fract() == 0.0 && v.abs() < 1e15);
    let mut sorted: Vec<i64> = values.iter().map(|&v| v as i64).collect();
    sorted.sort_unstable();
    sorted.dedup();
    if is_whole && sorted.len() <= MOST_CLASSES {
        Labels::Classes(values.iter().map(|&v| v as i64).collect())
    } else {
        Labels::Values(values)
    }
}

/// What was found, and the page that shows it.
pub struct Findings {
    /// Collapse, rank, spread, firing.
    pub diagnosis: Diagnosis,
    /// What a linear rule reads off; `None` without labels, or if too few samples have them.
    pub probe: Option<Probe>,
    /// The page.
    pub page: Page,
}

/// The diagnosis. `command`: what was typed, for the provenance.
pub fn diagnose(foreign: &Foreign, command: &str) -> Findings {
    let classes = match &foreign.labels {
        Some(Labels::Classes(classes)) => Some(classes.as_slice()),
        _ => None,
    };
    let pairs = foreign.pairs.as_ref().map(|pairs| (&foreign.rows, pairs));
    let diagnosis = Diagnosis::new(&foreign.rows, pairs, classes, None);
    let probe = foreign.labels.as_ref().and_then(|labels| probe::fit(&foreign.rows, labels));
    let named = [Named {
        name: foreign.name.clone(),
        key: KEY.to_owned(),
        colour: Colour::Hue(0),
        diagnosis: diagnosis.clone(),
    }];
    let section = |id: &str, title: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        blocks,
        ..Section::default()
    };
    let mut table = diagnostics::table(&named, "the given labels");
    table.rows.push(vec!["linear probe".to_owned(), probe_cell(probe.as_ref(), foreign)]);
    let found = vec![Block::Verdicts(vec![diagnosis.verdict(&foreign.name)]), Block::Table(table)];
    let mut pictures: Vec<Block> = vec![Block::Figure(spread(&named)), Block::Figure(patterns(foreign))];
    pictures.extend(picture_of(foreign).map(Block::Figure));
    let mut notes = Vec::new();
    if foreign.samples_in_file > foreign.rows.rows() {
        notes.push(format!(
            "The file has {} samples; {} of them, evenly spaced, were looked at.",
            foreign.samples_in_file,
            foreign.rows.rows()
        ));
    }
    let page = Page {
        title: format!("Diagnosis of {}", foreign.name),
        subtitle: format!("{} samples × {} neurons", foreign.rows.rows(), foreign.rows.cols()),
        provenance: Provenance {
            command: command.to_owned(),
            source: format!("{}, sha256 {}", foreign.name, &foreign.hash[..12]),
        },
        sections: vec![section("found", "What was found", found), section("pictures", "Pictures", pictures)],
        notes,
    };
    Findings { diagnosis, probe, page }
}

fn probe_cell(probe: Option<&Probe>, foreign: &Foreign) -> String {
    match (probe, &foreign.labels) {
        (Some(probe), _) => format!(
            "{} {} [{}, {}] on {} held-out samples, {} {}",
            probe.unit,
            show(Some(probe.score)),
            show(probe.lower),
            show(probe.upper),
            probe.test_samples,
            probe.chance_word,
            show(Some(probe.chance))
        ),
        (None, Some(_)) => "too few labelled samples".to_owned(),
        (None, None) => "–".to_owned(),
    }
}

fn legend(name: &str) -> Vec<Entry> {
    vec![Entry { key: KEY.to_owned(), name: name.to_owned(), colour: Colour::Hue(0), stroke: Stroke::Solid }]
}

fn spread(named: &[Named]) -> Figure {
    let mut panels = vec![diagnostics::spectrum_panel(named)];
    panels.extend(diagnostics::plane(named));
    Figure {
        id: "diagnostics".to_owned(),
        title: "Do representations collapse?".to_owned(),
        caption: "How the variance is spread over principal directions, the mean taken away; with pairs, whether views of a sample meet \
                  (alignment) while samples spread (uniformity)."
            .to_owned(),
        legend: legend(&named[0].name),
        columns: panels.len(),
        panels,
        ..Figure::default()
    }
}

fn patterns(foreign: &Foreign) -> Figure {
    let sample = Sample {
        name: foreign.name.clone(),
        key: KEY.to_owned(),
        colour: Colour::Hue(0),
        rows: &foreign.rows,
    };
    Figure {
        id: "firing".to_owned(),
        title: "Firing patterns".to_owned(),
        caption: "How large activations are where they are not zero, how many neurons answer to a sample, and how often a neuron \
                  answers. A neuron answers where its entry is not exactly zero."
            .to_owned(),
        legend: legend(&foreign.name),
        panels: firing::panels(&[sample]),
        columns: 3,
        ..Figure::default()
    }
}

fn picture_of(foreign: &Foreign) -> Option<Figure> {
    let tag = |i: usize| match &foreign.labels {
        Some(Labels::Classes(classes)) => Tag {
            class: Some(classes[i]),
            is_negative: false,
            label: format!("sample {i}, class {}", classes[i]),
        },
        Some(Labels::Values(values)) => Tag {
            class: None,
            is_negative: false,
            label: format!("sample {i}, value {}", show(Some(values[i]))),
        },
        None => Tag { class: Some(0), is_negative: false, label: format!("sample {i}") },
    };
    // The map takes the first samples, which in a file are often of one class: it gets evenly spaced ones.
    let count = foreign.rows.rows().min(map::MOST_SAMPLES);
    let chosen: Vec<usize> = (0..count).map(|i| i * foreign.rows.rows() / count).collect();
    let tags: Vec<Tag> = (0..foreign.rows.rows()).map(tag).collect();
    let classes = map::coloured_classes(&tags);
    let embedding = map::embed(&foreign.rows, &chosen)?;
    let has_others = tags.iter().any(|tag| tag.class.is_none_or(|class| !classes.contains(&class)));
    let is_labelled = matches!(foreign.labels, Some(Labels::Classes(_)));
    Some(Figure {
        id: "map".to_owned(),
        title: "A map of the representations".to_owned(),
        caption: "Each dot is a sample, placed by t-SNE of the directions of its representation; coloured are the eight most frequent \
                  classes. Neighbours are to be trusted, distances and sizes of groups are not."
            .to_owned(),
        legend: if is_labelled { map::legend(&classes, "class", has_others) } else { Vec::new() },
        panels: vec![map::panel(&foreign.name, &embedding, &tags, &classes)],
        columns: 1,
        ..Figure::default()
    })
}

/// The findings as a table of plain text.
pub fn table_of(page: &Page) -> Option<&Table> {
    page.sections.iter().flat_map(|section| &section.blocks).find_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

/// The file's name for a command line.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;

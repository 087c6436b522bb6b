//! The page of several watched trainings: for every layer that they have, the curves of all of them.

use super::course::Course;
use super::page::{last_value, show_step};
use super::record::columns;
use crate::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use crate::report::page::{Block, Page, Provenance, Section, Table, Tone, Verdict};
use featurescope_sim::measure::Column;

/// A watched training under the name that the page gives it.
pub struct Named {
    /// Its folder's name, or the whole path where two folders have one name.
    pub name: String,
    /// What was read.
    pub course: Course,
}

/// The page of these trainings, two or more.
pub fn page_of_several(trainings: &[Named]) -> Page {
    let mut sections = vec![section("told", "What was told", vec![Block::Verdicts(told(trainings))])];
    for (at, layer) in layers(trainings).into_iter().enumerate() {
        let mut blocks = Vec::new();
        let figure = figure(trainings, layer, at);
        if !figure.panels.is_empty() {
            blocks.push(Block::Figure(figure));
        }
        blocks.push(Block::Table(last(trainings, layer)));
        sections.push(section(&format!("layer-{at}"), layer, blocks));
    }
    sections.push(section("settings", "How they were watched", vec![Block::Table(settings(trainings))]));
    let names: Vec<&str> = trainings.iter().map(|training| training.name.as_str()).collect();
    Page {
        title: format!("{} trainings, layer by layer", trainings.len()),
        subtitle: names.join(" · "),
        provenance: Provenance {
            command: format!("featurescope report {}", names.join(" ")),
            source: "the spec.toml and the records of each folder".to_owned(),
        },
        sections,
        notes: notes(trainings),
    }
}

fn section(id: &str, title: &str, blocks: Vec<Block>) -> Section {
    Section { id: id.to_owned(), title: title.to_owned(), blocks, ..Section::default() }
}

/// The layers of all trainings, each once, in the order in which they appear.
fn layers(trainings: &[Named]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for layer in trainings.iter().flat_map(|training| &training.course.layers) {
        if !names.contains(&layer.name.as_str()) {
            names.push(&layer.name);
        }
    }
    names
}

/// Curves of one layer can be compared only as far as they were read of the same samples: what the page says
/// where they cannot have been.
fn notes(trainings: &[Named]) -> Vec<String> {
    let samples = |training: &Named| training.course.settings.samples;
    let Some(odd) = trainings.iter().find(|training| samples(training) != samples(&trainings[0])) else {
        return Vec::new();
    };
    vec![format!(
        "{} was read on {} samples and {} on {}. Ranks and numbers of dead neurons depend on the number of \
         samples.",
        trainings[0].name,
        samples(&trainings[0]),
        odd.name,
        samples(odd)
    )]
}

/// A panel for every figure that was read of the layer, with a line for each training.
fn figure(trainings: &[Named], layer: &str, at: usize) -> Figure {
    let entry = |(i, training): (usize, &Named)| Entry {
        key: key(i),
        name: training.name.clone(),
        colour: Colour::Hue(i),
        stroke: Stroke::Solid,
    };
    Figure {
        id: format!("layer-{at}"),
        title: format!("{layer}, in all trainings"),
        caption: "Every training is a line. Steps are those of its own optimizer.".to_owned(),
        legend: trainings.iter().enumerate().map(entry).collect(),
        panels: columns().into_iter().filter_map(|column| panel(trainings, layer, column)).collect(),
        columns: 3,
        ..Figure::default()
    }
    .with_used_legend()
}

fn key(training: usize) -> String {
    format!("training{training}")
}

fn panel(trainings: &[Named], layer: &str, column: Column) -> Option<Panel> {
    let shown = column.shown?;
    let line = |(i, training): (usize, &Named)| {
        let found = training.course.layers.iter().find(|known| known.name == layer)?;
        let points = found.curve(column.name);
        let is_read = points.iter().any(|point| point[1].is_finite());
        let mut line = Line::new(training.name.clone(), &key(i), Colour::Hue(i), points);
        line.has_dots = found.records.len() < 2;
        is_read.then_some(PlotLayer::Line(line))
    };
    let lines: Vec<PlotLayer> = trainings.iter().enumerate().filter_map(line).collect();
    (!lines.is_empty()).then(|| Panel {
        title: shown.title.to_owned(),
        x: Axis::linear("step"),
        y: Axis::of_column(&shown),
        layers: lines,
        span: 1,
        ..Panel::default()
    })
}

fn told(trainings: &[Named]) -> Vec<Verdict> {
    let of = |training: &Named| -> Vec<Verdict> {
        let notice = |notice: &super::Notice| Verdict {
            name: format!("{}, {}", training.name, notice.layer),
            word: format!("step {}", notice.step),
            text: notice.text.clone(),
            tone: Tone::Bad,
        };
        let all: Vec<Verdict> = training.course.notices.iter().map(notice).collect();
        if all.is_empty() {
            let text = "No layer collapsed, lost neurons or changed its rank by a factor of two.".to_owned();
            let name = training.name.clone();
            return vec![Verdict { name, word: "nothing".to_owned(), text, tone: Tone::Neutral }];
        }
        all
    };
    trainings.iter().flat_map(of).collect()
}

/// The last figures of a layer, a column for each training that has it.
fn last(trainings: &[Named], layer: &str) -> Table {
    let found = |training: &Named| {
        let layers = &training.course.layers;
        layers.iter().position(|known| known.name == layer)
    };
    let with: Vec<(&Named, usize)> =
        trainings.iter().filter_map(|training| Some((training, found(training)?))).collect();
    let mut rows: Vec<Vec<String>> = vec![
        std::iter::once("step".to_owned())
            .chain(with.iter().map(|(training, at)| show_step(&training.course.layers[*at])))
            .collect(),
    ];
    rows.extend(columns().into_iter().enumerate().map(|(column, declared)| {
        let values = with.iter().map(|(training, at)| last_value(&training.course.layers[*at], column));
        std::iter::once(declared.name.replace('_', " ")).chain(values).collect()
    }));
    Table {
        title: format!("{layer} at the end"),
        columns: std::iter::once(String::new())
            .chain(with.iter().map(|(training, _)| training.name.clone()))
            .collect(),
        rows,
        note: "Collapse: 0 none, 1 dimensional, 2 complete. Seconds: wall time of the last reading."
            .to_owned(),
    }
}

fn settings(trainings: &[Named]) -> Table {
    let yes = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
    let row = |training: &Named| {
        let settings = &training.course.settings;
        vec![
            training.name.clone(),
            settings.samples.to_string(),
            settings.every.to_string(),
            yes(settings.has_views),
            yes(settings.has_labels),
        ]
    };
    Table {
        title: String::new(),
        columns: ["training", "samples", "steps between readings", "views", "labels"]
            .map(str::to_owned)
            .to_vec(),
        rows: trainings.iter().map(row).collect(),
        note: "A folder does not hold the training's own settings. Name the folders after them.".to_owned(),
    }
}

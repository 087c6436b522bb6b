//! The page of a watched training: what was told, the curves, and the last figures.

use super::course::{Course, Layer};
use super::record::columns;
use crate::identity::Digest;
use crate::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use crate::report::page::{Block, Page, Provenance, Section, Table, Tone, Verdict, show};

/// The curves of all layers over the steps, a panel for every figure that was read.
pub fn curves(course: &Course) -> Figure {
    let colour = |i: usize| Colour::Hue(i);
    let line = |(i, layer): (usize, &Layer), column: &str| {
        let points: Vec<[f64; 2]> = layer.curve(column);
        let mut line = Line::new(layer.name.clone(), &layer.name, colour(i), points);
        line.has_dots = layer.records.len() < 2;
        let is_read = line.points.iter().any(|point| point[1].is_finite());
        is_read.then_some(PlotLayer::Line(line))
    };
    let panel = |column: featurescope_sim::measure::Column| {
        let shown = column.shown?;
        let layers = course.layers.iter().enumerate();
        let layers: Vec<PlotLayer> = layers.filter_map(|layer| line(layer, column.name)).collect();
        (!layers.is_empty()).then(|| Panel {
            title: shown.title.to_owned(),
            x: Axis::linear("step"),
            y: Axis::of_column(&shown),
            layers,
            span: 1,
            ..Panel::default()
        })
    };
    let entry = |(i, layer): (usize, &Layer)| Entry {
        key: layer.name.clone(),
        name: layer.name.clone(),
        colour: colour(i),
        stroke: Stroke::Solid,
    };
    Figure {
        id: "course".to_owned(),
        title: "The layers while the network learned".to_owned(),
        caption: format!(
            "Figures of the same {} samples, read every {} steps. A neuron is dead where it is zero on all of \
             them.",
            course.settings.samples, course.settings.every
        ),
        legend: course.layers.iter().enumerate().map(entry).collect(),
        panels: columns().into_iter().filter_map(panel).collect(),
        columns: 3,
        ..Figure::default()
    }
}

/// The page.
pub fn page(course: &Course) -> Page {
    let section = |id: &str, title: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        blocks,
        ..Section::default()
    };
    let figure = curves(course);
    let settings = &course.settings;
    let mut sections = vec![section("told", "What was told", vec![Block::Verdicts(told(course))])];
    if !figure.panels.is_empty() {
        sections.push(section("course", "Course", vec![Block::Figure(figure)]));
    }
    sections.push(section("last", "At the end", vec![Block::Table(last(course))]));
    Page {
        title: "A training, layer by layer".to_owned(),
        subtitle: format!("{} samples · every {} steps", settings.samples, settings.every),
        provenance: Provenance {
            command: format!(
                "featurescope.Monitor(model, layers={:?}, every={})",
                settings.layers, settings.every
            ),
            source: format!("spec.toml, sha256 {}", Digest::of(settings.spec()).short()),
        },
        sections,
        notes: Vec::new(),
    }
}

fn told(course: &Course) -> Vec<Verdict> {
    let all: Vec<Verdict> = (course.notices.iter())
        .map(|notice| Verdict {
            name: notice.layer.clone(),
            word: format!("step {}", notice.step),
            text: notice.text.clone(),
            tone: Tone::Bad,
        })
        .collect();
    if !all.is_empty() {
        return all;
    }
    vec![Verdict {
        name: String::new(),
        word: "nothing".to_owned(),
        text:
            "No layer collapsed, lost neurons or changed its rank by a factor of two between readings. This \
               is no praise: a garbage representation may pass."
                .to_owned(),
        tone: Tone::Neutral,
    }]
}

/// The last value of the column at this place.
pub(super) fn last_value(layer: &Layer, column: usize) -> String {
    show(layer.records.last().map(|(_, values)| values[column]))
}

/// The step of the last reading.
pub(super) fn show_step(layer: &Layer) -> String {
    layer.records.last().map_or_else(|| "–".to_owned(), |(step, _)| step.to_string())
}

fn last(course: &Course) -> Table {
    let rows = columns().into_iter().enumerate().map(|(at, column)| {
        let name = column.name.replace('_', " ");
        std::iter::once(name).chain(course.layers.iter().map(|layer| last_value(layer, at))).collect()
    });
    let step = course.layers.first().and_then(|layer| layer.records.last()).map(|(step, _)| *step);
    Table {
        title: match step {
            Some(step) => format!("Figures at step {step}"),
            None => "Figures".to_owned(),
        },
        columns: std::iter::once(String::new())
            .chain(course.layers.iter().map(|layer| layer.name.clone()))
            .collect(),
        rows: rows.collect(),
        note: "Collapse: 0 none, 1 dimensional, 2 complete. Seconds: wall time of the last reading of all layers."
            .to_owned(),
    }
}

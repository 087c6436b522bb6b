//! The curves of two runs in the same axes: an arm has its colour in both, the first run is solid and the
//! second dotted.

use super::figure::{Axis, Colour, Entry, Figure, Line, Mark, Panel, PlotLayer, Stroke};
use super::stored::{ArmView, StoredRun};
use super::story::{curves, heading, stage_marks};
use featurescope_sim::measure::Shown;

/// Legend entries of the runs.
const RUNS: [(&str, Stroke); 2] = [("first", Stroke::Solid), ("second", Stroke::Dotted)];

/// The figure. `names`: what the runs are called.
pub fn figure(runs: [&StoredRun; 2], names: &[String; 2]) -> Figure {
    let paints = paints(runs);
    let arms: [Vec<ArmView<'_>>; 2] = runs.map(|run| repainted(run, &paints));
    let panels: Vec<Panel> =
        curves().iter().filter_map(|(column, shown)| panel(column.name, shown, &arms, names)).collect();
    let mut legend: Vec<Entry> = (paints.iter().enumerate())
        .map(|(index, name)| Entry {
            key: key(index),
            name: (*name).to_owned(),
            colour: Colour::Hue(index),
            stroke: Stroke::Solid,
        })
        .collect();
    legend.extend(RUNS.iter().zip(names).map(|(&(key, stroke), name)| Entry {
        key: key.to_owned(),
        name: name.clone(),
        colour: Colour::Ink,
        stroke,
    }));
    Figure {
        id: "overlay".to_owned(),
        title: "Both runs in the same axes".to_owned(),
        caption: format!(
            "Solid: {}; dotted: {}. Arms of one name have one colour. Vertical lines are the ends of stage I \
             (T1) and stage II (T2) of the arms of both.",
            names[0], names[1]
        ),
        legend,
        panels,
        columns: 3,
        ..Figure::default()
    }
    .with_used_legend()
}

fn key(index: usize) -> String {
    format!("arm{index}")
}

/// The names of the arms of both runs: their position is their colour.
fn paints(runs: [&StoredRun; 2]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for arm in runs.iter().flat_map(|run| &run.arms) {
        if !names.contains(&arm.name.as_str()) {
            names.push(&arm.name);
        }
    }
    names
}

/// The arms of a run in the colours of the figure.
fn repainted<'a>(run: &'a StoredRun, paints: &[&str]) -> Vec<ArmView<'a>> {
    let repaint = |arm: ArmView<'a>| {
        let index = paints.iter().position(|name| *name == arm.name()).unwrap_or_default();
        ArmView { key: key(index), colour: Colour::Hue(index), ..arm }
    };
    run.subjects().map(repaint).collect()
}

fn panel(column: &str, shown: &Shown, arms: &[Vec<ArmView<'_>>; 2], names: &[String; 2]) -> Option<Panel> {
    let (mut layers, mut marks): (Vec<PlotLayer>, Vec<Mark>) = (Vec::new(), Vec::new());
    for ((arms, name), (run, stroke)) in arms.iter().zip(names).zip(RUNS) {
        for arm in arms {
            let points = arm.curve(column);
            if points.iter().any(|[_, value]| value.is_finite()) {
                let line = Line::new(format!("{}, {name}", arm.name()), &arm.key, arm.colour, points);
                layers.push(PlotLayer::Line(line.styled(stroke, run)));
            }
        }
        marks.extend(stage_marks(arms).into_iter().map(|mut mark| {
            mark.keys.push(run.to_owned());
            mark
        }));
    }
    (!layers.is_empty()).then(|| Panel {
        title: heading(shown.title),
        x: Axis::linear("step"),
        y: Axis::of_column(shown),
        layers,
        marks,
        span: 1,
        ..Panel::default()
    })
}

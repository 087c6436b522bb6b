//! The figure that tells the paper: how much of the neurons lies along each feature, and the head off its
//! diagonal.
//!
//! Source: theory.md 5.

use crate::PAPER;
use featurescope_lab::evidence::{Gap, Run};
use featurescope_lab::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use featurescope_sim::measure::atom_energies::COLUMNS;
use featurescope_sim::measure::prediction::COLUMN;

/// Legend entries.
const STRONG: &str = "strong";
const WEAK: &str = "weak";
const HEAD: &str = "head";

/// One panel for each arm that the paper speaks of: the energy of all neurons along the strong and the weak
/// feature, and the largest entry of the head off its diagonal, dashed.
///
/// # Errors
/// If an arm did not record them.
pub fn head(run: &Run) -> Result<Figure, Gap> {
    let mut panels = Vec::new();
    for subject in run.subjects() {
        let Some(role) = PAPER.role(&subject) else { continue };
        let steps = &subject.arm.records.steps;
        let line = |name: &str, column: &str, colour, key: &str| {
            let values = subject.arm.records.column(column);
            let values = values.ok_or_else(|| Gap::NotRecorded(column.to_owned()))?;
            let points = steps.iter().zip(values).map(|(&step, &value)| [step as f64, value]);
            Ok(Line::new(name, key, colour, points.collect()))
        };
        let head = line("head off its diagonal", COLUMN.name, Colour::Ink, HEAD)?;
        let layers = vec![
            PlotLayer::Line(line("strong feature", COLUMNS[0].name, Colour::Hue(0), STRONG)?),
            PlotLayer::Line(line("weak feature", COLUMNS[1].name, Colour::Hue(1), WEAK)?),
            PlotLayer::Line(Line { stroke: Stroke::Dashed, ..head }),
        ];
        panels.push(Panel {
            title: subject.plan.name.replace('_', " "),
            note: role.words(),
            x: Axis::linear("step"),
            y: Axis { min: Some(0.0), ..Axis::linear("energy of the neurons, entry of the head") },
            layers,
            span: 1,
            ..Panel::default()
        });
    }
    let entry = |key: &str, name: &str, colour, stroke| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour,
        stroke,
    };
    Ok(Figure {
        id: "head".to_owned(),
        title: "What a prediction head does".to_owned(),
        caption: "Energy of all neurons along each feature, and the head off its diagonal.".to_owned(),
        legend: vec![
            entry(STRONG, "strong feature", Colour::Hue(0), Stroke::Solid),
            entry(WEAK, "weak feature", Colour::Hue(1), Stroke::Solid),
            entry(HEAD, "largest entry of the head off its diagonal", Colour::Ink, Stroke::Dashed),
        ],
        panels,
        columns: 2,
        ..Figure::default()
    })
}

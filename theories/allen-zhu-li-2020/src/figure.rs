//! The figure that tells the paper: mixtures and robust accuracy of all arms, step by step.
//!
//! Source: theory.md 3, 4.

use crate::PAPER;
use featurescope_lab::evidence::{Gap, Run};
use featurescope_lab::report::figure::{Axis, Colour, Entry, Figure, Line, Mark, Panel, PlotLayer, Stroke};
use toml::Value;

/// What is drawn: column, title, upper end of its axis.
const PANELS: [(&str, &str, Option<f64>); 3] = [
    ("common_mixture_share", "Share of the weights that all neurons have in common", None),
    ("robust_accuracy", "Accuracy under attack", Some(1.0)),
    ("clean_accuracy", "Accuracy on clean samples", Some(1.0)),
];

/// One panel for each figure of the measurement `robust`, with a line for each arm of the paper.
///
/// # Errors
/// If an arm of the paper did not record it.
pub fn purification(run: &Run) -> Result<Figure, Gap> {
    let mut legend = Vec::new();
    let mut panels = PANELS.map(panel).to_vec();
    for subject in run.subjects() {
        let Some(role) = PAPER.role(&subject) else { continue };
        let (key, colour) = (subject.plan.name.clone(), Colour::Hue(legend.len()));
        let steps = &subject.arm.records.steps;
        for ((column, ..), panel) in PANELS.iter().zip(&mut panels) {
            let values = subject.arm.records.column(column);
            let values = values.ok_or_else(|| Gap::NotRecorded((*column).to_owned()))?;
            let points = steps.iter().zip(values).map(|(&step, &value)| [step as f64, value]);
            panel.layers.push(PlotLayer::Line(Line::new(role.words(), &key, colour, points.collect())));
        }
        if let Some(step) = subject.value("adversary.from_step").and_then(Value::as_integer) {
            let begins = Mark {
                on_x: true,
                at: step as f64,
                label: String::new(),
                colour: Colour::Grey,
                keys: Vec::new(),
            };
            panels.iter_mut().filter(|panel| panel.marks.is_empty()).for_each(|panel| {
                panel.marks.push(begins.clone());
            });
        }
        legend.push(Entry { key, name: role.words(), colour, stroke: Stroke::Solid });
    }
    Ok(Figure {
        id: "purification".to_owned(),
        title: "Adversarial training purifies features".to_owned(),
        caption: "All arms train on the same samples. The adversary begins at the vertical line.".to_owned(),
        legend,
        panels,
        columns: 3,
        ..Figure::default()
    })
}

fn panel((_, title, max): (&str, &str, Option<f64>)) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis::linear("step"),
        y: Axis { min: Some(0.0), max, ..Axis::linear("share") },
        span: 1,
        ..Panel::default()
    }
}

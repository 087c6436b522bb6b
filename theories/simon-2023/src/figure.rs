//! The figure that tells the paper: what every atom contributes to the features, beside its closed form.
//!
//! Source: theory.md (3.2b), 3.4.

use crate::PAPER;
use crate::encoder::{Direction, Encoder};
use featurescope_lab::evidence::{Gap, Run, Subject};
use featurescope_lab::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};

/// Points of a closed form's curve.
const THEORY_POINTS: u32 = 400;
/// Legend entries.
const MEASURED: &str = "first";
const THEORY: &str = "theory";

/// One panel for each arm with a closed form: λ_j F_j, the mean square of what atom j contributes to the features of
/// raw samples, from step to step; dashed the closed form, which takes from the run its initial weights alone.
///
/// # Errors
/// If an arm of the paper did not record the energy of its atoms.
pub fn staircase(run: &Run) -> Result<Figure, Gap> {
    let mut panels = Vec::new();
    for subject in run.subjects() {
        let Some(role) = PAPER.role(&subject) else { continue };
        let Ok(encoder) = Encoder::of(&subject) else { continue };
        panels.push(panel(&subject, &encoder, role.words())?);
    }
    let entry = |key: &str, name: &str, stroke| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour: Colour::Ink,
        stroke,
    };
    Ok(Figure {
        id: "staircase".to_owned(),
        title: "One direction after another".to_owned(),
        caption: "What each atom contributes to the features, most frequent atoms first.".to_owned(),
        legend: vec![
            entry(MEASURED, "measured", Stroke::Solid),
            entry(THEORY, "closed form of a linear encoder from the same initial weights", Stroke::Dashed),
        ],
        panels,
        columns: 2,
        ..Figure::default()
    })
}

fn panel(subject: &Subject<'_>, encoder: &Encoder, words: String) -> Result<Panel, Gap> {
    let steps = &subject.arm.records.steps;
    let last = steps.last().copied().ok_or(Gap::Nothing("records"))? as f64;
    let mut layers = Vec::new();
    for direction in &encoder.atoms {
        let Direction { atom, course } = *direction;
        let (scale, colour) = (encoder.variance(atom), Colour::Hue(atom));
        let energies = direction.recorded(subject)?;
        let measured = steps.iter().zip(energies).map(|(&step, energy)| [step as f64, scale * energy]);
        let closed = (0..=THEORY_POINTS).map(|k| {
            let step = last * f64::from(k) / f64::from(THEORY_POINTS);
            [step, scale * course.energy(step)]
        });
        let name = format!("atom {}", atom + 1);
        layers.push(PlotLayer::Line(Line::new(&name, MEASURED, colour, measured.collect())));
        let closed = Line::new(format!("{name}, closed form"), THEORY, colour, closed.collect());
        layers.push(PlotLayer::Line(Line { stroke: Stroke::Dashed, ..closed }));
    }
    Ok(Panel {
        title: subject.plan.name.replace('_', " "),
        note: words,
        x: Axis::linear("step").between(0.0, last),
        y: Axis { min: Some(0.0), ..Axis::linear("mean square of the feature") },
        layers,
        span: 1,
        ..Panel::default()
    })
}

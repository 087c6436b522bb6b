//! The figure that tells the paper: what every feature contributes to the embedding, step by step.
//!
//! Source: theory.md 3.2, 3.6.

use crate::PAPER;
use crate::encoder::{contrast, directions, energies};
use featurescope_lab::evidence::{Gap, Run, Subject};
use featurescope_lab::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};

/// Points of a closed form's curve.
const THEORY_POINTS: u32 = 200;
const CLASS: (&str, Colour) = ("class", Colour::Hue(0));
const SUBCLASS: (&str, Colour) = ("subclass", Colour::Hue(1));
const OTHER: (&str, Colour) = ("other", Colour::Grey);
const THEORY: &str = "theory";

/// One panel for each arm that the paper speaks of: λ_j ‖W M_j‖², the mean square of what feature j contributes, over
/// the steps; dashed the closed form where atoms are orthogonal.
///
/// # Errors
/// If an arm of the paper did not record the energy of its atoms.
pub fn features(runs: &[Run]) -> Result<Figure, Gap> {
    let mut panels = Vec::new();
    for subject in runs.iter().flat_map(Run::subjects) {
        if let Some(role) = PAPER.role(&subject) {
            panels.push(panel(&subject, role.words())?);
        }
    }
    let entry = |(key, colour): (&str, Colour), name: &str, stroke| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour,
        stroke,
    };
    Ok(Figure {
        id: "features".to_owned(),
        title: "Which features are learnt".to_owned(),
        caption: "What each feature of the data contributes to the embedding.".to_owned(),
        legend: vec![
            entry(CLASS, "class feature", Stroke::Solid),
            entry(SUBCLASS, "subclass feature", Stroke::Solid),
            entry(OTHER, "other features", Stroke::Solid),
            entry((THEORY, Colour::Ink), "closed form from the same initial weights", Stroke::Dashed),
        ],
        panels,
        columns: 2,
        ..Figure::default()
    })
}

fn panel(subject: &Subject<'_>, words: String) -> Result<Panel, Gap> {
    let contrast = contrast(subject)?;
    let steps = &subject.arm.records.steps;
    let last = steps.last().copied().ok_or(Gap::Nothing("records"))? as f64;
    // Where the class is the first feature, the next one tells subclasses apart.
    let kind = |atom: usize| match (atom == contrast.class_atom, contrast.class_atom) {
        (true, _) => CLASS,
        (false, 0) if atom == 1 => SUBCLASS,
        _ => OTHER,
    };
    let mut layers = Vec::new();
    for atom in 0..contrast.spectrum.atoms.len() {
        let (key, colour) = kind(atom);
        let points = steps.iter().zip(energies(subject, atom)?);
        let points = points.map(|(&step, energy)| [step as f64, contrast.variance(atom) * energy]);
        let name = format!("feature {}", atom + 1);
        layers.push(PlotLayer::Line(Line::new(name, key, colour, points.collect())));
    }
    for direction in directions(subject).unwrap_or_default() {
        let points = (0..=THEORY_POINTS).map(|k| {
            let step = last * f64::from(k) / f64::from(THEORY_POINTS);
            [step, contrast.variance(direction.atom) * direction.course.energy(step)]
        });
        let name = format!("feature {}, closed form", direction.atom + 1);
        let line = Line::new(name, THEORY, kind(direction.atom).1, points.collect());
        layers.push(PlotLayer::Line(Line { stroke: Stroke::Dashed, ..line }));
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

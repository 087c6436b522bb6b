//! The story on one page: every recorded curve that the paper's argument goes through, all arms in the same axes.
//!
//! Theory is dashed: the energies that the closed forms of stage I start from what was measured at step 0, up to T1; the
//! loss floor of sparse features; the cosines of a linear map with the same share of dense energy. Source: docs/theory.md
//! 4.3, 4.6.

use super::figure::{Axis, Colour, Entry, Figure, Line, Mark, Panel, PlotLayer, Stroke};
use super::stored::{ArmView, StoredRun};
use crate::plan::ForkMoment;
use featurescope_sim::measure::{self, Column, Place, Shown};

/// Points of a closed-form curve.
const THEORY_POINTS: usize = 40;

/// The figure.
pub fn figure(run: &StoredRun) -> Figure {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let mut legend: Vec<Entry> = arms.iter().map(entry).collect();
    let kind = |key: &str, name: &str, stroke| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour: Colour::Ink,
        stroke,
    };
    legend.push(kind("first", "sparse energy; |cos| > .9", Stroke::Solid));
    legend.push(kind("second", "dense energy; |cos| > .7", Stroke::Dotted));
    legend.push(kind("theory", "theory", Stroke::Dashed));
    let mut panels = vec![loss(&arms), energies(&arms)];
    panels.extend(curves().iter().filter_map(|(column, _)| match column.name {
        "loss" | "sparse_energy_mean" | "dense_energy_fraction" | "coverage_70" => None,
        "coverage_90" => Some(coverage(&arms)),
        "signal_cosine" | "noise_cosine" => cosine(&arms, column.name),
        other => single(&arms, other),
    }));
    Figure {
        id: "story".to_owned(),
        title: "The story on one page".to_owned(),
        caption: caption(&panels),
        legend,
        panels,
        columns: 3,
        ..Figure::default()
    }
    .with_used_legend()
}

/// Says what the panels show, and nothing that they do not.
fn caption(panels: &[Panel]) -> String {
    let says = |word: &str| {
        panels.iter().flat_map(|panel| &panel.marks).any(|mark| mark.label.split(", ").any(|own| own == word))
    };
    let has_theory = panels
        .iter()
        .flat_map(|panel| &panel.layers)
        .any(|layer| layer.keys().iter().any(|key| key == "theory"));
    let mut lines = Vec::new();
    if says("T1") {
        lines.push("the end of stage I (T1)");
    }
    if says("T2") {
        lines.push("the end of stage II (T2)");
    }
    if says("fork") {
        lines.push("where it left the arm that it is a fork of");
    }
    let mut caption = "Every arm in the same axes, step by step.".to_owned();
    if !lines.is_empty() {
        caption = format!("{caption} Vertical lines of an arm's colour: {}.", lines.join(", "));
    }
    if has_theory {
        caption += " Dashed is theory: growth of the energies in stage I from their measured start, the loss \
                    that sparse features cannot undercut, and the cosines that a linear map with the same \
                    dense energy would have. What the measured cosines gain over it is the work of the \
                    thresholds.";
    }
    caption
}

/// The legend entry of an arm.
pub fn entry(arm: &ArmView<'_>) -> Entry {
    Entry { key: arm.key.clone(), name: arm.name().to_owned(), colour: arm.colour, stroke: Stroke::Solid }
}

/// T1 and T2 of every arm, and where it left the arm that it is a fork of.
pub fn stage_marks(arms: &[ArmView<'_>]) -> Vec<Mark> {
    let mark = |arm: &ArmView<'_>, step: Option<u64>, label: &str| {
        step.map(|step| Mark {
            on_x: true,
            at: step as f64,
            label: label.to_owned(),
            colour: arm.colour,
            keys: vec![arm.key.clone()],
        })
    };
    let moments = |arm: &ArmView<'_>| {
        let (first, second) = arm.end();
        // Until it left, a fork is the other arm: T1 and T2 before that are its own too.
        let (names, fork) = match arm.subject.plan.fork.as_ref().map(|fork| fork.at) {
            Some(ForkMoment::FirstStageEnd) => (["T1, fork", "T2"], None),
            Some(ForkMoment::SecondStageEnd) => (["T1", "T2, fork"], None),
            Some(ForkMoment::Step(step)) => (["T1", "T2"], Some(step)),
            None => (["T1", "T2"], None),
        };
        [mark(arm, first, names[0]), mark(arm, second, names[1]), mark(arm, fork, "fork")]
    };
    arms.iter().flat_map(moments).flatten().collect()
}

impl ArmView<'_> {
    /// T1 and T2.
    pub fn end(&self) -> (Option<u64>, Option<u64>) {
        (self.subject.arm.end.t1, self.subject.arm.end.t2)
    }
}

/// A panel over training steps, with the marks of its arms.
pub fn panel(arms: &[ArmView<'_>], title: &str, y: Axis, layers: Vec<PlotLayer>) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis::linear("step"),
        y,
        layers,
        marks: stage_marks(arms),
        span: 1,
        ..Panel::default()
    }
}

/// The columns that measurements show as curves, in the order of tables.
pub fn curves() -> Vec<(Column, Shown)> {
    let mut columns = measure::shown();
    columns.retain(|(_, shown)| shown.place != Place::Figure);
    columns.sort_by_key(|(_, shown)| shown.place == Place::Detail);
    columns
}

/// How a recorded column is shown; `None` where no measurement shows one of that name.
pub fn shown(column: &str) -> Option<Shown> {
    measure::shown().into_iter().find(|(found, _)| found.name == column).map(|(_, shown)| shown)
}

/// A title as it stands over a panel.
pub fn heading(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// One measured column of every arm; `None` where no measurement shows it, and where no arm has recorded it.
pub fn single(arms: &[ArmView<'_>], column: &str) -> Option<Panel> {
    let shown = shown(column)?;
    if arms.iter().all(|arm| arm.curve(column).is_empty()) {
        return None;
    }
    let line =
        |arm: &ArmView<'_>| PlotLayer::Line(Line::new(arm.name(), &arm.key, arm.colour, arm.curve(column)));
    let lines = arms.iter().map(line).collect();
    Some(panel(arms, &heading(shown.title), Axis::of_column(&shown), lines))
}

fn loss(arms: &[ArmView<'_>]) -> Panel {
    let mut layers = Vec::new();
    for arm in arms {
        let curve = arm.curve("loss");
        if let (Some(floor), Some(last)) = (arm.subject.plan.prediction.loss_floor, curve.last()) {
            let floor = vec![[0.0, floor], [last[0], floor]];
            let line =
                Line::new(format!("{}: floor of sparse features", arm.name()), &arm.key, arm.colour, floor);
            layers.push(PlotLayer::Line(line.styled(Stroke::Dashed, "theory")));
        }
        layers.push(PlotLayer::Line(Line::new(arm.name(), &arm.key, arm.colour, curve)));
    }
    panel(arms, "Loss", Axis::linear("mean loss of a batch"), layers)
}

fn energies(arms: &[ArmView<'_>]) -> Panel {
    let mut layers = Vec::new();
    for arm in arms {
        let growth = arm.subject.plan.prediction.growth;
        let t1 = arm.end().0.map(|t1| t1 as f64).or(arm.subject.plan.prediction.t1);
        for (column, word, key, stroke, factor) in [
            ("sparse_energy_mean", "sparse", "first", Stroke::Solid, growth.map(|growth| growth.sparse)),
            ("dense_energy_mean", "dense", "second", Stroke::Dotted, growth.map(|growth| growth.dense)),
        ] {
            let curve = arm.curve(column);
            let last = curve.last().map(|point| point[0]);
            if let (Some(factor), Some(t1), Some(&[_, start]), Some(last)) = (factor, t1, curve.first(), last)
            {
                let step = |k: usize| t1.min(last) * k as f64 / THEORY_POINTS as f64;
                let points = (0..=THEORY_POINTS).map(|k| [step(k), start * factor.powf(2.0 * step(k))]);
                let name = format!("{}: {word}, closed form", arm.name());
                let line = Line::new(name, &arm.key, arm.colour, points.collect());
                layers.push(PlotLayer::Line(line.styled(Stroke::Dashed, "theory")));
            }
            let line = Line::new(format!("{}: {word}", arm.name()), &arm.key, arm.colour, curve);
            layers.push(PlotLayer::Line(line.styled(stroke, key)));
        }
    }
    let note = "along the atoms (solid) and outside them (dotted); dashed: closed form of stage I";
    let axis = Axis::log("mean energy of a neuron");
    Panel { span: 2, note: note.to_owned(), ..panel(arms, "Sparse against dense energy", axis, layers) }
}

fn coverage(arms: &[ArmView<'_>]) -> Panel {
    let mut layers = Vec::new();
    for arm in arms {
        for (column, word, key, stroke) in [
            ("coverage_70", "|cos| > .7", "second", Stroke::Dotted),
            ("coverage_90", "|cos| > .9", "first", Stroke::Solid),
        ] {
            let name = format!("{}, {word}", arm.name());
            let line = Line::new(name, &arm.key, arm.colour, arm.curve(column));
            layers.push(PlotLayer::Line(line.styled(stroke, key)));
        }
    }
    panel(arms, "Atoms covered", Axis::linear("share of the atoms").between(0.0, 1.0), layers)
}

fn cosine(arms: &[ArmView<'_>], column: &str) -> Option<Panel> {
    let shown = shown(column)?;
    let mut layers = Vec::new();
    for arm in arms {
        let prediction = &arm.subject.plan.prediction;
        let linear = |&[step, dense]: &[f64; 2]| {
            let sparse = 1.0 - dense;
            let cosine = match column {
                "noise_cosine" => prediction.linear_noise_cosine(sparse),
                _ => prediction.linear_signal_cosine(sparse),
            };
            cosine.map(|cosine| [step, cosine])
        };
        let points: Option<_> = arm.curve("dense_energy_fraction").iter().map(linear).collect();
        if let Some(points) = points {
            let line = Line::new(format!("{}: a linear map", arm.name()), &arm.key, arm.colour, points);
            layers.push(PlotLayer::Line(line.styled(Stroke::Dashed, "theory")));
        }
        layers.push(PlotLayer::Line(Line::new(arm.name(), &arm.key, arm.colour, arm.curve(column))));
    }
    Some(panel(arms, &heading(shown.title), Axis::of_column(&shown), layers))
}

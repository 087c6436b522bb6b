//! What linear probes read off the features: label ladders, and the curve over the strength of the masks.
//!
//! Source: Corollaries 3.3 and 3.5; docs/theory.md 2.5.

use super::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use super::stored::{ArmView, Score, StoredRun};
use super::story::entry;
use featurescope_sim::probe::{DownstreamTask, FeatureKind};

/// Arms that a curve over mask strength needs.
const FEWEST_STRENGTHS: usize = 3;

const YARDSTICKS: [(FeatureKind, &str, &str, Stroke); 3] = [
    (FeatureKind::OracleLatent, "latent", "z itself", Stroke::Solid),
    (FeatureKind::OracleLinear, "linear", "Mᵀx, M known", Stroke::Dotted),
    (FeatureKind::Raw, "raw", "x itself", Stroke::Solid),
];

/// Score against number of labels, one panel a task.
pub fn ladders(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().filter(|arm| !arm.stored.scores.is_empty()).collect();
    if arms.is_empty() {
        return None;
    }
    let mut legend: Vec<Entry> = arms.iter().map(entry).collect();
    for (kind, key, name, stroke) in YARDSTICKS {
        let colour = if kind == FeatureKind::OracleLatent { Colour::Ink } else { Colour::Grey };
        legend.push(Entry { key: key.to_owned(), name: name.to_owned(), colour, stroke });
    }
    legend.push(Entry {
        key: "theory".to_owned(),
        name: "best linear rule on x (theory)".to_owned(),
        colour: Colour::Ink,
        stroke: Stroke::Dashed,
    });
    let figure = Figure {
        id: "probes".to_owned(),
        title: "Probe ladders".to_owned(),
        caption: "What a linear rule reads off frozen features, fitted on so many labels and scored on fresh samples. Bars are 95 % \
                  intervals over test samples. Yardsticks are the same rule on x itself, on Mᵀx and on the code z; dashed is the \
                  most that any linear rule on x can reach, from labels without end."
            .to_owned(),
        legend,
        panels: DownstreamTask::ALL.iter().filter_map(|&task| ladder(run, &arms, task)).collect(),
        columns: 2,
        ..Figure::default()
    };
    Some(figure.with_used_legend())
}

fn ladder(run: &StoredRun, arms: &[ArmView<'_>], task: DownstreamTask) -> Option<Panel> {
    let mut layers = Vec::new();
    let mut add = |name: &str, keys: (&str, Stroke), colour, scores: &[Score], kind| {
        let chosen: Vec<&Score> = scores.iter().filter(|s| s.task == task && s.features == kind).collect();
        if chosen.is_empty() {
            return;
        }
        let points = chosen.iter().map(|s| [s.labels as f64, s.score]).collect();
        let mut line = Line::new(name, keys.0, colour, points);
        line.stroke = keys.1;
        line.has_dots = true;
        line.intervals = chosen.iter().map(|s| [s.lower, s.upper]).collect();
        layers.push(PlotLayer::Line(line));
    };
    for (kind, key, name, stroke) in YARDSTICKS {
        let colour = if kind == FeatureKind::OracleLatent { Colour::Ink } else { Colour::Grey };
        add(name, (key, stroke), colour, &run.yardsticks, kind);
    }
    for arm in arms {
        add(arm.name(), (&arm.key, Stroke::Solid), arm.colour, &arm.stored.scores, FeatureKind::Learned);
    }
    let labels: Vec<f64> =
        layers.iter().filter_map(PlotLayer::extent).flat_map(|(low, high)| [low[0], high[0]]).collect();
    let first = labels.iter().copied().fold(f64::INFINITY, f64::min);
    let last = labels.iter().copied().fold(0.0, f64::max);
    let best = match task {
        DownstreamTask::Regression => run.run.plan.yardstick().linear_r_squared,
        DownstreamTask::Classification => run.run.plan.yardstick().linear_accuracy,
    };
    if let (Some(best), true) = (best, first <= last) {
        let mut line =
            Line::new("best linear rule on x", "theory", Colour::Ink, vec![[first, best], [last, best]]);
        line.stroke = Stroke::Dashed;
        layers.push(PlotLayer::Line(line));
    }
    let (title, unit) = words(task);
    (!layers.is_empty()).then(|| Panel {
        title: title.to_owned(),
        x: Axis::log("labels"),
        y: Axis { max: Some(1.0), ..Axis::linear(unit) },
        layers,
        span: 1,
        ..Panel::default()
    })
}

fn words(task: DownstreamTask) -> (&'static str, &'static str) {
    match task {
        DownstreamTask::Regression => ("Regression, y = ⟨w*, z⟩", "R² on fresh samples"),
        DownstreamTask::Classification => ("Classification, y = sign⟨w*, z⟩", "accuracy on fresh samples"),
    }
}

/// The arms that stand on an axis of strengths, by strength.
struct Family<'a> {
    axis: &'static str,
    words: &'static str,
    arms: Vec<(f64, &'a ArmView<'a>)>,
}

impl Family<'_> {
    fn different(&self) -> usize {
        let mut rates: Vec<u64> = self.arms.iter().map(|(rate, _)| rate.to_bits()).collect();
        rates.dedup();
        rates.len()
    }
}

/// The axes on which arms stand, in alphabetical order. An axis whose arms all stand at one place of it, and on
/// another axis as well, shows nothing of its own.
fn families<'a>(arms: &'a [ArmView<'a>]) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'a>> = Vec::new();
    let places = |arm: &ArmView<'_>| {
        arm.subject.spec().built_augmentation().map_or(Vec::new(), |augmentation| augmentation.strengths())
    };
    for arm in arms {
        for place in places(arm) {
            let at = families.iter().position(|family| family.axis == place.axis).unwrap_or_else(|| {
                families.push(Family { axis: place.axis, words: place.words, arms: Vec::new() });
                families.len() - 1
            });
            families[at].arms.push((place.keep_rate, arm));
        }
    }
    families
        .retain(|family| family.different() > 1 || family.arms.iter().any(|(_, arm)| places(arm).len() == 1));
    families.sort_by_key(|family| family.axis);
    for family in &mut families {
        family.arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    families
}

/// Score and coverage against the keep rate of the masks, where a run varies it.
pub fn mask_strength(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let families = families(&arms);
    if families.iter().all(|family| family.different() < FEWEST_STRENGTHS) {
        return None;
    }
    let curve = |value: &dyn Fn(&ArmView<'_>) -> Option<[f64; 3]>| {
        let mut layers = Vec::new();
        for (hue, family) in families.iter().enumerate() {
            let read: Vec<(f64, [f64; 3])> =
                family.arms.iter().filter_map(|(rate, arm)| Some((*rate, value(arm)?))).collect();
            let points = read.iter().map(|(rate, v)| [*rate, v[0]]).collect();
            let mut line = Line::new(family.words, family.axis, Colour::Hue(hue), points);
            line.intervals = read.iter().map(|(_, v)| [v[1], v[2]]).collect();
            line.has_dots = true;
            layers.push(PlotLayer::Line(line));
        }
        layers
    };
    let best = |task: DownstreamTask| {
        move |arm: &ArmView<'_>| {
            let scores = arm.stored.scores.iter().filter(|s| s.task == task);
            scores.max_by_key(|s| s.labels).map(|s| [s.score, s.lower, s.upper])
        }
    };
    let column = |name: &'static str| move |arm: &ArmView<'_>| arm.last(name).map(|v| [v, v, v]);
    let panel = |title: &str, unit: &str, layers| Panel {
        title: title.to_owned(),
        x: Axis::linear("keep rate of the anchor: 1 is no augmentation, ½ is RandomMask").between(0.0, 1.0),
        y: Axis { max: Some(1.0), ..Axis::linear(unit) },
        layers,
        span: 1,
        ..Panel::default()
    };
    let entry = |(hue, family): (usize, &Family<'_>)| Entry {
        key: family.axis.to_owned(),
        name: family.words.to_owned(),
        colour: Colour::Hue(hue),
        stroke: Stroke::Solid,
    };
    Some(Figure {
        id: "mask-strength".to_owned(),
        title: "How strong an augmentation must be".to_owned(),
        caption: "Every dot is an arm with masks of another keep rate. In theory too weak a mask leaves dense noise common to both views \
                  and too strong a one leaves no signal to share, so that scores fall on either side. Scores are those with the most labels, with \
                  95 % intervals over test samples."
            .to_owned(),
        legend: families.iter().enumerate().map(entry).collect(),
        panels: vec![
            panel("Accuracy", "accuracy on fresh samples", curve(&best(DownstreamTask::Classification))),
            panel("R²", "R² on fresh samples", curve(&best(DownstreamTask::Regression))),
            panel("Atoms covered", "share with |cos| > .9", curve(&column("coverage_90"))),
        ],
        columns: 3,
        ..Figure::default()
    })
}

//! Measured figures over epochs and over the strength of the views.

use super::stored::{StoredArm, StoredRun, StoredSeed};
use crate::run::MEASUREMENTS;
use crate::views::Augmentation;
use featurescope_lab::report::Block;
use featurescope_lab::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use featurescope_lab::stats::Located;

/// Strengths that make a curve.
const FEWEST_STRENGTHS: usize = 3;

pub(super) fn blocks(run: &StoredRun) -> Vec<Block> {
    std::iter::once(over_epochs(run)).chain(over_strength(run)).map(Block::Figure).collect()
}

/// A figure of the end: its name, its unit and how it is read.
type Shown = (&'static str, &'static str, fn(&StoredSeed) -> Option<f64>);

/// The legend entry of an arm.
pub(super) fn entry(arm: &StoredArm) -> Entry {
    Entry {
        key: arm.name.clone(),
        name: arm.name.clone(),
        colour: Colour::Hue(arm.place),
        stroke: Stroke::Solid,
    }
}

/// A line through means, with t-intervals where every point has several seeds.
fn line(arm: &StoredArm, points: &[(f64, Vec<f64>)]) -> Line {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let at = points.iter().map(|(x, values)| [*x, mean(values)]).collect();
    let intervals: Option<Vec<[f64; 2]>> = (points.iter())
        .map(|(_, values)| Located::mean(values).map(|located| located.interval(0.95)))
        .map(|interval| interval.map(|interval| [interval.lower, interval.upper]))
        .collect();
    Line {
        intervals: intervals.unwrap_or_default(),
        has_dots: true,
        ..Line::new(arm.name.clone(), &arm.name, Colour::Hue(arm.place), at)
    }
}

fn over_epochs(run: &StoredRun) -> Figure {
    let panel = |figure: usize| {
        let (name, unit) = (MEASUREMENTS[figure].title, MEASUREMENTS[figure].column.unit);
        let points = |arm: &StoredArm| {
            arm.curve(figure).into_iter().map(|(epoch, values)| (epoch as f64, values)).collect::<Vec<_>>()
        };
        Panel {
            title: name.to_owned(),
            x: Axis::linear("epochs"),
            y: Axis::linear(unit),
            layers: run.arms.iter().map(|arm| PlotLayer::Line(line(arm, &points(arm)))).collect(),
            span: 1,
            ..Panel::default()
        }
    };
    // Not every network has every figure.
    let is_measured = |&figure: &usize| run.arms.iter().any(|arm| !arm.curve(figure).is_empty());
    Figure {
        id: "over-epochs".to_owned(),
        title: "What representations are worth, epoch by epoch".to_owned(),
        caption: "Epoch 0 is the network before training. Bands: 95 % t-interval over seeds. Firing density: share of \
                  activations of the last rectified layer that are not zero."
            .to_owned(),
        legend: run.arms.iter().map(entry).collect(),
        panels: (0..MEASUREMENTS.len()).filter(is_measured).map(panel).collect(),
        columns: 3,
        ..Figure::default()
    }
}

/// Arms that differ in the strength of the same views, with no views at strength 0.
fn over_strength(run: &StoredRun) -> Option<Figure> {
    let mut arms: Vec<(f64, &StoredArm)> = (run.arms.iter())
        .filter(|arm| run.has_usual_objective(&arm.arm))
        .filter_map(|arm| match arm.arm.augmentation {
            Augmentation::Full { strength, .. } => Some((f64::from(strength), arm)),
            Augmentation::None => Some((0.0, arm)),
            _ => None,
        })
        .collect();
    arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    if arms.len() < FEWEST_STRENGTHS {
        return None;
    }
    let shown: [Shown; 3] = [
        ("linear probe", "accuracy", |seed| seed.measured()?.probe),
        ("nearest neighbours", "accuracy", |seed| seed.measured()?.neighbours),
        ("firing density", "share of activations", |seed| seed.measured()?.firing_density),
    ];
    let panel = |(name, unit, read): Shown| {
        let points: Vec<(f64, Vec<f64>)> = arms.iter().map(|(x, arm)| (*x, arm.at_end(read))).collect();
        Panel {
            title: name.to_owned(),
            x: Axis::linear("strength of crop, flip and colour distortion"),
            y: Axis::linear(unit),
            layers: vec![PlotLayer::Line(line(arms[arms.len() - 1].1, &points))],
            span: 1,
            ..Panel::default()
        }
    };
    Some(Figure {
        id: "over-strength".to_owned(),
        title: "The strength of augmentation".to_owned(),
        caption: "0: two equal views; 1: as in SimCLR. Bars: 95 % t-interval over seeds.".to_owned(),
        legend: Vec::new(),
        panels: shown.into_iter().map(panel).collect(),
        columns: 3,
        ..Figure::default()
    })
}

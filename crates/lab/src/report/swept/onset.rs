//! When atoms are found: maps over a number that was varied and training time, one arm each, with the step at
//! which half of the atoms are covered.

use super::curves::place;
use super::edge::{Edge, Place, position};
use super::grid::arms;
use super::phase::{
    COLUMN, EDGE_COLOUR, FEWEST_COLUMNS, MEASURED, home_words, legend, numbers, slice, tiles,
};
use super::{Group, Swept};
use crate::report::figure::{Axis, Figure, Line, Panel, PlotLayer, Stroke};
use crate::report::page::show;
use crate::report::stored::ArmView;

/// Rows of a map.
const MOST_ROWS: usize = 12;

/// Maps over the first number and training time, one arm each.
pub fn figure(swept: &Swept<'_>, along: usize) -> Option<Figure> {
    let chosen = slice(swept, &[along]);
    let cells: Vec<(f64, &Group<'_>)> =
        chosen.iter().map(|group| (place(&swept.keys[along], group.places[along]), *group)).collect();
    if cells.len() < FEWEST_COLUMNS {
        return None;
    }
    let rows = steps_shown(&cells);
    let of_arm = |arm: &&str| panel(swept, along, &cells, &rows, arm);
    let panels: Vec<Panel> = swept.arms().iter().filter_map(of_arm).collect();
    let title = swept.keys[along].title();
    (!panels.is_empty()).then(|| {
        Figure {
            id: "phase-time".to_owned(),
            title: format!("When atoms are found: training time against {title}"),
            caption: format!(
                "Share of the atoms with a neuron of |cos| > .9 at recorded steps, mean over seeds. Dots: the step at \
                 which a seed first covers half of the atoms, with the 95 % interval over seeds{}.",
                home_words(swept, &[along])
            ),
            legend: legend(),
            columns: panels.len().min(3),
            panels,
            ..Figure::default()
        }
        .with_used_legend()
    })
}

/// Steps from `first` on, as many as a map has room for, evenly spread over what was recorded.
fn thinned(steps: &[u64], first: u64) -> Vec<u64> {
    let steps: Vec<u64> = steps.iter().copied().filter(|&step| step > 0 && step >= first).collect();
    let count = steps.len().min(MOST_ROWS);
    (1..=count).map(|k| steps[k * steps.len() / count - 1]).collect()
}

/// What a curve says at a step: its last value up to there; nothing beyond its end.
fn share_at(curve: &[[f64; 2]], step: f64) -> Option<f64> {
    let has_ended = curve.last().is_none_or(|point| point[0] < step);
    let known = curve.iter().rev().find(|point| point[0] <= step).filter(|_| !has_ended);
    known.map(|point| point[1])
}

/// The last recorded step of a curve at which nothing is covered yet; its last one where nothing ever is.
fn last_without(curve: &[[f64; 2]]) -> Option<u64> {
    let before = curve.iter().take_while(|point| point[1] == 0.0);
    before.last().map(|point| point[0] as u64)
}

/// The steps that all arms are shown at: those of the longest record, from just before the first arm covers
/// anything.
fn steps_shown(cells: &[(f64, &Group<'_>)]) -> Vec<u64> {
    let views: Vec<ArmView<'_>> = cells
        .iter()
        .flat_map(|(_, group)| &group.runs)
        .flat_map(|run| run.subjects())
        .filter(ArmView::has_finished)
        .collect();
    let first = views.iter().filter_map(|view| last_without(&view.curve(COLUMN))).min().unwrap_or_default();
    let steps = views.iter().map(|view| &view.subject.arm.records.steps);
    steps.max_by_key(|steps| steps.last().copied()).map_or(Vec::new(), |steps| thinned(steps, first))
}

fn panel(
    swept: &Swept<'_>,
    along: usize,
    cells: &[(f64, &Group<'_>)],
    rows: &[u64],
    arm: &str,
) -> Option<Panel> {
    let views: Vec<(f64, Vec<ArmView<'_>>)> =
        cells.iter().map(|&(value, group)| (value, arms(group, arm).0)).collect();
    let at_value = |column: f64| {
        views.iter().find(|(value, _)| *value == column).map_or(&[][..], |(_, views)| &views[..])
    };
    let columns = numbers(swept, along);
    let row_values: Vec<f64> = rows.iter().map(|&step| step as f64).collect();
    let shares = |row: usize, column: f64| -> Vec<f64> {
        let share = |view: &ArmView<'_>| share_at(&view.curve(COLUMN), row_values[row]);
        at_value(column).iter().filter_map(share).collect()
    };
    let tiles = tiles(&columns, &row_values, [swept.keys[along].name.as_str(), "step"], shares);
    if tiles.values.iter().all(|value| value.is_nan()) {
        return None;
    }
    let mut dots = Line::new(MEASURED, "edge", EDGE_COLOUR, Vec::new());
    (dots.has_dots, dots.stroke) = (true, Stroke::Dot);
    for (index, &column) in columns.iter().enumerate() {
        let curve =
            |view: &ArmView<'_>| view.curve(COLUMN).iter().map(|&[step, share]| (step, share)).collect();
        let curves: Vec<Vec<(f64, f64)>> = at_value(column).iter().map(curve).collect();
        let edge = Edge::of(&curves);
        let Some(Place { mean, interval }) = edge.place else { continue };
        let at = |step: f64| position(&row_values, step.clamp(row_values[0], row_values[rows.len() - 1]));
        dots.points.push([index as f64, at(mean).unwrap_or(f64::NAN)]);
        dots.intervals
            .push(interval.map_or([f64::NAN; 2], |ends| ends.map(|end| at(end).unwrap_or(f64::NAN))));
        dots.labels
            .push(format!("half of the atoms after {} steps", edge.told(|step| show(Some(step.round())))));
    }
    let words = swept.keys[along].values.iter().map(ToString::to_string).collect();
    Some(Panel {
        title: arm.to_owned(),
        x: Axis::of_words(swept.keys[along].title(), words),
        y: Axis::of_words("training step", rows.iter().map(ToString::to_string).collect()),
        layers: vec![PlotLayer::Tiles(tiles), PlotLayer::Line(dots)],
        span: 1,
        ..Panel::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_what_was_recorded_and_end_with_the_last_step() {
        assert_eq!(thinned(&[0, 5, 9], 0), [5, 9]);
        assert_eq!(thinned(&[0, 5, 9], 6), [9]);
        let steps: Vec<u64> = (0..=120).collect();
        let rows = thinned(&steps, 0);
        assert_eq!((rows.len(), rows.first(), rows.last()), (MOST_ROWS, Some(&10), Some(&120)));
        assert!(thinned(&[0], 0).is_empty());
        assert_eq!(last_without(&[[0.0, 0.0], [5.0, 0.0], [9.0, 0.1], [12.0, 0.0]]), Some(5));
        assert_eq!(last_without(&[[0.0, 0.2]]), None);
        let curve = [[0.0, 0.1], [10.0, 0.6]];
        assert_eq!((share_at(&curve, 5.0), share_at(&curve, 10.0)), (Some(0.1), Some(0.6)));
        assert_eq!((share_at(&curve, 11.0), share_at(&[], 0.0)), (None, None), "nothing beyond the end");
    }
}

//! Every figure against the value that was varied: means over seeds with their intervals, theory dashed.
//!
//! One thing varied: a curve per arm. Several: a figure per arm, and in it a curve per combination of the
//! others. Numbers that span a factor of ten stand on a logarithmic axis, words side by side; seeds alone:
//! the arms side by side.

use super::grid::{arms, cell};
use super::{Group, Key, RUN, Swept};
use crate::report::comparison::round_outwards;
use crate::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke, slug};
use crate::report::metrics::{METRICS, Metric};
use crate::report::page::{Block, Fold, Section};
use std::collections::BTreeSet;

/// From this ratio of the largest to the smallest value on an axis is logarithmic.
const LOG_RATIO: f64 = 10.0;
/// Curves that can be told apart by colour.
const MOST_CURVES: usize = 12;
/// Arms whose figures all lie open.
const MOST_OPEN_ARMS: usize = 2;
/// Distance between neighbours at one word.
const DODGE: f64 = 0.12;

/// One curve: a combination of arm and values.
struct Curve<'s, 'a> {
    name: String,
    arm: &'s str,
    /// Its groups, with their place along the axis.
    groups: Vec<(f64, &'s Group<'a>)>,
}

/// The figures of what was varied.
pub fn blocks(swept: &Swept<'_>) -> Vec<Block> {
    let Some(along) = axis_key(swept) else {
        return figure(swept, None, "swept", "").map(Block::Figure).into_iter().collect();
    };
    if swept.keys.len() == 1 {
        return figure(swept, Some(along), "swept", "").map(Block::Figure).into_iter().collect();
    }
    let names = swept.arms();
    let of_arm = |name: &&str| {
        let block = Block::Figure(figure(swept, Some(along), &format!("swept-{}", slug(name)), name)?);
        if names.len() <= MOST_OPEN_ARMS {
            return Some(block);
        }
        let section = Section { blocks: vec![block], ..Section::default() };
        Some(Block::Fold(Fold {
            id: format!("arm-{}", slug(name)),
            title: format!("{name}: against {}", swept.keys[along].title()),
            sections: vec![section],
            ..Fold::default()
        }))
    };
    names.iter().filter_map(of_arm).collect()
}

/// The key that runs along the axis: the number with the most values, else the word.
pub fn axis_key(swept: &Swept<'_>) -> Option<usize> {
    let rank = |key: &Key| (key.is_numeric(), key.values.len());
    // The first of equals.
    (0..swept.keys.len()).rev().max_by_key(|&index| rank(&swept.keys[index]))
}

/// Panels of all figures against key number `along`, or of the arms side by side. `arm`: the only arm, or
/// nothing.
fn figure(swept: &Swept<'_>, along: Option<usize>, id: &str, arm: &str) -> Option<Figure> {
    let axis = axis(swept, along);
    let is_words = !axis.words.is_empty();
    let curves = if let Some(along) = along {
        if arm.is_empty() { by_arm(swept, along) } else { by_values(swept, along, arm) }
    } else {
        side_by_side(swept)
    };
    if curves.len() > MOST_CURVES {
        return None;
    }
    let panels: Vec<Panel> =
        METRICS.iter().filter_map(|metric| panel(metric, &curves, axis.clone(), is_words)).collect();
    let entry = |(index, curve): (usize, &Curve<'_, '_>)| Entry {
        key: format!("curve{index}"),
        name: curve.name.clone(),
        colour: Colour::Hue(index),
        stroke: if is_words { Stroke::Dot } else { Stroke::Solid },
    };
    let mut legend: Vec<Entry> = curves.iter().enumerate().map(entry).collect();
    legend.push(Entry {
        key: "theory".to_owned(),
        name: "theory, or a linear map with the same dense energy".to_owned(),
        colour: Colour::Ink,
        stroke: if is_words { Stroke::Diamond } else { Stroke::Dashed },
    });
    let against = along.map_or("arm by arm".to_owned(), |key| format!("against {}", swept.keys[key].title()));
    let figure = Figure {
        id: id.to_owned(),
        title: if arm.is_empty() { format!("What changes, {against}") } else { format!("{arm}: {against}") },
        caption: "Mean over seeds of the last recorded value; bars are 95 % intervals (Student t), and one \
                  seed has none. Arms that were not trained to their end are left out."
            .to_owned(),
        legend,
        panels,
        columns: 3,
        ..Figure::default()
    };
    (!figure.panels.is_empty()).then(|| figure.with_used_legend())
}

fn axis(swept: &Swept<'_>, along: Option<usize>) -> Axis {
    let Some(along) = along else {
        return Axis::of_words("", swept.arms().into_iter().map(str::to_owned).collect());
    };
    let key = &swept.keys[along];
    let name = if key.name == RUN { String::new() } else { key.title() };
    let numbers: Vec<f64> = key.values.iter().filter_map(super::SettingValue::number).collect();
    // All panels have the same axis, whatever values a figure has.
    match (key.is_numeric(), numbers.first(), numbers.last()) {
        (true, Some(&least), Some(&most)) if least > 0.0 && most >= LOG_RATIO * least => {
            Axis::log(name).between(10f64.powf(least.log10().floor()), 10f64.powf(most.log10().ceil()))
        }
        (true, Some(&least), Some(&most)) => {
            let (low, high) = round_outwards(least, most);
            Axis::linear(name).between(low, high)
        }
        _ => Axis::of_words(name, key.values.iter().map(ToString::to_string).collect()),
    }
}

/// Where a group stands along a key: at its number, or at the place of its word.
pub fn place(key: &Key, place: usize) -> f64 {
    if key.is_numeric() { key.values[place].number().unwrap_or_default() } else { place as f64 }
}

/// A curve per arm.
fn by_arm<'s, 'a>(swept: &'s Swept<'a>, along: usize) -> Vec<Curve<'s, 'a>> {
    let groups = || swept.groups.iter().map(|group| (place(&swept.keys[along], group.places[along]), group));
    let curve = |arm: &'a str| Curve { name: arm.to_owned(), arm, groups: groups().collect() };
    swept.arms().into_iter().map(curve).collect()
}

/// A curve of one arm per combination of the other values.
fn by_values<'s, 'a>(swept: &'s Swept<'a>, along: usize, arm: &'s str) -> Vec<Curve<'s, 'a>> {
    let others = |group: &Group<'_>| {
        let kept = group.places.iter().enumerate().filter(|(key, _)| *key != along);
        kept.map(|(key, &place)| (key, place)).collect::<Vec<_>>()
    };
    let combinations: BTreeSet<Vec<(usize, usize)>> = swept.groups.iter().map(others).collect();
    let told = |&(key, place): &(usize, usize)| {
        format!("{} = {}", swept.keys[key].name, swept.keys[key].values[place])
    };
    let curve = |combination: &Vec<(usize, usize)>| Curve {
        name: combination.iter().map(told).collect::<Vec<_>>().join(", "),
        arm,
        groups: (swept.groups.iter().filter(|group| others(group) == *combination))
            .map(|group| (place(&swept.keys[along], group.places[along]), group))
            .collect(),
    };
    combinations.iter().map(curve).collect()
}

/// Every arm at a place of its own.
fn side_by_side<'s, 'a>(swept: &'s Swept<'a>) -> Vec<Curve<'s, 'a>> {
    let at = |index: usize| swept.groups.iter().map(move |group| (index as f64, group));
    let curve =
        |(index, arm): (usize, &'a str)| Curve { name: arm.to_owned(), arm, groups: at(index).collect() };
    swept.arms().into_iter().enumerate().map(curve).collect()
}

fn panel(metric: &Metric, curves: &[Curve<'_, '_>], x: Axis, is_words: bool) -> Option<Panel> {
    let mut layers = Vec::new();
    let mut counts: BTreeSet<usize> = BTreeSet::new();
    let (mut missing, mut all) = (0, 0);
    for (index, curve) in curves.iter().enumerate() {
        // Neighbours at one word stand beside each other; arms at words of their own need no room.
        let shares_places = curves.iter().any(|other| other.name != curve.name && overlaps(other, curve));
        let shift = if is_words && shares_places { dodge(index, curves.len()) } else { 0.0 };
        let key = format!("curve{index}");
        let mut line = Line::new(curve.name.clone(), &key, Colour::Hue(index), Vec::new());
        let mut theory = Line::new(format!("{}: theory", curve.name), &key, Colour::Hue(index), Vec::new());
        for &(at, group) in &curve.groups {
            let (finished, _) = arms(group, curve.arm);
            let cell = cell(metric, &finished);
            all += finished.len();
            missing += finished.len() - cell.as_ref().map_or(0, |cell| cell.count);
            let Some(cell) = cell else { continue };
            counts.insert(cell.count);
            line.points.push([at + shift, cell.mean]);
            line.intervals
                .push(cell.interval.map_or([f64::NAN; 2], |interval| [interval.lower, interval.upper]));
            line.labels.push(format!("n = {}", cell.count));
            theory.points.extend(cell.theory.map(|value| [at + shift, value]));
        }
        line.has_dots = true;
        line.stroke = if is_words { Stroke::Dot } else { Stroke::Solid };
        if !theory.points.is_empty() {
            let stroke = if is_words { Stroke::Diamond } else { Stroke::Dashed };
            // A line through one point would not be seen.
            theory.has_dots = theory.points.len() == 1;
            layers.push(PlotLayer::Line(theory.styled(stroke, "theory")));
        }
        if !line.points.is_empty() {
            layers.push(PlotLayer::Line(line));
        }
    }
    let [min, max] = metric.range();
    (!layers.is_empty()).then(|| Panel {
        title: metric.name.to_owned(),
        note: note(&counts, missing, all),
        x,
        y: Axis { min, max, ..Axis::linear(metric.unit) },
        layers,
        span: 1,
        ..Panel::default()
    })
}

fn overlaps(a: &Curve<'_, '_>, b: &Curve<'_, '_>) -> bool {
    a.groups.iter().any(|(at, _)| b.groups.iter().any(|(other, _)| at == other))
}

fn dodge(index: usize, count: usize) -> f64 {
    (index as f64 - 0.5 * (count - 1) as f64) * DODGE.min(0.8 / count as f64)
}

/// How many seeds are behind the points, and how many have no value.
fn note(counts: &BTreeSet<usize>, missing: usize, all: usize) -> String {
    let seeds = match (counts.first(), counts.last()) {
        (Some(1), Some(1)) => "one seed a point: no intervals".to_owned(),
        (Some(least), Some(most)) if least == most => format!("n = {least} seeds a point"),
        (Some(least), Some(most)) => format!("n = {least} to {most} seeds a point"),
        _ => String::new(),
    };
    if missing == 0 { seeds } else { format!("{seeds}; no value in {missing} of {all} arms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::settings::SettingValue;

    fn swept(values: &[f64]) -> Swept<'static> {
        let values = values.iter().map(|&value| SettingValue::Number(value)).collect();
        Swept { keys: vec![Key { name: "k".to_owned(), values, companions: Vec::new() }], groups: Vec::new() }
    }

    #[test]
    fn decades_stand_on_a_logarithmic_axis_and_words_side_by_side() {
        use crate::report::figure::Scale;
        let scale = |values: &[f64]| axis(&swept(values), Some(0)).scale;
        assert_eq!(scale(&[1.0, 9.99]), Scale::Linear);
        assert_eq!(scale(&[1.0, 10.0]), Scale::Log);
        assert_eq!(scale(&[1e-4, 1e-3]), Scale::Log);
        assert_eq!(scale(&[0.0, 1000.0]), Scale::Linear, "zero has no logarithm");
        assert_eq!(scale(&[-5.0, 1000.0]), Scale::Linear);
        let mut words = swept(&[1.0]);
        words.keys[0].values.push(SettingValue::Word("trained".to_owned()));
        assert_eq!(axis(&words, Some(0)), Axis::of_words("k", vec!["1".to_owned(), "trained".to_owned()]));
    }

    #[test]
    fn a_panel_says_from_how_many_seeds_it_is() {
        let of = |counts: &[usize], missing| note(&counts.iter().copied().collect(), missing, 6);
        assert_eq!(of(&[1], 0), "one seed a point: no intervals");
        assert_eq!(of(&[3], 0), "n = 3 seeds a point");
        assert_eq!(of(&[1, 3], 2), "n = 1 to 3 seeds a point; no value in 2 of 6 arms");
    }

    #[test]
    fn neighbours_at_a_word_stand_apart_around_it() {
        let places: Vec<f64> = (0..3).map(|index| dodge(index, 3)).collect();
        assert_eq!((places[0], places[1]), (-places[2], 0.0));
        assert!((0..12).all(|index| dodge(index, 12).abs() < 0.5));
    }
}

//! Two runs on one page: the settings in which they differ, what they found with its differences, their
//! curves in one figure, and every other figure twice, left and right, with the same axes.

use super::difference::RunDifference;
use super::figure::{Figure, Panel, PlotLayer, Scale};
use super::page::{Block, Page, Provenance, Section};
use super::stored::StoredRun;
use super::{overlay, sections};

/// In front of keys that have been renamed already.
const MARK: char = '\u{1}';

/// Figures whose curves the overlay shows already.
const OVERLAID: [&str; 1] = ["story"];

/// The page: settings and figures of both with their differences, their curves in the same axes, and
/// everything else side by side.
pub fn of_two(left: &StoredRun, right: &StoredRun) -> Page {
    let difference = RunDifference::new(left, right);
    let names = &difference.runs;
    let mut page = Page {
        title: format!("{} and {}", names[0], names[1]),
        subtitle: "what differs, both in the same axes, and side by side".to_owned(),
        provenance: Provenance {
            command: format!("featurescope compare {} {}", left.name, right.name),
            source: format!("run ids {} and {}", left.short_id(), right.short_id()),
        },
        sections: vec![settings(&difference), found(&difference), curves(left, right, names)],
        notes: [left, right].iter().flat_map(|run| run.notes.clone()).collect(),
    };
    page.sections.extend(side_by_side(left, right, names));
    page
}

fn settings(difference: &RunDifference) -> Section {
    let table = difference.settings_table();
    let lead = if table.is_some() { "" } else { "The two runs have the same settings." };
    Section {
        id: "settings".to_owned(),
        title: "Settings".to_owned(),
        lead: lead.to_owned(),
        blocks: table.map(Block::Table).into_iter().collect(),
        ..Section::default()
    }
}

fn found(difference: &RunDifference) -> Section {
    Section {
        id: "found".to_owned(),
        title: "What was found".to_owned(),
        lead: "One run each: differences have no interval. Runs with several seeds say how far seeds alone \
               are apart."
            .to_owned(),
        blocks: difference.figure_tables().into_iter().map(Block::Table).collect(),
        ..Section::default()
    }
}

fn curves(left: &StoredRun, right: &StoredRun, names: &[String; 2]) -> Section {
    Section {
        id: "curves".to_owned(),
        title: "Curves".to_owned(),
        blocks: vec![Block::Figure(overlay::figure([left, right], names))],
        ..Section::default()
    }
}

/// The figures of both, left and right, that are no curves over steps.
fn side_by_side(left: &StoredRun, right: &StoredRun, names: &[String; 2]) -> Vec<Section> {
    let mut all = Vec::new();
    let [left_sections, right_sections] = [left, right].map(|run| sections(run, 2));
    for section in left_sections {
        let Some(other) = right_sections.iter().find(|other| other.id == section.id) else { continue };
        let mut blocks = Vec::new();
        for block in &section.blocks {
            let Block::Figure(a) = block else { continue };
            let b = other.blocks.iter().find_map(|block| match block {
                Block::Figure(b) if b.id == a.id && b.is_still == a.is_still => Some(b),
                _ => None,
            });
            let is_overlaid = OVERLAID.contains(&a.id.as_str());
            let is_still_matrix = a.is_still && a.id.starts_with("alignment-");
            if let Some(b) = b
                && !is_overlaid
                && !is_still_matrix
            {
                blocks.push(Block::Figure(beside(a, b, names)));
            }
        }
        if !blocks.is_empty() {
            all.push(Section { blocks, ..section });
        }
    }
    all
}

/// Panels of both, left and right in turn. Panels of the same title get the same axes; where arms are called the same,
/// one legend entry hides both.
fn beside(a: &Figure, b: &Figure, names: &[String; 2]) -> Figure {
    let mut legend = a.legend.clone();
    let mut renamed = b.clone();
    for entry in &b.legend {
        if let Some(known) = a.legend.iter().find(|known| known.name == entry.name) {
            recolour(&mut renamed, &entry.key, &known.key, Some(known.colour));
        } else {
            let key = format!("{}-right", entry.key);
            recolour(&mut renamed, &entry.key, &key, None);
            legend.push(super::figure::Entry { key, ..entry.clone() });
        }
    }
    unmark(&mut renamed);
    let mut panels = Vec::new();
    let (mut left, mut right) = (a.panels.clone(), renamed.panels);
    for panel in &mut left {
        let twin = right.iter().position(|other| other.title == panel.title);
        let mut twin = twin.map_or_else(Panel::default, |index| right.remove(index));
        if twin.layers.is_empty() {
            twin.title.clone_from(&panel.title);
            "not in this run".clone_into(&mut twin.note);
        } else {
            unify(panel, &mut twin);
        }
        for (panel, name) in [(panel.clone(), &names[0]), (twin, &names[1])] {
            panels.push(Panel { title: format!("{name} · {}", panel.title), span: 1, ..panel });
        }
    }
    for panel in right {
        let gap = Panel {
            title: format!("{} · {}", names[0], panel.title),
            note: "not in this run".to_owned(),
            span: 1,
            ..Panel::default()
        };
        panels.push(gap);
        panels.push(Panel { title: format!("{} · {}", names[1], panel.title), span: 1, ..panel });
    }
    Figure { legend, panels, columns: 2, ..a.clone() }
}

/// Gives everything with the key `from` the key `to`, marked so that a later renaming does not touch it again.
fn recolour(figure: &mut Figure, from: &str, to: &str, colour: Option<super::figure::Colour>) {
    let done = format!("{MARK}{to}");
    for panel in &mut figure.panels {
        for layer in &mut panel.layers {
            let (keys, paint) = match layer {
                PlotLayer::Line(line) => (&mut line.keys, &mut line.colour),
                PlotLayer::Points(points) => (&mut points.keys, &mut points.colour),
                PlotLayer::Bars(bars) => (&mut bars.keys, &mut bars.colour),
                PlotLayer::Heat(_) | PlotLayer::Tiles(_) => continue,
            };
            rename(keys, from, &done, colour.filter(|_| from.starts_with("arm")), paint);
        }
        for mark in &mut panel.marks {
            rename(&mut mark.keys, from, &done, colour.filter(|_| from.starts_with("arm")), &mut mark.colour);
        }
    }
}

/// Takes the marks away again.
fn unmark(figure: &mut Figure) {
    let clean = |keys: &mut Vec<String>| {
        for key in keys {
            if let Some(plain) = key.strip_prefix(MARK) {
                *key = plain.to_owned();
            }
        }
    };
    for panel in &mut figure.panels {
        for layer in &mut panel.layers {
            match layer {
                PlotLayer::Line(line) => clean(&mut line.keys),
                PlotLayer::Points(points) => clean(&mut points.keys),
                PlotLayer::Bars(bars) => clean(&mut bars.keys),
                PlotLayer::Heat(_) | PlotLayer::Tiles(_) => {}
            }
        }
        panel.marks.iter_mut().for_each(|mark| clean(&mut mark.keys));
    }
}

fn rename(
    keys: &mut [String],
    from: &str,
    to: &str,
    colour: Option<super::figure::Colour>,
    paint: &mut super::figure::Colour,
) {
    for key in keys.iter_mut().filter(|key| *key == from) {
        to.clone_into(key);
        if let Some(colour) = colour {
            *paint = colour;
        }
    }
}

/// Gives both panels the axes that show either.
fn unify(a: &mut Panel, b: &mut Panel) {
    if a.x.scale == Scale::Hidden || a.layers.iter().any(|layer| matches!(layer, PlotLayer::Heat(_))) {
        return;
    }
    for axis in 0..2 {
        let of = |panel: &Panel| {
            let is_log = if axis == 0 { panel.x.scale } else { panel.y.scale } == Scale::Log;
            let extents = panel.layers.iter().filter_map(PlotLayer::extent);
            extents.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (l, h)| {
                let least = if is_log && l[axis] <= 0.0 { low } else { low.min(l[axis]) };
                (least, high.max(h[axis]))
            })
        };
        let ((low_a, high_a), (low_b, high_b)) = (of(a), of(b));
        let (low, high) = (low_a.min(low_b), high_a.max(high_b));
        let (first, second) = if axis == 0 { (&mut a.x, &mut b.x) } else { (&mut a.y, &mut b.y) };
        let is_log = first.scale == Scale::Log;
        let (low, high) = match is_log {
            true if low > 0.0 => (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil())),
            true => continue,
            false => round_outwards(low, high),
        };
        if low.is_finite() && high.is_finite() && low < high {
            let (min, max) = (first.min.or(Some(low)), first.max.or(Some(high)));
            (first.min, first.max) = (min, max);
            (second.min, second.max) = (min, max);
        }
    }
}

/// Round ends that hold the interval.
pub fn round_outwards(low: f64, high: f64) -> (f64, f64) {
    let step = 10f64.powf(((high - low).max(f64::MIN_POSITIVE)).log10().floor()) / 2.0;
    ((low / step).floor() * step, (high / step).ceil() * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{Axis, Colour, Entry, Line, Stroke};

    fn figure(arms: &[&str], high: f64) -> Figure {
        let entry = |(i, name): (usize, &&str)| Entry {
            key: format!("arm{i}"),
            name: (*name).to_owned(),
            colour: Colour::Hue(i),
            stroke: Stroke::Solid,
        };
        let line = |(i, name): (usize, &&str)| {
            let points = vec![[0.0, 0.0], [10.0 * high, high]];
            PlotLayer::Line(Line::new(*name, &format!("arm{i}"), Colour::Hue(i), points))
        };
        let panel = Panel {
            title: "loss".to_owned(),
            x: Axis::linear("step"),
            y: Axis::linear("loss"),
            layers: arms.iter().enumerate().map(line).collect(),
            span: 2,
            ..Panel::default()
        };
        Figure {
            legend: arms.iter().enumerate().map(entry).collect(),
            panels: vec![panel],
            ..Figure::default()
        }
    }

    #[test]
    fn arms_of_one_name_share_key_and_colour_and_axes_are_the_same() {
        let names = ["a".to_owned(), "b".to_owned()];
        let both = beside(&figure(&["mask", "none"], 1.0), &figure(&["none", "other"], 3.0), &names);
        let of = |panel: usize, layer: usize| match &both.panels[panel].layers[layer] {
            PlotLayer::Line(line) => (line.keys[0].clone(), line.colour),
            _ => panic!("a line"),
        };
        assert_eq!(of(0, 1), ("arm1".to_owned(), Colour::Hue(1)));
        assert_eq!(of(1, 0), ("arm1".to_owned(), Colour::Hue(1)));
        assert_eq!(of(1, 1).0, "arm1-right");
        assert_eq!(both.legend.len(), 3);
        let (a, b) = (&both.panels[0], &both.panels[1]);
        assert_eq!((a.y.max, a.x.max), (b.y.max, b.x.max));
        assert_eq!((a.title.as_str(), b.title.as_str()), ("a · loss", "b · loss"));
        assert!(a.y.max.unwrap() >= 3.0);
    }
}

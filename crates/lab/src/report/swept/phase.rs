//! Where atoms are found: maps of the covered share over two numbers that were varied, and over one of them
//! and training time, with the measured edge and with those of theory.
//!
//! ```text
//! groups of seeds ─▶ slice (two numbers vary, everything else stays at home) ─▶ tiles, edge seed by seed, theory's edges
//! ```
//!
//! Tiles stand side by side, each at a value that was tried, so that distances between them mean nothing; an
//! edge between two of them is interpolated in their logarithms. Theory's edges: docs/theory.md 4.7.

use super::curves::{axis_key, place};
use super::edge::{Edge, Place, crossing, position};
use super::grid::arms;
use super::{Group, Swept};
use crate::plan::Prediction;
use crate::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke, Tiles, slug};
use crate::report::page::{Block, Table, show};

/// The share that is drawn.
pub(super) const COLUMN: &str = "coverage_90";
const NAME: &str = "share of covered atoms";
/// The measured edge, which has to be seen on pale and on dark tiles.
pub(super) const MEASURED: &str = "measured: half of the atoms";
pub(super) const EDGE_COLOUR: Colour = Colour::Hue(1);
/// Values of the first number from which a map shows more than a table.
pub(super) const FEWEST_COLUMNS: usize = 3;

/// What theory says has to stay below 1 for atoms to be found.
struct Limit {
    key: &'static str,
    name: &'static str,
    colour: Colour,
    ratio: fn(&Prediction) -> Option<f64>,
}

/// Theory's edges, each where its ratio is 1.
const LIMITS: [Limit; 2] = [
    Limit {
        key: "feed",
        name: "theory: the noise's growth through the thresholds equals weight decay",
        colour: Colour::Hue(2),
        ratio: |prediction| prediction.noise_feed_over_decay,
    },
    Limit {
        key: "steps",
        name: "theory: the noise of the steps equals the signal at T1",
        colour: Colour::Hue(3),
        ratio: |prediction| prediction.step_noise_over_signal,
    },
];

/// Groups along the first number at one value of the second.
struct Row<'s, 'a> {
    value: f64,
    /// The value as it is typed.
    name: String,
    cells: Vec<(f64, &'s Group<'a>)>,
}

/// The number that maps run along, if one has values enough for that.
pub fn along(swept: &Swept<'_>) -> Option<usize> {
    let is_wide =
        |&key: &usize| swept.keys[key].is_numeric() && swept.keys[key].values.len() >= FEWEST_COLUMNS;
    axis_key(swept).filter(is_wide)
}

/// The maps along a number, and the table of their edges.
pub fn blocks(swept: &Swept<'_>, along: usize) -> Vec<Block> {
    let is_other = |&key: &usize| key != along && swept.keys[key].is_numeric();
    let mut blocks = Vec::new();
    for other in (0..swept.keys.len()).filter(is_other) {
        let rows = rows(swept, along, other);
        let Some(figure) = map(swept, (along, other), &rows) else { continue };
        blocks.push(Block::Figure(figure));
        blocks.push(Block::Table(edges(swept, (along, other), &rows)));
    }
    blocks
}

/// The place of a key that most groups are at: what the other maps leave it at.
fn home(swept: &Swept<'_>, key: usize) -> usize {
    let count = |place: usize| swept.groups.iter().filter(|group| group.places[key] == place).count();
    (0..swept.keys[key].values.len()).rev().max_by_key(|&place| count(place)).unwrap_or_default()
}

/// Groups at which all keys but these are at home.
pub(super) fn slice<'s, 'a>(swept: &'s Swept<'a>, free: &[usize]) -> Vec<&'s Group<'a>> {
    let fixed: Vec<(usize, usize)> =
        (0..swept.keys.len()).filter(|key| !free.contains(key)).map(|key| (key, home(swept, key))).collect();
    let fits = |group: &&Group<'_>| fixed.iter().all(|&(key, place)| group.places[key] == place);
    swept.groups.iter().filter(fits).collect()
}

fn rows<'s, 'a>(swept: &'s Swept<'a>, along: usize, other: usize) -> Vec<Row<'s, 'a>> {
    let chosen = slice(swept, &[along, other]);
    let row = |at: usize| Row {
        value: place(&swept.keys[other], at),
        name: swept.keys[other].values[at].to_string(),
        cells: (chosen.iter().filter(|group| group.places[other] == at))
            .map(|group| (place(&swept.keys[along], group.places[along]), *group))
            .collect(),
    };
    (0..swept.keys[other].values.len()).map(row).filter(|row| !row.cells.is_empty()).collect()
}

/// The covered share at the end, seed by seed: (value, share) in ascending order of the values.
fn by_seed(row: &Row<'_, '_>, arm: &str) -> Vec<Vec<(f64, f64)>> {
    let mut seeds: Vec<(u64, Vec<(f64, f64)>)> = Vec::new();
    for &(value, group) in &row.cells {
        for run in &group.runs {
            let view = run.subjects().find(|view| view.name() == arm && view.has_finished());
            let Some(share) = view.and_then(|view| view.last(COLUMN)) else { continue };
            let seed = run.run.plan.seed;
            match seeds.iter_mut().find(|(known, _)| *known == seed) {
                Some((_, points)) => points.push((value, share)),
                None => seeds.push((seed, vec![(value, share)])),
            }
        }
    }
    // A seed at a single value has no edge to show.
    seeds.into_iter().map(|(_, points)| points).filter(|points| points.len() > 1).collect()
}

/// Where theory's ratio passes 1 along a row.
fn limit(row: &Row<'_, '_>, arm: &str, limit: &Limit) -> Option<f64> {
    let ratio = |&(value, group): &(f64, &Group<'_>)| {
        let (finished, _) = arms(group, arm);
        Some((value, (limit.ratio)(&finished.first()?.subject.plan.prediction)?))
    };
    // A ratio is nearly a power of what was varied, so that its logarithm is interpolated.
    let points: Vec<(f64, f64)> =
        row.cells.iter().filter_map(ratio).map(|(value, ratio)| (value, ratio.ln())).collect();
    crossing(&points, 0.0).map(|crossing| crossing.at)
}

fn map(swept: &Swept<'_>, (along, other): (usize, usize), rows: &[Row<'_, '_>]) -> Option<Figure> {
    let columns: Vec<f64> = numbers(swept, along);
    let names = swept.arms();
    let panels: Vec<Panel> = names.iter().filter_map(|arm| panel(swept, (along, other), rows, arm)).collect();
    if rows.len() < 2 || columns.len() < FEWEST_COLUMNS || panels.is_empty() {
        return None;
    }
    let (first, second) = (swept.keys[along].title(), swept.keys[other].title());
    Some(
        Figure {
            id: format!("phase-{}", slug(&swept.keys[other].name)),
            title: format!("Where atoms are found: {second} against {first}"),
            caption: format!(
                "Share of the atoms with a neuron of |cos| > .9 at the last step, mean over seeds: pale none, dark \
                 all. Dots: where it passes one half, interpolated seed by seed, with its 95 % interval over seeds. \
                 Everything else is as in most runs{}.",
                home_words(swept, &[along, other])
            ),
            legend: legend(),
            columns: panels.len().min(3),
            panels,
            ..Figure::default()
        }
        .with_used_legend(),
    )
}

/// `: training.weight_decay = 0.001`, of the keys that stay at home.
pub(super) fn home_words(swept: &Swept<'_>, free: &[usize]) -> String {
    let fixed = (0..swept.keys.len()).filter(|key| !free.contains(key));
    let told =
        fixed.map(|key| format!("{} = {}", swept.keys[key].name, swept.keys[key].values[home(swept, key)]));
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

/// What maps may draw over their tiles.
pub(super) fn legend() -> Vec<Entry> {
    let measured = Entry {
        key: "edge".to_owned(),
        name: MEASURED.to_owned(),
        colour: EDGE_COLOUR,
        stroke: Stroke::Solid,
    };
    let of_theory = LIMITS.iter().map(|limit| Entry {
        key: limit.key.to_owned(),
        name: limit.name.to_owned(),
        colour: limit.colour,
        stroke: Stroke::Dashed,
    });
    std::iter::once(measured).chain(of_theory).collect()
}

/// The values of a key, or the places of its words.
pub(super) fn numbers(swept: &Swept<'_>, key: usize) -> Vec<f64> {
    (0..swept.keys[key].values.len()).map(|at| place(&swept.keys[key], at)).collect()
}

/// A tile for every column and row, with the mean of its shares over seeds; `words`: what columns and rows
/// are.
pub(super) fn tiles(
    columns: &[f64],
    rows: &[f64],
    words: [&str; 2],
    shares: impl Fn(usize, f64) -> Vec<f64>,
) -> Tiles {
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (index, &row) in rows.iter().enumerate() {
        for &column in columns {
            let shares = shares(index, column);
            let mean = shares.iter().sum::<f64>() / shares.len() as f64;
            let (x, y, share) = (show(Some(column)), show(Some(row)), show(Some(mean)));
            labels.push(format!("{} = {x}, {} = {y}: {share} (n = {})", words[0], words[1], shares.len()));
            values.push(mean);
        }
    }
    Tiles { name: NAME.to_owned(), columns: columns.to_vec(), rows: rows.to_vec(), values, labels }
}

/// One arm's map.
fn panel(
    swept: &Swept<'_>,
    (along, other): (usize, usize),
    rows: &[Row<'_, '_>],
    arm: &str,
) -> Option<Panel> {
    let columns = numbers(swept, along);
    let shares = |row: usize, column: f64| -> Vec<f64> {
        let group = rows[row].cells.iter().find(|(value, _)| *value == column).map(|(_, group)| *group);
        let views = group.map(|group| arms(group, arm).0).unwrap_or_default();
        views.iter().filter_map(|view| view.last(COLUMN)).collect()
    };
    let heights: Vec<f64> = rows.iter().map(|row| row.value).collect();
    let words = [swept.keys[along].name.as_str(), swept.keys[other].name.as_str()];
    let tiles = tiles(&columns, &heights, words, shares);
    // An arm that was made at one value of the second number has no map; the map over time shows it.
    let known = tiles.values.chunks(columns.len().max(1)).filter(|row| row.iter().any(|v| v.is_finite()));
    if known.count() < 2 {
        return None;
    }
    let mut layers = vec![PlotLayer::Tiles(tiles)];
    let measured: Vec<Edge> = rows.iter().map(|row| Edge::of(&by_seed(row, arm))).collect();
    layers.extend(measured_edge(&columns, &measured));
    layers.extend(
        LIMITS.iter().filter_map(|limit_of| theory_edge(&columns, rows, arm, limit_of)).map(PlotLayer::Line),
    );
    let words = |key: usize| swept.keys[key].values.iter().map(ToString::to_string).collect::<Vec<_>>();
    Some(Panel {
        title: arm.to_owned(),
        x: Axis::of_words(swept.keys[along].title(), words(along)),
        y: Axis::of_words(swept.keys[other].title(), rows.iter().map(|row| row.name.clone()).collect()),
        layers,
        span: 1,
        ..Panel::default()
    })
}

/// Where one of theory's ratios is 1 in every row, from the lower side of the first tile to the upper side of
/// the last one: one row alone has a line as well.
fn theory_edge(columns: &[f64], rows: &[Row<'_, '_>], arm: &str, limit_of: &Limit) -> Option<Line> {
    let mut line = Line::new(limit_of.name, limit_of.key, limit_of.colour, Vec::new());
    line.stroke = Stroke::Dashed;
    let mut push = |x: f64, y: f64, value: f64| {
        line.points.push([x, y]);
        line.labels.push(format!("at {}", show(Some(value))));
    };
    let found: Vec<(usize, f64, f64)> = (rows.iter().enumerate())
        .filter_map(|(index, row)| {
            let value = limit(row, arm, limit_of)?;
            Some((index, position(columns, value)?, value))
        })
        .collect();
    let (first, last) = (found.first()?.0, found.last()?.0);
    for &(index, x, value) in &found {
        let y = index as f64;
        if index == first {
            push(x, y - 0.5, value);
        }
        push(x, y, value);
        if index == last {
            push(x, y + 0.5, value);
        }
    }
    Some(line)
}

/// The dots of the measured edge, and a bar from end to end of each interval.
fn measured_edge(columns: &[f64], edges: &[Edge]) -> Vec<PlotLayer> {
    let ends = [columns.first().copied().unwrap_or_default(), columns.last().copied().unwrap_or_default()];
    let mut dots = Line::new(MEASURED, "edge", EDGE_COLOUR, Vec::new());
    let mut bars = Line::new("its 95 % interval over seeds", "edge", EDGE_COLOUR, Vec::new());
    dots.has_dots = true;
    for (index, edge) in edges.iter().enumerate() {
        let Some(Place { mean, interval }) = edge.place else {
            dots.points.push([f64::NAN; 2]);
            dots.labels.push(String::new());
            continue;
        };
        let y = index as f64;
        dots.points.push([position(columns, mean).unwrap_or(f64::NAN), y]);
        dots.labels.push(format!("half of the atoms at {}", edge.told(|value| show(Some(value)))));
        if let Some(interval) = interval {
            // An interval may reach beyond what was tried.
            let inside =
                interval.map(|end| position(columns, end.clamp(ends[0], ends[1])).unwrap_or(f64::NAN));
            bars.points.extend([[inside[0], y], [inside[1], y], [f64::NAN; 2]]);
        }
    }
    if dots.points.iter().all(|point| point[0].is_nan()) {
        return Vec::new();
    }
    vec![PlotLayer::Line(bars), PlotLayer::Line(dots)]
}

/// The edges in numbers.
fn edges(swept: &Swept<'_>, (along, other): (usize, usize), rows: &[Row<'_, '_>]) -> Table {
    let mut lines = Vec::new();
    for arm in swept.arms() {
        for row in rows {
            let seeds = by_seed(row, arm);
            if seeds.is_empty() {
                continue;
            }
            let edge = Edge::of(&seeds);
            let told = |limit_of: &Limit| show(limit(row, arm, limit_of));
            let mut line = vec![arm.to_owned(), row.name.clone(), edge.told(|value| show(Some(value)))];
            line.push(edge.seeds.to_string());
            line.extend(LIMITS.iter().map(told));
            lines.push(line);
        }
    }
    let name = &swept.keys[along].name;
    let heads =
        ["arm", &swept.keys[other].name, &format!("{name} where half of the atoms are covered"), "seeds"];
    Table {
        title: format!("Edges along {name}"),
        columns: heads.into_iter().chain(LIMITS.iter().map(|limit| limit.name)).map(str::to_owned).collect(),
        rows: lines,
        note: "Geometric mean over seeds with its 95 % interval (Student t on the logarithm). Where a seed falls from \
               nearly all to nearly none between two values, the interval reaches to both. Where not every seed \
               passes one half within the values tried, no mean is given."
            .to_owned(),
    }
}

//! The data of a figure as CSV: a line of names, then one row per point, bar or matrix entry, the same
//! columns for every figure. The entry of a matrix or tile at (column x, row y) stands under `label`. What
//! made it stands in `figures.json`.

use super::figure::{Figure, Panel, PlotLayer, value_of};
use std::fmt::Write;

/// The columns.
const HEAD: &str = "panel,series,kind,step,x,y,lower,upper,label\n";

/// Rows above which data is large: more than half a megabyte. Only matrices have so many.
const MANY_ROWS: usize = 10_000;

/// Which figures leave their data as CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureData {
    /// All but those of very many rows, which stand in the files of the run anyway.
    #[default]
    Small,
    /// All.
    All,
}

impl FigureData {
    /// Whether data of so many rows is written.
    pub fn includes(self, rows: usize) -> bool {
        self == Self::All || rows <= MANY_ROWS
    }
}

/// Rows of the figure's data.
pub fn rows(figure: &Figure) -> usize {
    let of_layer = |layer: &PlotLayer| match layer {
        PlotLayer::Line(line) => line.points.len(),
        PlotLayer::Points(points) => points.points.len(),
        PlotLayer::Bars(bars) => bars.heights.len(),
        PlotLayer::Heat(heat) => heat.frames.iter().map(|frame| frame.digits.len()).sum(),
        PlotLayer::Tiles(tiles) => tiles.drawn().count(),
    };
    let of_panel = |panel: &Panel| panel.layers.iter().map(of_layer).sum::<usize>() + panel.marks.len();
    figure.panels.iter().map(of_panel).sum()
}

/// The figure as CSV.
pub fn render(figure: &Figure) -> String {
    let mut csv = HEAD.to_owned();
    for panel in &figure.panels {
        for layer in &panel.layers {
            push_layer(&mut csv, &field(&panel.title), layer);
        }
        for mark in &panel.marks {
            let (x, y) =
                if mark.on_x { (number(mark.at), String::new()) } else { (String::new(), number(mark.at)) };
            push(&mut csv, &[&field(&panel.title), "", "mark", "", &x, &y, "", "", &field(&mark.label)]);
        }
    }
    csv
}

fn push_layer(csv: &mut String, panel: &str, layer: &PlotLayer) {
    match layer {
        PlotLayer::Line(line) => {
            let kind = if line.stroke == super::figure::Stroke::Dashed { "theory" } else { "line" };
            for (i, &[x, y]) in line.points.iter().enumerate() {
                let interval = line.intervals.get(i).copied().unwrap_or([f64::NAN; 2]).map(number);
                let label = line.labels.get(i).map_or(String::new(), |label| field(label));
                push(
                    csv,
                    &[
                        panel,
                        &field(&line.name),
                        kind,
                        "",
                        &number(x),
                        &number(y),
                        &interval[0],
                        &interval[1],
                        &label,
                    ],
                );
            }
        }
        PlotLayer::Points(points) => {
            for (i, &[x, y]) in points.points.iter().enumerate() {
                let label = points.labels.get(i).map_or(String::new(), |label| field(label));
                push(
                    csv,
                    &[panel, &field(&points.name), "point", "", &number(x), &number(y), "", "", &label],
                );
            }
        }
        PlotLayer::Bars(bars) => {
            for (i, &height) in bars.heights.iter().enumerate() {
                let centre = bars.start + (i as f64 + 0.5) * bars.width;
                push(
                    csv,
                    &[panel, &field(&bars.name), "bar", "", &number(centre), &number(height), "", "", ""],
                );
            }
        }
        PlotLayer::Heat(heat) => {
            for frame in &heat.frames {
                let columns = heat.columns.len().max(1);
                for (i, &digit) in frame.digits.as_bytes().iter().enumerate() {
                    let (column, row) = (heat.columns[i % columns], heat.rows[i / columns]);
                    let (step, x, y) = (frame.step.to_string(), column.to_string(), row.to_string());
                    let value = format!("{:.3}", value_of(digit));
                    push(csv, &[panel, &field(&heat.name), "entry", &step, &x, &y, "", "", &value]);
                }
            }
        }
        PlotLayer::Tiles(tiles) => {
            for (column, row, value) in tiles.drawn() {
                let (x, y) = (number(tiles.columns[column]), number(tiles.rows[row]));
                push(csv, &[panel, &field(&tiles.name), "tile", "", &x, &y, "", "", &number(value)]);
            }
        }
    }
}

fn push(csv: &mut String, fields: &[&str; 9]) {
    csv.push_str(&fields.join(","));
    csv.push('\n');
}

/// Empty where nothing is defined.
fn number(value: f64) -> String {
    let mut text = String::new();
    if value.is_finite() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{value}");
    }
    text
}

/// Quoted where it has to be (RFC 4180); a leading sign of a formula is kept from spreadsheets by a quote mark.
fn field(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{Colour, Frame, Heat, Line};

    #[test]
    fn every_point_is_a_row_and_text_is_quoted() {
        let mut line = Line::new("a,\"b\"", "k", Colour::Ink, vec![[0.0, 1.5], [1.0, f64::NAN]]);
        line.intervals = vec![[1.0, 2.0], [f64::NAN, f64::NAN]];
        let panel = Panel { title: "=p".to_owned(), layers: vec![PlotLayer::Line(line)], ..Panel::default() };
        let figure = Figure { title: "two\nlines".to_owned(), panels: vec![panel], ..Figure::default() };
        let csv = render(&figure);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(format!("{}\n", lines[0]), HEAD);
        assert_eq!(rows(&figure), lines.len() - 1);
        assert_eq!(lines[1..], ["'=p,\"a,\"\"b\"\"\",line,,0,1.5,1,2,", "'=p,\"a,\"\"b\"\"\",line,,1,,,,"]);
    }

    #[test]
    fn only_matrices_at_several_moments_are_large() {
        let frame = |step| Frame { step, label: String::new(), moment: None, digits: "0".repeat(32 * 256) };
        let heat = |frames: u64| Heat {
            name: String::new(),
            row_word: String::new(),
            rows: (0..256).collect(),
            column_word: String::new(),
            columns: (0..32).collect(),
            frames: (0..frames).map(frame).collect(),
        };
        let figure = |frames| Figure {
            panels: vec![Panel { layers: vec![PlotLayer::Heat(heat(frames))], ..Panel::default() }],
            ..Figure::default()
        };
        let (one, many) = (figure(1), figure(30));
        assert_eq!((rows(&one), render(&one).lines().count()), (32 * 256, 1 + 32 * 256));
        assert!(FigureData::Small.includes(rows(&one)) && !FigureData::Small.includes(rows(&many)));
        assert!(FigureData::All.includes(rows(&many)));
    }
}

//! A figure without a browser: the same description drawn as SVG and PNG, on paper colours.
//!
//! The font is part of the program, so that a machine without fonts draws the same pixels. Log axes are drawn on
//! logarithms, with a tick at every power of ten or, where there are few, at 1, 2 and 5 times it.

mod axis;
mod marks;
mod pen;
mod tiles;

use self::pen::{INK, Pen, SOFT};
use super::figure::{Figure, Panel, PlotLayer, Scale};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use std::sync::Once;

const FONT: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");
pub(super) const FAMILY: &str = "sans-serif";
/// Width of a still in pixels at scale 1.
const WIDTH: u32 = 1200;
/// Pixels of a PNG per pixel of the SVG.
const PNG_SCALE: f64 = 2.0;
const MARGIN: f64 = 16.0;
const FOOT: f64 = 26.0;

/// Why a still could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the figure {id} cannot be drawn: {problem}")]
pub struct StillError {
    /// The figure.
    pub id: String,
    /// What the plotting library says.
    pub problem: String,
}

/// The figure as SVG.
pub fn svg(figure: &Figure, provenance: &str) -> Result<String, StillError> {
    let mut text = String::new();
    let size = (WIDTH, height(figure));
    draw(&SVGBackend::with_string(&mut text, size).into_drawing_area(), figure, provenance, 1.0)
        .map_err(|problem| StillError { id: figure.id.clone(), problem })?;
    Ok(text)
}

/// The figure as PNG.
pub fn png(figure: &Figure, provenance: &str) -> Result<Vec<u8>, StillError> {
    let fail = |problem: String| StillError { id: figure.id.clone(), problem };
    let scaled = |pixels: u32| (f64::from(pixels) * PNG_SCALE) as u32;
    let (width, height) = (scaled(WIDTH), scaled(height(figure)));
    let mut pixels = vec![255u8; width as usize * height as usize * 3];
    let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    draw(&area, figure, provenance, PNG_SCALE).map_err(fail)?;
    drop(area);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&pixels)?;
        writer.finish()
    });
    written.map_err(|error| fail(error.to_string()))?;
    Ok(bytes)
}

/// The rows of the grid, as (panel, first column, columns) each.
fn rows(figure: &Figure) -> Vec<Vec<(&Panel, usize, usize)>> {
    let columns = figure.columns.max(1);
    let (mut rows, mut at) = (vec![Vec::new()], 0);
    for panel in &figure.panels {
        let span = panel.span.clamp(1, columns);
        if at + span > columns {
            rows.push(Vec::new());
            at = 0;
        }
        rows.last_mut().expect("there is a row").push((panel, at, span));
        at += span;
    }
    rows
}

/// Pixels of a line of a panel's note, and about how many a letter of it is wide.
const NOTE_LINE: f64 = 13.0;
const NOTE_LETTER: f64 = 5.6;
/// Lines of a note that are shown.
const MOST_NOTE_LINES: usize = 2;

/// The note of a panel of this width, in lines.
fn note_lines(note: &str, width: f64) -> Vec<String> {
    let room = ((width - 24.0) / NOTE_LETTER) as usize;
    let mut lines = vec![String::new()];
    for word in note.split_whitespace() {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= room {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    if lines.len() > MOST_NOTE_LINES {
        lines.truncate(MOST_NOTE_LINES);
        lines[MOST_NOTE_LINES - 1].push_str(" …");
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Height of the notes of a row: its panels begin at the same height.
fn notes_height(figure: &Figure, row: &[(&Panel, usize, usize)]) -> f64 {
    let lines =
        row.iter().map(|&(panel, _, span)| note_lines(&panel.note, span as f64 * column_width(figure)).len());
    lines.max().unwrap_or_default() as f64 * NOTE_LINE
}

fn column_width(figure: &Figure) -> f64 {
    (f64::from(WIDTH) - 2.0 * MARGIN) / figure.columns.max(1) as f64
}

fn row_height(figure: &Figure, row: &[(&Panel, usize, usize)]) -> f64 {
    let tall = |panel: &Panel| match panel.x.scale {
        Scale::Hidden => 420.0,
        _ if panel.layers.iter().any(|layer| matches!(layer, PlotLayer::Heat(_) | PlotLayer::Tiles(_))) => {
            330.0
        }
        _ => 270.0,
    };
    row.iter().map(|(panel, ..)| tall(panel)).fold(0.0, f64::max) + notes_height(figure, row)
}

/// The lines of the legend, as entries each.
fn legend_lines(figure: &Figure) -> Vec<Vec<usize>> {
    let (mut lines, mut width) = (vec![Vec::new()], 0.0);
    for (index, entry) in figure.legend.iter().enumerate() {
        let needed = 46.0 + 7.2 * entry.name.chars().count() as f64;
        if width + needed > f64::from(WIDTH) - 2.0 * MARGIN && width > 0.0 {
            lines.push(Vec::new());
            width = 0.0;
        }
        lines.last_mut().expect("there is a line").push(index);
        width += needed;
    }
    if figure.legend.is_empty() { Vec::new() } else { lines }
}

fn height(figure: &Figure) -> u32 {
    let panels: f64 = rows(figure).iter().map(|row| row_height(figure, row)).sum();
    (MARGIN + 34.0 + 22.0 * legend_lines(figure).len() as f64 + panels + FOOT) as u32
}

pub(super) fn register_font() {
    static REGISTERED: Once = Once::new();
    // A test draws with it: the font is part of the program.
    REGISTERED.call_once(|| drop(plotters::style::register_font(FAMILY, FontStyle::Normal, FONT)));
}

type Result3<T> = Result<T, String>;

fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Draws into an area of the figure's size times `scale`.
fn draw<D: DrawingBackend>(
    area: &DrawingArea<D, Shift>,
    figure: &Figure,
    provenance: &str,
    scale: f64,
) -> Result3<()> {
    register_font();
    area.fill(&WHITE).map_err(message)?;
    let pen = Pen { scale };
    let mut top = MARGIN;
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    let title = pen.fitted(area, &figure.title, 17.0, room)?;
    pen.text(area, &title, 17.0, INK, (MARGIN, top), (HPos::Left, VPos::Top))?;
    top += 32.0;
    for line in legend_lines(figure) {
        let mut left = MARGIN;
        for index in line {
            left = pen.legend_entry(area, &figure.legend[index], left, top)?;
        }
        top += 22.0;
    }
    let width = column_width(figure);
    for row in rows(figure) {
        let (height, notes) = (row_height(figure, &row), notes_height(figure, &row));
        for &(panel, first, span) in &row {
            let (left, width) = (MARGIN + first as f64 * width, span as f64 * width);
            let title = pen.fitted(area, &panel.title, 12.5, width - 16.0)?;
            pen.text(area, &title, 12.5, INK, (left + 4.0, top), (HPos::Left, VPos::Top))?;
            for (line, text) in note_lines(&panel.note, width).iter().enumerate() {
                let at = (left + 4.0, top + 16.0 + line as f64 * NOTE_LINE);
                pen.text(area, text, 10.0, SOFT, at, (HPos::Left, VPos::Top))?;
            }
            pen.panel(area, panel, (left, top + notes), (width, height - notes))?;
        }
        top += height;
    }
    let provenance = pen.fitted(area, provenance, 10.0, room)?;
    pen.text(area, &provenance, 10.0, SOFT, (MARGIN, top + 6.0), (HPos::Left, VPos::Top))?;
    area.present().map_err(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{Axis, Colour, Entry, Line, Stroke};

    #[test]
    fn notes_fit_their_panel() {
        assert_eq!(note_lines("", 300.0), [""; 0]);
        assert_eq!(note_lines("one two", 300.0), ["one two"]);
        let long = "word ".repeat(60);
        let lines = note_lines(&long, 300.0);
        assert_eq!(lines.len(), MOST_NOTE_LINES);
        assert!(lines.iter().all(|line| line.chars().count() as f64 * NOTE_LETTER <= 300.0), "{lines:?}");
    }

    /// Hostile text, nothing to draw, and one point alone: no panic, and the text is text.
    #[test]
    fn odd_figures_are_drawn() {
        let name = "</text><script>alert(1)</script>";
        let line = Line::new(name, "k", Colour::Hue(1), vec![[1.0, 2.0], [f64::NAN, 1.0], [3.0, -1.0]]);
        let panel = |layers| Panel {
            title: name.to_owned(),
            layers,
            span: 1,
            y: Axis::log(name),
            ..Panel::default()
        };
        let entry =
            Entry { key: "k".into(), name: name.into(), colour: Colour::Hue(1), stroke: Stroke::Dashed };
        let figure = Figure {
            id: "odd".to_owned(),
            title: name.to_owned(),
            legend: vec![entry],
            panels: vec![panel(vec![PlotLayer::Line(line)]), panel(Vec::new())],
            columns: 2,
            ..Figure::default()
        };
        let drawn = svg(&figure, name).unwrap();
        assert!(drawn.contains("&lt;script") && !drawn.contains("<script"));
        let picture = png(&figure, "p").unwrap();
        assert_eq!(&picture[1..4], b"PNG");
        assert_eq!(png(&figure, "p").unwrap(), picture);
    }
}

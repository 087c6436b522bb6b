//! A figure without a browser: the same description drawn as SVG and PNG, on paper colours.
//!
//! The font is part of the program, so that a machine without fonts draws the same pixels. Log axes are drawn on
//! logarithms, with a tick at every power of ten or, where there are few, at 1, 2 and 5 times it.

mod axis;

use self::axis::{Range, Ticked};
use super::figure::{Figure, Heat, Layer, Line, Panel, Points, Scale, Stroke, value_of};
use super::palette::{heat_on_paper, on_paper};
use plotters::coord::{Shift, cartesian::Cartesian2d};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
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
        _ if panel.layers.iter().any(|layer| matches!(layer, Layer::Heat(_))) => 330.0,
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
    pen.text(area, &figure.title, 17.0, INK, (MARGIN, top), (HPos::Left, VPos::Top))?;
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
            pen.text(area, &panel.title, 12.5, INK, (left + 4.0, top), (HPos::Left, VPos::Top))?;
            for (line, text) in note_lines(&panel.note, width).iter().enumerate() {
                let at = (left + 4.0, top + 16.0 + line as f64 * NOTE_LINE);
                pen.text(area, text, 10.0, SOFT, at, (HPos::Left, VPos::Top))?;
            }
            pen.panel(area, panel, (left, top + notes), (width, height - notes))?;
        }
        top += height;
    }
    pen.text(area, provenance, 10.0, SOFT, (MARGIN, top + 6.0), (HPos::Left, VPos::Top))?;
    area.present().map_err(message)
}

const INK: RGBColor = RGBColor(27, 31, 36);
const SOFT: RGBColor = RGBColor(89, 99, 110);
const GRID: RGBColor = RGBColor(236, 239, 242);
const AXIS: RGBColor = RGBColor(201, 209, 217);

type Chart<'a, D> = ChartContext<'a, D, Cartesian2d<Ticked, Ticked>>;

/// Knows how many pixels a pixel is.
struct Pen {
    scale: f64,
}

impl Pen {
    fn px(&self, pixels: f64) -> i32 {
        (pixels * self.scale).round() as i32
    }

    fn text<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        text: &str,
        size: f64,
        colour: RGBColor,
        (x, y): (f64, f64),
        (h, v): (HPos, VPos),
    ) -> Result3<()> {
        let style = (FAMILY, size * self.scale).into_font().color(&colour).pos(Pos::new(h, v));
        area.draw_text(text, &style, (self.px(x), self.px(y))).map_err(message)
    }

    /// Draws an entry and says where the next one starts.
    fn legend_entry<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        entry: &super::figure::Entry,
        left: f64,
        top: f64,
    ) -> Result3<f64> {
        let colour = rgb(on_paper(entry.colour));
        let middle = top + 7.0;
        match entry.stroke {
            Stroke::Point => {
                let dot = Circle::new((self.px(left + 11.0), self.px(middle)), self.px(4.0), colour.filled());
                area.draw(&dot).map_err(message)?;
            }
            stroke => {
                for (from, to) in dashes(stroke, 22.0) {
                    let ends =
                        vec![(self.px(left + from), self.px(middle)), (self.px(left + to), self.px(middle))];
                    let style = colour.stroke_width(self.px(2.0).cast_unsigned());
                    area.draw(&PathElement::new(ends, style)).map_err(message)?;
                }
            }
        }
        self.text(area, &entry.name, 12.0, INK, (left + 28.0, top), (HPos::Left, VPos::Top))?;
        let style = (FAMILY, 12.0 * self.scale).into_font().into_text_style(area);
        let (width, _) = area.estimate_text_size(&entry.name, &style).map_err(message)?;
        Ok(left + 28.0 + f64::from(width) / self.scale + 18.0)
    }

    fn panel<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        panel: &Panel,
        (left, top): (f64, f64),
        (width, height): (f64, f64),
    ) -> Result3<()> {
        let (left_px, top_px) = (self.px(left), self.px(top + 18.0));
        let part = area.clone().shrink((left_px, top_px), (self.px(width - 10.0), self.px(height - 26.0)));
        if let Some(Layer::Heat(heat)) = panel.layers.first() {
            return self.heat(&part, panel, heat);
        }
        let (Some(x), Some(y)) = (Range::of(panel, true), Range::of(panel, false)) else {
            return self.text(
                area,
                "no data",
                11.0,
                SOFT,
                (left + 20.0, top + 40.0),
                (HPos::Left, VPos::Top),
            );
        };
        let is_map = panel.x.scale == Scale::Hidden;
        let mut builder = ChartBuilder::on(&part);
        if !is_map {
            builder.x_label_area_size(self.px(38.0)).y_label_area_size(self.px(58.0));
        }
        builder.margin_top(self.px(8.0)).margin_right(self.px(10.0));
        let mut chart = builder.build_cartesian_2d(x.ticked(), y.ticked()).map_err(message)?;
        if !is_map {
            let label = (FAMILY, 11.0 * self.scale).into_font().color(&SOFT);
            let (x_label, y_label) = (|v: &f64| x.label(*v), |v: &f64| y.label(*v));
            let mut mesh = chart.configure_mesh();
            mesh.disable_x_mesh().light_line_style(GRID).bold_line_style(GRID).axis_style(AXIS);
            mesh.label_style(label.clone())
                .axis_desc_style(label)
                .x_desc(&panel.x.name)
                .y_desc(&panel.y.name);
            mesh.x_label_formatter(&x_label).y_label_formatter(&y_label);
            mesh.draw().map_err(message)?;
        }
        for mark in &panel.marks {
            let range = if mark.on_x { &x } else { &y };
            let Some(at) = range.place(mark.at).filter(|at| (range.low..=range.high).contains(at)) else {
                continue;
            };
            let ends = if mark.on_x { [(at, y.low), (at, y.high)] } else { [(x.low, at), (x.high, at)] };
            let colour = rgb(on_paper(mark.colour));
            chart.draw_series([PathElement::new(ends, colour.mix(0.45))]).map_err(message)?;
            let font = (FAMILY, 9.5 * self.scale).into_font().color(&colour);
            let (h, v) = if mark.on_x { (HPos::Center, VPos::Bottom) } else { (HPos::Right, VPos::Bottom) };
            chart
                .draw_series([Text::new(mark.label.clone(), ends[1], font.pos(Pos::new(h, v)))])
                .map_err(message)?;
        }
        for layer in &panel.layers {
            match layer {
                Layer::Line(line) => self.line(&mut chart, line, &x, &y)?,
                Layer::Points(points) => self.points(&mut chart, points, &x, &y)?,
                Layer::Bars(bars) => {
                    let colour = rgb(on_paper(bars.colour)).mix(0.8);
                    let bar = |(i, &height): (usize, &f64)| {
                        let left = bars.start + i as f64 * bars.width;
                        let corners = [(left, y.low.max(0.0)), (left + 0.92 * bars.width, height)];
                        Rectangle::new(corners, colour.filled())
                    };
                    chart.draw_series(bars.heights.iter().enumerate().map(bar)).map_err(message)?;
                }
                Layer::Heat(_) => {}
            }
        }
        Ok(())
    }

    fn line<D: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, D>,
        line: &Line,
        x: &Range,
        y: &Range,
    ) -> Result3<()> {
        let colour = rgb(on_paper(line.colour));
        let width = if line.stroke == Stroke::Solid { 1.8 } else { 1.5 };
        let style = colour.stroke_width(self.px(width).max(1).cast_unsigned());
        let place = |&[a, b]: &[f64; 2]| Some((x.place(a)?, y.place(b)?));
        let placed: Vec<Option<(f64, f64)>> = line.points.iter().map(place).collect();
        for run in placed.split(Option::is_none) {
            let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
            let (size, gap) = (self.px(6.0), self.px(4.0));
            match line.stroke {
                Stroke::Dashed => chart.draw_series(DashedLineSeries::new(run, size, gap, style)).map(drop),
                Stroke::Dotted => {
                    chart.draw_series(DashedLineSeries::new(run, self.px(2.0), self.px(3.0), style)).map(drop)
                }
                Stroke::Solid | Stroke::Point => chart.draw_series(LineSeries::new(run, style)).map(drop),
            }
            .map_err(message)?;
        }
        let bars = line.points.iter().zip(&line.intervals).filter_map(|(point, &[low, high])| {
            let at = x.place(point[0])?;
            Some(PathElement::new([(at, y.place(low)?), (at, y.place(high)?)], colour.stroke_width(1)))
        });
        chart.draw_series(bars).map_err(message)?;
        if line.has_dots {
            let dots = placed.iter().flatten().map(|&at| Circle::new(at, self.px(2.8), colour.filled()));
            chart.draw_series(dots).map_err(message)?;
        }
        Ok(())
    }

    fn points<D: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, D>,
        points: &Points,
        x: &Range,
        y: &Range,
    ) -> Result3<()> {
        let colour = rgb(on_paper(points.colour)).mix(0.85);
        let radius = self.px(points.size / 2.0).max(1);
        let placed = points.points.iter().filter_map(|&[a, b]| Some((x.place(a)?, y.place(b)?)));
        if points.is_diamond {
            let wide = radius + radius / 3 + 1;
            let corners = vec![(0, -wide), (wide, 0), (0, wide), (-wide, 0)];
            let diamond = |at| EmptyElement::at(at) + Polygon::new(corners.clone(), colour.filled());
            chart.draw_series(placed.map(diamond)).map_err(message)?;
        } else {
            chart.draw_series(placed.map(|at| Circle::new(at, radius, colour.filled()))).map_err(message)?;
        }
        Ok(())
    }

    /// The last matrix, a rectangle per entry.
    fn heat<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        panel: &Panel,
        heat: &Heat,
    ) -> Result3<()> {
        let (columns, rows) = (heat.columns.len(), heat.rows.len());
        let ticks = |count: usize| (0..=count).step_by(count.div_ceil(8).max(1)).map(|v| v as f64).collect();
        let x = Ticked { low: 0.0, high: columns as f64, ticks: ticks(columns) };
        let y = Ticked { low: 0.0, high: rows as f64, ticks: ticks(rows) };
        let mut builder = ChartBuilder::on(area);
        builder.x_label_area_size(self.px(36.0)).y_label_area_size(self.px(44.0));
        builder.margin_top(self.px(4.0)).margin_right(self.px(8.0));
        let mut chart = builder.build_cartesian_2d(x, y).map_err(message)?;
        let Some(frame) = heat.frames.last() else { return Ok(()) };
        for (row, digits) in frame.digits.as_bytes().chunks(columns.max(1)).enumerate() {
            let mut left = 0;
            // Neighbours that look the same are one rectangle, and white ones none: a matrix has thousands of entries.
            for alike in digits.chunk_by(|a, b| shade(*a) == shade(*b)) {
                let corners = [(left as f64, row as f64 + 1.0), ((left + alike.len()) as f64, row as f64)];
                left += alike.len();
                if shade(alike[0]) > 0 {
                    let colour = rgb(heat_on_paper(f64::from(shade(alike[0])) / SHADES));
                    chart.draw_series([Rectangle::new(corners, colour.filled())]).map_err(message)?;
                }
            }
        }
        let label = (FAMILY, 11.0 * self.scale).into_font().color(&SOFT);
        let mut mesh = chart.configure_mesh();
        mesh.disable_mesh().axis_style(AXIS).label_style(label.clone()).axis_desc_style(label);
        mesh.x_desc(&panel.x.name).y_desc(&panel.y.name);
        mesh.draw().map_err(message)
    }
}

/// Shades of a still's heat map above white.
const SHADES: f64 = 15.0;

fn shade(digit: u8) -> u8 {
    (value_of(digit) * SHADES).round() as u8
}

/// Where the dashes of a line of this length lie.
fn dashes(stroke: Stroke, length: f64) -> Vec<(f64, f64)> {
    let (dash, gap) = match stroke {
        Stroke::Dashed => (6.0, 4.0),
        Stroke::Dotted => (2.0, 3.0),
        Stroke::Solid | Stroke::Point => return vec![(0.0, length)],
    };
    let count = (length / (dash + gap)).ceil() as usize;
    (0..count).map(|k| k as f64 * (dash + gap)).map(|from| (from, (from + dash).min(length))).collect()
}

fn rgb([r, g, b]: [u8; 3]) -> RGBColor {
    RGBColor(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{Axis, Colour, Entry};

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
            panels: vec![panel(vec![Layer::Line(line)]), panel(Vec::new())],
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

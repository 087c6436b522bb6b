//! Draws the parts of a still: legend entries, panels and their layers.

use super::axis::{Range, Ticked};
use super::marks::spread;
use super::{FAMILY, Result3, message};
use crate::report::figure::{
    Colour, Entry, Heat, Line, Mark, Panel, PlotLayer, Points, Scale, Shape, Stroke, value_of,
};
use crate::report::palette::{heat_on_paper, on_paper};
use plotters::coord::{Shift, cartesian::Cartesian2d};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub const INK: RGBColor = RGBColor(27, 31, 36);
pub const SOFT: RGBColor = RGBColor(89, 99, 110);
const GRID: RGBColor = RGBColor(236, 239, 242);
pub const AXIS: RGBColor = RGBColor(201, 209, 217);

/// Size of the labels of marks.
const MARK_FONT: f64 = 9.5;

pub type Chart<'a, D> = ChartContext<'a, D, Cartesian2d<Ticked, Ticked>>;

/// Knows how many pixels a pixel is.
pub struct Pen {
    pub scale: f64,
}

impl Pen {
    fn px(&self, pixels: f64) -> i32 {
        (pixels * self.scale).round() as i32
    }

    pub fn text<D: DrawingBackend>(
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

    /// The text, without its middle where it is wider than `room`.
    pub fn fitted<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        text: &str,
        size: f64,
        room: f64,
    ) -> Result3<String> {
        let letters: Vec<char> = text.chars().collect();
        for kept in (0..=letters.len()).rev() {
            let (head, tail) = (kept.div_ceil(2), kept / 2);
            let cut = letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]);
            let shown: String = if kept == letters.len() { text.to_owned() } else { cut.collect() };
            if kept == 0 || self.width(area, &shown, size)? <= room {
                return Ok(shown);
            }
        }
        Ok(String::new())
    }

    /// How wide a text is, before scaling.
    fn width<D: DrawingBackend>(&self, area: &DrawingArea<D, Shift>, text: &str, size: f64) -> Result3<f64> {
        let style = (FAMILY, size * self.scale).into_font().into_text_style(area);
        let (width, _) = area.estimate_text_size(text, &style).map_err(message)?;
        Ok(f64::from(width) / self.scale)
    }

    /// Draws an entry and says where the next one starts.
    pub fn legend_entry<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        entry: &Entry,
        left: f64,
        top: f64,
    ) -> Result3<f64> {
        let colour = rgb(on_paper(entry.colour));
        let middle = top + 7.0;
        match entry.stroke {
            Stroke::Dot => {
                let dot = Circle::new((self.px(left + 11.0), self.px(middle)), self.px(4.0), colour.filled());
                area.draw(&dot).map_err(message)?;
            }
            Stroke::Diamond => {
                let (x, y) = (self.px(left + 11.0), self.px(middle));
                let corners = diamond(self.px(4.0)).map(|(across, down)| (x + across, y + down));
                area.draw(&Polygon::new(corners.to_vec(), colour.filled())).map_err(message)?;
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
        Ok(left + 28.0 + self.width(area, &entry.name, 12.0)? + 18.0)
    }

    pub fn panel<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        panel: &Panel,
        (left, top): (f64, f64),
        (width, height): (f64, f64),
    ) -> Result3<()> {
        let (left_px, top_px) = (self.px(left), self.px(top + 18.0));
        let part = area.clone().shrink((left_px, top_px), (self.px(width - 10.0), self.px(height - 26.0)));
        if let Some(PlotLayer::Heat(heat)) = panel.layers.first() {
            return self.heat(&part, panel, heat);
        }
        let (Some(mut x), Some(y)) = (Range::of(panel, true), Range::of(panel, false)) else {
            return self.text(
                area,
                "no data",
                11.0,
                SOFT,
                (left + 20.0, top + 40.0),
                (HPos::Left, VPos::Top),
            );
        };
        let room = (width - 90.0) / x.words.len().max(1) as f64 - 6.0;
        for word in &mut x.words {
            *word = self.fitted(area, word, 11.0, room)?;
        }
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
        self.marks(area, &mut chart, &panel.marks, (&x, &y))?;
        for layer in &panel.layers {
            match layer {
                PlotLayer::Line(line) => self.line(&mut chart, line, &x, &y)?,
                PlotLayer::Points(points) => self.points(&mut chart, points, &x, &y)?,
                PlotLayer::Bars(bars) => {
                    let colour = rgb(on_paper(bars.colour)).mix(0.8);
                    let bar = |(i, &height): (usize, &f64)| {
                        let left = bars.start + i as f64 * bars.width;
                        let corners = [(left, y.low.max(0.0)), (left + 0.92 * bars.width, height)];
                        Rectangle::new(corners, colour.filled())
                    };
                    chart.draw_series(bars.heights.iter().enumerate().map(bar)).map_err(message)?;
                }
                PlotLayer::Tiles(tiles) => self.tiles(&mut chart, tiles, &x, &y)?,
                PlotLayer::Heat(_) => {}
            }
        }
        Ok(())
    }

    /// The lines across a panel, and above or beside them what they say.
    fn marks<D: DrawingBackend>(
        &self,
        area: &DrawingArea<D, Shift>,
        chart: &mut Chart<'_, D>,
        marks: &[Mark],
        (x, y): (&Range, &Range),
    ) -> Result3<()> {
        let (mut above, mut beside) = (Vec::new(), Vec::new());
        for mark in marks {
            let range = if mark.on_x { x } else { y };
            let Some(at) = range.place(mark.at).filter(|at| (range.low..=range.high).contains(at)) else {
                continue;
            };
            let ends = if mark.on_x { [(at, y.low), (at, y.high)] } else { [(x.low, at), (x.high, at)] };
            let colour = rgb(on_paper(mark.colour));
            chart.draw_series([PathElement::new(ends, colour.mix(0.45))]).map_err(message)?;
            let (across, down) = chart.backend_coord(&ends[1]);
            let pixel = f64::from(if mark.on_x { across } else { down }) / self.scale;
            let labels = if mark.on_x { &mut above } else { &mut beside };
            labels.push((pixel, mark.label.as_str(), mark.colour));
        }
        let (right, top) = chart.backend_coord(&(x.high, y.high));
        let (right, top) = (f64::from(right) / self.scale, f64::from(top) / self.scale);
        let wide = |text: &str| self.width(area, text, MARK_FONT).unwrap_or_default();
        for label in spread(above, wide) {
            let place = ((label.at, top - 2.0), (HPos::Center, VPos::Bottom));
            self.text(area, &label.text(), MARK_FONT, paint(&label.colours), place.0, place.1)?;
        }
        for label in spread(beside, |_| MARK_FONT) {
            let place = ((right - 3.0, label.at - 1.0), (HPos::Right, VPos::Bottom));
            self.text(area, &label.text(), MARK_FONT, paint(&label.colours), place.0, place.1)?;
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
                Stroke::Solid => chart.draw_series(LineSeries::new(run, style)).map(drop),
                Stroke::Dot | Stroke::Diamond => Ok(()),
            }
            .map_err(message)?;
        }
        let bars = line.points.iter().zip(&line.intervals).filter_map(|(point, &[low, high])| {
            let at = x.place(point[0])?;
            // An interval may reach beyond what the axis shows.
            let end = |value| y.place(value).map(|placed| placed.clamp(y.low, y.high));
            Some(PathElement::new([(at, end(low)?), (at, end(high)?)], colour.stroke_width(1)))
        });
        chart.draw_series(bars).map_err(message)?;
        let placed = placed.iter().flatten().copied();
        if line.stroke == Stroke::Diamond {
            let corners = diamond(self.px(2.8)).to_vec();
            let diamonds =
                placed.map(|at| EmptyElement::at(at) + Polygon::new(corners.clone(), colour.filled()));
            chart.draw_series(diamonds).map_err(message)?;
        } else if line.has_dots || line.stroke == Stroke::Dot {
            let dots = placed.map(|at| Circle::new(at, self.px(2.8), colour.filled()));
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
        match points.shape {
            Shape::Diamond => {
                let corners = diamond(radius).to_vec();
                let diamond = |at| EmptyElement::at(at) + Polygon::new(corners.clone(), colour.filled());
                chart.draw_series(placed.map(diamond)).map(drop).map_err(message)
            }
            Shape::Dot => {
                let dots = placed.map(|at| Circle::new(at, radius, colour.filled()));
                chart.draw_series(dots).map(drop).map_err(message)
            }
        }
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
            // Neighbours that look the same are one rectangle, and white ones none: a matrix has thousands of
            // entries.
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
        Stroke::Solid | Stroke::Dot | Stroke::Diamond => return vec![(0.0, length)],
    };
    let count = (length / (dash + gap)).ceil() as usize;
    (0..count).map(|k| k as f64 * (dash + gap)).map(|from| (from, (from + dash).min(length))).collect()
}

/// The corners of a diamond that looks as large as a dot of this radius.
fn diamond(radius: i32) -> [(i32, i32); 4] {
    let wide = radius + radius / 3 + 1;
    [(0, -wide), (wide, 0), (0, wide), (-wide, 0)]
}

/// The colour of a label: that of its line, or none where it belongs to several.
fn paint(colours: &[Colour]) -> RGBColor {
    match colours {
        [colour] => rgb(on_paper(*colour)),
        _ => SOFT,
    }
}

pub fn rgb([r, g, b]: [u8; 3]) -> RGBColor {
    RGBColor(r, g, b)
}

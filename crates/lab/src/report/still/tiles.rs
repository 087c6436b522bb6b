//! Tiles with a value each, and the value in figures where it fits.

use super::axis::Range;
use super::pen::{AXIS, Chart, Pen, SOFT, rgb};
use super::{FAMILY, Result3, message};
use crate::report::figure::Tiles;
use crate::report::palette::heat_on_paper;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// From this value on a tile is so dark that its figures are white.
const DARK: f64 = 0.55;
/// Size of the figures, and the room that they need.
const FIGURES: f64 = 9.5;
const ROOM: (f64, f64) = (26.0, 12.0);

impl Pen {
    /// The tiles that have a value.
    pub fn tiles<D: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, D>,
        tiles: &Tiles,
        x: &Range,
        y: &Range,
    ) -> Result3<()> {
        for (column, row, value) in tiles.drawn() {
            let corner = |shift: f64| Some((x.place(column as f64 + shift)?, y.place(row as f64 + shift)?));
            let (Some(low), Some(high)) = (corner(-0.5), corner(0.5)) else { continue };
            let colour = rgb(heat_on_paper(value));
            // A tile of value 0 is as white as the paper: its frame tells it from one that is not known.
            let shape = |style: ShapeStyle| Rectangle::new([low, high], style);
            chart.draw_series([shape(colour.filled()), shape(AXIS.into())]).map_err(message)?;
            let (left, bottom) = chart.backend_coord(&low);
            let (right, top) = chart.backend_coord(&high);
            let size = |pixels: i32| f64::from(pixels.abs()) / self.scale;
            if size(right - left) < ROOM.0 || size(bottom - top) < ROOM.1 {
                continue;
            }
            let ink = if value >= DARK { &WHITE } else { &SOFT };
            let style = (FAMILY, FIGURES * self.scale).into_font().color(ink);
            let middle = (0.5 * (low.0 + high.0), 0.5 * (low.1 + high.1));
            let text =
                Text::new(format!("{value:.2}"), middle, style.pos(Pos::new(HPos::Center, VPos::Center)));
            chart.draw_series([text]).map_err(message)?;
        }
        Ok(())
    }
}

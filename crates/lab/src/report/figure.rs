//! A figure as data: what is drawn, not how. The page, the SVG, the PNG and the CSV all come from this one description.

use featurescope_sim::measure::{AxisKind, Shown};
use serde::Serialize;

/// A figure: one or more panels that share a legend.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    /// Name of its files, unique within a report: `[a-z0-9-]+`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What is seen and how to read it.
    pub caption: String,
    /// What it shows, in one sentence that is computed from its data; empty where nobody has computed one.
    #[serde(skip)]
    pub takeaway: String,
    /// What can be hidden: arms, kinds of curves.
    pub legend: Vec<Entry>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// Panels beside each other on a wide page.
    pub columns: usize,
    /// Whether it is made for the page alone, because something moves in it; its still stands under another id.
    pub is_live: bool,
    /// Whether it is made for SVG and PNG alone.
    pub is_still: bool,
}

/// One entry of a legend: everything that carries its key can be hidden together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// What layers refer to.
    pub key: String,
    /// What is shown.
    pub name: String,
    /// How its sample looks.
    pub colour: Colour,
    /// How its sample looks.
    pub stroke: Stroke,
}

/// A colour of the palette, whose hues colour-blind readers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// The n-th of the hues, counted round and round.
    Hue(usize),
    /// Something to compare with.
    Grey,
    /// Something in the background.
    Pale,
    /// The colour of text.
    Ink,
}

/// How a line is drawn; theory is always dashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stroke {
    /// Measured.
    Solid,
    /// Theory.
    Dashed,
    /// A second measured quantity, or a second run.
    Dotted,
    /// No line: a dot.
    Dot,
    /// No line: a diamond.
    Diamond,
}

/// How a point is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A disc.
    Dot,
    /// A square on its corner.
    Diamond,
}

/// One pair of axes and what is drawn in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Panel {
    /// A few words.
    pub title: String,
    /// A sentence under the title.
    pub note: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// From back to front.
    pub layers: Vec<PlotLayer>,
    /// Lines across the panel: T1, T2, thresholds.
    pub marks: Vec<Mark>,
    /// Columns of the grid that it takes.
    pub span: usize,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Axis {
    /// What it measures, with its unit.
    pub name: String,
    /// How.
    pub scale: Scale,
    /// Where it starts; `None`: where the data do.
    pub min: Option<f64>,
    /// Where it ends.
    pub max: Option<f64>,
    /// The words of [`Scale::Words`], in order.
    pub words: Vec<String>,
}

/// How an axis measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal factors; only positive values are shown.
    Log,
    /// Word number i stands at i.
    Words,
    /// Nothing to read off: a map.
    Hidden,
}

/// Something drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlotLayer {
    /// A curve.
    Line(Line),
    /// Points.
    Points(Points),
    /// Bars side by side, such as a histogram.
    Bars(Bars),
    /// A matrix.
    Heat(Heat),
    /// Rectangles in the plane of the axes.
    Tiles(Tiles),
}

/// A curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What hovering shows.
    pub name: String,
    /// Legend entries that it belongs to.
    pub keys: Vec<String>,
    /// Colour.
    pub colour: Colour,
    /// Style.
    pub stroke: Stroke,
    /// (x, y); a NaN breaks the line.
    pub points: Vec<[f64; 2]>,
    /// Lower and upper end of an interval for every point, NaN where a point has none; or nothing.
    pub intervals: Vec<[f64; 2]>,
    /// What hovering adds to every point, or nothing.
    pub labels: Vec<String>,
    /// Whether points get a dot.
    pub has_dots: bool,
}

/// Points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Points {
    /// What hovering shows first.
    pub name: String,
    /// Legend entries that they belong to.
    pub keys: Vec<String>,
    /// Colour.
    pub colour: Colour,
    /// (x, y).
    pub points: Vec<[f64; 2]>,
    /// What hovering says about each, or nothing.
    pub labels: Vec<String>,
    /// Diameter in pixels.
    pub size: f64,
    /// What they look like.
    pub shape: Shape,
}

/// Bars of equal width.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// What hovering shows.
    pub name: String,
    /// Legend entries that they belong to.
    pub keys: Vec<String>,
    /// Colour.
    pub colour: Colour,
    /// Left end of the first bar.
    pub start: f64,
    /// Width of a bar.
    pub width: f64,
    /// Height of every bar.
    pub heights: Vec<f64>,
}

/// Matrices of values in [0, 1], one per frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heat {
    /// What a value is.
    pub name: String,
    /// What a row is, and its names from bottom to top.
    pub row_word: String,
    /// Names of the rows.
    pub rows: Vec<u32>,
    /// What a column is.
    pub column_word: String,
    /// Names of the columns from left to right.
    pub columns: Vec<u32>,
    /// The matrices in time.
    pub frames: Vec<Frame>,
}

/// Unit squares around the whole numbers of two axes of words, each with a value in [0, 1], pale to dark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tiles {
    /// What a value is.
    pub name: String,
    /// The number that every column stands for, from left to right.
    pub columns: Vec<f64>,
    /// The number that every row stands for, from the lowest up.
    pub rows: Vec<f64>,
    /// Row by row from the lowest; NaN where nothing is known, and nothing is drawn.
    pub values: Vec<f64>,
    /// What hovering says about each.
    pub labels: Vec<String>,
}

/// One matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Frame {
    /// The step.
    pub step: u64,
    /// What the slider says.
    pub label: String,
    /// Which moment it is, where it is one: `start`, `T1`, `T2`, `end`.
    pub moment: Option<&'static str>,
    /// Row by row one digit of [`DIGITS`] per value.
    pub digits: String,
}

/// A line across a panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Where: on the x axis (a vertical line) or on the y axis.
    pub on_x: bool,
    /// The value.
    pub at: f64,
    /// What it says.
    pub label: String,
    /// Colour.
    pub colour: Colour,
    /// Legend entries that it belongs to.
    pub keys: Vec<String>,
}

/// The 64 levels of a heat map: value v is the digit number round(63 v). One character a value keeps the page small and
/// readable without decoding; the error is below .008.
pub const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// The digit of a value in [0, 1].
pub fn digit(value: f32) -> char {
    let level = (value.clamp(0.0, 1.0) * 63.0).round();
    DIGITS[if level.is_nan() { 0 } else { level as usize }] as char
}

/// The value of a digit.
pub fn value_of(digit: u8) -> f64 {
    DIGITS.iter().position(|&known| known == digit).map_or(f64::NAN, |level| level as f64 / 63.0)
}

impl Axis {
    /// An axis with equal steps.
    pub fn linear(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An axis with equal factors.
    pub fn log(name: impl Into<String>) -> Self {
        Self { name: name.into(), scale: Scale::Log, ..Self::default() }
    }

    /// The axis of a recorded column.
    pub fn of_column(shown: &Shown) -> Self {
        let axis = match shown.kind {
            AxisKind::Logarithmic => Self::log(shown.axis),
            AxisKind::Share | AxisKind::Count | AxisKind::Free => Self::linear(shown.axis),
        };
        let [min, max] = shown.kind.ends();
        Self { min, max, ..axis }
    }

    /// An axis with a word at every whole number from 0 on.
    pub fn of_words(name: impl Into<String>, words: Vec<String>) -> Self {
        Self { name: name.into(), scale: Scale::Words, words, ..Self::default() }
    }

    /// The axis from `min` to `max`.
    #[must_use]
    pub fn between(self, min: f64, max: f64) -> Self {
        Self { min: Some(min), max: Some(max), ..self }
    }
}

impl Tiles {
    /// Column and row of every tile that has a value, with this value.
    pub fn drawn(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let columns = self.columns.len().max(1);
        let known = self.values.iter().enumerate().filter(|(_, value)| value.is_finite());
        known.map(move |(index, &value)| (index % columns, index / columns, value))
    }
}

impl Line {
    /// A measured curve that belongs to one legend entry.
    pub fn new(name: impl Into<String>, key: &str, colour: Colour, points: Vec<[f64; 2]>) -> Self {
        Self {
            name: name.into(),
            keys: vec![key.to_owned()],
            colour,
            stroke: Stroke::Solid,
            points,
            intervals: Vec::new(),
            labels: Vec::new(),
            has_dots: false,
        }
    }

    /// The same in another style, belonging to one more legend entry.
    #[must_use]
    pub fn styled(mut self, stroke: Stroke, key: &str) -> Self {
        self.stroke = stroke;
        self.keys.push(key.to_owned());
        self
    }
}

impl Figure {
    /// The figure without legend entries that nothing carries.
    #[must_use]
    pub fn with_used_legend(mut self) -> Self {
        let layers = || self.panels.iter().flat_map(|panel| &panel.layers);
        self.legend.retain(|entry| layers().any(|layer| layer.keys().contains(&entry.key)));
        self
    }
}

impl From<Shape> for Stroke {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Dot => Self::Dot,
            Shape::Diamond => Self::Diamond,
        }
    }
}

impl PlotLayer {
    /// The legend entries that it belongs to.
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Line(line) => &line.keys,
            Self::Points(points) => &points.keys,
            Self::Bars(bars) => &bars.keys,
            Self::Heat(_) | Self::Tiles(_) => &[],
        }
    }

    /// The corners of the box that holds everything it draws: (x, y) low and high; `None` if it draws nothing.
    pub fn extent(&self) -> Option<([f64; 2], [f64; 2])> {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        let mut add = |point: [f64; 2]| {
            if point.iter().all(|v| v.is_finite()) {
                for axis in 0..2 {
                    low[axis] = low[axis].min(point[axis]);
                    high[axis] = high[axis].max(point[axis]);
                }
            }
        };
        match self {
            Self::Line(line) => {
                line.points.iter().for_each(|&point| add(point));
                for (point, [lower, upper]) in line.points.iter().zip(&line.intervals) {
                    add([point[0], *lower]);
                    add([point[0], *upper]);
                }
            }
            Self::Points(points) => points.points.iter().for_each(|&point| add(point)),
            Self::Bars(bars) => {
                for (i, &height) in bars.heights.iter().enumerate() {
                    add([bars.start + i as f64 * bars.width, height]);
                    add([bars.start + (i + 1) as f64 * bars.width, height]);
                }
            }
            Self::Heat(heat) => {
                add([0.0, 0.0]);
                add([heat.columns.len() as f64, heat.rows.len() as f64]);
            }
            Self::Tiles(tiles) => {
                add([-0.5, -0.5]);
                add([tiles.columns.len() as f64 - 0.5, tiles.rows.len() as f64 - 0.5]);
            }
        }
        (low[0] <= high[0]).then_some((low, high))
    }
}

/// A name as part of a file name and an id: `[a-z0-9-]+`.
pub fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    if slug.is_empty() { "-".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_is_within_half_a_level() {
        for k in 0..=1000 {
            let value = k as f32 / 1000.0;
            let read = value_of(digit(value) as u8);
            assert!((read - f64::from(value)).abs() <= 0.5 / 63.0 + 1e-6);
        }
        assert_eq!((digit(f32::NAN), digit(7.0)), ('0', '_'));
        assert!(value_of(b'<').is_nan());
    }

    #[test]
    fn slugs_hold_nothing_but_letters_digits_and_dashes() {
        assert_eq!(slug("Random_mask </script>"), "random-mask---script-");
        assert_eq!(slug(""), "-");
    }
}

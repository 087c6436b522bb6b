//! The axes of a still: their ends, their ticks, and where a value is drawn.

use crate::report::figure::{Axis, Panel, PlotLayer, Scale};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// An axis with the ticks that it was given.
pub struct Ticked {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        (f64::from(first) + share * f64::from(last - first)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

/// An axis with its ends and ticks, in drawn units (logarithms on a log axis).
pub struct Range {
    pub low: f64,
    pub high: f64,
    ticks: Vec<f64>,
    is_log: bool,
    /// What stands at whole numbers, instead of these.
    pub words: Vec<String>,
}

impl Range {
    /// The range that shows all layers; `None` if there is nothing to show.
    pub fn of(panel: &Panel, is_x: bool) -> Option<Self> {
        let axis: &Axis = if is_x { &panel.x } else { &panel.y };
        let is_log = axis.scale == Scale::Log;
        let unplaced = Self { low: 0.0, high: 0.0, ticks: Vec::new(), is_log, words: Vec::new() };
        let mut values: Vec<f64> = Vec::new();
        for layer in &panel.layers {
            match layer {
                PlotLayer::Line(line) if is_log => {
                    values.extend(line.points.iter().filter_map(|p| unplaced.place(p[usize::from(!is_x)])));
                }
                layer => {
                    let (low, high) = layer.extent().unwrap_or(([f64::NAN; 2], [f64::NAN; 2]));
                    let c = usize::from(!is_x);
                    values.extend([low[c], high[c]].into_iter().filter_map(|v| unplaced.place(v)));
                }
            }
        }
        if axis.scale == Scale::Words {
            let count = axis.words.len() as f64;
            let ticks = (0..axis.words.len()).map(|i| i as f64).collect();
            let words = axis.words.clone();
            return (!values.is_empty()).then_some(Self {
                low: -0.5,
                high: count - 0.5,
                ticks,
                is_log,
                words,
            });
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut low = axis.min.and_then(|v| unplaced.place(v)).unwrap_or(least);
        let mut high = axis.max.and_then(|v| unplaced.place(v)).unwrap_or(most);
        if !low.is_finite() || !high.is_finite() {
            return None;
        }
        if high - low <= 1e-12 * high.abs().max(1e-300) {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let room = 0.04 * (high - low);
        low -= if axis.min.is_none() { room } else { 0.0 };
        high += if axis.max.is_none() { room } else { 0.0 };
        let ticks = if is_log { decades(low, high) } else { steps(low, high) };
        Some(Self { low, high, ticks, is_log, words: Vec::new() })
    }

    pub fn ticked(&self) -> Ticked {
        Ticked { low: self.low, high: self.high, ticks: self.ticks.clone() }
    }

    /// Where a value is drawn; `None` if it cannot be.
    pub fn place(&self, value: f64) -> Option<f64> {
        let placed = if self.is_log && value > 0.0 { value.log10() } else { value };
        (placed.is_finite() && (!self.is_log || value > 0.0)).then_some(placed)
    }

    pub fn label(&self, placed: f64) -> String {
        if let Some(word) = self.words.get(placed.round() as usize) {
            return word.clone();
        }
        let value = if self.is_log { 10f64.powf(placed) } else { placed };
        let size = value.abs();
        if value == 0.0 || size < 1e-12 {
            "0".to_owned()
        } else if !(1e-3..1e5).contains(&size) {
            format!("{value:.0e}")
        } else {
            let text = format!("{value:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// About five round values.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * decade).into_iter().find(|&s| s >= rough).unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

/// Logarithms of powers of ten, of 1, 2 and 5 times them where there are fewer than three.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let all = |factors: &[f64]| -> Vec<f64> {
        let decades = (low.floor() as i64)..=(high.ceil() as i64);
        let ticks = decades.flat_map(|k| factors.iter().map(move |f| k as f64 + f.log10()));
        ticks.filter(|v| (low..=high).contains(v)).collect()
    };
    let powers = all(&[1.0]);
    match powers.len() {
        0..3 => all(&[1.0, 2.0, 5.0]),
        3..9 => powers,
        many => powers.into_iter().step_by(many.div_ceil(6)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(steps(0.0, 1.0), [0.0, 0.2, 0.4, 0.600_000_000_000_000_1, 0.8, 1.0]);
        assert_eq!(steps(-30.0, 910.0), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(decades(-3.2, 0.1), [-3.0, -2.0, -1.0, 0.0]);
        let few: Vec<f64> = decades(2.2, 3.8).iter().map(|v| 10f64.powf(*v).round()).collect();
        assert_eq!(few, [200.0, 500.0, 1000.0, 2000.0, 5000.0]);
        let log = Range { low: 0.0, high: 1.0, ticks: Vec::new(), is_log: true, words: Vec::new() };
        assert_eq!(
            (log.label(-3.0), log.label(2.0), log.label(-5.0)),
            ("0.001".into(), "100".into(), "1e-5".into())
        );
        assert_eq!((log.place(0.0), log.place(f64::NAN)), (None, None));
    }
}

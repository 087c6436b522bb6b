//! Firing patterns: the distribution of activations, how many neurons answer to a sample, how often a neuron answers.
//!
//! The paper's Figure 4 on synthetic data, and the same for representations of any other network. A neuron fires on a
//! sample if its entry is not zero.

use super::figure::{Axis, Colour, Line, Panel, PlotLayer};
use featurescope_sim::math::{Matrix, linalg};

/// Half the range of activations that is shown at most, in root mean squares.
const MOST_RANGE: f64 = 40.0;
const BINS: usize = 64;

/// A set of representations with its place in the legend.
pub struct Sample<'a> {
    /// Its name.
    pub name: String,
    /// Its legend entry.
    pub key: String,
    /// Its colour.
    pub colour: Colour,
    /// One row a sample.
    pub rows: &'a Matrix,
}

/// The three panels.
pub fn panels(samples: &[Sample<'_>]) -> Vec<Panel> {
    vec![activations(samples), answers(samples), rates(samples)]
}

fn activations(samples: &[Sample<'_>]) -> Panel {
    let mut notes = Vec::new();
    let mut layers = Vec::new();
    let reach = |sample: &Sample<'_>| {
        let largest = sample.rows.as_slice().iter().fold(0.0f64, |l, &h| l.max(f64::from(h).abs()));
        largest / root_mean_square(sample.rows)
    };
    let range =
        samples.iter().map(reach).filter(|r| r.is_finite()).fold(1.0, f64::max).ceil().min(MOST_RANGE);
    for sample in samples {
        let entries = sample.rows.as_slice();
        let rms = root_mean_square(sample.rows);
        let zeros = entries.iter().filter(|&&h| h == 0.0).count();
        let share = 100.0 * zeros as f64 / entries.len() as f64;
        notes.push(format!("{} {share:.0}\u{a0}%", sample.name));
        let scaled = entries.iter().filter(|&&h| h != 0.0).map(|&h| f64::from(h) / rms);
        let counts = histogram(scaled, -range, range, BINS);
        let centre = |bin: usize| range * (2.0 * (bin as f64 + 0.5) / BINS as f64 - 1.0);
        let share = |count: usize| if count == 0 { f64::NAN } else { count as f64 / entries.len() as f64 };
        let points = counts.iter().enumerate().map(|(bin, &count)| [centre(bin), share(count)]).collect();
        layers.push(PlotLayer::Line(Line::new(sample.name.clone(), &sample.key, sample.colour, points)));
    }
    Panel {
        title: "Activations that are not zero".to_owned(),
        note: format!("exactly zero: {}", notes.join(", ")),
        x: Axis::linear("activation over root mean square").between(-range, range),
        y: Axis::log("share of all entries"),
        layers,
        span: 1,
        ..Panel::default()
    }
}

fn answers(samples: &[Sample<'_>]) -> Panel {
    let width = samples.iter().map(|sample| sample.rows.cols()).max().unwrap_or(1);
    let line = |sample: &Sample<'_>| {
        let m = sample.rows.cols();
        let firing = sample.rows.iter_rows().map(|row| row.iter().filter(|&&h| h != 0.0).count() as f64);
        let bins = BINS.min(m + 1);
        let width = (m + 1) as f64 / bins as f64;
        let counts = histogram(firing, -0.5, m as f64 + 0.5, bins);
        let share = |count: usize| count as f64 / sample.rows.rows() as f64;
        let centre = |bin: usize| (bin as f64 + 0.5) * width - 0.5;
        let points = counts.iter().enumerate().map(|(bin, &count)| [centre(bin), share(count)]).collect();
        PlotLayer::Line(Line::new(sample.name.clone(), &sample.key, sample.colour, points))
    };
    Panel {
        title: "Neurons that answer to a sample".to_owned(),
        x: Axis::linear("neurons that fire").between(0.0, width as f64),
        y: Axis::linear("share of the samples"),
        layers: samples.iter().map(line).collect(),
        span: 1,
        ..Panel::default()
    }
}

fn rates(samples: &[Sample<'_>]) -> Panel {
    let line = |sample: &Sample<'_>| {
        let rates = firing_rates(sample.rows);
        let count = rates.len() as f64;
        // The share of neurons that fire at most so often: no bins to choose.
        let mut sorted = rates;
        sorted.sort_by(f64::total_cmp);
        let points = sorted.iter().enumerate().map(|(i, &rate)| [rate, (i + 1) as f64 / count]).collect();
        PlotLayer::Line(Line::new(sample.name.clone(), &sample.key, sample.colour, points))
    };
    Panel {
        title: "How often a neuron answers".to_owned(),
        x: Axis::linear("firing rate of a neuron").between(0.0, 1.0),
        y: Axis::linear("share of neurons at or below").between(0.0, 1.0),
        layers: samples.iter().map(line).collect(),
        span: 1,
        ..Panel::default()
    }
}

fn root_mean_square(rows: &Matrix) -> f64 {
    let entries = rows.as_slice();
    (linalg::squared_norm(entries) / entries.len() as f64).sqrt()
}

/// The share of samples that each neuron fires on, m entries.
pub fn firing_rates(rows: &Matrix) -> Vec<f64> {
    let mut fired = vec![0usize; rows.cols()];
    for row in rows.iter_rows() {
        fired.iter_mut().zip(row).for_each(|(fired, &h)| *fired += usize::from(h != 0.0));
    }
    fired.iter().map(|&fired| fired as f64 / rows.rows() as f64).collect()
}

/// Counts per bin of equal width; values outside fall into the first and last bin.
fn histogram(values: impl Iterator<Item = f64>, low: f64, high: f64, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for value in values.filter(|value| value.is_finite()) {
        let bin = ((value - low) / (high - low) * bins as f64).floor();
        counts[(bin.max(0.0) as usize).min(bins - 1)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_complete_and_in_their_bins() {
        let values = [-9.0, -1.0, -0.99, 0.0, 0.99, 1.0, 7.0, f64::NAN];
        assert_eq!(histogram(values.into_iter(), -1.0, 1.0, 4), [3, 0, 1, 3]);
        let rows = Matrix::from_vec(2, 3, vec![0.0, 1.0, -2.0, 0.0, 0.0, 3.0]);
        assert_eq!(firing_rates(&rows), [0.0, 0.5, 1.0]);
        let sample = Sample { name: "a".into(), key: "a".into(), colour: Colour::Ink, rows: &rows };
        let panels = panels(&[sample]);
        let PlotLayer::Line(answers) = &panels[1].layers[0] else { panic!() };
        // One neuron answers to the second sample and two to the first.
        let shares: Vec<f64> = answers.points.iter().map(|point| point[1]).collect();
        assert_eq!(shares, [0.0, 0.5, 0.5, 0.0]);
        assert_eq!(panels[0].note, "exactly zero: a 50\u{a0}%");
    }
}

//! How often neurons fire.
//!
//! Pr(h_i(x) ≠ 0) on fresh raw samples x (no mask), the same ones at every recorded step, and on the anchors of the last
//! training batch. A dead neuron fires on none of the fresh samples.
//!
//! Source: Lemma E.3, Pr(h_i ≠ 0) ≤ Õ(1/d); footnote 3 (neurons must not be killed).

use super::{AxisKind, Column, FreshSamples, Measure, Place, Reading, Values, count, mean};

/// Firing rates.
pub struct Activity {
    samples: FreshSamples,
}

impl Activity {
    /// Reads on these samples.
    pub fn new(samples: FreshSamples) -> Self {
        Self { samples }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("firing_rate", "fraction", "share of (fresh sample, neuron) pairs with h_i(x) ≠ 0 (E.3)")
        .shown(Place::Detail, "firing rate", "share of (sample, neuron) pairs", AxisKind::Count),
    Column::new(
        "anchor_firing_rate",
        "fraction",
        "the same for the anchors x⁺ of the last training batch; NaN at step 0 (E.3)",
    ),
    Column::new("dead_neurons", "neurons", "neurons that fire on none of the fresh samples (footnote 3)"),
];

const NEURON_COLUMNS: &[Column] =
    &[Column::new("firing_rate", "fraction", "share of fresh samples with h_i(x) ≠ 0 (E.3)")];

impl Measure for Activity {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn neuron_columns(&self) -> &'static [Column] {
        NEURON_COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        out.scalar("anchor_firing_rate", reading.view.anchor_firing_rate.unwrap_or(f64::NAN));
        // Features of a deeper network are not those of a neuron each.
        if !reading.view.dynamics.network().shows_neurons() {
            return;
        }
        let decomposed = reading.decomposed(self.samples);
        let mut fired = vec![0usize; reading.width()];
        for row in decomposed.features.iter_rows() {
            for (fired, &h) in fired.iter_mut().zip(row) {
                *fired += usize::from(h != 0.0);
            }
        }
        let samples = decomposed.features.rows() as f64;
        let rates = || fired.iter().map(|&fired| fired as f64 / samples);
        out.scalar("firing_rate", mean(rates()));
        out.scalar("dead_neurons", count(fired.iter().map(|&fired| fired == 0)));
        out.neurons("firing_rate", rates().map(|rate| rate as f32));
    }
}

//! The softmax of every row over all other rows, with the rows of its group as positives:
//! L = mean_i ( −(1/|P(i)|) Σ_{a∈P(i)} s_ia/τ + log Σ_{a≠i} e^{s_ia/τ} ), s = Z Zᵀ.
//!
//! With ℓ_ia = softmax of s_ia/τ over a ≠ i: ∂L/∂s_ia = (ℓ_ia − 1{a ∈ P(i)}/|P(i)|)/(n τ) =: G_ia. Row i as
//! the one that contrasts receives G_i Z, row a as the one that is contrasted with receives (Gᵀ Z)_a unless
//! behind StopGrad.
//!
//! Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning" (ICML 2020), eq.
//! (1); Khosla et al., "Supervised contrastive learning" (NeurIPS 2020), eq. (2).

use super::scaled::{FeatureScale, Scaled};
use super::{Batch, Gradients, LossReading, StopGrad};
use crate::math::elementary::exp_of_nonpositive;
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError, parallel, require_positive};

const ROWS_PER_PIECE: usize = 16;

/// The loss over both views of a batch: rows 0..P are the anchors, rows P..2P the positives.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    temperature: f64,
    stop_grad: StopGrad,
    /// Z, 2P × K.
    features: Scaled,
    /// s, then G; 2P × 2P.
    weights: Matrix,
    /// The group of every row.
    groups: Vec<u64>,
    readings: Vec<LossReading>,
    /// ∂L/∂Z, 2P × K.
    gradient: Matrix,
}

impl Pairs {
    /// The loss with `temperature` τ, a positive number of single precision.
    pub fn new(temperature: f64, stop_grad: StopGrad, scale: FeatureScale) -> Result<Self, ParameterError> {
        require_positive("temperature", temperature)?;
        let (weights, groups, readings, gradient) = Default::default();
        let features = Scaled::new(scale);
        Ok(Self { temperature, stop_grad, features, weights, groups, readings, gradient })
    }

    /// Evaluates the loss and both gradients; sample p belongs to group `group(p)`.
    pub fn evaluate(
        &mut self,
        batch: &Batch<'_>,
        group: impl Fn(usize) -> u64,
        gradients: &mut Gradients,
    ) -> LossReading {
        let anchors = batch.anchor.rows();
        self.features.set(&[batch.anchor, batch.positive]);
        self.groups.clear();
        self.groups.extend((0..2 * anchors).map(|row| group(row % anchors)));
        let features = &self.features.values;
        times_transposed(&mut self.weights, features, features);
        self.softmax();
        let mut gradient = std::mem::take(&mut self.gradient);
        self.descend(&self.weights, &mut gradient, gradients);
        self.gradient = gradient;
        gradients.negatives = None;
        mean(&self.readings)
    }

    /// What of the gradients of the last evaluation is along positives.
    pub fn attraction(&self) -> Gradients {
        let mut weights = self.weights.clone();
        for (i, row) in weights.as_mut_slice().chunks_mut(self.groups.len()).enumerate() {
            for (weight, &group) in row.iter_mut().zip(&self.groups) {
                if group != self.groups[i] {
                    *weight = 0.0;
                }
            }
        }
        let mut gradients = Gradients::default();
        self.descend(&weights, &mut Matrix::default(), &mut gradients);
        gradients
    }

    /// Similarities to G, row by row.
    fn softmax(&mut self) {
        let (temperature, groups) = (self.temperature, &self.groups);
        let rows = groups.len();
        self.readings.resize(rows, LossReading::default());
        let pieces = (self.weights.as_mut_slice().chunks_mut(ROWS_PER_PIECE * rows))
            .zip(self.readings.chunks_mut(ROWS_PER_PIECE))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, (weights, readings))| {
            for (i, (row, reading)) in weights.chunks_mut(rows).zip(readings).enumerate() {
                *reading = softmax_row(row, piece * ROWS_PER_PIECE + i, groups, temperature);
            }
        });
    }

    /// The gradients with respect to both views of a loss whose derivatives with respect to s are `weights`;
    /// `gradient` is a buffer.
    fn descend(&self, weights: &Matrix, gradient: &mut Matrix, gradients: &mut Gradients) {
        let features = &self.features.values;
        times(gradient, weights, features);
        if self.stop_grad == StopGrad::Nowhere {
            add_transposed_times(gradient, weights, features);
        }
        self.features.backward(0, gradient);
        let (anchors, count) = (features.rows() / 2, features.cols());
        let (above, below) = gradient.as_slice().split_at(anchors * count);
        gradients.anchor.resize(anchors, count);
        gradients.anchor.as_mut_slice().copy_from_slice(above);
        let positive = gradients.positive.get_or_insert_default();
        positive.resize(anchors, count);
        positive.as_mut_slice().copy_from_slice(below);
    }
}

/// Replaces the similarities of row `own` by its row of G.
fn softmax_row(similarities: &mut [f32], own: usize, groups: &[u64], temperature: f64) -> LossReading {
    let is_positive = |a: usize| groups[a] == groups[own] && a != own;
    let (mut positives, mut positive_sum, mut negative_sum) = (0u32, 0.0, 0.0);
    for (a, &s) in similarities.iter().enumerate() {
        if is_positive(a) {
            positives += 1;
            positive_sum += f64::from(s);
        } else if a != own {
            negative_sum += f64::from(s);
        }
    }
    similarities[own] = f32::NEG_INFINITY;
    // `max` drops NaN, but a NaN similarity still reaches the sum below and so the loss: divergence is seen.
    let top = similarities.iter().fold(f32::NEG_INFINITY, |top, &s| top.max(s));
    let inverse = (1.0 / temperature) as f32;
    let mut total = 0.0;
    for s in similarities.iter_mut() {
        *s = exp_of_nonpositive((*s - top) * inverse);
        total += f64::from(*s);
    }
    let share = 1.0 / (groups.len() as f64 * temperature);
    let mut probability = 0.0;
    for (a, weight) in similarities.iter_mut().enumerate() {
        let own_probability = f64::from(*weight) / total;
        let wanted = if is_positive(a) {
            probability += own_probability;
            1.0 / f64::from(positives)
        } else {
            0.0
        };
        *weight = (share * (own_probability - wanted)) as f32;
    }
    let positive_logit = positive_sum / f64::from(positives);
    let negatives = groups.len() - 1 - positives as usize;
    LossReading {
        loss: (f64::from(top) - positive_logit) / temperature + total.ln(),
        positive_logit,
        // All other rows may be positives: then there is no such mean.
        negative_logit: negative_sum / negatives as f64,
        positive_probability: probability,
    }
}

/// The mean of every figure.
fn mean(readings: &[LossReading]) -> LossReading {
    let count = readings.len() as f64;
    let mean = |figure: fn(&LossReading) -> f64| readings.iter().map(figure).sum::<f64>() / count;
    LossReading {
        loss: mean(|r| r.loss),
        positive_logit: mean(|r| r.positive_logit),
        negative_logit: mean(|r| r.negative_logit),
        positive_probability: mean(|r| r.positive_probability),
    }
}

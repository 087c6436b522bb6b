//! The part of a contrastive step that sees pre-activations only: embeddings, loss, and the gradients with respect to
//! pre-activations and thresholds. It is the same in the ambient space and without it.
//!
//! Source: Section 3 of the paper; docs/theory.md 4.1.

use super::reading::firing_rate;
use super::view::BiasForces;
use crate::encoder::Encoder;
use crate::loss::{EmbeddingGrads, Embeddings, Loss, LossReading, NegativeSet};
use crate::math::Matrix;

/// Its buffers, allocated once; rows are samples, columns neurons.
#[derive(Default)]
pub(super) struct Pass {
    /// Whether a sample has one view: positives are then the anchors, and their buffers stay empty.
    pub one_view: bool,
    /// W x⁺.
    pub pre_anchor: Matrix,
    /// W x⁺⁺.
    pub pre_positive: Matrix,
    /// W x_s.
    pub pre_negatives: Matrix,
    embedded_anchor: Matrix,
    embedded_positive: Matrix,
    embedded_negatives: Matrix,
    /// With respect to the embeddings after [`Pass::evaluate`], to the pre-activations after [`Pass::backward`].
    pub grads: EmbeddingGrads,
    /// With respect to the thresholds.
    pub d_bias: Vec<f64>,
    bias: Vec<f32>,
}

impl Pass {
    /// Embeds anchors and negatives, and remembers the thresholds that the step is taken at.
    pub fn embed_anchors_and_negatives(&mut self, encoder: &dyn Encoder, bias: &[f32]) {
        self.bias.clear();
        self.bias.extend_from_slice(bias);
        encoder.forward(&self.pre_anchor, bias, &mut self.embedded_anchor);
        encoder.forward(&self.pre_negatives, bias, &mut self.embedded_negatives);
    }

    /// Embeds the positives.
    pub fn embed_positives(&mut self, encoder: &dyn Encoder) {
        encoder.forward(&self.pre_positive, &self.bias, &mut self.embedded_positive);
    }

    /// The loss and its gradients with respect to the embeddings.
    pub fn evaluate(&mut self, loss: &mut dyn Loss, negative_set: NegativeSet) -> LossReading {
        let embeddings = Embeddings {
            anchor: &self.embedded_anchor,
            positive: if self.one_view { &self.embedded_anchor } else { &self.embedded_positive },
            negatives: &self.embedded_negatives,
            negative_set,
        };
        loss.evaluate(&embeddings, &mut self.grads)
    }

    /// Takes the gradients back to the pre-activations and the thresholds.
    pub fn backward(&mut self, encoder: &dyn Encoder) {
        let bias = &self.bias;
        self.d_bias.clear();
        self.d_bias.resize(bias.len(), 0.0);
        encoder.backward(&self.pre_anchor, bias, &mut self.grads.anchor, &mut self.d_bias);
        if let Some(d_positive) = &mut self.grads.positive {
            let pre = if self.one_view { &self.pre_anchor } else { &self.pre_positive };
            encoder.backward(pre, bias, d_positive, &mut self.d_bias);
        }
        if let Some(d_negatives) = &mut self.grads.negatives {
            encoder.backward(&self.pre_negatives, bias, d_negatives, &mut self.d_bias);
        }
    }

    /// Share of the anchors' embeddings that are not zero.
    pub fn firing_rate(&self) -> f64 {
        firing_rate(&self.embedded_anchor)
    }

    /// What the last step's positives and negatives did to the thresholds.
    pub fn bias_forces(&self, encoder: &dyn Encoder) -> BiasForces {
        let pulled_by = |target: &Matrix| {
            Matrix::from_fn(target.rows(), target.cols(), |p, i| -self.grads.pull[p] * target[(p, i)])
        };
        let mut d_bias = vec![0.0; self.bias.len()];
        let mut add_pull = |pre: &Matrix, target: &Matrix| {
            encoder.backward(pre, &self.bias, &mut pulled_by(target), &mut d_bias);
        };
        let (pre_positive, embedded_positive) = if self.one_view {
            (&self.pre_anchor, &self.embedded_anchor)
        } else {
            (&self.pre_positive, &self.embedded_positive)
        };
        add_pull(&self.pre_anchor, embedded_positive);
        if self.grads.positive.is_some() {
            // Without StopGrad the pull acts on the positive as well.
            add_pull(pre_positive, &self.embedded_anchor);
        }
        let attraction: Vec<f64> = d_bias.iter().map(|d| -d).collect();
        let repulsion = self.d_bias.iter().zip(&attraction).map(|(total, a)| -total - a).collect();
        BiasForces { attraction, repulsion }
    }
}

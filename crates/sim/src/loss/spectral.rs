//! Spectral contrastive loss: L = −2 Sim(x⁺, x⁺⁺) + mean over negatives of Sim(x⁺, x_s)².
//!
//! −∂L/∂f(x⁺) = 2 f(x⁺⁺) − (2/N) Σ_s Sim_s f(x_s); without StopGrad −∂L/∂f(x⁺⁺) = 2 f(x⁺) and
//! −∂L/∂f(x_s) = −(2/N) Sim_s f(x⁺).
//!
//! Source: HaoChen, Wei, Gaidon, Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
//! loss" (NeurIPS 2021); beside the paper's loss to show what depends on it.

use super::{
    EmbeddingGrads, Embeddings, Loss, LossPart, LossReading, NegativeSet, STOP_GRADIENT, StopGrad, zeros,
};
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, dot, times, times_transposed};

/// The declaration.
pub(super) static PART: LossPart = LossPart {
    kind: "spectral",
    summary: "the spectral contrastive loss",
    settings: &[STOP_GRADIENT],
    build: |given, ()| Ok(Box::new(Spectral::new(StopGrad::of(given)?))),
};

/// The spectral contrastive loss.
#[derive(Clone, Debug)]
pub struct Spectral {
    stop_grad: StopGrad,
    /// Sim_s, then (2/(N P)) Sim_s; P × N.
    similarities: Matrix,
}

impl Spectral {
    /// The loss with the given placement of StopGrad.
    pub fn new(stop_grad: StopGrad) -> Self {
        Self { stop_grad, similarities: Matrix::zeros(0, 0) }
    }
}

impl Loss for Spectral {
    fn evaluate(&mut self, embeddings: &Embeddings<'_>, grads: &mut EmbeddingGrads) -> LossReading {
        let Embeddings { anchor, positive, negatives, negative_set } = *embeddings;
        let anchors = anchor.rows();
        let count = embeddings.negatives_per_anchor() as f64;
        let weight = (2.0 / (count * anchors as f64)) as f32;
        times_transposed(&mut self.similarities, anchor, negatives);
        let mut reading = LossReading { positive_probability: f64::NAN, ..LossReading::default() };
        let (mut squares, mut sum) = (0.0, 0.0);
        for p in 0..anchors {
            let row = self.similarities.row_mut(p);
            if negative_set == NegativeSet::InBatch {
                row[p] = 0.0;
            }
            squares += row.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>();
            sum += row.iter().map(|&s| f64::from(s)).sum::<f64>();
            for s in row.iter_mut() {
                *s *= weight;
            }
            reading.positive_logit += f64::from(dot(anchor.row(p), positive.row(p)));
        }
        reading.positive_logit /= anchors as f64;
        reading.negative_logit = sum / (count * anchors as f64);
        reading.loss = squares / (count * anchors as f64) - 2.0 * reading.positive_logit;

        grads.pull.clear();
        grads.pull.resize(anchors, 2.0 / anchors as f32);
        times(&mut grads.anchor, &self.similarities, negatives);
        let pull = 2.0 / anchors as f32;
        for (g, &t) in grads.anchor.as_mut_slice().iter_mut().zip(positive.as_slice()) {
            *g -= pull * t;
        }
        match self.stop_grad {
            StopGrad::Targets => (grads.positive, grads.negatives) = (None, None),
            StopGrad::Nowhere => {
                let d_positive = zeros(&mut grads.positive, positive);
                for (g, &a) in d_positive.as_mut_slice().iter_mut().zip(anchor.as_slice()) {
                    *g = -pull * a;
                }
                add_transposed_times(zeros(&mut grads.negatives, negatives), &self.similarities, anchor);
            }
        }
        reading
    }

    fn reads_positive_where_anchor_is_zero(&self) -> bool {
        self.stop_grad == StopGrad::Nowhere
    }

    fn at_rest(&self, _negatives: usize) -> f64 {
        0.0
    }

    /// m features reach minus the sum of m eigenvalues of at most 1.
    fn lowest(&self, width: usize) -> f64 {
        -(width as f64)
    }
}

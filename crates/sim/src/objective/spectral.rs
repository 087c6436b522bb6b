//! Spectral contrastive loss: L = −2 Sim(x⁺, x⁺⁺) + mean over negatives of Sim(x⁺, x_s)².
//!
//! −∂L/∂f(x⁺) = 2 f(x⁺⁺) − (2/N) Σ_s Sim_s f(x_s); without StopGrad −∂L/∂f(x⁺⁺) = 2 f(x⁺) and
//! −∂L/∂f(x_s) = −(2/N) Sim_s f(x⁺).
//!
//! Source: HaoChen, Wei, Gaidon, Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
//! loss" (NeurIPS 2021); beside the paper's loss to show what depends on it.

use super::gradients::pulled;
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, NegativeSet, Objective, ObjectivePart, Problem,
    STOP_GRADIENT, StopGrad, VIEWS, with_views, zeros,
};
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, dot, times, times_transposed};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "spectral",
    summary: "the spectral contrastive loss",
    settings: &[STOP_GRADIENT, VIEWS],
    build: |given, ()| Ok(with_views(given, Spectral::new(StopGrad::of(given)?))),
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

impl Objective for Spectral {
    fn needs(&self) -> Needs {
        Needs { two_views: true, negatives: true, ..Needs::default() }
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let Batch { anchor, positive, negatives, negative_set, .. } = *batch;
        let anchors = anchor.rows();
        let count = batch.negatives_per_anchor() as f64;
        let weight = (2.0 / (count * anchors as f64)) as f32;
        times_transposed(&mut self.similarities, anchor, negatives);
        let mut reading = LossReading { positive_logit: 0.0, ..LossReading::of_loss(0.0) };
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

        times(&mut gradients.anchor, &self.similarities, negatives);
        let pull = 2.0 / anchors as f32;
        for (g, &t) in gradients.anchor.as_mut_slice().iter_mut().zip(positive.as_slice()) {
            *g -= pull * t;
        }
        match self.stop_grad {
            StopGrad::Targets => (gradients.positive, gradients.negatives) = (None, None),
            StopGrad::Nowhere => {
                let d_positive = zeros(&mut gradients.positive, positive);
                for (g, &a) in d_positive.as_mut_slice().iter_mut().zip(anchor.as_slice()) {
                    *g = -pull * a;
                }
                add_transposed_times(zeros(&mut gradients.negatives, negatives), &self.similarities, anchor);
            }
        }
        reading
    }

    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let pull = 2.0 / batch.anchor.rows() as f32;
        let positive = (self.stop_grad == StopGrad::Nowhere).then(|| pulled(|_| pull, batch.anchor));
        Some(Gradients { anchor: pulled(|_| pull, batch.positive), positive, ..Gradients::default() })
    }

    fn at_rest(&self, _problem: &Problem) -> f64 {
        0.0
    }

    /// K features reach minus the sum of K eigenvalues of at most 1.
    fn lowest(&self, features: usize) -> f64 {
        -(features as f64)
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for Spectral {
    fn reads_closed_positives(&self) -> bool {
        self.stop_grad == StopGrad::Nowhere
    }
}

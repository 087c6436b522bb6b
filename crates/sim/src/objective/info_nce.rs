//! InfoNCE with temperature τ on un-normalised embeddings:
//! L = −τ log( e^{Sim(x⁺,x⁺⁺)/τ} / Σ_{x∈B} e^{Sim(x⁺,x)/τ} ), B = {x⁺⁺} ∪ negatives.
//!
//! With ℓ = softmax of the logits over B: −∂L/∂f(x⁺) = (1 − ℓ_p) f(x⁺⁺) − Σ_s ℓ_s f(x_s). There is no 1/τ because of the
//! prefactor τ. Without StopGrad also −∂L/∂f(x⁺⁺) = (1 − ℓ_p) f(x⁺) and −∂L/∂f(x_s) = −ℓ_s f(x⁺).
//!
//! Source: Definition 2.2, eq. (2.2); docs/theory.md 2.3 and 4.1.

use super::gradients::pulled;
use super::{
    Batch, FastObjective, Gradients, InfoNceForm, LossReading, Needs, NegativeSet, Objective, ObjectivePart,
    Problem, STOP_GRADIENT, StopGrad, VIEWS, with_views, zeros,
};
use crate::math::elementary::exp_of_nonpositive;
use crate::math::kernel::Precision;
use crate::math::linalg::{add_transposed_times, dot};
use crate::math::panels::{Right, product};
use crate::math::{Matrix, ParameterError, parallel, require_positive};
use crate::part::{PartSetting, Range};
use multiversion::multiversion;

const ROWS_PER_PIECE: usize = 64;

/// τ.
pub(super) const TEMPERATURE: PartSetting =
    PartSetting::number("temperature", Range::POSITIVE, "1.0", "Temperature of InfoNCE (the paper's τ).");

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "info_nce",
    summary: "InfoNCE on un-normalised embeddings (the paper)",
    settings: &[TEMPERATURE, STOP_GRADIENT, VIEWS],
    build: |given, ()| {
        Ok(with_views(given, InfoNce::new(given.number("temperature")?, StopGrad::of(given)?)?))
    },
};

/// The paper's loss.
#[derive(Clone, Debug)]
pub struct InfoNce {
    form: InfoNceForm,
    temperature: f32,
    /// Logits against the negatives, then their probabilities; P × N.
    probabilities: Matrix,
    readings: Vec<AnchorReading>,
    /// (1 − ℓ_p)/P, how strongly each anchor is pulled to its positive.
    pull: Vec<f32>,
}

/// What one anchor contributes to the means.
#[derive(Clone, Copy, Debug, Default)]
struct AnchorReading {
    loss: f64,
    positive_logit: f64,
    negative_logit_sum: f64,
    positive_probability: f64,
}

impl Default for InfoNce {
    /// The paper's: τ = 1, StopGrad on positives and negatives.
    fn default() -> Self {
        Self {
            form: InfoNceForm { temperature: 1.0, stop_grad: StopGrad::Targets },
            temperature: 1.0,
            probabilities: Matrix::default(),
            readings: Vec::new(),
            pull: Vec::new(),
        }
    }
}

impl InfoNce {
    /// InfoNCE with `temperature` τ, a positive number of single precision.
    pub fn new(temperature: f64, stop_grad: StopGrad) -> Result<Self, ParameterError> {
        require_positive("temperature", temperature)?;
        let form = InfoNceForm { temperature, stop_grad };
        Ok(Self { form, temperature: temperature as f32, ..Self::default() })
    }

    /// Logits to probabilities row by row; notes the pulls (1 − ℓ_p)/P and scales the ℓ_s by 1/P.
    fn softmax(&mut self, batch: &Batch<'_>) {
        let anchors = batch.anchor.rows();
        let negatives = self.probabilities.cols();
        let (temperature, share) = (self.temperature, 1.0 / anchors as f32);
        self.readings.resize(anchors, AnchorReading::default());
        self.pull.resize(anchors, 0.0);
        let pieces = (self.probabilities.as_mut_slice().chunks_mut(ROWS_PER_PIECE * negatives))
            .zip(self.readings.chunks_mut(ROWS_PER_PIECE))
            .zip(self.pull.chunks_mut(ROWS_PER_PIECE))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, ((logits, readings), pull))| {
            let rows = logits.chunks_mut(negatives).zip(readings).zip(pull);
            for (i, ((logits, reading), pull)) in rows.enumerate() {
                let p = piece * ROWS_PER_PIECE + i;
                let positive = dot(batch.anchor.row(p), batch.positive.row(p));
                let own = match batch.negative_set {
                    NegativeSet::Fresh => None,
                    NegativeSet::InBatch => Some(p),
                };
                *reading = softmax_row(logits, positive, own, temperature, share);
                *pull = (1.0 - reading.positive_probability) as f32 * share;
            }
        });
    }
}

impl Objective for InfoNce {
    fn needs(&self) -> Needs {
        Needs { two_views: true, negatives: true, ..Needs::default() }
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        self.evaluate_in(Precision::Single, batch, gradients)
    }

    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let towards = |target| pulled(|p| self.pull[p], target);
        let is_live = self.form.stop_grad == StopGrad::Nowhere;
        let positive = is_live.then(|| towards(batch.anchor));
        Some(Gradients { anchor: towards(batch.positive), positive, ..Gradients::default() })
    }

    fn at_rest(&self, problem: &Problem) -> f64 {
        self.form.temperature * (problem.negatives as f64).ln_1p()
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }

    fn info_nce(&self) -> Option<InfoNceForm> {
        Some(self.form)
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for InfoNce {
    fn reads_closed_positives(&self) -> bool {
        // Without StopGrad the positive's own activation pattern gates its gradient.
        self.form.stop_grad == StopGrad::Nowhere
    }

    fn evaluate_in(
        &mut self,
        precision: Precision,
        batch: &Batch<'_>,
        gradients: &mut Gradients,
    ) -> LossReading {
        let negatives = batch.negatives;
        product(&mut self.probabilities, precision, batch.anchor, Right::Transposed(negatives));
        self.softmax(batch);
        product(&mut gradients.anchor, precision, &self.probabilities, Right::Plain(negatives));
        subtract_pull(&mut gradients.anchor, &self.pull, batch.positive);
        match self.form.stop_grad {
            StopGrad::Targets => (gradients.positive, gradients.negatives) = (None, None),
            StopGrad::Nowhere => {
                let positive = zeros(&mut gradients.positive, batch.positive);
                subtract_pull(positive, &self.pull, batch.anchor);
                let negatives = zeros(&mut gradients.negatives, batch.negatives);
                add_transposed_times(negatives, &self.probabilities, batch.anchor);
            }
        }
        mean_reading(&self.readings, batch.negatives_per_anchor())
    }
}

/// `grad[p] −= pull_p · target[p]`.
fn subtract_pull(grad: &mut Matrix, pull: &[f32], target: &Matrix) {
    let width = grad.cols();
    parallel::for_each_row_group(grad.as_mut_slice(), width, ROWS_PER_PIECE, |first, rows| {
        for (i, row) in rows.chunks_mut(width).enumerate() {
            let weight = pull[first + i];
            for (g, &t) in row.iter_mut().zip(target.row(first + i)) {
                *g -= weight * t;
            }
        }
    });
}

fn mean_reading(readings: &[AnchorReading], negatives: usize) -> LossReading {
    let count = readings.len() as f64;
    let mean = |figure: fn(&AnchorReading) -> f64| readings.iter().map(figure).sum::<f64>() / count;
    LossReading {
        loss: mean(|r| r.loss),
        positive_logit: mean(|r| r.positive_logit),
        negative_logit: mean(|r| r.negative_logit_sum) / negatives as f64,
        positive_probability: mean(|r| r.positive_probability),
    }
}

/// Replaces the logits of one anchor by `share`·ℓ_s; `own` is the row of the anchor itself, which is no negative.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn softmax_row(
    logits: &mut [f32],
    positive: f32,
    own: Option<usize>,
    temperature: f32,
    share: f32,
) -> AnchorReading {
    let mut negative_logit_sum = lane_sum(logits);
    if let Some(own) = own {
        negative_logit_sum -= f64::from(logits[own]);
        logits[own] = f32::NEG_INFINITY;
    }
    // `max` drops NaN, but a NaN logit still reaches the sum below and so the loss: divergence is seen.
    let top = logits.iter().fold(positive, |top, &l| top.max(l));
    let inverse = 1.0 / temperature;
    for l in logits.iter_mut() {
        *l = exp_of_nonpositive((*l - top) * inverse);
    }
    let exp_positive = f64::from(((positive - top) * inverse).exp());
    let total = lane_sum(logits) + exp_positive;
    let factor = (f64::from(share) / total) as f32;
    for l in logits.iter_mut() {
        *l *= factor;
    }
    AnchorReading {
        loss: f64::from(temperature) * total.ln() - f64::from(positive - top),
        positive_logit: f64::from(positive),
        negative_logit_sum,
        positive_probability: exp_positive / total,
    }
}

/// The sum in sixteen interleaved partial sums, which vectorises and has a fixed order.
#[inline(always)]
fn lane_sum(values: &[f32]) -> f64 {
    let (blocks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for block in blocks {
        for lane in 0..16 {
            sums[lane] += block[lane];
        }
    }
    sums.iter().chain(rest).map(|&v| f64::from(v)).sum()
}

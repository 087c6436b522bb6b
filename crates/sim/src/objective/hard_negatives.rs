//! Contrast with hard negatives: InfoNCE whose negatives weigh the more the more similar they are to the
//! anchor, and which takes out the share of negatives that are positives in truth:
//!
//! ```text
//! L = −τ log( e^{s⁺/τ} / (e^{s⁺/τ} + N g) )
//! g = max( (r − τ⁺ e^{s⁺/τ})/(1 − τ⁺), e^{−1/τ} ),   r = Σ_s e^{(1+β) s_s/τ} / Σ_s e^{β s_s/τ}
//! ```
//!
//! With Z = e^{s⁺/τ} + N g, the softmax weights a_s ∝ e^{(1+β) s_s/τ} and b_s ∝ e^{β s_s/τ}, and where the
//! maximum is its first argument: ∂L/∂s⁺ = e^{s⁺/τ} (1 − N τ⁺/(1 − τ⁺))/Z − 1 and ∂L/∂s_s = N r ((1 + β) a_s
//! − β b_s)/(Z (1 − τ⁺)). Elsewhere ∂L/∂s⁺ = e^{s⁺/τ}/Z − 1 and ∂L/∂s_s = 0. With β = τ⁺ = 0 this is InfoNCE.
//! As there, a factor τ stands in front. The bound e^{−1/τ} is that of unit vectors, so τ⁺ needs them.
//!
//! Source: Robinson, Chuang, Sra, Jegelka, "Contrastive learning with hard negative samples" (ICLR 2021), eq.
//! (4) and appendix; Chuang et al., "Debiased contrastive learning" (NeurIPS 2020), eq. (8).

use super::gradients::zeros;
use super::info_nce::TEMPERATURE;
use super::scaled::{FeatureScale, SIMILARITY, Scaled};
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, NegativeSet, Objective, ObjectivePart, Problem,
    STOP_GRADIENT, StopGrad, VIEWS, with_views,
};
use crate::math::linalg::{add_transposed_times, dot, times, times_transposed};
use crate::math::{Matrix, ParameterError, require, require_non_negative, require_positive};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "hard_negatives",
    summary: "InfoNCE whose negatives weigh the more the more similar they are to the anchor, with debiasing",
    settings: &[
        TEMPERATURE,
        SIMILARITY,
        STOP_GRADIENT,
        PartSetting::number(
            "hardness",
            Range::NON_NEGATIVE,
            "1.0",
            "How much more similar negatives weigh (β of Robinson et al.): a negative with similarity s has the weight \
             e^(hardness·s/temperature). 0: all weigh the same.",
        ),
        PartSetting::number(
            "positive_share",
            Range::BELOW_ONE,
            "0.0",
            "Share of the negatives that are taken to be positives in truth (τ⁺ of debiased contrastive learning). It \
             goes with similarity = cosine.",
        ),
        VIEWS,
    ],
    build: |given, ()| {
        let settings = HardNegativeSettings {
            temperature: given.number("temperature")?,
            hardness: given.number("hardness")?,
            positive_share: given.number("positive_share")?,
        };
        let objective = HardNegatives::new(settings, StopGrad::of(given)?, FeatureScale::of(given)?)?;
        Ok(with_views(given, objective))
    },
};

/// The constants of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HardNegativeSettings {
    /// τ > 0.
    pub temperature: f64,
    /// β ≥ 0.
    pub hardness: f64,
    /// τ⁺ in [0, 1).
    pub positive_share: f64,
}

/// InfoNCE with hard negatives.
#[derive(Clone, Debug)]
pub struct HardNegatives {
    settings: HardNegativeSettings,
    stop_grad: StopGrad,
    scale: FeatureScale,
    /// Anchors, positives and negatives.
    branches: [Scaled; 3],
    /// s_s, then ∂L/∂s_s; P × N.
    weights: Matrix,
    /// −∂L/∂s⁺, P of them.
    pull: Vec<f32>,
}

impl HardNegatives {
    /// The loss with these constants.
    ///
    /// # Errors
    /// Constants out of range, and debiasing of features that are not normalised.
    pub fn new(
        settings: HardNegativeSettings,
        stop_grad: StopGrad,
        scale: FeatureScale,
    ) -> Result<Self, ParameterError> {
        require_positive("temperature", settings.temperature)?;
        require_non_negative("hardness", settings.hardness)?;
        let share = settings.positive_share;
        require(Range::BELOW_ONE.contains(share), "positive_share", share, Range::BELOW_ONE)?;
        let accepted = "0 with similarity = inner_product: the bound that debiasing needs is that of cosines";
        require(share == 0.0 || scale == FeatureScale::Normalised, "positive_share", share, accepted)?;
        let branches = [Scaled::new(scale), Scaled::new(scale), Scaled::new(scale)];
        Ok(Self { settings, stop_grad, scale, branches, weights: Matrix::default(), pull: Vec::new() })
    }

    /// The loss of one anchor with these similarities to negatives, which become ∂L/∂s_s over P; `own` is the
    /// row of the anchor itself, which is no negative. Returns its figures, the sum of similarities and
    /// −∂L/∂s⁺ over P.
    fn contrast(
        &self,
        similarities: &mut [f32],
        positive: f64,
        own: Option<usize>,
        anchors: usize,
    ) -> (LossReading, f32) {
        let HardNegativeSettings { temperature, hardness, positive_share } = self.settings;
        let (mut sum, mut top, mut count) = (0.0, f64::NEG_INFINITY, 0.0);
        for (s, &similarity) in similarities.iter().enumerate() {
            if own != Some(s) {
                sum += f64::from(similarity);
                // `max` drops NaN, but a NaN similarity still reaches the sums below and so the loss.
                top = top.max(f64::from(similarity));
                count += 1.0;
            }
        }
        let (mut hard, mut weight) = (0.0, 0.0);
        let powers = |s: f32| {
            let above = (f64::from(s) - top) / temperature;
            [((1.0 + hardness) * above).exp(), (hardness * above).exp()]
        };
        for (s, &similarity) in similarities.iter().enumerate() {
            if own != Some(s) {
                let [a, b] = powers(similarity);
                (hard, weight) = (hard + a, weight + b);
            }
        }
        // All in units of e^{unit/τ}, so that nothing overflows.
        let unit = top.max(positive);
        let exp = |s: f64| ((s - unit) / temperature).exp();
        let (plus, mean) = (exp(positive), exp(top) * hard / weight);
        let debiased = (mean - positive_share * plus) / (1.0 - positive_share);
        let floor = if self.scale == FeatureScale::Normalised { exp(-1.0) } else { 0.0 };
        let is_floored = debiased < floor;
        let total = plus + count * if is_floored { floor } else { debiased };
        let share = 1.0 / anchors as f64;
        let factor = if is_floored { 0.0 } else { share * count * mean / (total * (1.0 - positive_share)) };
        for (s, similarity) in similarities.iter_mut().enumerate() {
            let [a, b] = powers(*similarity);
            let slope = factor * ((1.0 + hardness) * a / hard - hardness * b / weight);
            *similarity = if own == Some(s) { 0.0 } else { slope as f32 };
        }
        let probability = plus / total;
        let taken = if is_floored { 0.0 } else { count * positive_share / (1.0 - positive_share) };
        let reading = LossReading {
            loss: temperature * total.ln() - (positive - unit),
            positive_logit: positive,
            negative_logit: sum / count,
            positive_probability: probability,
        };
        (reading, (share * (1.0 - probability * (1.0 - taken))) as f32)
    }

    /// −pull_p · target[p] for every p.
    fn pulled(&self, target: &Matrix) -> Matrix {
        Matrix::from_fn(target.rows(), target.cols(), |p, i| -self.pull[p] * target[(p, i)])
    }
}

impl Objective for HardNegatives {
    fn needs(&self) -> Needs {
        Needs { two_views: true, negatives: true, ..Needs::default() }
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let anchors = batch.anchor.rows();
        for (branch, features) in
            self.branches.iter_mut().zip([batch.anchor, batch.positive, batch.negatives])
        {
            branch.set(&[features]);
        }
        let [anchor, positive, negatives] = self.branches.each_ref().map(|branch| &branch.values);
        let mut weights = std::mem::take(&mut self.weights);
        times_transposed(&mut weights, anchor, negatives);
        let (mut reading, mut pull) = (LossReading::default(), Vec::with_capacity(anchors));
        for p in 0..anchors {
            let plus = f64::from(dot(anchor.row(p), positive.row(p)));
            let own = (batch.negative_set == NegativeSet::InBatch).then_some(p);
            let (of_anchor, pulled) = self.contrast(weights.row_mut(p), plus, own, anchors);
            reading.loss += of_anchor.loss / anchors as f64;
            reading.positive_logit += of_anchor.positive_logit / anchors as f64;
            reading.negative_logit += of_anchor.negative_logit / anchors as f64;
            reading.positive_probability += of_anchor.positive_probability / anchors as f64;
            pull.push(pulled);
        }
        times(&mut gradients.anchor, &weights, negatives);
        for (p, pull) in pull.iter().enumerate() {
            for (g, &b) in gradients.anchor.row_mut(p).iter_mut().zip(positive.row(p)) {
                *g -= pull * b;
            }
        }
        self.branches[0].backward(0, &mut gradients.anchor);
        (self.weights, self.pull) = (weights, pull);
        match self.stop_grad {
            StopGrad::Targets => (gradients.positive, gradients.negatives) = (None, None),
            StopGrad::Nowhere => {
                let mut d_positive = self.pulled(&self.branches[0].values);
                self.branches[1].backward(0, &mut d_positive);
                gradients.positive = Some(d_positive);
                let d_negatives = zeros(&mut gradients.negatives, batch.negatives);
                add_transposed_times(d_negatives, &self.weights, &self.branches[0].values);
                self.branches[2].backward(0, d_negatives);
            }
        }
        reading
    }

    fn attraction(&self, _batch: &Batch<'_>) -> Option<Gradients> {
        let mut anchor = self.pulled(&self.branches[1].values);
        self.branches[0].backward(0, &mut anchor);
        let positive = (self.stop_grad == StopGrad::Nowhere).then(|| {
            let mut positive = self.pulled(&self.branches[0].values);
            self.branches[1].backward(0, &mut positive);
            positive
        });
        Some(Gradients { anchor, positive, ..Gradients::default() })
    }

    /// All similarities are zero: neither weights nor debiasing change a mean of ones.
    fn at_rest(&self, problem: &Problem) -> f64 {
        self.settings.temperature * (problem.negatives as f64).ln_1p()
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for HardNegatives {}

#[cfg(test)]
mod tests {
    use super::super::InfoNce;
    use super::super::tests::{assert_definition, scaled};
    use super::*;

    fn similarity(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    /// The loss and how many anchors are at the bound, as the program of Robinson et al. computes it.
    fn definition(
        settings: HardNegativeSettings,
        set: NegativeSet,
        [anchor, positive, negatives]: [&Matrix<f64>; 3],
    ) -> (f64, usize) {
        let HardNegativeSettings { temperature, hardness, positive_share } = settings;
        let (mut loss, mut floored) = (0.0, 0);
        for p in 0..anchor.rows() {
            let plus = (similarity(anchor.row(p), positive.row(p)) / temperature).exp();
            let minus: Vec<f64> = (0..negatives.rows())
                .filter(|&s| set == NegativeSet::Fresh || s != p)
                .map(|s| (similarity(anchor.row(p), negatives.row(s)) / temperature).exp())
                .collect();
            let count = minus.len() as f64;
            let importance: Vec<f64> = minus.iter().map(|e| (hardness * e.ln()).exp()).collect();
            let mean_importance = importance.iter().sum::<f64>() / count;
            let reweighted = minus.iter().zip(&importance).map(|(e, w)| e * w).sum::<f64>() / mean_importance;
            let debiased = (-positive_share * count * plus + reweighted) / (1.0 - positive_share);
            let floor = if positive_share > 0.0 { count * (-1.0 / temperature).exp() } else { 0.0 };
            floored += usize::from(debiased < floor);
            loss -= temperature * (plus / (plus + debiased.max(floor))).ln();
        }
        (loss / anchor.rows() as f64, floored)
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let (mut compared, mut floored) = (0, 0);
        let cases = [(1.0, 1.0, 0.0), (0.5, 2.5, 0.1), (0.3, 0.0, 0.2), (0.7, 0.5, 0.5)];
        for (temperature, hardness, positive_share) in cases {
            for scale in [FeatureScale::Normalised, FeatureScale::Plain] {
                if positive_share > 0.0 && scale == FeatureScale::Plain {
                    continue;
                }
                let settings = HardNegativeSettings { temperature, hardness, positive_share };
                for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
                    for set in [NegativeSet::Fresh, NegativeSet::InBatch] {
                        let mut objective = HardNegatives::new(settings, stop_grad, scale).unwrap();
                        compared += assert_definition(&mut objective, set, |live, _| {
                            let branches = live.branches.each_ref().map(|branch| scaled(scale, branch));
                            let (loss, at_bound) = definition(settings, set, branches.each_ref());
                            floored += at_bound;
                            loss
                        });
                    }
                }
            }
        }
        assert_eq!(compared, 5 * (12 + 12 + 12 + 12 + 12 + 15 + 12 + 12));
        assert!(floored > 0, "the bound is met");
    }

    /// Without hardness and debiasing it is InfoNCE.
    #[test]
    fn without_hardness_it_is_info_nce() {
        let features = |rows: usize, phase: f64| {
            Matrix::from_fn(rows, 3, |p, i| (((p * 3 + i) as f64).powi(2) + phase).sin() as f32)
        };
        let (anchor, positive, negatives) = (features(6, 0.3), features(6, 2.0), features(9, 4.0));
        let batch = Batch::of_views([&anchor, &positive], &negatives, NegativeSet::Fresh);
        let settings = HardNegativeSettings { temperature: 0.5, hardness: 0.0, positive_share: 0.0 };
        let mut ours = HardNegatives::new(settings, StopGrad::Nowhere, FeatureScale::Plain).unwrap();
        let mut theirs = InfoNce::new(0.5, StopGrad::Nowhere).unwrap();
        let evaluate = |objective: &mut dyn Objective| {
            let mut gradients = Gradients::default();
            let reading = objective.evaluate(&batch, &[], &mut gradients);
            let pull = objective.attraction(&batch).unwrap();
            let gradients = [
                gradients.anchor,
                gradients.positive.unwrap(),
                gradients.negatives.unwrap(),
                pull.anchor,
                pull.positive.unwrap(),
            ];
            (reading, gradients.map(Matrix::into_vec).concat())
        };
        let ((a, found), (b, wanted)) = (evaluate(&mut ours), evaluate(&mut theirs));
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6) && found.len() == 4 * 18 + 27);
        for (a, b) in [
            (a.loss, b.loss),
            (a.positive_logit, b.positive_logit),
            (a.negative_logit, b.negative_logit),
            (a.positive_probability, b.positive_probability),
        ] {
            assert!((a - b).abs() < 1e-6, "{a}, {b}");
        }
    }

    #[test]
    fn debiasing_needs_cosines() {
        let settings = HardNegativeSettings { temperature: 1.0, hardness: 1.0, positive_share: 0.1 };
        assert!(HardNegatives::new(settings, StopGrad::Targets, FeatureScale::Normalised).is_ok());
        let error = HardNegatives::new(settings, StopGrad::Targets, FeatureScale::Plain).unwrap_err();
        assert!(error.name == "positive_share" && error.accepted.contains("cosines"), "{error}");
    }
}

//! Alignment and uniformity: positives are close, and features are spread over the sphere, without negatives:
//!
//! ```text
//! L = w_a (1/P) Σ_p ‖u_p − u′_p‖^α + w_u ½ (U(u) + U(u′))
//! U(u) = log( 2/(P (P − 1)) Σ_{p<q} e^{−t ‖u_p − u_q‖²} )
//! ```
//!
//! With weights ω_pq = e^{−t‖u_p − u_q‖²}/Σ_{p<q} …: ∂U/∂u_p = −2t Σ_q ω_pq (u_p − u_q). Gradients flow
//! through both views.
//!
//! Source: Wang and Isola, "Understanding contrastive representation learning through alignment and
//! uniformity on the hypersphere" (ICML 2020), section 4.

use super::gradients::zeros;
use super::scaled::{FeatureScale, SIMILARITY, Scaled};
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem, VIEWS, with_views,
};
use crate::math::linalg::{squared_norm, times, times_transposed};
use crate::math::{Matrix, ParameterError, require, require_non_negative, require_positive};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "alignment_uniformity",
    summary: "alignment of positives and uniformity over the sphere (Wang and Isola), without negatives",
    settings: &[
        SIMILARITY,
        PartSetting::number(
            "alignment_exponent",
            Range::FROM_ONE,
            "2.0",
            "Power of the distance between positives (α of Wang and Isola).",
        ),
        PartSetting::number(
            "uniformity_scale",
            Range::POSITIVE,
            "2.0",
            "Factor of squared distances in the Gaussian potential (t of Wang and Isola).",
        ),
        PartSetting::number("alignment_weight", Range::NON_NEGATIVE, "1.0", "Weight of the alignment."),
        PartSetting::number("uniformity_weight", Range::NON_NEGATIVE, "1.0", "Weight of the uniformity."),
        VIEWS,
    ],
    build: |given, ()| {
        let settings = AlignmentSettings {
            exponent: given.number("alignment_exponent")?,
            scale: given.number("uniformity_scale")?,
            alignment_weight: given.number("alignment_weight")?,
            uniformity_weight: given.number("uniformity_weight")?,
        };
        Ok(with_views(given, AlignmentUniformity::new(FeatureScale::of(given)?, settings)?))
    },
};

/// The weights and constants of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlignmentSettings {
    /// α ≥ 1.
    pub exponent: f64,
    /// t > 0.
    pub scale: f64,
    /// w_a ≥ 0.
    pub alignment_weight: f64,
    /// w_u ≥ 0.
    pub uniformity_weight: f64,
}

/// Alignment and uniformity.
#[derive(Clone, Debug)]
pub struct AlignmentUniformity {
    settings: AlignmentSettings,
    scale: FeatureScale,
    views: [Scaled; 2],
    /// ⟨u_p, u_q⟩ of one view, then ω_pq; P × P.
    weights: Matrix,
    /// Σ_q ω_pq u_q, P × K.
    mixed: Matrix,
}

impl AlignmentUniformity {
    /// The loss with these weights and constants.
    pub fn new(scale: FeatureScale, settings: AlignmentSettings) -> Result<Self, ParameterError> {
        let exponent = settings.exponent;
        require(Range::FROM_ONE.contains(exponent), "alignment_exponent", exponent, Range::FROM_ONE)?;
        require_positive("uniformity_scale", settings.scale)?;
        require_non_negative("alignment_weight", settings.alignment_weight)?;
        require_non_negative("uniformity_weight", settings.uniformity_weight)?;
        let views = [Scaled::new(scale), Scaled::new(scale)];
        Ok(Self { settings, scale, views, weights: Matrix::default(), mixed: Matrix::default() })
    }

    /// Adds the gradient of w_a times the alignment to both; returns its value.
    fn align(&self, d_anchor: &mut Matrix, d_positive: &mut Matrix) -> f64 {
        let [anchor, positive] = self.views.each_ref().map(|view| &view.values);
        let (count, exponent) = (anchor.rows() as f64, self.settings.exponent);
        let share = self.settings.alignment_weight / count;
        let mut sum = 0.0;
        for p in 0..anchor.rows() {
            let (a, b) = (anchor.row(p), positive.row(p));
            let difference = |i: usize| f64::from(a[i]) - f64::from(b[i]);
            let square: f64 = (0..a.len()).map(|i| difference(i).powi(2)).sum();
            sum += square.powf(0.5 * exponent);
            // Where the distance is zero it has no direction.
            let factor = if square > 0.0 { exponent * square.powf(0.5 * exponent - 1.0) } else { 0.0 };
            let rows = d_anchor.row_mut(p).iter_mut().zip(d_positive.row_mut(p));
            for (i, (d_anchor, d_positive)) in rows.enumerate() {
                let pull = (share * factor * difference(i)) as f32;
                *d_anchor += pull;
                *d_positive -= pull;
            }
        }
        share * sum
    }

    /// Writes the gradient of w_u U/2 of one view; returns its value.
    fn spread(&mut self, view: usize, gradient: &mut Matrix) -> f64 {
        let features = &self.views[view].values;
        let (rows, scale) = (features.rows(), self.settings.scale);
        times_transposed(&mut self.weights, features, features);
        let squares: Vec<f64> = features.iter_rows().map(squared_norm).collect();
        let mut nearest = f64::INFINITY;
        for p in 0..rows {
            for (q, entry) in self.weights.row_mut(p).iter_mut().enumerate() {
                let distance = if p == q {
                    f64::INFINITY
                } else {
                    (squares[p] + squares[q] - 2.0 * f64::from(*entry)).max(0.0)
                };
                // `min` drops NaN, but a NaN still reaches the sum below and so the loss.
                nearest = nearest.min(distance);
                *entry = distance as f32;
            }
        }
        // Relative to the nearest pair, so that no potential underflows to nothing.
        let mut total = 0.0;
        for entry in self.weights.as_mut_slice() {
            let potential = (-scale * (f64::from(*entry) - nearest)).exp();
            total += potential;
            *entry = potential as f32;
        }
        // Every pair was met twice.
        total *= 0.5;
        times(&mut self.mixed, &self.weights, features);
        let factor = -scale * self.settings.uniformity_weight / total;
        for p in 0..rows {
            let sum: f64 = self.weights.row(p).iter().map(|&w| f64::from(w)).sum();
            let rows = gradient.row_mut(p).iter_mut().zip(features.row(p)).zip(self.mixed.row(p));
            for ((g, &u), &mixed) in rows {
                *g = (factor * (sum * f64::from(u) - f64::from(mixed))) as f32;
            }
        }
        let pairs = 0.5 * (rows * (rows - 1)) as f64;
        0.5 * self.settings.uniformity_weight * ((total / pairs).ln() - scale * nearest)
    }
}

impl Objective for AlignmentUniformity {
    fn needs(&self) -> Needs {
        Needs { two_views: true, other_anchors: true, ..Needs::default() }
    }

    fn contrasts(&self) -> bool {
        true
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        self.views[0].set(&[batch.anchor]);
        self.views[1].set(&[batch.positive]);
        let d_positive = zeros(&mut gradients.positive, batch.positive);
        gradients.anchor.resize(batch.anchor.rows(), batch.anchor.cols());
        let spread = self.spread(0, &mut gradients.anchor) + self.spread(1, d_positive);
        let alignment = self.align(&mut gradients.anchor, d_positive);
        self.views[0].backward(0, &mut gradients.anchor);
        self.views[1].backward(0, d_positive);
        gradients.negatives = None;
        LossReading::of_loss(alignment + spread)
    }

    /// The alignment.
    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let mut anchor = Matrix::zeros(batch.anchor.rows(), batch.anchor.cols());
        let mut positive = anchor.clone();
        self.align(&mut anchor, &mut positive);
        self.views[0].backward(0, &mut anchor);
        self.views[1].backward(0, &mut positive);
        Some(Gradients { anchor, positive: Some(positive), ..Gradients::default() })
    }

    /// All distances are zero.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        0.0
    }

    /// Unit vectors are at most 2 apart; features of any norm have no bound.
    fn lowest(&self, _features: usize) -> f64 {
        match self.scale {
            FeatureScale::Normalised => -4.0 * self.settings.scale * self.settings.uniformity_weight,
            FeatureScale::Plain => f64::NEG_INFINITY,
        }
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for AlignmentUniformity {}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::{assert_definition, scaled};
    use super::*;

    fn square(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
    }

    /// U, straight from its formula.
    fn uniformity(t: f64, u: &Matrix<f64>) -> f64 {
        let mut potentials = Vec::new();
        for p in 0..u.rows() {
            potentials.extend((0..p).map(|q| (-t * square(u.row(p), u.row(q))).exp()));
        }
        (potentials.iter().sum::<f64>() / potentials.len() as f64).ln()
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for scale in [FeatureScale::Normalised, FeatureScale::Plain] {
            for (exponent, t, alignment_weight, uniformity_weight) in
                [(2.0, 2.0, 1.0, 1.0), (1.0, 0.5, 0.3, 2.0), (3.5, 5.0, 1.0, 0.0)]
            {
                let settings = AlignmentSettings { exponent, scale: t, alignment_weight, uniformity_weight };
                let mut objective = AlignmentUniformity::new(scale, settings).unwrap();
                compared += assert_definition(&mut objective, NegativeSet::Fresh, |live, _| {
                    let [u, v] = [0, 1].map(|view| scaled(scale, &live.branches[view]));
                    let pairs = u.iter_rows().zip(v.iter_rows());
                    let distances = pairs.map(|(u, v)| square(u, v).sqrt().powf(exponent)).sum::<f64>();
                    let spread = 0.5 * (uniformity(t, &u) + uniformity(t, &v));
                    alignment_weight * distances / u.rows() as f64 + uniformity_weight * spread
                });
            }
        }
        assert_eq!(compared, 6 * 24);
    }

    /// With no weight on uniformity all of the gradient is alignment, bit for bit.
    #[test]
    fn what_pulls_is_the_alignment() {
        let settings =
            AlignmentSettings { exponent: 1.5, scale: 2.0, alignment_weight: 0.8, uniformity_weight: 0.0 };
        let mut objective = AlignmentUniformity::new(FeatureScale::Normalised, settings).unwrap();
        let features = |phase: f64| Matrix::from_fn(5, 3, |p, i| ((p * 3 + i) as f64 + phase).sin() as f32);
        let (anchor, positive, empty) = (features(0.3), features(2.0), Matrix::default());
        let batch = Batch::of_views([&anchor, &positive], &empty, NegativeSet::Fresh);
        let mut gradients = Gradients::default();
        objective.evaluate(&batch, &[], &mut gradients);
        let pull = objective.attraction(&batch).unwrap();
        assert!(pull.anchor.as_slice().iter().any(|g| g.abs() > 1e-3));
        assert_eq!((pull.anchor, pull.positive), (gradients.anchor, gradients.positive));
    }

    /// Points far apart have a finite loss: no potential underflows to zero.
    #[test]
    fn distant_features_keep_a_finite_loss() {
        let anchor = Matrix::from_fn(4, 2, |p, i| if i == 0 { 1e3 * p as f32 } else { 1.0 });
        let settings =
            AlignmentSettings { exponent: 2.0, scale: 2.0, alignment_weight: 1.0, uniformity_weight: 1.0 };
        let mut objective = AlignmentUniformity::new(FeatureScale::Plain, settings).unwrap();
        let empty = Matrix::default();
        let batch = Batch::of_views([&anchor, &anchor], &empty, NegativeSet::Fresh);
        let reading = objective.evaluate(&batch, &[], &mut Gradients::default());
        // Three of six pairs are nearest, 10³ apart.
        let expected = -2.0 * 1e6 + 0.5f64.ln();
        assert!((reading.loss - expected).abs() < 1.0, "{}", reading.loss);
    }
}

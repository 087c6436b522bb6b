//! A predictor head guesses the features of the other view, which stand behind StopGrad: what SimSiam and
//! BYOL share.
//!
//! For every view that predicts, with f its features, q = predictor(f) and z the target of the other view,
//!
//! ```text
//! D = −⟨q, z⟩/(‖q‖‖z‖)    distance = cosine
//! D = ½ ‖q − z‖²          distance = squared
//! ```
//!
//! and L = c Σ over sides of the mean of D. The linear predictor is q = A f; the hidden one q = A ReLU(B f).
//! With g = ∂D/∂q: ∂L/∂A = E[g hᵀ] with h = f or h = ReLU(B f), and so on by the chain rule.

use super::gradients::zeros;
use super::scaled::{FeatureScale, Scaled};
use super::{Beginning, Gradients};
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError, require, require_positive};
use crate::part::{Fallback, Given, Kind, ParameterArray, PartSetting, Range};

/// What both parts have.
pub(super) const SETTINGS: [PartSetting; 5] = [
    PartSetting::word(
        "predictor",
        &["linear", "hidden"],
        "\"linear\"",
        "linear: the predictor is a matrix. hidden: it has one hidden layer of ReLU.",
    ),
    PartSetting::new(
        "predictor_width",
        Kind::count(1),
        Fallback::Absent("as many as there are features"),
        "Number of neurons of the predictor's hidden layer. It goes with predictor = hidden.",
    ),
    PartSetting::number(
        "predictor_rate_ratio",
        Range::POSITIVE,
        "1.0",
        "Learning rate of the predictor over that of the weights.",
    ),
    PartSetting::word(
        "distance",
        &["cosine", "squared"],
        "\"cosine\"",
        "cosine: the predictor is after the direction of its target (as published). squared: it is after its target, \
         by the squared distance.",
    ),
    PartSetting::word(
        "predicting",
        &["both", "anchor"],
        "\"both\"",
        "both: each view predicts the other (as published). anchor: the anchor predicts the positive, and nothing \
         predicts the anchor.",
    ),
];

/// What a prediction is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictionDistance {
    /// Minus the cosine.
    Cosine,
    /// Half the squared distance.
    Squared,
}

/// Which predictor there is, and what it predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictorSettings {
    /// Neurons of its hidden layer, `Some(None)`: as many as features; `None`: it is linear.
    pub hidden: Option<Option<usize>>,
    /// Its learning rate over that of the weights, > 0.
    pub rate_ratio: f64,
    /// What its predictions are measured by.
    pub distance: PredictionDistance,
    /// Whether the positive predicts the anchor as well.
    pub predicts_both: bool,
}

impl PredictorSettings {
    /// As a part's settings say it.
    pub(super) fn of(given: &Given) -> Result<Self, ParameterError> {
        let width = given.optional_whole("predictor_width").map(|width| width as usize);
        let is_hidden = given.text("predictor")? == "hidden";
        let accepted = "predictor = hidden: a linear predictor has no hidden layer";
        require(
            is_hidden || width.is_none(),
            "objective.predictor_width",
            width.unwrap_or_default(),
            accepted,
        )?;
        let settings = Self {
            hidden: is_hidden.then_some(width),
            rate_ratio: given.number("predictor_rate_ratio")?,
            distance: match given.text("distance")? {
                "squared" => PredictionDistance::Squared,
                _ => PredictionDistance::Cosine,
            },
            predicts_both: given.text("predicting")? == "both",
        };
        require_positive("predictor_rate_ratio", settings.rate_ratio).map(|()| settings)
    }

    /// The arrays of the predictor, A and then B, with entries that keep the mean square of features.
    pub(super) fn arrays(&self, run: &Beginning) -> Vec<ParameterArray> {
        let features = run.features;
        let array = |name, rows, cols, gain: f64| ParameterArray {
            name,
            rows,
            cols,
            deviation: (gain / cols as f64).sqrt(),
        };
        match self.hidden {
            None => vec![array("predictor", features, features, 1.0)],
            Some(width) => {
                let width = width.unwrap_or(features);
                // ReLU halves the mean square.
                vec![
                    array("predictor", features, width, 2.0),
                    array("predictor_hidden", width, features, 1.0),
                ]
            }
        }
    }
}

/// Predictions of both views and their loss.
#[derive(Clone, Debug)]
pub(super) struct Predicting {
    pub settings: PredictorSettings,
    /// c, what D is multiplied by.
    factor: f64,
    predictions: Scaled,
    targets: Scaled,
    /// B f, P × H, then the gradient with respect to it.
    pre: Matrix,
    /// ReLU(B f), P × H, then the gradient with respect to it.
    hidden: Matrix,
    /// q, P × K, then the gradient with respect to it.
    output: Matrix,
}

impl Predicting {
    /// The loss with c = `factor`.
    pub fn new(settings: PredictorSettings, factor: f64) -> Self {
        let scale = match settings.distance {
            PredictionDistance::Cosine => FeatureScale::Normalised,
            PredictionDistance::Squared => FeatureScale::Plain,
        };
        let (pre, hidden, output) = Default::default();
        let (predictions, targets) = (Scaled::new(scale), Scaled::new(scale));
        Self { settings, factor, predictions, targets, pre, hidden, output }
    }

    /// Evaluates the loss: views `from` predict `targets`, the anchor's prediction first.
    ///
    /// # Shapes
    /// `from`: [anchor, positive], P × K each. `targets`: [of the anchor, of the positive], P × K each.
    pub fn evaluate(
        &mut self,
        from: [&Matrix; 2],
        targets: [&Matrix; 2],
        arrays: &[Matrix],
        gradients: &mut Gradients,
    ) -> f64 {
        gradients.zero_arrays(arrays);
        gradients.negatives = None;
        let mut loss = self.predict(from[0], targets[1], arrays, &mut gradients.arrays);
        gradients.anchor.clone_from(&self.output);
        if self.settings.predicts_both {
            loss += self.predict(from[1], targets[0], arrays, &mut gradients.arrays);
            zeros(&mut gradients.positive, from[1]).as_mut_slice().copy_from_slice(self.output.as_slice());
        } else {
            gradients.positive = None;
        }
        loss
    }

    /// One side: its loss, its gradients added to those of the arrays, and that of the features left in
    /// `output`.
    fn predict(&mut self, from: &Matrix, target: &Matrix, arrays: &[Matrix], sums: &mut [Matrix]) -> f64 {
        let outer = &arrays[0];
        let inner = arrays.get(1);
        if let Some(inner) = inner {
            times_transposed(&mut self.pre, from, inner);
            self.hidden.clone_from(&self.pre);
            self.hidden.as_mut_slice().iter_mut().for_each(|h| *h = if *h <= 0.0 { 0.0 } else { *h });
        }
        times_transposed(&mut self.output, if inner.is_some() { &self.hidden } else { from }, outer);
        let loss = self.measure(target);
        let below = if inner.is_some() { &self.hidden } else { from };
        add_transposed_times(&mut sums[0], &self.output, below);
        let Some(inner) = inner else {
            let mut gradient = std::mem::take(&mut self.pre);
            times(&mut gradient, &self.output, outer);
            self.pre = std::mem::replace(&mut self.output, gradient);
            return loss;
        };
        times(&mut self.hidden, &self.output, outer);
        for (g, &pre) in self.hidden.as_mut_slice().iter_mut().zip(self.pre.as_slice()) {
            if pre <= 0.0 {
                *g = 0.0;
            }
        }
        add_transposed_times(&mut sums[1], &self.hidden, from);
        times(&mut self.output, &self.hidden, inner);
        loss
    }

    /// The mean of c D of the predictions in `output`, which become its gradient with respect to them.
    fn measure(&mut self, target: &Matrix) -> f64 {
        self.predictions.set(&[&self.output]);
        self.targets.set(&[target]);
        let share = self.factor / target.rows() as f64;
        let (q, z) = (self.predictions.values.as_slice(), self.targets.values.as_slice());
        let entries = self.output.as_mut_slice().iter_mut().zip(q.iter().zip(z));
        let mut sum = 0.0;
        match self.settings.distance {
            PredictionDistance::Cosine => {
                for (g, (&q, &z)) in entries {
                    sum -= f64::from(q) * f64::from(z);
                    *g = (-share * f64::from(z)) as f32;
                }
                self.predictions.backward(0, &mut self.output);
            }
            PredictionDistance::Squared => {
                for (g, (&q, &z)) in entries {
                    let error = f64::from(q) - f64::from(z);
                    sum += 0.5 * error * error;
                    *g = (share * error) as f32;
                }
            }
        }
        share * sum
    }
}

/// The loss in double precision, straight from its formula: what the tests of both parts compare with.
#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Exact, scaled};
    use super::*;

    /// Every predictor, distance and choice of sides.
    pub fn cases() -> Vec<PredictorSettings> {
        let mut cases = Vec::new();
        for hidden in [None, Some(None), Some(Some(5))] {
            for distance in [PredictionDistance::Cosine, PredictionDistance::Squared] {
                for predicts_both in [true, false] {
                    cases.push(PredictorSettings { hidden, rate_ratio: 1.0, distance, predicts_both });
                }
            }
        }
        cases
    }

    /// Number of derivatives that a case has with the points that tests take: 4 samples of 3 features.
    pub fn derivatives(case: &PredictorSettings) -> usize {
        let run = Beginning { features: 3, latent_dim: 3, input_dim: 5, initial_norm: 0.5, seed: 3 };
        let arrays: usize = case.arrays(&run).iter().map(|array| array.rows * array.cols).sum();
        arrays + if case.predicts_both { 24 } else { 12 }
    }

    /// Σ over sides of the mean of D, with targets from `frozen`.
    pub fn definition(case: &PredictorSettings, live: &Exact, frozen: &Exact) -> f64 {
        let apply = |a: &Matrix<f64>, f: &[f64]| -> Vec<f64> {
            a.iter_rows().map(|row| row.iter().zip(f).map(|(a, f)| a * f).sum()).collect()
        };
        let predict = |f: &[f64]| match live.arrays.get(1) {
            None => apply(&live.arrays[0], f),
            Some(inner) => {
                let hidden: Vec<f64> = apply(inner, f).into_iter().map(|h| h.max(0.0)).collect();
                apply(&live.arrays[0], &hidden)
            }
        };
        let side = |from: usize, to: usize| {
            let (features, targets) = (&live.branches[from], &frozen.branches[to]);
            let rows = features.iter_rows().flat_map(predict).collect();
            let q = Matrix::from_vec(features.rows(), features.cols(), rows);
            let pairs = |scale| {
                let (q, z) = (scaled(scale, &q), scaled(scale, targets));
                q.as_slice().iter().copied().zip(z.as_slice().to_vec()).collect::<Vec<_>>()
            };
            let sum: f64 = match case.distance {
                PredictionDistance::Cosine => {
                    pairs(FeatureScale::Normalised).iter().map(|(q, z)| -q * z).sum()
                }
                PredictionDistance::Squared => {
                    pairs(FeatureScale::Plain).iter().map(|(q, z)| 0.5 * (q - z).powi(2)).sum()
                }
            };
            sum / features.rows() as f64
        };
        side(0, 1) + if case.predicts_both { side(1, 0) } else { 0.0 }
    }
}

//! A predictor head guesses the features of the other view, which stand behind StopGrad: what SimSiam and
//! BYOL share.
//!
//! For every view that predicts, with f its features, q = predictor(f) and z the target of the other view,
//!
//! ```text
//! D = −⟨q, z⟩/(‖q‖‖z‖)    distance = cosine
//! D = ½ ‖q − z‖²          distance = squared
//! D = ½ ‖q̂ − ẑ‖²        distance = standardised, q̂ and ẑ standardised over the batch, feature by feature
//! ```
//!
//! and L = c Σ over sides of the mean of D. What q is, and the way back through it, stands in `predictor`.
//!
//! The standardised distance is Σ_k (1 − correlation of q_k and z_k) up to ε: whatever the size of features
//! is, it does not count.

use super::gradients::zeros;
use super::predictor::{Prediction, Predictor};
use super::scaled::{FeatureScale, Scaled};
use super::standardised::Standardised;
use super::{Beginning, Gradients};
use crate::layer::batch_norm::EPSILON;
use crate::math::{Matrix, ParameterError, require, require_positive};
use crate::part::{Fallback, Given, Kind, ParameterArray, PartSetting, Range};

/// What both parts have.
pub(super) const SETTINGS: [PartSetting; 5] = [
    PartSetting::word(
        "predictor",
        &["linear", "hidden", "off_diagonal", "identity"],
        "\"linear\"",
        "linear: the predictor is a matrix. hidden: it has one hidden layer of ReLU. off_diagonal: it is a \
         matrix that starts as the identity and keeps its diagonal. identity: features are the prediction.",
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
        &["cosine", "squared", "standardised"],
        "\"cosine\"",
        "cosine: the predictor is after the direction of its target (as published). squared: it is after its \
         target, by the squared distance. standardised: the same, where predictions and targets are first \
         standardised over the batch, feature by feature.",
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
    /// The same after features have been standardised over the batch.
    Standardised,
}

/// Which predictor there is, and what it predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictorSettings {
    /// What guesses.
    pub predictor: Predictor,
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
        let predictor = match given.text("predictor")? {
            "hidden" => Predictor::Hidden(width),
            "off_diagonal" => Predictor::OffDiagonal,
            "identity" => Predictor::Identity,
            _ => Predictor::Linear,
        };
        let accepted = "predictor = hidden: no other predictor has a hidden layer";
        let has_layer = matches!(predictor, Predictor::Hidden(_));
        require(
            has_layer || width.is_none(),
            "objective.predictor_width",
            width.unwrap_or_default(),
            accepted,
        )?;
        let settings = Self {
            predictor,
            rate_ratio: given.number("predictor_rate_ratio")?,
            distance: match given.text("distance")? {
                "squared" => PredictionDistance::Squared,
                "standardised" => PredictionDistance::Standardised,
                _ => PredictionDistance::Cosine,
            },
            predicts_both: given.text("predicting")? == "both",
        };
        require_positive("predictor_rate_ratio", settings.rate_ratio).map(|()| settings)
    }

    /// The arrays of the predictor.
    pub(super) fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        self.predictor.arrays(run)
    }

    /// Whether features are compared over the samples of a batch.
    pub(super) fn standardises(&self) -> bool {
        self.distance == PredictionDistance::Standardised
    }
}

/// Predictions or targets as a distance takes them.
#[derive(Clone, Debug)]
enum Compared {
    Scaled(Scaled),
    Standardised(Standardised),
}

impl Compared {
    fn by(distance: PredictionDistance) -> Self {
        match distance {
            PredictionDistance::Cosine => Self::Scaled(Scaled::new(FeatureScale::Normalised)),
            PredictionDistance::Squared => Self::Scaled(Scaled::new(FeatureScale::Plain)),
            PredictionDistance::Standardised => Self::Standardised(Standardised::default()),
        }
    }

    fn set(&mut self, features: &Matrix) {
        match self {
            Self::Scaled(scaled) => scaled.set(&[features]),
            Self::Standardised(standardised) => standardised.set(features, EPSILON),
        }
    }

    fn values(&self) -> &[f32] {
        match self {
            Self::Scaled(scaled) => scaled.values.as_slice(),
            Self::Standardised(standardised) => standardised.values.as_slice(),
        }
    }

    /// Turns the gradient with respect to the values into that with respect to what they were made of, in
    /// place.
    fn backward(&self, gradient: &mut Matrix) {
        match self {
            Self::Scaled(scaled) => scaled.backward(0, gradient),
            Self::Standardised(standardised) => standardised.backward(gradient),
        }
    }
}

/// Predictions of both views and their loss.
#[derive(Clone, Debug)]
pub(super) struct Predicting {
    pub settings: PredictorSettings,
    /// c, what D is multiplied by.
    factor: f64,
    predictions: Compared,
    targets: Compared,
    prediction: Prediction,
}

impl Predicting {
    /// The loss with c = `factor`.
    pub fn new(settings: PredictorSettings, factor: f64) -> Self {
        let [predictions, targets] = [(); 2].map(|()| Compared::by(settings.distance));
        Self { settings, factor, predictions, targets, prediction: Prediction::default() }
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
        gradients.anchor.clone_from(&self.prediction.output);
        if self.settings.predicts_both {
            loss += self.predict(from[1], targets[0], arrays, &mut gradients.arrays);
            zeros(&mut gradients.positive, from[1])
                .as_mut_slice()
                .copy_from_slice(self.prediction.output.as_slice());
        } else {
            gradients.positive = None;
        }
        loss
    }

    /// One side: its loss, its gradients added to those of the arrays, and that of the features left as the
    /// output of the prediction.
    fn predict(&mut self, from: &Matrix, target: &Matrix, arrays: &[Matrix], sums: &mut [Matrix]) -> f64 {
        self.prediction.forward(self.settings.predictor, from, arrays);
        let loss = self.measure(target);
        self.prediction.backward(self.settings.predictor, from, arrays, sums);
        loss
    }

    /// The mean of c D of the predictions, which become its gradient with respect to them.
    fn measure(&mut self, target: &Matrix) -> f64 {
        let output = &mut self.prediction.output;
        self.predictions.set(output);
        self.targets.set(target);
        let share = self.factor / target.rows() as f64;
        let entries =
            output.as_mut_slice().iter_mut().zip(self.predictions.values().iter().zip(self.targets.values()));
        let mut sum = 0.0;
        match self.settings.distance {
            PredictionDistance::Cosine => {
                for (g, (&q, &z)) in entries {
                    sum -= f64::from(q) * f64::from(z);
                    *g = (-share * f64::from(z)) as f32;
                }
            }
            PredictionDistance::Squared | PredictionDistance::Standardised => {
                for (g, (&q, &z)) in entries {
                    let error = f64::from(q) - f64::from(z);
                    sum += 0.5 * error * error;
                    *g = (share * error) as f32;
                }
            }
        }
        self.predictions.backward(output);
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
        let hidden = [None, Some(5)].map(Predictor::Hidden);
        for predictor in
            [Predictor::Identity, Predictor::OffDiagonal, Predictor::Linear].into_iter().chain(hidden)
        {
            let distances =
                [PredictionDistance::Cosine, PredictionDistance::Squared, PredictionDistance::Standardised];
            for distance in distances {
                for predicts_both in [true, false] {
                    cases.push(PredictorSettings { predictor, rate_ratio: 1.0, distance, predicts_both });
                }
            }
        }
        cases
    }

    /// Number of derivatives that a case has with the points that tests take: 4 samples of 3 features.
    pub fn derivatives(case: &PredictorSettings) -> usize {
        let run = Beginning { features: 3, latent_dim: 3, input_dim: 5, initial_norm: 0.5, seed: 3 };
        let arrays: usize = case.arrays(&run).unwrap().iter().map(|array| array.rows * array.cols).sum();
        arrays + if case.predicts_both { 24 } else { 12 }
    }

    /// Columns minus their mean, over their standard deviation.
    fn standardised(features: &Matrix<f64>) -> Matrix<f64> {
        let count = features.rows() as f64;
        let mean = |figure: &dyn Fn(usize) -> f64| (0..features.rows()).map(figure).sum::<f64>() / count;
        Matrix::from_fn(features.rows(), features.cols(), |p, i| {
            let centre = mean(&|p| features[(p, i)]);
            let variance = mean(&|p| (features[(p, i)] - centre).powi(2));
            (features[(p, i)] - centre) / (variance + EPSILON).sqrt()
        })
    }

    /// Σ over sides of the mean of D, with targets from `frozen`.
    pub fn definition(case: &PredictorSettings, live: &Exact, frozen: &Exact) -> f64 {
        let apply = |a: &Matrix<f64>, f: &[f64]| -> Vec<f64> {
            a.iter_rows().map(|row| row.iter().zip(f).map(|(a, f)| a * f).sum()).collect()
        };
        let predict = |f: &[f64]| match case.predictor {
            Predictor::Identity => f.to_vec(),
            Predictor::OffDiagonal => {
                // Row i of E: the weights of the features before i, then of those behind it.
                let others = |i: usize| (0..f.len()).filter(move |&j| j != i);
                let guess = |i: usize| {
                    f[i] + others(i).enumerate().map(|(at, j)| live.arrays[0][(i, at)] * f[j]).sum::<f64>()
                };
                (0..f.len()).map(guess).collect()
            }
            Predictor::Linear => apply(&live.arrays[0], f),
            Predictor::Hidden(_) => {
                let hidden: Vec<f64> = apply(&live.arrays[1], f).into_iter().map(|h| h.max(0.0)).collect();
                apply(&live.arrays[0], &hidden)
            }
        };
        let side = |from: usize, to: usize| {
            let (features, targets) = (&live.branches[from], &frozen.branches[to]);
            let rows = features.iter_rows().flat_map(predict).collect();
            let q = Matrix::from_vec(features.rows(), features.cols(), rows);
            let seen = |features: &Matrix<f64>| match case.distance {
                PredictionDistance::Cosine => scaled(FeatureScale::Normalised, features),
                PredictionDistance::Squared => scaled(FeatureScale::Plain, features),
                PredictionDistance::Standardised => standardised(features),
            };
            let (q, z) = (seen(&q), seen(targets));
            let pairs = q.as_slice().iter().zip(z.as_slice());
            let sum: f64 = match case.distance {
                PredictionDistance::Cosine => pairs.map(|(q, z)| -q * z).sum(),
                PredictionDistance::Squared | PredictionDistance::Standardised => {
                    pairs.map(|(q, z)| 0.5 * (q - z).powi(2)).sum()
                }
            };
            sum / features.rows() as f64
        };
        side(0, 1) + if case.predicts_both { side(1, 0) } else { 0.0 }
    }
}

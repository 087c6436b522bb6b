//! BYOL: a predictor on one view guesses what a slower copy of the learner makes of the other view:
//! L = D(q⁺, z̄⁺⁺) + D(q⁺⁺, z̄⁺), D = 2 − 2 cos(q, z̄) or ‖q − z̄‖².
//!
//! z̄ are features of the target: after every step each of its numbers moves by θ̄ ← ϱ θ̄ + (1 − ϱ) θ, for W,
//! thresholds and the network's arrays. It starts as the learner. The learner keeps it (`train`), so it is
//! stored and resumed. The mathematics of the loss stands in `predicting`.
//!
//! Source: Grill et al., "Bootstrap your own latent" (NeurIPS 2020), eq. (1), (2). Their predictor has batch
//! normalisation inside, which this one leaves out, and their ϱ grows to 1 during the run.

use super::predicting::{Predicting, PredictionDistance, PredictorSettings, SETTINGS};
use super::{Batch, Beginning, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem};
use crate::math::{Matrix, ParameterError, require};
use crate::part::{ParameterArray, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "byol",
    summary: "BYOL: a predictor guesses the features of a moving average of the learner, without negatives",
    settings: &[
        SETTINGS[0],
        SETTINGS[1],
        SETTINGS[2],
        SETTINGS[3],
        SETTINGS[4],
        PartSetting::number(
            "target_decay",
            Range::FRACTION,
            "0.996",
            "Share of itself that the target keeps in a step (BYOL's τ). 0: it is the learner. 1: it stays as it \
             started.",
        ),
    ],
    build: |given, ()| Ok(Box::new(Byol::new(PredictorSettings::of(given)?, given.number("target_decay")?)?)),
};

/// BYOL.
#[derive(Clone, Debug)]
pub struct Byol {
    predicting: Predicting,
    target_decay: f64,
}

impl Byol {
    /// The loss with this predictor and ϱ = `target_decay` in [0, 1].
    pub fn new(settings: PredictorSettings, target_decay: f64) -> Result<Self, ParameterError> {
        require(Range::FRACTION.contains(target_decay), "target_decay", target_decay, Range::FRACTION)?;
        // 2 − 2 cos = 2 (1 + D) and ‖q − z̄‖² = 2 D.
        Ok(Self { predicting: Predicting::new(settings, 2.0), target_decay })
    }

    /// What the loss has beyond 2 D.
    fn offset(&self) -> f64 {
        let sides = if self.predicting.settings.predicts_both { 2.0 } else { 1.0 };
        match self.predicting.settings.distance {
            PredictionDistance::Cosine => 2.0 * sides,
            PredictionDistance::Squared | PredictionDistance::Standardised => 0.0,
        }
    }
}

impl Objective for Byol {
    fn needs(&self) -> Needs {
        Needs { two_views: true, target: true, ..Needs::default() }
    }

    fn target_decay(&self) -> f64 {
        self.target_decay
    }

    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        self.predicting.settings.arrays(run)
    }

    fn rate_ratio(&self) -> f64 {
        self.predicting.settings.rate_ratio
    }

    fn standardises(&self) -> bool {
        self.predicting.settings.standardises()
    }

    fn prediction(&self, features: usize, arrays: &[Matrix]) -> Option<Matrix> {
        self.predicting.settings.predictor.matrix(features, arrays)
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let views = [batch.anchor, batch.positive];
        let loss = self.predicting.evaluate(views, batch.target, arrays, gradients);
        LossReading::of_loss(loss + self.offset())
    }

    /// Features that are zero have no direction and are no way from their targets.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        self.offset()
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::predicting::tests::{cases, definition, derivatives};
    use super::super::tests::assert_definition;
    use super::*;

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for case in cases() {
            let offset = match (case.distance, case.predicts_both) {
                (PredictionDistance::Squared | PredictionDistance::Standardised, _) => 0.0,
                (PredictionDistance::Cosine, true) => 4.0,
                (PredictionDistance::Cosine, false) => 2.0,
            };
            let mut objective = Byol::new(case, 0.9).unwrap();
            let found = assert_definition(&mut objective, NegativeSet::Fresh, |live, frozen| {
                2.0 * definition(&case, live, frozen) + offset
            });
            assert_eq!(found, derivatives(&case), "{case:?}");
            compared += found;
        }
        assert!(compared > 400, "{compared}");
    }

    #[test]
    fn a_decay_outside_of_its_range_is_refused() {
        for decay in [-0.1, 1.1, f64::NAN] {
            assert!(Byol::new(cases()[0], decay).is_err());
        }
    }
}

//! SimSiam: a predictor on one view guesses the other view's features behind StopGrad, without negatives:
//! L = ½ D(q⁺, z⁺⁺) + ½ D(q⁺⁺, z⁺), or D(q⁺, z⁺⁺) where the anchor alone predicts.
//!
//! D is minus the cosine, or half the squared distance of features or of standardised ones. The mathematics
//! stands in `predicting`. Nothing in the loss keeps features apart: they may collapse, which measurements of
//! diversity show.
//!
//! Source: Chen and He, "Exploring simple siamese representation learning" (CVPR 2021), eq. (1) to (4). Their
//! predictor has batch normalisation inside, which this one leaves out.

use super::predicting::{Predicting, PredictionDistance, PredictorSettings, SETTINGS};
use super::{Batch, Beginning, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem};
use crate::math::{Matrix, ParameterError};
use crate::part::ParameterArray;

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "simsiam",
    summary: "SimSiam: a predictor guesses the other view behind StopGrad, without negatives",
    settings: &SETTINGS,
    build: |given, ()| Ok(Box::new(SimSiam::new(PredictorSettings::of(given)?))),
};

/// SimSiam.
#[derive(Clone, Debug)]
pub struct SimSiam(Predicting);

impl SimSiam {
    /// The loss with this predictor.
    pub fn new(settings: PredictorSettings) -> Self {
        Self(Predicting::new(settings, if settings.predicts_both { 0.5 } else { 1.0 }))
    }
}

impl Objective for SimSiam {
    fn needs(&self) -> Needs {
        Needs { two_views: true, ..Needs::default() }
    }

    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        self.0.settings.arrays(run)
    }

    fn rate_ratio(&self) -> f64 {
        self.0.settings.rate_ratio
    }

    fn standardises(&self) -> bool {
        self.0.settings.standardises()
    }

    fn prediction(&self, features: usize, arrays: &[Matrix]) -> Option<Matrix> {
        self.0.settings.predictor.matrix(features, arrays)
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let views = [batch.anchor, batch.positive];
        LossReading::of_loss(self.0.evaluate(views, views, arrays, gradients))
    }

    /// Features that are zero have no direction and are no way from their targets.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        0.0
    }

    fn lowest(&self, _features: usize) -> f64 {
        match self.0.settings.distance {
            PredictionDistance::Cosine => -1.0,
            PredictionDistance::Squared | PredictionDistance::Standardised => 0.0,
        }
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
            let share = if case.predicts_both { 0.5 } else { 1.0 };
            let mut objective = SimSiam::new(case);
            let found = assert_definition(&mut objective, NegativeSet::Fresh, |live, frozen| {
                share * definition(&case, live, frozen)
            });
            assert_eq!(found, derivatives(&case), "{case:?}");
            compared += found;
        }
        assert!(compared > 400, "{compared}");
    }
}

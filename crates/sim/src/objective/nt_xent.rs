//! NT-Xent: both views of every sample are anchors, and the negatives of a view are the views of all other
//! samples: L = mean over the 2P views i of −log( e^{s_ij/τ} / Σ_{a≠i} e^{s_ia/τ} ), j the other view of i's
//! sample.
//!
//! As published there is no factor τ in front, and similarities are cosines. StopGrad on targets leaves a
//! view only its gradient as the one that contrasts. The mathematics stands in `pairs`.
//!
//! Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual
//! representations" (ICML 2020), eq. (1) and Algorithm 1.

use super::info_nce::TEMPERATURE;
use super::pairs::Pairs;
use super::scaled::{FeatureScale, SIMILARITY};
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem, STOP_GRADIENT,
    StopGrad, VIEWS, with_views,
};
use crate::math::{Matrix, ParameterError};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "nt_xent",
    summary: "NT-Xent (SimCLR): the views of a batch against each other, on cosines, without a factor τ in front",
    settings: &[TEMPERATURE, SIMILARITY, STOP_GRADIENT, VIEWS],
    build: |given, ()| {
        let (stop_grad, scale) = (StopGrad::of(given)?, FeatureScale::of(given)?);
        Ok(with_views(given, NtXent::new(given.number("temperature")?, stop_grad, scale)?))
    },
};

/// NT-Xent.
#[derive(Clone, Debug)]
pub struct NtXent(Pairs);

impl NtXent {
    /// The loss with `temperature` τ, a positive number of single precision.
    pub fn new(temperature: f64, stop_grad: StopGrad, scale: FeatureScale) -> Result<Self, ParameterError> {
        Ok(Self(Pairs::new(temperature, stop_grad, scale)?))
    }
}

impl Objective for NtXent {
    fn needs(&self) -> Needs {
        Needs { two_views: true, other_anchors: true, ..Needs::default() }
    }

    fn contrasts(&self) -> bool {
        true
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        self.0.evaluate(batch, |sample| sample as u64, gradients)
    }

    fn attraction(&self, _batch: &Batch<'_>) -> Option<Gradients> {
        Some(self.0.attraction())
    }

    fn at_rest(&self, problem: &Problem) -> f64 {
        (2.0 * problem.anchors as f64 - 1.0).ln()
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for NtXent {}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::{assert_definition, scaled};
    use super::*;

    /// The loss, straight from Algorithm 1: rows that contrast are `live`, rows that are contrasted with
    /// `targets`.
    fn definition(temperature: f64, live: &Matrix<f64>, targets: &Matrix<f64>) -> f64 {
        let (rows, samples) = (live.rows(), live.rows() / 2);
        let similarity = |i: usize, a: usize| -> f64 {
            live.row(i).iter().zip(targets.row(a)).map(|(x, y)| x * y).sum::<f64>() / temperature
        };
        let of_row = |i: usize| {
            let others = (0..rows).filter(|&a| a != i).map(|a| similarity(i, a).exp()).sum::<f64>();
            others.ln() - similarity(i, (i + samples) % rows)
        };
        (0..rows).map(of_row).sum::<f64>() / rows as f64
    }

    fn stacked(scale: FeatureScale, [anchor, positive, _]: &[Matrix<f64>; 3]) -> Matrix<f64> {
        let rows = [anchor.as_slice(), positive.as_slice()].concat();
        scaled(scale, &Matrix::from_vec(2 * anchor.rows(), anchor.cols(), rows))
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for temperature in [1.0, 0.2] {
            for scale in [FeatureScale::Normalised, FeatureScale::Plain] {
                for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
                    let mut objective = NtXent::new(temperature, stop_grad, scale).unwrap();
                    compared += assert_definition(&mut objective, NegativeSet::Fresh, |live, frozen| {
                        let moving = stacked(scale, &live.branches);
                        match stop_grad {
                            StopGrad::Targets => {
                                definition(temperature, &moving, &stacked(scale, &frozen.branches))
                            }
                            StopGrad::Nowhere => definition(temperature, &moving, &moving),
                        }
                    });
                }
            }
        }
        assert_eq!(compared, 8 * 24);
    }

    /// Moving a positive that is orthogonal to its anchor moves the anchor's gradient by the pull and nothing
    /// else.
    #[test]
    fn what_pulls_is_along_the_positive() {
        let anchor = Matrix::from_fn(4, 5, |p, i| f32::from(u8::from(i == 0)) + 0.1 * (p as f32));
        let gradients = |positive: &Matrix| {
            let mut objective = NtXent::new(0.5, StopGrad::Targets, FeatureScale::Plain).unwrap();
            let (empty, mut gradients) = (Matrix::default(), Gradients::default());
            let batch = Batch::of_views([&anchor, positive], &empty, NegativeSet::Fresh);
            objective.evaluate(&batch, &[], &mut gradients);
            (gradients.anchor, objective.attraction(&batch).unwrap().anchor)
        };
        let positive = Matrix::from_fn(4, 5, |p, i| ((p * 5 + i) as f32).sin());
        let (all, pull) = gradients(&positive);
        // Two directions in which the anchors agree, so that no similarity with an anchor changes.
        let mut moved = positive.clone();
        moved[(2, 1)] += 1.0;
        moved[(2, 2)] -= 1.0;
        let (all_after, pull_after) = gradients(&moved);
        let found = all_after[(2, 1)] - all[(2, 1)];
        let pulled = pull_after[(2, 1)] - pull[(2, 1)];
        assert!(pulled < -1e-2 && (found - pulled).abs() < 1e-6, "{found}, {pulled}");
    }
}

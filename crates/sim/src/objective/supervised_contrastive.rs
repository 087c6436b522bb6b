//! Supervised contrastive loss: the positives of a view are all other views of its class,
//! L = mean over the 2P views i of −(1/|P(i)|) Σ_{a∈P(i)} log( e^{s_ia/τ} / Σ_{b≠i} e^{s_ib/τ} ).
//!
//! Classes are those of the data law, or the sign of one entry of the code (label_atom): −1, 0 or 1. A sample
//! without a class is a class of its own. The mathematics stands in `pairs`.
//!
//! Source: Khosla et al., "Supervised contrastive learning" (NeurIPS 2020), eq. (2), without the factor
//! τ/τ_base of its program.

use super::info_nce::TEMPERATURE;
use super::pairs::Pairs;
use super::scaled::{FeatureScale, SIMILARITY};
use super::{
    Batch, Gradients, LABEL_ATOM, LABEL_NOISE, Labels, LossReading, Needs, Objective, ObjectivePart, Problem,
    STOP_GRADIENT, StopGrad, VIEWS, with_views,
};
use crate::math::{Matrix, ParameterError};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "supervised_contrastive",
    summary: "supervised contrastive loss: all views of a class attract each other",
    settings: &[TEMPERATURE, SIMILARITY, STOP_GRADIENT, LABEL_ATOM, LABEL_NOISE, VIEWS],
    build: |given, ()| {
        let (stop_grad, scale) = (StopGrad::of(given)?, FeatureScale::of(given)?);
        let labels = Labels::of(given)?;
        let objective = SupervisedContrastive::new(given.number("temperature")?, stop_grad, scale, labels)?;
        Ok(with_views(given, objective))
    },
};

/// The supervised contrastive loss.
#[derive(Clone, Debug)]
pub struct SupervisedContrastive {
    pairs: Pairs,
    labels: Labels,
}

impl SupervisedContrastive {
    /// The loss with `temperature` τ, a positive number of single precision.
    pub fn new(
        temperature: f64,
        stop_grad: StopGrad,
        scale: FeatureScale,
        labels: Labels,
    ) -> Result<Self, ParameterError> {
        labels.check()?;
        Ok(Self { pairs: Pairs::new(temperature, stop_grad, scale)?, labels })
    }
}

/// Classes are numbered by 32 bits; what is above numbers samples without a class.
const WITHOUT_CLASS: u64 = 1 << 32;

impl Objective for SupervisedContrastive {
    fn needs(&self) -> Needs {
        Needs { two_views: true, codes: true, classes: true, other_anchors: true, ..Needs::default() }
    }

    fn contrasts(&self) -> bool {
        true
    }

    fn labels(&self) -> Labels {
        self.labels
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let class = |p: usize| batch.classes[p].map_or(WITHOUT_CLASS + p as u64, u64::from);
        self.pairs.evaluate(batch, class, gradients)
    }

    fn attraction(&self, _batch: &Batch<'_>) -> Option<Gradients> {
        Some(self.pairs.attraction())
    }

    fn at_rest(&self, problem: &Problem) -> f64 {
        (2.0 * problem.anchors as f64 - 1.0).ln()
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::{CLASSES, assert_definition, scaled};
    use super::*;

    /// The loss, straight from eq. (2).
    fn definition(
        temperature: f64,
        live: &Matrix<f64>,
        targets: &Matrix<f64>,
        class: impl Fn(usize) -> Option<u32>,
    ) -> f64 {
        let (rows, samples) = (live.rows(), live.rows() / 2);
        let similarity = |i: usize, a: usize| -> f64 {
            live.row(i).iter().zip(targets.row(a)).map(|(x, y)| x * y).sum::<f64>() / temperature
        };
        let is_positive = |i: usize, a: usize| {
            let same = i % samples == a % samples;
            a != i && (same || (class(i % samples).is_some() && class(i % samples) == class(a % samples)))
        };
        let of_row = |i: usize| {
            let all = (0..rows).filter(|&a| a != i).map(|a| similarity(i, a).exp()).sum::<f64>();
            let positives: Vec<usize> = (0..rows).filter(|&a| is_positive(i, a)).collect();
            let logs = positives.iter().map(|&a| (similarity(i, a).exp() / all).ln());
            -logs.sum::<f64>() / positives.len() as f64
        };
        (0..rows).map(of_row).sum::<f64>() / rows as f64
    }

    /// Two samples of one class, one of another, and one of none.
    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for temperature in [1.0, 0.2] {
            for scale in [FeatureScale::Normalised, FeatureScale::Plain] {
                for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
                    let labels = Labels::default();
                    let mut objective =
                        SupervisedContrastive::new(temperature, stop_grad, scale, labels).unwrap();
                    compared += assert_definition(&mut objective, NegativeSet::Fresh, |live, frozen| {
                        let stacked = |[a, b, _]: &[Matrix<f64>; 3]| {
                            let rows = [a.as_slice(), b.as_slice()].concat();
                            scaled(scale, &Matrix::from_vec(2 * a.rows(), a.cols(), rows))
                        };
                        let moving = stacked(&live.branches);
                        let targets = match stop_grad {
                            StopGrad::Targets => stacked(&frozen.branches),
                            StopGrad::Nowhere => moving.clone(),
                        };
                        definition(temperature, &moving, &targets, |p| CLASSES[p])
                    });
                }
            }
        }
        assert_eq!(compared, 8 * 24);
    }

    /// Where no sample shares its class, the loss is NT-Xent to the bit.
    #[test]
    fn without_classes_it_is_nt_xent() {
        let features = |phase: f64| Matrix::from_fn(6, 3, |p, i| ((p * 3 + i) as f64 + phase).sin() as f32);
        let (anchor, positive, empty) = (features(0.3), features(2.0), Matrix::default());
        let classes = [None; 6];
        let batch =
            Batch { classes: &classes, ..Batch::of_views([&anchor, &positive], &empty, NegativeSet::Fresh) };
        let (stop_grad, scale) = (StopGrad::Targets, FeatureScale::Normalised);
        let mut ours = SupervisedContrastive::new(0.5, stop_grad, scale, Labels::default()).unwrap();
        let mut theirs = super::super::NtXent::new(0.5, stop_grad, scale).unwrap();
        let evaluate = |objective: &mut dyn Objective| {
            let mut gradients = Gradients::default();
            let reading = objective.evaluate(&batch, &[], &mut gradients);
            (reading, gradients.anchor, gradients.positive)
        };
        assert_eq!(evaluate(&mut ours), evaluate(&mut theirs));
    }
}

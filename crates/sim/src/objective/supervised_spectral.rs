//! Supervised spectral contrastive loss, and its mixture with the unsupervised one:
//! L = −2 [(1 − β) Sim(x⁺, x⁺⁺) + β mean over x̃ of Sim(x⁺, x̃⁺⁺)] + mean over negatives of Sim(x⁺, x_s)², where x̃ are
//! the other samples of x's class in the batch.
//!
//! The loss is the spectral one after mixed positives (M f(x⁺⁺))_p = (1 − β) f(x_p⁺⁺) + β mean_{q ≠ p} f(x_q⁺⁺). M is
//! symmetric, because samples of a class have equally many others: gradients of the positives are mixed by M again. A
//! sample is not its own partner, so that the mean over batches is the loss of the population for any batch size. One
//! that is alone in its class, or has none, keeps its own view.
//!
//! Source: Xue, Joshi, Gan, Chen, Mirzasoleiman, "Which features are learnt by contrastive learning? On the role of
//! simplicity bias in class collapse and feature suppression" (ICML 2023): the supervised loss (β = 1) and the joint
//! one.

use super::{
    Batch, Gradients, LABEL_ATOM, LABEL_NOISE, Labels, LossReading, Needs, Objective, ObjectivePart, Problem,
    STOP_GRADIENT, Spectral, StopGrad,
};
use crate::math::{Matrix, ParameterError, require};
use crate::part::{PartSetting, Range};
use std::collections::HashMap;

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "supervised_spectral",
    summary: "the spectral contrastive loss whose positives are views of other samples of the class",
    settings: &[
        PartSetting::number(
            "supervised_weight",
            Range::FRACTION,
            "1.0",
            "β: share of the attraction that goes to other samples of the class; the rest goes to the sample's own other \
             view. At 0 this is the spectral loss.",
        ),
        STOP_GRADIENT,
        LABEL_ATOM,
        LABEL_NOISE,
    ],
    build: |given, ()| {
        let (weight, stop_grad) = (given.number("supervised_weight")?, StopGrad::of(given)?);
        Ok(Box::new(SupervisedSpectral::new(weight, stop_grad, Labels::of(given)?)?))
    },
};

/// The supervised spectral loss.
#[derive(Clone, Debug)]
pub struct SupervisedSpectral {
    /// β.
    weight: f32,
    labels: Labels,
    spectral: Spectral,
    /// M f(x⁺⁺), P × K.
    mixed: Matrix,
}

impl SupervisedSpectral {
    /// The loss with supervised share β = `weight` in [0, 1].
    ///
    /// # Errors
    /// If β, or the share of wrong labels, is no fraction.
    pub fn new(weight: f64, stop_grad: StopGrad, labels: Labels) -> Result<Self, ParameterError> {
        require(Range::FRACTION.contains(weight), "supervised_weight", weight, Range::FRACTION)?;
        labels.check()?;
        let spectral = Spectral::new(stop_grad);
        Ok(Self { weight: weight as f32, labels, spectral, mixed: Matrix::default() })
    }

    /// M `features`, one row per sample.
    fn mix(&self, features: &Matrix, classes: &[Option<u32>], mixed: &mut Matrix) {
        let mut sums: HashMap<u32, (Vec<f32>, f32)> = HashMap::new();
        for (row, class) in features.iter_rows().zip(classes) {
            if let Some(class) = class {
                let (sum, count) = sums.entry(*class).or_insert_with(|| (vec![0.0; row.len()], 0.0));
                sum.iter_mut().zip(row).for_each(|(sum, entry)| *sum += entry);
                *count += 1.0;
            }
        }
        mixed.resize(features.rows(), features.cols());
        for (p, own) in features.iter_rows().enumerate() {
            let others = classes[p].map(|class| &sums[&class]).filter(|(_, count)| *count > 1.0);
            for (i, (mixed, &own)) in mixed.row_mut(p).iter_mut().zip(own).enumerate() {
                let partner = others.map_or(own, |(sum, count)| (sum[i] - own) / (count - 1.0));
                *mixed = own + self.weight * (partner - own);
            }
        }
    }

    /// Gradients after mixed positives become those after the positives themselves.
    fn unmix(&self, classes: &[Option<u32>], gradients: &mut Gradients) {
        if let Some(positive) = &mut gradients.positive {
            let after_mixed = positive.clone();
            self.mix(&after_mixed, classes, positive);
        }
    }
}

impl Objective for SupervisedSpectral {
    fn needs(&self) -> Needs {
        Needs { codes: true, classes: true, other_anchors: true, ..self.spectral.needs() }
    }

    fn labels(&self) -> Labels {
        self.labels
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let mut mixed = std::mem::take(&mut self.mixed);
        self.mix(batch.positive, batch.classes, &mut mixed);
        self.mixed = mixed;
        let reading = self.spectral.evaluate(&Batch { positive: &self.mixed, ..*batch }, arrays, gradients);
        self.unmix(batch.classes, gradients);
        reading
    }

    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let mut gradients = self.spectral.attraction(&Batch { positive: &self.mixed, ..*batch })?;
        self.unmix(batch.classes, &mut gradients);
        Some(gradients)
    }

    fn at_rest(&self, problem: &Problem) -> f64 {
        self.spectral.at_rest(problem)
    }

    fn lowest(&self, features: usize) -> f64 {
        self.spectral.lowest(features)
    }
}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::{CLASSES, assert_definition};
    use super::*;

    /// The loss, straight from its formula: pairs of samples, one by one.
    fn definition(weight: f64, set: NegativeSet, [anchor, positive, negatives]: [&Matrix<f64>; 3]) -> f64 {
        let sim = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let of_row = |p: usize| {
            let a = anchor.row(p);
            let same = |q: &usize| *q != p && CLASSES[p].is_some() && CLASSES[*q] == CLASSES[p];
            let others: Vec<usize> = (0..anchor.rows()).filter(same).collect();
            let own = sim(a, positive.row(p));
            let partner = if others.is_empty() {
                own
            } else {
                others.iter().map(|&q| sim(a, positive.row(q))).sum::<f64>() / others.len() as f64
            };
            let seen: Vec<usize> =
                (0..negatives.rows()).filter(|&s| set == NegativeSet::Fresh || s != p).collect();
            let squares: f64 = seen.iter().map(|&s| sim(a, negatives.row(s)).powi(2)).sum();
            squares / seen.len() as f64 - 2.0 * ((1.0 - weight) * own + weight * partner)
        };
        (0..anchor.rows()).map(of_row).sum::<f64>() / anchor.rows() as f64
    }

    /// Two samples of one class, one of another, and one of none.
    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for weight in [0.0, 0.4, 1.0] {
            for stop_grad in [StopGrad::Targets, StopGrad::Nowhere] {
                for set in [NegativeSet::Fresh, NegativeSet::InBatch] {
                    let mut objective =
                        SupervisedSpectral::new(weight, stop_grad, Labels::default()).unwrap();
                    compared += assert_definition(&mut objective, set, |live, frozen| {
                        let targets = if stop_grad == StopGrad::Targets { frozen } else { live };
                        let [anchor, _, _] = &live.branches;
                        let [_, positive, negatives] = &targets.branches;
                        definition(weight, set, [anchor, positive, negatives])
                    });
                }
            }
        }
        // Three features of 4 anchors; without StopGrad of 4 positives and 5 or 4 negatives as well.
        assert_eq!(compared, 3 * (2 * 12 + (12 + 12 + 15) + (12 + 12 + 12)));
    }

    /// What pulls is all of the gradient of the positives, at any weight.
    #[test]
    fn positives_feel_nothing_but_the_attraction() {
        let features = |rows, phase: f64| {
            Matrix::from_fn(rows, 3, |p, i| ((p * 3 + i) as f64 * 1.3 + phase).sin() as f32)
        };
        let (anchor, positive, negatives) = (features(4, 0.2), features(4, 1.9), features(5, 4.0));
        let views = Batch::of_views([&anchor, &positive], &negatives, NegativeSet::Fresh);
        let batch = Batch { classes: &CLASSES, ..views };
        let mut objective = SupervisedSpectral::new(0.7, StopGrad::Nowhere, Labels::default()).unwrap();
        let mut gradients = Gradients::default();
        objective.evaluate(&batch, &[], &mut gradients);
        let [all, pulled] =
            [gradients.positive, objective.attraction(&batch).unwrap().positive].map(Option::unwrap);
        assert!(all.as_slice().iter().zip(pulled.as_slice()).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(all.as_slice().iter().any(|entry| entry.abs() > 1e-2));
    }

    #[test]
    fn a_weight_that_is_no_share_is_refused() {
        for weight in [-0.1, 1.5, f64::NAN] {
            let error = SupervisedSpectral::new(weight, StopGrad::Nowhere, Labels::default()).unwrap_err();
            assert_eq!(error.name, "supervised_weight");
        }
    }
}

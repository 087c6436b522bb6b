//! Barlow Twins: the cross-correlation C of the two views' features is driven to the identity,
//! L = Σ_i (C_ii − 1)² + λ Σ_{i≠j} C_ij².
//!
//! | `correlation` | C |
//! |---|---|
//! | `standardised` | (1/P) Âᵀ B̂ of features standardised over the batch, as published |
//! | `raw` | (1/2P) (Aᵀ B + Bᵀ A): with λ = 1 the loss ‖C − I‖² of the theory of linear learners |
//!
//! With G = ∂L/∂C, so G_ii = 2 (C_ii − 1) and G_ij = 2λ C_ij: ∂L/∂Â = (1/P) B̂ Gᵀ, ∂L/∂B̂ = (1/P) Â G. The
//! raw G is symmetric, so the same holds of A and B. Gradients flow through both views. No negatives.
//!
//! Source: Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins" (ICML 2021), eq. (1), (2); Simon et al., "On the
//! stepwise nature of self-supervised learning" (ICML 2023), section 3.

use super::standardised::Standardised;
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem, VIEWS,
    with_views, zeros,
};
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::math::{Matrix, ParameterError, require_non_negative, require_positive};
use crate::part::{Given, PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "barlow_twins",
    summary: "Barlow Twins: the cross-correlation of the two views is driven to the identity",
    settings: &[
        PartSetting::word(
            "correlation",
            &["standardised", "raw"],
            "\"standardised\"",
            "standardised: every feature is standardised over the batch first, as published. raw: the plain mean of \
             products of features, symmetrised over the two views (linear theory, with redundancy_weight 1).",
        ),
        PartSetting::number(
            "redundancy_weight",
            Range::NON_NEGATIVE,
            "5e-3",
            "Weight of the squared correlations between different features (λ of Barlow Twins).",
        ),
        PartSetting::number(
            "variance_floor",
            Range::POSITIVE,
            "1e-5",
            "Added to the variance of a feature before it is standardised (ε of batch normalisation). Features of \
             smaller variance count less.",
        ),
        VIEWS,
    ],
    build: |given, ()| {
        let [weight, floor] = [given.number("redundancy_weight")?, given.number("variance_floor")?];
        Ok(with_views(given, BarlowTwins::new(Correlation::of(given)?, weight, floor)?))
    },
};

/// What C is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correlation {
    /// Features standardised over the batch.
    Standardised,
    /// Features as they are, symmetrised over the two views.
    Raw,
}

impl Correlation {
    fn of(given: &Given) -> Result<Self, ParameterError> {
        Ok(if given.text("correlation")? == "raw" { Self::Raw } else { Self::Standardised })
    }
}

/// Barlow Twins.
#[derive(Clone, Debug)]
pub struct BarlowTwins {
    correlation: Correlation,
    redundancy_weight: f64,
    variance_floor: f64,
    /// Standardised anchors and positives.
    standardised: [Standardised; 2],
    /// C, then G/P; K × K.
    matrix: Matrix,
}

impl BarlowTwins {
    /// The loss with λ = `redundancy_weight` ≥ 0 and ε = `variance_floor` > 0, which raw correlations do not
    /// read.
    pub fn new(
        correlation: Correlation,
        redundancy_weight: f64,
        variance_floor: f64,
    ) -> Result<Self, ParameterError> {
        require_non_negative("redundancy_weight", redundancy_weight)?;
        require_positive("variance_floor", variance_floor)?;
        let (standardised, matrix) = Default::default();
        Ok(Self { correlation, redundancy_weight, variance_floor, standardised, matrix })
    }

    /// The features whose products C is made of.
    fn views<'a>(&'a self, batch: &Batch<'a>) -> [&'a Matrix; 2] {
        match self.correlation {
            Correlation::Standardised => self.standardised.each_ref().map(|view| &view.values),
            Correlation::Raw => [batch.anchor, batch.positive],
        }
    }

    /// Computes C.
    fn correlate(&mut self, batch: &Batch<'_>) {
        if self.correlation == Correlation::Standardised {
            self.standardised[0].set(batch.anchor, self.variance_floor);
            self.standardised[1].set(batch.positive, self.variance_floor);
        }
        let features = batch.anchor.cols();
        let mut matrix = std::mem::take(&mut self.matrix);
        matrix.resize(features, features);
        matrix.as_mut_slice().fill(0.0);
        let [anchor, positive] = self.views(batch);
        add_transposed_times(&mut matrix, anchor, positive);
        let share = 1.0 / anchor.rows() as f32;
        matrix.as_mut_slice().iter_mut().for_each(|c| *c *= share);
        if self.correlation == Correlation::Raw {
            for i in 0..features {
                for j in 0..i {
                    let mean = 0.5 * (matrix[(i, j)] + matrix[(j, i)]);
                    (matrix[(i, j)], matrix[(j, i)]) = (mean, mean);
                }
            }
        }
        self.matrix = matrix;
    }

    /// The loss of C, which becomes G/P.
    fn contract(&mut self, anchors: usize) -> f64 {
        let (mut on, mut off) = (0.0, 0.0);
        let share = 2.0 / anchors as f64;
        for i in 0..self.matrix.rows() {
            for (j, c) in self.matrix.row_mut(i).iter_mut().enumerate() {
                let entry = f64::from(*c);
                if i == j {
                    on += (entry - 1.0).powi(2);
                    *c = (share * (entry - 1.0)) as f32;
                } else {
                    off += entry * entry;
                    *c = (share * self.redundancy_weight * entry) as f32;
                }
            }
        }
        on + self.redundancy_weight * off
    }

    /// Takes gradients with respect to standardised features back to the features.
    fn through_standardisation(&self, [anchor, positive]: [&mut Matrix; 2]) {
        if self.correlation == Correlation::Standardised {
            self.standardised[0].backward(anchor);
            self.standardised[1].backward(positive);
        }
    }
}

impl Objective for BarlowTwins {
    fn needs(&self) -> Needs {
        Needs { two_views: true, other_anchors: true, ..Needs::default() }
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        self.correlate(batch);
        let loss = self.contract(batch.anchor.rows());
        let [anchor, positive] = self.views(batch);
        let d_positive = zeros(&mut gradients.positive, batch.positive);
        times_transposed(&mut gradients.anchor, positive, &self.matrix);
        times(d_positive, anchor, &self.matrix);
        self.through_standardisation([&mut gradients.anchor, d_positive]);
        gradients.negatives = None;
        LossReading::of_loss(loss)
    }

    /// The term −2 C_ii of the loss.
    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let pull = -2.0 / batch.anchor.rows() as f32;
        let [mut positive, mut anchor] = self.views(batch).map(|view| view.map(|a| pull * a));
        self.through_standardisation([&mut anchor, &mut positive]);
        Some(Gradients { anchor, positive: Some(positive), ..Gradients::default() })
    }

    /// C is zero, so every feature misses its 1.
    fn at_rest(&self, problem: &Problem) -> f64 {
        problem.features as f64
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for BarlowTwins {}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::assert_definition;
    use super::*;

    /// C, straight from its formula.
    fn correlation(kind: Correlation, floor: f64, [a, b]: [&Matrix<f64>; 2]) -> Matrix<f64> {
        let count = a.rows() as f64;
        let standardised = |features: &Matrix<f64>| {
            Matrix::from_fn(features.rows(), features.cols(), |p, i| {
                let column = features.column(i);
                let mean = column.iter().sum::<f64>() / count;
                let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
                (features[(p, i)] - mean) / (variance + floor).sqrt()
            })
        };
        let mean = |a: &Matrix<f64>, b: &Matrix<f64>, i: usize, j: usize| {
            (0..a.rows()).map(|p| a[(p, i)] * b[(p, j)]).sum::<f64>() / count
        };
        let features = a.cols();
        match kind {
            Correlation::Standardised => {
                let (a, b) = (standardised(a), standardised(b));
                Matrix::from_fn(features, features, |i, j| mean(&a, &b, i, j))
            }
            Correlation::Raw => {
                Matrix::from_fn(features, features, |i, j| 0.5 * (mean(a, b, i, j) + mean(b, a, i, j)))
            }
        }
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for kind in [Correlation::Standardised, Correlation::Raw] {
            for (weight, floor) in [(5e-3, 1e-5), (1.0, 0.1), (0.0, 1e-3)] {
                let mut objective = BarlowTwins::new(kind, weight, floor).unwrap();
                compared += assert_definition(&mut objective, NegativeSet::Fresh, |live, _| {
                    let [a, b, _] = &live.branches;
                    let c = correlation(kind, floor, [a, b]);
                    let mut loss = 0.0;
                    for i in 0..c.rows() {
                        for j in 0..c.cols() {
                            let entry = c[(i, j)];
                            loss += if i == j { (entry - 1.0).powi(2) } else { weight * entry.powi(2) };
                        }
                    }
                    loss
                });
            }
        }
        assert_eq!(compared, 6 * 24);
    }

    /// The pull is the gradient of −2 Σ C_ii.
    #[test]
    fn what_pulls_is_the_diagonal() {
        for kind in [Correlation::Standardised, Correlation::Raw] {
            let mut objective = Pull(BarlowTwins::new(kind, 1.0, 0.1).unwrap());
            let compared = assert_definition(&mut objective, NegativeSet::Fresh, |live, _| {
                let [a, b, _] = &live.branches;
                let c = correlation(kind, 0.1, [a, b]);
                -2.0 * (0..c.rows()).map(|i| c[(i, i)]).sum::<f64>()
            });
            assert_eq!(compared, 24);
        }
    }

    /// The part of the loss that pulls, as an objective of its own.
    struct Pull(BarlowTwins);

    impl Objective for Pull {
        fn needs(&self) -> Needs {
            self.0.needs()
        }

        fn evaluate(&mut self, batch: &Batch<'_>, _: &[Matrix], gradients: &mut Gradients) -> LossReading {
            self.0.correlate(batch);
            let trace: f32 = (0..self.0.matrix.rows()).map(|i| self.0.matrix[(i, i)]).sum();
            *gradients = self.0.attraction(batch).unwrap();
            LossReading::of_loss(-2.0 * f64::from(trace))
        }

        fn at_rest(&self, _: &Problem) -> f64 {
            0.0
        }

        fn lowest(&self, _: usize) -> f64 {
            f64::NEG_INFINITY
        }
    }

    /// A feature that never fires stays where it is, however small the floor.
    #[test]
    fn silent_features_have_no_gradient() {
        let anchor = Matrix::from_fn(6, 3, |p, i| if i == 1 { 0.0 } else { ((p * 3 + i) as f32).sin() });
        let mut objective = BarlowTwins::new(Correlation::Standardised, 1.0, 1e-37).unwrap();
        let (empty, mut gradients) = (Matrix::default(), Gradients::default());
        let batch = Batch::of_views([&anchor, &anchor], &empty, NegativeSet::Fresh);
        let reading = objective.evaluate(&batch, &[], &mut gradients);
        assert!(reading.loss.is_finite());
        assert!((0..6).all(|p| gradients.anchor[(p, 1)] == 0.0 && gradients.anchor[(p, 0)].is_finite()));
    }
}

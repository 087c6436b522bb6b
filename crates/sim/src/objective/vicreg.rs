//! VICReg: views agree, every feature varies, and features do not repeat each other, without negatives:
//! L = λ s(Z, Z′) + μ (v(Z) + v(Z′)) + ν (c(Z) + c(Z′)), with
//!
//! ```text
//! s = (1/P) Σ_p ‖z_p − z′_p‖²                                  invariance
//! v = (1/K) Σ_j max(0, γ − √(Var_j + ε))                       variance
//! c = (1/K) Σ_{i≠j} Cov_ij²                                    covariance
//! ```
//!
//! where Cov = Z̄ᵀZ̄/(P − 1) of centred features Z̄, and Var_j = Cov_jj. Then
//! ∂s/∂Z = (2/P)(Z − Z′), ∂c/∂Z = 4/(K (P − 1)) Z̄ offdiag(Cov), and
//! ∂v/∂z_pj = −z̄_pj/(K (P − 1) √(Var_j + ε)) where the hinge is open. Gradients flow through both views.
//!
//! Source: Bardes, Ponce, LeCun, "VICReg" (ICLR 2022), eq. (1) to (6).

use super::gradients::zeros;
use super::standardised::column_means;
use super::{
    Batch, FastObjective, Gradients, LossReading, Needs, Objective, ObjectivePart, Problem, VIEWS, with_views,
};
use crate::math::linalg::{add_transposed_times, times};
use crate::math::{Matrix, ParameterError, require_non_negative, require_positive};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: ObjectivePart = ObjectivePart {
    kind: "vicreg",
    summary: "VICReg: invariance, variance and covariance of the features of two views, without negatives",
    settings: &[
        PartSetting::number(
            "invariance_weight",
            Range::NON_NEGATIVE,
            "25.0",
            "Weight of the squared distance between the two views (λ of VICReg).",
        ),
        PartSetting::number(
            "variance_weight",
            Range::NON_NEGATIVE,
            "25.0",
            "Weight of the hinge on the standard deviation of every feature (μ of VICReg).",
        ),
        PartSetting::number(
            "covariance_weight",
            Range::NON_NEGATIVE,
            "1.0",
            "Weight of the squared covariances between different features (ν of VICReg).",
        ),
        PartSetting::number(
            "deviation_target",
            Range::POSITIVE,
            "1.0",
            "Standard deviation of a feature from which on the hinge is closed (γ of VICReg).",
        ),
        PartSetting::number(
            "hinge_floor",
            Range::POSITIVE,
            "1e-4",
            "Added to the variance of a feature before its root is taken (ε of VICReg).",
        ),
        VIEWS,
    ],
    build: |given, ()| {
        let settings = VicRegSettings {
            invariance_weight: given.number("invariance_weight")?,
            variance_weight: given.number("variance_weight")?,
            covariance_weight: given.number("covariance_weight")?,
            deviation_target: given.number("deviation_target")?,
            hinge_floor: given.number("hinge_floor")?,
        };
        Ok(with_views(given, VicReg::new(settings)?))
    },
};

/// The weights and constants of VICReg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VicRegSettings {
    /// λ ≥ 0.
    pub invariance_weight: f64,
    /// μ ≥ 0.
    pub variance_weight: f64,
    /// ν ≥ 0.
    pub covariance_weight: f64,
    /// γ > 0.
    pub deviation_target: f64,
    /// ε > 0.
    pub hinge_floor: f64,
}

/// VICReg.
#[derive(Clone, Debug)]
pub struct VicReg {
    settings: VicRegSettings,
    /// Z̄ of one view, P × K.
    centred: Matrix,
    /// Cov of one view, then what Z̄ is multiplied by; K × K.
    covariance: Matrix,
}

impl VicReg {
    /// The loss with these weights and constants.
    pub fn new(settings: VicRegSettings) -> Result<Self, ParameterError> {
        require_non_negative("invariance_weight", settings.invariance_weight)?;
        require_non_negative("variance_weight", settings.variance_weight)?;
        require_non_negative("covariance_weight", settings.covariance_weight)?;
        require_positive("deviation_target", settings.deviation_target)?;
        require_positive("hinge_floor", settings.hinge_floor)?;
        Ok(Self { settings, centred: Matrix::default(), covariance: Matrix::default() })
    }

    /// μ v(Z) + ν c(Z) of one view, and its gradient.
    fn spread(&mut self, features: &Matrix, gradient: &mut Matrix) -> f64 {
        let (rows, count) = (features.rows(), features.cols());
        let means = column_means(features.iter_rows(), |_, z| z);
        self.centred.resize(rows, count);
        for (p, row) in features.iter_rows().enumerate() {
            for ((centred, &z), mean) in self.centred.row_mut(p).iter_mut().zip(row).zip(&means) {
                *centred = (f64::from(z) - mean) as f32;
            }
        }
        self.covariance.resize(count, count);
        self.covariance.as_mut_slice().fill(0.0);
        add_transposed_times(&mut self.covariance, &self.centred, &self.centred);
        let loss = self.weigh(rows);
        times(gradient, &self.centred, &self.covariance);
        loss
    }

    /// The loss of the products Z̄ᵀZ̄, which become what Z̄ is multiplied by.
    fn weigh(&mut self, rows: usize) -> f64 {
        let VicRegSettings { variance_weight, covariance_weight, deviation_target, hinge_floor, .. } =
            self.settings;
        let count = self.covariance.rows() as f64;
        let per_pair = 1.0 / (rows - 1) as f64;
        let (mut hinges, mut squares) = (0.0, 0.0);
        for i in 0..self.covariance.rows() {
            for (j, entry) in self.covariance.row_mut(i).iter_mut().enumerate() {
                let covariance = per_pair * f64::from(*entry);
                let factor = if i == j {
                    let deviation = (covariance + hinge_floor).sqrt();
                    let is_open = deviation < deviation_target;
                    // A NaN closes no hinge: it has to reach the loss.
                    hinges += if deviation >= deviation_target { 0.0 } else { deviation_target - deviation };
                    if is_open { -variance_weight / deviation } else { 0.0 }
                } else {
                    squares += covariance * covariance;
                    4.0 * covariance_weight * covariance
                };
                *entry = (factor * per_pair / count) as f32;
            }
        }
        (variance_weight * hinges + covariance_weight * squares) / count
    }

    /// (2λ/P)(z − z′), the gradient of the invariance at z.
    fn pull(&self, features: &Matrix, other: &Matrix) -> Matrix {
        let factor = 2.0 * self.settings.invariance_weight / features.rows() as f64;
        let difference = |p, i| f64::from(features[(p, i)]) - f64::from(other[(p, i)]);
        Matrix::from_fn(features.rows(), features.cols(), |p, i| (factor * difference(p, i)) as f32)
    }
}

impl Objective for VicReg {
    fn needs(&self) -> Needs {
        Needs { two_views: true, other_anchors: true, ..Needs::default() }
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let Batch { anchor, positive, .. } = *batch;
        let d_positive = zeros(&mut gradients.positive, positive);
        let spread = self.spread(anchor, &mut gradients.anchor) + self.spread(positive, d_positive);
        let share = self.settings.invariance_weight / anchor.rows() as f64;
        let mut distance = 0.0;
        let entries = gradients.anchor.as_mut_slice().iter_mut().zip(d_positive.as_mut_slice());
        for ((d_anchor, d_positive), (&a, &b)) in
            entries.zip(anchor.as_slice().iter().zip(positive.as_slice()))
        {
            let difference = f64::from(a) - f64::from(b);
            distance += difference * difference;
            let pull = (2.0 * share * difference) as f32;
            *d_anchor += pull;
            *d_positive -= pull;
        }
        gradients.negatives = None;
        LossReading::of_loss(share * distance + spread)
    }

    fn attraction(&self, batch: &Batch<'_>) -> Option<Gradients> {
        let anchor = self.pull(batch.anchor, batch.positive);
        let positive = anchor.map(|g| -g);
        Some(Gradients { anchor, positive: Some(positive), ..Gradients::default() })
    }

    /// Every hinge is open, in both views.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        let VicRegSettings { variance_weight, deviation_target, hinge_floor, .. } = self.settings;
        2.0 * variance_weight * (deviation_target - hinge_floor.sqrt()).max(0.0)
    }

    fn lowest(&self, _features: usize) -> f64 {
        0.0
    }

    fn fast(&mut self) -> Option<&mut dyn FastObjective> {
        Some(self)
    }
}

impl FastObjective for VicReg {}

#[cfg(test)]
mod tests {
    use super::super::NegativeSet;
    use super::super::tests::assert_definition;
    use super::*;

    /// μ v(Z) + ν c(Z), straight from the formulas.
    fn spread(settings: VicRegSettings, z: &Matrix<f64>) -> f64 {
        let (rows, count) = (z.rows() as f64, z.cols());
        let mean = |i| z.column(i).iter().sum::<f64>() / rows;
        let covariance = |i: usize, j: usize| {
            let pairs = z.column(i).into_iter().zip(z.column(j));
            pairs.map(|(a, b)| (a - mean(i)) * (b - mean(j))).sum::<f64>() / (rows - 1.0)
        };
        let mut sum = 0.0;
        for i in 0..count {
            for j in 0..count {
                sum += if i == j {
                    let deviation = (covariance(i, i) + settings.hinge_floor).sqrt();
                    settings.variance_weight * (settings.deviation_target - deviation).max(0.0)
                } else {
                    settings.covariance_weight * covariance(i, j).powi(2)
                };
            }
        }
        sum / count as f64
    }

    fn invariance(settings: VicRegSettings, a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
        let squares = a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).powi(2));
        settings.invariance_weight * squares.sum::<f64>() / a.rows() as f64
    }

    fn cases() -> [VicRegSettings; 4] {
        let base = VicRegSettings {
            invariance_weight: 1.5,
            variance_weight: 2.0,
            covariance_weight: 0.7,
            // Above all, between, and below all standard deviations of the points that tests take.
            deviation_target: 3.0,
            hinge_floor: 1e-4,
        };
        [
            base,
            VicRegSettings { deviation_target: 0.7, ..base },
            VicRegSettings { deviation_target: 1e-3, ..base },
            VicRegSettings { invariance_weight: 0.0, covariance_weight: 0.0, ..base },
        ]
    }

    #[test]
    fn value_and_gradients_are_those_of_the_definition() {
        let mut compared = 0;
        for settings in cases() {
            let mut objective = VicReg::new(settings).unwrap();
            compared += assert_definition(&mut objective, NegativeSet::Fresh, |live, _| {
                let [a, b, _] = &live.branches;
                invariance(settings, a, b) + spread(settings, a) + spread(settings, b)
            });
        }
        assert_eq!(compared, 4 * 24);
    }

    /// Of the gradients with and without invariance, the difference is what pulls.
    #[test]
    fn what_pulls_is_the_invariance() {
        let with = cases()[0];
        let features = |phase: f64| Matrix::from_fn(5, 3, |p, i| ((p * 3 + i) as f64 + phase).sin() as f32);
        let (anchor, positive, empty) = (features(0.3), features(2.0), Matrix::default());
        let batch = Batch::of_views([&anchor, &positive], &empty, NegativeSet::Fresh);
        let gradients = |settings| {
            let (mut objective, mut gradients) = (VicReg::new(settings).unwrap(), Gradients::default());
            objective.evaluate(&batch, &[], &mut gradients);
            (gradients, objective.attraction(&batch).unwrap())
        };
        let (all, pull) = gradients(with);
        let (rest, none) = gradients(VicRegSettings { invariance_weight: 0.0, ..with });
        let mut compared = 0;
        for ((all, rest), (pull, none)) in
            [(&all.anchor, &rest.anchor), (&all.positive.unwrap(), &rest.positive.unwrap())]
                .into_iter()
                .zip([(&pull.anchor, &none.anchor), (&pull.positive.unwrap(), &none.positive.unwrap())])
        {
            assert!(none.as_slice().iter().all(|&g| g == 0.0));
            for ((all, rest), pull) in all.as_slice().iter().zip(rest.as_slice()).zip(pull.as_slice()) {
                assert!((all - rest - pull).abs() < 1e-6, "{all} − {rest} is not {pull}");
                compared += usize::from(pull.abs() > 1e-3);
            }
        }
        assert!(compared > 20, "{compared}");
    }
}

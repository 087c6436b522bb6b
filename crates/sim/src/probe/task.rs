//! The two downstream tasks: labels that are linear in the latent code.
//!
//! ```text
//! y = ⟨w*, z⟩ (regression),   y = sign ⟨w*, z⟩ (classification),   |w*_j| = Θ(1) for every j
//! ```
//!
//! Here w*_j is a random sign times a magnitude uniform on [1 − s, 1 + s], s the spread; s = 0, plain signs, is the
//! default. A larger spread makes classification harder: two active atoms of opposite weight nearly cancel. A sample with
//! ⟨w*, z⟩ = 0 (z = 0, or active atoms that cancel exactly, which only plain signs do) carries no class: it is left out
//! when a classifier is fitted and when it is scored, and the fraction left out is reported. Regression keeps such
//! samples, with y = 0.
//!
//! Source: Definition 3.1.

use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};
use serde::{Deserialize, Serialize};

/// What is to be predicted from the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DownstreamTask {
    /// y = ⟨w*, z⟩, fitted by ridge regression, scored by R² = 1 − E(y − ŷ)² / E y².
    Regression,
    /// y = sign ⟨w*, z⟩, fitted by logistic regression, scored by accuracy.
    Classification,
}

impl DownstreamTask {
    /// Both tasks.
    pub const ALL: [Self; 2] = [Self::Regression, Self::Classification];

    /// The label of a sample with the given ⟨w*, z⟩. A class is −1 or +1; 0 says that the sample has none.
    pub fn label(self, response: f64) -> f64 {
        match self {
            Self::Regression => response,
            Self::Classification if response == 0.0 => 0.0,
            Self::Classification => response.signum(),
        }
    }
}

impl std::fmt::Display for DownstreamTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Regression => "regression",
            Self::Classification => "classification",
        })
    }
}

/// The target vectors w* of tasks 0..targets: a pure function of seed, task number and spread s in [0, 1).
///
/// # Shapes
/// The answer is targets × `latent_dim`; every magnitude lies in [1 − s, 1 + s].
pub fn target_vectors(seed: u64, targets: usize, spread: f64, latent_dim: usize) -> Matrix<f64> {
    let mut vectors = Matrix::zeros(targets, latent_dim);
    for target in 0..targets {
        let stream = Stream::new(seed, Purpose::TASKS, target as u32);
        let mut reader = stream.reader(Part::Dense, 0);
        for entry in vectors.row_mut(target) {
            let sign = f64::from(reader.sign());
            *entry = sign * (1.0 + spread * (2.0 * reader.uniform() - 1.0));
        }
    }
    vectors
}

/// ⟨w*, z⟩ of every sample under every target.
///
/// # Shapes
/// `targets`: T × d, `latent`: n × d; the answer is T × n.
///
/// # Panics
/// If d differs.
pub fn responses(targets: &Matrix<f64>, latent: &Matrix<f32>) -> Matrix<f64> {
    assert_eq!(targets.cols(), latent.cols(), "a target has one entry per latent coordinate");
    let response = |target: &[f64], z: &[f32]| target.iter().zip(z).map(|(w, &z)| w * f64::from(z)).sum();
    Matrix::from_fn(targets.rows(), latent.rows(), |t, i| response(targets.row(t), latent.row(i)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_the_stated_law_and_depend_on_seed_and_number_only() {
        let (tasks, latent_dim) = (3, 5000);
        let targets = target_vectors(11, tasks, 0.5, latent_dim);
        let entries = targets.as_slice();
        assert!(entries.iter().all(|w| (0.5..=1.5).contains(&w.abs())));
        // Mean 0 and E w² = 1 + 1/12, within 4 standard errors: Var w = 13/12, Var w² = E w⁴ − (E w²)² = 0.3389.
        let n = entries.len() as f64;
        let mean = entries.iter().sum::<f64>() / n;
        let square = entries.iter().map(|w| w * w).sum::<f64>() / n;
        assert!(mean.abs() < 4.0 * (13.0 / 12.0 / n).sqrt(), "{mean}");
        assert!((square - 13.0 / 12.0).abs() < 4.0 * (0.3389 / n).sqrt(), "{square}");

        assert_eq!(target_vectors(11, 1, 0.5, latent_dim).row(0), targets.row(0));
        assert_ne!(targets.row(0), targets.row(1));
        let signs = target_vectors(11, tasks, 0.0, latent_dim);
        assert!(signs.as_slice().iter().zip(entries).all(|(sign, w)| *sign == w.signum()));
        assert_ne!(target_vectors(12, 1, 0.5, latent_dim).row(0), targets.row(0));
    }

    #[test]
    fn a_sample_without_active_atom_has_response_and_label_zero() {
        let targets = Matrix::from_vec(2, 3, vec![1.0, -0.5, 1.5, -1.25, 1.0, 0.75]);
        let latent = Matrix::from_vec(2, 3, vec![0.0, 0.0, -0.0, 1.0, 0.0, -1.0]);
        let y = responses(&targets, &latent);
        assert_eq!(y.as_slice(), [0.0, -0.5, 0.0, -2.0]);
        let classes: Vec<f64> =
            y.as_slice().iter().map(|&y| DownstreamTask::Classification.label(y)).collect();
        assert_eq!(classes, [0.0, -1.0, 0.0, -1.0]);
        assert_eq!(DownstreamTask::Regression.label(-2.0), -2.0);
    }
}

//! What any linear rule on x can reach on the tasks y = ⟨w*, z⟩ and y = sign⟨w*, z⟩, even when M is known, in
//! noise of the same variance in every direction.
//!
//! Mᵀx = z + Mᵀξ, so the best linear estimate of ⟨w*, z⟩ is a multiple of ⟨w*, z⟩ + σ‖w*‖·g with g ~ N(0, 1):
//! relative error σ²/(p+σ²), and the right sign with probability E Φ(|⟨w*, z⟩|/(σ‖w*‖)) where y ≠ 0.
//!
//! Source: docs/theory.md (2.5a), (2.5b) (paper: Definition 3.1 and the comparison below it; Corollaries 3.3
//! and 3.5).

use crate::data::Population;
use crate::math::special::{binomial_pmf, normal_cdf};

/// min E(y − ŷ)²/E y² over linear ŷ on x for y = ⟨w*, z⟩: σ²/(p+σ²), in [0, 1).
pub fn linear_relative_error(population: &Population) -> f64 {
    population.noise_variance / (population.activity + population.noise_variance)
}

/// R² of the best linear rule on x: 1 − [`linear_relative_error`] = p/(p+σ²).
pub fn linear_r_squared(population: &Population) -> f64 {
    1.0 - linear_relative_error(population)
}

/// Pr(z = 0) = (1−p)^d: samples without any feature.
pub fn empty_probability(population: &Population) -> f64 {
    (1.0 - population.activity).powf(population.latent_dim as f64)
}

/// What sign⟨w*, Mᵀx⟩ reaches on y = sign⟨w*, z⟩.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignTask {
    /// Pr(ŷ = y | y ≠ 0), in [½, 1].
    pub accuracy: f64,
    /// Pr(y = 0): z = 0, and ties.
    pub undecided: f64,
}

impl SignTask {
    /// Accuracy over all samples if an undecided one counts as right half of the time.
    pub fn accuracy_with_even_ties(&self) -> f64 {
        self.accuracy * (1.0 - self.undecided) + 0.5 * self.undecided
    }
}

/// Grid cells between 0 and max|w*_j|. Rounding moves ⟨w*, z⟩ by less than its square root of active atoms in half
/// cells, hence the accuracy by well under 1e-3; equal weights are exact.
const CELLS: f64 = 1024.0;
/// Probability of more active atoms than the grid has room for.
const TRUNCATED: f64 = 1e-13;

/// The oracle linear rule on the sign task, from the law of ⟨w*, z⟩ (d convolutions with
/// p/2, 1−p, p/2 on a grid): E Φ(|⟨w*, z⟩|/(σ‖w*‖)) given ⟨w*, z⟩ ≠ 0.
///
/// `target` is w*, not zero, of length d. Ties are exact for weights of equal size; else sums closer to 0 than the
/// grid resolves (about max|w*_j|/1000) count as ties.
pub fn linear_sign_task(population: &Population, target: &[f64]) -> SignTask {
    let cell = target.iter().fold(0.0f64, |largest, w| largest.max(w.abs())) / CELLS;
    let law = law_of_sum(population, target, cell);
    let spread = population.noise_variance.sqrt() * target.iter().map(|w| w * w).sum::<f64>().sqrt();
    let centre = law.len() / 2;
    let undecided = law[centre];
    let decided: f64 = law[centre + 1..].iter().sum();
    let right: f64 = (1..)
        .zip(&law[centre + 1..])
        .map(|(index, probability)| probability * normal_cdf(f64::from(index) * cell / spread))
        .sum();
    SignTask { accuracy: right / decided, undecided }
}

/// Probabilities of ⟨w*, z⟩ = cell·(index − centre), the centre in the middle.
fn law_of_sum(population: &Population, target: &[f64], cell: f64) -> Vec<f64> {
    let reach = most_active(population, target.len()) * CELLS as usize;
    let mut law = vec![0.0; 2 * reach + 1];
    law[reach] = 1.0;
    let side = 0.5 * population.activity;
    for w in target {
        let shift = (w.abs() / cell).round() as usize;
        let mut next: Vec<_> = law.iter().map(|q| (1.0 - 2.0 * side) * q).collect();
        next[shift..].iter_mut().zip(&law).for_each(|(n, q)| *n += side * q);
        next.iter_mut().zip(&law[shift..]).for_each(|(n, q)| *n += side * q);
        law = next;
    }
    law
}

/// The number of active atoms that is exceeded with probability below [`TRUNCATED`].
fn most_active(population: &Population, atoms: usize) -> usize {
    let mut tail = 0.0;
    let pmf = binomial_pmf(atoms, population.activity);
    let beyond = pmf.iter().rev().take_while(|probability| {
        tail += **probability;
        tail < TRUNCATED
    });
    (atoms - beyond.count().min(atoms)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Part, Purpose, Stream};
    use crate::probe::oracle::{RunningMean, inner, latent};

    const POPULATION: Population =
        Population { ambient_dim: 100, latent_dim: 8, activity: 0.2, noise_variance: 0.05 };

    /// Least squares of ⟨w*, z⟩ on ⟨w*, z⟩ + σ‖w*‖g over 200 000 samples: residual share at 4 standard errors (of a
    /// product of moments, bounded by the sum of their own).
    #[test]
    fn relative_error_agrees_with_monte_carlo() {
        let target = [1.0, -0.5, 0.8, 1.2, -1.0, 0.6, 0.9, -1.1];
        let gain = 1.0 - linear_relative_error(&POPULATION);
        let norm = inner(&target, &target);
        let error = RunningMean::of(samples(&target, 100_000).map(|(y, seen)| {
            (y - gain * seen).powi(2) / (POPULATION.activity * norm) // E y² = p‖w*‖²
        }));
        error.assert_near(linear_relative_error(&POPULATION), 4.0, 0.0, "relative error");
        assert!((linear_r_squared(&POPULATION) - 0.8).abs() < 1e-15);
    }

    /// (⟨w*, z⟩, ⟨w*, Mᵀx⟩) of fresh samples.
    fn samples(target: &[f64], count: u32) -> impl Iterator<Item = (f64, f64)> {
        let stream = Stream::new(17, Purpose::MONTE_CARLO, 0);
        let spread = (POPULATION.noise_variance * inner(target, target)).sqrt();
        (0..count).map(move |row| {
            let y = inner(target, &latent(&POPULATION, &stream, row));
            (y, y + spread * stream.reader(Part::Dense, row).normal())
        })
    }

    /// Weights off the grid and equal weights (many ties), at 4 standard errors plus the grid's 1e-3 for the former.
    #[test]
    fn sign_task_agrees_with_monte_carlo() {
        let uneven = [1.0, -0.53, 0.81, 1.27, -1.03, 0.67, 0.9, -1.1];
        for (target, grid) in [(uneven, 1e-3), ([1.0; 8], 0.0)] {
            let task = linear_sign_task(&POPULATION, &target);
            let (mut right, mut undecided) = (RunningMean::default(), RunningMean::default());
            for (y, seen) in samples(&target, 100_000) {
                undecided.push(f64::from(y.abs() < 1e-9));
                if y.abs() >= 1e-9 {
                    right.push(f64::from(y * seen > 0.0));
                }
            }
            right.assert_near(task.accuracy, 4.0, grid, "accuracy");
            undecided.assert_near(task.undecided, 4.0, grid, "ties");
            let expected = task.accuracy * (1.0 - task.undecided) + task.undecided / 2.0;
            assert!((task.accuracy_with_even_ties() - expected).abs() < 1e-15);
        }
    }

    /// Equal weights by hand: ⟨w*, z⟩ = 2·Bin(k, ½) − k with k ~ Bin(d, p).
    #[test]
    fn equal_weights_agree_with_enumeration() {
        let spread = (POPULATION.noise_variance * 8.0).sqrt();
        let (mut right, mut tie) = (0.0, 0.0);
        for (k, active) in binomial_pmf(8, POPULATION.activity).into_iter().enumerate() {
            for (up, share) in binomial_pmf(k, 0.5).into_iter().enumerate() {
                let sum = 2.0 * up as f64 - k as f64;
                if sum == 0.0 {
                    tie += active * share;
                } else {
                    right += active * share * normal_cdf(sum.abs() / spread);
                }
            }
        }
        let task = linear_sign_task(&POPULATION, &[1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0]);
        assert!((task.undecided - tie).abs() < 1e-12);
        assert!((task.accuracy - right / (1.0 - tie)).abs() < 1e-12);
        assert!(empty_probability(&POPULATION) < tie);
        assert!((empty_probability(&POPULATION) - 0.8f64.powi(8)).abs() < 1e-15);
    }
}

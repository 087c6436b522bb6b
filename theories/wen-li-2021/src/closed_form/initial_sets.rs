//! Who starts lucky: how many Gaussian neurons have how much of their sparse energy on one atom.
//!
//! ⟨w, M_j⟩²/‖M Mᵀ w‖² ~ Beta(½, (d−1)/2), hence E|{i: ⟨w_i, M_j⟩² ≥ c (ln d/d)‖M Mᵀ w_i‖²}| = m·Pr(Beta ≥ c ln d/d).
//!
//! Source: theory.md 5.3 (paper: Definition B.1, Lemma B.2c, B.2d).

use super::falling_root;
use featurescope_sim::data::Population;
use featurescope_sim::math::special::{beta_tail, normal_tail};

/// The constants of Definition B.1: c1 = 2 + 2(1−γ)c0 and c2 = γ c0, where the width is m = d^{1+c0}.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// c0 > 0.
    pub width_exponent: f64,
    /// γ in (0, 1), about 0.01.
    pub separation: f64,
}

impl Thresholds {
    /// c1 = 2 + 2(1−γ)c0.
    pub fn centre(&self) -> f64 {
        2.0 + 2.0 * (1.0 - self.separation) * self.width_exponent
    }

    /// c1 + c2: a neuron is lucky for M_j (in M_j*) if ⟨w, M_j⟩² reaches this times (ln d/d)‖M Mᵀ w‖² and stays below
    /// [`Self::potential`] on every other atom.
    pub fn lucky(&self) -> f64 {
        self.centre() + self.separation * self.width_exponent
    }

    /// c1 − c2: a neuron is potential for M_j (in M_j) from here on.
    pub fn potential(&self) -> f64 {
        self.centre() - self.separation * self.width_exponent
    }

    /// The K of the T1 rule for which the reset bias √(2 ln d/d)‖w‖ lies midway between both thresholds (2/φ = c1):
    /// (1 − d/d1)(1 + (1−γ)c0)/((1−γ)c0), about 1/c0. Source: theory.md 3.
    pub fn norm_multiple(&self, population: &Population) -> f64 {
        let excess = 0.5 * self.centre() - 1.0;
        (1.0 - population.dimension_ratio()) * (1.0 + excess) / excess
    }
}

/// Pr(⟨w, M_j⟩² ≥ c (ln d/d)‖M Mᵀ w‖²) for a Gaussian neuron and one atom; `latent_dim` ≥ 2, `threshold` c ≥ 0.
pub fn pass_probability(latent_dim: usize, threshold: f64) -> f64 {
    let d = latent_dim as f64;
    beta_tail(0.5, 0.5 * (d - 1.0), threshold * d.ln() / d)
}

/// Mean number of neurons that pass `threshold` for one atom at initialisation: E|M_j| at
/// [`Thresholds::potential`] (Lemma B.2c, exact). `width` is m.
pub fn mean_passing(width: usize, latent_dim: usize, threshold: f64) -> f64 {
    width as f64 * pass_probability(latent_dim, threshold)
}

/// Probability that at least one of `width` neurons passes `threshold` for a given atom (theory.md 8.2).
pub fn any_passing_probability(width: usize, latent_dim: usize, threshold: f64) -> f64 {
    let none = (width as f64 * (-pass_probability(latent_dim, threshold)).ln_1p()).exp();
    1.0 - none
}

/// The threshold c that `mean` neurons pass for each atom on average, 0 < `mean` ≤ m (theory.md 8.2).
pub fn threshold_for_mean(width: usize, latent_dim: usize, mean: f64) -> f64 {
    let d = latent_dim as f64;
    falling_root(0.0, d / d.ln(), |c| mean_passing(width, latent_dim, c) - mean)
}

/// Mean number of atoms on which a neuron starts with |⟨w, M_j⟩| ≤ σ₀/d: E|Λ_i| = d(2Φ(1/d) − 1) ≈ 0.8 (Lemma B.2d).
pub fn mean_vanishing_atoms(latent_dim: usize) -> f64 {
    let d = latent_dim as f64;
    d * (1.0 - 2.0 * normal_tail(1.0 / d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::oracle::{RunningMean, inner, normal_vector};

    /// Counts of passing and of vanishing coefficients of 200 000 Gaussian neurons (coefficients on atoms are the
    /// neuron's first coordinates), at 4 standard errors.
    #[test]
    fn counts_agree_with_gaussian_neurons() {
        let d = 12;
        for threshold in [0.5, 1.5] {
            let passing = RunningMean::of((0..100_000).map(|row| {
                let w = normal_vector(d, 21, row);
                f64::from(w[0] * w[0] >= threshold * (12.0f64.ln() / 12.0) * inner(&w, &w))
            }));
            passing.assert_near(pass_probability(d, threshold), 4.0, 0.0, "passing");
        }
        let vanishing = RunningMean::of((0..100_000).map(|row| {
            let w = normal_vector(d, 22, row);
            w.iter().filter(|v| v.abs() <= 1.0 / 12.0).count() as f64
        }));
        vanishing.assert_near(mean_vanishing_atoms(d), 4.0, 0.0, "vanishing");
    }

    /// Whether some of 30 neurons pass, over 3000 draws of all of them, at 4 standard errors.
    #[test]
    fn any_passing_agrees_with_gaussian_neurons() {
        let any = RunningMean::of((0..3000).map(|trial| {
            f64::from((0..30).any(|neuron| {
                let w = normal_vector(10, 23, trial * 30 + neuron);
                w[0] * w[0] >= 1.8 * (10.0f64.ln() / 10.0) * inner(&w, &w)
            }))
        }));
        any.assert_near(any_passing_probability(30, 10, 1.8), 4.0, 0.0, "any");
    }

    /// theory.md 8.2: 0.20 per atom at the paper's threshold for c0 = .01, and the thresholds that three
    /// neurons per atom pass, to the digits printed there.
    #[test]
    fn table_of_initial_sets() {
        let paper = Thresholds { width_exponent: 0.01, separation: 0.01 };
        for d in [20, 50, 100, 200] {
            let width = f64::from(d).powf(1.01);
            let mean = width * pass_probability(d as usize, paper.potential());
            assert!((mean - 0.20).abs() < 0.006, "d = {d}: {mean}");
        }
        let rows = [
            (20, [(21, 0.73), (40, 1.05), (100, 1.50)]),
            (50, [(52, 0.91), (100, 1.18), (250, 1.56)]),
            (100, [(105, 1.03), (200, 1.27), (1000, 1.86)]),
            (200, [(211, 1.13), (1000, 1.64), (2828, 1.98)]),
        ];
        for (d, columns) in rows {
            for (width, expected) in columns {
                let threshold = threshold_for_mean(width, d, 3.0);
                assert!((threshold - expected).abs() < 0.0051, "d = {d}, m = {width}: {threshold}");
                assert!((mean_passing(width, d, threshold) - 3.0).abs() < 1e-6);
            }
        }
        assert!((mean_vanishing_atoms(1000) - 0.798).abs() < 0.001);
    }

    /// w_j²/‖w‖² ≥ t²/(t² + d − 1) is |Student t with d − 1 degrees| ≥ t; its tabulated 98.5 % point at 19 degrees
    /// is 2.3457.
    #[test]
    fn threshold_is_a_student_quantile() {
        let square = 2.3457f64.powi(2);
        let expected = square / (square + 19.0) * 20.0 / 20f64.ln();
        assert!((threshold_for_mean(100, 20, 3.0) - expected).abs() < 1e-3);
    }

    #[test]
    fn the_reset_bias_lies_midway() {
        let thresholds = Thresholds { width_exponent: 0.01, separation: 0.01 };
        assert!(
            (thresholds.lucky() - 2.0199).abs() < 1e-12 && (thresholds.potential() - 2.0197).abs() < 1e-12
        );
        let population = Population::at_paper_orders(1000, 50, 1.0, 1.0);
        let multiple = thresholds.norm_multiple(&population);
        let fraction = crate::closed_form::rates::sparse_fraction_at_norm_multiple(&population, multiple);
        assert!((2.0 / fraction - thresholds.centre()).abs() < 1e-12);
        assert!((multiple - 0.95 * 102.0).abs() < 0.1, "about 1/c0: {multiple}");
    }
}

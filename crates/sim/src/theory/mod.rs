//! Closed forms only: what the paper and its finite-size corrections predict, for populations given by four numbers.
//!
//! | file | what it predicts | docs/theory.md |
//! |---|---|---|
//! | [`rates`] | stage I: growth of sparse and dense directions, the time T1, the noise floor | 4.3 |
//! | [`gate`] | forces through a raised threshold, firing rates, the bias race of stage II | 4.4, 4.5 |
//! | [`feed`] | how fast noise alone still grows through a raised threshold | 4.7 |
//! | `log_of_sum` | means of ln(1 + S) over independent negatives, without Jensen's inequality | 4.6 |
//! | [`plateau`] | the converged scale, its loss and the loss floor, noise cosines of linear maps | 4.6 |
//! | [`initial_sets`] | how many neurons start lucky or potential for an atom | 5.3 |
//! | [`code_noise`] | what noise of any covariance leaves a linear rule on x to know of z | 2.5 |
//! | [`downstream`] | what any linear rule on x can reach on the tasks of Definition 3.1 | 2.5 |
//!
//! Source: docs/theory.md; every function names its section there or the paper's lemma.

pub mod rates;
pub mod gate;
pub mod feed;
mod log_of_sum;
pub mod plateau;
pub mod initial_sets;
pub mod code_noise;
pub mod downstream;

#[cfg(test)]
mod oracle;

/// The sparse coding population x = M z + ξ of Definition 2.1, as far as closed forms need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population {
    /// d1: dimension of x; at least `latent_dim`.
    pub ambient_dim: usize,
    /// d: number of atoms (columns of M), at least 2.
    pub latent_dim: usize,
    /// p = Pr(z_j ≠ 0), in (0, 1].
    pub activity: f64,
    /// σ²: variance of each coordinate of ξ, not negative.
    pub noise_variance: f64,
}

impl Population {
    /// The paper's orders with explicit constants: p = C_z·ln ln d/d and σ² = C_σ·√(ln d)/d (Definition 2.1).
    ///
    /// `latent_dim` must be at least 3 for p to be positive (16 for ln ln d > 1).
    pub fn at_paper_orders(
        ambient_dim: usize,
        latent_dim: usize,
        activity_constant: f64,
        noise_constant: f64,
    ) -> Self {
        let d = latent_dim as f64;
        Self {
            ambient_dim,
            latent_dim,
            activity: activity_constant * d.ln().ln() / d,
            noise_variance: noise_constant * d.ln().sqrt() / d,
        }
    }

    /// d/d1, the share of a random direction's energy that lies in span(M); in (0, 1].
    pub fn dimension_ratio(&self) -> f64 {
        self.latent_dim as f64 / self.ambient_dim as f64
    }

    /// p/σ²: signal over noise along an atom (docs/theory.md 8.1). Infinite without noise.
    pub fn signal_to_noise(&self) -> f64 {
        self.activity / self.noise_variance
    }
}

/// The point of [low, high] where `f`, not negative at `low` and not positive at `high`, changes sign.
///
/// Bisection to the last bit of the interval; 200 halvings exhaust every pair of doubles met here.
fn falling_root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/theory.md 8.1: p/σ² and the noise-to-signal ratio of a linear rule, to the table's two decimals.
    #[test]
    fn ratios_that_do_not_move_with_d() {
        let rows = [
            (20, 0.63, 1.26),
            (50, 0.69, 1.20),
            (100, 0.71, 1.19),
            (200, 0.72, 1.18),
            (1_000, 0.74, 1.17),
            (10_000, 0.73, 1.17),
            (1_000_000_000, 0.67, 1.23),
        ];
        for (d, ratio, noise_over_signal) in rows {
            let population = Population::at_paper_orders(d, d, 1.0, 1.0);
            assert!((population.signal_to_noise() - ratio).abs() < 0.0051, "p/σ² at d = {d}");
            assert!(
                (population.signal_to_noise().powf(-0.5) - noise_over_signal).abs() < 0.0051,
                "at d = {d}"
            );
        }
    }

    #[test]
    fn falling_root_of_a_cubic() {
        assert!((falling_root(0.0, 3.0, |x| 8.0 - x * x * x) - 2.0).abs() < 1e-14);
    }
}

//! Data as closed forms see them: four numbers, and what follows from these alone.
//!
//! Source: Definition 2.1; docs/theory.md 4.6 and 8.1.

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

/// cos(f(x), f(ξ)) of a linear map, about 1/√(1 + φ p/σ²) with φ = ‖WM‖²/‖W‖² its `sparse_fraction`
/// (Theorem 3.2 ii; docs/theory.md (4.6f)). `signal_to_noise` is p/σ². Raw x has φ = d/d1.
pub fn linear_noise_cosine(sparse_fraction: f64, signal_to_noise: f64) -> f64 {
    1.0 / (1.0 + sparse_fraction * signal_to_noise).sqrt()
}

/// cos(f(x), f(Mz)) of a linear map, about 1/√(1 + σ²/(φ p)): its square and that of [`linear_noise_cosine`] add to
/// 1.
pub fn linear_signal_cosine(sparse_fraction: f64, signal_to_noise: f64) -> f64 {
    let ratio = sparse_fraction * signal_to_noise;
    (ratio / (1.0 + ratio)).sqrt()
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
}

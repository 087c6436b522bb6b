//! What a mixture that all neurons share does to the gradient, how large it is, and what a linear classifier withstands.
//!
//! Codes have k̄ active entries ±1 of d on average, p = k̄/d, and labels y = sign⟨w*, z⟩. ρ is the norm of the mixture of
//! a neuron over that of its own atom.
//!
//! Source: theory.md 3 to 5.

use featurescope_sim::math::special::normal_tail;
use std::f64::consts::FRAC_2_PI;

/// E|w*_j| of entries whose magnitudes are uniform on [0.5, 1.5].
pub const MEAN_TARGET: f64 = 1.0;
/// E w*_j² of the same.
pub const TARGET_SQUARE: f64 = 13.0 / 12.0;

/// Iterates of (4.2c): their differences shrink by a factor of less than a half each.
const ITERATIONS: usize = 100;

/// What is active in samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Codes {
    /// d ≥ 2.
    pub latent_dim: f64,
    /// p = Pr(z_j ≠ 0), in (0, 1].
    pub activity: f64,
}

impl Codes {
    /// k̄.
    pub fn active(self) -> f64 {
        self.latent_dim * self.activity
    }

    /// E k²/E k of independent atoms: active atoms of a sample, as an active atom sees them.
    pub fn active_seen_by_an_atom(self) -> f64 {
        self.active() + 1.0 - self.activity
    }

    /// G, the root mean square of the norm of ∂g/∂x over that of its part on the open neurons' own atoms (3.1c).
    ///
    /// # Ranges
    /// `mixture`: ρ ≥ 0.
    pub fn gradient_gain(self, mixture: f64) -> f64 {
        let alignment = MEAN_TARGET / (TARGET_SQUARE * self.latent_dim).sqrt();
        (1.0 + self.active_seen_by_an_atom() * (2.0 * mixture * alignment + mixture * mixture)).sqrt()
    }

    /// ρ of a network that is trained with equal weights of samples against changes of norm `radius` along the
    /// gradient: the least solution of (4.2c); k̄/√d without them.
    ///
    /// # Ranges
    /// `radius`: from 0 on; from √(2/π) on there is no mixture, and the answer is 0.
    pub fn mixture(self, radius: f64) -> f64 {
        let clean = self.active() / self.latent_dim.sqrt();
        let next = |mixture: f64| {
            let step = radius / self.gradient_gain(mixture);
            let pull = (FRAC_2_PI.sqrt() - step).max(0.0);
            if pull == 0.0 { 0.0 } else { clean * pull / (pull + step * self.active()) }
        };
        // The right side grows with ρ, so that iterates from below rise to the least solution.
        (0..ITERATIONS).fold(0.0, |mixture, _| next(mixture))
    }

    /// The share of samples whose label the linear classifier ⟨M w*, x⟩ tells after the worst change of norm `radius`,
    /// in noise of variance `noise` (5b).
    pub fn linear_robust_accuracy(self, radius: f64, noise: f64) -> f64 {
        2.0 * normal_tail(radius / (self.activity + noise).sqrt())
    }
}

/// The share of its energy that a neuron has in a mixture of relative norm ρ.
pub fn share(mixture: f64) -> f64 {
    mixture * mixture / (1.0 + mixture * mixture)
}

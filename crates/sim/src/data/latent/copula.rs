//! Atoms whose activities are correlated, all pairs alike: a Gaussian copula.
//!
//! Atom j is active where g_j > t, with g_j = √ρ g_0 + √(1 − ρ) e_j, all g and e standard normal and independent, and
//! 1 − Φ(t) = p. ρ is the correlation of g_i and g_j. It is not that of the activities, which is smaller:
//!
//! ```text
//! Pr(z_i ≠ 0, z_j ≠ 0) = ∫ φ(g) (1 − Φ((t − √ρ g)/√(1 − ρ)))² dg
//! ```
//!
//! Signs are fair and independent, so E z_i z_j = 0.
//!
//! Source: Nelsen, "An Introduction to Copulas" (2006); the one-factor form is Vašíček's.

use super::independent::{ACTIVITY, ACTIVITY_CONSTANT, activity_of};
use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::random::Part;
use crate::math::special::normal_tail_quantile;
use crate::math::{ParameterError, Stream, require, require_drawn};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "copula",
    summary: "atoms whose activities are correlated, every pair alike (a Gaussian copula)",
    settings: &[
        ACTIVITY,
        ACTIVITY_CONSTANT,
        PartSetting::number(
            "correlation",
            Range::BELOW_ONE,
            "0.3",
            "Correlation of the Gaussian numbers that decide which atoms are active; that of the activities is \
             smaller. 0: independent atoms.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let law = Copula::new(activity_of(given, sizes)?, given.number("correlation")?)?;
        with_values(Arc::new(law), given)
    },
};

/// Equally correlated atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copula {
    activity: f64,
    correlation: f64,
    /// t.
    threshold: f64,
}

impl Copula {
    /// Atoms of this activity p whose Gaussian numbers have this correlation ρ in [0, 1).
    ///
    /// # Errors
    /// If one of them is out of range.
    pub fn new(activity: f64, correlation: f64) -> Result<Self, ParameterError> {
        require_drawn("activity", activity)?;
        let holds = (0.0..1.0).contains(&correlation);
        require(holds, "data.latent.correlation", correlation, "a number in [0, 1)")?;
        Ok(Self { activity, correlation, threshold: normal_tail_quantile(activity) })
    }
}

impl LatentLaw for Copula {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let mut reader = stream.reader(Part::Latent, row);
        let shared = self.correlation.sqrt() * reader.normal();
        let own = (1.0 - self.correlation).sqrt();
        for z in latent {
            let (is_active, sign) = (shared + own * reader.normal() > self.threshold, reader.sign());
            *z = if is_active { sign } else { 0.0 };
        }
    }

    fn activity(&self, _latent_dim: usize) -> f64 {
        self.activity
    }

    // `moments` stays `None`: closed forms take pairs of atoms as nearly independent.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::math::special::{normal_density, normal_tail};

    /// The bivariate normal probability of the module's formula, by Simpson's rule on [−9, 9].
    fn joint(activity: f64, correlation: f64) -> f64 {
        let (t, n) = (normal_tail_quantile(activity), 4000);
        let step = 18.0 / f64::from(n);
        let integrand = |i: i32| {
            let g = -9.0 + step * f64::from(i);
            let tail = normal_tail((t - correlation.sqrt() * g) / (1.0 - correlation).sqrt());
            normal_density(g) * tail * tail
        };
        let inner: f64 = (1..n).map(|i| integrand(i) * if i % 2 == 0 { 2.0 } else { 4.0 }).sum();
        (integrand(0) + inner + integrand(n)) * step / 3.0
    }

    /// Sheppard's formula at t = 0, 1/4 + arcsin(ρ)/2π, holds the integral itself to account.
    #[test]
    fn the_integral_is_right_where_it_has_a_closed_form() {
        for correlation in [0.0, 0.3, 0.8] {
            let exact = 0.25 + f64::asin(correlation) / (2.0 * std::f64::consts::PI);
            assert!((joint(0.5, correlation) - exact).abs() < 1e-8, "{correlation}");
        }
    }

    /// Single activities, all pairs, and E z_i z_j. The error is that of rows: pairs of a row hang together.
    #[test]
    fn pairs_are_active_with_the_bivariate_normal_probability() {
        const ROWS: u32 = 40_000;
        const DIM: usize = 6;
        for (activity, correlation) in [(0.1, 0.0), (0.1, 0.3), (0.4, 0.6), (0.02, 0.9), (1.0, 0.5)] {
            let law = Copula::new(activity, correlation).unwrap();
            let stream = Stream::new(5, Purpose::MONTE_CARLO, 1);
            let mut latent = [0.0; DIM];
            let mut rows = [const { Vec::new() }; 3];
            for row in 0..ROWS {
                law.draw(&stream, row, &mut latent);
                let active: f64 = latent.iter().map(|z| f64::from(z.abs())).sum();
                let sum: f64 = latent.iter().map(|&z| f64::from(z)).sum();
                rows[0].push(active / DIM as f64);
                rows[1].push((active * active - active) / (DIM * (DIM - 1)) as f64);
                rows[2].push((sum * sum - active) / (DIM * (DIM - 1)) as f64);
            }
            for (values, expected) in rows.into_iter().zip([activity, joint(activity, correlation), 0.0]) {
                let n = f64::from(ROWS);
                let mean = values.iter().sum::<f64>() / n;
                let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                let error = 5.0 * (spread / n).sqrt() + 1e-9;
                assert!((mean - expected).abs() < error, "{activity}, {correlation}: {mean}, {expected}");
            }
        }
    }

    #[test]
    fn a_correlation_of_one_is_refused() {
        let message = Copula::new(0.1, 1.0).unwrap_err().to_string();
        assert!(message.contains("data.latent.correlation = 1"), "{message}");
    }
}

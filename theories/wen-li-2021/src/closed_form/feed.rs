//! What raised thresholds leave of the noise's own growth: the rate at which a neuron made of noise alone
//! still grows.
//!
//! A neuron w without any part along the atoms sees a₁ = ⟨w, x⁺⟩ and a₂ = ⟨w, x⁺⁺⟩, two normal numbers of
//! variances v₁, v₂ and covariance s. Its positive force along itself is E[S_b(a₂) k(a₁) a₁], so that one
//! step multiplies its norm by 1 + η (feed − λ) while the softmax is uniform, and by less later. Thresholds
//! shut the noise out exactly where feed < λ: then every such neuron decays, whatever the loss is.
//!
//! ```text
//! no augmentation    v₁ = v₂ = s = σ²     feed = σ²·2Φ̄(b/(σ‖w‖))
//! independent masks  v = σ²/q, s = σ²     feed > 0 for every threshold
//! RandomMask         s = 0                feed = 0 for every threshold: E S_b(a₂) = 0
//! ```
//!
//! Source: theory.md 4.7, (4.7a) (paper: A.5, Lemma A.2, footnote 3).

use super::gate::activation_mean;
use super::rates::Views;
use featurescope_sim::math::special::normal_density;

/// Subintervals of Simpson's rule, even; its error is below 1e-9 of the rate.
const INTERVALS: usize = 2048;
/// Standard deviations beyond which a normal number contributes nothing to a double.
const REACH: f64 = 12.0;

/// Growth per unit learning rate of a neuron made of noise alone, E[S_b(a₂) k(a₁) a₁]/‖w‖², not negative.
///
/// `noise_variance` is σ² > 0 of a coordinate of ξ; `bias_over_norm` is b/‖w‖ ≥ 0. The neuron spreads over
/// many coordinates, so that a masked pre-activation is normal.
pub fn noise_feed(views: &Views, noise_variance: f64, bias_over_norm: f64) -> f64 {
    let anchor = noise_variance * views.anchor.diagonal;
    let positive = noise_variance * views.positive.diagonal;
    let shared = noise_variance * views.pair.diagonal;
    if anchor == 0.0 || shared == 0.0 {
        return 0.0;
    }
    let slope = shared / anchor;
    // What a₁ does not tell of a₂.
    let rest = (positive - shared * slope).max(0.0).sqrt();
    let sd = anchor.sqrt();
    let integrand =
        |a: f64| a * activation_mean(slope * a, rest, bias_over_norm) * normal_density(a / sd) / sd;
    // a₁ and −a₁ contribute the same.
    2.0 * simpson(integrand, bias_over_norm, bias_over_norm + REACH * sd)
}

/// ∫ f from `low` to `high` by Simpson's rule.
fn simpson(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let width = (high - low) / INTERVALS as f64;
    let inner: f64 =
        (1..INTERVALS).map(|k| (if k % 2 == 1 { 4.0 } else { 2.0 }) * f(low + k as f64 * width)).sum();
    width / 3.0 * (f(low) + inner + f(high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::oracle::RunningMean;
    use featurescope_sim::math::random::{Part, Purpose, Stream};
    use featurescope_sim::math::special::normal_tail;

    /// Without augmentation Stein's identity gives σ²·2Φ̄(b/σ); with thresholds at zero that is σ².
    #[test]
    fn without_augmentation_the_feed_is_steins() {
        for (variance, bias) in [(0.02, 0.0), (0.0637, 0.45), (0.0582, 0.45), (0.3, 1.2), (1e-4, 0.03)] {
            let feed = noise_feed(&Views::same(), variance, bias);
            let expected = variance * 2.0 * normal_tail(bias / f64::sqrt(variance));
            assert!((feed / expected - 1.0).abs() < 1e-8, "{variance}, {bias}: {feed} against {expected}");
        }
    }

    /// Complementary masks share no noise. Disjoint masks of keep rate ½ are those masks.
    #[test]
    fn complementary_masks_feed_no_noise() {
        for bias in [0.0, 0.2, 0.45] {
            assert_eq!(noise_feed(&Views::complementary_masks(0.5), 0.06, bias), 0.0);
            assert_eq!(noise_feed(&Views::disjoint_masks(0.5), 0.06, bias), 0.0);
        }
        assert!(noise_feed(&Views::disjoint_masks(0.6), 0.06, 0.2) > 0.0);
    }

    /// With thresholds at zero the activation is linear, and the feed is the covariance of the views.
    #[test]
    fn at_zero_the_feed_is_the_shared_noise() {
        for rate in [0.25, 0.5, 0.75, 1.0] {
            let feed = noise_feed(&Views::independent_masks(rate), 0.05, 0.0);
            assert!((feed / 0.05 - 1.0).abs() < 1e-8, "{rate}: {feed}");
        }
        let views = Views::disjoint_masks(0.75);
        let feed = noise_feed(&views, 0.05, 0.0);
        assert!((feed / (0.05 * views.pair.diagonal) - 1.0).abs() < 1e-8);
    }

    /// Independent masks, drawn coordinate by coordinate over 400 of them: within four standard errors, and
    /// one per cent for the spread of masked norms that the normal law leaves out.
    #[test]
    fn independent_masks_agree_with_drawn_views() {
        let (dim, rate, variance, bias) = (400, 0.5, 0.06, 0.4);
        let weight = (dim as f64).sqrt().recip();
        let stream = Stream::new(5, Purpose::MONTE_CARLO, 1);
        let sample = |row: u32| {
            let (mut noise, mut first, mut second) = (
                stream.reader(Part::Dense, row),
                stream.reader(Part::Mask, row),
                stream.reader(Part::MaskLimit, row),
            );
            let (mut anchor, mut positive) = (0.0, 0.0);
            for _ in 0..dim {
                let part = weight * f64::sqrt(variance) * noise.normal() / rate;
                anchor += if first.below(2) == 0 { part } else { 0.0 };
                positive += if second.below(2) == 0 { part } else { 0.0 };
            }
            let is_open = if f64::abs(anchor) > bias { 1.0 } else { 0.0 };
            activation_mean(positive, 0.0, bias) * is_open * anchor
        };
        let found = RunningMean::of((0..60_000).map(sample));
        let feed = noise_feed(&Views::independent_masks(rate), variance, bias);
        assert!(feed > 0.0);
        found.assert_near(feed, 4.0, 0.01 * feed, "noise feed of independent masks");
    }
}

//! Thresholds above zero: what the gate lets through, and how a lucky coefficient races its own threshold.
//!
//! Given the mask and the code, both pre-activations of a positive pair are independent normal numbers, so the force
//! along u is E[h(x⁺⁺) k(x⁺) ⟨x⁺, u⟩ | D, z] = ES(μ₂, s₂)·{m_u·Pr(gate) + (c_u/s₁)[φ((b−μ₁)/s₁) − φ((b+μ₁)/s₁)]}.
//!
//! Source: theory.md 4.4 and 4.5 (paper: Lemmas A.2, A.3, D.3, D.4; A.5 and F.1 without augmentation).

use featurescope_sim::data::Population;
use featurescope_sim::math::special::{normal_cdf, normal_density, normal_tail};
use std::f64::consts::SQRT_2;

/// E S_b(N(μ, s²)): mean output of the symmetric ReLU on a normal pre-activation, theory.md (4.4a).
///
/// Any `bias` b, also negative; `sd` s ≥ 0 (s = 0 gives S_b(μ) itself).
pub fn activation_mean(mean: f64, sd: f64, bias: f64) -> f64 {
    rectified_mean(mean - bias, sd) - rectified_mean(-mean - bias, sd)
}

/// E ReLU(N(μ, s²)).
fn rectified_mean(mean: f64, sd: f64) -> f64 {
    if sd == 0.0 {
        return mean.max(0.0);
    }
    mean * normal_cdf(mean / sd) + sd * normal_density(mean / sd)
}

/// E k = Pr(a > b) + Pr(−a > b) for a ~ N(μ, s²): the mean slope of the activation, which is the probability that
/// the gate is open where b ≥ 0: theory.md (4.1b), in (4.4b). `sd` > 0.
pub fn slope_mean(mean: f64, sd: f64, bias: f64) -> f64 {
    normal_tail((bias - mean) / sd) + normal_tail((bias + mean) / sd)
}

/// Both views of one positive sample given its mask and code, as seen by one neuron and one direction u.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConditionalPair {
    /// μ₁ = 2⟨Dw, Mz⟩.
    pub anchor_mean: f64,
    /// s₁ = 2σ‖Dw‖, positive.
    pub anchor_sd: f64,
    /// μ₂ = 2⟨(I−D)w, Mz⟩.
    pub positive_mean: f64,
    /// s₂ = 2σ‖(I−D)w‖, not negative.
    pub positive_sd: f64,
    /// m_u = 2⟨DMz, u⟩, the mean of ⟨x⁺, u⟩.
    pub direction_mean: f64,
    /// c_u = 4σ²⟨Dw, Du⟩, its covariance with the anchor's pre-activation.
    pub direction_covariance: f64,
}

impl ConditionalPair {
    /// Splits `weights` w and `direction` u by the `mask` (true keeps the coordinate in the anchor x⁺ = 2Dx).
    ///
    /// # Shapes
    /// All slices have length d1; `signal` is M z.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn of_masked(
        weights: &[f64],
        direction: &[f64],
        signal: &[f64],
        mask: &[bool],
        noise_variance: f64,
    ) -> Self {
        let n = weights.len();
        assert!(direction.len() == n && signal.len() == n && mask.len() == n, "slices of one length");
        let mut pair = Self {
            anchor_mean: 0.0,
            anchor_sd: 0.0,
            positive_mean: 0.0,
            positive_sd: 0.0,
            direction_mean: 0.0,
            direction_covariance: 0.0,
        };
        for r in 0..n {
            let (w, u, s) = (weights[r], direction[r], signal[r]);
            if mask[r] {
                pair.anchor_mean += 2.0 * w * s;
                pair.anchor_sd += 4.0 * noise_variance * w * w;
                pair.direction_mean += 2.0 * s * u;
                pair.direction_covariance += 4.0 * noise_variance * w * u;
            } else {
                pair.positive_mean += 2.0 * w * s;
                pair.positive_sd += 4.0 * noise_variance * w * w;
            }
        }
        pair.anchor_sd = pair.anchor_sd.sqrt();
        pair.positive_sd = pair.positive_sd.sqrt();
        pair
    }

    /// E[h(x⁺⁺) k(x⁺) ⟨x⁺, u⟩] given mask and code, for a threshold `bias` of any sign, theory.md (4.4b):
    /// averaged over masks and codes it is the positive force along u, with far less variance than samples of x.
    pub fn positive_force(&self, bias: f64) -> f64 {
        let (mean, sd) = (self.anchor_mean, self.anchor_sd);
        let edges = normal_density((bias - mean) / sd) - normal_density((bias + mean) / sd);
        activation_mean(self.positive_mean, self.positive_sd, bias)
            * (self.direction_mean * slope_mean(mean, sd, bias) + self.direction_covariance / sd * edges)
    }
}

/// Force along M_j on a noiseless singleton w = α M_j with spread-out atoms: p·S_b(α), so α grows as p(α − b)
/// (Lemma A.3, D.3b; theory.md 4.4). `bias` ≥ 0.
pub fn singleton_force(activity: f64, coefficient: f64, bias: f64) -> f64 {
    activity * activation_mean(coefficient, 0.0, bias)
}

/// Rate at which RandomMask still feeds dense directions through a raised threshold, per unit learning rate:
/// p·(‖Mᵀw‖²/‖w‖²)·2xφ(x)·2Φ̄(x) with x = b/(√2 σ‖w‖), the "chain of correlations" of Lemma A.2.
///
/// First order in signal over noise of the pre-activation; low by 2 to 5 times for x ≥ 2. Its maximum is near 0.22
/// p, at x ≈ 0.55. `sparse_fraction` in [0, 1], `bias_over_norm` ≥ 0. Source: theory.md 4.4.
pub fn dense_feedback_rate(population: &Population, sparse_fraction: f64, bias_over_norm: f64) -> f64 {
    let x = bias_over_norm / (SQRT_2 * population.noise_variance.sqrt());
    population.activity * sparse_fraction * 2.0 * x * normal_density(x) * 2.0 * normal_tail(x)
}

/// Without augmentation and with ⟨w, x⟩ near normal the force is Σw times this: Pr(|⟨w, x⟩| > b) with variance
/// (p·sparse_fraction + σ²)‖w‖² (Stein's identity; A.5, F.1; theory.md 4.4). `bias_over_norm` ≥ 0.
pub fn stein_factor(population: &Population, sparse_fraction: f64, bias_over_norm: f64) -> f64 {
    let variance = population.activity * sparse_fraction + population.noise_variance;
    2.0 * normal_tail(bias_over_norm / variance.sqrt())
}

/// Pr(|⟨w, ξ⟩| > b): how often noise alone opens the gate, 2Φ̄(b/s) with s = sd·‖w‖ (Lemma B.5's noise part;
/// theory.md 8.1).
///
/// `noise_sd` is σ on raw samples and √2·σ on masked views 2Dx; `bias_over_norm` = b/‖w‖. A negative threshold never
/// silences a neuron: 1.
pub fn noise_firing_rate(noise_sd: f64, bias_over_norm: f64) -> f64 {
    (2.0 * normal_tail(bias_over_norm / noise_sd)).min(1.0)
}

/// Pr(h ≠ 0) of a neuron that one atom always opens and noise opens with probability `noise_rate`: p + (1 −
/// p)·noise_rate (Lemma E.3 with |N_i| = 1). All in [0, 1].
pub fn singleton_firing_rate(activity: f64, noise_rate: f64) -> f64 {
    activity + (1.0 - activity) * noise_rate
}

/// The least α/b from which α′ = p_e(α − b) outruns b′ = β b: C/(C−1) with C = p_e/β: theory.md (4.5a), Lemma
/// D.1a.
///
/// `growth_rate` p_e and `bias_growth_rate` β are per unit learning rate (β = κ/d for the staged rule). `None` if
/// C ≤ 1: every coefficient loses.
pub fn escape_ratio(growth_rate: f64, bias_growth_rate: f64) -> Option<f64> {
    (growth_rate > bias_growth_rate).then(|| growth_rate / (growth_rate - bias_growth_rate))
}

/// α(t)/b(t) of the bias race at time t = η·steps, starting from `ratio` = α₀/b₀ (theory.md 4.5):
/// with r* = C/(C−1) it is r* + (ratio − r*)·e^{(p_e − β)t} as long as α > b. The rates must differ.
pub fn race_ratio(growth_rate: f64, bias_growth_rate: f64, ratio: f64, time: f64) -> f64 {
    let gap = growth_rate - bias_growth_rate;
    let balance = growth_rate / gap;
    balance + (ratio - balance) * (gap * time).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::oracle::{Draw, RunningMean, haar_dictionary, inner, normal_vector};
    use featurescope_sim::math::random::{Part, Purpose, Stream};

    fn soft_threshold(a: f64, b: f64) -> f64 {
        (a - b).max(0.0) - (-a - b).max(0.0)
    }

    /// Simpson's rule over ±9 standard deviations against both closed forms, for thresholds of both signs.
    #[test]
    fn gaussian_means_agree_with_quadrature() {
        for (mean, sd, bias) in [(0.7, 0.4, 0.5), (-1.2, 0.8, 0.3), (0.2, 0.5, -0.6), (0.0, 1.0, 1.5)] {
            let integral = |f: &dyn Fn(f64) -> f64| {
                let n = 200_000;
                let h = 18.0 / f64::from(n);
                let weight = |i| if i == 0 || i == n { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
                let at = |i, g: f64| weight(i) * h / 3.0 * normal_density(g) * f(mean + sd * g);
                (0..=n).map(|i| at(i, -9.0 + h * f64::from(i))).sum::<f64>()
            };
            let expected = integral(&|a| soft_threshold(a, bias));
            assert!((activation_mean(mean, sd, bias) - expected).abs() < 1e-8);
            // The slope jumps: the rule is off by up to a step there.
            let expected = integral(&|a| f64::from(a > bias) + f64::from(-a > bias));
            assert!((slope_mean(mean, sd, bias) - expected).abs() < 1e-4);
        }
        assert_eq!(activation_mean(1.5, 0.0, 0.5), 1.0);
    }

    /// The conditional closed form averaged over masks and codes against direct sampling of h(x⁺⁺)k(x⁺)⟨x⁺, u⟩,
    /// along an atom and along a dense direction: at 4 combined standard errors.
    #[test]
    fn positive_force_agrees_with_monte_carlo() {
        let population = Population { ambient_dim: 32, latent_dim: 4, activity: 0.2, noise_variance: 0.15 };
        let dictionary = haar_dictionary(&population, 4);
        let (atom, spread) = (dictionary.column(0), normal_vector(32, 3, 0));
        let w: Vec<_> = atom.iter().zip(&spread).map(|(a, n)| a + 0.05 * n).collect();
        let bias = 0.4;
        for direction in [&atom, &spread] {
            let (mut direct, mut conditional) = (RunningMean::default(), RunningMean::default());
            for row in 0..60_000 {
                let draw = Draw::new(&population, &dictionary, 9, row);
                let (anchor, positive) = draw.masked_views();
                let gate = f64::from(inner(&w, &anchor).abs() > bias);
                direct.push(soft_threshold(inner(&w, &positive), bias) * gate * inner(&anchor, direction));
                let mask: Vec<_> = draw.mask.iter().map(|&kept| kept == 1.0).collect();
                let pair =
                    ConditionalPair::of_masked(&w, direction, &draw.signal, &mask, population.noise_variance);
                conditional.push(pair.positive_force(bias));
            }
            assert!(
                conditional.standard_error() < direct.standard_error(),
                "conditioning lowers the variance"
            );
            direct.assert_near(conditional.mean(), 4.0, 4.0 * conditional.standard_error(), "force");
        }
    }

    /// Many coordinates, little noise: the conditional form becomes p (α − b) along the singleton's atom.
    #[test]
    fn singleton_limit() {
        let (n, sigma, bias) = (400, 1e-4, 0.4);
        let atom = vec![1.0 / f64::sqrt(n as f64); n];
        let mask: Vec<_> = (0..n).map(|r| r % 2 == 0).collect();
        let force: f64 = [(0.1, 1.0), (0.1, -1.0), (0.8, 0.0)]
            .iter()
            .map(|&(probability, z): &(f64, f64)| {
                let signal: Vec<_> = atom.iter().map(|v| z * v).collect();
                let pair = ConditionalPair::of_masked(&atom, &atom, &signal, &mask, sigma * sigma);
                probability * pair.positive_force(bias)
            })
            .sum();
        assert!((force - 0.2 * 0.6).abs() < 1e-6, "{force}");
        assert!((singleton_force(0.2, 1.0, bias) - 0.2 * 0.6).abs() < 1e-12);
        assert_eq!(singleton_force(0.2, 0.3, bias), 0.0);
    }

    /// The feedback rate is the small-signal limit of the conditional form: one coordinate pair per view, μ₁ = μ₂ =
    /// ±μ.
    #[test]
    fn dense_feedback_is_the_small_signal_limit() {
        let population = Population { ambient_dim: 4096, latent_dim: 16, activity: 1.0, noise_variance: 0.5 };
        let (mean, bias) = (1e-3, 0.6); // ‖w‖ = 1, s = √2 σ = 1
        let pair = |mean| ConditionalPair {
            anchor_mean: mean,
            anchor_sd: 1.0,
            positive_mean: mean,
            positive_sd: 1.0,
            direction_mean: 0.0,
            direction_covariance: 1.0, // 2σ²⟨w, u⟩ with u = w
        };
        let force = 0.5 * (pair(mean).positive_force(bias) + pair(-mean).positive_force(bias));
        let rate = dense_feedback_rate(&population, mean * mean, bias);
        assert!((force / rate - 1.0).abs() < 1e-4, "{force} against {rate}");
        let peak = dense_feedback_rate(&population, 1.0, 0.55);
        assert!((peak - 0.22).abs() < 0.01, "maximum of the feedback, theory.md 4.4: {peak}");
    }

    /// Stein's identity on Gaussian data: E[S_b(a)⟨x, u⟩] = Pr(|a| > b)·⟨Σw, u⟩, at 4 standard errors.
    #[test]
    fn stein_factor_agrees_with_monte_carlo() {
        let population = Population { ambient_dim: 10, latent_dim: 2, activity: 0.0, noise_variance: 0.3 };
        let stream = Stream::new(2, Purpose::MONTE_CARLO, 5);
        let mut reader = stream.reader(Part::Dense, 0);
        let force = RunningMean::of((0..100_000).map(|_| {
            let a = 0.3f64.sqrt() * reader.normal();
            soft_threshold(a, 0.5) * a
        }));
        force.assert_near(0.3 * stein_factor(&population, 0.0, 0.5), 4.0, 0.0, "Stein");
    }

    /// theory.md 8.1: noise firing at the reset bias √(2 ln d/d)‖w‖, unmasked and masked, and the escape ratio
    /// at d1 ≫ d; to the digits of the table.
    #[test]
    fn table_of_finite_sizes() {
        let rows = [
            (20, 0.063, 0.188, 11.3),
            (50, 0.047, 0.160, 3.7),
            (100, 0.038, 0.143, 2.9),
            (200, 0.032, 0.129, 2.5),
            (1_000, 0.022, 0.105, 2.1),
            (10_000, 0.014, 0.081, 1.8),
            (1_000_000_000, 0.003, 0.033, 1.5),
        ];
        for (d, raw, masked, escape) in rows {
            let population = Population::at_paper_orders(d, d, 1.0, 1.0);
            let size = f64::from(d as u32);
            let reset = (2.0 * size.ln() / size).sqrt();
            let sigma = population.noise_variance.sqrt();
            assert!((noise_firing_rate(sigma, reset) - raw).abs() < 5.1e-4, "raw, d = {d}");
            assert!((noise_firing_rate(SQRT_2 * sigma, reset) - masked).abs() < 5.1e-4, "masked, d = {d}");
            let ratio = escape_ratio(population.activity, 1.0 / size).unwrap();
            assert!((ratio - escape).abs() < 0.051, "escape, d = {d}: {ratio}");
        }
        assert_eq!(escape_ratio(0.01, 0.01), None);
        assert_eq!(noise_firing_rate(0.2, -0.5), 1.0);
        assert!((singleton_firing_rate(0.1, 0.5) - 0.55).abs() < 1e-15);
    }

    /// Euler steps of both equations, from above and from below the escape ratio 3.
    #[test]
    fn race_ratio_solves_the_race() {
        let (p, beta, steps, dt) = (0.3, 0.2, 20_000, 1e-4);
        for start in [3.2, 2.9] {
            let (mut alpha, mut bias) = (start, 1.0);
            for _ in 0..steps {
                (alpha, bias) = (alpha + dt * p * (alpha - bias), bias * (1.0 + dt * beta));
            }
            let ratio = race_ratio(p, beta, start, f64::from(steps) * dt);
            assert!((ratio - alpha / bias).abs() < 1e-4 && (ratio > start) == (start > 3.0));
        }
    }
}

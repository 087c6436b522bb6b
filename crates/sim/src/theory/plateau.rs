//! Stage III: the scale at which converged features come to rest, the loss there, and the loss that nothing can
//! undercut.
//!
//! Converged features act as f(x) = √F·z. A random negative multiplies e^{−Sim⁺/τ}·e^{Sim_s/τ} by q(F) per active
//! atom, so L(F) = τ E_k ln(1 + N q(F)^k), k ~ Bin(d, p), and the scale rests where R(F) = p·r(F)·E_k′[N
//! q^{k′+1}/(1 + N q^{k′+1})] = λ.
//!
//! Source: docs/theory.md 4.6 (paper: A.4, Lemmas E.2, E.5, E.6, E.11, F.2; Theorems 3.2 and 3.4).

use super::falling_root;
use crate::math::special::binomial_pmf;

/// Converged sparse features among N negatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// d ≥ 1.
    pub latent_dim: usize,
    /// p in (0, 1).
    pub activity: f64,
    /// N ≥ 1.
    pub negatives: usize,
    /// τ > 0.
    pub temperature: f64,
}

impl Plateau {
    /// q(F) = (1−p)e^{−F/τ} + (p/2)(1 + e^{−2F/τ}): E e^{(Sim_s − Sim⁺)/τ} per active atom, from 1 at F = 0 down to
    /// p/2. `energy` F ≥ 0 is Σ_i S_{b_i}(α_ij)² per atom.
    pub fn confusion(&self, energy: f64) -> f64 {
        let (p, decay) = (self.activity, (-energy / self.temperature).exp());
        (1.0 - p) * decay + 0.5 * p * (1.0 + decay * decay)
    }

    /// r(F) = [(1−p) + p e^{−F/τ}]/[(1−p) + p cosh(F/τ)], the factor by which confused negatives still differ on an
    /// active atom: near 1 until F ≈ τ ln(2/p), then about (2(1−p)/p)e^{−F/τ}.
    pub fn contrast(&self, energy: f64) -> f64 {
        let (p, decay) = (self.activity, (-energy / self.temperature).exp());
        // Numerator and denominator times e^{−F/τ}, so that no exponential overflows.
        decay * (1.0 - p + p * decay) / ((1.0 - p) * decay + 0.5 * p * (1.0 + decay * decay))
    }

    /// L(F) = τ E_k ln(1 + N q^k), k ~ Bin(d, p): the expected loss, natural logarithm, in units of Sim.
    /// Monte-Carlo confirms it within its error (docs/theory.md 9, c6).
    pub fn loss(&self, energy: f64) -> f64 {
        self.mean_softplus(self.confusion(energy))
    }

    /// L_inf = τ E_k ln(1 + N (p/2)^k): what is left of the loss as F → ∞. Samples with few active atoms cannot be
    /// told apart; z = 0 alone costs (1−p)^d τ ln(N+1). Report losses minus this floor.
    pub fn loss_floor(&self) -> f64 {
        self.mean_softplus(0.5 * self.activity)
    }

    fn mean_softplus(&self, q: f64) -> f64 {
        let n = self.negatives as f64;
        self.temperature * mean_over_active(self.latent_dim, self.activity, |k| (n * q.powf(k)).ln_1p())
    }

    /// R(F) = p·r·E_k′[N q^{k′+1}/(1 + N q^{k′+1})], k′ ~ Bin(d−1, p): d ln α/dt + λ at thresholds zero, per unit
    /// learning rate. It falls from pN/(N+1) at F = 0 to 0 (Lemmas E.5, E.6); low by up to 20 % far out (F ≥ 6τ).
    pub fn growth_rate(&self, energy: f64) -> f64 {
        self.activity * self.contrast(energy) * self.confused_fraction(energy)
    }

    /// P_conf = E_k′[N q^{k′+1}/(1 + N q^{k′+1})]: the share of samples with an active atom that are still confused
    /// with some negative, in (0, 1).
    pub fn confused_fraction(&self, energy: f64) -> f64 {
        let (n, q) = (self.negatives as f64, self.confusion(energy));
        mean_over_active(self.latent_dim - 1, self.activity, |k| {
            let odds = n * q.powf(k + 1.0);
            odds / (1.0 + odds)
        })
    }

    /// F* with R(F*) = λ: where growth and weight decay balance. `None` unless 0 < λ < pN/(N+1) (no decay: F grows
    /// without end; too much: nothing grows).
    pub fn stationary_energy(&self, weight_decay: f64) -> Option<f64> {
        if weight_decay <= 0.0 || self.growth_rate(0.0) <= weight_decay {
            return None;
        }
        let mut high = self.temperature;
        while self.growth_rate(high) > weight_decay {
            high *= 2.0;
        }
        Some(falling_root(0.0, high, |energy| self.growth_rate(energy) - weight_decay))
    }

    /// τ ln(2/p), the natural unit of F: growth is full below it and polynomially small above it.
    pub fn natural_energy(&self) -> f64 {
        self.temperature * (2.0 / self.activity).ln()
    }

    /// τ ln(2(1−p)P_conf/λ) with P_conf at the floor, q = p/2: what F* tends to once it exceeds
    /// [`Self::natural_energy`]. `weight_decay` λ > 0.
    pub fn asymptotic_energy(&self, weight_decay: f64) -> f64 {
        let slope = 2.0 * (1.0 - self.activity) * self.confused_fraction(f64::INFINITY);
        self.temperature * (slope / weight_decay).ln()
    }

    /// Loss of a dense map without augmentation: `width` m orthonormal dense directions with E Sim⁺ = a·τ give
    /// τ ln(1 + N e^{−a + a²/(2m)}), which has no floor (Lemma F.2). Good for `scaled_similarity` a ≤ 4; further out
    /// Sim⁺ fluctuates (sd a√(2/m)) and the true loss is 2 to 4 times larger.
    pub fn dense_loss(&self, scaled_similarity: f64, width: usize) -> f64 {
        let a = scaled_similarity;
        self.temperature * (self.negatives as f64 * (-a + a * a / (2.0 * width as f64)).exp()).ln_1p()
    }
}

/// E g(k) for k ~ Bin(n, p).
fn mean_over_active(n: usize, p: f64, g: impl Fn(f64) -> f64) -> f64 {
    binomial_pmf(n, p).iter().enumerate().map(|(k, probability)| probability * g(k as f64)).sum()
}

/// cos(f(x), f(ξ)) of a linear map, about 1/√(1 + φ p/σ²) with φ = ‖WM‖²/‖W‖² its `sparse_fraction`
/// (Theorem 3.2 ii; docs/theory.md 4.6). `signal_to_noise` is p/σ². Raw x has φ = d/d1.
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
    use crate::math::random::{Purpose, Stream};
    use crate::theory::Population;
    use crate::theory::oracle::{Draw, RunningMean, haar_dictionary, inner, latent, normal_vector};

    const SMALL: Plateau = Plateau { latent_dim: 30, activity: 0.08, negatives: 1000, temperature: 0.8 };

    /// z·z and z·z_s of one anchor of f(x) = √F z and its fresh negatives.
    fn overlaps(plateau: &Plateau, row: u32) -> (f64, Vec<f64>) {
        let population = Population {
            ambient_dim: plateau.latent_dim,
            latent_dim: plateau.latent_dim,
            activity: plateau.activity,
            noise_variance: 0.0,
        };
        let n = plateau.negatives as u32;
        let z = latent(&population, &Stream::new(5, Purpose::MonteCarlo, 0), row);
        let stream = Stream::new(5, Purpose::MonteCarlo, 1);
        let negatives = (0..n).map(|s| inner(&z, &latent(&population, &stream, row * n + s))).collect();
        (inner(&z, &z), negatives)
    }

    /// Both mean-field formulas against the softmax itself: 4 standard errors plus 4 % for the mean field of R
    /// (docs/theory.md 4.6 finds 1–4 % at F ≤ 3τ, and nothing for L).
    #[test]
    fn loss_and_growth_agree_with_monte_carlo() {
        const SCALES: [f64; 3] = [0.5, 1.5, 3.0];
        let mut measured = [(RunningMean::default(), RunningMean::default()); 3];
        for (positive, negatives) in (0..1200).map(|row| overlaps(&SMALL, row)) {
            for (scale, (loss, growth)) in SCALES.iter().zip(&mut measured) {
                let weight = |overlap: &f64| (scale * (overlap - positive)).exp();
                let total = 1.0 + negatives.iter().map(weight).sum::<f64>();
                // Σ_s ℓ_s z_j (z_j − z_sj), averaged over the d atoms.
                let force: f64 = negatives.iter().map(|o| weight(o) / total * (positive - o)).sum();
                loss.push(SMALL.temperature * total.ln());
                growth.push(force / SMALL.latent_dim as f64);
            }
        }
        for (scale, (loss, growth)) in SCALES.iter().zip(&measured) {
            let energy = scale * SMALL.temperature;
            let rate = SMALL.growth_rate(energy);
            loss.assert_near(SMALL.loss(energy), 4.0, 0.0, "loss");
            growth.assert_near(rate, 4.0, 0.04 * rate, "growth");
        }
    }

    #[test]
    fn limits_of_the_plateau() {
        assert_eq!(SMALL.confusion(0.0), 1.0);
        assert_eq!(SMALL.contrast(0.0), 1.0);
        assert!((SMALL.growth_rate(0.0) - 0.08 * 1000.0 / 1001.0).abs() < 1e-15);
        assert!((SMALL.loss(0.0) - 0.8 * 1001.0f64.ln()).abs() < 1e-12);
        assert!((SMALL.loss(1e4) - SMALL.loss_floor()).abs() < 1e-12);
        let direct = (0.92 + 0.08 * (-1.5f64).exp()) / (0.92 + 0.08 * 1.5f64.cosh());
        assert!((SMALL.contrast(1.2) - direct).abs() < 1e-14, "r(F) as printed, F/τ = 1.5");
        assert!(SMALL.loss_floor() > SMALL.temperature * 0.92f64.powi(30) * 1001.0f64.ln());
    }

    #[test]
    fn the_scale_rests_where_growth_equals_decay() {
        for weight_decay in [1e-2, 1e-3, 1e-5] {
            let energy = SMALL.stationary_energy(weight_decay).unwrap();
            assert!((SMALL.growth_rate(energy) / weight_decay - 1.0).abs() < 1e-9);
        }
        assert_eq!(SMALL.stationary_energy(0.08), None);
        assert_eq!(SMALL.stationary_energy(0.0), None);
        let tiny = 1e-12;
        let gap = SMALL.asymptotic_energy(tiny) / SMALL.stationary_energy(tiny).unwrap() - 1.0;
        assert!(gap.abs() < 1e-6, "asymptote at F ≫ τ ln(2/p): {gap}");
    }

    /// The Monte-Carlo setting of docs/theory.md 4.6 (d = 50, p = .06, N = 2000, τ = 1): F*/(τ ln(2/p)) = .68, .99,
    /// 1.30 at λ = 1/d, d^−1.25, d^−1.5; R there is known to 4–20 %, which moves F* by up to .05 of its unit.
    #[test]
    fn scales_of_the_worked_example() {
        let plateau = Plateau { latent_dim: 50, activity: 0.06, negatives: 2000, temperature: 1.0 };
        for (exponent, expected) in [(-1.0, 0.68), (-1.25, 0.99), (-1.5, 1.30)] {
            let energy = plateau.stationary_energy(50f64.powf(exponent)).unwrap();
            let ratio = energy / plateau.natural_energy();
            assert!((ratio - expected).abs() < 0.05, "{exponent}: {ratio}");
        }
    }

    /// docs/theory.md 4.6: loss floors at d = 100 in units of τ, and ln(2/p) of 8.1.
    #[test]
    fn table_of_floors() {
        let rows = [
            (1.0, 100, 1.18, 0.0051),
            (1.0, 10_000, 3.54, 0.0051),
            (3.0, 100, 0.10, 0.0051),
            (3.0, 10_000, 0.54, 0.0051),
            (5.0, 100, 0.008, 5.1e-4),
            (5.0, 10_000, 0.07, 0.0051),
        ];
        for (activity_constant, negatives, expected, digits) in rows {
            let activity = Population::at_paper_orders(100, 100, activity_constant, 1.0).activity;
            let plateau = Plateau { latent_dim: 100, activity, negatives, temperature: 2.0 };
            let floor = plateau.loss_floor() / 2.0;
            assert!((floor - expected).abs() < digits, "C_z = {activity_constant}, N = {negatives}: {floor}");
        }
        for (d, expected) in [(20, 3.6), (50, 4.3), (100, 4.9), (200, 5.5), (1000, 6.9), (10_000, 9.1)] {
            let activity = Population::at_paper_orders(d, d, 1.0, 1.0).activity;
            let plateau = Plateau { latent_dim: d, activity, negatives: 1, temperature: 1.0 };
            assert!((plateau.natural_energy() - expected).abs() < 0.051);
        }
    }

    /// Random dense features without augmentation: Sim = a τ/m·⟨g, g′⟩. At 4 standard errors plus 8 % for the
    /// fluctuation of Sim⁺ that the formula leaves out.
    #[test]
    fn dense_loss_agrees_with_monte_carlo() {
        let plateau = Plateau { latent_dim: 2, activity: 0.5, negatives: 64, temperature: 1.3 };
        let width = 100;
        for a in [1.0, 3.0] {
            let scale = a / width as f64;
            let loss = RunningMean::of((0..400).map(|row| {
                let g = normal_vector(width, 31, row);
                let positive = scale * inner(&g, &g);
                let confused: f64 = (0..64)
                    .map(|s| (scale * inner(&g, &normal_vector(width, 32, row * 64 + s)) - positive).exp())
                    .sum();
                1.3 * confused.ln_1p()
            }));
            let expected = plateau.dense_loss(a, width);
            loss.assert_near(expected, 4.0, 0.08 * expected, "dense loss");
        }
        assert!(plateau.dense_loss(60.0, 1 << 20) < 1e-20, "no floor");
    }

    /// Cosines of a linear map with given sparse fractions: mean over samples within 3 %, the accuracy
    /// docs/theory.md states.
    #[test]
    fn linear_cosines_agree_with_monte_carlo() {
        let population = Population { ambient_dim: 120, latent_dim: 60, activity: 0.15, noise_variance: 0.1 };
        let dictionary = haar_dictionary(&population, 6);
        for sparse_weight in [0.5, 1.0, 2.0] {
            let rows: Vec<_> = (0..80).map(|i| tilted_row(&dictionary, sparse_weight, i)).collect();
            let map = |x: &[f64]| rows.iter().map(|w| inner(w, x)).collect::<Vec<_>>();
            let total: f64 = rows.iter().map(|w| inner(w, w)).sum();
            let sparse: f64 =
                (0..60).map(|j| map(&dictionary.column(j)).iter().map(|v| v * v).sum::<f64>()).sum();
            let cosine = |a: &[f64], b: &[f64]| inner(a, b) / (inner(a, a) * inner(b, b)).sqrt();
            let (mut noise, mut signal) = (RunningMean::default(), RunningMean::default());
            for sample in 0..600 {
                let draw = Draw::new(&population, &dictionary, 13, sample);
                if draw.signal.iter().any(|v| *v != 0.0) {
                    let whole = map(&draw.sample());
                    noise.push(cosine(&whole, &map(&draw.noise)));
                    signal.push(cosine(&whole, &map(&draw.signal)));
                }
            }
            let ratio = population.signal_to_noise();
            let (noise_cosine, signal_cosine) =
                (linear_noise_cosine(sparse / total, ratio), linear_signal_cosine(sparse / total, ratio));
            noise.assert_near(noise_cosine, 4.0, 0.03 * noise_cosine, "noise cosine");
            signal.assert_near(signal_cosine, 4.0, 0.03 * signal_cosine, "signal cosine");
            assert!((noise_cosine.hypot(signal_cosine) - 1.0).abs() < 1e-14);
        }
    }

    /// A Gaussian row whose part in span(M) is scaled by `sparse_weight`.
    fn tilted_row(dictionary: &crate::math::Matrix<f64>, sparse_weight: f64, row: u32) -> Vec<f64> {
        let g = normal_vector(dictionary.rows(), 41, row);
        let coefficients: Vec<_> = (0..dictionary.cols()).map(|j| inner(&dictionary.column(j), &g)).collect();
        dictionary
            .iter_rows()
            .zip(&g)
            .map(|(entries, g)| g + (sparse_weight - 1.0) * inner(entries, &coefficients))
            .collect()
    }
}

//! Stage III: the scale at which converged features come to rest, the loss there, and the loss that sparse
//! features cannot undercut.
//!
//! Converged features act as f(x) = √F·z. Given the anchor's code z with k active atoms, the overlaps z·z_s
//! of its negatives are independent and alike, so with J_s = k − z·z_s the loss is L(F) = τ E ln(1 + S), S =
//! Σ_s e^{−F J_s/τ}. L is convex in F and falls at the rate L′(F) = −d·R(F), where R is the growth of the
//! coefficients; the scale rests where R(F) = λ. Both are computed exactly (`log_of_sum`).
//!
//! Source: theory.md 4.6, (4.6a) to (4.6e) (paper: A.4, Lemmas E.2, E.5, E.6, E.11, F.2; Theorems 3.2 and
//! 3.4).

use super::falling_root;
use super::log_of_sum::{Outcome, mean_log, mean_weighted_gap};
use featurescope_sim::math::special::binomial_pmf;

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

/// Numbers of active atoms less probable than this leave no trace in double precision.
const NEGLIGIBLE: f64 = 1e-18;

impl Plateau {
    /// L(F) = τ E ln(1 + Σ_s e^{−F J_s/τ}): the expected loss, natural logarithm, in units of Sim. `energy` F
    /// ≥ 0 is Σ_i S_{b_i}(α_ij)² per atom.
    pub fn loss(&self, energy: f64) -> f64 {
        self.temperature * self.mean_over_codes(energy, |law| mean_log(self.negatives, law))
    }

    /// L_inf = τ E_k E ln(1 + Bin(N, (p/2)^k)), k ~ Bin(d, p): what is left of the loss as F → ∞. A negative
    /// stays confused if it agrees on all active atoms; z = 0 alone costs (1−p)^d τ ln(N+1). Report losses
    /// minus this floor.
    pub fn loss_floor(&self) -> f64 {
        let mean = mean_over_active(self.latent_dim, self.activity, |active| {
            let probability = (0.5 * self.activity).powf(active);
            mean_log(self.negatives, &[Outcome { probability, value: 1.0, gap: 0.0 }])
        });
        self.temperature * mean
    }

    /// R(F) = −L′(F)/d = E Σ_s ℓ_s J_s/d: d ln α/dt + λ at thresholds zero, per unit learning rate. It falls
    /// strictly from pN/(N+1) at F = 0 to 0 (Lemmas E.5, E.6).
    pub fn growth_rate(&self, energy: f64) -> f64 {
        let fall = self.mean_over_codes(energy, |law| mean_weighted_gap(self.negatives, law));
        fall / self.latent_dim as f64
    }

    /// P_conf = E_k′[1 − (1 − (p/2)^{k′+1})^N], k′ ~ Bin(d−1, p): how likely some negative agrees with a
    /// sample on all its active atoms, one of which is given. In (0, 1).
    pub fn confused_fraction(&self) -> f64 {
        mean_over_active(self.latent_dim - 1, self.activity, |others| {
            let agrees = (0.5 * self.activity).powf(others + 1.0);
            -(self.negatives as f64 * (-agrees).ln_1p()).exp_m1()
        })
    }

    /// E over the anchor's code of `g`, which is given the law of e^{−FJ/τ} for one negative. J adds up, over
    /// the active atoms, 0 where the negative has the same sign, 1 where it is silent, 2 where it has the
    /// other sign.
    fn mean_over_codes(&self, energy: f64, g: impl Fn(&[Outcome]) -> f64) -> f64 {
        let (p, decay) = (self.activity, (-energy / self.temperature).exp());
        let pmf = binomial_pmf(self.latent_dim, p);
        let most = pmf.iter().rposition(|&probability| probability > NEGLIGIBLE).unwrap_or_default();
        let mut gaps = vec![1.0];
        let mut mean = 0.0;
        for &probability in &pmf[..=most] {
            let law: Vec<_> = (0..)
                .zip(&gaps)
                .map(|(gap, &probability)| Outcome {
                    probability,
                    value: decay.powi(gap),
                    gap: f64::from(gap),
                })
                .collect();
            mean += probability * g(&law);
            gaps = with_one_more_atom(&gaps, p);
        }
        mean
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

    /// τ ln(2(1−p)P_conf/λ): what F* tends to once it exceeds [`Self::natural_energy`]. `weight_decay` λ > 0.
    pub fn asymptotic_energy(&self, weight_decay: f64) -> f64 {
        let slope = 2.0 * (1.0 - self.activity) * self.confused_fraction();
        self.temperature * (slope / weight_decay).ln()
    }

    /// Loss of a dense map without augmentation: `width` m orthonormal dense directions with E Sim⁺ = a·τ
    /// give τ ln(1 + N e^{−a + a²/(2m)}), which has no floor (Lemma F.2). The mean over negatives stands
    /// inside the logarithm, an upper bound; the fluctuation of Sim⁺ (sd a√(2/m)) is left out, which lowers
    /// it. Within 8 % for `scaled_similarity` a ≤ 4; further out the true loss is 2 to 4 times larger.
    pub fn dense_loss(&self, scaled_similarity: f64, width: usize) -> f64 {
        let a = scaled_similarity;
        self.temperature * (self.negatives as f64 * (-a + a * a / (2.0 * width as f64)).exp()).ln_1p()
    }
}

/// Pr(J = j) with one more active atom.
fn with_one_more_atom(gaps: &[f64], activity: f64) -> Vec<f64> {
    let mut next = vec![0.0; gaps.len() + 2];
    for (j, probability) in gaps.iter().enumerate() {
        for (more, share) in [0.5 * activity, 1.0 - activity, 0.5 * activity].into_iter().enumerate() {
            next[j + more] += share * probability;
        }
    }
    next
}

/// E g(k) for k ~ Bin(n, p).
fn mean_over_active(n: usize, p: f64, g: impl Fn(f64) -> f64) -> f64 {
    let pmf = binomial_pmf(n, p);
    let likely = (0..).map(f64::from).zip(&pmf).filter(|(_, probability)| **probability > NEGLIGIBLE);
    likely.map(|(k, probability)| probability * g(k)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_form::oracle::{Draw, RunningMean, haar_dictionary, inner, latent, normal_vector};
    use featurescope_sim::data::Population;
    use featurescope_sim::data::population::{linear_noise_cosine, linear_signal_cosine};
    use featurescope_sim::math::random::{Purpose, Stream};

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
        let z = latent(&population, &Stream::new(5, Purpose::MONTE_CARLO, 0), row);
        let stream = Stream::new(5, Purpose::MONTE_CARLO, 1);
        let negatives = (0..n).map(|s| inner(&z, &latent(&population, &stream, row * n + s))).collect();
        (inner(&z, &z), negatives)
    }

    /// Loss, growth and floor against the softmax itself, at 4 standard errors. The mean over negatives
    /// inside the logarithm is a bound by Jensen's inequality: sample by sample, it lies above the floor by
    /// what is predicted.
    #[test]
    fn loss_growth_and_floor_agree_with_monte_carlo() {
        const SCALES: [f64; 5] = [0.5, 1.5, 3.0, 8.0, f64::INFINITY];
        let mut measured = [(RunningMean::default(), RunningMean::default()); 5];
        let mut above = RunningMean::default();
        let bound = |active: f64| (1000.0 * 0.04f64.powf(active)).ln_1p();
        for (positive, negatives) in (0..4000).map(|row| overlaps(&SMALL, row)) {
            let confused = negatives.iter().filter(|overlap| **overlap == positive).count();
            above.push(bound(positive) - (confused as f64).ln_1p());
            for (scale, (loss, growth)) in SCALES.iter().zip(&mut measured) {
                let weight = |overlap: &f64| {
                    let gap = positive - overlap;
                    if gap == 0.0 { 1.0 } else { (-scale * gap).exp() }
                };
                let total = 1.0 + negatives.iter().map(weight).sum::<f64>();
                // Σ_s ℓ_s z_j (z_j − z_sj), averaged over the d atoms.
                let force: f64 = negatives.iter().map(|o| weight(o) / total * (positive - o)).sum();
                loss.push(SMALL.temperature * total.ln());
                growth.push(force / SMALL.latent_dim as f64);
            }
        }
        for (scale, (loss, growth)) in SCALES.iter().zip(&measured) {
            let energy = scale * SMALL.temperature;
            loss.assert_near(SMALL.loss(energy), 4.0, 0.0, "loss");
            growth.assert_near(SMALL.growth_rate(energy), 4.0, 0.0, "growth");
        }
        let predicted = mean_over_active(30, 0.08, bound) - SMALL.loss_floor() / SMALL.temperature;
        above.assert_near(predicted, 4.0, 0.0, "bound minus floor");
        assert!(above.mean() > 4.0 * above.standard_error(), "the bound is no floor");
    }

    /// R is the slope of L: differences of the exact loss.
    #[test]
    fn growth_is_the_slope_of_the_loss() {
        for energy in [0.1, 0.8, 2.0, 5.0, 9.0] {
            let step = 1e-4;
            let slope = (SMALL.loss(energy - step) - SMALL.loss(energy + step)) / (2.0 * step * 30.0);
            let rate = SMALL.growth_rate(energy);
            // The third derivative leaves step²/6 of the scale of a rate, rounding 1e-15/step.
            assert!((slope - rate).abs() < 1e-8 * rate + 1e-12, "{slope} against {rate} at F = {energy}");
        }
    }

    #[test]
    fn limits_of_the_plateau() {
        assert!((SMALL.growth_rate(0.0) - 0.08 * 1000.0 / 1001.0).abs() < 1e-15);
        assert!((SMALL.loss(0.0) - 0.8 * 1001.0f64.ln()).abs() < 1e-12);
        assert!((SMALL.loss(1e4) - SMALL.loss_floor()).abs() < 1e-12);
        assert!((SMALL.loss(f64::INFINITY) - SMALL.loss_floor()).abs() < 1e-12);
        assert!(SMALL.loss_floor() > SMALL.temperature * 0.92f64.powi(30) * 1001.0f64.ln());
        let alone = Plateau { negatives: 0, ..SMALL };
        assert_eq!((alone.loss_floor(), alone.loss(1.0), alone.growth_rate(1.0)), (0.0, 0.0, 0.0));
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

    /// The Monte-Carlo setting of theory.md 4.6 (d = 50, p = .06, N = 2000, τ = 1): F*/(τ ln(2/p)) = .68, .99,
    /// 1.30 at λ = 1/d, d^−1.25, d^−1.5.
    #[test]
    fn scales_of_the_worked_example() {
        let plateau = Plateau { latent_dim: 50, activity: 0.06, negatives: 2000, temperature: 1.0 };
        for (exponent, expected) in [(-1.0, 0.68), (-1.25, 0.99), (-1.5, 1.30)] {
            let energy = plateau.stationary_energy(50f64.powf(exponent)).unwrap();
            let ratio = energy / plateau.natural_energy();
            assert!((ratio - expected).abs() < 0.05, "{exponent}: {ratio}");
        }
    }

    /// theory.md 4.6: loss floors at d = 100 in units of τ, and ln(2/p) of 8.1.
    #[test]
    fn table_of_floors() {
        let rows = [
            (1.0, 100, 1.14, 0.0051),
            (1.0, 10_000, 3.51, 0.0051),
            (3.0, 100, 0.094, 5.1e-4),
            (3.0, 10_000, 0.52, 0.0051),
            (5.0, 100, 0.0073, 5.1e-5),
            (5.0, 10_000, 0.066, 5.1e-4),
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
    /// theory.md states.
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
    fn tilted_row(
        dictionary: &featurescope_sim::math::Matrix<f64>,
        sparse_weight: f64,
        row: u32,
    ) -> Vec<f64> {
        let g = normal_vector(dictionary.rows(), 41, row);
        let coefficients: Vec<_> = (0..dictionary.cols()).map(|j| inner(&dictionary.column(j), &g)).collect();
        dictionary
            .iter_rows()
            .zip(&g)
            .map(|(entries, g)| g + (sparse_weight - 1.0) * inner(entries, &coefficients))
            .collect()
    }
}

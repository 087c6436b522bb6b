//! Special functions in double precision: the normal law, the beta law, and the binomial law.

use libm::erfc;
use statrs::distribution::{Beta, ContinuousCDF, Normal};
use std::f64::consts::{PI, SQRT_2};

/// Standard normal density φ(x).
pub fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Standard normal distribution function Φ(x).
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

/// Upper tail 1 − Φ(x), accurate for large x.
pub fn normal_tail(x: f64) -> f64 {
    0.5 * erfc(x / SQRT_2)
}

/// The t with 1 − Φ(t) = p, for p in [0, 1]; infinite at the ends.
pub fn normal_tail_quantile(p: f64) -> f64 {
    if p >= 1.0 { f64::NEG_INFINITY } else { -Normal::standard().inverse_cdf(p) }
}

/// Pr(B ≥ x) for B ~ Beta(a, b), x in [0, 1] (values outside are clamped).
///
/// # Panics
/// If a or b is not positive.
pub fn beta_tail(a: f64, b: f64, x: f64) -> f64 {
    #[expect(clippy::expect_used, reason = "the panic is documented")]
    let law = Beta::new(a, b).expect("the parameters of a beta law are positive");
    law.sf(x.clamp(0.0, 1.0))
}

/// Probabilities Pr(K = k), k = 0..=n, of K ~ Bin(n, p), by the stable recursion from the mode outwards.
pub fn binomial_pmf(n: usize, p: f64) -> Vec<f64> {
    if p <= 0.0 || n == 0 {
        let mut pmf = vec![0.0; n + 1];
        pmf[0] = 1.0;
        return pmf;
    }
    if p >= 1.0 {
        let mut pmf = vec![0.0; n + 1];
        pmf[n] = 1.0;
        return pmf;
    }
    let odds = p / (1.0 - p);
    let mode = (((n + 1) as f64) * p).floor().min(n as f64) as usize;
    let mut pmf = vec![0.0; n + 1];
    pmf[mode] = 1.0;
    for k in mode + 1..=n {
        pmf[k] = pmf[k - 1] * odds * ((n - k + 1) as f64) / (k as f64);
    }
    for k in (0..mode).rev() {
        pmf[k] = pmf[k + 1] * ((k + 1) as f64) / (odds * ((n - k) as f64));
    }
    let total: f64 = pmf.iter().sum();
    pmf.into_iter().map(|q| q / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_law_at_tabulated_points() {
        assert!((normal_cdf(1.959_963_984_540_05) - 0.975).abs() < 1e-12);
        assert!((normal_tail(6.0) / 9.865_876_450_376_98e-10 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn tail_quantiles_give_their_tails_back() {
        for p in [1e-6, 1e-3, 0.02, 0.1, 0.5, 0.9, 0.999] {
            assert!((normal_tail(normal_tail_quantile(p)) / p - 1.0).abs() < 1e-8, "{p}");
        }
        assert_eq!(normal_tail(normal_tail_quantile(1.0)), 1.0);
        assert_eq!(normal_tail_quantile(0.0), f64::INFINITY);
    }

    #[test]
    fn binomial_sums_to_one_with_the_right_mean() {
        for (n, p) in [(1, 0.3), (64, 0.022), (500, 0.9), (100_000, 1e-5)] {
            let pmf = binomial_pmf(n, p);
            let mean: f64 = pmf.iter().enumerate().map(|(k, q)| k as f64 * q).sum();
            assert!((pmf.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!((mean - n as f64 * p).abs() < 1e-9 * (1.0 + mean), "{n} {p}: {mean}");
        }
    }

    #[test]
    fn beta_tail_of_the_arcsine_law() {
        // Beta(1/2, 1/2): Pr(B ≥ x) = 1 − (2/π) arcsin √x
        let x: f64 = 0.3;
        assert!((beta_tail(0.5, 0.5, x) - (1.0 - 2.0 / PI * x.sqrt().asin())).abs() < 1e-10);
    }
}

//! Expectations of ln(1 + S) and of its slope, S = X_1 + … + X_N with independent X_s ≥ 0 of one discrete
//! law.
//!
//! ln(1 + S) = ∫ (1 − e^{−uS}) e^{−u} du/u and 1/(1 + S) = ∫ e^{−uS} e^{−u} du over u > 0. So with φ(u) = E
//! e^{−uX}
//!
//! ```text
//! E ln(1 + S)                = ∫ (1 − φ(u)^N) e^{−u} du/u
//! E Σ_s J_s X_s/(1 + S)      = ∫ N E[J X e^{−uX}] φ(u)^{N−1} e^{−u} du,   J_s a number that goes with X_s
//! ```
//!
//! exactly: no mean is moved inside the logarithm, where it would be a bound by Jensen's inequality. In t =
//! ln u both integrands are analytic and bounded where |Im t| < π/2, so the trapezoidal rule with step h errs
//! by about e^{−π²/h}.
//!
//! Source: theory.md (4.6c).

/// Step of the trapezoidal rule in ln u: e^{−π²/h} is below the rounding of double precision.
const STEP: f64 = 0.125;
/// ln u beyond which e^{−u} is nothing.
const LAST: f64 = 4.0;
/// −ln(N u) from which on what is left out, of order N u, is nothing.
const FIRST: f64 = 42.0;

/// One value that X can have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub probability: f64,
    /// X, in [0, 1].
    pub value: f64,
    /// J, not negative.
    pub gap: f64,
}

/// E ln(1 + S) with N = `count` ≥ 0. Probabilities may add to less than 1: X is 0 for the rest.
pub(super) fn mean_log(count: usize, law: &[Outcome]) -> f64 {
    integral(count, |u| -log_power(count as f64, law, u).exp_m1())
}

/// E Σ_s J_s X_s/(1 + S) with N = `count` ≥ 0.
pub(super) fn mean_weighted_gap(count: usize, law: &[Outcome]) -> f64 {
    let n = count as f64;
    integral(count, |u| {
        let pulled = |o: &Outcome| o.probability * o.gap * o.value * (-u * o.value).exp();
        u * n * law.iter().map(pulled).sum::<f64>() * log_power(n - 1.0, law, u).exp()
    })
}

/// n ln φ(u).
fn log_power(n: f64, law: &[Outcome], u: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    let missing: f64 = law.iter().map(|o| -o.probability * (-u * o.value).exp_m1()).sum();
    n * (-missing.min(1.0)).ln_1p()
}

/// ∫ g(u) e^{−u} du/u over u > 0.
fn integral(count: usize, g: impl Fn(f64) -> f64) -> f64 {
    let first = -FIRST - (count.max(1) as f64).ln();
    let nodes = ((LAST - first) / STEP).ceil() as usize;
    let values = (0..=nodes).map(|node| {
        let u = (first + STEP * node as f64).exp();
        g(u) * (-u).exp()
    });
    STEP * values.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use featurescope_sim::math::special::binomial_pmf;

    /// S ~ Bin(N, q), added up term by term, to rounding.
    #[test]
    fn counts_agree_with_direct_summation() {
        let mut compared = 0;
        for count in [1, 2, 7, 256, 100_000] {
            for q in [1.0, 0.5, 0.03, 1e-3, 1e-9, 1e-40] {
                let law = [Outcome { probability: q, value: 1.0, gap: 3.0 }];
                let pmf = binomial_pmf(count, q);
                let sum = |g: &dyn Fn(f64) -> f64| {
                    pmf.iter().enumerate().map(|(k, probability)| probability * g(k as f64)).sum::<f64>()
                };
                let logarithm = sum(&|k: f64| k.ln_1p());
                let weighted = sum(&|k: f64| 3.0 * k / (1.0 + k));
                for (found, expected) in
                    [(mean_log(count, &law), logarithm), (mean_weighted_gap(count, &law), weighted)]
                {
                    // A binomial law of n terms is itself added up with n roundings.
                    let allowed = (1e-13 + 1e-16 * count as f64) * expected;
                    assert!((found - expected).abs() <= allowed, "{count}, {q}: {found} against {expected}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 60);
    }

    /// Two negatives with three values each: all nine pairs.
    #[test]
    fn two_negatives_agree_with_all_pairs() {
        let law = [(0.2, 1.0, 0.0), (0.5, 0.3, 1.0), (0.3, 0.09, 2.0)]
            .map(|(probability, value, gap)| Outcome { probability, value, gap });
        let (mut logarithm, mut weighted) = (0.0, 0.0);
        for a in law {
            for b in law {
                let (both, sum) = (a.probability * b.probability, a.value + b.value);
                logarithm += both * sum.ln_1p();
                weighted += both * (a.gap * a.value + b.gap * b.value) / (1.0 + sum);
            }
        }
        assert!((mean_log(2, &law) - logarithm).abs() < 1e-14);
        assert!((mean_weighted_gap(2, &law) - weighted).abs() < 1e-14);
        assert_eq!((mean_log(0, &law), mean_weighted_gap(0, &law)), (0.0, 0.0), "no negative, no loss");
    }
}

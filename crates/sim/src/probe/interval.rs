//! Scores of several targets on the same fresh samples, and how well these samples determine them.
//!
//! Both scores are one minus a ratio of sums over samples, `score_t` = 1 − Σᵢ aᵢₜ / Σᵢ bᵢₜ, and what is reported is the
//! mean over the targets. All targets share the samples, so the unit that is resampled is the sample, not the
//! (sample, target) pair: to first order
//!
//! ```text
//! Var score = (1/n²) Σᵢ ψᵢ²,   ψᵢ = mean over t of (aᵢₜ − (1 − score_t) bᵢₜ) / mean(b_t)
//! ```
//!
//! R² takes score ± 1.96 √Var. Accuracy takes the Wilson interval with the number of samples that would give the
//! same variance, `n_eff` = s (1 − s)/Var: for one target and no guesses that is the number of samples scored.
//!
//! The interval answers: how far could another test set have moved this score? Other targets, other training labels
//! and other runs are not in it; the spread over targets is reported beside it.
//!
//! Source: Cochran, "Sampling Techniques" (3rd ed.), section 2.11 (ratio estimates); Wilson (1927).

/// 97.5 % quantile of the normal law.
const Z: f64 = 1.959_963_984_540_054;

/// A score and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    pub mean: f64,
    pub variance: f64,
    /// Standard deviation over targets; `None` for a single one.
    pub deviation_over_targets: Option<f64>,
    /// Mean number of samples scored per target.
    pub scored: f64,
    pub targets: usize,
}

/// The score of `errors[t][i]` = (aᵢₜ, bᵢₜ). `None` if all b of a target are zero.
pub(super) fn score(errors: &[Vec<(f64, f64)>]) -> Option<Score> {
    let (targets, samples) = (errors.len(), errors[0].len());
    let mut influence = vec![0.0; samples];
    let mut scores = Vec::with_capacity(targets);
    let mut scored = 0.0;
    for errors in errors {
        let (a, b) = errors.iter().fold((0.0, 0.0), |(a, b), e| (a + e.0, b + e.1));
        if b == 0.0 {
            return None;
        }
        let ratio = a / b;
        let weight = samples as f64 / (b * targets as f64);
        influence.iter_mut().zip(errors).for_each(|(sum, e)| *sum += weight * (e.0 - ratio * e.1));
        scores.push(1.0 - ratio);
        scored += errors.iter().filter(|e| e.1 > 0.0).count() as f64 / targets as f64;
    }
    let mean = scores.iter().sum::<f64>() / targets as f64;
    let squares: f64 = scores.iter().map(|s| (s - mean) * (s - mean)).sum();
    Some(Score {
        mean,
        variance: influence.iter().map(|psi| psi * psi).sum::<f64>() / (samples * samples) as f64,
        deviation_over_targets: (targets > 1).then(|| (squares / (targets - 1) as f64).sqrt()),
        scored,
        targets,
    })
}

impl Score {
    /// 95 % interval by the delta method.
    pub fn normal_interval(&self) -> (f64, f64) {
        let half = Z * self.variance.sqrt();
        (self.mean - half, self.mean + half)
    }

    /// 95 % Wilson interval, for a score that is a proportion.
    pub fn wilson_interval(&self) -> (f64, f64) {
        let s = self.mean;
        let most = self.scored * self.targets as f64;
        // No error at all says nothing about the variance; then every sample counts once, whatever the targets.
        let n = if self.variance > 0.0 { (s * (1.0 - s) / self.variance).min(most) } else { self.scored };
        let shrink = 1.0 + Z * Z / n;
        let centre = (s + Z * Z / (2.0 * n)) / shrink;
        let half = Z / shrink * (s * (1.0 - s) / n + Z * Z / (4.0 * n * n)).sqrt();
        (centre - half, centre + half)
    }
}

#[cfg(test)]
mod tests {
    use super::super::logistic;
    use super::super::samples::labels_of;
    use super::*;

    /// 8 of 10 right: Wilson's textbook interval (0.4902, 0.9433); samples without class do not count.
    #[test]
    fn one_target_gives_the_plain_wilson_interval() {
        let mut errors: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(u8::from(i < 2)), 1.0)).collect();
        errors.extend([(0.0, 0.0); 5]);
        let score = score(&[errors]).unwrap();
        let (lower, upper) = score.wilson_interval();
        assert!((score.mean - 0.8).abs() < 1e-12 && score.scored == 10.0);
        assert!((lower - 0.4902).abs() < 1e-4 && (upper - 0.9433).abs() < 1e-4, "{lower} {upper}");
    }

    #[test]
    fn the_same_target_twice_narrows_nothing_and_a_perfect_score_stays_below_one() {
        let errors: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(u8::from(i % 7 == 0)), 1.0)).collect();
        let twice = [errors.clone(), errors];
        let (one, two) = (score(&twice[..1]).unwrap(), score(&twice).unwrap());
        assert!((one.wilson_interval().0 - two.wilson_interval().0).abs() < 1e-12);
        assert_eq!((one.deviation_over_targets, two.deviation_over_targets), (None, Some(0.0)));

        let perfect = score(&[vec![(0.0, 1.0); 100], vec![(0.0, 1.0); 100]]).unwrap();
        let (lower, upper) = perfect.wilson_interval();
        assert!((lower - 100.0 / (100.0 + Z * Z)).abs() < 1e-12 && (upper - 1.0).abs() < 1e-12);
    }

    #[test]
    fn labels_that_are_all_zero_have_no_score() {
        assert!(score(&[vec![(1.0, 1.0); 3], vec![(0.0, 0.0); 3]]).is_none());
    }

    /// Two targets that share their samples, redrawn 600 times: the stated variance is the observed one.
    #[test]
    fn the_variance_is_that_of_repeated_test_sets() {
        let (samples, repeats) = (200, 600);
        let draw = |repeat: u64| {
            let y = labels_of(3, samples, 100 + repeat);
            let target = |t: usize| {
                let errors = (0..samples).map(|i| {
                    let (signal, noise) = (y[(0, i)] + 0.5 * y[(t, i)], 0.7 * y[(2, i)]);
                    super::super::ridge::relative_error(signal + noise, signal)
                });
                errors.collect::<Vec<_>>()
            };
            score(&[target(0), target(1)]).unwrap()
        };
        let scores: Vec<Score> = (0..repeats).map(draw).collect();
        let mean = scores.iter().map(|s| s.mean).sum::<f64>() / repeats as f64;
        let observed = scores.iter().map(|s| (s.mean - mean).powi(2)).sum::<f64>() / (repeats - 1) as f64;
        let stated = scores.iter().map(|s| s.variance).sum::<f64>() / repeats as f64;
        // A variance from 600 nearly normal values has a relative standard error of √(2/599) = 0.058; four of them,
        // and 0.02 for the second order that the delta method leaves out.
        assert!((stated / observed - 1.0).abs() < 4.0 * 0.058 + 0.02, "{stated} {observed}");
    }

    /// The Wilson interval covers the true accuracy in 95 % of 600 test sets, within four standard errors (0.036).
    #[test]
    fn the_wilson_interval_covers() {
        let (samples, repeats) = (80, 600);
        let covered = (0..repeats).filter(|&repeat| {
            let y = labels_of(2, samples, 1000 + repeat);
            // Right with probability Φ(1.2) = 0.8849, independently.
            let errors = (0..samples).map(|i| logistic::relative_error(y[(0, i)] + 1.2, 1.0)).collect();
            let (lower, upper) = score(&[errors]).unwrap().wilson_interval();
            (lower..upper).contains(&0.884_93)
        });
        let rate = covered.count() as f64 / repeats as f64;
        assert!((rate - 0.95).abs() < 0.036, "{rate}");
    }
}

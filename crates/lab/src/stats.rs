//! Intervals and corrections: every figure over seeds comes with what it is known to.
//!
//! | what | how |
//! |---|---|
//! | mean over seeds | Student t, n − 1 degrees of freedom |
//! | slope over sizes | least squares, standard error by resampling seeds within each size, Student t |
//! | statistic of one sample | percentile bootstrap |
//! | share of counted things | Wilson's score interval |
//! | many statements at once | Holm's step-down correction: the level of each interval |
//!
//! Resampling draws from a [`Stream`] with a fixed seed, [`BOOTSTRAP_SEED`]: equal data give equal intervals, bit for
//! bit. A statement is decided at level 1 − α exactly where its interval at that level leaves no doubt, so Holm's
//! correction of the tests is the same as widening the intervals.
//!
//! Source: Wilson (1927); Holm (1979); Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 6 and
//! 13; the factor √(n/(n − 1)) for few observations: Hesterberg, "What Teachers Should Know about the Bootstrap"
//! (2015), section 3.

use featurescope_sim::math::special::normal_tail;
use featurescope_sim::math::{Purpose, Stream, random::Part};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Seed of all resampling.
pub const BOOTSTRAP_SEED: u64 = 1979;
/// Resamples behind a standard error or a percentile interval.
pub const RESAMPLES: u32 = 2000;

/// How an interval came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Mean ± t·s/√n.
    StudentT,
    /// Slope ± t·(bootstrap standard error).
    BootstrapStandardError,
    /// Quantiles of the resampled statistic.
    BootstrapPercentile,
    /// Wilson's score interval of a proportion.
    Wilson,
}

/// A figure and its interval: never a bare mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure itself.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Confidence level of the interval, in (0, 1).
    pub level: f64,
    /// Independent observations behind it: seeds, or things counted.
    pub count: usize,
    /// How the interval came about.
    pub method: Method,
}

/// A figure with a standard error: its interval at any level, and how surely it lies on one side of a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located {
    /// The figure itself.
    pub value: f64,
    /// Its standard error; 0 where all observations agree.
    pub standard_error: f64,
    /// Degrees of freedom of the standard error, ≥ 1.
    pub freedom: f64,
    /// Observations.
    pub count: usize,
    /// What the interval is called.
    pub method: Method,
}

impl Located {
    /// The mean of independent observations; `None` with fewer than two, or if one is not finite.
    pub fn mean(values: &[f64]) -> Option<Self> {
        let (value, variance) = mean_and_variance(values)?;
        let n = values.len();
        Some(Self {
            value,
            standard_error: (variance / n as f64).sqrt(),
            freedom: (n - 1) as f64,
            count: n,
            method: Method::StudentT,
        })
    }

    /// The slope of the least-squares line through all (x, y), given as (x, the y of every seed).
    ///
    /// Seeds are resampled within each x. `None` with fewer than two different x, without repetitions at some x, or if
    /// a number is not finite. For an exponent give logarithms.
    pub fn slope(groups: &[(f64, Vec<f64>)]) -> Option<Self> {
        let fewest = groups.iter().map(|(_, y)| y.len()).min()?;
        if fewest < 2 || groups.iter().any(|(x, y)| !x.is_finite() || y.iter().any(|y| !y.is_finite())) {
            return None;
        }
        let value = least_squares_slope(groups.iter().flat_map(|(x, y)| y.iter().map(|&y| (*x, y))))?;
        let slopes: Vec<f64> = (0..RESAMPLES)
            .filter_map(|round| {
                let stream = Stream::new(BOOTSTRAP_SEED, Purpose::MonteCarlo, round);
                least_squares_slope(groups.iter().enumerate().flat_map(|(g, (x, y))| {
                    resampled(&stream, g as u32, y.len()).into_iter().map(move |i| (*x, y[i]))
                }))
            })
            .collect();
        let (_, variance) = mean_and_variance(&slopes)?;
        let count = groups.iter().map(|(_, y)| y.len()).sum();
        let few = fewest as f64 / (fewest - 1) as f64;
        Some(Self {
            value,
            standard_error: (variance * few).sqrt(),
            freedom: (count - groups.len()) as f64,
            count,
            method: Method::BootstrapStandardError,
        })
    }

    /// The interval of this confidence level in (0, 1).
    pub fn interval(&self, level: f64) -> Estimate {
        let half = self.standard_error * t_quantile(self.freedom, level);
        Estimate {
            value: self.value,
            lower: self.value - half,
            upper: self.value + half,
            level,
            count: self.count,
            method: self.method,
        }
    }

    /// The α for which the interval of level 1 − α just reaches `bound`: the two-sided p-value of "it is `bound`".
    pub fn p_value(&self, bound: f64) -> f64 {
        let distance = (self.value - bound).abs();
        if self.standard_error == 0.0 {
            return 0.0;
        }
        let t = distance / self.standard_error;
        StudentsT::new(0.0, 1.0, self.freedom).map_or(1.0, |law| 2.0 * law.sf(t))
    }
}

/// How many standard errors an interval of this level reaches to each side.
fn t_quantile(freedom: f64, level: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |law| law.inverse_cdf(0.5 * (1.0 + level)))
}

fn mean_and_variance(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    // From the first value, so that equal observations have exactly that mean and variance 0.
    let mean = values[0] + values.iter().map(|v| v - values[0]).sum::<f64>() / n;
    Some((mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)))
}

/// Slope of the least-squares line; `None` unless there are two different x.
pub fn least_squares_slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (xx, xy) =
        points.fold((0.0, 0.0), |(xx, xy), p| (xx + (p.0 - x) * (p.0 - x), xy + (p.0 - x) * (p.1 - y)));
    (xx > 0.0).then(|| xy / xx)
}

/// n indices below n, drawn with replacement.
fn resampled(stream: &Stream, row: u32, n: usize) -> Vec<usize> {
    let mut reader = stream.reader(Part::Latent, row);
    (0..n).map(|_| reader.below(n as u32) as usize).collect()
}

/// The interval between the quantiles of `statistic` over resamples of `count` observations, which it gets by index.
///
/// `None` with fewer than two observations, or if the statistic of the observations themselves is not finite. Resamples
/// on which it is not defined are left out.
pub fn bootstrap_percentile(
    count: usize,
    level: f64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Option<Estimate> {
    let value = statistic(&(0..count).collect::<Vec<_>>());
    if count < 2 || !value.is_finite() {
        return None;
    }
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|round| {
            let stream = Stream::new(BOOTSTRAP_SEED, Purpose::MonteCarlo, round);
            statistic(&resampled(&stream, 0, count))
        })
        .filter(|v| v.is_finite())
        .collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)? as f64;
    let at = |share: f64| values[(share * last).round() as usize];
    let tail = 0.5 * (1.0 - level);
    let (lower, upper) = (at(tail), at(1.0 - tail));
    Some(Estimate { value, lower, upper, level, count, method: Method::BootstrapPercentile })
}

/// Wilson's score interval of `successes` among `trials`; `None` without a trial.
pub fn wilson(successes: usize, trials: usize, level: f64) -> Option<Estimate> {
    if trials == 0 {
        return None;
    }
    let (n, share) = (trials as f64, successes as f64 / trials as f64);
    let z = normal_quantile(0.5 * (1.0 - level));
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    Some(Estimate {
        value: share,
        lower: (centre - half).max(0.0),
        upper: (centre + half).min(1.0),
        level,
        count: trials,
        method: Method::Wilson,
    })
}

/// z with Pr(N(0, 1) > z) = `tail`, `tail` in (0, ½], by bisection to the last bit.
fn normal_quantile(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if normal_tail(middle) > tail { low = middle } else { high = middle }
    }
    low
}

/// The level at which each of n tests may be decided so that all decisions together are wrong with probability ≤ α.
///
/// Holm: in ascending order the k-th smallest p-value (k = 0, 1, …) has to stay below α/(n − k); after the first one
/// that does not, none is decided. Each test gets 1 − α/(n − k), and those after the first failure the level at which
/// it failed, which they fail as well. p-values that are NaN belong to no test and get 1 − α.
pub fn holm_levels(p_values: &[f64], alpha: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut levels = vec![1.0 - alpha; p_values.len()];
    let mut failed: Option<f64> = None;
    for (rank, &test) in order.iter().enumerate() {
        let share = failed.unwrap_or(alpha / (order.len() - rank) as f64);
        if failed.is_none() && p_values[test] >= share {
            failed = Some(share);
        }
        levels[test] = 1.0 - share;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normals(n: usize, row: u32) -> Vec<f64> {
        let stream = Stream::new(77, Purpose::MonteCarlo, 5);
        let mut reader = stream.reader(Part::Dense, row);
        (0..n).map(|_| reader.normal()).collect()
    }

    /// Tabulated t quantiles: 97.5 % at 1, 4 and 9 degrees of freedom, 99.5 % at 4.
    #[test]
    fn t_quantiles_at_tabulated_points() {
        for (freedom, level, expected) in
            [(1.0, 0.95, 12.706), (4.0, 0.95, 2.776), (9.0, 0.95, 2.262), (4.0, 0.99, 4.604)]
        {
            assert!((t_quantile(freedom, level) - expected).abs() < 6e-4, "{freedom}, {level}");
        }
    }

    /// 1, 2, 3, 4, 5: mean 3, s = 1.5811, half width 2.776·s/√5 = 1.963.
    #[test]
    fn mean_of_a_worked_example() {
        let located = Located::mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let interval = located.interval(0.95);
        assert!((interval.value - 3.0).abs() < 1e-15 && (interval.upper - 4.963).abs() < 1e-3);
        assert!((interval.lower - 1.037).abs() < 1e-3 && interval.count == 5);
        assert!((located.p_value(interval.upper) - 0.05).abs() < 1e-9, "an interval ends where p = α");
        assert_eq!(Located::mean(&[1.0]), None);
        assert_eq!(Located::mean(&[1.0, f64::NAN]), None);
    }

    /// Share of 2000 t intervals of 5 normal numbers that hold the truth: .95 to 3 standard errors (.0146).
    #[test]
    fn t_intervals_cover_as_often_as_they_say() {
        let covers = |row| {
            let interval = Located::mean(&normals(5, row)).unwrap().interval(0.95);
            interval.lower <= 0.0 && 0.0 <= interval.upper
        };
        let share = (0..2000).filter(|&row| covers(row)).count() as f64 / 2000.0;
        assert!((share - 0.95).abs() < 0.0146, "{share}");
    }

    /// Slope 2 in three sizes with five seeds each: 200 intervals of level .95 hold it in .95 ± .046 (3 standard
    /// errors), and an exact line has no doubt.
    #[test]
    fn slopes_are_found_and_covered() {
        let groups = |noise: f64, row: u32| -> Vec<(f64, Vec<f64>)> {
            let y = normals(15, row);
            (0..3)
                .map(|g| {
                    (
                        f64::from(g),
                        (0..5).map(|i| 2.0 * f64::from(g) + noise * y[5 * g as usize + i]).collect(),
                    )
                })
                .collect()
        };
        let exact = Located::slope(&groups(0.0, 0)).unwrap();
        assert!((exact.value - 2.0).abs() < 1e-12 && exact.standard_error < 1e-12);
        let covers = |row| {
            let interval = Located::slope(&groups(1.0, row)).unwrap().interval(0.95);
            interval.lower <= 2.0 && 2.0 <= interval.upper
        };
        let share = (0..200).filter(|&row| covers(row)).count() as f64 / 200.0;
        assert!((share - 0.95).abs() < 0.046, "{share}");
        assert_eq!(Located::slope(&groups(1.0, 0)[..1]), None, "one size has no slope");
        assert_eq!(Located::slope(&[(0.0, vec![1.0]), (1.0, vec![2.0])]), None, "one seed each");
    }

    /// The percentile interval of a mean of 200 normal numbers: within 10 % of ±1.96/√200 around it.
    #[test]
    fn percentile_interval_of_a_mean() {
        let y = normals(200, 1);
        let mean = |indices: &[usize]| indices.iter().map(|&i| y[i]).sum::<f64>() / indices.len() as f64;
        let interval = bootstrap_percentile(200, 0.95, mean).unwrap();
        let (_, variance) = mean_and_variance(&y).unwrap();
        let half = 1.96 * (variance / 200.0).sqrt();
        assert!(((interval.upper - interval.value) / half - 1.0).abs() < 0.1);
        assert!(((interval.value - interval.lower) / half - 1.0).abs() < 0.1);
        assert_eq!(Some(interval), bootstrap_percentile(200, 0.95, mean), "equal data, equal bits");
        assert_eq!(bootstrap_percentile(1, 0.95, mean), None);
    }

    /// Newcombe (1998), table I: 81 of 263 gives (.2553, .3662), 0 of 20 gives (0, .1611).
    #[test]
    fn wilson_at_published_points() {
        let interval = wilson(81, 263, 0.95).unwrap();
        assert!((interval.lower - 0.2553).abs() < 1e-4 && (interval.upper - 0.3662).abs() < 1e-4);
        let none = wilson(0, 20, 0.95).unwrap();
        assert!(none.lower < 1e-12 && (none.upper - 0.1611).abs() < 1e-4);
        assert_eq!(wilson(0, 0, 0.95), None);
    }

    /// p = .01, .04, .03, .005 at α = .05: .005 < .0125 and .01 < .0167 pass, .03 ≥ .025 fails, and with it .04.
    #[test]
    fn holm_steps_down_and_stops() {
        let levels = holm_levels(&[0.01, 0.04, 0.03, 0.005, f64::NAN], 0.05);
        let alphas: Vec<f64> = levels.iter().map(|level| 1.0 - level).collect();
        for (alpha, expected) in alphas.iter().zip([0.05 / 3.0, 0.025, 0.025, 0.0125, 0.05]) {
            assert!((alpha - expected).abs() < 1e-12, "{alphas:?}");
        }
        assert_eq!(holm_levels(&[], 0.05), Vec::<f64>::new());
    }

    #[test]
    fn equal_observations_leave_no_doubt() {
        let located = Located::mean(&[0.1 + 0.2; 3]).unwrap();
        let interval = located.interval(0.999);
        assert!(interval.lower == interval.upper && located.p_value(0.5) == 0.0);
    }
}

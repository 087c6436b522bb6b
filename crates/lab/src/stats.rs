//! Intervals and corrections: every figure over seeds comes with what it is known to.
//!
//! | what | how |
//! |---|---|
//! | mean over seeds | Student t, n − 1 degrees of freedom; never outside what the figure can be |
//! | mean share of counted things | the wider of two: Student t over seeds, binomial over all things, both on the arcsine scale |
//! | slope over sizes, the same seeds everywhere | Student t over the slopes of the seeds |
//! | slope over sizes, other seeds | least squares, variance seed by seed at every size, Student t |
//! | statistic of one sample | percentile bootstrap |
//! | share of counted things | Wilson's score interval |
//! | many statements at once | Holm's step-down correction: the level of each interval |
//!
//! Resampling draws from a [`Stream`] with a fixed seed, [`BOOTSTRAP_SEED`]: equal data give equal intervals,
//! bit for bit. A statement is decided at level 1 − α exactly where its interval at that level leaves no
//! doubt, so Holm's correction of the tests is the same as widening the intervals.
//!
//! Source: Wilson (1927); Holm (1979); Anscombe, "The transformation of Poisson, binomial and
//! negative-binomial data" (1948); Hájek, "Inequalities for the generalized Student's distribution and their
//! applications" (1962); Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

use featurescope_sim::math::special::normal_tail;
use featurescope_sim::math::{Purpose, Stream, random::Part};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Seed of all resampling.
pub const BOOTSTRAP_SEED: u64 = 1979;
/// Resamples behind a percentile interval.
pub const RESAMPLES: u32 = 2000;
/// Share of the sum of squares of x below which an x lies at their mean, but for rounding.
const ROUNDING: f64 = 1e-20;

/// How an interval came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Mean ± t·s/√n.
    StudentT,
    /// Slope of the line through all seeds ± t·(its standard error).
    #[serde(alias = "bootstrap_standard_error")]
    LeastSquares,
    /// Mean over seeds of the slope of each ± t·s/√n.
    SlopePerSeed,
    /// The wider of two intervals of a mean share: spread over seeds, and the noise of counting.
    CountedShare,
    /// Quantiles of the resampled statistic.
    BootstrapPercentile,
    /// Wilson's score interval of a proportion.
    Wilson,
}

impl Method {
    /// Whether the figure is a slope.
    pub fn is_slope(self) -> bool {
        matches!(self, Self::LeastSquares | Self::SlopePerSeed)
    }
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

/// The values that a figure can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Any number.
    Any,
    /// Those between two numbers, ends included.
    Within(f64, f64),
    /// A share of so many things, each of which counts or does not.
    ShareOf(f64),
}

/// A figure with a standard error: its interval at any level, and how surely it lies on one side of a bound.
///
/// A share is located on the scale on which the noise of counting n things is the same everywhere:
/// s(p) = arcsin √((np + 3/8)/(n + 3/4)), variance 1/(4n + 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located {
    /// The figure itself.
    pub value: f64,
    /// Observations.
    pub count: usize,
    /// What the interval is called.
    pub method: Method,
    range: Range,
    /// The figure on its scale.
    centre: f64,
    /// Standard error over seeds, on that scale; 0 where all observations agree.
    standard_error: f64,
    /// Degrees of freedom of the standard error, ≥ 1.
    freedom: f64,
    /// Standard deviation on that scale of what is only counted; 0 where nothing is.
    counting_error: f64,
}

impl Located {
    /// The mean of independent observations; `None` with fewer than two, or if one is not finite.
    pub fn mean(values: &[f64]) -> Option<Self> {
        Self::mean_within(values, Range::Any)
    }

    /// The mean of independent observations of a figure that cannot leave `range`.
    pub fn mean_within(values: &[f64], range: Range) -> Option<Self> {
        let (value, _) = mean_and_variance(values)?;
        let scaled: Vec<f64> = values.iter().map(|&v| range.scaled(v)).collect();
        let (centre, variance) = mean_and_variance(&scaled)?;
        let n = values.len() as f64;
        let (method, counting_error) = match range {
            Range::ShareOf(things) => (Method::CountedShare, (n * (4.0 * things + 2.0)).sqrt().recip()),
            _ => (Method::StudentT, 0.0),
        };
        let (count, standard_error, freedom) = (values.len(), (variance / n).sqrt(), n - 1.0);
        Some(Self { value, count, method, range, centre, standard_error, freedom, counting_error })
    }

    /// The slope of the least-squares line through all (x, y), given as (x, the y of every seed). The seeds
    /// of one x may be others than those of another.
    ///
    /// Its variance is Σ_x n_x c_x² s_x² with c_x = (x − x̄)/Σ(x − x̄)². Its degrees of freedom are the
    /// fewest that any x with c_x ≠ 0 has: with them the interval misses no more often than it says whatever
    /// the variances are (Hájek, 1962). Satterthwaite's approximation does not keep that: at level .9998 and
    /// five seeds it misses up to 3.5 times as often as it says.
    ///
    /// `None` with fewer than two different x, without repetitions at some x, or if a number is not finite.
    /// For an exponent give logarithms.
    pub fn slope(groups: &[(f64, Vec<f64>)]) -> Option<Self> {
        let points = || groups.iter().flat_map(|(x, y)| y.iter().map(|&y| (*x, y)));
        let value = least_squares_slope(points()).filter(|slope| slope.is_finite())?;
        let count = points().count();
        let mean = points().map(|(x, _)| x).sum::<f64>() / count as f64;
        let spread: f64 = points().map(|(x, _)| (x - mean).powi(2)).sum();
        let (mut variance, mut freedom) = (0.0, f64::INFINITY);
        for (x, y) in groups {
            let (_, of_seed) = mean_and_variance(y)?;
            let n = y.len() as f64;
            // What one x contributes to the sum of squares, as a share of it; rounding leaves a little.
            if n * (x - mean).powi(2) > ROUNDING * spread {
                variance += n * ((x - mean) / spread).powi(2) * of_seed;
                freedom = freedom.min(n - 1.0);
            }
        }
        Some(Self::of_slope(value, variance.sqrt(), freedom, count, Method::LeastSquares))
    }

    /// The mean over seeds of each seed's least-squares slope, given as (x, the y of every seed) with the
    /// seeds in the same order everywhere.
    ///
    /// Seeds are independent, what one seed does at several x need not be. So this interval is exact where
    /// that of [`Self::slope`] presumes independence, and it does not ask how variances change with x.
    pub fn slope_per_seed(groups: &[(f64, Vec<f64>)]) -> Option<Self> {
        let seeds = groups.first()?.1.len();
        if groups.iter().any(|(_, y)| y.len() != seeds) {
            return None;
        }
        let of_seed = |i: usize| least_squares_slope(groups.iter().map(|(x, y)| (*x, y[i])));
        let slopes: Vec<f64> = (0..seeds).map(of_seed).collect::<Option<_>>()?;
        let (value, variance) = mean_and_variance(&slopes)?;
        let n = seeds as f64;
        Some(Self::of_slope(
            value,
            (variance / n).sqrt(),
            n - 1.0,
            seeds * groups.len(),
            Method::SlopePerSeed,
        ))
    }

    fn of_slope(value: f64, standard_error: f64, freedom: f64, count: usize, method: Method) -> Self {
        let (range, counting_error) = (Range::Any, 0.0);
        Self { value, count, method, range, centre: value, standard_error, freedom, counting_error }
    }

    /// The interval of this confidence level in (0, 1).
    pub fn interval(&self, level: f64) -> Estimate {
        let over_seeds = self.standard_error * t_quantile(self.freedom, level);
        let half = over_seeds.max(self.counting_error * normal_quantile(0.5 * (1.0 - level)));
        let end = |scaled: f64| self.range.unscaled(scaled);
        Estimate {
            value: self.value,
            // The mean of shares is not quite the share of the mean.
            lower: end(self.centre - half).min(self.value),
            upper: end(self.centre + half).max(self.value),
            level,
            count: self.count,
            method: self.method,
        }
    }

    /// The α for which the interval of level 1 − α just reaches `bound`: the two-sided p-value of "it is
    /// `bound`".
    pub fn p_value(&self, bound: f64) -> f64 {
        let distance = (self.centre - self.range.scaled(bound)).abs();
        let over_seeds = match self.standard_error {
            0.0 => 0.0,
            error => StudentsT::new(0.0, 1.0, self.freedom).map_or(1.0, |law| 2.0 * law.sf(distance / error)),
        };
        let counted = match self.counting_error {
            0.0 => 0.0,
            error => 2.0 * normal_tail(distance / error),
        };
        f64::max(over_seeds, counted)
    }
}

impl Range {
    /// On the scale on which intervals are symmetric.
    fn scaled(self, value: f64) -> f64 {
        match self {
            Self::ShareOf(n) => ((n * value.clamp(0.0, 1.0) + 0.375) / (n + 0.75)).sqrt().asin(),
            _ => value,
        }
    }

    /// Back from there, never outside the range.
    fn unscaled(self, scaled: f64) -> f64 {
        match self {
            Self::Any => scaled,
            Self::Within(lowest, highest) => scaled.clamp(lowest, highest),
            Self::ShareOf(n) => {
                let square = scaled.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2);
                ((square * (n + 0.75) - 0.375) / n).clamp(0.0, 1.0)
            }
        }
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

/// The interval between the quantiles of `statistic` over resamples of `count` observations, which it gets by
/// index.
///
/// `None` with fewer than two observations, or if the statistic of the observations themselves is not finite.
/// Resamples on which it is not defined are left out.
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
            let stream = Stream::new(BOOTSTRAP_SEED, Purpose::MONTE_CARLO, round);
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

/// The level at which each of n tests may be decided so that all decisions together are wrong with
/// probability ≤ α.
///
/// Holm: in ascending order the k-th smallest p-value (k = 0, 1, …) has to stay below α/(n − k); after the
/// first one that does not, none is decided. Each test gets 1 − α/(n − k), and those after the first failure
/// the level at which it failed, which they fail as well. p-values that are NaN belong to no test and get 1 −
/// α.
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
mod tests;

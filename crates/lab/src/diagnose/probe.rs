//! A linear probe on representations from elsewhere: classes by one-against-the-rest logistic regression, values by ridge
//! regression.
//!
//! Samples are shuffled by a fixed seed; three fifths fit the rule, a fifth chooses its regularisation, the last fifth
//! scores it once. Features lose their mean and get a constant column beside them, because other networks' representations
//! are not centred.
//!
//! Source: docs/report.md.

use super::Labels;
use crate::stats::wilson;
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream, linalg};
use featurescope_sim::probe::{TrainingFeatures, logistic, ridge};

/// Samples that a probe needs.
const FEWEST_SAMPLES: usize = 20;
/// Classes that are fitted: the cost grows with their number.
const MOST_CLASSES: usize = 100;
const SEED: u64 = 0;
const LEVEL: f64 = 0.95;

/// What a linear rule reads off.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `accuracy` or `R²`.
    pub unit: &'static str,
    /// The score on held-out samples.
    pub score: f64,
    /// 95 % interval of an accuracy (Wilson).
    pub lower: Option<f64>,
    /// 95 % interval of an accuracy (Wilson).
    pub upper: Option<f64>,
    /// What the score is compared with, in words.
    pub chance_word: &'static str,
    /// Its value.
    pub chance: f64,
    /// Samples that it was scored on.
    pub test_samples: usize,
}

/// Training, validation and test samples.
struct Split {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

/// Fits and scores; `None` with too few samples, a single class, or too many of them.
pub fn fit(rows: &Matrix, labels: &Labels) -> Option<Probe> {
    let split = Split::new(rows.rows())?;
    let features = prepared(rows, &split.train);
    let grid: Vec<f64> = (-4..=2).map(|decade| 10f64.powi(decade)).collect();
    match labels {
        Labels::Classes(classes) => classify(&features, classes, &split, &grid),
        Labels::Values(values) => regress(&features, values, &split, &grid),
    }
}

impl Split {
    fn new(n: usize) -> Option<Self> {
        if n < FEWEST_SAMPLES {
            return None;
        }
        let stream = Stream::new(SEED, Purpose::ProbeTraining, 0);
        let mut keys: Vec<(u32, usize)> =
            (0..n).map(|i| (stream.reader(Part::Dense, i as u32).word(), i)).collect();
        keys.sort_unstable();
        let order: Vec<usize> = keys.into_iter().map(|key| key.1).collect();
        let (first, second) = (3 * n / 5, 4 * n / 5);
        Some(Self {
            train: order[..first].to_vec(),
            validation: order[first..second].to_vec(),
            test: order[second..].to_vec(),
        })
    }
}

/// Features minus their mean over the training samples, over their root mean square, and a constant.
fn prepared(rows: &Matrix, train: &[usize]) -> Matrix {
    let k = rows.cols();
    let mut mean = vec![0.0f64; k];
    for &i in train {
        mean.iter_mut().zip(rows.row(i)).for_each(|(m, &h)| *m += f64::from(h) / train.len() as f64);
    }
    let centred = |i: usize, j: usize| f64::from(rows[(i, j)]) - mean[j];
    let square: f64 = train.iter().map(|&i| (0..k).map(|j| centred(i, j).powi(2)).sum::<f64>()).sum();
    let scale = (square / (train.len() * k) as f64).sqrt();
    let scale = if scale > 0.0 { scale } else { 1.0 };
    Matrix::from_fn(rows.rows(), k + 1, |i, j| if j == k { 1.0 } else { (centred(i, j) / scale) as f32 })
}

fn chosen(features: &Matrix, samples: &[usize]) -> Matrix {
    Matrix::from_fn(samples.len(), features.cols(), |i, j| features[(samples[i], j)])
}

fn classify(features: &Matrix, classes: &[i64], split: &Split, grid: &[f64]) -> Option<Probe> {
    let mut known: Vec<i64> = split.train.iter().map(|&i| classes[i]).collect();
    known.sort_unstable();
    known.dedup();
    if !(2..=MOST_CLASSES).contains(&known.len()) {
        return None;
    }
    let labels = Matrix::from_fn(known.len(), split.train.len(), |c, i| {
        if classes[split.train[i]] == known[c] { 1.0 } else { -1.0 }
    });
    let train = chosen(features, &split.train);
    let rules = logistic::fit(&TrainingFeatures::new(&train, train.rows()), &labels, grid).weights.to_f32();
    let right = |samples: &[usize], j: usize| {
        let mut scores = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut scores, &chosen(features, samples), &rules);
        let answer = |row: &[f32]| {
            let score = |c: usize| row[c * grid.len() + j];
            (1..known.len()).fold(0, |best, c| if score(c) > score(best) { c } else { best })
        };
        let pairs = scores.iter_rows().zip(samples);
        pairs.filter(|(row, i)| known[answer(row)] == classes[**i]).count()
    };
    let best = (0..grid.len()).max_by_key(|&j| right(&split.validation, j))?;
    let test = &split.test;
    let estimate = wilson(right(test, best), test.len(), LEVEL)?;
    let frequent = known.iter().map(|c| split.train.iter().filter(|&&i| classes[i] == *c).count());
    let most = frequent.enumerate().max_by_key(|&(_, count)| count)?.0;
    let chance = test.iter().filter(|&&i| classes[i] == known[most]).count() as f64 / test.len() as f64;
    Some(Probe {
        unit: "accuracy",
        score: estimate.value,
        lower: Some(estimate.lower),
        upper: Some(estimate.upper),
        chance_word: "chance",
        chance,
        test_samples: test.len(),
    })
}

fn regress(features: &Matrix, values: &[f64], split: &Split, grid: &[f64]) -> Option<Probe> {
    let train = chosen(features, &split.train);
    let mean = split.train.iter().map(|&i| values[i]).sum::<f64>() / split.train.len() as f64;
    let labels = Matrix::from_fn(1, split.train.len(), |_, i| values[split.train[i]] - mean);
    let rules = ridge::fit(&TrainingFeatures::new(&train, train.rows()), &labels, grid).weights.to_f32();
    let r_squared = |samples: &[usize], j: usize| {
        let mut predictions = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut predictions, &chosen(features, samples), &rules);
        let centre = samples.iter().map(|&i| values[i]).sum::<f64>() / samples.len() as f64;
        let total: f64 = samples.iter().map(|&i| (values[i] - centre).powi(2)).sum();
        let miss = |(row, &i): (&[f32], &usize)| (values[i] - mean - f64::from(row[j])).powi(2);
        1.0 - predictions.iter_rows().zip(samples).map(miss).sum::<f64>() / total
    };
    let best = (0..grid.len())
        .max_by(|&a, &b| r_squared(&split.validation, a).total_cmp(&r_squared(&split.validation, b)))?;
    let score = r_squared(&split.test, best);
    score.is_finite().then_some(Probe {
        unit: "R²",
        score,
        lower: None,
        upper: None,
        chance_word: "the mean alone",
        chance: 0.0,
        test_samples: split.test.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize, j: usize) -> f32 {
        let mut reader = Stream::new(5, Purpose::MonteCarlo, j as u32).reader(Part::Dense, i as u32).normal();
        reader = reader.clamp(-3.0, 3.0);
        reader as f32
    }

    #[test]
    fn what_is_linear_is_read_off_and_what_is_not_there_is_not() {
        let rows = Matrix::from_fn(500, 8, |i, j| 5.0 + noise(i, j));
        let value = |i: usize| f64::from(2.0 * rows[(i, 1)] - rows[(i, 4)]);
        let probe = fit(&rows, &Labels::Values((0..500).map(value).collect())).unwrap();
        assert!(probe.score > 0.999 && probe.unit == "R²", "{probe:?}");
        let class = |i: usize| match rows[(i, 1)] {
            v if v < 4.3 => -7,
            v if v > 5.7 => 12,
            _ => 3,
        };
        let classes: Vec<i64> = (0..500).map(class).collect();
        let probe = fit(&rows, &Labels::Classes(classes)).unwrap();
        assert!(probe.score > 0.6 && probe.score > probe.chance + 0.1, "{probe:?}");
        let unrelated: Vec<i64> = (0..500).map(|i| i64::from(noise(i, 99) > 0.0)).collect();
        let probe = fit(&rows, &Labels::Classes(unrelated)).unwrap();
        assert!(probe.lower.unwrap() < 0.55, "{probe:?}");
    }

    #[test]
    fn too_little_to_learn_from_gives_no_probe() {
        let rows = Matrix::from_fn(19, 2, noise);
        assert!(fit(&rows, &Labels::Values(vec![0.5; 19])).is_none());
        let rows = Matrix::from_fn(40, 2, noise);
        assert!(fit(&rows, &Labels::Classes(vec![1; 40])).is_none());
        assert!(fit(&rows, &Labels::Values(vec![0.5; 40])).is_none());
    }
}

//! A linear probe on representations from elsewhere: classes by one-against-the-rest regression, values by
//! ridge regression.
//!
//! Samples are shuffled by a fixed seed; about three fifths fit the rule, a fifth chooses its regularisation,
//! a fifth scores it once. Classes are split one by one, so that each has samples in all three parts; a class
//! with fewer than three samples is left out. Features lose their mean and get a constant column beside them,
//! because other networks' representations are not centred.
//!
//! Up to [`MOST_LOGISTIC`] classes are fitted by logistic regression, more by ridge regression on ±1, whose
//! cost hardly grows with their number.
//!
//! Source: docs/diagnose.md; ridge regression for classes: Hastie, Tibshirani, Friedman, "The Elements of
//! Statistical Learning", section 4.2.

use super::sampling::shuffled;
use super::{Classes, Labels};
use crate::stats::wilson;
use featurescope_sim::math::{Matrix, linalg};
use featurescope_sim::probe::{LinearRules, TrainingFeatures, logistic, ridge};

/// Labelled samples that a prediction of values needs.
const FEWEST_SAMPLES: usize = 20;
/// Samples that a class needs: one to fit, one to choose, one to score.
const FEWEST_OF_A_CLASS: usize = 3;
/// Classes up to which the rule is logistic: its cost grows with their number.
pub const MOST_LOGISTIC: usize = 100;
/// Samples up to which ridge regression is solved at once, whatever the number of classes.
const MOST_AT_ONCE: usize = 1024;
const LEVEL: f64 = 0.95;

/// What a linear rule reads off, or why that cannot be said.
pub type ProbeResult = Result<Probe, String>;

/// What a linear rule reads off.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `accuracy` or `R²`.
    pub unit: &'static str,
    /// How the rule was fitted.
    pub rule: &'static str,
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
    /// Samples that it was fitted on.
    pub training_samples: usize,
    /// Samples that it was scored on.
    pub test_samples: usize,
    /// Classes that were told apart; 0 for values.
    pub classes: usize,
    /// Names of classes that were left out, because they have fewer than three samples.
    pub left_out: Vec<String>,
}

/// Training, validation and test samples.
struct Split {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

/// Fits and scores.
///
/// # Errors
/// Why there is no score: too few samples, or fewer than two classes of three samples.
pub fn fit(rows: &Matrix, labels: &Labels) -> ProbeResult {
    let grid: Vec<f64> = (-4..=2).map(|decade| 10f64.powi(decade)).collect();
    match labels {
        Labels::Classes(classes) => classify(rows, classes, &grid),
        Labels::Values(values) => regress(rows, values, &grid),
    }
}

impl Split {
    /// Three fifths, a fifth and a fifth of these samples.
    fn of(samples: &[usize]) -> Self {
        let n = samples.len();
        let (first, second) = (3 * n / 5, 4 * n / 5);
        Self {
            train: samples[..first].to_vec(),
            validation: samples[first..second].to_vec(),
            test: samples[second..].to_vec(),
        }
    }

    /// The same class by class: a fifth of each, but at least one sample, to choose and to score. Training
    /// samples come in rounds, one of each class that has more.
    fn by_class(members: &[Vec<usize>]) -> Self {
        let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
        for samples in members {
            let part = (samples.len() as f64 / 5.0).round().max(1.0) as usize;
            test.extend(&samples[..part]);
            validation.extend(&samples[part..2 * part]);
            train.extend(samples[2 * part..].iter().copied().enumerate());
        }
        train.sort_by_key(|&(round, _)| round);
        Self { train: train.into_iter().map(|(_, sample)| sample).collect(), validation, test }
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

fn classify(rows: &Matrix, classes: &Classes, grid: &[f64]) -> ProbeResult {
    let counts = classes.counts();
    let has_enough = |&class: &usize| counts[class] >= FEWEST_OF_A_CLASS;
    let known: Vec<usize> = (0..counts.len()).filter(has_enough).collect();
    if known.len() < 2 {
        return Err(format!(
            "{} of the {} classes have three samples or more, two are needed",
            known.len(),
            counts.len()
        ));
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); known.len()];
    let mut place: Vec<Option<usize>> = vec![None; rows.rows()];
    for i in shuffled(rows.rows()) {
        place[i] = classes.of[i].and_then(|class| known.binary_search(&(class as usize)).ok());
        if let Some(c) = place[i] {
            members[c].push(i);
        }
    }
    let mut split = Split::by_class(&members);
    let is_logistic = known.len() <= MOST_LOGISTIC;
    if !is_logistic && rows.cols() >= MOST_AT_ONCE && known.len() <= MOST_AT_ONCE {
        split.train.truncate(MOST_AT_ONCE);
    }
    let features = prepared(rows, &split.train);
    let rules = rules(&chosen(&features, &split.train), &split.train, &place, known.len(), grid, is_logistic);
    let right = |samples: &[usize], j: usize| {
        let mut scores = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut scores, &chosen(&features, samples), &rules);
        let answer = |row: &[f32]| {
            let score = |c: usize| row[c * grid.len() + j];
            (1..known.len()).fold(0, |best, c| if score(c) > score(best) { c } else { best })
        };
        scores.iter_rows().zip(samples).filter(|(row, i)| Some(answer(row)) == place[**i]).count()
    };
    let best = (0..grid.len()).max_by_key(|&j| right(&split.validation, j)).unwrap_or(0);
    let test = &split.test;
    let estimate = wilson(right(test, best), test.len(), LEVEL).ok_or("no sample is left to score it on")?;
    let count = |c: usize, samples: &[usize]| samples.iter().filter(|&&i| place[i] == Some(c)).count();
    let most = (0..known.len()).max_by_key(|&c| count(c, &split.train)).unwrap_or(0);
    Ok(Probe {
        unit: "accuracy",
        rule: if is_logistic { "logistic regression" } else { "ridge regression" },
        score: estimate.value,
        lower: Some(estimate.lower),
        upper: Some(estimate.upper),
        chance_word: "chance",
        chance: count(most, test) as f64 / test.len() as f64,
        training_samples: split.train.len(),
        test_samples: test.len(),
        classes: known.len(),
        left_out: (0..counts.len())
            .filter(|class| !has_enough(class))
            .map(|c| classes.names[c].clone())
            .collect(),
    })
}

/// One rule per class and regularisation, row c · grid + j.
fn rules(
    train: &Matrix,
    samples: &[usize],
    place: &[Option<usize>],
    classes: usize,
    grid: &[f64],
    is_logistic: bool,
) -> Matrix {
    let is_of = |c: usize, i: usize| if place[samples[i]] == Some(c) { 1.0 } else { -1.0 };
    let labels = Matrix::from_fn(classes, samples.len(), is_of);
    let features = TrainingFeatures::new(train, train.rows());
    let LinearRules { weights, .. } = if is_logistic {
        logistic::fit(&features, &labels, grid)
    } else {
        ridge::fit(&features, &labels, grid)
    };
    weights.to_f32()
}

fn regress(rows: &Matrix, values: &[Option<f64>], grid: &[f64]) -> ProbeResult {
    let labelled: Vec<usize> = shuffled(rows.rows()).into_iter().filter(|&i| values[i].is_some()).collect();
    if labelled.len() < FEWEST_SAMPLES {
        return Err(format!("{} samples have a value, {FEWEST_SAMPLES} are needed", labelled.len()));
    }
    let value = |i: usize| values[i].unwrap_or(0.0);
    let split = Split::of(&labelled);
    let features = prepared(rows, &split.train);
    let train = chosen(&features, &split.train);
    let mean = split.train.iter().map(|&i| value(i)).sum::<f64>() / split.train.len() as f64;
    let labels = Matrix::from_fn(1, split.train.len(), |_, i| value(split.train[i]) - mean);
    let rules = ridge::fit(&TrainingFeatures::new(&train, train.rows()), &labels, grid).weights.to_f32();
    let r_squared = |samples: &[usize], j: usize| {
        let mut predictions = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut predictions, &chosen(&features, samples), &rules);
        let centre = samples.iter().map(|&i| value(i)).sum::<f64>() / samples.len() as f64;
        let total: f64 = samples.iter().map(|&i| (value(i) - centre).powi(2)).sum();
        let miss = |(row, &i): (&[f32], &usize)| (value(i) - mean - f64::from(row[j])).powi(2);
        1.0 - predictions.iter_rows().zip(samples).map(miss).sum::<f64>() / total
    };
    let best = (0..grid.len())
        .max_by(|&a, &b| r_squared(&split.validation, a).total_cmp(&r_squared(&split.validation, b)))
        .unwrap_or(0);
    let score = r_squared(&split.test, best);
    if !score.is_finite() {
        return Err("all values that it would be scored on are the same".to_owned());
    }
    Ok(Probe {
        unit: "R²",
        rule: "ridge regression",
        score,
        lower: None,
        upper: None,
        chance_word: "the mean alone",
        chance: 0.0,
        training_samples: split.train.len(),
        test_samples: split.test.len(),
        classes: 0,
        left_out: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use featurescope_sim::math::random::Part;
    use featurescope_sim::math::{Purpose, Stream};

    fn noise(i: usize, j: usize) -> f32 {
        let value = Stream::new(5, Purpose::MONTE_CARLO, j as u32).reader(Part::Dense, i as u32).normal();
        value.clamp(-3.0, 3.0) as f32
    }

    fn classes(of: impl IntoIterator<Item = usize>) -> Labels {
        let of: Vec<Option<u32>> = of.into_iter().map(|class| Some(class as u32)).collect();
        let count = of.iter().flatten().max().map_or(0, |&most| most as usize + 1);
        Labels::Classes(Classes { names: (0..count).map(|c| format!("c{c}")).collect(), of })
    }

    #[test]
    fn what_is_linear_is_read_off_and_what_is_not_there_is_not() {
        let rows = Matrix::from_fn(500, 8, |i, j| 5.0 + noise(i, j));
        let value = |i: usize| Some(f64::from(2.0 * rows[(i, 1)] - rows[(i, 4)]));
        let probe = fit(&rows, &Labels::Values((0..500).map(value).collect())).unwrap();
        assert!(probe.score > 0.999 && probe.unit == "R²", "{probe:?}");
        let class = |i: usize| match rows[(i, 1)] {
            v if v < 4.3 => 0,
            v if v > 5.7 => 2,
            _ => 1,
        };
        let probe = fit(&rows, &classes((0..500).map(class))).unwrap();
        assert!(probe.score > 0.6 && probe.score > probe.chance + 0.1, "{probe:?}");
        let unrelated = classes((0..500).map(|i| usize::from(noise(i, 99) > 0.0)));
        let probe = fit(&rows, &unrelated).unwrap();
        assert!(probe.lower.unwrap() < 0.55, "{probe:?}");
    }

    /// 256 classes of eight samples around directions of their own, and the same labels without any
    /// connection.
    #[test]
    fn many_small_classes_are_read_off() {
        let (count, each) = (256, 8);
        let class = |i: usize| i / each;
        let rows =
            Matrix::from_fn(count * each, 64, |i, j| 3.0 * noise(class(i), j) + 0.5 * noise(1000 + i, j));
        let probe = fit(&rows, &classes((0..count * each).map(class))).unwrap();
        assert!(probe.score > 0.9 && probe.classes == count && probe.rule == "ridge regression", "{probe:?}");
        assert_eq!((probe.test_samples, probe.training_samples), (2 * count, 4 * count));
        let scattered = classes((0..count * each).map(|i| i * 37 % count));
        let probe = fit(&rows, &scattered).unwrap();
        assert!(probe.score < 0.05 && (probe.chance - 1.0 / 256.0).abs() < 1e-12, "{probe:?}");
    }

    #[test]
    fn small_classes_are_left_out_by_name() {
        let rows = Matrix::from_fn(14, 2, |i, j| if i / 5 == j { 4.0 } else { 0.0 } + 0.1 * noise(i, j));
        let mut of: Vec<usize> = (0..14).map(|i| i / 5).collect();
        (of[12], of[13]) = (3, 4);
        let probe = fit(&rows, &classes(of)).unwrap();
        assert_eq!((probe.classes, probe.left_out.join(" ").as_str()), (2, "c2 c3 c4"));
        assert_eq!((probe.score, probe.test_samples, probe.training_samples), (1.0, 2, 6));
        // Every class but one has a single sample: as many classes as there can be.
        let reason = fit(&rows, &classes((0..14).map(|i| i.max(1) - 1))).unwrap_err();
        assert!(reason.contains("0 of the 13 classes"), "{reason}");
    }

    #[test]
    fn too_little_to_learn_from_gives_the_reason() {
        let reason = |rows: &Matrix, labels: &Labels| fit(rows, labels).unwrap_err();
        let rows = Matrix::from_fn(19, 2, noise);
        assert!(reason(&rows, &Labels::Values(vec![Some(0.5); 19])).contains("19 samples have a value, 20"));
        let rows = Matrix::from_fn(40, 2, noise);
        assert!(reason(&rows, &classes(vec![0; 40])).contains("1 of the 1 classes"));
        assert!(reason(&rows, &Labels::Values(vec![Some(0.5); 40])).contains("are the same"));
        let some = Labels::Values((0..40).map(|i| (i % 2 == 0).then_some(i as f64)).collect());
        assert_eq!(fit(&rows, &some).map(|probe| probe.training_samples), Ok(12));
    }
}

//! What is read off representations of pictures. All of it works on matrices; nothing here trains.
//!
//! | figure | what it is |
//! |---|---|
//! | `probe` | accuracy on test pictures of a linear rule fitted on training pictures |
//! | `neighbours` | accuracy of a vote of the k nearest training pictures by cosine, k at most the pictures of the smallest class |
//! | `alignment`, `uniformity` | Wang & Isola (2020), of two views under crop, flip and colour distortion whatever the arm was trained with |
//! | `effective_rank` | exp of the entropy of the singular values' shares (Roy & Vetterli 2007), features centred |
//! | `cosine_atoms` | share of filters on whitened patches that are single atoms of the cosine basis |
//! | `firing_density` | share of activations of the last rectified layer that are not zero |
//!
//! The linear rule is one-against-the-rest ridge regression on features minus their mean over their root mean
//! square; a fifth of its pictures chooses the regularisation.

pub mod chroma;
pub mod cosine_atoms;

use featurescope_sim::math::{Matrix, linalg};
use featurescope_sim::probe::{TrainingFeatures, neighbours, ridge, spectrum, sphere};

/// Representations with labels.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    /// n × k.
    pub features: &'a Matrix,
    /// n classes.
    pub labels: &'a [u32],
}

/// Regularisations that are tried, in units of the mean squared feature.
const GRID: [f64; 7] = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2];

/// Accuracy of a linear rule fitted on `train`, on `test`.
pub fn linear_probe(train: Labelled<'_>, test: Labelled<'_>, classes: usize) -> f64 {
    let (mean, scale) = moments(train.features);
    let (fitted, held) = (prepared(train.features, &mean, scale), prepared(test.features, &mean, scale));
    let first = train.features.rows() * 4 / 5;
    let targets =
        Matrix::from_fn(classes, first, |c, i| if train.labels[i] as usize == c { 1.0 } else { -1.0 });
    let rules = ridge::fit(&TrainingFeatures::new(&fitted, first), &targets, &GRID).weights.to_f32();
    let validation = Matrix::from_fn(fitted.rows() - first, fitted.cols(), |i, j| fitted[(first + i, j)]);
    let accuracy = |features: &Matrix, labels: &[u32], j: usize| {
        let mut scores = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut scores, features, &rules);
        let answer = |row: &[f32]| {
            let score = |c: usize| row[c * GRID.len() + j];
            (1..classes).fold(0, |best, c| if score(c) > score(best) { c } else { best })
        };
        let pairs = scores.iter_rows().zip(labels);
        pairs.filter(|(row, label)| answer(row) == **label as usize).count() as f64 / labels.len() as f64
    };
    let choice = (0..GRID.len()).rev().max_by(|&a, &b| {
        let labels = &train.labels[first..];
        accuracy(&validation, labels, a).total_cmp(&accuracy(&validation, labels, b))
    });
    accuracy(&held, test.labels, choice.unwrap_or(0))
}

/// Accuracy on `test` of a vote of the `most` nearest of `train` by cosine, of fewer if a class has fewer
/// training pictures; of equal counts the smallest class wins.
pub fn nearest_neighbours(train: Labelled<'_>, test: Labelled<'_>, most: usize) -> f64 {
    let classes =
        |set: Labelled<'_>| -> Vec<i64> { set.labels.iter().map(|&class| i64::from(class)).collect() };
    let (known, asked) = (classes(train), classes(test));
    let score = neighbours::held_out((train.features, &known), (test.features, &asked), most);
    score.right as f64 / score.samples as f64
}

/// The columns with the largest variance, largest first: at most `count`, none that is constant.
pub fn most_varying(features: &Matrix, count: usize) -> Vec<usize> {
    let centred = spectrum::centred(features);
    let mut energies = vec![0.0; centred.cols()];
    for row in centred.iter_rows() {
        energies.iter_mut().zip(row).for_each(|(energy, &h)| *energy += h * h);
    }
    let mut order: Vec<usize> = (0..energies.len()).filter(|&j| energies[j] > 0.0).collect();
    order.sort_by(|&a, &b| energies[b].total_cmp(&energies[a]).then(a.cmp(&b)));
    order.truncate(count);
    order
}

/// Share of activations that are not zero.
pub fn firing_density(activations: &Matrix) -> f64 {
    let entries = activations.as_slice();
    entries.iter().filter(|&&h| h != 0.0).count() as f64 / entries.len() as f64
}

/// Effective rank of the centred features.
pub fn effective_rank(features: &Matrix) -> f64 {
    spectrum::effective_rank(&spectrum::singular_values(&spectrum::centred(features)))
}

/// Alignment of pairs and uniformity of their first views.
pub fn alignment_and_uniformity(pairs: &[Matrix; 2]) -> [f64; 2] {
    [sphere::alignment(&pairs[0], &pairs[1]).value, sphere::uniformity(&pairs[0]).value]
}

/// Mean of every feature, and the root mean square of what is left.
fn moments(features: &Matrix) -> (Vec<f64>, f64) {
    let (n, k) = (features.rows(), features.cols());
    let mut mean = vec![0.0f64; k];
    features
        .iter_rows()
        .for_each(|row| mean.iter_mut().zip(row).for_each(|(m, &h)| *m += f64::from(h) / n as f64));
    let square: f64 = features
        .iter_rows()
        .flat_map(|row| row.iter().zip(&mean))
        .map(|(&h, m)| (f64::from(h) - m).powi(2))
        .sum();
    let scale = (square / (n * k) as f64).sqrt();
    (mean, if scale > 0.0 { scale } else { 1.0 })
}

/// Features minus their mean over their scale, and a constant.
fn prepared(features: &Matrix, mean: &[f64], scale: f64) -> Matrix {
    let k = features.cols();
    Matrix::from_fn(features.rows(), k + 1, |i, j| {
        if j == k { 1.0 } else { ((f64::from(features[(i, j)]) - mean[j]) / scale) as f32 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three classes on three directions, with a shift that a rule without a constant could not take.
    fn clusters(n: usize) -> (Matrix, Vec<u32>) {
        let rows = Matrix::from_fn(n, 4, |i, j| {
            5.0 + if j == i % 3 { 2.0 } else { 0.0 } + ((i * 7 + j * 13) % 11) as f32 / 20.0
        });
        (rows, (0..n).map(|i| (i % 3) as u32).collect())
    }

    #[test]
    fn separated_classes_are_read_off_and_shuffled_labels_are_not() {
        let ((a, labels), (b, truth)) = (clusters(90), clusters(31));
        let train = Labelled { features: &a, labels: &labels };
        let test = Labelled { features: &b, labels: &truth };
        assert_eq!(linear_probe(train, test, 3), 1.0);
        assert_eq!(nearest_neighbours(train, test, 5), 1.0);
        let shuffled: Vec<u32> = (0..90).map(|i| (i / 3 % 3) as u32).collect();
        let train = Labelled { features: &a, labels: &shuffled };
        assert!(linear_probe(train, test, 3) < 0.7);
        assert!(nearest_neighbours(train, test, 5) < 0.7);
    }

    #[test]
    fn columns_that_vary_come_first_and_dead_ones_never() {
        let rows = Matrix::from_fn(4, 3, |i, j| [i as f32, 7.0, 3.0 * i as f32][j]);
        assert_eq!(most_varying(&rows, 5), [2, 0]);
        assert_eq!(most_varying(&rows, 1), [2]);
    }

    #[test]
    fn firing_counts_what_is_not_zero() {
        assert_eq!(firing_density(&Matrix::from_vec(2, 2, vec![0.0, 1.0, -1.0, 0.0])), 0.5);
    }
}

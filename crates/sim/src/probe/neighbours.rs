//! Whether samples that are close in a representation are of the same class: the k-nearest-neighbour score.
//!
//! Every sample is classified by the k other samples with the largest cosine, each with one vote; of equal
//! counts the smallest class wins. Nothing is fitted. A zero representation has cosine 0 with everything.
//!
//! A class with fewer samples than k could be outvoted in the midst of its own, however well it is told
//! apart. So k is at most the number of others that the smallest class has to offer.
//!
//! Source: Wu et al. (CVPR 2018), unweighted.

use crate::math::{Matrix, linalg};

/// How many samples their neighbours classify rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourScore {
    /// Samples that were classified rightly.
    pub right: usize,
    /// Samples that were classified.
    pub samples: usize,
    /// Neighbours that voted.
    pub neighbours: usize,
    /// Samples of the most frequent class among them.
    pub most_frequent: usize,
    /// Classes among them.
    pub classes: usize,
    /// Classes of a single sample, which no other sample can stand for: they were left out, with their
    /// samples.
    pub left_out: usize,
}

/// The score of at most `most` votes per sample, each sample judged by the others: k = min(most, smallest
/// class − 1). `None` if fewer than two classes have two samples, or `most` is 0: nothing can be told apart.
///
/// # Panics
/// If there is not one class per row.
pub fn leave_one_out(rows: &Matrix<f32>, classes: &[i64], most: usize) -> Option<NeighbourScore> {
    assert_eq!(rows.rows(), classes.len(), "every sample needs a class");
    let sizes = Sizes::of(classes);
    let kept: Vec<usize> = (0..classes.len()).filter(|&i| sizes.of_class(classes[i]) > 1).collect();
    let left_out = sizes.sorted.iter().filter(|(_, size)| *size == 1).count();
    let several = || sizes.sorted.iter().map(|(_, size)| *size).filter(|&size| size > 1);
    let neighbours = most.min(several().min()? - 1);
    if sizes.sorted.len() - left_out < 2 || neighbours == 0 {
        return None;
    }
    let units = directions(rows, &kept);
    let classes: Vec<i64> = kept.iter().map(|&i| classes[i]).collect();
    let mut cosines = Matrix::zeros(0, 0);
    linalg::times_transposed(&mut cosines, &units, &units);
    let is_right = |&i: &usize| vote(cosines.row(i), Some(i), &classes, neighbours) == Some(classes[i]);
    Some(NeighbourScore {
        right: (0..kept.len()).filter(is_right).count(),
        samples: kept.len(),
        neighbours,
        most_frequent: several().max()?,
        classes: sizes.sorted.len() - left_out,
        left_out,
    })
}

/// How many of `test` are classified rightly by at most `most` of `train`: k = min(most, smallest class of
/// `train`).
///
/// # Panics
/// If there is not one class per row, or the widths differ.
pub fn held_out(train: (&Matrix<f32>, &[i64]), test: (&Matrix<f32>, &[i64]), most: usize) -> NeighbourScore {
    let sizes = Sizes::of(train.1);
    let smallest = sizes.sorted.iter().map(|(_, size)| *size).min().unwrap_or(0);
    let neighbours = most.min(smallest);
    let all = |rows: &Matrix<f32>| directions(rows, &(0..rows.rows()).collect::<Vec<_>>());
    let mut cosines = Matrix::zeros(0, 0);
    linalg::times_transposed(&mut cosines, &all(test.0), &all(train.0));
    let answers = cosines.iter_rows().map(|row| vote(row, None, train.1, neighbours));
    let tested = Sizes::of(test.1);
    NeighbourScore {
        right: answers.zip(test.1).filter(|(answer, class)| *answer == Some(**class)).count(),
        samples: test.1.len(),
        neighbours,
        most_frequent: tested.sorted.iter().map(|(_, size)| *size).max().unwrap_or(0),
        classes: tested.sorted.len(),
        left_out: 0,
    }
}

/// Samples of every class, by class.
struct Sizes {
    sorted: Vec<(i64, usize)>,
}

impl Sizes {
    fn of(classes: &[i64]) -> Self {
        let mut sorted = classes.to_vec();
        sorted.sort_unstable();
        Self { sorted: sorted.chunk_by(i64::eq).map(|group| (group[0], group.len())).collect() }
    }

    fn of_class(&self, class: i64) -> usize {
        self.sorted.binary_search_by_key(&class, |group| group.0).map_or(0, |at| self.sorted[at].1)
    }
}

/// These rows over their lengths; a row of zeros stays one.
fn directions(rows: &Matrix<f32>, chosen: &[usize]) -> Matrix<f32> {
    let length = |&i: &usize| linalg::squared_norm(rows.row(i)).sqrt() as f32;
    let lengths: Vec<f32> = chosen.iter().map(length).collect();
    Matrix::from_fn(chosen.len(), rows.cols(), |i, j| {
        if lengths[i] > 0.0 { rows[(chosen[i], j)] / lengths[i] } else { 0.0 }
    })
}

/// The class that most of the nearest neighbours have, `but` one sample that has no vote.
fn vote(cosines: &[f32], but: Option<usize>, classes: &[i64], neighbours: usize) -> Option<i64> {
    let mut others: Vec<usize> = (0..cosines.len()).filter(|&j| Some(j) != but).collect();
    // Equal cosines in the order of the samples, so that the score does not depend on the sort.
    let nearer = |&a: &usize, &b: &usize| cosines[b].total_cmp(&cosines[a]).then(a.cmp(&b));
    if neighbours == 0 {
        return None;
    }
    if neighbours < others.len() {
        others.select_nth_unstable_by(neighbours - 1, nearer);
    }
    let mut votes: Vec<i64> = others.iter().take(neighbours).map(|&j| classes[j]).collect();
    votes.sort_unstable();
    votes.chunk_by(i64::eq).rev().max_by_key(|group| group.len()).map(|group| group[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions that point along axis c, `count` of each, nearly.
    fn clusters(classes: usize, count: usize) -> (Matrix<f32>, Vec<i64>) {
        let rows = Matrix::from_fn(classes * count, classes, |i, j| {
            if i / count == j { 1.0 + i as f32 } else { 0.01 * ((i * 7 + j * 3) % 5) as f32 }
        });
        (rows, (0..classes * count).map(|i| (i / count) as i64).collect())
    }

    /// However small they are, classes that are told apart perfectly have accuracy 1, and k says how many
    /// voted.
    #[test]
    fn perfect_clusters_of_any_size_are_perfect() {
        for (classes, count, k) in [(2, 5, 4), (20, 5, 4), (3, 2, 1), (2, 40, 20), (256, 8, 7)] {
            let (rows, labels) = clusters(classes, count);
            let score = leave_one_out(&rows, &labels, 20).unwrap();
            let expected = (classes * count, k, classes, count);
            assert_eq!((score.samples, score.neighbours, score.classes, score.most_frequent), expected);
            assert_eq!(score.right, score.samples, "{classes} classes of {count}");
        }
    }

    #[test]
    fn classes_of_one_sample_are_left_out() {
        // Two directions with three samples each, and one of a third class between them.
        let rows = Matrix::from_vec(
            7,
            2,
            vec![1.0, 0.0, 2.0, 0.1, 9.0, -0.1, 0.0, 1.0, 0.1, 3.0, -0.1, 5.0, 1.0, 1.0],
        );
        let score = leave_one_out(&rows, &[4, 4, 4, -1, -1, -1, 7], 20).unwrap();
        let expected =
            NeighbourScore { right: 6, samples: 6, neighbours: 2, most_frequent: 3, classes: 2, left_out: 1 };
        assert_eq!(score, expected);
        // One class, or one with several samples and lone ones: nothing to tell apart.
        for labels in [[1; 7], [1, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]] {
            assert_eq!(leave_one_out(&rows, &labels, 20), None);
        }
        assert_eq!(leave_one_out(&Matrix::zeros(0, 2), &[], 5), None);
        assert_eq!(leave_one_out(&rows, &[1, 1, 1, 2, 2, 2, 2], 0), None);
    }

    #[test]
    fn held_out_samples_are_judged_by_as_many_as_the_smallest_class_has() {
        let (train, labels) = clusters(3, 4);
        let (test, expected) = clusters(3, 2);
        let score = held_out((&train, &labels), (&test, &expected), 20);
        assert_eq!((score.right, score.samples, score.neighbours), (6, 6, 4));
        assert_eq!(held_out((&train, &labels), (&test, &expected), 3).neighbours, 3);
    }

    #[test]
    fn of_equal_votes_the_smallest_class_wins() {
        assert_eq!(vote(&[0.0, 0.5, 0.5], Some(0), &[9, 5, 2], 2), Some(2));
        assert_eq!(vote(&[0.0, 0.5, 0.9], Some(0), &[9, 5, 2], 1), Some(2));
        assert_eq!(vote(&[0.9, 0.5, 0.1], None, &[9, 5, 2], 1), Some(9));
    }
}

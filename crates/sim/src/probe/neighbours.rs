//! Whether samples that are close in a representation are of the same class: the k-nearest-neighbour score.
//!
//! Every sample is classified by the k other samples with the largest cosine (leave one out), each with one vote; of
//! equal counts the smallest class wins. Nothing is fitted. A zero representation has cosine 0 with everything.
//!
//! Source: Wu et al. (CVPR 2018), unweighted.

use crate::math::{Matrix, linalg};

/// How many samples their neighbours classify rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourScore {
    /// Samples that were classified rightly.
    pub right: usize,
    /// Samples.
    pub samples: usize,
    /// Neighbours that voted.
    pub neighbours: usize,
}

/// The score of `neighbours` votes per sample (at most n − 1).
///
/// # Panics
/// If there is not one class per row.
pub fn leave_one_out(rows: &Matrix<f32>, classes: &[i64], neighbours: usize) -> NeighbourScore {
    assert_eq!(rows.rows(), classes.len(), "every sample needs a class");
    let n = rows.rows();
    let neighbours = neighbours.min(n.saturating_sub(1));
    let norms: Vec<f32> = rows.iter_rows().map(|row| linalg::squared_norm(row).sqrt() as f32).collect();
    let unit =
        Matrix::from_fn(n, rows.cols(), |i, j| if norms[i] > 0.0 { rows[(i, j)] / norms[i] } else { 0.0 });
    let mut cosines = Matrix::zeros(0, 0);
    linalg::times_transposed(&mut cosines, &unit, &unit);
    let right = (0..n).filter(|&i| vote(cosines.row(i), i, classes, neighbours) == Some(classes[i])).count();
    NeighbourScore { right, samples: n, neighbours }
}

/// The class that most of the nearest neighbours of sample `i` have.
fn vote(cosines: &[f32], i: usize, classes: &[i64], neighbours: usize) -> Option<i64> {
    let mut others: Vec<usize> = (0..cosines.len()).filter(|&j| j != i).collect();
    // Equal cosines in the order of the samples, so that the score does not depend on the sort.
    let nearer = |&a: &usize, &b: &usize| cosines[b].total_cmp(&cosines[a]).then(a.cmp(&b));
    if neighbours == 0 {
        return None;
    }
    if neighbours < others.len() {
        others.select_nth_unstable_by(neighbours - 1, nearer);
    }
    let mut votes: Vec<i64> = others[..neighbours].iter().map(|&j| classes[j]).collect();
    votes.sort_unstable();
    votes.chunk_by(i64::eq).rev().max_by_key(|group| group.len()).map(|group| group[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_found_and_a_lone_sample_is_not() {
        // Two directions with three samples each, and one of a third class between them.
        let rows = Matrix::from_vec(
            7,
            2,
            vec![1.0, 0.0, 2.0, 0.1, 9.0, -0.1, 0.0, 1.0, 0.1, 3.0, -0.1, 5.0, 1.0, 1.0],
        );
        let classes = [4, 4, 4, -1, -1, -1, 7];
        let score = leave_one_out(&rows, &classes, 2);
        assert_eq!(score, NeighbourScore { right: 6, samples: 7, neighbours: 2 });
        assert_eq!(leave_one_out(&rows, &classes, 100).neighbours, 6);
        assert_eq!(leave_one_out(&Matrix::zeros(1, 2), &[3], 5).right, 0);
    }

    #[test]
    fn of_equal_votes_the_smallest_class_wins() {
        assert_eq!(vote(&[0.0, 0.5, 0.5], 0, &[9, 5, 2], 2), Some(2));
        assert_eq!(vote(&[0.0, 0.5, 0.9], 0, &[9, 5, 2], 1), Some(2));
    }
}

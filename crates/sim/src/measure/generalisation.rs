//! Over-fitting: views of the samples that were trained on against views of fresh ones.
//!
//! For pairs of views f(x⁺), f(x⁺⁺) of n samples: the share of anchors whose own positive is the most similar of all n
//! (instance discrimination, what a contrastive loss asks for), and the mean cosine of the pairs. Both are read on the
//! first samples of the training set and on as many fresh ones; a gap between the two is over-fitting. Views are drawn
//! anew for both, the same ones at every recorded step.
//!
//! Source: Wu, Xiong, Yu, Lin, "Unsupervised feature learning via non-parametric instance discrimination" (CVPR 2018);
//! alignment of views as in Wang and Isola (ICML 2020).

use super::{AxisKind, Column, FreshSamples, Measure, Place, Reading, Values, fraction, mean, ratio};
use crate::data::{DataTraits, FiniteSet};
use crate::math::linalg::{dot, squared_norm, times_transposed};
use crate::math::{Matrix, Purpose, Stream, argmax};
use crate::train::Pairs;

/// Most pairs that are compared with each other: memory and time grow with their square.
const MOST_PAIRS: usize = 512;

/// Instance discrimination and alignment of views, on training samples and on fresh ones.
pub struct Generalisation {
    seed: u64,
    pairs: usize,
}

impl Generalisation {
    /// Reads on as many samples as measurements have, but not more than there are different ones of either kind.
    pub fn new(samples: FreshSamples, data: &DataTraits) -> Self {
        let most = data.training_samples.into_iter().chain(data.fresh_samples).map(|count| count as usize);
        let pairs = most.fold(samples.count.min(MOST_PAIRS), usize::min);
        Self { seed: samples.seed, pairs }
    }
}

const COLUMNS: &[Column] = &[
    Column::new(
        "training_discrimination",
        "fraction",
        "share of training samples whose positive is the most similar one to their anchor; NaN where there is one view",
    )
    .shown(Place::Curve, "discrimination of training samples", "share of the samples", AxisKind::Share),
    Column::new(
        "fresh_discrimination",
        "fraction",
        "the same on as many fresh samples: what is below training_discrimination is over-fitting",
    )
    .shown(Place::Curve, "discrimination of fresh samples", "share of the samples", AxisKind::Share),
    Column::new(
        "training_view_cosine",
        "cosine",
        "mean cos(f(x⁺), f(x⁺⁺)) over training samples; a cosine with a zero vector counts as 0",
    ),
    Column::new("fresh_view_cosine", "cosine", "the same over as many fresh samples"),
];

impl Measure for Generalisation {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let sets = [
            (FiniteSet::stream(self.seed), ["training_discrimination", "training_view_cosine"]),
            // Another step than that of the other measurements, whose samples have no masks.
            (Stream::new(self.seed, Purpose::MEASUREMENT, 1), ["fresh_discrimination", "fresh_view_cosine"]),
        ];
        for (stream, [discrimination, cosine]) in sets {
            let Some(pairs) = reading.view.dynamics.represent_pairs(&stream, 0, self.pairs) else { return };
            out.scalar(discrimination, instance_discrimination(&pairs));
            out.scalar(cosine, view_cosine(&pairs));
        }
    }
}

/// Share of anchors whose own positive is more similar than every other one.
fn instance_discrimination(pairs: &Pairs) -> f64 {
    let mut similarities = Matrix::zeros(0, 0);
    times_transposed(&mut similarities, &pairs.anchor, &pairs.positive);
    fraction(similarities.iter_rows().enumerate().map(|(i, row)| {
        let best = argmax(row.iter().map(|&similarity| f64::from(similarity)));
        // Anchors that see nothing discriminate nothing: all similarities are equal.
        best == Some(i) && row.iter().enumerate().all(|(j, &other)| j == i || other < row[i])
    }))
}

/// Mean cosine of the views of a sample.
fn view_cosine(pairs: &Pairs) -> f64 {
    mean(pairs.anchor.iter_rows().zip(pairs.positive.iter_rows()).map(|(anchor, positive)| {
        let norms = (squared_norm(anchor) * squared_norm(positive)).sqrt();
        ratio(f64::from(dot(anchor, positive)), norms)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_known_views_have_known_figures() {
        let anchor = Matrix::from_vec(3, 2, vec![1.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        let positive = Matrix::from_vec(3, 2, vec![3.0, 0.0, 1.0, 1.0, 0.0, 5.0]);
        let pairs = Pairs { anchor, positive };
        // The second anchor is more similar to the third positive; the third sees nothing.
        assert!((instance_discrimination(&pairs) - 1.0 / 3.0).abs() < 1e-12);
        let expected = (1.0 + 0.5f64.sqrt()) / 3.0;
        assert!((view_cosine(&pairs) - expected).abs() < 1e-6);
    }
}

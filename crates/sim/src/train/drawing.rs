//! Draws samples and views, row by row, each by whichever thread comes to it.

use super::pass::Pass;
use super::process::{NegativeViews, Parts, StepStreams};
use super::{Learner, labels};
use crate::augment::Augmentation;
use crate::data::DataModel;
use crate::math::{Matrix, Stream, parallel};
use crate::objective::NegativeSet;

/// Rows that one thread draws at a time.
pub(super) const ROWS_PER_PIECE: usize = 16;

/// The samples and views of a step, allocated once; rows are samples.
#[derive(Default)]
pub(super) struct DrawnBatch {
    /// x⁺, or x where a sample has one view.
    pub anchor: Matrix,
    /// x⁺⁺; left alone where a sample has one view.
    pub positive: Matrix,
    /// x_s; left alone where the objective needs none.
    pub negatives: Matrix,
    /// Views beyond the second, each P × d1.
    pub further: Vec<Matrix>,
    /// Codes of samples that nobody asks for.
    unread: Matrix,
}

impl DrawnBatch {
    /// Draws the samples and views of the step that `learner` takes next: x = M z + ξ, and two views or one
    /// of it. The codes go to `pass` where the objective needs them.
    pub fn draw(&mut self, data: &dyn DataModel, parts: &Parts, learner: &Learner, pass: &mut Pass) {
        let streams = StepStreams::new(parts.seed, learner);
        let needs = parts.objective.needs();
        let Self { anchor, positive, negatives, further, unread } = self;
        let codes = if needs.codes { &mut pass.codes } else { &mut *unread };
        draw_rows(data, &streams.positives, parts.batch.anchors, anchor, codes);
        if needs.codes {
            labels::label(data, parts, &streams.labels, pass);
        }
        if needs.negatives {
            match parts.batch.negative_set {
                NegativeSet::Fresh => {
                    draw_rows(data, &streams.negatives, parts.batch.negatives, negatives, unread);
                }
                NegativeSet::InBatch => negatives.clone_from(anchor),
            }
            if parts.batch.negative_views == NegativeViews::Augmented {
                single_views(parts.augmentation.as_ref(), (&streams.negative_masks, 0), negatives);
            }
        }
        if needs.inputs {
            pass.inputs[0].clone_from(anchor);
        }
        further.resize_with(parts.objective.views() - 2, Matrix::default);
        for (v, view) in further.iter_mut().enumerate() {
            view.clone_from(anchor);
            let first_row = v * parts.batch.anchors;
            single_views(parts.augmentation.as_ref(), (&streams.further_views, first_row), view);
        }
        if !pass.one_view {
            draw_views(parts.augmentation.as_ref(), (&streams.masks, 0), anchor, positive);
        }
        if needs.inputs {
            pass.inputs[1].clone_from(anchor);
        }
    }
}

/// Draws so many samples x and their codes from `stream`.
///
/// # Shapes
/// `x` becomes rows × d1, `codes` rows × d.
pub(super) fn draw_rows(
    data: &dyn DataModel,
    stream: &Stream,
    rows: usize,
    x: &mut Matrix,
    codes: &mut Matrix,
) {
    let (d1, d) = (data.ambient_dim(), data.latent_dim());
    x.resize(rows, d1);
    codes.resize(rows, d);
    if let Some(whole) = data.whole_batches() {
        return whole.draw_batch(stream, 0, x, codes);
    }
    let pieces = (x.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
        .zip(codes.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d))
        .enumerate();
    parallel::for_each_piece(pieces, |(piece, (xs, zs))| {
        for (i, (x, z)) in xs.chunks_mut(d1).zip(zs.chunks_mut(d)).enumerate() {
            data.draw(stream, (piece * ROWS_PER_PIECE + i) as u32, x, z);
        }
    });
}

/// Turns every sample into its anchor and writes the positive beside it; they are the rows of `stream` from
/// `first_row` on.
///
/// # Shapes
/// `samples`: rows × d1; `positives` becomes the same.
pub(super) fn draw_views(
    augmentation: &dyn Augmentation,
    (stream, first_row): (&Stream, usize),
    samples: &mut Matrix,
    positives: &mut Matrix,
) {
    let cols = samples.cols();
    positives.resize(samples.rows(), cols);
    if let Some(whole) = augmentation.whole_batches() {
        return whole.views(stream, first_row as u32, samples, positives);
    }
    let pieces = (samples.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
        .zip(positives.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
        .enumerate();
    parallel::for_each_piece(pieces, |(piece, (xs, ys))| {
        for (i, (x, y)) in xs.chunks_mut(cols).zip(ys.chunks_mut(cols)).enumerate() {
            augmentation.views(stream, (first_row + piece * ROWS_PER_PIECE + i) as u32, x, y);
        }
    });
}

/// Turns every sample into a single view; they are the rows of `stream` from `first_row` on.
pub(super) fn single_views(
    augmentation: &dyn Augmentation,
    (stream, first_row): (&Stream, usize),
    samples: &mut Matrix,
) {
    if let Some(whole) = augmentation.whole_batches() {
        return whole.single_views(stream, first_row as u32, samples);
    }
    let cols = samples.cols();
    parallel::for_each_row_group(samples.as_mut_slice(), cols, ROWS_PER_PIECE, |first, group| {
        for (i, x) in group.chunks_mut(cols).enumerate() {
            augmentation.single_view(stream, (first_row + first + i) as u32, x);
        }
    });
}

//! Draws samples and views, row by row, each by whichever thread comes to it.

use super::pass::Pass;
use super::process::{NegativeViews, Parts, StepStreams};
use super::{Learner, labels};
use crate::augment::{Augmentation, Origin};
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
    /// z of the anchors' samples, where the objective does not take them.
    codes: Matrix,
    /// z of the negatives' samples, where they are fresh.
    negative_codes: Matrix,
}

impl DrawnBatch {
    /// Draws the samples and views of the step that `learner` takes next: x = M z + ξ, and two views or one
    /// of it. The codes go to `pass` where the objective needs them.
    pub fn draw(&mut self, data: &dyn DataModel, parts: &Parts, learner: &Learner, pass: &mut Pass) {
        let streams = StepStreams::new(parts.seed, learner);
        let needs = parts.objective.needs();
        let views = Views { augmentation: parts.augmentation.as_ref(), atoms: data.dictionary().atoms() };
        let Self { anchor, positive, negatives, further, codes, negative_codes } = self;
        let drawn = if needs.codes { &mut pass.codes } else { &mut *codes };
        draw_rows(data, &streams.positives, parts.batch.anchors, anchor, drawn);
        if needs.codes {
            labels::label(data, parts, &streams.labels, pass);
        }
        let codes = if needs.codes { &pass.codes } else { &*codes };
        if needs.negatives {
            let codes = match parts.batch.negative_set {
                NegativeSet::Fresh => {
                    draw_rows(data, &streams.negatives, parts.batch.negatives, negatives, negative_codes);
                    &*negative_codes
                }
                NegativeSet::InBatch => {
                    negatives.clone_from(anchor);
                    codes
                }
            };
            if parts.batch.negative_views == NegativeViews::Augmented {
                views.draw_single((&streams.negative_masks, 0), codes, negatives);
            }
        }
        if needs.inputs {
            pass.inputs[0].clone_from(anchor);
        }
        further.resize_with(parts.objective.views() - 2, Matrix::default);
        for (v, view) in further.iter_mut().enumerate() {
            view.clone_from(anchor);
            let first_row = v * parts.batch.anchors;
            views.draw_single((&streams.further_views, first_row), codes, view);
        }
        if !pass.one_view {
            views.draw_pairs((&streams.masks, 0), codes, anchor, positive);
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

/// Views of samples x = M z + ξ.
#[derive(Clone, Copy)]
pub(super) struct Views<'a> {
    pub augmentation: &'a dyn Augmentation,
    /// Mᵀ, d × d1.
    pub atoms: &'a Matrix,
}

impl Views<'_> {
    /// Turns every sample into its anchor and writes the positive beside it; they are the rows of `stream` from
    /// `first_row` on.
    ///
    /// # Shapes
    /// `codes`: rows × d; `samples`: rows × d1; `positives` becomes the same.
    pub fn draw_pairs(
        self,
        (stream, first_row): (&Stream, usize),
        codes: &Matrix,
        samples: &mut Matrix,
        positives: &mut Matrix,
    ) {
        let cols = samples.cols();
        positives.resize(samples.rows(), cols);
        if let Some(whole) = self.augmentation.whole_batches() {
            return whole.views(stream, first_row as u32, samples, positives);
        }
        let pieces = (samples.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
            .zip(positives.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, (xs, ys))| {
            for (i, (x, y)) in xs.chunks_mut(cols).zip(ys.chunks_mut(cols)).enumerate() {
                let r = piece * ROWS_PER_PIECE + i;
                let row = (first_row + r) as u32;
                self.augmentation.views(&self.origin(stream, row, codes.row(r)), x, y);
            }
        });
    }

    /// Turns every sample into a single view; they are the rows of `stream` from `first_row` on.
    ///
    /// # Shapes
    /// As above.
    pub fn draw_single(self, (stream, first_row): (&Stream, usize), codes: &Matrix, samples: &mut Matrix) {
        if let Some(whole) = self.augmentation.whole_batches() {
            return whole.single_views(stream, first_row as u32, samples);
        }
        let cols = samples.cols();
        parallel::for_each_row_group(samples.as_mut_slice(), cols, ROWS_PER_PIECE, |first, group| {
            for (i, x) in group.chunks_mut(cols).enumerate() {
                let r = first + i;
                let row = (first_row + r) as u32;
                self.augmentation.single_view(&self.origin(stream, row, codes.row(r)), x);
            }
        });
    }

    /// Where the views of one sample come from.
    pub fn origin<'a>(&'a self, stream: &'a Stream, row: u32, code: &'a [f32]) -> Origin<'a> {
        Origin { stream, row, atoms: self.atoms, code }
    }
}

//! Draws samples and views, row by row, each by whichever thread comes to it.

use crate::augment::Augmentation;
use crate::data::DataModel;
use crate::math::{Matrix, Stream, parallel};

/// Rows that one thread draws at a time.
pub(super) const ROWS_PER_PIECE: usize = 16;

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
    let pieces = (x.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
        .zip(codes.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d))
        .enumerate();
    parallel::for_each_piece(pieces, |(piece, (xs, zs))| {
        for (i, (x, z)) in xs.chunks_mut(d1).zip(zs.chunks_mut(d)).enumerate() {
            data.draw(stream, (piece * ROWS_PER_PIECE + i) as u32, x, z);
        }
    });
}

/// Turns every sample into its anchor and writes the positive beside it.
///
/// # Shapes
/// `samples`: rows × d1; `positives` becomes the same.
pub(super) fn draw_views(
    augmentation: &dyn Augmentation,
    stream: &Stream,
    samples: &mut Matrix,
    positives: &mut Matrix,
) {
    let cols = samples.cols();
    positives.resize(samples.rows(), cols);
    let pieces = (samples.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
        .zip(positives.as_mut_slice().chunks_mut(ROWS_PER_PIECE * cols))
        .enumerate();
    parallel::for_each_piece(pieces, |(piece, (xs, ys))| {
        for (i, (x, y)) in xs.chunks_mut(cols).zip(ys.chunks_mut(cols)).enumerate() {
            augmentation.views(stream, (piece * ROWS_PER_PIECE + i) as u32, x, y);
        }
    });
}

/// Turns every sample into a single view.
pub(super) fn single_views(augmentation: &dyn Augmentation, stream: &Stream, samples: &mut Matrix) {
    let cols = samples.cols();
    parallel::for_each_row_group(samples.as_mut_slice(), cols, ROWS_PER_PIECE, |first, group| {
        for (i, x) in group.chunks_mut(cols).enumerate() {
            augmentation.single_view(stream, (first + i) as u32, x);
        }
    });
}

//! Rows of norm 1: y = u/‖u‖; 0 stays 0.
//!
//! ∂L/∂u = (∂L/∂y − ⟨∂L/∂y, y⟩ y)/‖u‖. Similarities of such rows are cosines.

use crate::math::linalg::{dot, squared_norm};
use crate::math::{Matrix, parallel};

/// Samples that one thread takes at a time.
const ROWS_PER_PIECE: usize = 64;

/// Divides every row by its norm, in place. `output` becomes a copy of the result and `inverses` 1/‖u‖: what
/// [`backward`] needs.
///
/// # Shapes
/// `features` and `output`: n × K; `inverses`: n × 1.
pub fn forward(features: &mut Matrix, output: &mut Matrix, inverses: &mut Matrix) {
    let (rows, count) = (features.rows(), features.cols());
    inverses.resize(rows, 1);
    for (inverse, row) in inverses.as_mut_slice().iter_mut().zip(features.iter_rows()) {
        let norm = squared_norm(row).sqrt();
        *inverse = if norm > 0.0 { (1.0 / norm) as f32 } else { 0.0 };
    }
    parallel::for_each_row_group(features.as_mut_slice(), count, ROWS_PER_PIECE, |first, group| {
        for (row, inverse) in group.chunks_mut(count).zip(&inverses.as_slice()[first..]) {
            for u in row {
                *u *= inverse;
            }
        }
    });
    output.resize(rows, count);
    output.as_mut_slice().copy_from_slice(features.as_slice());
}

/// Turns ∂L/∂y into ∂L/∂u, in place.
///
/// # Shapes
/// `output` and `inverses`: those of [`forward`]; `gradient`: n × K.
pub fn backward(output: &Matrix, inverses: &Matrix, gradient: &mut Matrix) {
    let count = gradient.cols();
    parallel::for_each_row_group(gradient.as_mut_slice(), count, ROWS_PER_PIECE, |first, group| {
        for (i, row) in group.chunks_mut(count).enumerate() {
            let (y, inverse) = (output.row(first + i), inverses[(first + i, 0)]);
            let along = dot(row, y);
            row.iter_mut().zip(y).for_each(|(d, y)| *d = (*d - along * y) * inverse);
        }
    });
}

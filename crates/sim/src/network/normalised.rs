//! Features of norm 1: y = u/‖u‖ of the features u of another network; 0 stays 0.
//!
//! ∂L/∂u = (∂L/∂y − ⟨∂L/∂y, y⟩ y)/‖u‖. Similarities of such features are cosines.

use super::{Gates, Network, ParameterGradients, Parameters, Tape};
use crate::math::linalg::{dot, squared_norm};
use crate::math::{Matrix, parallel};
use crate::part::ParameterArray;

/// Samples that one thread takes at a time.
const ROWS_PER_PIECE: usize = 64;

/// A network whose features are divided by their norm, sample by sample.
#[derive(Clone, Copy, Debug)]
pub struct Normalised<N> {
    inner: N,
}

impl<N: Network> Normalised<N> {
    /// The features of `inner`, divided by their norm.
    pub fn new(inner: N) -> Self {
        Self { inner }
    }
}

impl<N: Network> Network for Normalised<N> {
    fn feature_count(&self, neurons: usize) -> usize {
        self.inner.feature_count(neurons)
    }

    fn has_thresholds(&self) -> bool {
        self.inner.has_thresholds()
    }

    fn arrays(&self, neurons: usize) -> Vec<ParameterArray> {
        self.inner.arrays(neurons)
    }

    fn forward(&self, pre: &Matrix, at: Parameters<'_>, tape: &mut Tape, features: &mut Matrix) {
        let ([output, inverses], inner) = tape.nested();
        self.inner.forward(pre, at, inner, features);
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

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        let ([output, inverses], inner) = tape.nested();
        let count = gradient.cols();
        parallel::for_each_row_group(gradient.as_mut_slice(), count, ROWS_PER_PIECE, |first, group| {
            for (i, row) in group.chunks_mut(count).enumerate() {
                let (y, inverse) = (output.row(first + i), inverses[(first + i, 0)]);
                let along = dot(row, y);
                row.iter_mut().zip(y).for_each(|(d, y)| *d = (*d - along * y) * inverse);
            }
        });
        self.inner.backward(pre, at, inner, gradient, sums);
    }

    fn gates(&self) -> Option<&dyn Gates> {
        self.inner.gates()
    }
}

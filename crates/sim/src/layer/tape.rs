//! What a forward pass leaves for the backward pass, in buffers that are kept from step to step.

use crate::math::Matrix;

/// Matrices of a pass, and the tape of what lies inside or above.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    matrices: Vec<Matrix>,
    inner: Option<Box<Tape>>,
}

impl Tape {
    /// N matrices as they were left, empty at first.
    pub fn matrices<const N: usize>(&mut self) -> &mut [Matrix; N] {
        self.nested().0
    }

    /// The same, and the tape of a network inside this one.
    pub fn nested<const N: usize>(&mut self) -> (&mut [Matrix; N], &mut Self) {
        if self.matrices.len() < N {
            self.matrices.resize_with(N, Matrix::default);
        }
        let Some((matrices, _)) = self.matrices.split_first_chunk_mut() else { unreachable!("there are N") };
        (matrices, self.inner.get_or_insert_default())
    }
}

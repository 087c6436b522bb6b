//! The parameters above W that batches are evaluated at.

use crate::layer::{At, Statistics};
use crate::math::Matrix;
use crate::network::Parameters;

/// Thresholds, and the arrays of network and head.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub bias: Vec<f32>,
    pub network: Vec<Matrix>,
    pub head: Vec<Matrix>,
}

impl Point {
    /// Takes these parameters, in the buffers of the last step.
    pub fn set(&mut self, bias: &[f32], network: &[Matrix], head: &[Matrix]) {
        self.bias.clear();
        self.bias.extend_from_slice(bias);
        copy_arrays(&mut self.network, network);
        copy_arrays(&mut self.head, head);
    }

    pub fn of_network(&self) -> Parameters<'_> {
        Parameters { bias: &self.bias, arrays: &self.network, statistics: Statistics::OfBatch }
    }

    pub fn of_head(&self) -> At<'_> {
        At { arrays: &self.head, statistics: Statistics::OfBatch }
    }
}

/// Copies arrays into buffers that are kept from step to step.
pub(super) fn copy_arrays(to: &mut Vec<Matrix>, from: &[Matrix]) {
    to.resize_with(from.len(), Matrix::default);
    for (kept, array) in to.iter_mut().zip(from) {
        kept.resize(array.rows(), array.cols());
        kept.as_mut_slice().copy_from_slice(array.as_slice());
    }
}

//! Gradients of an objective, in buffers that are kept from step to step.

use crate::math::Matrix;

/// ∂L/∂f per branch for the loss averaged over anchors, and ∂L with respect to an objective's own arrays.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// ∂L/∂f(x⁺), P × K.
    pub anchor: Matrix,
    /// ∂L/∂f(x⁺⁺), P × K; `None` behind StopGrad.
    pub positive: Option<Matrix>,
    /// ∂L/∂f(x_s), N × K; `None` behind StopGrad.
    pub negatives: Option<Matrix>,
    /// With respect to the objective's own arrays, each of the shape of its array.
    pub arrays: Vec<Matrix>,
}

impl Gradients {
    /// Zeros in the shapes of these arrays, in the buffers of the last step.
    pub fn zero_arrays(&mut self, arrays: &[Matrix]) {
        self.arrays.resize_with(arrays.len(), Matrix::default);
        for (gradient, array) in self.arrays.iter_mut().zip(arrays) {
            gradient.resize(array.rows(), array.cols());
            gradient.as_mut_slice().fill(0.0);
        }
    }
}

/// The gradient of a branch, all zero and of the shape of its features; keeps the buffer of the last step.
pub(super) fn zeros<'a>(gradient: &'a mut Option<Matrix>, features: &Matrix) -> &'a mut Matrix {
    let gradient = gradient.get_or_insert_default();
    gradient.resize(features.rows(), features.cols());
    gradient.as_mut_slice().fill(0.0);
    gradient
}

/// −weight_p · target[p] for every anchor p: the pull of the anchor to a target.
pub(super) fn pulled(weights: impl Fn(usize) -> f32, target: &Matrix) -> Matrix {
    Matrix::from_fn(target.rows(), target.cols(), |p, i| -weights(p) * target[(p, i)])
}

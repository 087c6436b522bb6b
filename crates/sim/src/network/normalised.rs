//! Features of norm 1: y = u/‖u‖ of the features u of another network; 0 stays 0.

use super::{Gates, Network, ParameterGradients, Parameters, Tape};
use crate::layer::unit_norm;
use crate::math::Matrix;
use crate::part::{Mover, ParameterArray};

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

    fn mover(&self, array: usize) -> Mover {
        self.inner.mover(array)
    }

    fn forward(&self, pre: &Matrix, at: Parameters<'_>, tape: &mut Tape, features: &mut Matrix) {
        let ([output, inverses], inner) = tape.nested();
        self.inner.forward(pre, at, inner, features);
        unit_norm::forward(features, output, inverses);
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
        unit_norm::backward(output, inverses, gradient);
        self.inner.backward(pre, at, inner, gradient, sums);
    }

    fn observe(&self, tape: &mut Tape, arrays: &mut [Matrix]) {
        self.inner.observe(tape.nested::<2>().1, arrays);
    }

    fn shows_neurons(&self) -> bool {
        self.inner.shows_neurons()
    }

    fn gates(&self) -> Option<&dyn Gates> {
        self.inner.gates()
    }
}

//! Linear features: h_i(x) = a_i = ⟨w_i, x⟩, without thresholds.
//!
//! It is the map of symmetric ReLUs whose thresholds stay at zero, ReLU(a) − ReLU(−a) = a, said as what it
//! is. Theories of linear learners speak of it, and nothing is left that could gate a neuron.
//!
//! ∂h/∂a = 1.
//!
//! Source: theory.md 4.6 (linear maps).

use super::{
    Activation, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape, WIDTH,
    with_output,
};
use crate::math::Matrix;

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "linear",
    summary: "⟨w,x⟩, without thresholds (bias.kind = \"zero\")",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT],
    build: |given, ()| with_output(Linear, given),
};

/// Pre-activations as features.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

impl Network for Linear {
    fn has_thresholds(&self) -> bool {
        false
    }

    fn forward(&self, pre: &Matrix, _at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        features.resize(pre.rows(), pre.cols());
        features.as_mut_slice().copy_from_slice(pre.as_slice());
    }

    fn backward(
        &self,
        _pre: &Matrix,
        _at: Parameters<'_>,
        _tape: &mut Tape,
        _gradient: &mut Matrix,
        _sums: &mut ParameterGradients,
    ) {
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }
}

impl Activation for Linear {
    fn value(&self, pre: f64, _bias: f64) -> f64 {
        pre
    }
}

//! ReLU: h_i(x) = ReLU(a − b), a = ⟨w_i, x⟩.
//!
//! One half of the paper's symmetric ReLU: a neuron answers one sign of an atom, so that both signs need a
//! neuron each. Closed forms do not speak of it.

use super::{
    Activation, Gates, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape,
    WIDTH, with_output,
};
use crate::layer::Pointwise;
use crate::math::Matrix;

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "relu",
    summary: "ReLU(⟨w,x⟩ − b)",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT],
    build: |given, ()| with_output(Relu, given),
};

/// One-sided ReLUs.
#[derive(Clone, Copy, Debug)]
pub struct Relu;

impl Network for Relu {
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        Pointwise::Relu.forward(pre, at.bias, features);
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        Pointwise::Relu.backward(pre, at.bias, gradient, &mut sums.bias);
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }

    fn gates(&self) -> Option<&dyn Gates> {
        Some(self)
    }
}

impl Activation for Relu {
    fn value(&self, pre: f64, bias: f64) -> f64 {
        Pointwise::Relu.value(pre, bias)
    }
}

impl Gates for Relu {
    fn push_open(&self, pre: &[f32], bias: &[f32], open: &mut Vec<u32>) {
        let pairs = pre.iter().zip(bias).enumerate();
        open.extend(pairs.filter(|(_, (a, b))| Pointwise::Relu.is_open(**a, **b)).map(|(i, _)| i as u32));
    }
}

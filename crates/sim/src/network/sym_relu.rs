//! Symmetric ReLU: h_i(x) = ReLU(a − b) − ReLU(−a − b), a = ⟨w_i, x⟩.
//!
//! Source: Section 2 (the network); docs/theory.md 2.2, 4.1, 4.2.

use super::{
    Activation, Gates, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape,
    WIDTH, with_output,
};
use crate::layer::Pointwise;
use crate::math::Matrix;

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "sym_relu",
    summary: "ReLU(⟨w,x⟩ − b) − ReLU(−⟨w,x⟩ − b)",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT],
    build: |given, ()| with_output(SymRelu, given),
};

/// The paper's network.
#[derive(Clone, Copy, Debug)]
pub struct SymRelu;

impl Network for SymRelu {
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        Pointwise::SymRelu.forward(pre, at.bias, features);
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        Pointwise::SymRelu.backward(pre, at.bias, gradient, &mut sums.bias);
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }

    fn gates(&self) -> Option<&dyn Gates> {
        Some(self)
    }

    fn is_symmetric_relu(&self) -> bool {
        true
    }
}

impl Activation for SymRelu {
    fn value(&self, pre: f64, bias: f64) -> f64 {
        Pointwise::SymRelu.value(pre, bias)
    }
}

impl Gates for SymRelu {
    fn push_open(&self, pre: &[f32], bias: &[f32], open: &mut Vec<u32>) {
        let pairs = pre.iter().zip(bias).enumerate();
        open.extend(pairs.filter(|(_, (a, b))| Pointwise::SymRelu.is_open(**a, **b)).map(|(i, _)| i as u32));
    }
}

//! Cubic features: h_i(x) = a³, a = ⟨w_i, x⟩, without thresholds.
//!
//! A cubic feature answers to a strong input much more than to a weak one. So a neuron that is nearer to one
//! direction of the data than to others soon answers to that direction alone.
//!
//! ∂h/∂a = 3 a².
//!
//! Source: Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning"
//! (NeurIPS 2022). There an input has several patches, and h_i is summed over them: see the head `patch_sum`.

use super::{
    Activation, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape, WIDTH,
    with_output,
};
use crate::math::Matrix;

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "cubic",
    summary: "⟨w,x⟩³, without thresholds (bias.kind = \"zero\")",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT],
    build: |given, ()| with_output(Cubic, given),
};

/// Third powers of pre-activations.
#[derive(Clone, Copy, Debug)]
pub struct Cubic;

impl Network for Cubic {
    fn has_thresholds(&self) -> bool {
        false
    }

    fn forward(&self, pre: &Matrix, _at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        features.resize(pre.rows(), pre.cols());
        for (h, &a) in features.as_mut_slice().iter_mut().zip(pre.as_slice()) {
            *h = a * a * a;
        }
    }

    fn backward(
        &self,
        pre: &Matrix,
        _at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        _sums: &mut ParameterGradients,
    ) {
        for (g, &a) in gradient.as_mut_slice().iter_mut().zip(pre.as_slice()) {
            *g *= 3.0 * a * a;
        }
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }
}

impl Activation for Cubic {
    fn value(&self, pre: f64, _bias: f64) -> f64 {
        pre * pre * pre
    }
}

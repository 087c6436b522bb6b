//! Two layers: the features are a linear map of symmetric ReLUs, f(x) = U h(W x, b).
//!
//! U has one row per feature and is trained with W. With H = h(A, b) for pre-activations A = X Wᵀ (n × m) and
//! G = ∂L/∂F: ∂L/∂U = Gᵀ H, ∂L/∂H = G U, and from there as in symmetric ReLU.
//!
//! Source: the learner of the paper (Section 2) under a projection head.

use super::{
    Gates, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, SymRelu, Tape, WIDTH,
    with_output,
};
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, times, times_transposed};
use crate::part::{Fallback, Kind, ParameterArray, PartSetting};

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "two_layers",
    summary: "a dense layer on symmetric ReLUs",
    settings: &[
        WIDTH,
        INITIAL_NORM,
        OUTPUT,
        PartSetting::new(
            "features",
            Kind::count(1),
            Fallback::Required,
            "Number of features of the second layer.",
        ),
    ],
    build: |given, ()| with_output(TwoLayers { features: given.whole("features")? as usize }, given),
};

/// A dense layer on symmetric ReLUs.
#[derive(Clone, Copy, Debug)]
pub struct TwoLayers {
    features: usize,
}

impl Network for TwoLayers {
    fn feature_count(&self, _neurons: usize) -> usize {
        self.features
    }

    fn arrays(&self, neurons: usize) -> Vec<ParameterArray> {
        // So that features start at the scale of the neurons.
        let deviation = 1.0 / (neurons as f64).sqrt();
        vec![ParameterArray { name: "second", rows: self.features, cols: neurons, deviation }]
    }

    fn forward(&self, pre: &Matrix, at: Parameters<'_>, tape: &mut Tape, features: &mut Matrix) {
        let ([hidden, _], inner) = tape.nested();
        SymRelu.forward(pre, first_layer(at), inner, hidden);
        times_transposed(features, hidden, &at.arrays[0]);
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        let ([hidden, d_hidden], inner) = tape.nested();
        add_transposed_times(&mut sums.arrays[0], gradient, hidden);
        times(d_hidden, gradient, &at.arrays[0]);
        // The buffers change places, so that nothing is copied.
        std::mem::swap(gradient, d_hidden);
        SymRelu.backward(pre, first_layer(at), inner, gradient, sums);
    }

    fn gates(&self) -> Option<&dyn Gates> {
        Some(&SymRelu)
    }
}

fn first_layer(at: Parameters<'_>) -> Parameters<'_> {
    Parameters { arrays: &[], ..at }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_gradients;
    use super::*;

    #[test]
    fn gradients_are_central_differences() {
        assert_gradients(&TwoLayers { features: 3 });
    }
}

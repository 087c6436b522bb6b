//! Smooth symmetric ReLU: h_i(x) = S(a − b) − S(−a − b), S(x) = s ln(1 + e^(x/s)), a = ⟨w_i, x⟩.
//!
//! S is the softplus; for s → 0 it is ReLU, and the network the paper's. A neuron is never quite closed, so
//! its gradient never vanishes.
//!
//! ∂h/∂a = σ((a − b)/s) + σ((−a − b)/s),  ∂h/∂b = −σ((a − b)/s) + σ((−a − b)/s),  σ the logistic function.
//!
//! Source: the learner of the paper (Section 2), with the kinks rounded off.

use super::{
    Activation, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape, WIDTH,
    with_output,
};
use crate::math::Matrix;
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: NetworkPart = NetworkPart {
    kind: "smooth_relu",
    summary: "symmetric ReLU with its kinks rounded off",
    settings: &[
        WIDTH,
        INITIAL_NORM,
        OUTPUT,
        PartSetting::number(
            "smoothness",
            Range::POSITIVE,
            "0.1",
            "Width of the rounding around a threshold, in units of pre-activations.",
        ),
    ],
    build: |given, ()| with_output(SmoothRelu { smoothness: given.number("smoothness")? }, given),
};

/// Symmetric softplus.
#[derive(Clone, Copy, Debug)]
pub struct SmoothRelu {
    smoothness: f64,
}

impl SmoothRelu {
    /// S(x), written such that nothing overflows.
    fn softplus(self, x: f64) -> f64 {
        x.max(0.0) + self.smoothness * (-(x / self.smoothness).abs()).exp().ln_1p()
    }

    /// S'(x).
    fn slope(self, x: f64) -> f64 {
        1.0 / (1.0 + (-x / self.smoothness).exp())
    }
}

impl Network for SmoothRelu {
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        features.resize(pre.rows(), pre.cols());
        for r in 0..pre.rows() {
            for (h, (&a, &b)) in features.row_mut(r).iter_mut().zip(pre.row(r).iter().zip(at.bias)) {
                *h = self.value(f64::from(a), f64::from(b)) as f32;
            }
        }
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        for r in 0..pre.rows() {
            let neurons = pre.row(r).iter().zip(at.bias).zip(&mut sums.bias);
            for (d, ((&a, &b), sum)) in gradient.row_mut(r).iter_mut().zip(neurons) {
                let (a, b) = (f64::from(a), f64::from(b));
                let (up, down) = (self.slope(a - b), self.slope(-a - b));
                *sum += f64::from(*d) * (down - up);
                *d = (f64::from(*d) * (up + down)) as f32;
            }
        }
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }
}

impl Activation for SmoothRelu {
    fn value(&self, pre: f64, bias: f64) -> f64 {
        self.softplus(pre - bias) - self.softplus(-pre - bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SymRelu;
    use super::super::tests::assert_gradients;
    use super::*;

    #[test]
    fn gradients_are_central_differences() {
        assert!(assert_gradients(&SmoothRelu { smoothness: 0.5 }) >= 24);
    }

    #[test]
    fn without_smoothness_it_is_symmetric_relu() {
        for (a, b) in [(1.0, 0.3), (-1.0, 0.3), (0.2, 0.3), (0.4, -0.3)] {
            let off = SmoothRelu { smoothness: 1e-4 }.value(a, b) - SymRelu.value(a, b);
            assert!(off.abs() < 1e-6, "{a}, {b}: {off}");
        }
    }
}

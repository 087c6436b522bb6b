//! Symmetric ReLU: h_i(x) = ReLU(a − b) − ReLU(−a − b), a = ⟨w_i, x⟩.
//!
//! For b ≥ 0 this is the soft threshold sign(a)(|a| − b)₊. For b < 0, which only trained biases reach, it has slope 2
//! on |a| < |b| and slope 1 outside.
//!
//! ∂h/∂a = 1{a > b} + 1{−a > b},  ∂h/∂b = −1{a > b} + 1{−a > b}.
//!
//! Source: Section 2 (the network); docs/theory.md 2.2, 4.1, 4.2.

use super::{
    Activation, Gates, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Tape,
    WIDTH, with_output,
};
use crate::math::{Matrix, parallel};
use std::cell::Cell;
use std::ops::{Neg, Sub};

/// Rows whose bias gradients are summed together; the groups are then added in order.
const ROWS_PER_PIECE: usize = 128;

thread_local! {
    /// Bias gradients by group of rows. Taken out while in use: a thread that waits may start another sum.
    static SUMS: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

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

fn activate<F>(a: F, b: F) -> F
where
    F: Copy + Default + PartialOrd + Neg<Output = F> + Sub<Output = F>,
{
    let relu = |x: F| if x > F::default() { x } else { F::default() };
    relu(a - b) - relu(-a - b)
}

impl Network for SymRelu {
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        let width = pre.cols();
        features.resize(pre.rows(), width);
        parallel::for_each_row_group(features.as_mut_slice(), width, ROWS_PER_PIECE, |first, rows| {
            let pre = &pre.as_slice()[first * width..][..rows.len()];
            for (out, pre) in rows.chunks_mut(width).zip(pre.chunks(width)) {
                for ((h, &a), &b) in out.iter_mut().zip(pre).zip(at.bias) {
                    *h = activate(a, b);
                }
            }
        });
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        let width = pre.cols();
        let mut pieces_sums = SUMS.take();
        pieces_sums.clear();
        pieces_sums.resize(pre.rows().div_ceil(ROWS_PER_PIECE) * width, 0.0);
        let pieces = gradient
            .as_mut_slice()
            .chunks_mut(ROWS_PER_PIECE * width)
            .zip(pre.as_slice().chunks(ROWS_PER_PIECE * width))
            .zip(pieces_sums.chunks_mut(width));
        parallel::for_each_piece(pieces, |((d_out, pre), sums)| {
            for (d_out, pre) in d_out.chunks_mut(width).zip(pre.chunks(width)) {
                for (((d, &a), &b), sum) in d_out.iter_mut().zip(pre).zip(at.bias).zip(sums.iter_mut()) {
                    let up = f32::from(u8::from(a > b));
                    let down = f32::from(u8::from(-a > b));
                    *sum += f64::from(*d * (down - up));
                    *d *= up + down;
                }
            }
        });
        for piece in pieces_sums.chunks(width) {
            sums.bias.iter_mut().zip(piece).for_each(|(d, s)| *d += s);
        }
        SUMS.set(pieces_sums);
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
        activate(pre, bias)
    }
}

impl Gates for SymRelu {
    fn push_open(&self, pre: &[f32], bias: &[f32], open: &mut Vec<u32>) {
        let pairs = pre.iter().zip(bias).enumerate();
        open.extend(pairs.filter(|(_, (a, b))| a.abs() > **b).map(|(i, _)| i as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forward(pre: &Matrix, bias: &[f32]) -> Matrix {
        let mut features = Matrix::default();
        SymRelu.forward(pre, Parameters { bias, arrays: &[] }, &mut Tape::default(), &mut features);
        features
    }

    fn backward(pre: &Matrix, bias: &[f32], gradient: &mut Matrix) -> Vec<f64> {
        let (at, mut sums) = (Parameters { bias, arrays: &[] }, ParameterGradients::default());
        sums.clear(at);
        SymRelu.backward(pre, at, &mut Tape::default(), gradient, &mut sums);
        sums.bias
    }

    /// Far from the kinks, so that finite differences see one linear piece.
    fn away_from_kinks(a: f64, b: f64) -> bool {
        (a - b).abs() > 1e-3 && (a + b).abs() > 1e-3
    }

    proptest! {
        #[test]
        fn backward_is_the_derivative_of_forward(a in -2.0f64..2.0, b in -1.0f64..1.0, upstream in -3.0f64..3.0) {
            prop_assume!(away_from_kinks(a, b));
            let pre = Matrix::from_vec(1, 1, vec![a as f32]);
            let mut d = Matrix::from_vec(1, 1, vec![upstream as f32]);
            let d_bias = backward(&pre, &[b as f32], &mut d);
            let h = 1e-5;
            let slope = (SymRelu.value(a + h, b) - SymRelu.value(a - h, b)) / (2.0 * h);
            let bias_slope = (SymRelu.value(a, b + h) - SymRelu.value(a, b - h)) / (2.0 * h);
            prop_assert!((f64::from(d[(0, 0)]) - upstream * slope).abs() < 1e-4);
            prop_assert!((d_bias[0] - upstream * bias_slope).abs() < 1e-4);
        }

        #[test]
        fn forward_is_odd_with_slope_two_or_none_inside_and_one_outside(a in -3.0f32..3.0, b in -2.0f32..2.0) {
            let out = forward(&Matrix::from_vec(1, 2, vec![a, -a]), &[b, b]);
            prop_assert_eq!(out[(0, 0)], -out[(0, 1)]);
            let slope_between = if b < 0.0 { 2.0 } else { 0.0 };
            let expected = a.signum() * ((a.abs() - b.abs()).max(0.0) + slope_between * a.abs().min(b.abs()));
            prop_assert!((out[(0, 0)] - expected).abs() < 1e-6);
            prop_assert!((SymRelu.value(f64::from(a), f64::from(b)) - f64::from(expected)).abs() < 1e-6);
            let mut open = Vec::new();
            SymRelu.push_open(&[a], &[b], &mut open);
            let mut slope = Matrix::from_vec(1, 1, vec![1.0]);
            backward(&Matrix::from_vec(1, 1, vec![a]), &[b], &mut slope);
            prop_assert_eq!(!open.is_empty(), out[(0, 0)] != 0.0 || slope[(0, 0)] != 0.0);
        }
    }

    #[test]
    fn bias_gradients_add_up_over_many_rows() {
        let rows = 3 * ROWS_PER_PIECE + 5;
        let pre = Matrix::from_fn(rows, 2, |r, c| ((r + 7 * c) as f32).sin());
        let mut d = Matrix::from_fn(rows, 2, |r, _| (r as f32).cos());
        let bias = [0.2, -0.3];
        let mut expected = [0.0f64; 2];
        for r in 0..rows {
            for c in 0..2 {
                let (a, b, g) = (pre[(r, c)], bias[c], d[(r, c)]);
                expected[c] += f64::from(g) * (f64::from(i8::from(-a > b)) - f64::from(i8::from(a > b)));
            }
        }
        let d_bias = backward(&pre, &bias, &mut d);
        for c in 0..2 {
            assert!((d_bias[c] - expected[c]).abs() < 1e-5);
        }
    }
}

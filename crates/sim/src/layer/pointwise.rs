//! Functions of a pre-activation a and its threshold b alone, over a batch.
//!
//! ```text
//! linear              φ = a
//! ReLU                φ = ReLU(a − b)                   ∂φ/∂a = 1{a > b},               ∂φ/∂b = −1{a > b}
//! symmetric ReLU      φ = ReLU(a − b) − ReLU(−a − b)    ∂φ/∂a = 1{a > b} + 1{−a > b},   ∂φ/∂b = −1{a > b} + 1{−a > b}
//! ```
//!
//! For b ≥ 0 symmetric ReLU is the soft threshold sign(a)(|a| − b)₊. For b < 0, which only trained thresholds
//! reach, it has slope 2 on |a| < |b| and slope 1 outside.
//!
//! Source: Section 2 (the network); docs/theory.md 2.2, 4.1, 4.2.

use crate::math::{Matrix, parallel};
use std::cell::Cell;
use std::ops::{Neg, Sub};

/// Rows whose threshold gradients are summed together; the groups are then added in order.
pub(crate) const ROWS_PER_PIECE: usize = 128;

thread_local! {
    /// Threshold gradients by group of rows. Taken out while in use: a thread that waits may start another
    /// sum.
    static SUMS: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// A function of a pre-activation and its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointwise {
    /// a, whatever the threshold.
    Linear,
    /// ReLU(a − b).
    Relu,
    /// ReLU(a − b) − ReLU(−a − b).
    SymRelu,
}

/// ReLU(x) in either precision.
fn relu<F: Default + PartialOrd>(x: F) -> F {
    if x > F::default() { x } else { F::default() }
}

impl Pointwise {
    /// φ(a, b).
    #[inline]
    pub fn value<F>(self, a: F, b: F) -> F
    where
        F: Copy + Default + PartialOrd + Neg<Output = F> + Sub<Output = F>,
    {
        match self {
            Self::Linear => a,
            Self::Relu => relu(a - b),
            Self::SymRelu => relu(a - b) - relu(-a - b),
        }
    }

    /// ∂φ/∂a and ∂φ/∂b.
    #[inline]
    fn slopes(self, a: f32, b: f32) -> (f32, f32) {
        let up = f32::from(u8::from(a > b));
        match self {
            Self::Linear => (1.0, 0.0),
            Self::Relu => (up, -up),
            Self::SymRelu => {
                let down = f32::from(u8::from(-a > b));
                (up + down, down - up)
            }
        }
    }

    /// Whether it sends anything forward or back at this pre-activation and threshold.
    pub fn is_open(self, a: f32, b: f32) -> bool {
        match self {
            Self::Linear => true,
            Self::Relu => a > b,
            Self::SymRelu => a.abs() > b,
        }
    }

    /// φ over a batch.
    ///
    /// # Shapes
    /// `pre`: n × m; `thresholds`: m; `out` becomes n × m.
    pub fn forward(self, pre: &Matrix, thresholds: &[f32], out: &mut Matrix) {
        out.resize(pre.rows(), pre.cols());
        // A function of its own for each, so that the loop has no choice in it.
        match self {
            Self::Linear => out.as_mut_slice().copy_from_slice(pre.as_slice()),
            Self::Relu => apply(pre, thresholds, out, |a, b| Self::Relu.value(a, b)),
            Self::SymRelu => apply(pre, thresholds, out, |a, b| Self::SymRelu.value(a, b)),
        }
    }

    /// Turns ∂L/∂φ into ∂L/∂a, in place, and adds ∂L/∂b, summed over the batch, to `sums`.
    ///
    /// # Shapes
    /// `pre` and `gradient`: n × m; `thresholds` and `sums`: m.
    pub fn backward(self, pre: &Matrix, thresholds: &[f32], gradient: &mut Matrix, sums: &mut [f64]) {
        match self {
            Self::Linear => {}
            Self::Relu => descend(pre, thresholds, gradient, sums, |a, b| Self::Relu.slopes(a, b)),
            Self::SymRelu => descend(pre, thresholds, gradient, sums, |a, b| Self::SymRelu.slopes(a, b)),
        }
    }
}

fn apply(pre: &Matrix, thresholds: &[f32], out: &mut Matrix, value: impl Fn(f32, f32) -> f32 + Sync + Send) {
    let width = pre.cols();
    parallel::for_each_row_group(out.as_mut_slice(), width, ROWS_PER_PIECE, |first, rows| {
        let pre = &pre.as_slice()[first * width..][..rows.len()];
        for (out, pre) in rows.chunks_mut(width).zip(pre.chunks(width)) {
            for ((h, &a), &b) in out.iter_mut().zip(pre).zip(thresholds) {
                *h = value(a, b);
            }
        }
    });
}

fn descend(
    pre: &Matrix,
    thresholds: &[f32],
    gradient: &mut Matrix,
    sums: &mut [f64],
    slopes: impl Fn(f32, f32) -> (f32, f32) + Sync + Send,
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
            for (((d, &a), &b), sum) in d_out.iter_mut().zip(pre).zip(thresholds).zip(sums.iter_mut()) {
                let (of_pre, of_threshold) = slopes(a, b);
                *sum += f64::from(*d * of_threshold);
                *d *= of_pre;
            }
        }
    });
    for piece in pieces_sums.chunks(width) {
        sums.iter_mut().zip(piece).for_each(|(d, s)| *d += s);
    }
    SUMS.set(pieces_sums);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Pointwise; 3] = [Pointwise::Linear, Pointwise::Relu, Pointwise::SymRelu];

    fn forward(of: Pointwise, pre: &Matrix, thresholds: &[f32]) -> Matrix {
        let mut out = Matrix::default();
        of.forward(pre, thresholds, &mut out);
        out
    }

    /// Far from the kinks, so that finite differences see one linear piece.
    fn away_from_kinks(a: f64, b: f64) -> bool {
        (a - b).abs() > 1e-3 && (a + b).abs() > 1e-3
    }

    proptest! {
        #[test]
        fn backward_is_the_derivative_of_forward(a in -2.0f64..2.0, b in -1.0f64..1.0, upstream in -3.0f64..3.0) {
            prop_assume!(away_from_kinks(a, b));
            for of in ALL {
                let pre = Matrix::from_vec(1, 1, vec![a as f32]);
                let (mut d, mut sums) = (Matrix::from_vec(1, 1, vec![upstream as f32]), [0.0]);
                of.backward(&pre, &[b as f32], &mut d, &mut sums);
                let h = 1e-5;
                let slope = (of.value(a + h, b) - of.value(a - h, b)) / (2.0 * h);
                let threshold_slope = (of.value(a, b + h) - of.value(a, b - h)) / (2.0 * h);
                prop_assert!((f64::from(d[(0, 0)]) - upstream * slope).abs() < 1e-4);
                prop_assert!((sums[0] - upstream * threshold_slope).abs() < 1e-4);
                let sends = of.value(a, b) != 0.0 || slope.abs() > 1e-4;
                prop_assert_eq!(of.is_open(a as f32, b as f32), sends, "{:?}", of);
            }
        }

        #[test]
        fn symmetric_relu_is_odd_with_slope_two_or_none_inside_and_one_outside(a in -3.0f32..3.0, b in -2.0f32..2.0) {
            let out = forward(Pointwise::SymRelu, &Matrix::from_vec(1, 2, vec![a, -a]), &[b, b]);
            prop_assert_eq!(out[(0, 0)], -out[(0, 1)]);
            let slope_between = if b < 0.0 { 2.0 } else { 0.0 };
            let expected = a.signum() * ((a.abs() - b.abs()).max(0.0) + slope_between * a.abs().min(b.abs()));
            prop_assert!((out[(0, 0)] - expected).abs() < 1e-6);
            let value = Pointwise::SymRelu.value(f64::from(a), f64::from(b));
            prop_assert!((value - f64::from(expected)).abs() < 1e-6);
        }
    }

    #[test]
    fn threshold_gradients_add_up_over_many_rows() {
        let rows = 3 * ROWS_PER_PIECE + 5;
        let pre = Matrix::from_fn(rows, 2, |r, c| ((r + 7 * c) as f32).sin());
        let mut d = Matrix::from_fn(rows, 2, |r, _| (r as f32).cos());
        let thresholds = [0.2, -0.3];
        let mut expected = [0.0f64; 2];
        for r in 0..rows {
            for c in 0..2 {
                let (a, b, g) = (pre[(r, c)], thresholds[c], d[(r, c)]);
                expected[c] += f64::from(g) * (f64::from(i8::from(-a > b)) - f64::from(i8::from(a > b)));
            }
        }
        let mut sums = [0.0; 2];
        Pointwise::SymRelu.backward(&pre, &thresholds, &mut d, &mut sums);
        for c in 0..2 {
            assert!((sums[c] - expected[c]).abs() < 1e-5);
        }
    }
}

//! Products restricted to open gates.
//!
//! Once the biases have risen, nearly every anchor pre-activation lies below its threshold. A closed neuron sends
//! nothing forward and gets no gradient, so both the positive's pre-activation and the weight gradient are needed only
//! at the open (anchor, neuron) pairs. Exact: what is left out is multiplied by zero.

use crate::math::{Matrix, parallel};
use multiversion::multiversion;
use std::cell::RefCell;

/// Fraction of open gates below which the gated products are faster than the dense ones (measured; benches/step.rs).
const WORTH_IT_BELOW: f64 = 0.25;
/// Anchors that share one packed piece of W.
const ANCHORS_PER_TILE: usize = 128;
/// Columns of a piece: 256 neurons × 512 columns of f32 fit the second-level cache.
const COLUMNS_PER_PIECE: usize = 512;
/// Columns of the gradient that one thread owns.
const GRADIENT_COLUMNS: usize = 256;

thread_local! {
    static PACKED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The open (anchor, neuron) pairs of a batch, by anchor.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// `open[starts[p]..starts[p + 1]]` are the open neurons of anchor p.
    starts: Vec<usize>,
    open: Vec<u32>,
    width: usize,
}

impl Gate {
    /// Notes which pairs are open.
    ///
    /// # Shapes
    /// `pre`: P × m pre-activations; `is_open(i, a)` says whether neuron i with pre-activation a is open.
    pub fn read(&mut self, pre: &Matrix, is_open: impl Fn(usize, f32) -> bool) {
        self.width = pre.cols();
        self.starts.clear();
        self.open.clear();
        self.starts.push(0);
        // Reading stops as soon as the dense path is certain.
        let limit = (WORTH_IT_BELOW * (pre.rows() * pre.cols()) as f64) as usize;
        for row in pre.iter_rows() {
            let open = row.iter().enumerate().filter(|&(i, &a)| is_open(i, a)).map(|(i, _)| i as u32);
            self.open.extend(open);
            self.starts.push(self.open.len());
            if self.open.len() > limit {
                return;
            }
        }
    }

    /// Whether so few gates are open that the gated products pay.
    pub fn is_worth_it(&self) -> bool {
        self.open.len() as f64 <= WORTH_IT_BELOW * ((self.starts.len() - 1) * self.width) as f64
    }

    fn of_anchor(&self, p: usize) -> &[u32] {
        &self.open[self.starts[p]..self.starts[p + 1]]
    }

    /// out[p, i] = ⟨x_p, w_i⟩ where open, 0 elsewhere.
    ///
    /// # Shapes
    /// `x`: P × d1, `weights`: m × d1, `out` becomes P × m.
    pub fn products(&self, out: &mut Matrix, x: &Matrix, weights: &Matrix) {
        let width = weights.rows();
        out.resize(x.rows(), width);
        parallel::for_each_row_group(out.as_mut_slice(), width, ANCHORS_PER_TILE, |first, rows| {
            rows.fill(0.0);
            PACKED.with_borrow_mut(|packed| {
                for start in (0..x.cols()).step_by(COLUMNS_PER_PIECE) {
                    let end = x.cols().min(start + COLUMNS_PER_PIECE);
                    pack_columns(packed, weights, start, end);
                    for (i, row) in rows.chunks_mut(width).enumerate() {
                        add_dots(row, &x.row(first + i)[start..end], packed, self.of_anchor(first + i));
                    }
                }
            });
        });
    }

    /// d_weights[i] += Σ_p d_pre[p, i] x_p over the open pairs.
    ///
    /// # Shapes
    /// `d_pre`: P × m, zero where closed; `x`: P × d1; `d_weights`: m × d1.
    pub fn add_gradient(&self, d_weights: &mut Matrix, d_pre: &Matrix, x: &Matrix) {
        let (width, cols) = (d_weights.rows(), d_weights.cols());
        let mut pieces: Vec<(usize, Vec<&mut [f32]>)> =
            (0..cols).step_by(GRADIENT_COLUMNS).map(|start| (start, Vec::with_capacity(width))).collect();
        for row in d_weights.as_mut_slice().chunks_mut(cols) {
            for (piece, columns) in pieces.iter_mut().zip(row.chunks_mut(GRADIENT_COLUMNS)) {
                piece.1.push(columns);
            }
        }
        parallel::for_each_piece(pieces, |(start, mut rows)| {
            let count = rows[0].len();
            PACKED.with_borrow_mut(|sums| {
                sums.clear();
                sums.resize(width * count, 0.0);
                for p in 0..x.rows() {
                    add_scaled(sums, &x.row(p)[start..start + count], d_pre.row(p), self.of_anchor(p));
                }
                for (row, sum) in rows.iter_mut().zip(sums.chunks(count)) {
                    row.iter_mut().zip(sum).for_each(|(d, s)| *d += s);
                }
            });
        });
    }
}

/// Copies columns start..end of every row next to each other.
fn pack_columns(packed: &mut Vec<f32>, weights: &Matrix, start: usize, end: usize) {
    packed.clear();
    for row in weights.iter_rows() {
        packed.extend_from_slice(&row[start..end]);
    }
}

/// row[i] += ⟨x, packed row i⟩ for the open neurons.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_dots(row: &mut [f32], x: &[f32], packed: &[f32], open: &[u32]) {
    let (x_blocks, x_rest) = x.as_chunks::<64>();
    for &i in open {
        let i = i as usize;
        let (w_blocks, w_rest) = packed[i * x.len()..(i + 1) * x.len()].as_chunks::<64>();
        let mut sums = [0.0f32; 64];
        for (x, w) in x_blocks.iter().zip(w_blocks) {
            for lane in 0..64 {
                sums[lane] += x[lane] * w[lane];
            }
        }
        let mut folded = [0.0f32; 16];
        for (lane, sum) in sums.iter().enumerate() {
            folded[lane % 16] += sum;
        }
        let tail: f32 = x_rest.iter().zip(w_rest).map(|(x, w)| x * w).sum();
        row[i] += folded.iter().sum::<f32>() + tail;
    }
}

/// sums row i += d_pre[i]·x for the open neurons.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_scaled(sums: &mut [f32], x: &[f32], d_pre: &[f32], open: &[u32]) {
    for &i in open {
        let i = i as usize;
        let scale = d_pre[i];
        for (s, &x) in sums[i * x.len()..(i + 1) * x.len()].iter_mut().zip(x) {
            *s += scale * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linalg::{add_transposed_times, times_transposed};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn gated_products_are_the_dense_ones_at_open_pairs(
            anchors in 1usize..300, width in 1usize..20, dim in 1usize..1200, threshold in 0.9f32..1.2,
        ) {
            let wave = |rows, cols, phase: f32| Matrix::from_fn(rows, cols, |r, c| ((r * 13 + c * 7) as f32 + phase).sin());
            let pre = wave(anchors, width, 0.3);
            let (x, weights) = (wave(anchors, dim, 1.0), wave(width, dim, 2.0));
            let is_open = |_: usize, a: f32| a.abs() > threshold;
            let mut gate = Gate::default();
            gate.read(&pre, is_open);
            if gate.is_worth_it() {
                let (mut dense, mut gated) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
                times_transposed(&mut dense, &x, &weights);
                gate.products(&mut gated, &x, &weights);
                let tolerance = 1e-6 * dim as f32 + 1e-5;
                for p in 0..anchors {
                    for i in 0..width {
                        let expected = if is_open(i, pre[(p, i)]) { dense[(p, i)] } else { 0.0 };
                        prop_assert!((gated[(p, i)] - expected).abs() < tolerance);
                    }
                }
                let d_pre = Matrix::from_fn(anchors, width, |p, i| if is_open(i, pre[(p, i)]) { pre[(p, i)] } else { 0.0 });
                let (mut dense, mut gated) = (weights.clone(), weights.clone());
                add_transposed_times(&mut dense, &d_pre, &x);
                gate.add_gradient(&mut gated, &d_pre, &x);
                let worst = dense.as_slice().iter().zip(gated.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                prop_assert!(worst < 1e-6 * anchors as f32 + 1e-5, "{worst}");
            }
        }
    }
}

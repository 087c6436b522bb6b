//! Products restricted to open gates.
//!
//! Once the biases have risen, nearly every anchor pre-activation lies below its threshold. A closed neuron sends
//! nothing forward and gets no gradient, so both the positive's pre-activation and the weight gradient are needed only
//! at the open (anchor, neuron) pairs. Exact: what is left out is multiplied by zero.

use crate::math::{Matrix, parallel};
use multiversion::multiversion;
use std::cell::RefCell;
use std::ops::Range;

/// Fraction of open gates below which the gated products are faster than the dense ones (measured; benches/step.rs).
const WORTH_IT_BELOW: f64 = 0.15;
/// Anchors that one thread takes through all pieces of W in [`Gate::products`].
const ANCHORS_PER_TILE: usize = 256;
/// Columns of that piece: 256 neurons × 1024 columns of f32 fit the second-level cache, and one horizontal sum per 1024
/// products is cheap.
const COLUMNS_PER_PIECE: usize = 1024;
/// Anchors whose packed columns [`Gate::add_gradient`] goes through at a time: 1024 × 256 columns of f32 fit the
/// second-level cache.
const ANCHORS_PER_BLOCK: usize = 1024;
/// Columns of the gradient that one thread owns.
const GRADIENT_COLUMNS: usize = 256;

/// One cache line. Packed copies are made of whole lines, so that no vector load straddles two.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([f32; Line::LEN]);

impl Line {
    const LEN: usize = 16;
    const ZERO: Self = Self([0.0; Self::LEN]);
}

thread_local! {
    static PACKED: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// The open (anchor, neuron) pairs of a batch, by anchor and, block by block, by neuron.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// `open[starts[p]..starts[p + 1]]` are the open neurons of anchor p.
    starts: Vec<usize>,
    open: Vec<u32>,
    width: usize,
    by_neuron: Vec<NeuronLists>,
    /// W in pieces of columns, as [`Gate::products`] reads it; kept for its allocation.
    packed_weights: Vec<Vec<Line>>,
}

/// The open anchors of one block of anchors, by neuron.
#[derive(Clone, Debug, Default)]
struct NeuronLists {
    /// `anchors[starts[i]..starts[i + 1]]` are the open anchors of neuron i, counted from the block's first.
    starts: Vec<usize>,
    anchors: Vec<u32>,
}

impl Gate {
    /// Notes which pairs are open.
    ///
    /// # Shapes
    /// `pre`: P × m pre-activations; `push_open(row, open)` appends the open neurons of one anchor.
    pub fn read(&mut self, pre: &Matrix, push_open: impl Fn(&[f32], &mut Vec<u32>)) {
        self.width = pre.cols();
        self.starts.clear();
        self.open.clear();
        self.by_neuron.clear();
        self.starts.push(0);
        // Reading stops as soon as the dense path is certain.
        let limit = (WORTH_IT_BELOW * (pre.rows() * pre.cols()) as f64) as usize;
        for row in pre.iter_rows() {
            push_open(row, &mut self.open);
            self.starts.push(self.open.len());
            if self.open.len() > limit {
                return;
            }
        }
        let anchors = pre.rows();
        self.by_neuron = (0..anchors)
            .step_by(ANCHORS_PER_BLOCK)
            .map(|first| self.lists(first, anchors.min(first + ANCHORS_PER_BLOCK)))
            .collect();
    }

    /// A counting sort of the open pairs of anchors first..end by neuron.
    fn lists(&self, first: usize, end: usize) -> NeuronLists {
        let mut starts = vec![0; self.width + 1];
        for &i in &self.open[self.starts[first]..self.starts[end]] {
            starts[i as usize + 1] += 1;
        }
        for i in 0..self.width {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut anchors = vec![0; starts[self.width]];
        for p in first..end {
            for &i in self.of_anchor(p) {
                anchors[next[i as usize]] = (p - first) as u32;
                next[i as usize] += 1;
            }
        }
        NeuronLists { starts, anchors }
    }

    /// Whether so few gates are open that the gated products pay.
    pub fn is_worth_it(&self) -> bool {
        !self.by_neuron.is_empty()
    }

    fn of_anchor(&self, p: usize) -> &[u32] {
        &self.open[self.starts[p]..self.starts[p + 1]]
    }

    /// `out[p, i] = ⟨x_p, w_i⟩` where open, 0 elsewhere.
    ///
    /// # Shapes
    /// `x`: P × d1, `weights`: m × d1, `out` becomes P × m.
    pub fn products(&mut self, out: &mut Matrix, x: &Matrix, weights: &Matrix) {
        let width = weights.rows();
        out.resize(x.rows(), width);
        let pieces: Vec<Range<usize>> = (0..x.cols())
            .step_by(COLUMNS_PER_PIECE)
            .map(|start| start..x.cols().min(start + COLUMNS_PER_PIECE))
            .collect();
        let mut packed_weights = std::mem::take(&mut self.packed_weights);
        packed_weights.resize_with(pieces.len(), Vec::new);
        parallel::for_each_piece(packed_weights.iter_mut().zip(&pieces), |(packed, columns)| {
            pack_columns(packed, weights, 0..width, columns.clone());
        });
        let gate = &*self;
        parallel::for_each_row_group(out.as_mut_slice(), width, ANCHORS_PER_TILE, |first, rows| {
            rows.fill(0.0);
            let mut sample = Vec::with_capacity(COLUMNS_PER_PIECE / Line::LEN);
            for (packed, columns) in packed_weights.iter().zip(&pieces) {
                for (i, row) in rows.chunks_mut(width).enumerate() {
                    sample.clear();
                    extend_with_lines(&mut sample, &x.row(first + i)[columns.clone()]);
                    add_dots(row, &sample, packed, gate.of_anchor(first + i));
                }
            }
        });
        self.packed_weights = packed_weights;
    }

    /// `d_weights[i] += Σ_p d_pre[p, i] x_p` over the open pairs.
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
            let end = start + rows[0].len();
            let mut scales = Vec::new();
            PACKED.with_borrow_mut(|packed| {
                for (block, lists) in self.by_neuron.iter().enumerate() {
                    let first = block * ANCHORS_PER_BLOCK;
                    pack_columns(packed, x, first..x.rows().min(first + ANCHORS_PER_BLOCK), start..end);
                    for (i, row) in rows.iter_mut().enumerate() {
                        let open = &lists.anchors[lists.starts[i]..lists.starts[i + 1]];
                        scales.clear();
                        scales.extend(open.iter().map(|&p| d_pre[(first + p as usize, i)]));
                        add_scaled_rows(row, packed, open, &scales);
                    }
                }
            });
        });
    }
}

/// Copies a range of columns of a range of rows next to each other, every row padded with zeros to whole lines.
fn pack_columns(packed: &mut Vec<Line>, matrix: &Matrix, rows: Range<usize>, columns: Range<usize>) {
    packed.clear();
    for r in rows {
        extend_with_lines(packed, &matrix.row(r)[columns.clone()]);
    }
}

fn extend_with_lines(lines: &mut Vec<Line>, values: &[f32]) {
    let (whole, rest) = values.as_chunks();
    lines.extend(whole.iter().map(|&chunk| Line(chunk)));
    if !rest.is_empty() {
        let mut last = Line::ZERO;
        last.0[..rest.len()].copy_from_slice(rest);
        lines.push(last);
    }
}

/// `row[i] += ⟨x, packed row i⟩` for the open neurons.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_dots(row: &mut [f32], x: &[Line], packed: &[Line], open: &[u32]) {
    let x: &[f32] = bytemuck::cast_slice(x);
    let packed: &[f32] = bytemuck::cast_slice(packed);
    for &i in open {
        let i = i as usize;
        row[i] += dot_of_lines(x, &packed[i * x.len()..(i + 1) * x.len()]);
    }
}

/// A dot product of whole lines in 64 interleaved partial sums, folded pairwise.
#[inline(always)]
fn dot_of_lines(x: &[f32], w: &[f32]) -> f32 {
    let (x_blocks, x_rest) = x.as_chunks::<64>();
    let (w_blocks, w_rest) = w.as_chunks::<64>();
    let mut sums = [0.0f32; 64];
    for (x, w) in x_blocks.iter().zip(w_blocks) {
        for lane in 0..64 {
            sums[lane] += x[lane] * w[lane];
        }
    }
    let mut half = 32;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    let tail: f32 = x_rest.iter().zip(w_rest).map(|(x, w)| x * w).sum();
    sums[0] + tail
}

/// row += Σ_p scale_p·(packed row p) over the open anchors, in their order.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_scaled_rows(row: &mut [f32], packed: &[Line], open: &[u32], scales: &[f32]) {
    let lines = row.len().div_ceil(Line::LEN);
    let mut buffer = [Line::ZERO; GRADIENT_COLUMNS / Line::LEN];
    let sums: &mut [f32] = bytemuck::cast_slice_mut(&mut buffer[..lines]);
    let packed: &[f32] = bytemuck::cast_slice(packed);
    for (&p, &scale) in open.iter().zip(scales) {
        let x = &packed[p as usize * sums.len()..][..sums.len()];
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum += scale * x;
        }
    }
    for (r, &sum) in row.iter_mut().zip(sums.iter()) {
        *r += sum;
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
            let is_open = |a: f32| a.abs() > threshold;
            let mut gate = Gate::default();
            gate.read(&pre, |row, open| {
                open.extend((0..row.len()).filter(|&i| is_open(row[i])).map(|i| i as u32));
            });
            if gate.is_worth_it() {
                let (mut dense, mut gated) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
                times_transposed(&mut dense, &x, &weights);
                gate.products(&mut gated, &x, &weights);
                let tolerance = 1e-6 * dim as f32 + 1e-5;
                for p in 0..anchors {
                    for i in 0..width {
                        let expected = if is_open(pre[(p, i)]) { dense[(p, i)] } else { 0.0 };
                        prop_assert!((gated[(p, i)] - expected).abs() < tolerance);
                    }
                }
                let d_pre = Matrix::from_fn(anchors, width, |p, i| if is_open(pre[(p, i)]) { pre[(p, i)] } else { 0.0 });
                let (mut dense, mut gated) = (weights.clone(), weights.clone());
                add_transposed_times(&mut dense, &d_pre, &x);
                gate.add_gradient(&mut gated, &d_pre, &x);
                let worst = dense.as_slice().iter().zip(gated.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                prop_assert!(worst < 1e-6 * anchors as f32 + 1e-5, "{worst}");
            }
        }
    }
}

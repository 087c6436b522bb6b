//! Products restricted to open gates.
//!
//! Once the biases have risen, nearly every anchor pre-activation lies below its threshold. A closed neuron sends
//! nothing forward and gets no gradient, so both the positive's pre-activation and the weight gradient are needed only
//! at the open (anchor, neuron) pairs. Exact: what is left out is multiplied by zero.

use crate::math::descent::Descent;
use crate::math::kernel::{BAND, LANES, Line, ROWS, add_dots, add_scaled_rows};
use crate::math::linalg::bands;
use crate::math::panels::Panels;
use crate::math::{Matrix, parallel};
use std::cell::Cell;
use std::ops::Range;

/// Fraction of open gates below which the gated products are faster than the dense ones (measured; benches/step.rs).
pub const WORTH_IT_BELOW: f64 = 0.15;
/// Anchors that one thread takes through a piece of W in [`Gate::products`].
const ANCHORS_PER_TILE: usize = 32;
/// Entries of that piece: half of the second-level cache.
const ENTRIES_PER_PIECE: usize = 1 << 17;
/// Columns of it: one horizontal sum per product of so many is cheap.
const COLUMNS_PER_PIECE: Range<usize> = 128..1024;
/// Anchors that [`Gate::descend`] goes through at a time: 1022 × 128 columns of f32 fit the second-level cache.
const ANCHORS_PER_BLOCK: usize = 73 * ROWS;

thread_local! {
    // Taken out while in use: a thread that waits may start another product.
    static SAMPLE: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// The open (anchor, neuron) pairs of a batch, by anchor and, block by block, by neuron.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// `open[starts[p]..starts[p + 1]]` are the open neurons of anchor p.
    starts: Vec<usize>,
    open: Vec<u32>,
    width: usize,
    /// One per block of anchors; `blocks` of them are in use.
    by_neuron: Vec<NeuronLists>,
    blocks: usize,
    /// A piece of the columns of W, as [`Gate::products`] reads it; kept for its allocation.
    packed_weights: Vec<Line>,
}

/// The open anchors of one block of anchors, by neuron.
#[derive(Clone, Debug, Default)]
struct NeuronLists {
    /// `anchors[starts[i]..starts[i + 1]]` are the open anchors of neuron i, counted from the block's first.
    starts: Vec<usize>,
    anchors: Vec<u32>,
    next: Vec<usize>,
    scales: Vec<f32>,
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
        self.blocks = 0;
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
        self.blocks = anchors.div_ceil(ANCHORS_PER_BLOCK);
        let blocks = self.blocks.max(self.by_neuron.len());
        self.by_neuron.resize_with(blocks, NeuronLists::default);
        let mut by_neuron = std::mem::take(&mut self.by_neuron);
        for (block, lists) in by_neuron[..self.blocks].iter_mut().enumerate() {
            let first = block * ANCHORS_PER_BLOCK;
            lists.sort(self, first..anchors.min(first + ANCHORS_PER_BLOCK));
        }
        self.by_neuron = by_neuron;
    }

    /// Whether so few gates are open that the gated products pay.
    pub fn is_worth_it(&self) -> bool {
        self.blocks > 0
    }

    fn of_anchor(&self, p: usize) -> &[u32] {
        &self.open[self.starts[p]..self.starts[p + 1]]
    }

    /// `out[p, i] = ⟨x_p, w_i⟩` where open, 0 elsewhere.
    ///
    /// # Shapes
    /// `x`: P × d1 in single precision, `weights`: m × d1, `out` becomes P × m.
    pub fn products(&mut self, out: &mut Matrix, x: &Panels, weights: &Matrix) {
        let (width, cols) = (weights.rows(), x.cols());
        out.resize(x.rows(), width);
        out.as_mut_slice().fill(0.0);
        let mut packed = std::mem::take(&mut self.packed_weights);
        let piece = (ENTRIES_PER_PIECE / width).next_multiple_of(LANES);
        let piece = piece.clamp(COLUMNS_PER_PIECE.start, COLUMNS_PER_PIECE.end);
        for start in (0..cols).step_by(piece) {
            let columns = start..cols.min(start + piece);
            let lines = columns.len().div_ceil(Line::LEN);
            packed.resize(width * lines, Line::ZERO);
            parallel::for_each_row_group(&mut packed, lines, ANCHORS_PER_TILE, |first, rows| {
                for (i, row) in rows.chunks_mut(lines).enumerate() {
                    copy_to_lines(row, &weights.row(first + i)[columns.clone()]);
                }
            });
            let (gate, packed) = (&*self, &packed[..]);
            parallel::for_each_row_group(out.as_mut_slice(), width, ANCHORS_PER_TILE, |first, rows| {
                let mut sample = SAMPLE.take();
                for (i, row) in rows.chunks_mut(width).enumerate() {
                    sample.clear();
                    sample.extend((0..lines).map(|b| x.line(first + i, start / Line::LEN + b)));
                    add_dots(row, &sample, packed, gate.of_anchor(first + i));
                }
                SAMPLE.set(sample);
            });
        }
        self.packed_weights = packed;
    }

    /// W ← keep · W − rate · Σ_p d_pre_p x_pᵀ over the open pairs.
    ///
    /// # Shapes
    /// `d_pre`: P × m, zero where closed; `x`: P × d1; `weights`: m × d1.
    pub fn descend(&mut self, weights: &mut Matrix, descent: Descent, d_pre: &Matrix, x: &Panels) {
        let width = weights.rows();
        let (by_neuron, _) = self.by_neuron.split_at_mut(self.blocks);
        for (block, lists) in by_neuron.iter_mut().enumerate() {
            lists.read_scales(d_pre, block * ANCHORS_PER_BLOCK);
        }
        let by_neuron = &*by_neuron;
        parallel::for_each_piece(bands(weights, BAND * Line::LEN), |mut band| {
            for (block, lists) in by_neuron.iter().enumerate() {
                // The first block of anchors brings the decay.
                let keep = if block == 0 { descent.keep } else { 1.0 };
                let samples = x.band(block * ANCHORS_PER_BLOCK, band.first());
                for i in 0..width {
                    let range = lists.starts[i]..lists.starts[i + 1];
                    let mut sums = [Line::ZERO; BAND];
                    let precision = x.precision();
                    add_scaled_rows(
                        &mut sums,
                        precision,
                        samples,
                        &lists.anchors[range.clone()],
                        &lists.scales[range],
                    );
                    Descent { keep, ..descent }.apply(band.row_mut(i), bytemuck::cast_slice(&sums));
                }
            }
        });
    }
}

impl NeuronLists {
    /// A counting sort of the open pairs of these anchors by neuron.
    fn sort(&mut self, gate: &Gate, anchors: Range<usize>) {
        let Self { starts, anchors: sorted, next, .. } = self;
        starts.clear();
        starts.resize(gate.width + 1, 0);
        for &i in &gate.open[gate.starts[anchors.start]..gate.starts[anchors.end]] {
            starts[i as usize + 1] += 1;
        }
        for i in 0..gate.width {
            starts[i + 1] += starts[i];
        }
        next.clear();
        next.extend_from_slice(starts);
        sorted.resize(starts[gate.width], 0);
        for p in anchors.clone() {
            for &i in gate.of_anchor(p) {
                sorted[next[i as usize]] = (p - anchors.start) as u32;
                next[i as usize] += 1;
            }
        }
    }

    /// Puts the gradient of every open pair next to it; `first` is the block's first anchor.
    fn read_scales(&mut self, d_pre: &Matrix, first: usize) {
        self.scales.clear();
        for (i, ends) in self.starts.windows(2).enumerate() {
            let open = self.anchors[ends[0]..ends[1]].iter();
            self.scales.extend(open.map(|&p| d_pre[(first + p as usize, i)]));
        }
    }
}

/// Fills whole lines, the last up with zeros.
fn copy_to_lines(lines: &mut [Line], values: &[f32]) {
    let flat: &mut [f32] = bytemuck::cast_slice_mut(lines);
    flat[..values.len()].copy_from_slice(values);
    flat[values.len()..].fill(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::compared::Compared;
    use crate::math::linalg::{add_transposed_times, times_transposed};
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    const CASES: u32 = 16;

    fn wave(rows: usize, cols: usize, phase: f32) -> Matrix {
        Matrix::from_fn(rows, cols, |r, c| ((r * 13 + c * 7) as f32 + phase).sin())
    }

    /// Pre-activations of which one in `every` stands out of [−1, 1], beginning with the first.
    fn pre_activations(anchors: usize, width: usize, every: usize) -> Matrix {
        let mut pre = wave(anchors, width, 0.3);
        for a in pre.as_mut_slice().iter_mut().step_by(every) {
            *a += 2.0f32.copysign(*a);
        }
        pre
    }

    fn agree(a: &Matrix, b: &Matrix, tolerance: f32) -> bool {
        (a.rows(), a.cols()) == (b.rows(), b.cols())
            && a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < tolerance)
    }

    /// Every case has open gates, and so few that the gated products are used; together they compare
    /// hundreds.
    #[test]
    fn gated_products_are_the_dense_ones_at_open_pairs() {
        let anchors = prop_oneof![1usize..300, 1000usize..1100];
        let sizes = (anchors, 1usize..20, 1usize..1200, 10usize..200);
        let compared = Compared::default();
        TestRunner::new(ProptestConfig::with_cases(CASES))
            .run(&sizes, |(anchors, width, dim, every)| {
                // One open pair of so many is few enough.
                let anchors = anchors.max(20usize.div_ceil(width));
                let is_open = |a: f32| a.abs() > 1.0;
                let pre = pre_activations(anchors, width, every);
                let (x, weights) = (wave(anchors, dim, 1.0), wave(width, dim, 2.0));
                let mut gate = Gate::default();
                gate.read(&pre, |row, open| {
                    open.extend((0..row.len()).filter(|&i| is_open(row[i])).map(|i| i as u32));
                });
                prop_assert!(gate.is_worth_it());
                let only_open = |values: &Matrix| {
                    let pairs = values.as_slice().iter().zip(pre.as_slice());
                    let values = pairs.map(|(&value, &a)| if is_open(a) { value } else { 0.0 });
                    Matrix::from_vec(anchors, width, values.collect())
                };
                let mut panels = Panels::default();
                panels.set(&x);
                let (mut dense, mut gated) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
                times_transposed(&mut dense, &x, &weights);
                gate.products(&mut gated, &panels, &weights);
                prop_assert!(agree(&only_open(&dense), &gated, 1e-6 * dim as f32 + 1e-5));

                let d_pre = only_open(&pre);
                let mut gated = weights.clone();
                gate.descend(&mut gated, Descent { keep: 0.75, rate: -0.5 }, &d_pre, &panels);
                let mut dense = weights.map(|w| 1.5 * w);
                add_transposed_times(&mut dense, &d_pre, &x);
                prop_assert!(agree(&dense.map(|w| 0.5 * w), &gated, 1e-6 * anchors as f32 + 1e-5));
                compared.add(pre.as_slice().iter().filter(|&&a| is_open(a)).count());
                Ok(())
            })
            .unwrap();
        compared.at_least(10 * CASES as usize);
    }
}

//! Rows in the layout that the [kernels](super::kernel) read: ROWS of them side by side, 16 columns at a time.
//!
//! ```text
//! data[q · blocks + b][r] = columns 16 b … 16 b + 15 of row ROWS q + r
//! ```
//! Rows and columns that fill up the last panel and the last BAND blocks are zero. The same copy serves both products
//! of a training step: x Wᵀ broadcasts its entries, Cᵀ x reads them as vectors.
//!
//! Products are cut into pieces whose borders depend on the shape alone, and every sum runs in one order: same bits on any
//! number of threads.

use super::kernel::{
    BAND, ColumnBlock, LANES, LanePair, Line, Precision, ROWS, Strided, Tile, add_rows_times_columns,
    pair_of_halves, transpose,
};
use super::matrix::Matrix;
use super::parallel;
use multiversion::multiversion;
use std::cell::Cell;
use std::ops::Range;

/// Blocks of 16 columns that a tile sums at a time: 14 rows of 512 columns stay in the first-level cache.
const BLOCKS_PER_SUM: usize = 32;
/// Groups of 32 columns of the right factor that one such stretch is multiplied with: 256 × 512 entries stay in the
/// second-level cache.
const GROUPS_PER_SWEEP: usize = 8;
/// Stretches of the right factor that are packed at a time, to bound the memory of the copy.
const SUMS_PER_CHUNK: usize = 4;
/// Panels of the left factor that one thread takes at a time.
const PANELS_PER_PIECE: usize = 4;

/// Blocks of a row of a right factor that are copied at a time.
const BLOCKS_PER_COPY: usize = 8;

thread_local! {
    // Taken out while in use: a thread that waits inside a product may start another.
    static PACKED: Cell<Vec<ColumnBlock>> = const { Cell::new(Vec::new()) };
    static LEFT: Cell<Panels> = const { Cell::new(Panels::EMPTY) };
}

/// Rows in the layout of the kernels.
#[derive(Clone, Debug, Default)]
pub struct Panels {
    precision: Precision,
    rows: usize,
    cols: usize,
    data: Vec<[Line; ROWS]>,
}

/// The right factor of a product.
#[derive(Clone, Copy, Debug)]
pub enum Right<'a, T = f32> {
    /// x bᵀ: b has as many columns as x.
    Transposed(&'a Matrix<T>),
    /// x b: b has as many rows as x has columns.
    Plain(&'a Matrix<T>),
}

impl Panels {
    const EMPTY: Self = Self::new(Precision::Single);

    /// No rows yet.
    pub const fn new(precision: Precision) -> Self {
        Self { precision, rows: 0, cols: 0, data: Vec::new() }
    }

    /// Changes the shape, keeping the allocation where it is large enough. Entries of rows that are not written again
    /// are unspecified.
    pub fn resize(&mut self, rows: usize, cols: usize) {
        if (rows, cols) != (self.rows, self.cols) {
            (self.rows, self.cols) = (rows, cols);
            self.data.clear();
            self.data.resize(rows.div_ceil(ROWS) * self.blocks(), [Line::ZERO; ROWS]);
        }
    }

    /// Changes what the lines hold. Forgets the rows where it was something else.
    pub fn set_precision(&mut self, precision: Precision) {
        if precision != self.precision {
            self.resize(0, 0);
            self.precision = precision;
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Lines of a row: a multiple of BAND lines of single precision.
    fn blocks(&self) -> usize {
        let per_line = self.precision.per_line();
        (self.cols.div_ceil(BAND * Line::LEN) * BAND * Line::LEN) / per_line
    }

    fn panel(&self, q: usize) -> &[[Line; ROWS]] {
        &self.data[q * self.blocks()..(q + 1) * self.blocks()]
    }

    /// Groups of ROWS rows with the index of their first, to be written by [`PanelMut::set_row`].
    pub fn panels_mut(&mut self) -> impl Iterator<Item = PanelMut<'_>> + Send {
        let (blocks, precision) = (self.blocks().max(1), self.precision);
        let panels = self.data.chunks_mut(blocks).enumerate();
        panels.map(move |(q, blocks)| PanelMut { first_row: q * ROWS, precision, blocks })
    }

    /// Copies the rows of a matrix.
    pub fn set(&mut self, matrix: &Matrix) {
        self.resize(matrix.rows(), matrix.cols());
        parallel::for_each_piece(self.panels_mut(), |mut panel| {
            for r in 0..ROWS.min(matrix.rows() - panel.first_row) {
                panel.set_row(r, matrix.row(panel.first_row + r));
            }
        });
    }

    /// What the lines hold.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Line b of row p: columns 16 b … 16 b + 15 (32 b … 32 b + 31 in half precision).
    pub fn line(&self, p: usize, b: usize) -> &Line {
        &self.data[p / ROWS * self.blocks() + b][p % ROWS]
    }

    fn entry(&self, p: usize, c: usize) -> f32 {
        let per_line = self.precision.per_line();
        let (line, at) = (self.line(p, c / per_line), c % per_line);
        match self.precision {
            Precision::Single => line.0[at],
            Precision::Half => f32::from_bits(line.0[at / 2].to_bits() >> (16 * (at % 2)) << 16),
        }
    }

    /// BAND lines of every row from `first_row` on, from column `first_col` on.
    ///
    /// # Panics
    /// If a panel does not start at this row or a block at this column.
    pub fn band(&self, first_row: usize, first_col: usize) -> Strided<'_> {
        let per_line = self.precision.per_line();
        assert!(
            first_row.is_multiple_of(ROWS) && first_col.is_multiple_of(per_line),
            "whole panels and blocks"
        );
        let stride = self.blocks();
        Strided { blocks: &self.data[first_row / ROWS * stride + first_col / per_line..], stride }
    }

    /// The same rows as a matrix.
    pub fn to_matrix(&self) -> Matrix {
        Matrix::from_fn(self.rows, self.cols, |p, c| self.entry(p, c))
    }
}

/// ROWS neighbouring rows, to be written.
pub struct PanelMut<'a> {
    /// The index of the first of them.
    pub first_row: usize,
    precision: Precision,
    blocks: &'a mut [[Line; ROWS]],
}

impl PanelMut<'_> {
    /// Writes row `first_row + r`; columns behind the last are filled with zeros.
    pub fn set_row(&mut self, r: usize, values: &[f32]) {
        match self.precision {
            Precision::Single => set_singles(self.blocks, r, values),
            Precision::Half => set_halves(self.blocks, r, values),
        }
    }
}

fn set_singles(blocks: &mut [[Line; ROWS]], r: usize, values: &[f32]) {
    let (whole, rest) = values.as_chunks();
    for (block, &values) in blocks.iter_mut().zip(whole) {
        block[r].0 = values;
    }
    if !rest.is_empty() {
        let mut last = Line::ZERO;
        last.0[..rest.len()].copy_from_slice(rest);
        blocks[whole.len()][r] = last;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn set_halves(blocks: &mut [[Line; ROWS]], r: usize, values: &[f32]) {
    for (block, values) in blocks.iter_mut().zip(values.chunks(2 * Line::LEN)) {
        block[r] = halves(values);
    }
}

/// A line of halves; what is missing is zero.
#[inline(always)]
fn halves(values: &[f32]) -> Line {
    let mut padded = [0.0; 2 * Line::LEN];
    let whole = values.first_chunk().unwrap_or_else(|| {
        padded[..values.len()].copy_from_slice(values);
        &padded
    });
    Line(std::array::from_fn(|i| f32::from_bits(pair_of_halves(whole[2 * i], whole[2 * i + 1]))))
}

/// out = a b or a bᵀ for plain matrices.
pub fn product(out: &mut Matrix, precision: Precision, a: &Matrix, right: Right<'_>) {
    let mut left = LEFT.take();
    left.set_precision(precision);
    left.set(a);
    panels_product(out, &left, right);
    LEFT.set(left);
}

/// out = x b or x bᵀ.
///
/// # Shapes
/// `x`: n × k, `out` becomes n × m.
///
/// # Panics
/// If the inner dimensions differ.
pub fn panels_product(out: &mut Matrix, x: &Panels, right: Right<'_>) {
    let (inner, cols) = match right {
        Right::Transposed(b) => (b.cols(), b.rows()),
        Right::Plain(b) => (b.rows(), b.cols()),
    };
    assert_eq!(x.cols(), inner, "the inner dimensions of a product agree");
    out.resize(x.rows(), cols);
    if cols == 0 {
        return;
    }
    let (precision, groups) = (x.precision(), cols.div_ceil(LANES));
    let blocks = inner.div_ceil(precision.per_line());
    if blocks == 0 {
        out.as_mut_slice().fill(0.0);
    }
    let mut packed = PACKED.take();
    let chunk = BLOCKS_PER_SUM * SUMS_PER_CHUNK;
    for start in (0..blocks).step_by(chunk) {
        let end = blocks.min(start + chunk);
        packed.resize((end - start) * groups, [[Line::ZERO; 2]; Line::LEN]);
        // Stretch after stretch, in it group after group.
        let stretches = packed.chunks_mut(BLOCKS_PER_SUM * groups).enumerate();
        let pieces = stretches.flat_map(|(s, stretch)| {
            let first = start + s * BLOCKS_PER_SUM;
            let length = stretch.len() / groups;
            stretch.chunks_mut(length).enumerate().map(move |(group, columns)| (first, group, columns))
        });
        parallel::for_each_piece(pieces, |(first, group, columns)| {
            pack(columns, precision, right, first, group);
        });
        let packed = &packed[..];
        parallel::for_each_row_group(out.as_mut_slice(), cols, PANELS_PER_PIECE * ROWS, |first, rows| {
            multiply_piece(rows, cols, x, first / ROWS, start..end, packed);
        });
    }
    PACKED.set(packed);
}

/// Rows of the product for the panels from `first` on, summed over the given blocks; sets them where these are the first
/// blocks, adds otherwise.
fn multiply_piece(
    rows: &mut [f32],
    cols: usize,
    x: &Panels,
    first: usize,
    blocks: Range<usize>,
    packed: &[ColumnBlock],
) {
    let groups = cols.div_ceil(LANES);
    for start in blocks.clone().step_by(BLOCKS_PER_SUM) {
        let length = BLOCKS_PER_SUM.min(blocks.end - start);
        let stretch = &packed[(start - blocks.start) * groups..][..length * groups];
        for (sweep, sweep_groups) in stretch.chunks(GROUPS_PER_SWEEP * length).enumerate() {
            for (q, rows) in rows.chunks_mut(ROWS * cols).enumerate() {
                let panel = &x.panel(first + q)[start..start + length];
                for (group, columns) in sweep_groups.chunks(length).enumerate() {
                    let mut tile = Tile::ZERO;
                    add_rows_times_columns(&mut tile, x.precision(), panel, columns);
                    let first_col = (sweep * GROUPS_PER_SWEEP + group) * LANES;
                    write_tile(rows, cols, first_col, &tile, start == 0);
                }
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn write_tile(rows: &mut [f32], cols: usize, first_col: usize, tile: &Tile, replace: bool) {
    for (row, sums) in rows.chunks_mut(cols).zip(&tile.0) {
        let out = &mut row[first_col..];
        if let (true, Some(whole)) = (replace, out.first_chunk_mut()) {
            *whole = *sums;
        } else if replace {
            let lanes = out.len();
            out.copy_from_slice(&sums[..lanes]);
        } else {
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
        }
    }
}

/// Packs columns 32 group … of the right factor for the inner blocks from `first` on.
fn pack(columns: &mut [ColumnBlock], precision: Precision, right: Right<'_>, first: usize, group: usize) {
    let per_line = precision.per_line();
    let first_k = first * per_line;
    match right {
        Right::Plain(b) => {
            pack_plain(columns.as_flattened_mut(), per_line / Line::LEN, b, first_k, group * LANES);
        }
        Right::Transposed(b) => {
            // Rows are copied a stretch at a time: reading many far-apart rows side by side would miss the cache.
            let mut stretch = [[Line::ZERO; BLOCKS_PER_COPY]; Line::LEN];
            let copy = BLOCKS_PER_COPY * per_line;
            for (blocks, k) in columns.chunks_mut(BLOCKS_PER_COPY).zip((first_k..).step_by(copy)) {
                for half in 0..2 {
                    for (row, lines) in (group * LANES + half * Line::LEN..).zip(&mut stretch) {
                        let rest = if row < b.rows() { b.row(row).get(k..).unwrap_or_default() } else { &[] };
                        copy_stretch(lines, precision, &rest[..rest.len().min(copy)]);
                    }
                    for (i, block) in blocks.iter_mut().enumerate() {
                        transpose(block, half, &std::array::from_fn(|l| &stretch[l][i].0));
                    }
                }
            }
        }
    }
}

/// Fills lines; what is missing is zero.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn copy_stretch(lines: &mut [Line; BLOCKS_PER_COPY], precision: Precision, values: &[f32]) {
    match precision {
        Precision::Single => {
            let flat: &mut [f32; BLOCKS_PER_COPY * Line::LEN] = bytemuck::cast_mut(lines);
            flat[..values.len()].copy_from_slice(values);
            flat[values.len()..].fill(0.0);
        }
        Precision::Half => {
            let mut chunks = values.chunks(2 * Line::LEN);
            for line in lines {
                *line = halves(chunks.next().unwrap_or_default());
            }
        }
    }
}

/// Copies 32 columns of a right factor from row `k` on; two rows to a word where `rows_per_word` is 2.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn pack_plain(pairs: &mut [LanePair], rows_per_word: usize, b: &Matrix, k: usize, first_col: usize) {
    let lanes = LANES.min(b.cols() - first_col);
    let row = |k: usize| -> [f32; LANES] {
        let mut row = [0.0; LANES];
        if k < b.rows() {
            row[..lanes].copy_from_slice(&b.row(k)[first_col..first_col + lanes]);
        }
        row
    };
    for (pair, k) in pairs.iter_mut().zip((k..).step_by(rows_per_word)) {
        let to: &mut [f32; LANES] = bytemuck::cast_mut(pair);
        *to = row(k);
        if rows_per_word == 2 {
            let second = row(k + 1);
            for (to, second) in to.iter_mut().zip(second) {
                *to = f32::from_bits(pair_of_halves(*to, second));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::descent::{Coefficients, Descent, descend};
    use proptest::prelude::*;

    /// Half of the last bit of a bfloat16 below 1.
    const HALF_ROUNDING: f32 = 1.0 / 512.0;

    fn wave(rows: usize, cols: usize, phase: f32) -> Matrix {
        Matrix::from_fn(rows, cols, |r, c| ((r * 31 + c * 17) as f32 + phase).sin())
    }

    fn naive(a: &Matrix, b: &Matrix) -> Matrix {
        Matrix::from_fn(a.rows(), b.cols(), |r, c| (0..a.cols()).map(|k| a[(r, k)] * b[(k, c)]).sum())
    }

    fn worst(a: &Matrix, b: &Matrix) -> f32 {
        assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()));
        // Not `f32::max`, which would pass over a NaN.
        a.as_slice()
            .iter()
            .zip(b.as_slice())
            .map(|(a, b)| (a - b).abs())
            .max_by(f32::total_cmp)
            .unwrap_or(0.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn products_and_descent_agree_with_the_definition(
            n in 0usize..130, m in 1usize..300, k in 0usize..60, long in proptest::bool::weighted(0.2), phase in 0.0f32..9.0,
        ) {
            // Now and then a sum over several stretches and chunks.
            let k = if long { 2040 + k } else { k };
            let (a, b) = (wave(n, k, phase), wave(k, m, 1.0 + phase));
            let tolerance = 1e-6 * k as f32 + 1e-6;
            let mut out = Matrix::zeros(0, 0);
            product(&mut out, Precision::Single, &a, Right::Plain(&b));
            prop_assert!(worst(&out, &naive(&a, &b)) < tolerance);
            product(&mut out, Precision::Single, &a, Right::Transposed(&b.transposed()));
            prop_assert!(worst(&out, &naive(&a, &b)) < tolerance);

            let mut x = Panels::default();
            x.set(&a);
            prop_assert_eq!(&x.to_matrix(), &a);
            let mut half = Panels::new(Precision::Half);
            half.set(&a);
            prop_assert!(worst(&half.to_matrix(), &a) <= HALF_ROUNDING);
            for right in [Right::Plain(&b), Right::Transposed(&b.transposed())] {
                panels_product(&mut out, &half, right);
                prop_assert!(worst(&out, &naive(&a, &b)) <= 2.0 * HALF_ROUNDING * k as f32 + 1e-6);
            }
            let c = wave(n, 40, phase + 2.0);
            let mut coefficients = Coefficients::default();
            coefficients.set(&c, Precision::Single);
            let start = wave(40, k, 0.5);
            let mut moved = start.clone();
            let descent = Descent { keep: 0.75, rate: 0.5 };
            descend(&mut moved, descent, &[(&coefficients, &x), (&coefficients, &x)]);
            let gradient = naive(&c.transposed(), &a);
            let expected =
                Matrix::from_fn(40, k, |i, j| 0.75 * start[(i, j)] - 0.5 * 2.0 * gradient[(i, j)]);
            prop_assert!(worst(&moved, &expected) < 1e-6 * n as f32 + 1e-6);
            coefficients.set(&c, half.precision());
            let mut moved = start.clone();
            descend(&mut moved, descent, &[(&coefficients, &half), (&coefficients, &half)]);
            prop_assert!(worst(&moved, &expected) < 2.0 * HALF_ROUNDING * n as f32 + 1e-6);
        }
    }
}

//! Micro-kernels of matrix products: one tile of ROWS × LANES sums, held in registers while a long sum runs over it.
//!
//! Two shapes share one layout of the samples (`panels`), so that samples are stored once and packed never:
//! ```text
//! rows times columns   tile[r][l] += Σ_k x[r][k] · c[k][l]     pre-activations: x broadcast, c = packed Wᵀ
//! outer products       tile[r][l] += Σ_p g[p][r] · x[p][l]     gradients: g broadcast, x read as vectors
//! ```
//! Each has an AVX-512, an AVX2 and a portable version, chosen once by what the processor has. The order of every sum
//! is the same in all of them; only the portable version rounds between product and sum where there is no fused
//! multiply-add.
//!
//! Entries may be stored in half precision. They are multiplied as they are where that is faster, and widened to single
//! precision in the cache elsewhere (`widened`): products are exact either way, sums are rounded in another order.

mod widened;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::LazyLock;

/// Rows of a tile: 14 × 32 sums, two rows of columns and one broadcast fill the 32 registers of AVX-512.
pub const ROWS: usize = 14;
/// Columns of a tile.
pub const LANES: usize = 32;

/// One cache line. Packed data are made of whole lines, so that no vector load straddles two.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub struct Line(pub [f32; Line::LEN]);

impl Line {
    /// Entries.
    pub const LEN: usize = 16;
    /// Zeros.
    pub const ZERO: Self = Self([0.0; Self::LEN]);
}

/// Columns of one k for a tile: two lines.
pub type LanePair = [Line; 2];

/// The sums of a tile.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Tile(pub [[f32; LANES]; ROWS]);

impl Tile {
    /// Zeros.
    pub const ZERO: Self = Self([[0.0; LANES]; ROWS]);
}

/// Right factor of one block: for each of sixteen inner indices (or pairs of them) 32 columns.
pub type ColumnBlock = [LanePair; Line::LEN];
/// Coefficients of one panel of samples for ROWS neurons: `[p][i]`.
pub type CoefficientBlock = [[f32; ROWS]; ROWS];

type RowsTimesColumns = fn(&mut Tile, &[[Line; ROWS]], &[ColumnBlock]);
type OuterProducts = fn(&mut Tile, &[CoefficientBlock], Strided<'_>);
type Transpose = fn(&mut ColumnBlock, usize, &[&[f32; Line::LEN]; Line::LEN]);
type Dots = fn(&mut [f32], &[Line], &[Line], &[u32]);
type ScaledRows = fn(&mut [Line; BAND], Strided<'_>, &[u32], &[f32]);

/// The kernels of one kind of processor.
struct Kernels {
    rows_times_columns: RowsTimesColumns,
    outer_products: OuterProducts,
    transpose: Transpose,
    scaled_rows: ScaledRows,
    dots: Dots,
    /// The same for lines of half-precision entries.
    half: HalfKernels,
}

/// Kernels on lines of 32 half-precision entries (bfloat16: the upper half of an `f32`), two to a word, the first in the
/// low half. Products and sums are in single precision.
struct HalfKernels {
    rows_times_columns: RowsTimesColumns,
    outer_products: OuterProducts,
    scaled_rows: ScaledRows,
}

/// What the lines of a layout hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 16 entries in single precision.
    #[default]
    Single,
    /// 32 entries rounded to bfloat16; sums stay in single precision.
    Half,
}

impl Precision {
    /// Entries of a line.
    pub fn per_line(self) -> usize {
        match self {
            Self::Single => Line::LEN,
            Self::Half => 2 * Line::LEN,
        }
    }

    fn half(self) -> Option<&'static HalfKernels> {
        match self {
            Self::Single => None,
            Self::Half => Some(&KERNELS.half),
        }
    }
}

/// The bfloat16 nearest to a number, ties to even.
#[inline(always)]
pub fn half(x: f32) -> u16 {
    let bits = x.to_bits();
    (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

/// Two numbers rounded to bfloat16 in one word: `first` in the low half.
#[inline(always)]
pub fn pair_of_halves(first: f32, second: f32) -> u32 {
    u32::from(half(first)) | u32::from(half(second)) << 16
}

/// Lines of one row that [`add_scaled_rows`] sums at a time.
pub const BAND: usize = 8;

/// Every `stride`-th pair of blocks of a panel layout: rows of 32 columns, ROWS at a time.
#[derive(Clone, Copy)]
pub struct Strided<'a> {
    /// Blocks of 16 columns × ROWS rows.
    pub blocks: &'a [[Line; ROWS]],
    /// Blocks from one panel to the next.
    pub stride: usize,
}

static KERNELS: LazyLock<Kernels> = LazyLock::new(|| {
    #[cfg(target_arch = "x86_64")]
    if let Some(kernels) = x86::kernels() {
        return kernels;
    }
    Kernels {
        rows_times_columns: portable::rows_times_columns,
        outer_products: portable::outer_products,
        transpose: portable::transpose,
        scaled_rows: portable::scaled_rows,
        dots: portable::dots,
        half: widened::kernels(widened::scaled_rows),
    }
});

/// tile\[r\]\[l\] += Σ_k rows\[k / 16\]\[r\]\[k mod 16\] · columns\[k / 16\]\[k mod 16\]\[l\]; in half precision each word holds the
/// entries of two k.
///
/// # Panics
/// If the lengths differ.
pub fn add_rows_times_columns(
    tile: &mut Tile,
    precision: Precision,
    rows: &[[Line; ROWS]],
    columns: &[[LanePair; Line::LEN]],
) {
    assert_eq!(rows.len(), columns.len(), "as many blocks of rows as of columns");
    let kernel = precision.half().map_or(KERNELS.rows_times_columns, |half| half.rows_times_columns);
    kernel(tile, rows, columns);
}

/// tile\[r\]\[l\] += Σ_q Σ_p coefficients\[q\]\[p\]\[r\] · x(q, p, l), x(q, p, ·) being row p of the blocks q·stride (columns 0 to
/// 15) and q·stride + 1 (columns 16 to 31). In half precision the blocks q·stride hold all 32 columns, and
/// coefficients\[q\]\[p / 2\]\[r\] the coefficients of rows p and p + 1 in one word.
///
/// # Panics
/// If there are fewer blocks than coefficients ask for.
pub fn add_outer_products(
    tile: &mut Tile,
    precision: Precision,
    coefficients: &[[[f32; ROWS]; ROWS]],
    samples: Strided<'_>,
) {
    if let Some(last) = coefficients.len().checked_sub(1) {
        let needed = LANES / precision.per_line();
        assert!(samples.blocks.len() >= last * samples.stride + needed, "blocks for 32 columns per panel");
        let kernel = precision.half().map_or(KERNELS.outer_products, |half| half.outer_products);
        kernel(tile, coefficients, samples);
    }
}

/// columns\[k\]\[half\]\[l\] = rows\[l\]\[k\]: packs a square of a right factor that is given transposed.
pub fn transpose(columns: &mut [LanePair; Line::LEN], half: usize, rows: &[&[f32; Line::LEN]; Line::LEN]) {
    (KERNELS.transpose)(columns, half, rows);
}

/// sums\[b\] += Σ_n scales\[n\] · (line b of row rows\[n\]), for the first BAND lines of the blocks, or the first BAND/2 in half
/// precision.
///
/// # Panics
/// If a row lies behind the last block, or the lengths differ.
pub fn add_scaled_rows(
    sums: &mut [Line; BAND],
    precision: Precision,
    samples: Strided<'_>,
    rows: &[u32],
    scales: &[f32],
) {
    assert_eq!(rows.len(), scales.len(), "one scale per row");
    if let Some(&last) = rows.iter().max() {
        let first = last as usize / ROWS * samples.stride;
        assert!(
            samples.blocks.len() >= first + BAND * Line::LEN / precision.per_line(),
            "rows inside the panels"
        );
        let kernel = precision.half().map_or(KERNELS.scaled_rows, |half| half.scaled_rows);
        kernel(sums, samples, rows, scales);
    }
}

/// out\[i\] += ⟨x, row i of `packed`⟩ for the given i; rows are as long as x.
///
/// # Panics
/// If an index lies behind the last row.
pub fn add_dots(out: &mut [f32], x: &[Line], packed: &[Line], indices: &[u32]) {
    assert_eq!(packed.len(), out.len() * x.len(), "as many rows as sums");
    (KERNELS.dots)(out, x, packed, indices);
}

mod portable {
    //! Plain loops: the reference that the other versions are tested against.

    use super::{BAND, LANES, LanePair, Line, ROWS, Strided, Tile};
    use multiversion::multiversion;

    #[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
    pub fn scaled_rows(sums: &mut [Line; BAND], samples: Strided<'_>, rows: &[u32], scales: &[f32]) {
        for (&p, &scale) in rows.iter().zip(scales) {
            let (q, r) = (p as usize / ROWS, p as usize % ROWS);
            for (sums, block) in sums.iter_mut().zip(&samples.blocks[q * samples.stride..]) {
                for (sum, x) in sums.0.iter_mut().zip(&block[r].0) {
                    *sum += scale * x;
                }
            }
        }
    }

    #[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
    pub fn dots(out: &mut [f32], x: &[Line], packed: &[Line], indices: &[u32]) {
        for &i in indices {
            let row = &packed[i as usize * x.len()..][..x.len()];
            let mut sums = [0.0f32; Line::LEN];
            for (x, w) in x.iter().zip(row) {
                for (sum, (x, w)) in sums.iter_mut().zip(x.0.iter().zip(&w.0)) {
                    *sum += x * w;
                }
            }
            out[i as usize] += sums.iter().sum::<f32>();
        }
    }

    pub fn rows_times_columns(tile: &mut Tile, rows: &[[Line; ROWS]], columns: &[[LanePair; Line::LEN]]) {
        for (block, columns) in rows.iter().zip(columns) {
            for (k, pair) in columns.iter().enumerate() {
                for (sums, row) in tile.0.iter_mut().zip(block) {
                    add_scaled(sums, row.0[k], pair);
                }
            }
        }
    }

    pub fn outer_products(tile: &mut Tile, coefficients: &[[[f32; ROWS]; ROWS]], samples: Strided<'_>) {
        for (q, panel) in coefficients.iter().enumerate() {
            let first = q * samples.stride;
            for (p, scales) in panel.iter().enumerate() {
                let pair = [samples.blocks[first][p], samples.blocks[first + 1][p]];
                for (sums, &scale) in tile.0.iter_mut().zip(scales) {
                    add_scaled(sums, scale, &pair);
                }
            }
        }
    }

    pub fn transpose(
        columns: &mut [LanePair; Line::LEN],
        half: usize,
        rows: &[&[f32; Line::LEN]; Line::LEN],
    ) {
        for (lane, row) in rows.iter().enumerate() {
            for (column, &entry) in columns.iter_mut().zip(*row) {
                column[half].0[lane] = entry;
            }
        }
    }

    fn add_scaled(sums: &mut [f32; LANES], scale: f32, pair: &LanePair) {
        let lanes: &[f32; LANES] = bytemuck::cast_ref(pair);
        for (sum, lane) in sums.iter_mut().zip(lanes) {
            *sum += scale * lane;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, phase: f32) -> Vec<Line> {
        (0..count).map(|i| Line(std::array::from_fn(|l| ((i * 16 + l) as f32 * 0.7 + phase).sin()))).collect()
    }

    /// Sums of up to 100 products of numbers below 1.
    const TOLERANCE: f32 = 1e-5;

    fn assert_same(found: &Tile, expected: &Tile) {
        let pairs = found.0.as_flattened().iter().zip(expected.0.as_flattened());
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() < TOLERANCE));
        assert!(pairs.clone().any(|(a, _)| a.abs() > 0.1), "zeros prove nothing");
    }

    #[test]
    fn the_fastest_kernels_agree_with_plain_loops() {
        for blocks in [0, 1, 2, 5] {
            let rows: Vec<[Line; ROWS]> = wave(blocks * ROWS, 0.1).as_chunks().0.to_vec();
            let lines = wave(blocks * 32, 0.5);
            let pairs: Vec<LanePair> = lines.as_chunks().0.to_vec();
            let columns: Vec<[LanePair; 16]> = pairs.as_chunks().0.to_vec();
            let (mut fast, mut plain) = (Tile([[0.5; LANES]; ROWS]), Tile([[0.5; LANES]; ROWS]));
            add_rows_times_columns(&mut fast, Precision::Single, &rows, &columns);
            portable::rows_times_columns(&mut plain, &rows, &columns);
            assert_same(&fast, &plain);
        }
        let blocks: Vec<[Line; ROWS]> = wave(2 * 9 * ROWS, 0.2).as_chunks().0.to_vec();
        let samples = Strided { blocks: &blocks, stride: 9 };
        let (rows, scales) = ([3, 13, 14, 20, 27], [0.5, -0.25, 1.0, 2.0, -1.5]);
        let (mut fast, mut plain) = ([Line([1.0; 16]); BAND], [Line([1.0; 16]); BAND]);
        add_scaled_rows(&mut fast, Precision::Single, samples, &rows, &scales);
        portable::scaled_rows(&mut plain, samples, &rows, &scales);
        let flat = |lines: &[Line]| bytemuck::cast_slice::<_, f32>(lines).to_vec();
        assert!(flat(&fast).iter().zip(flat(&plain)).all(|(a, b)| (a - b).abs() < TOLERANCE));
        assert!(flat(&plain).iter().any(|a| (a - 1.0).abs() > 0.5));
        for indices in [&[1u32, 4][..], &[0, 1, 2, 3, 5, 6, 7]] {
            let (x, packed) = (wave(5, 0.1), wave(8 * 5, 0.4));
            let (mut fast, mut plain) = ([0.5; 8], [0.5; 8]);
            add_dots(&mut fast, &x, &packed, indices);
            portable::dots(&mut plain, &x, &packed, indices);
            assert!(fast.iter().zip(&plain).all(|(a, b)| (a - b).abs() < TOLERANCE), "{fast:?} {plain:?}");
        }
        let rows = wave(16, 0.3);
        let (mut fast, mut plain) = ([[Line::ZERO; 2]; 16], [[Line::ZERO; 2]; 16]);
        transpose(&mut fast, 1, &std::array::from_fn(|l| &rows[l].0));
        portable::transpose(&mut plain, 1, &std::array::from_fn(|l| &rows[l].0));
        assert_eq!(bytemuck::cast_slice::<_, f32>(&fast), bytemuck::cast_slice::<_, f32>(&plain));
        assert_eq!(fast[3][1].0[5], rows[5].0[3]);
        for panels in [1, 3] {
            let blocks: Vec<[Line; ROWS]> = wave(panels * 3 * ROWS, 0.2).as_chunks().0.to_vec();
            let coefficients: Vec<[[f32; ROWS]; ROWS]> = (0..panels)
                .map(|q| {
                    std::array::from_fn(|p| std::array::from_fn(|r| ((q * 99 + p * 7 + r) as f32).cos()))
                })
                .collect();
            let samples = Strided { blocks: &blocks, stride: 3 };
            let (mut fast, mut plain) = (Tile([[0.5; LANES]; ROWS]), Tile([[0.5; LANES]; ROWS]));
            add_outer_products(&mut fast, Precision::Single, &coefficients, samples);
            portable::outer_products(&mut plain, &coefficients, samples);
            assert_same(&fast, &plain);
        }
    }

    /// Lines of halves, and the lines of single precision that hold their first and their second numbers.
    fn halves(count: usize, phase: f32) -> (Vec<Line>, [Vec<Line>; 2]) {
        let both = [wave(count, phase), wave(count, phase + 0.3)];
        let pair = |i: usize, l: usize| pair_of_halves(both[0][i].0[l], both[1][i].0[l]);
        let part = |shift: u32| -> Vec<Line> {
            let entry = |i, l| f32::from_bits(pair(i, l) >> shift << 16);
            (0..count).map(|i| Line(std::array::from_fn(|l| entry(i, l)))).collect()
        };
        let words = (0..count).map(|i| Line(std::array::from_fn(|l| f32::from_bits(pair(i, l)))));
        (words.collect(), [part(0), part(16)])
    }

    /// The versions that this processor can run, whichever it would choose.
    fn half_kernels() -> Vec<HalfKernels> {
        let mut all = vec![widened::kernels(widened::scaled_rows)];
        #[cfg(target_arch = "x86_64")]
        all.extend(x86::native_half_kernels());
        all
    }

    #[test]
    fn kernels_on_halves_agree_with_plain_loops_on_what_they_hold() {
        assert_eq!([half(1.0), half(1.0 + 1.0 / 256.0), half(1.0 + 3.0 / 256.0)], [0x3f80, 0x3f80, 0x3f82]);
        for kernels in half_kernels() {
            for blocks in [0, 1, 2, 5] {
                let (rows, its_rows) = halves(blocks * ROWS, 0.1);
                let (columns, its_columns) = halves(blocks * 32, 0.5);
                let (mut fast, mut plain) = (Tile([[0.5; LANES]; ROWS]), Tile([[0.5; LANES]; ROWS]));
                let (rows, columns) = (bytemuck::cast_slice(&rows), bytemuck::cast_slice(&columns));
                (kernels.rows_times_columns)(&mut fast, rows, columns);
                for (rows, columns) in its_rows.iter().zip(&its_columns) {
                    let (rows, columns) = (bytemuck::cast_slice(rows), bytemuck::cast_slice(columns));
                    portable::rows_times_columns(&mut plain, rows, columns);
                }
                assert_same(&fast, &plain);
            }
            agree_on_panels(&kernels);
        }
    }

    /// Lines of halves in a band.
    const LINES: usize = BAND / 2;

    fn agree_on_panels(kernels: &HalfKernels) {
        // Number c of a row of halves is the half c mod 2 of word c / 2.
        let spread = |[first, second]: [&Line; 2]| -> [Line; 2] {
            std::array::from_fn(|block| {
                Line(std::array::from_fn(|c| {
                    let c = block * Line::LEN + c;
                    if c.is_multiple_of(2) { first.0[c / 2] } else { second.0[c / 2] }
                }))
            })
        };
        for panels in [1, 2, 5] {
            let (lines, [first, second]) = halves(panels * LINES * ROWS, 0.2);
            let blocks: Vec<[Line; ROWS]> = lines.as_chunks().0.to_vec();
            let mut wide = vec![[Line::ZERO; ROWS]; 2 * blocks.len()];
            for (i, (first, second)) in first.iter().zip(&second).enumerate() {
                let both = spread([first, second]);
                (0..2).for_each(|half| wide[2 * (i / ROWS) + half][i % ROWS] = both[half]);
            }
            let samples = Strided { blocks: &blocks, stride: LINES };
            let wide = Strided { blocks: &wide, stride: 2 * LINES };

            let entry = |q: usize, p: usize, r: usize| ((q * 99 + p * 7 + r) as f32).cos();
            let word = |q, p, r| f32::from_bits(pair_of_halves(entry(q, 2 * p, r), entry(q, 2 * p + 1, r)));
            let rounded = |x| f32::from_bits(u32::from(half(x)) << 16);
            let build = |of: &dyn Fn(usize, usize, usize) -> f32| -> Vec<CoefficientBlock> {
                (0..panels).map(|q| std::array::from_fn(|p| std::array::from_fn(|r| of(q, p, r)))).collect()
            };
            let coefficients = build(&word);
            let its_coefficients = build(&|q, p, r| rounded(entry(q, p, r)));
            let (mut fast, mut plain) = (Tile([[0.5; LANES]; ROWS]), Tile([[0.5; LANES]; ROWS]));
            (kernels.outer_products)(&mut fast, &coefficients, samples);
            portable::outer_products(&mut plain, &its_coefficients, wide);
            assert_same(&fast, &plain);

            let rows: Vec<u32> = (0..panels * ROWS).step_by(3).map(|p| p as u32).collect();
            let scales: Vec<f32> = rows.iter().map(|&p| (p as f32).sin()).collect();
            let (mut fast, mut plain) = ([Line([1.0; 16]); BAND], [Line([1.0; 16]); BAND]);
            (kernels.scaled_rows)(&mut fast, samples, &rows, &scales);
            portable::scaled_rows(&mut plain, wide, &rows, &scales);
            let flat = |lines: &[Line]| bytemuck::cast_slice::<_, f32>(lines).to_vec();
            assert!(flat(&fast).iter().zip(flat(&plain)).all(|(a, b)| (a - b).abs() < TOLERANCE));
            assert!(flat(&plain).iter().any(|a| (a - 1.0).abs() > 0.5));
        }
    }
}

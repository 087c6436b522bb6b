//! Products of halves on processors without a fast instruction for them: widened to single precision a stretch at a time,
//! which stays in the first-level cache, and multiplied by the kernels for that.

use super::{
    BAND, CoefficientBlock, ColumnBlock, HalfKernels, KERNELS, Line, ROWS, ScaledRows, Strided, Tile,
};
use multiversion::multiversion;
use std::cell::RefCell;

/// Blocks or panels that are widened at a time.
const STRETCH: usize = 2;

/// A widened stretch: blocks of rows or samples, and what they are multiplied with.
struct Wide {
    rows: [[Line; ROWS]; 2 * STRETCH],
    columns: [ColumnBlock; 2 * STRETCH],
    coefficients: [CoefficientBlock; STRETCH],
}

thread_local! {
    static WIDE: RefCell<Wide> = const {
        RefCell::new(Wide {
            rows: [[Line::ZERO; ROWS]; 2 * STRETCH],
            columns: [[[Line::ZERO; 2]; Line::LEN]; 2 * STRETCH],
            coefficients: [[[0.0; ROWS]; ROWS]; STRETCH],
        })
    };
}

/// The kernels, with these scaled rows.
pub const fn kernels(scaled_rows: ScaledRows) -> HalfKernels {
    HalfKernels { rows_times_columns, outer_products, scaled_rows }
}

/// The first of the two halves of a word.
#[inline(always)]
fn first(word: f32) -> f32 {
    f32::from_bits(word.to_bits() << 16)
}

/// The second.
#[inline(always)]
fn second(word: f32) -> f32 {
    f32::from_bits(word.to_bits() & 0xffff_0000)
}

fn rows_times_columns(tile: &mut Tile, rows: &[[Line; ROWS]], columns: &[ColumnBlock]) {
    WIDE.with_borrow_mut(|wide| {
        for (rows, columns) in rows.chunks(STRETCH).zip(columns.chunks(STRETCH)) {
            let count = 2 * rows.len();
            widen::<ROWS>(rows, &mut wide.rows);
            let (from, to) = (bytemuck::cast_slice(columns), bytemuck::cast_slice_mut(&mut wide.columns));
            widen::<{ 2 * Line::LEN }>(from, to);
            (KERNELS.rows_times_columns)(tile, &wide.rows[..count], &wide.columns[..count]);
        }
    });
}

/// Every block becomes two: one of the first halves, one of the second halves.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn widen<const LINES: usize>(blocks: &[[Line; LINES]], to: &mut [[Line; LINES]]) {
    for (block, [firsts, seconds]) in blocks.iter().zip(to.as_chunks_mut().0) {
        let words: &[f32] = bytemuck::cast_slice(block);
        let (firsts, seconds) = (bytemuck::cast_slice_mut(firsts), bytemuck::cast_slice_mut(seconds));
        for ((&word, to_first), to_second) in words.iter().zip(firsts).zip(seconds) {
            (*to_first, *to_second) = (first(word), second(word));
        }
    }
}

/// A word of samples belongs to two columns: widened, even ones lie in front of odd ones until the sums are complete.
fn outer_products(tile: &mut Tile, coefficients: &[CoefficientBlock], samples: Strided<'_>) {
    let mut sorted = Tile::ZERO;
    WIDE.with_borrow_mut(|wide| {
        for (first, coefficients) in (0..).step_by(STRETCH).zip(coefficients.chunks(STRETCH)) {
            for (q, (from, to)) in (first..).zip(coefficients.iter().zip(&mut wide.coefficients)) {
                widen_coefficients(from, to);
                let block = std::slice::from_ref(&samples.blocks[q * samples.stride]);
                widen::<ROWS>(block, &mut wide.rows[2 * (q - first)..]);
            }
            let count = coefficients.len();
            let samples = Strided { blocks: &wide.rows[..2 * count], stride: 2 };
            (KERNELS.outer_products)(&mut sorted, &wide.coefficients[..count], samples);
        }
    });
    for (sums, sorted) in tile.0.iter_mut().zip(&sorted.0) {
        let (even, odd) = sorted.split_at(Line::LEN);
        for (sums, (even, odd)) in sums.as_chunks_mut::<2>().0.iter_mut().zip(even.iter().zip(odd)) {
            sums[0] += even;
            sums[1] += odd;
        }
    }
}

/// A word of coefficients belongs to two rows of samples.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn widen_coefficients(words: &CoefficientBlock, to: &mut CoefficientBlock) {
    for (words, [even, odd]) in words.iter().zip(to.as_chunks_mut().0) {
        for ((&word, even), odd) in words.iter().zip(even).zip(odd) {
            (*even, *odd) = (first(word), second(word));
        }
    }
}

/// Scaled rows in plain loops.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub fn scaled_rows(sums: &mut [Line; BAND], samples: Strided<'_>, rows: &[u32], scales: &[f32]) {
    for (&p, &scale) in rows.iter().zip(scales) {
        let (q, r) = (p as usize / ROWS, p as usize % ROWS);
        for (sums, block) in sums.as_chunks_mut::<2>().0.iter_mut().zip(&samples.blocks[q * samples.stride..])
        {
            let sums: &mut [f32; 2 * Line::LEN] = bytemuck::cast_mut(sums);
            for ([even, odd], word) in sums.as_chunks_mut().0.iter_mut().zip(block[r].0) {
                *even += scale * first(word);
                *odd += scale * second(word);
            }
        }
    }
}

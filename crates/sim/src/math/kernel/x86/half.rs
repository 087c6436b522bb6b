//! Kernels on bfloat16: `vdpbf16ps` multiplies two pairs and adds both products to a single-precision sum.

use super::super::{BAND, LANES, LanePair, Line, ROWS, Strided, Tile};
use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm512_add_ps, _mm512_and_si512, _mm512_castsi512_ps, _mm512_dpbf16_ps,
    _mm512_fmadd_ps, _mm512_load_ps, _mm512_load_si512, _mm512_permutex2var_epi16, _mm512_permutex2var_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_ps, _mm512_slli_epi32,
    _mm512_store_ps,
};

const HALVES: usize = LANES / Line::LEN;
type Sums = [[__m512; HALVES]; ROWS];

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub fn rows_times_columns(tile: &mut Tile, rows: &[[Line; ROWS]], columns: &[[LanePair; Line::LEN]]) {
    let mut sums: Sums = [[_mm512_setzero_ps(); HALVES]; ROWS];
    for (rows, columns) in rows.iter().zip(columns) {
        for k in 0..Line::LEN {
            // SAFETY: a line has sixteen aligned words.
            let lanes = unsafe { [load(&columns[k][0]), load(&columns[k][1])] };
            for r in 0..ROWS {
                let pair = as_halves(_mm512_set1_epi32(rows[r].0[k].to_bits() as i32));
                for v in 0..HALVES {
                    sums[r][v] = _mm512_dpbf16_ps(sums[r][v], pair, as_halves(lanes[v]));
                }
            }
        }
    }
    // SAFETY: rows of a tile are two whole cache lines.
    unsafe { add_to_tile(tile, &sums) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub fn outer_products(tile: &mut Tile, scales: &[[[f32; ROWS]; ROWS]], samples: Strided<'_>) {
    let low = interleaving(0);
    let high = interleaving(16);
    let mut sums: Sums = [[_mm512_setzero_ps(); HALVES]; ROWS];
    for (q, panel) in scales.iter().enumerate() {
        let block = &samples.blocks[q * samples.stride];
        for p in 0..ROWS / 2 {
            // SAFETY: a line has sixteen aligned words.
            let (first, second) = unsafe { (load(&block[2 * p]), load(&block[2 * p + 1])) };
            let lanes = [
                _mm512_permutex2var_epi16(first, low, second),
                _mm512_permutex2var_epi16(first, high, second),
            ];
            for r in 0..ROWS {
                let pair = as_halves(_mm512_set1_epi32(panel[p][r].to_bits() as i32));
                for v in 0..HALVES {
                    sums[r][v] = _mm512_dpbf16_ps(sums[r][v], pair, as_halves(lanes[v]));
                }
            }
        }
    }
    // SAFETY: rows of a tile are two whole cache lines.
    unsafe { add_to_tile(tile, &sums) };
}

/// Word l holds the numbers first + l of two rows of halves.
#[target_feature(enable = "avx512f")]
fn interleaving(first: i32) -> __m512i {
    let mut words = Line::ZERO;
    for l in 0..16 {
        words.0[l as usize] = f32::from_bits((first + l) as u32 | ((32 + first + l) as u32) << 16);
    }
    // SAFETY: a line has sixteen aligned words.
    unsafe { load(&words) }
}

#[target_feature(enable = "avx512f")]
pub fn scaled_rows(sums: &mut [Line; BAND], samples: Strided<'_>, rows: &[u32], scales: &[f32]) {
    const LINES: usize = BAND / 2;
    let upper = _mm512_set1_epi32(0xffff_0000_u32 as i32);
    let (mut even, mut odd) = ([_mm512_setzero_ps(); LINES], [_mm512_setzero_ps(); LINES]);
    for (&p, &scale) in rows.iter().zip(scales) {
        let (q, r) = (p as usize / ROWS, p as usize % ROWS);
        let blocks = &samples.blocks[q * samples.stride..][..LINES];
        let scale = _mm512_set1_ps(scale);
        for b in 0..LINES {
            // SAFETY: a line has sixteen aligned words.
            let pairs = unsafe { load(&blocks[b][r]) };
            even[b] = _mm512_fmadd_ps(scale, _mm512_castsi512_ps(_mm512_slli_epi32::<16>(pairs)), even[b]);
            odd[b] = _mm512_fmadd_ps(scale, _mm512_castsi512_ps(_mm512_and_si512(pairs, upper)), odd[b]);
        }
    }
    let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    for b in 0..LINES {
        for (half, order) in [low, high].into_iter().enumerate() {
            let sum = _mm512_permutex2var_ps(even[b], order, odd[b]);
            let line = &mut sums[2 * b + half].0;
            // SAFETY: a line has sixteen aligned entries.
            unsafe { _mm512_store_ps(line.as_mut_ptr(), _mm512_add_ps(_mm512_load_ps(line.as_ptr()), sum)) };
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(line: &Line) -> __m512i {
    // SAFETY: a line has sixteen aligned words.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
}

/// The same bits, read as 32 halves.
#[inline]
#[target_feature(enable = "avx512f")]
fn as_halves(words: __m512i) -> __m512bh {
    // SAFETY: both types are 64 bytes without invalid values.
    unsafe { std::mem::transmute(words) }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn add_to_tile(tile: &mut Tile, sums: &Sums) {
    for r in 0..ROWS {
        for v in 0..HALVES {
            let lanes = &mut tile.0[r][v * Line::LEN..][..Line::LEN];
            // SAFETY: sixteen aligned entries.
            unsafe {
                let sum = _mm512_add_ps(_mm512_load_ps(lanes.as_ptr()), sums[r][v]);
                _mm512_store_ps(lanes.as_mut_ptr(), sum);
            }
        }
    }
}

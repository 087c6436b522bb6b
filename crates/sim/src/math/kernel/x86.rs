//! The kernels in the vector instructions of x86-64.
#![allow(clippy::needless_range_loop, reason = "an index runs over several arrays of registers at once")]
#![allow(
    unsafe_code,
    reason = "vector instructions read through pointers and need a processor that was asked"
)]

use super::{BAND, HalfKernels, Kernels, LANES, LanePair, Line, ROWS, Strided, Tile, widened};
use std::arch::x86_64::{
    __cpuid, __m256, __m512, _mm256_fmadd_ps, _mm256_load_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_store_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_loadu_ps, _mm512_permutex2var_ps,
    _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_ps, _mm512_store_ps,
};

mod half;

/// The fastest kernels that this processor has, if it has any of these.
pub fn kernels() -> Option<Kernels> {
    if is_x86_feature_detected!("avx512f") {
        return Some(Kernels {
            // SAFETY: the processor has AVX-512.
            rows_times_columns: |tile, rows, columns| unsafe {
                avx512::rows_times_columns(tile, rows, columns);
            },
            // SAFETY: the processor has AVX-512.
            outer_products: |tile, scales, samples| unsafe { avx512::outer_products(tile, scales, samples) },
            // SAFETY: the processor has AVX-512.
            transpose: |columns, half, rows| unsafe { transpose(columns, half, rows) },
            // SAFETY: the processor has AVX-512.
            scaled_rows: |sums, samples, rows, scales| unsafe { scaled_rows(sums, samples, rows, scales) },
            // SAFETY: the processor has AVX-512.
            dots: |out, x, packed, indices| unsafe { dots(out, x, packed, indices) },
            half: half_kernels(),
        });
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return Some(Kernels {
            // SAFETY: the processor has AVX2 and FMA.
            rows_times_columns: |tile, rows, columns| unsafe {
                avx2::rows_times_columns(tile, rows, columns);
            },
            // SAFETY: the processor has AVX2 and FMA.
            outer_products: |tile, scales, samples| unsafe { avx2::outer_products(tile, scales, samples) },
            transpose: super::portable::transpose,
            scaled_rows: super::portable::scaled_rows,
            dots: super::portable::dots,
            half: widened::kernels(widened::scaled_rows),
        });
    }
    None
}

/// For processors with AVX-512.
fn half_kernels() -> HalfKernels {
    // Zen 4 multiplies halves at twice the rate of single precision, Emerald Rapids at half of it: Intel means its tiles
    // (AMX) for that.
    if let Some(kernels) = native_half_kernels().filter(|_| is_amd()) {
        return kernels;
    }
    // SAFETY: the processor has AVX-512.
    widened::kernels(|sums, samples, rows, scales| unsafe { half::scaled_rows(sums, samples, rows, scales) })
}

/// Those that let the processor multiply halves, where it can.
pub fn native_half_kernels() -> Option<HalfKernels> {
    if !(is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512bw")) {
        return None;
    }
    Some(HalfKernels {
        // SAFETY: the processor has AVX-512 with bfloat16.
        rows_times_columns: |tile, rows, columns| unsafe { half::rows_times_columns(tile, rows, columns) },
        // SAFETY: the processor has AVX-512 with bfloat16.
        outer_products: |tile, scales, samples| unsafe { half::outer_products(tile, scales, samples) },
        // SAFETY: the processor has AVX-512.
        scaled_rows: |sums, samples, rows, scales| unsafe { half::scaled_rows(sums, samples, rows, scales) },
    })
}

/// Whether the processor's name of its maker is AuthenticAMD.
fn is_amd() -> bool {
    let leaf = __cpuid(0);
    [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes).as_flattened() == b"AuthenticAMD"
}

/// Sixteen rows of sixteen transposed in registers: interleaving the first half of the rows with the second half, entry by
/// entry, moves one bit of the row index into the column index; four times move them all.
#[target_feature(enable = "avx512f")]
fn transpose(columns: &mut [LanePair; Line::LEN], half: usize, rows: &[&[f32; Line::LEN]; Line::LEN]) {
    let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    let mut vectors = [_mm512_setzero_ps(); Line::LEN];
    for l in 0..Line::LEN {
        // SAFETY: a row has sixteen entries.
        vectors[l] = unsafe { _mm512_loadu_ps(rows[l].as_ptr()) };
    }
    for _ in 0..4 {
        let before = vectors;
        for i in 0..8 {
            vectors[2 * i] = _mm512_permutex2var_ps(before[i], low, before[i + 8]);
            vectors[2 * i + 1] = _mm512_permutex2var_ps(before[i], high, before[i + 8]);
        }
    }
    for k in 0..Line::LEN {
        // SAFETY: a line has sixteen aligned entries.
        unsafe { _mm512_store_ps(columns[k][half].0.as_mut_ptr(), vectors[k]) };
    }
}

#[target_feature(enable = "avx512f")]
fn scaled_rows(sums: &mut [Line; BAND], samples: Strided<'_>, rows: &[u32], scales: &[f32]) {
    let mut vectors = [_mm512_setzero_ps(); BAND];
    for (&p, &scale) in rows.iter().zip(scales) {
        let (q, r) = (p as usize / ROWS, p as usize % ROWS);
        let blocks = &samples.blocks[q * samples.stride..][..BAND];
        let scale = _mm512_set1_ps(scale);
        for b in 0..BAND {
            // SAFETY: a line has sixteen aligned entries.
            let line = unsafe { _mm512_load_ps(blocks[b][r].0.as_ptr()) };
            vectors[b] = _mm512_fmadd_ps(scale, line, vectors[b]);
        }
    }
    for b in 0..BAND {
        // SAFETY: as above.
        unsafe {
            let sum = _mm512_add_ps(_mm512_load_ps(sums[b].0.as_ptr()), vectors[b]);
            _mm512_store_ps(sums[b].0.as_mut_ptr(), sum);
        }
    }
}

/// Four rows at a time, so that each line of x is read once for all of them.
#[target_feature(enable = "avx512f")]
fn dots(out: &mut [f32], x: &[Line], packed: &[Line], indices: &[u32]) {
    let (fours, rest) = indices.as_chunks::<4>();
    for four in fours {
        dots_of(out, x, packed, four);
    }
    for one in rest {
        dots_of(out, x, packed, std::array::from_ref(one));
    }
}

#[target_feature(enable = "avx512f")]
fn dots_of<const N: usize>(out: &mut [f32], x: &[Line], packed: &[Line], indices: &[u32; N]) {
    let mut rows = [packed; N];
    for n in 0..N {
        rows[n] = &packed[indices[n] as usize * x.len()..][..x.len()];
    }
    let mut sums = [_mm512_setzero_ps(); N];
    for k in 0..x.len() {
        // SAFETY: a line has sixteen aligned entries.
        let line = unsafe { _mm512_load_ps(x[k].0.as_ptr()) };
        for n in 0..N {
            // SAFETY: as above; every row is as long as x.
            let row = unsafe { _mm512_load_ps(rows[n].get_unchecked(k).0.as_ptr()) };
            sums[n] = _mm512_fmadd_ps(line, row, sums[n]);
        }
    }
    for n in 0..N {
        out[indices[n] as usize] += _mm512_reduce_add_ps(sums[n]);
    }
}

/// Both kernels for one width of vectors. `$rows` × `$vectors` sums are in registers at a time; a larger tile is gone
/// through part by part.
macro_rules! kernels {
    (
        $module:ident, $features:literal, $vector:ident x $width:literal, $rows:literal x $vectors:literal,
        $zero:ident, $load:ident, $store:ident, $broadcast:ident, $multiply_add:ident
    ) => {
        mod $module {
            use super::*;

            /// Entries of a row of sums that are held at a time.
            const PART: usize = $vectors * $width;
            type Sums = [[$vector; $vectors]; $rows];

            #[target_feature(enable = $features)]
            pub fn rows_times_columns(
                tile: &mut Tile,
                rows: &[[Line; ROWS]],
                columns: &[[LanePair; Line::LEN]],
            ) {
                for (row, lane) in parts() {
                    let mut sums: Sums = [[$zero(); $vectors]; $rows];
                    for r in 0..$rows {
                        for v in 0..$vectors {
                            // SAFETY: `parts` cuts a tile into whole vectors, and its rows are whole cache lines.
                            sums[r][v] = unsafe { $load(tile.0[row + r].as_ptr().add(lane + v * $width)) };
                        }
                    }
                    for (rows, columns) in rows.iter().zip(columns) {
                        for k in 0..Line::LEN {
                            let mut lanes = [$zero(); $vectors];
                            for v in 0..$vectors {
                                let lane = lane + v * $width;
                                lanes[v] = load(&columns[k][lane / Line::LEN], lane % Line::LEN);
                            }
                            for r in 0..$rows {
                                let scale = $broadcast(rows[row + r].0[k]);
                                for v in 0..$vectors {
                                    sums[r][v] = $multiply_add(scale, lanes[v], sums[r][v]);
                                }
                            }
                        }
                    }
                    for r in 0..$rows {
                        for v in 0..$vectors {
                            // SAFETY: as above.
                            unsafe {
                                $store(tile.0[row + r].as_mut_ptr().add(lane + v * $width), sums[r][v])
                            };
                        }
                    }
                }
            }

            #[target_feature(enable = $features)]
            pub fn outer_products(tile: &mut Tile, scales: &[[[f32; ROWS]; ROWS]], samples: Strided<'_>) {
                for (row, lane) in parts() {
                    let mut sums: Sums = [[$zero(); $vectors]; $rows];
                    for r in 0..$rows {
                        for v in 0..$vectors {
                            // SAFETY: `parts` cuts a tile into whole vectors, and its rows are whole cache lines.
                            sums[r][v] = unsafe { $load(tile.0[row + r].as_ptr().add(lane + v * $width)) };
                        }
                    }
                    for (q, panel) in scales.iter().enumerate() {
                        let pair = &samples.blocks[q * samples.stride..][..2];
                        for p in 0..ROWS {
                            let mut lanes = [$zero(); $vectors];
                            for v in 0..$vectors {
                                let lane = lane + v * $width;
                                lanes[v] = load(&pair[lane / Line::LEN][p], lane % Line::LEN);
                            }
                            for r in 0..$rows {
                                let scale = $broadcast(panel[p][row + r]);
                                for v in 0..$vectors {
                                    sums[r][v] = $multiply_add(scale, lanes[v], sums[r][v]);
                                }
                            }
                        }
                    }
                    for r in 0..$rows {
                        for v in 0..$vectors {
                            // SAFETY: as above.
                            unsafe {
                                $store(tile.0[row + r].as_mut_ptr().add(lane + v * $width), sums[r][v])
                            };
                        }
                    }
                }
            }

            fn parts() -> impl Iterator<Item = (usize, usize)> {
                (0..ROWS).step_by($rows).flat_map(|row| (0..LANES).step_by(PART).map(move |lane| (row, lane)))
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn load(line: &Line, lane: usize) -> $vector {
                debug_assert!(lane + $width <= Line::LEN && lane.is_multiple_of($width));
                // SAFETY: the lanes of a line are cut into whole vectors, so this one lies inside it and is aligned.
                unsafe { $load(line.0.as_ptr().add(lane)) }
            }
        }
    };
}

kernels!(
    avx512, "avx512f", __m512 x 16, 14 x 2,
    _mm512_setzero_ps, _mm512_load_ps, _mm512_store_ps, _mm512_set1_ps, _mm512_fmadd_ps
);
kernels!(
    avx2, "avx2,fma", __m256 x 8, 7 x 2,
    _mm256_setzero_ps, _mm256_load_ps, _mm256_store_ps, _mm256_set1_ps, _mm256_fmadd_ps
);

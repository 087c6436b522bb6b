//! Standard normal numbers in single precision, many at once: Philox blocks through Box–Muller.
//!
//! Written as plain array arithmetic that the compiler turns into vector instructions for each processor. No fused
//! multiply-add is used, so the bits are the same on every x86-64 and ARM processor.
//!
//! Layout: 64 consecutive columns form a group of 16 blocks; column 64 g + 16 k + l is normal number k of block
//! 16 g + l. Words (0, 1) of a block give numbers 0 and 1, words (2, 3) give numbers 2 and 3.

use super::elementary::{natural_log, sine_cosine_of_turn};
use super::random::{Part, Stream, philox_lanes};
use multiversion::multiversion;

const LANES: usize = 16;
const GROUP: usize = 4 * LANES;

/// Fills `out` with the standard normal numbers of `part` in `row` of `stream`, times `scale`.
///
/// The tail reaches 6.7 standard deviations: the uniform number under the logarithm uses all 32 bits.
pub fn fill_normal(out: &mut [f32], scale: f32, stream: &Stream, part: Part, row: u32) {
    fill(out, scale, stream.counter(part, row, 0), stream.key());
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn fill(out: &mut [f32], scale: f32, counter: [u32; 4], key: [u32; 2]) {
    let mut block = counter[0];
    let (groups, rest) = out.as_chunks_mut::<GROUP>();
    for group in groups {
        normals(group, scale, [block, counter[1], counter[2], counter[3]], key);
        block = block.wrapping_add(LANES as u32);
    }
    if !rest.is_empty() {
        let mut group = [0.0; GROUP];
        normals(&mut group, scale, [block, counter[1], counter[2], counter[3]], key);
        rest.copy_from_slice(&group[..rest.len()]);
    }
}

#[inline(always)]
fn normals(out: &mut [f32; GROUP], scale: f32, counter: [u32; 4], key: [u32; 2]) {
    let mut words = counter.map(|word| [word; LANES]);
    for (l, block) in words[0].iter_mut().enumerate() {
        *block = block.wrapping_add(l as u32);
    }
    philox_lanes(&mut words, key);
    for pair in 0..2 {
        for l in 0..LANES {
            let radius = scale * square_root_of_minus_two_log(words[2 * pair][l]);
            let (sine, cosine) = sine_cosine_of_turn(words[2 * pair + 1][l]);
            out[2 * pair * LANES + l] = radius * cosine;
            out[(2 * pair + 1) * LANES + l] = radius * sine;
        }
    }
}

/// √(−2 ln u), u = (word + ½)/2³² in (0, 1].
#[inline(always)]
fn square_root_of_minus_two_log(word: u32) -> f32 {
    let u = (word as f32 + 0.5) * (1.0 / 4_294_967_296.0);
    (-2.0 * natural_log(u)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::math::special::normal_cdf;

    #[test]
    fn the_radius_reaches_far_and_never_fails() {
        assert!(square_root_of_minus_two_log(0) > 6.6);
        assert!(square_root_of_minus_two_log(u32::MAX) >= 0.0);
    }

    /// Box–Muller in double precision from the same words, in the documented layout.
    #[test]
    fn agrees_with_a_naive_reading_of_the_layout() {
        let stream = Stream::new(42, Purpose::MONTE_CARLO, 9);
        let mut out = vec![0.0; 150];
        fill_normal(&mut out, 1.5, &stream, Part::Dense, 77);
        for (column, &value) in out.iter().enumerate() {
            let (group, k, l) = (column / GROUP, column % GROUP / LANES, column % LANES);
            let words = stream.words(Part::Dense, 77, (group * LANES + l) as u32);
            let u = (f64::from(words[k / 2 * 2]) + 0.5) / 4_294_967_296.0;
            let angle = f64::from(words[k / 2 * 2 + 1]) / 4_294_967_296.0 * std::f64::consts::TAU;
            let radius = 1.5 * (-2.0 * u.ln()).sqrt();
            let expected = radius * if k % 2 == 0 { angle.cos() } else { angle.sin() };
            assert!(
                (f64::from(value) - expected).abs() < 1e-5,
                "column {column}: {value} against {expected}"
            );
        }
    }

    /// Kolmogorov distance and moments of 2²⁰ numbers, at 5 standard errors (chance of a false alarm ~ 1e-6 each;
    /// the seed is fixed).
    #[test]
    fn moments_tails_and_distribution() {
        let n = 1 << 20;
        let mut sample = vec![0.0f32; n];
        for (row, chunk) in sample.chunks_mut(1 << 12).enumerate() {
            fill_normal(chunk, 1.0, &Stream::new(1, Purpose::MONTE_CARLO, 0), Part::Dense, row as u32);
        }
        let root = (n as f64).sqrt();
        let moment = |k: i32| sample.iter().map(|&v| f64::from(v).powi(k)).sum::<f64>() / n as f64;
        for (k, mean, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10170.0)]
        {
            let deviation = (moment(k) - mean) / (f64::sqrt(variance) / root);
            assert!(deviation.abs() < 5.0, "moment {k} is {deviation} standard errors off");
        }
        sample.sort_by(f32::total_cmp);
        let distance = sample
            .iter()
            .enumerate()
            .map(|(i, &v)| (normal_cdf(f64::from(v)) - (i as f64 + 0.5) / n as f64).abs())
            .max_by(f64::total_cmp)
            .unwrap();
        assert!(distance * root < 2.3, "Kolmogorov distance times √n is {}", distance * root);
    }

    #[test]
    fn rows_and_steps_are_uncorrelated() {
        let n = 1 << 16;
        let draw = |step, row| {
            let mut v = vec![0.0f32; n];
            fill_normal(&mut v, 1.0, &Stream::new(1, Purpose::MONTE_CARLO, step), Part::Dense, row);
            v
        };
        let base = draw(0, 0);
        for other in [draw(0, 1), draw(1, 0), draw(1, 1)] {
            let product: f64 = base.iter().zip(&other).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            assert!(product.abs() < 5.0 * (n as f64).sqrt());
        }
    }
}

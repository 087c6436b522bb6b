//! Elementary functions in single precision that the compiler can vectorise: branch-free, no fused multiply-add,
//! hence the same bits on every processor.

/// ln u for normal positive u: exponent and mantissa apart, then a degree-8 polynomial on [√½, √2)
/// (coefficients of Cephes `logf`); absolute error below 2e-7 times max(1, |ln u|).
#[inline(always)]
pub fn natural_log(u: f32) -> f32 {
    const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
    let shifted = u.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let exponent = (shifted as i32 >> 23) as f32;
    let x = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF_BITS)) - 1.0;
    let mut poly = 7.037_683_6e-2_f32;
    for coefficient in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        poly = poly * x + coefficient;
    }
    let square = x * x;
    exponent * std::f32::consts::LN_2 + (x - 0.5 * square + x * square * poly)
}

/// sin and cos of the angle 2π·word/2³², by the nearest quarter turn and minimax polynomials on ±π/4; absolute error
/// below 2e-7.
#[inline(always)]
pub fn sine_cosine_of_turn(word: u32) -> (f32, f32) {
    let quarter = word.wrapping_add(1 << 29) >> 30;
    let offset = word.wrapping_sub(quarter << 30) as i32;
    let x = offset as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    let square = x * x;
    let sine = x + x * square * (-1.666_665_5e-1 + square * (8.332_161e-3 - square * 1.951_529_6e-4));
    let cosine = 1.0 - 0.5 * square
        + square * square * (4.166_664_6e-2 + square * (-1.388_731_6e-3 + square * 2.443_315_7e-5));
    let swap = quarter & 1 == 1;
    let (s, c) = (if swap { cosine } else { sine }, if swap { sine } else { cosine });
    let sine_sign = (quarter & 2) << 30;
    let cosine_sign = (quarter.wrapping_add(1) & 2) << 30;
    (f32::from_bits(s.to_bits() ^ sine_sign), f32::from_bits(c.to_bits() ^ cosine_sign))
}

/// eˣ for x ≤ 0 (the only sign a stabilised softmax needs); 0 below −87. Relative error below 3e-7.
#[inline(always)]
pub fn exp_of_nonpositive(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // A NaN passes through the comparisons below and comes out as NaN.
    let clamped = if x < -87.0 { -87.0 } else { x };
    let halves = (clamped * std::f32::consts::LOG2_E - 0.5) as i32 as f32;
    let r = clamped - halves * LN_2_HIGH - halves * LN_2_LOW;
    let mut poly = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        poly = poly * r + coefficient;
    }
    let mantissa = poly * r * r + r + 1.0;
    let power = f32::from_bits(((halves as i32 + 127) << 23) as u32);
    if x < -87.0 { 0.0 } else { mantissa * power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_circle_and_exponential_agree_with_double_precision() {
        for i in 0..200_000u32 {
            let word = i.wrapping_mul(0x9E37_79B1);
            let u = (word as f32 + 0.5) / 4_294_967_296.0;
            let exact = f64::from(u).ln();
            assert!((f64::from(natural_log(u)) - exact).abs() < 2e-7 * (1.0 + exact.abs()));
            let angle = f64::from(word) / 4_294_967_296.0 * std::f64::consts::TAU;
            let (s, c) = sine_cosine_of_turn(word);
            assert!((f64::from(s) - angle.sin()).abs() < 2e-7 && (f64::from(c) - angle.cos()).abs() < 2e-7);
            let x = -87.0 * u;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp_of_nonpositive(x)) / exact - 1.0).abs() < 3e-7, "e^{x}");
        }
        assert_eq!(exp_of_nonpositive(0.0), 1.0);
        assert_eq!(exp_of_nonpositive(f32::NEG_INFINITY), 0.0);
        assert!(exp_of_nonpositive(f32::NAN).is_nan());
    }
}

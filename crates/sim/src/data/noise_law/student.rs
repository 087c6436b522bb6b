//! Heavy-tailed noise: Student's t with ν > 2 degrees of freedom, scaled to the given variance.
//!
//! T = √(ν (U^(−2/ν) − 1))·cos 2πV with U, V uniform on (0, 1) has the t law with ν degrees of freedom, and the variance
//! ν/(ν − 2). Its moments of order ν and above are infinite: with ν ≤ 4 the fourth moment is.
//!
//! Source: Bailey, "Polar generation of random variates with the t-distribution" (Mathematics of Computation 1994).

use super::{NoiseLaw, NoisePart, WORDS, fill_from_words};
use crate::math::Stream;
use crate::part::{PartSetting, Range};
use std::f64::consts::TAU;
use std::sync::Arc;

/// The declaration.
pub(super) static PART: NoisePart = NoisePart {
    kind: "student",
    summary: "numbers with heavy tails, Student's t scaled to the variance",
    settings: &[PartSetting::number(
        "freedom",
        Range::ABOVE_TWO,
        "3.0",
        "Degrees of freedom of Student's t; above 2, so that there is a variance. The fewer, the heavier the tails.",
    )],
    build: |given, ()| Ok(Arc::new(Student { freedom: given.number("freedom")? })),
};

/// Student's t.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Student {
    /// ν > 2.
    freedom: f64,
}

impl NoiseLaw for Student {
    fn fill(&self, noise: &mut [f32], deviation: f32, stream: &Stream, row: u32) {
        // √(ν − 2) is √ν over the deviation of T.
        let scale = f64::from(deviation) * (self.freedom - 2.0).sqrt();
        let power = -2.0 / self.freedom;
        fill_from_words(noise, (stream, row), |[first, second]: [u32; 2]| {
            // ln U of the middle of the word's interval; never 0. The difference to 1 keeps its digits where ν is large.
            let radius = (power * ((f64::from(first) + 0.5) / WORDS).ln()).exp_m1().sqrt();
            scale * radius * (TAU * f64::from(second) / WORDS).cos()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::math::special::{beta_tail, normal_tail};

    fn sample(freedom: f64) -> Vec<f64> {
        let mut all = vec![0.0; 200_000];
        let stream = Stream::new(4, Purpose::MONTE_CARLO, 6);
        for (row, noise) in all.chunks_mut(1000).enumerate() {
            Student { freedom }.fill(noise, 0.5, &stream, row as u32);
        }
        all.into_iter().map(f64::from).collect()
    }

    /// Pr(|T| > t) = Pr(B > t²/(ν + t²)), B ~ Beta(1/2, ν/2), far into the tail; five standard errors.
    #[test]
    fn tails_are_those_of_the_t_law() {
        let mut compared = 0;
        for freedom in [2.5, 3.0, 5.0, 30.0] {
            let sample = sample(freedom);
            let n = sample.len() as f64;
            for t in [0.2, 1.0, 2.0, 5.0, 12.0] {
                // The deviation of T is √(ν/(ν − 2)), that of the sample 1/2.
                let bound = 0.5 * t / (freedom / (freedom - 2.0)).sqrt();
                let found = sample.iter().filter(|v| v.abs() > bound).count() as f64 / n;
                let expected = beta_tail(0.5, freedom / 2.0, t * t / (freedom + t * t));
                let error = 5.0 * (expected / n).sqrt() + 1e-9;
                assert!((found - expected).abs() < error, "{freedom}, {t}: {found} against {expected}");
                compared += 1;
            }
            let positive = sample.iter().filter(|v| **v > 0.0).count() as f64 / n;
            assert!((positive - 0.5).abs() < 5.0 * 0.5 / n.sqrt(), "{freedom}: {positive}");
        }
        assert_eq!(compared, 20);
    }

    /// Variance σ² and fourth moment 3 σ⁴ (ν − 2)/(ν − 4) where the sixteenth exists; normal for large ν.
    #[test]
    fn the_variance_is_the_given_one_and_many_degrees_are_normal() {
        for freedom in [20.0, 1e9] {
            let sample = sample(freedom);
            let n = sample.len() as f64;
            let kurtosis = 3.0 * (freedom - 2.0) / (freedom - 4.0);
            for (power, expected) in [(2, 0.25), (4, kurtosis * 0.0625)] {
                let moment = |power: i32| sample.iter().map(|v| v.powi(power)).sum::<f64>() / n;
                let error = 5.0 * ((moment(2 * power) - moment(power).powi(2)) / n).sqrt();
                assert!((moment(power) - expected).abs() < error, "{freedom}, {power}: {}", moment(power));
            }
        }
        let far = sample(1e9).iter().filter(|v| v.abs() > 1.0).count() as f64 / 2e5;
        let expected = 2.0 * normal_tail(2.0);
        assert!((far - expected).abs() < 5.0 * (expected / 2e5).sqrt(), "{far}");
    }
}

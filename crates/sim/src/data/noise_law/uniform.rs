//! Bounded noise: uniform on [−√3 σ, √3 σ], whose variance is σ².

use super::{NoiseLaw, NoisePart, WORDS, fill_from_words};
use crate::math::Stream;
use std::sync::Arc;

/// The declaration.
pub(super) static PART: NoisePart = NoisePart {
    kind: "uniform",
    summary: "numbers uniform on [−√3 σ, √3 σ], σ² the variance",
    settings: &[],
    build: |_, ()| Ok(Arc::new(Uniform)),
};

/// Uniform numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Uniform;

impl NoiseLaw for Uniform {
    fn fill(&self, noise: &mut [f32], deviation: f32, stream: &Stream, row: u32) {
        let width = f64::from(deviation) * 12f64.sqrt();
        let number = |[word]: [u32; 1]| width * ((f64::from(word) + 0.5) / WORDS - 0.5);
        fill_from_words(noise, (stream, row), number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    /// Bounds, moments 2 and 4 (σ² and 9/5 σ⁴) at five standard errors, and the words of a piece of any length.
    #[test]
    fn numbers_are_bounded_and_have_the_moments_of_a_uniform_law() {
        let stream = Stream::new(4, Purpose::MONTE_CARLO, 7);
        let mut all = vec![0.0; 100_000];
        for (row, noise) in all.chunks_mut(1000).enumerate() {
            Uniform.fill(noise, 2.0, &stream, row as u32);
        }
        let mut part = [0.0; 300];
        Uniform.fill(&mut part, 2.0, &stream, 0);
        assert_eq!(part[..], all[..300], "a number does not depend on how many are asked for");
        assert!(all.iter().all(|v| v.abs() <= 2.0 * 3f32.sqrt() + 1e-6));
        let n = all.len() as f64;
        for (power, expected) in [(1, 0.0), (2, 4.0), (4, 1.8 * 16.0)] {
            let moment = |power: i32| all.iter().map(|&v| f64::from(v).powi(power)).sum::<f64>() / n;
            let error = 5.0 * ((moment(2 * power) - moment(power).powi(2)) / n).sqrt();
            assert!((moment(power) - expected).abs() < error, "{power}: {}", moment(power));
        }
    }
}

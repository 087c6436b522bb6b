//! Additive noise: x⁺ = x + s·e and x⁺⁺ = x + s·e′, with independent standard normal e and e′.
//!
//! Unlike masks these views share the whole noise ξ of their sample. So they do not decouple it, and theory
//! expects them to help no more than no augmentation does.

use super::{Augmentation, AugmentationPart};
use crate::math::random::{Part, Stream};
use crate::part::{PartSetting, Range};

/// The declaration: what a spec writes, what its settings are, and how it is built.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "additive_noise",
    summary: "each view gets normal noise of its own",
    settings: &[PartSetting::number(
        "deviation",
        Range::SQUARABLE,
        "0.1",
        "Standard deviation of the noise that a view gets, in every coordinate.",
    )],
    build: |given, ()| Ok(Box::new(AdditiveNoise { deviation: given.number("deviation")? as f32 })),
};

/// Noise that is added to each view.
#[derive(Clone, Copy, Debug)]
pub struct AdditiveNoise {
    deviation: f32,
}

impl Augmentation for AdditiveNoise {
    fn views(&self, stream: &Stream, row: u32, sample: &mut [f32], positive: &mut [f32]) {
        // The stream knows seed, purpose and step. With the row that names every number that is drawn, so that
        // a view is the same on any number of threads.
        let mut reader = stream.reader(Part::Mask, row);
        for (x, y) in sample.iter_mut().zip(positive) {
            *y = *x + self.deviation * reader.normal() as f32;
            *x += self.deviation * reader.normal() as f32;
        }
    }

    fn single_view(&self, stream: &Stream, row: u32, sample: &mut [f32]) {
        let mut reader = stream.reader(Part::Mask, row);
        for x in sample {
            *x += self.deviation * reader.normal() as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    /// Views of x = 1 in `DIM` coordinates.
    const DIM: usize = 20_000;

    #[test]
    fn the_noise_of_the_two_views_is_independent_and_as_large_as_was_asked_for() {
        let augmentation = AdditiveNoise { deviation: 0.5 };
        let (mut anchor, mut positive) = (vec![1.0; DIM], vec![0.0; DIM]);
        augmentation.views(&Stream::new(1, Purpose::MONTE_CARLO, 0), 0, &mut anchor, &mut positive);
        let product = |a: &[f32], b: &[f32]| -> f64 {
            let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - 1.0) * f64::from(b - 1.0)).sum();
            sum / DIM as f64
        };
        // Five standard errors: √2 · .25/√DIM for a square, .25/√DIM for a product.
        let error = 5.0 * 0.25 * std::f64::consts::SQRT_2 / (DIM as f64).sqrt();
        assert!((product(&anchor, &anchor) - 0.25).abs() < error);
        assert!((product(&positive, &positive) - 0.25).abs() < error);
        assert!(product(&anchor, &positive).abs() < error);
    }
}

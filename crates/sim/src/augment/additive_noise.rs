//! Additive noise: x⁺ = x + s e and x⁺⁺ = x + s e′, with independent standard normal e and e′.
//!
//! Unlike masks these views share the whole noise ξ of their sample, so they do not decouple it:
//! E[x⁺ x⁺⁺ᵀ] = E[x xᵀ], as without augmentation. Each view alone has the variance σ² + s² in every coordinate.
//!
//! Source: contrast to Definition 2.3; the law of a sum of independent normal vectors.

use super::{Augmentation, AugmentationPart, Origin};
use crate::math::gaussian::fill_normal;
use crate::math::random::Part;
use crate::math::{ParameterError, require};
use crate::part::{PartSetting, Range};
use std::cell::RefCell;

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "additive_noise",
    summary: "each view gets normal noise of its own",
    settings: &[PartSetting::number(
        "deviation",
        Range::SQUARABLE,
        "0.1",
        "Standard deviation of the noise that a view gets in every coordinate, in units of x.",
    )],
    build: |given, ()| Ok(Box::new(AdditiveNoise::new(given.number("deviation")?)?)),
};

thread_local! {
    /// The anchor's noise, kept between rows so that nothing is allocated per row.
    static NOISE: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Noise that is added to each view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdditiveNoise {
    deviation: f64,
}

impl AdditiveNoise {
    /// Noise of standard deviation `deviation` in [1e-18, 1e18] in every coordinate of a view.
    pub fn new(deviation: f64) -> Result<Self, ParameterError> {
        require(Range::SQUARABLE.contains(deviation), "deviation", deviation, Range::SQUARABLE)?;
        Ok(Self { deviation })
    }
}

impl Augmentation for AdditiveNoise {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        fill_normal(positive, self.deviation as f32, from.stream, Part::PositiveView, from.row);
        positive.iter_mut().zip(sample.iter()).for_each(|(y, x)| *y += x);
        self.single_view(from, sample);
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        NOISE.with_borrow_mut(|noise| {
            noise.resize(sample.len(), 0.0);
            fill_normal(noise, self.deviation as f32, from.stream, Part::AnchorView, from.row);
            sample.iter_mut().zip(noise.iter()).for_each(|(x, e)| *x += e);
        });
    }

    fn added_variance(&self) -> Option<f64> {
        Some(self.deviation * self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Purpose, Stream};

    const DIM: usize = 20_000;

    #[test]
    fn the_noise_of_the_two_views_is_independent_and_as_large_as_was_asked_for() {
        let augmentation = AdditiveNoise::new(0.5).unwrap();
        let variance = augmentation.added_variance().unwrap();
        let (stream, atoms) = (Stream::new(1, Purpose::MONTE_CARLO, 0), Matrix::default());
        let from = |row| Origin { stream: &stream, row, atoms: &atoms, code: &[] };
        let noise = |row: u32| {
            let (mut anchor, mut positive) = (vec![1.0f32; DIM], vec![0.0; DIM]);
            augmentation.views(&from(row), &mut anchor, &mut positive);
            [anchor, positive].map(|view| view.iter().map(|x| f64::from(x - 1.0)).collect::<Vec<_>>())
        };
        let ([e, other], [next, _]) = (noise(0), noise(1));
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / DIM as f64;
        // Standard errors: √2 s² for a square, s² for a product, s for a mean, each over √DIM.
        let error = 5.0 * variance / (DIM as f64).sqrt();
        for view in [&e, &other] {
            assert!((product(view, view) - variance).abs() < error * std::f64::consts::SQRT_2);
            assert!((view.iter().sum::<f64>() / DIM as f64).abs() < error / variance.sqrt());
        }
        assert!(product(&e, &other).abs() < error && product(&e, &next).abs() < error);
        // A single view is an anchor.
        let mut single = vec![1.0f32; DIM];
        augmentation.single_view(&from(0), &mut single);
        assert!(single.iter().zip(&e).all(|(x, e)| f64::from(x - 1.0) == *e));
    }

    #[test]
    fn deviations_out_of_range_are_refused() {
        for deviation in [0.0, -1.0, 1e19, f64::NAN] {
            assert_eq!(AdditiveNoise::new(deviation).unwrap_err().name, "deviation");
        }
    }
}

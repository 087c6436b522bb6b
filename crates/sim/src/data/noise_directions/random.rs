//! Random directions outside the span of M.
//!
//! Source: footnote 1 of Definition 2.1; docs/theory.md 2.1.

use super::{DirectionsPart, NoiseDirections, VARIANCE, VARIANCE_RATIO, Variance};
use crate::data::{DenseNoise, Drawing};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Kind, PartSetting};

/// The declaration.
pub(super) static PART: DirectionsPart = DirectionsPart {
    kind: "random",
    summary: "random ones outside the span of M",
    settings: &[
        PartSetting::new("count", Kind::count(1), Fallback::Value("1"), "Number of random directions."),
        VARIANCE,
        VARIANCE_RATIO,
    ],
    build: |given, _| {
        let count = given.whole("count")? as usize;
        Ok(Box::new(Random { count, variance: Variance::of(given)? }))
    },
};

#[derive(Debug)]
struct Random {
    count: usize,
    variance: Variance,
}

impl NoiseDirections for Random {
    fn count(&self) -> Option<usize> {
        Some(self.count)
    }

    fn variance(&self, noise_variance: f64) -> f64 {
        self.variance.along(noise_variance)
    }

    fn are_outside_atoms(&self) -> bool {
        true
    }

    fn draw(&self, atoms: &Matrix, drawing: &Drawing<'_>) -> Result<Matrix, ParameterError> {
        DenseNoise::random_directions(self.count, atoms, drawing.seed)
    }
}

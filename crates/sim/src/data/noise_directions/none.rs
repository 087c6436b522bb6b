//! No directions: the noise is the same everywhere.

use super::{DirectionsPart, NoiseDirections};
use crate::data::Drawing;
use crate::math::{Matrix, ParameterError};

/// The declaration.
pub(super) static PART: DirectionsPart = DirectionsPart {
    kind: "none",
    summary: "the noise is the same in all directions",
    settings: &[],
    build: |_, _| Ok(Box::new(NoDirections)),
};

#[derive(Debug)]
struct NoDirections;

impl NoiseDirections for NoDirections {
    fn count(&self) -> Option<usize> {
        Some(0)
    }

    fn variance(&self, noise_variance: f64) -> f64 {
        noise_variance
    }

    fn are_outside_atoms(&self) -> bool {
        true
    }

    fn draw(&self, _atoms: &Matrix, _drawing: &Drawing<'_>) -> Result<Matrix, ParameterError> {
        Ok(Matrix::zeros(0, 0))
    }
}

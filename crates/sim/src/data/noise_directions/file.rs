//! Directions that are given as a matrix. They may overlap with atoms.

use super::{DirectionsPart, NoiseDirections, VARIANCE, VARIANCE_RATIO, Variance};
use crate::data::{Drawing, MatrixFile, Sizes};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Kind, PartSetting};

/// The declaration.
pub(super) static PART: DirectionsPart = DirectionsPart {
    kind: "file",
    summary: "those in a file",
    settings: &[
        PartSetting::new(
            "path",
            Kind::File,
            Fallback::Required,
            "File with one orthonormal direction per row, ambient_dim columns, as .npy or as text.",
        ),
        VARIANCE,
        VARIANCE_RATIO,
    ],
    build: |given, sizes| Ok(Box::new(InFile { sizes: *sizes, variance: Variance::of(given)? })),
};

/// The full key of the setting.
const PATH: &str = "data.noise_directions.path";

#[derive(Debug)]
struct InFile {
    sizes: Sizes,
    variance: Variance,
}

impl NoiseDirections for InFile {
    fn count(&self) -> Option<usize> {
        None
    }

    fn variance(&self, noise_variance: f64) -> f64 {
        self.variance.along(noise_variance)
    }

    fn are_outside_atoms(&self) -> bool {
        false
    }

    fn draw(&self, _atoms: &Matrix, drawing: &Drawing<'_>) -> Result<Matrix, ParameterError> {
        drawing.matrix(PATH).cloned()
    }

    fn file(&self) -> Option<MatrixFile> {
        Some(MatrixFile { setting: PATH, rows: None, columns: self.sizes.ambient_dim })
    }
}

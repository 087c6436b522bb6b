//! Directions u_k in which the dense noise is larger than elsewhere.
//!
//! Source: footnote 1 of Definition 2.1; docs/theory.md 2.1.
//!
//! To add a way to get them: one file with a type that implements [`NoiseDirections`] and the [`Part`] that
//! declares it; below, its line in the list.

use super::{Drawing, MatrixFile, Sizes};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Given, Kind, Part, PartSetting, Range, Slot, Slotted, parts};
use std::fmt;

parts! {
    /// Where noise is larger.
    NOISE_DIRECTIONS: Slot<Box<dyn NoiseDirections>, Sizes> = (
        "data.noise_directions",
        "Directions in which the noise is larger (the paper's footnote 1).",
        "none"
    );
    none;
    random;
    file;
}

/// A part that gives noise directions.
type DirectionsPart = Part<Box<dyn NoiseDirections>, Sizes>;

impl Slotted for Box<dyn NoiseDirections> {
    type Context = Sizes;

    fn slot() -> &'static Slot<Self, Sizes> {
        &NOISE_DIRECTIONS
    }
}

/// Two ways of saying how large the noise is.
const WAYS: &[&str] = &["variance", "variance_ratio"];
const VARIANCE: PartSetting = PartSetting::new(
    "variance",
    Kind::Number(Range::NON_NEGATIVE),
    Fallback::Absent("variance_ratio sets it"),
    "Variance of the noise along these directions, at least noise_variance.",
)
.one_of(WAYS);
const VARIANCE_RATIO: PartSetting = PartSetting::number(
    "variance_ratio",
    Range::FROM_ONE,
    "10.0",
    "Variance of the noise along these directions, in units of noise_variance.",
)
.one_of(WAYS);

/// A way to get orthonormal directions of larger noise. Nothing takes memory before `draw`.
pub trait NoiseDirections: fmt::Debug + Send + Sync {
    /// k, the number of directions; `None` where only the directions themselves tell.
    fn count(&self) -> Option<usize>;

    /// Variance of the noise along them where it is `noise_variance` elsewhere.
    fn variance(&self, noise_variance: f64) -> f64;

    /// Whether they are orthogonal to every atom, whatever is drawn.
    fn are_outside_atoms(&self) -> bool;

    /// The directions, k × d1; 0 × 0 where there are none.
    ///
    /// # Shapes
    /// `atoms`: d × d1, rows orthonormal.
    ///
    /// # Errors
    /// If there is no room for them.
    fn draw(&self, atoms: &Matrix, drawing: &Drawing<'_>) -> Result<Matrix, ParameterError>;

    /// The file that holds them.
    fn file(&self) -> Option<MatrixFile> {
        None
    }

    /// Whether reduced dynamics knows them: their number, and that they lie outside the span of the atoms.
    fn can_be_reduced(&self) -> bool {
        self.count().is_some() && self.are_outside_atoms()
    }
}

/// Variance along directions, as settings say it.
#[derive(Clone, Copy, Debug)]
enum Variance {
    /// v.
    Absolute(f64),
    /// v/σ².
    Ratio(f64),
}

impl Variance {
    fn of(given: &Given) -> Result<Self, ParameterError> {
        match given.optional_number(VARIANCE.name) {
            Some(variance) => Ok(Self::Absolute(variance)),
            None => given.number(VARIANCE_RATIO.name).map(Self::Ratio),
        }
    }

    fn along(self, noise_variance: f64) -> f64 {
        match self {
            Self::Absolute(variance) => variance,
            Self::Ratio(ratio) => ratio * noise_variance,
        }
    }
}

//! Features as a loss takes them: divided by their norm, sample by sample, or as they are.
//!
//! u = f/‖f‖, and 0 stays 0. For a gradient g with respect to u: ∂L/∂f = (g − ⟨g, u⟩ u)/‖f‖.

use crate::math::linalg::{dot, squared_norm};
use crate::math::{Matrix, ParameterError};
use crate::part::{Given, PartSetting};

/// How features are compared.
pub(super) const SIMILARITY: PartSetting = PartSetting::word(
    "similarity",
    &["cosine", "inner_product"],
    "\"cosine\"",
    "cosine: the loss divides the features of every sample by their norm first, so that inner products are cosines (as \
     published). inner_product: it takes features as they are.",
);

/// What a loss does to features first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeatureScale {
    /// The features of every sample are divided by their norm.
    #[default]
    Normalised,
    /// They are taken as they are.
    Plain,
}

impl FeatureScale {
    /// As a part's settings say it.
    pub(super) fn of(given: &Given) -> Result<Self, ParameterError> {
        Ok(if given.text(SIMILARITY.name)? == "inner_product" { Self::Plain } else { Self::Normalised })
    }
}

/// Features of some samples, and what the way back needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Scaled {
    scale: FeatureScale,
    /// u, n × K.
    pub values: Matrix,
    /// 1/‖f‖, n entries; 0 where f is 0.
    inverse: Vec<f64>,
}

impl Scaled {
    /// Features that are scaled so.
    pub fn new(scale: FeatureScale) -> Self {
        Self { scale, ..Self::default() }
    }

    /// Takes the rows of all of `parts`, each n × K, one part below the other.
    pub fn set(&mut self, parts: &[&Matrix]) {
        let rows = parts.iter().map(|part| part.rows()).sum();
        self.values.resize(rows, parts.first().map_or(0, |part| part.cols()));
        self.inverse.resize(rows, 1.0);
        let features = parts.iter().flat_map(|part| part.iter_rows());
        for (r, row) in features.enumerate() {
            let values = self.values.row_mut(r);
            values.copy_from_slice(row);
            if self.scale == FeatureScale::Normalised {
                let norm = squared_norm(row).sqrt();
                self.inverse[r] = if norm > 0.0 { 1.0 / norm } else { 0.0 };
                for u in values {
                    *u = (f64::from(*u) * self.inverse[r]) as f32;
                }
            }
        }
    }

    /// Turns gradients with respect to rows `first_row..` into those with respect to the features, in place.
    ///
    /// # Shapes
    /// `gradient`: any number of rows × K.
    pub fn backward(&self, first_row: usize, gradient: &mut Matrix) {
        if self.scale == FeatureScale::Plain {
            return;
        }
        for r in 0..gradient.rows() {
            let (values, inverse) = (self.values.row(first_row + r), self.inverse[first_row + r]);
            let gradient = gradient.row_mut(r);
            let along = dot(gradient, values);
            for (g, &u) in gradient.iter_mut().zip(values) {
                *g = (f64::from(*g - along * u) * inverse) as f32;
            }
        }
    }
}

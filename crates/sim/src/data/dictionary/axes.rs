//! Coordinate axes: M_j = e_j, which breaks the paper's assumption that atoms are spread over many coordinates.
//!
//! Source: Assumption on M in Definition 2.1; docs/theory.md 2.1.

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource, check_sizes};
use crate::data::{Drawing, Sizes};
use crate::math::{Matrix, ParameterError};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "axes",
    summary: "the first coordinate axes. They break the paper's assumption that atoms are spread over many \
              coordinates, because masks then hide whole atoms",
    settings: &[],
    build: |_, sizes| {
        sizes.require_room()?;
        Ok(Box::new(Axes { sizes: *sizes }))
    },
};

#[derive(Debug)]
struct Axes {
    sizes: Sizes,
}

impl DictionarySource for Axes {
    fn draw(&self, _drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Ok(Dictionary::axes(self.sizes.ambient_dim, self.sizes.latent_dim)?)
    }

    /// A control is measured against what theory says under the assumption that it breaks.
    fn is_taken_as_even(&self) -> bool {
        true
    }
}

impl Dictionary {
    /// The first `latent_dim` coordinate axes: M in a basis that begins with its own atoms.
    pub fn axes(ambient_dim: usize, latent_dim: usize) -> Result<Self, ParameterError> {
        check_sizes(ambient_dim, latent_dim)?;
        let entry = |j, r| f32::from(u8::from(j == r));
        Ok(Self::orthonormal(Matrix::from_fn(latent_dim, ambient_dim, entry)))
    }
}

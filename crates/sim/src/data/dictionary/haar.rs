//! Haar: M uniform over all matrices with orthonormal columns.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource, check_sizes};
use crate::data::{Drawing, Sizes};
use crate::math::linalg::orthonormal_columns;
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "haar",
    summary: "uniformly random orthonormal atoms",
    settings: &[],
    build: |_, sizes| {
        sizes.require_room()?;
        Ok(Box::new(Haar { sizes: *sizes }))
    },
};

#[derive(Debug)]
struct Haar {
    sizes: Sizes,
}

impl DictionarySource for Haar {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Dictionary::haar(self.sizes.ambient_dim, self.sizes.latent_dim, drawing.seed)
    }
}

impl Dictionary {
    /// A uniformly random dictionary: QR of a Gaussian matrix with the signs of R made positive.
    pub fn haar(ambient_dim: usize, latent_dim: usize, seed: u64) -> Result<Self, DictionaryError> {
        check_sizes(ambient_dim, latent_dim)?;
        let stream = Stream::new(seed, Purpose::DICTIONARY, 0);
        let gaussian = Matrix::from_vec(
            ambient_dim,
            latent_dim,
            (0..ambient_dim)
                .flat_map(|r| {
                    let mut reader = stream.reader(Part::Dense, r as u32);
                    (0..latent_dim).map(move |_| reader.normal()).collect::<Vec<_>>()
                })
                .collect(),
        );
        Ok(Self::orthonormal(orthonormal_columns(&gaussian).transposed().to_f32()))
    }
}

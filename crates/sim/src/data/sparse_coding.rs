//! The paper's data: x = M z + ξ with a dictionary, a latent law and dense noise of one's choice.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::{DataModel, DenseNoise, Dictionary, LatentLaw};
use crate::math::{ParameterError, Stream};

/// The sparse coding model.
#[derive(Clone, Debug)]
pub struct SparseCoding {
    dictionary: Dictionary,
    latent: LatentLaw,
    noise: DenseNoise,
}

impl SparseCoding {
    /// Joins the three parts.
    ///
    /// # Errors
    /// If the latent law does not fit the number of atoms.
    pub fn new(dictionary: Dictionary, latent: LatentLaw, noise: DenseNoise) -> Result<Self, ParameterError> {
        latent.check(dictionary.latent_dim())?;
        Ok(Self { dictionary, latent, noise })
    }

    /// The noise part.
    pub fn noise(&self) -> &DenseNoise {
        &self.noise
    }
}

impl DataModel for SparseCoding {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.latent.draw(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.noise.draw(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.latent.activity(self.dictionary.latent_dim())
    }

    fn noise_variance(&self) -> f64 {
        self.noise.variance()
    }
}

//! Randomised Hadamard: every |M_rj| = 1/√d1, so that every leverage h_r = Σ_j M_rj² is exactly d/d1.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource, check_sizes};
use crate::data::{Drawing, Sizes};
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "hadamard",
    summary: "a randomised Hadamard matrix, whose leverages are all equal (ambient_dim must be a power of two)",
    settings: &[],
    build: |_, sizes| {
        sizes.require_room()?;
        require_power_of_two(sizes.ambient_dim)?;
        Ok(Box::new(Hadamard { sizes: *sizes }))
    },
};

#[derive(Debug)]
struct Hadamard {
    sizes: Sizes,
}

impl DictionarySource for Hadamard {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Dictionary::hadamard(self.sizes.ambient_dim, self.sizes.latent_dim, drawing.seed)
    }

    fn is_taken_as_even(&self) -> bool {
        true
    }
}

impl Dictionary {
    /// Columns of a Hadamard matrix, chosen at random, with random signs of the rows, over √d1.
    ///
    /// # Errors
    /// If `ambient_dim` is not a power of two, or smaller than `latent_dim`.
    pub fn hadamard(ambient_dim: usize, latent_dim: usize, seed: u64) -> Result<Self, DictionaryError> {
        check_sizes(ambient_dim, latent_dim)?;
        require_power_of_two(ambient_dim)?;
        let stream = Stream::new(seed, Purpose::DICTIONARY, 1);
        let mut signs = stream.reader(Part::Dense, 0);
        let row_signs: Vec<f32> = (0..ambient_dim).map(|_| signs.sign()).collect();
        let columns = choose(ambient_dim, latent_dim, &stream);
        let scale = 1.0 / (ambient_dim as f32).sqrt();
        let atoms = Matrix::from_fn(latent_dim, ambient_dim, |j, r| {
            let sign = if (r & columns[j]).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            row_signs[r] * sign * scale
        });
        Ok(Self::orthonormal(atoms))
    }
}

fn require_power_of_two(ambient_dim: usize) -> Result<(), ParameterError> {
    let accepted = "a randomised Hadamard dictionary needs a power of two";
    require(ambient_dim.is_power_of_two(), "data.ambient_dim", ambient_dim, accepted)
}

/// `count` distinct numbers below `bound`, in random order (partial Fisher–Yates).
fn choose(bound: usize, count: usize, stream: &Stream) -> Vec<usize> {
    let mut reader = stream.reader(Part::Latent, 0);
    let mut all: Vec<usize> = (0..bound).collect();
    for i in 0..count {
        let j = i + reader.below((bound - i) as u32) as usize;
        all.swap(i, j);
    }
    all.truncate(count);
    all
}

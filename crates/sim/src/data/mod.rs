//! What a sample is: x = M z + ξ, a sparse combination of dictionary atoms in dense noise.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.
//!
//! To add a data model: one file with a type that implements [`DataModel`], one variant in the spec of the lab.

pub mod dictionary;
pub mod latent;
pub mod leverage;
pub mod noise;
pub mod population;
pub mod sparse_coding;
pub mod law;

pub use dictionary::{Dictionary, DictionaryError};
pub use latent::LatentLaw;
pub use law::SparseCodingLaw;
pub use leverage::LeverageOverlap;
pub use noise::DenseNoise;
pub use population::Population;
pub use sparse_coding::SparseCoding;

use crate::math::{Matrix, Stream, parallel};

/// Rows that one thread draws at a time.
const ROWS_PER_PIECE: usize = 32;

/// Samples with everything they were made of.
#[derive(Clone, Debug)]
pub struct Samples {
    /// x = M z + ξ, n × `ambient_dim`.
    pub x: Matrix,
    /// Sparse codes z, n × `latent_dim`.
    pub latent: Matrix,
    /// Dense noise ξ, n × `ambient_dim`.
    pub noise: Matrix,
}

/// A population of samples x = M z + ξ with a known dictionary M.
///
/// Row r of a stream is a pure function of (stream, r): batches may be drawn in any order and any pieces.
pub trait DataModel: Send + Sync {
    /// The dictionary M whose atoms measurements look for.
    fn dictionary(&self) -> &Dictionary;

    /// Writes the sparse code z of `row`; `latent` has length `latent_dim`.
    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]);

    /// Writes the noise ξ of `row`; `noise` has length `ambient_dim`.
    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]);

    /// Pr(z_j ≠ 0) = E z_j², the same for every atom.
    fn activity(&self) -> f64;

    /// σ², the variance of the noise in a direction that is not singled out.
    fn noise_variance(&self) -> f64;

    /// d1, the dimension of x.
    fn ambient_dim(&self) -> usize {
        self.dictionary().ambient_dim()
    }

    /// d, the number of atoms.
    fn latent_dim(&self) -> usize {
        self.dictionary().latent_dim()
    }

    /// Draws x and z of `row` into the given slices: the training path, which needs no separate ξ.
    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        self.draw_latent(stream, row, latent);
        self.draw_noise(stream, row, x);
        self.dictionary().add_combination(latent, x);
    }

    /// Draws rows `first_row..first_row + rows` with x, z and ξ kept apart. Bit for bit the same x as [`DataModel::draw`].
    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        let (d1, d) = (self.ambient_dim(), self.latent_dim());
        let mut samples = Samples {
            x: Matrix::zeros(rows, d1),
            latent: Matrix::zeros(rows, d),
            noise: Matrix::zeros(rows, d1),
        };
        let pieces = (samples.x.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
            .zip(samples.latent.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d))
            .zip(samples.noise.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, ((x, latent), noise))| {
            let rows = x.chunks_mut(d1).zip(latent.chunks_mut(d)).zip(noise.chunks_mut(d1));
            for (i, ((x, latent), noise)) in rows.enumerate() {
                let row = (first_row + piece * ROWS_PER_PIECE + i) as u32;
                self.draw_latent(stream, row, latent);
                self.draw_noise(stream, row, noise);
                x.copy_from_slice(noise);
                self.dictionary().add_combination(latent, x);
            }
        });
        samples
    }
}

#[cfg(test)]
mod tests;

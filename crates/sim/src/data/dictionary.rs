//! Dictionaries: d orthonormal atoms M_j in R^d1, spread over many coordinates.
//!
//! Mᵀ M = I. Three ways to get one: Haar (uniform over all such M), randomised Hadamard (every |M_rj| = 1/√d1, so
//! every leverage h_r = Σ_j M_rj² is exactly d/d1), and one given as a matrix.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use crate::math::linalg::{dot, orthonormal_columns, times_transposed};
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require};
use multiversion::multiversion;

/// How far ⟨M_i, M_j⟩ of a given dictionary may be from 0 or 1: single precision rounding of the entries of a matrix
/// that is orthonormal stays far below it.
const ORTHONORMALITY_TOLERANCE: f32 = 1e-4;

/// A dictionary that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DictionaryError {
    /// Sizes out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The atoms are not orthonormal.
    #[error(
        "the dictionary's columns are not orthonormal: ⟨M_{first}, M_{second}⟩ = {product}, expected {expected} \
         within {ORTHONORMALITY_TOLERANCE}"
    )]
    NotOrthonormal {
        /// Index of one column.
        first: usize,
        /// Index of the other column.
        second: usize,
        /// Their inner product.
        product: f32,
        /// What it should be.
        expected: f32,
    },
}

/// M, stored atom by atom.
#[derive(Clone, Debug, PartialEq)]
pub struct Dictionary {
    atoms: Matrix,
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
        Ok(Self { atoms: orthonormal_columns(&gaussian).transposed().to_f32() })
    }

    /// Columns of a Hadamard matrix, chosen at random, with random signs of the rows, over √d1.
    ///
    /// # Errors
    /// If `ambient_dim` is not a power of two, or smaller than `latent_dim`.
    pub fn hadamard(ambient_dim: usize, latent_dim: usize, seed: u64) -> Result<Self, DictionaryError> {
        check_sizes(ambient_dim, latent_dim)?;
        let accepted = "a randomised Hadamard dictionary needs a power of two";
        require(ambient_dim.is_power_of_two(), "ambient_dim", ambient_dim, accepted)?;
        let stream = Stream::new(seed, Purpose::DICTIONARY, 1);
        let mut signs = stream.reader(Part::Dense, 0);
        let row_signs: Vec<f32> = (0..ambient_dim).map(|_| signs.sign()).collect();
        let columns = choose(ambient_dim, latent_dim, &stream);
        let scale = 1.0 / (ambient_dim as f32).sqrt();
        let atoms = Matrix::from_fn(latent_dim, ambient_dim, |j, r| {
            let sign = if (r & columns[j]).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            row_signs[r] * sign * scale
        });
        Ok(Self { atoms })
    }

    /// The first `latent_dim` coordinate axes: M in a basis that begins with its own atoms.
    pub fn axes(ambient_dim: usize, latent_dim: usize) -> Result<Self, ParameterError> {
        check_sizes(ambient_dim, latent_dim)?;
        Ok(Self { atoms: Matrix::from_fn(latent_dim, ambient_dim, |j, r| f32::from(u8::from(j == r))) })
    }

    /// A given dictionary.
    ///
    /// # Shapes
    /// `columns`: d1 × d, column j is M_j.
    ///
    /// # Errors
    /// If there are more columns than rows, or the columns are not orthonormal.
    pub fn from_columns(columns: &Matrix) -> Result<Self, DictionaryError> {
        check_sizes(columns.rows(), columns.cols())?;
        let atoms = columns.transposed();
        for i in 0..atoms.rows() {
            for j in 0..=i {
                let product = dot(atoms.row(i), atoms.row(j));
                let expected = f32::from(u8::from(i == j));
                // Written so that a NaN fails too.
                if !((product - expected).abs() <= ORTHONORMALITY_TOLERANCE) {
                    return Err(DictionaryError::NotOrthonormal { first: i, second: j, product, expected });
                }
            }
        }
        Ok(Self { atoms })
    }

    /// d1.
    pub fn ambient_dim(&self) -> usize {
        self.atoms.cols()
    }

    /// d.
    pub fn latent_dim(&self) -> usize {
        self.atoms.rows()
    }

    /// Mᵀ: d × d1, row j is the atom M_j.
    pub fn atoms(&self) -> &Matrix {
        &self.atoms
    }

    /// h_r = Σ_j M_rj², the leverage of each of the d1 coordinates; they sum to d.
    pub fn leverages(&self) -> Vec<f64> {
        let mut leverages = vec![0.0; self.ambient_dim()];
        for atom in self.atoms.iter_rows() {
            for (h, &entry) in leverages.iter_mut().zip(atom) {
                *h += f64::from(entry) * f64::from(entry);
            }
        }
        leverages
    }

    /// x += M z, by adding the active atoms.
    pub fn add_combination(&self, latent: &[f32], x: &mut [f32]) {
        for (j, &z) in latent.iter().enumerate() {
            if z != 0.0 {
                add_scaled(x, z, self.atoms.row(j));
            }
        }
    }

    /// M z for a whole batch: n × d to n × d1.
    pub fn combine(&self, latent: &Matrix) -> Matrix {
        let mut x = Matrix::zeros(latent.rows(), self.ambient_dim());
        for r in 0..latent.rows() {
            self.add_combination(latent.row(r), x.row_mut(r));
        }
        x
    }

    /// The coordinates ⟨x, M_j⟩ of each row: n × d1 to n × d.
    pub fn coordinates(&self, x: &Matrix) -> Matrix {
        let mut coordinates = Matrix::zeros(0, 0);
        times_transposed(&mut coordinates, x, &self.atoms);
        coordinates
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_scaled(x: &mut [f32], scale: f32, atom: &[f32]) {
    for (x, &entry) in x.iter_mut().zip(atom) {
        *x += scale * entry;
    }
}

fn check_sizes(ambient_dim: usize, latent_dim: usize) -> Result<(), ParameterError> {
    require(latent_dim >= 1, "latent_dim", latent_dim, "at least 1")?;
    let accepted = format!("at least latent_dim = {latent_dim}: the atoms are orthonormal");
    require(ambient_dim >= latent_dim, "ambient_dim", ambient_dim, accepted)
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

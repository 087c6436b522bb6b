//! Dictionaries: d atoms M_j in R^d1, and where they come from. The paper's are orthonormal, Mᵀ M = I; others are unit
//! vectors at any angles (`span` says what lies in their span).
//!
//! Source: Definition 2.1; docs/theory.md 2.1.
//!
//! To add a way to get one: one file with a type that implements [`DictionarySource`] and the [`Part`] that
//! declares it; below, its line in the list.

use super::{Drawing, MatrixFile, Sizes};
use crate::math::linalg::{dot, times_transposed};
use crate::math::{Matrix, ParameterError, require};
use crate::part::{Part, Slot, Slotted, parts};
use multiversion::multiversion;
use std::fmt;

parts! {
    /// Where M comes from.
    DICTIONARIES: Slot<Box<dyn DictionarySource>, Sizes> =
        ("data.dictionary", "Where the dictionary M comes from.", "haar");
    haar;
    hadamard;
    axes;
    file;
    coherent;
    gaussian;
}

mod span;

pub use span::Angles;

use span::Geometry;

/// A part that makes dictionaries.
type DictionaryPart = Part<Box<dyn DictionarySource>, Sizes>;

impl Slotted for Box<dyn DictionarySource> {
    type Context = Sizes;

    fn slot() -> &'static Slot<Self, Sizes> {
        &DICTIONARIES
    }
}

/// A way to get a dictionary of known sizes. Making the source checks what can be checked without memory; `draw`
/// takes the memory of M.
pub trait DictionarySource: fmt::Debug + Send + Sync {
    /// Makes M.
    ///
    /// # Errors
    /// If M cannot be had in these sizes, or what is given is no dictionary.
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError>;

    /// The file that holds M. A dictionary that is given is read and checked even where no arm needs it.
    fn file(&self) -> Option<MatrixFile> {
        None
    }

    /// Whether the atoms are orthonormal, whatever is drawn. Closed forms and reduced dynamics take no others.
    fn is_orthonormal(&self) -> bool {
        true
    }

    /// Whether closed forms take every leverage h_r as d/d1, instead of reading leverages off M.
    fn is_taken_as_even(&self) -> bool {
        false
    }
}

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
    geometry: Geometry,
}

impl Dictionary {
    /// Atoms that are orthonormal.
    fn orthonormal(atoms: Matrix) -> Self {
        Self { atoms, geometry: Geometry::Orthonormal }
    }

    /// A given dictionary of orthonormal atoms.
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
        Ok(Self::orthonormal(atoms))
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

    /// h_r = Σ_j M_rj², of orthonormal atoms the leverage of each of the d1 coordinates; they sum to d.
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

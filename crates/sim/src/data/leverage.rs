//! Leverages of a dictionary: how much of each coordinate its atoms take up, which is what masks act on.
//!
//! Source: docs/theory.md 1 and 4.3.

use super::Population;
use crate::math::Matrix;

/// How much leverage h_r = Σ_j M_rj² a direction sees, Σ_r u_r² h_r, averaged over directions; entries in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeverageOverlap {
    /// Mean over the atoms u = M_j.
    pub atoms: f64,
    /// Mean over an orthonormal basis of the complement of span(M).
    pub complement: f64,
}

impl LeverageOverlap {
    /// Evenly spread dictionaries, h_r = d/d1 for every r (a randomised Hadamard basis).
    pub fn uniform(population: &Population) -> Self {
        let ratio = population.dimension_ratio();
        Self { atoms: ratio, complement: ratio }
    }

    /// Expectation over Haar-distributed dictionaries: (d+2)/(d1+2) and d/(d1+2).
    pub fn haar(population: &Population) -> Self {
        let (d1, d) = (population.ambient_dim as f64, population.latent_dim as f64);
        Self { atoms: (d + 2.0) / (d1 + 2.0), complement: d / (d1 + 2.0) }
    }

    /// Exact for a given dictionary with orthonormal columns; the complement's entry is 0 where d1 = d.
    ///
    /// # Shapes
    /// `dictionary`: d1 × d.
    pub fn of_dictionary(dictionary: &Matrix<f64>) -> Self {
        let (d1, d) = (dictionary.rows() as f64, dictionary.cols() as f64);
        let squares: f64 = leverages(dictionary).iter().map(|h| h * h).sum();
        Self { atoms: squares / d, complement: (d - squares) / (d1 - d).max(1.0) }
    }
}

/// The leverages h_r = (M Mᵀ)_rr, in [0, 1] with sum d (docs/theory.md 1).
///
/// # Shapes
/// `dictionary`: d1 × d; the answer has length d1.
pub fn leverages(dictionary: &Matrix<f64>) -> Vec<f64> {
    dictionary.iter_rows().map(|row| row.iter().map(|v| v * v).sum()).collect()
}

/// Σ_r M_rj² h_r for every atom j: `SecondMoment::along_atoms` of one entry is that atom's own rate
/// (docs/theory.md 4.3).
///
/// # Shapes
/// `dictionary`: d1 × d; the answer has length d.
pub fn atom_overlaps(dictionary: &Matrix<f64>) -> Vec<f64> {
    let mut overlaps = vec![0.0; dictionary.cols()];
    for (row, leverage) in dictionary.iter_rows().zip(leverages(dictionary)) {
        for (overlap, v) in overlaps.iter_mut().zip(row) {
            *overlap += v * v * leverage;
        }
    }
    overlaps
}

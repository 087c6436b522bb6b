//! Neurons as combinations of atoms that are not orthonormal.
//!
//! P w_i = Σ_j β_ij M_j, β = G⁻¹ Mᵀ w_i, G = MᵀM: coefficients in the basis of the atoms, which are the products of w_i with
//! the dual basis. A neuron on a single atom has one β and no other, whatever the angles of the atoms; its cosines with
//! the other atoms are not 0. Columns of cosines (`coverage_90`, `alignment`, …) say how close a neuron is to an atom, those
//! of β what it is made of.
//!
//! With more atoms than dimensions there is no dual basis: many β give the same w_i, and every column is NaN.
//!
//! Source: Christensen, "An Introduction to Frames and Riesz Bases" (2016), chapter 3; the counts are those of Theorem
//! 3.4 (iii) of Wen and Li (2021).

use super::{AxisKind, Column, Measure, Place, Reading, SINGLETON_COSINE, Values, fraction, mean, ratio};

/// Coefficients in the basis of the atoms.
pub struct Dual;

const COLUMNS: &[Column] = &[
    Column::new(
        "dual_alignment",
        "1",
        "mean over neurons of max_j |β_ij|/‖β_i‖, w_i = Σ_j β_ij M_j + rest; NaN with more atoms than dimensions",
    )
    .shown(Place::Curve, "largest coefficient", "mean of max |β|/‖β‖", AxisKind::Share),
    Column::new(
        "dual_singletons",
        "neurons",
        "neurons with a |β_ij| > .9 ‖β_i‖; NaN with more atoms than dimensions",
    ),
    Column::new(
        "dual_coverage_90",
        "fraction",
        "atoms with some neuron of |β_ij| > .9 ‖β_i‖; NaN with more atoms than dimensions",
    )
    .shown(Place::Curve, "atoms covered by coefficients", "share of the atoms, |β| > .9 ‖β‖", AxisKind::Share),
];

impl Measure for Dual {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let oblique = reading.coordinates.oblique.as_ref();
        let Some(dual) = oblique.and_then(|oblique| oblique.dual.as_ref()) else { return };
        let mut largest = Vec::with_capacity(dual.rows());
        let mut is_covered = vec![false; dual.cols()];
        for row in dual.iter_rows() {
            let norm = row.iter().map(|&b| f64::from(b).powi(2)).sum::<f64>().sqrt();
            let shares = || row.iter().map(|&b| ratio(f64::from(b).abs(), norm));
            largest.push(shares().fold(0.0, f64::max));
            is_covered.iter_mut().zip(shares()).for_each(|(is, share)| *is |= share > SINGLETON_COSINE);
        }
        let singletons = largest.iter().filter(|&&share| share > SINGLETON_COSINE).count();
        out.scalar("dual_singletons", singletons as f64);
        out.scalar("dual_coverage_90", fraction(is_covered));
        out.scalar("dual_alignment", mean(largest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dictionary;
    use crate::math::Matrix;
    use crate::measure::tests::fake::Fake;
    use crate::train::Oblique;
    use std::sync::Arc;

    /// Neurons as given combinations of the atoms of `dictionary`.
    fn combinations(dictionary: &Dictionary, coefficients: &[f32]) -> Fake {
        let d = dictionary.latent_dim();
        let weights = dictionary.combine(&Matrix::from_vec(coefficients.len() / d, d, coefficients.to_vec()));
        let coordinates = dictionary.coordinates(&weights);
        let mut fake = Fake::new(d, coordinates.as_slice(), &vec![0.0; weights.rows()]);
        fake.coordinates.oblique = Some(Oblique {
            sparse_energy: weights.iter_rows().map(crate::math::linalg::squared_norm).collect(),
            dual: dictionary.dual_coordinates(&coordinates),
            angles: Arc::clone(dictionary.angles().unwrap()),
        });
        fake
    }

    /// Atoms at 60°. Two neurons: one on atom 1 alone, one on both alike.
    #[test]
    fn a_neuron_on_one_atom_has_one_coefficient() {
        let atoms = Matrix::from_vec(2, 3, vec![1.0, 0.0, 0.0, 0.5, 0.75f32.sqrt(), 0.0]);
        let dictionary = Dictionary::of_unit_atoms(atoms).unwrap();
        let found = combinations(&dictionary, &[0.0, 2.0, 1.0, 1.0]).read(&mut Dual);
        found.check(&[
            ("dual_alignment", f64::midpoint(1.0, 0.5f64.sqrt())),
            ("dual_singletons", 1.0),
            ("dual_coverage_90", 0.5),
        ]);
    }

    #[test]
    fn without_a_dual_basis_nothing_is_said() {
        let half = 0.75f32.sqrt();
        let atoms = Matrix::from_vec(3, 2, vec![1.0, 0.0, -0.5, half, -0.5, -half]);
        let dictionary = Dictionary::of_unit_atoms(atoms).unwrap();
        let found = combinations(&dictionary, &[1.0, 0.0, 0.0]).read(&mut Dual);
        assert!(COLUMNS.iter().all(|column| found.get(column.name).is_nan()));
    }
}

//! How much of the learner lies along each of the first atoms: F_j = Σ_i ⟨w_i, M_j⟩².
//!
//! `feature_energy` has mean, smallest and largest over all atoms. Where atoms are unequal, curves of single atoms say
//! which of them are learned, and when.
//!
//! Source: the singular values of a linear encoder in Simon et al., "On the Stepwise Nature of Self-Supervised
//! Learning" (ICML 2023), for encoders of any kind.

use super::{Column, Measure, Reading, Values};

/// F_j of the first [`MOST_ATOMS`] atoms.
pub struct AtomEnergies;

/// Atoms that have a column of their own.
pub const MOST_ATOMS: usize = 24;

/// The column of an atom, counted from 1, which a column's name has to say at compile time.
macro_rules! columns {
    ($($atom:literal)+) => {
        [$(Column::new(
            concat!("atom_energy_", $atom),
            "energy",
            concat!("Σ_i ⟨w_i, M_", $atom, "⟩²; not defined where there are fewer atoms"),
        )),+]
    };
}

/// Their columns, in the order of the atoms.
pub const COLUMNS: [Column; MOST_ATOMS] =
    columns!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);

impl Measure for AtomEnergies {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        for (j, column) in COLUMNS.iter().enumerate().take(reading.latent_dim()) {
            let rows = reading.coordinates.sparse.iter_rows();
            out.scalar(column.name, rows.map(|row| f64::from(row[j]).powi(2)).sum());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::fake::Fake;

    #[test]
    fn every_atom_has_the_squares_of_its_own_coefficients() {
        // Two neurons on three atoms; what lies outside of the atoms counts for none.
        let figures = Fake::new(3, &[1.0, 2.0, 0.0, 3.0, -1.0, 0.5], &[7.0, 9.0]).read(&mut AtomEnergies);
        for (name, expected) in [("atom_energy_1", 10.0), ("atom_energy_2", 5.0), ("atom_energy_3", 0.25)] {
            assert!((figures.get(name) - expected).abs() < 1e-6, "{name}: {}", figures.get(name));
        }
        assert!(figures.get("atom_energy_4").is_nan() && figures.get("atom_energy_24").is_nan());
    }

    #[test]
    fn atoms_beyond_the_last_column_are_left_out() {
        let row: Vec<f32> = (1..=MOST_ATOMS + 1).map(|j| j as f32).collect();
        let figures = Fake::new(MOST_ATOMS + 1, &row, &[0.0]).read(&mut AtomEnergies);
        assert!((figures.get("atom_energy_24") - 576.0).abs() < 1e-6);
    }
}

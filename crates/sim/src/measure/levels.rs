//! How far neurons have found the atoms of every level of a tree.
//!
//! An atom of level ℓ with the pattern π shows as the direction U = M π/‖M π‖; at level 1 these are the atoms M_j. With
//! ⟨w_i, M π⟩ = Σ_j π_j ⟨w_i, M_j⟩ the cosines of neurons with U follow from their coordinates along the atoms. Directions
//! of different levels are not orthogonal: with orthonormal atoms the cosine of an upper atom with one of n lowest atoms
//! under it is 1/√n.
//!
//! Source: hierarchical sparse coding as the open direction of Wen and Li (2021), Section 6; the counts are those of
//! Theorem 3.4 (iii) for each level.

use super::{
    AxisKind, Column, Level, Measure, Place, Reading, SINGLETON_COSINE, Values, fraction, mean, ratio,
};
use crate::math::argmax;

/// Coverage and alignment, level by level.
pub struct LevelAlignment {
    levels: Vec<Level>,
}

impl LevelAlignment {
    /// Levels that have columns.
    pub const MOST_LEVELS: usize = 3;

    /// Reads on these levels, the lowest one first; those beyond [`Self::MOST_LEVELS`] are left out.
    pub fn new(mut levels: Vec<Level>) -> Self {
        levels.truncate(Self::MOST_LEVELS);
        Self { levels }
    }
}

/// Columns of one level.
const PER_LEVEL: usize = 3;

/// The columns of a level, from their names and what they are called.
macro_rules! columns_of_level {
    ($level:literal) => {
        [
            Column::new(
                concat!("level", $level, "_coverage_90"),
                "fraction",
                concat!("atoms of level ", $level, " of the tree with some neuron of |cos| > .9"),
            )
            .shown(
                Place::Curve,
                concat!("level ", $level, ": atoms covered"),
                "share of the level's atoms, |cos| > .9",
                AxisKind::Share,
            ),
            Column::new(
                concat!("level", $level, "_alignment"),
                "cosine",
                concat!("mean over atoms of level ", $level, " of the largest |cos| of a neuron with them"),
            )
            .shown(
                Place::Curve,
                concat!("level ", $level, ": alignment of its atoms"),
                "mean of the largest |cos|",
                AxisKind::Share,
            ),
            Column::new(
                concat!("level", $level, "_singletons"),
                "neurons",
                concat!("neurons with |cos| > .9 with an atom of level ", $level, " of the tree"),
            ),
        ]
    };
}

const BY_LEVEL: [[Column; PER_LEVEL]; LevelAlignment::MOST_LEVELS] =
    [columns_of_level!("1"), columns_of_level!("2"), columns_of_level!("3")];
const COLUMNS: &[Column] = BY_LEVEL.as_flattened();

const NEURON_COLUMNS: &[Column] = &[
    Column::new(
        "level",
        "level",
        "level of the tree, from 1, with the atom that the neuron has the largest |cos| with",
    ),
    Column::new("level_alignment", "cosine", "that |cos|"),
];

impl Measure for LevelAlignment {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS[..PER_LEVEL * self.levels.len()]
    }

    fn neuron_columns(&self) -> &'static [Column] {
        NEURON_COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let norms: Vec<f64> = reading.neurons().iter().map(|neuron| neuron.energy().sqrt()).collect();
        // The largest |cos| of every neuron with an atom of each level.
        let mut of_neurons = vec![vec![0.0f64; norms.len()]; self.levels.len()];
        for (level, (tree, of_neurons)) in self.levels.iter().zip(&mut of_neurons).enumerate() {
            let mut of_atoms = Vec::with_capacity(tree.atom_count());
            for (first, pattern) in tree.patterns() {
                let length = reading.combination_norm(first, pattern);
                let mut largest = 0.0f64;
                for (i, (row, norm)) in reading.coordinates.sparse.iter_rows().zip(&norms).enumerate() {
                    let products = row[first..].iter().zip(pattern);
                    let product: f64 = products.map(|(&c, &sign)| f64::from(c) * f64::from(sign)).sum();
                    let cosine = ratio(product.abs(), norm * length);
                    largest = largest.max(cosine);
                    of_neurons[i] = of_neurons[i].max(cosine);
                }
                of_atoms.push(largest);
            }
            let columns = &BY_LEVEL[level];
            out.scalar(columns[0].name, fraction(of_atoms.iter().map(|&cosine| cosine > SINGLETON_COSINE)));
            out.scalar(columns[1].name, mean(of_atoms));
            let singletons = of_neurons.iter().filter(|&&cosine| cosine > SINGLETON_COSINE);
            out.scalar(columns[2].name, singletons.count() as f64);
        }
        let best: Vec<(usize, f64)> = (0..norms.len())
            .map(|i| {
                let level = argmax(of_neurons.iter().map(|cosines| cosines[i])).unwrap_or(0);
                (level, of_neurons[level][i])
            })
            .collect();
        out.neurons("level", best.iter().map(|&(level, _)| (level + 1) as f32));
        out.neurons("level_alignment", best.iter().map(|&(_, cosine)| cosine as f32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dictionary;
    use crate::data::latent::{Hierarchical, LatentLaw};
    use crate::math::Matrix;
    use crate::measure::tests::fake::Fake;
    use crate::train::Oblique;
    use std::sync::Arc;

    /// Four atoms in two groups. Neurons: atom 0, the upper atom of the second group, and a mixture of both groups.
    #[test]
    fn neurons_are_told_apart_by_level() {
        let law = Hierarchical { levels: 2, fan_out: 2, top_activity: 0.1, child_activity: 0.5 };
        let levels = law.levels(4);
        let second = &levels[1].signs[2..];
        let sparse = [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, second[0], second[1], 1.0, 0.0, 1.0, 0.0];
        let mut measure = LevelAlignment::new(levels.clone());
        assert_eq!(measure.columns().len(), 6, "columns of two levels");
        let found = Fake::new(4, &sparse, &[0.0; 3]).read(&mut measure);
        let half = 0.5f64.sqrt();
        found.check(&[
            ("level1_coverage_90", 0.25),
            ("level1_alignment", (1.0 + 2.0 * half) / 4.0),
            ("level1_singletons", 1.0),
            ("level2_coverage_90", 0.5),
            ("level2_alignment", f64::midpoint(half, 1.0)),
            ("level2_singletons", 1.0),
        ]);
    }

    #[test]
    fn an_upper_atom_is_no_lowest_atom() {
        let law = Hierarchical { levels: 3, fan_out: 2, top_activity: 0.1, child_activity: 0.5 };
        let levels = law.levels(4);
        let sparse: Vec<f32> = levels[2].signs.clone();
        let found = Fake::new(4, &sparse, &[4.0]).read(&mut LevelAlignment::new(levels));
        // Half of the energy lies outside the span: |cos| is √½ with the whole tree, and less below.
        found.check(&[
            ("level1_coverage_90", 0.0),
            ("level1_alignment", 0.125f64.sqrt()),
            ("level1_singletons", 0.0),
            ("level2_coverage_90", 0.0),
            ("level2_alignment", 0.5),
            ("level2_singletons", 0.0),
            ("level3_coverage_90", 0.0),
            ("level3_alignment", 0.5f64.sqrt()),
            ("level3_singletons", 0.0),
        ]);
        found.check_neurons("level", &[3.0]);
        found.check_neurons("level_alignment", &[0.5f64.sqrt()]);
    }

    /// Two atoms at 60°: their sum has the length √3.
    #[test]
    fn atoms_at_angles_make_upper_atoms_of_another_length() {
        let half = 0.75f32.sqrt();
        let atoms = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.5, half]);
        let dictionary = Dictionary::of_unit_atoms(atoms).unwrap();
        let tree = [Level { span: 1, signs: vec![1.0; 2] }, Level { span: 2, signs: vec![1.0; 2] }];
        let weights = Matrix::from_vec(1, 2, vec![1.5, half]);
        let coordinates = dictionary.coordinates(&weights);
        let mut fake = Fake::new(2, coordinates.as_slice(), &[0.0]);
        fake.coordinates.oblique = Some(Oblique {
            sparse_energy: vec![3.0],
            dual: dictionary.dual_coordinates(&coordinates),
            angles: Arc::clone(dictionary.angles().unwrap()),
        });
        let found = fake.read(&mut LevelAlignment::new(tree.to_vec()));
        assert!((found.get("level2_alignment") - 1.0).abs() < 1e-6, "{}", found.get("level2_alignment"));
        assert!((found.get("level1_alignment") - 0.75f64.sqrt()).abs() < 1e-6);
    }
}

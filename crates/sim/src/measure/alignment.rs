//! How close every neuron is to a single atom, and how many atoms have such a neuron.
//!
//! alignment_i = max_j |⟨w_i, M_j⟩|/‖w_i‖;  coverage(c) = #{j : max_i |cos(w_i, M_j)| > c}/d.
//!
//! A neuron is a singleton when its alignment exceeds .9. Counts of singletons never come near the number of neurons,
//! because neurons without luck stay small for ever: the energy-weighted fraction is the one that Theorem 3.4 speaks of.
//!
//! N_i, the atoms that a neuron holds, is {j : |⟨w_i, M_j⟩| ≥ ½ max_j |⟨w_i, M_j⟩|}: the same rule at every
//! stage and in every arm, independent of the scale. Beside it stand the atoms that open the gate by
//! themselves: with symmetric ReLU those of |⟨w_i, M_j⟩| > b_i, all of them while b_i ≤ 0.
//!
//! Source: Theorem 3.4 (ii, iii); Lemma E.2 (1), E.3; docs/theory.md 7 (7).

use super::reading::Neuron;
use super::{
    AxisKind, Column, HELD_SHARE, Measure, OWNER_COSINE, Place, Reading, SINGLETON_COSINE, Values, count,
    fraction, mean,
};

/// Alignment, singletons, coverage and |N_i|.
pub struct Alignment;

const COLUMNS: &[Column] =
    &[
        Column::new("mean_alignment", "cosine", "mean over neurons of max_j |cos(w_i, M_j)| (E.2 (1))"),
        Column::new("singleton_count", "neurons", "neurons with alignment > .9 (Theorem 3.4 (iii))").shown(
            Place::Headline,
            "singleton neurons",
            "neurons with |cos| > .9",
            AxisKind::Count,
        ),
        Column::new(
            "singleton_energy_fraction",
            "fraction",
            "share of Σ_i ‖w_i‖² in neurons with alignment > .9 (E.2 (1))",
        ),
        Column::new("coverage_90", "fraction", "atoms with some neuron of |cos| > .9 (Theorem 3.4 (iii))")
            .shown(Place::Headline, "atoms covered, |cos| > .9", "share of the atoms", AxisKind::Share),
        Column::new("coverage_70", "fraction", "atoms with some neuron of |cos| > .7 (Theorem 3.4 (iii))")
            .shown(Place::Headline, "atoms covered, |cos| > .7", "share of the atoms", AxisKind::Share),
        Column::new(
            "atoms_per_neuron",
            "atoms",
            "mean |N_i|, N_i = {j : |⟨w_i, M_j⟩| ≥ ½ the largest} (Theorem 3.4 (ii))",
        ),
        Column::new(
            "gate_opening_atoms",
            "atoms",
            "mean over neurons of #{j : |⟨w_i, M_j⟩| > b_i}; d while b = 0 (E.3)",
        ),
    ];

const NEURON_COLUMNS: &[Column] = &[
    Column::new("best_atom", "atom", "argmax_j |⟨w_i, M_j⟩|"),
    Column::new("alignment", "cosine", "max_j |⟨w_i, M_j⟩|/‖w_i‖"),
    Column::new("second_alignment", "cosine", "the second largest |⟨w_i, M_j⟩|/‖w_i‖"),
    Column::new("atom_count", "atoms", "|N_i|, N_i = {j : |⟨w_i, M_j⟩| ≥ ½ the largest}"),
];

impl Measure for Alignment {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn neuron_columns(&self) -> &'static [Column] {
        NEURON_COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let neurons = reading.neurons();
        let singletons = || neurons.iter().filter(|n| n.alignment() > SINGLETON_COSINE);
        let total: f64 = neurons.iter().map(Neuron::energy).sum();
        // A fold, because the empty float sum is −0.
        let held = singletons().fold(0.0, |sum, n| sum + n.energy());
        let coverage = |cosine| fraction(reading.atoms().iter().map(|atom| atom.cosine > cosine));
        out.scalar("mean_alignment", mean(neurons.iter().map(Neuron::alignment)));
        out.scalar("singleton_count", singletons().count() as f64);
        out.scalar("singleton_energy_fraction", held / total);
        out.scalar("coverage_90", coverage(SINGLETON_COSINE));
        out.scalar("coverage_70", coverage(OWNER_COSINE));

        let rows = || reading.coordinates.sparse.iter_rows();
        let atoms_held = |(row, n): (&[f32], &Neuron)| {
            count(row.iter().map(|&c| c != 0.0 && f64::from(c).abs() >= HELD_SHARE * n.largest))
        };
        let held: Vec<f64> = rows().zip(neurons).map(atoms_held).collect();
        out.scalar("gate_opening_atoms", opened_gates(reading) / reading.width() as f64);
        out.scalar("atoms_per_neuron", mean(held.iter().copied()));

        out.neurons("best_atom", neurons.iter().map(|n| n.best_atom as f32));
        out.neurons("alignment", neurons.iter().map(|n| n.alignment() as f32));
        out.neurons("second_alignment", neurons.iter().map(|n| n.second_alignment() as f32));
        out.neurons("atom_count", held.iter().map(|&held| held as f32));
    }
}

/// Pairs (atom, neuron) in which the atom as a sample opens the neuron's gate; NaN for a network without gates.
fn opened_gates(reading: &Reading<'_>) -> f64 {
    let Some(gates) = reading.view.dynamics.network().gates() else { return f64::NAN };
    let mut open = Vec::new();
    for pre in reading.coordinates.sparse.transposed().iter_rows() {
        gates.push_open(pre, reading.view.bias, &mut open);
    }
    open.len() as f64
}

//! Which neuron won which atom, and when.
//!
//! The owner of atom j is argmax_i |cos(w_i, M_j)|, if that exceeds .7; an atom without one is an orphan. A collision is
//! an atom with more than one singleton neuron (alignment > .9).
//!
//! Times are those of recorded steps: as fine as the cadence.
//!
//! Source: Theorem 3.4 (iii), #{i : N_i = {j}} ≥ Ω(1); Lemma D.5 (c).

use super::{
    AxisKind, Column, Measure, NotRemembered, OWNER_COSINE, Place, Reading, SINGLETON_COSINE, Shape, Values,
    count, recalled, remembered,
};

/// What became of one atom so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtomHistory {
    /// The first recorded step at which it had an owner.
    pub first_owned: Option<u64>,
    /// Its owner at the last recorded step.
    pub owner: Option<usize>,
}

/// Follows the atoms.
#[derive(Default)]
pub struct Ownership {
    histories: Vec<AtomHistory>,
}

const COLUMNS: &[Column] = &[
    Column::new("atoms_owned", "atoms", "atoms whose closest neuron has |cos| > .7 (Theorem 3.4 (iii))")
        .shown(Place::Figure, "atoms with an owner", "atoms with a neuron of |cos| > .7", AxisKind::Count),
    Column::new("orphan_atoms", "atoms", "atoms without such a neuron: d − atoms_owned (Theorem 3.4 (iii))"),
    Column::new(
        "collisions",
        "atoms",
        "atoms that are the best atom of more than one neuron with alignment > .9 (Theorem 3.4 (iii))",
    ),
    Column::new(
        "owner_changes",
        "atoms",
        "atoms owned at the last record and now, by different neurons (D.5c)",
    ),
];

impl Measure for Ownership {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let atoms = reading.atoms();
        let owners: Vec<Option<usize>> =
            atoms.iter().map(|atom| (atom.cosine > OWNER_COSINE).then_some(atom.best_neuron)).collect();
        let mut singletons = vec![0usize; atoms.len()];
        for neuron in reading.neurons().iter().filter(|n| n.alignment() > SINGLETON_COSINE) {
            singletons[neuron.best_atom] += 1;
        }

        self.histories.resize(atoms.len(), AtomHistory::default());
        let changed = |(history, owner): (&AtomHistory, &Option<usize>)| {
            history.owner.is_some() && owner.is_some() && history.owner != *owner
        };
        out.scalar("owner_changes", count(self.histories.iter().zip(&owners).map(changed)));
        out.scalar("atoms_owned", count(owners.iter().map(Option::is_some)));
        out.scalar("orphan_atoms", count(owners.iter().map(Option::is_none)));
        out.scalar("collisions", count(singletons.iter().map(|&n| n > 1)));

        for (history, owner) in self.histories.iter_mut().zip(owners) {
            history.owner = owner;
            history.first_owned = history.first_owned.or(owner.map(|_| reading.view.step));
        }
    }

    fn atom_histories(&self) -> Option<&[AtomHistory]> {
        (!self.histories.is_empty()).then_some(&self.histories)
    }

    /// Two numbers per atom: when it was first owned, and by whom it is owned.
    fn memory(&self) -> Vec<i64> {
        let words = |history: &AtomHistory| [remembered(history.first_owned), remembered(history.owner)];
        self.histories.iter().flat_map(words).collect()
    }

    fn recall(&mut self, memory: &[i64], shape: Shape) -> bool {
        let (pairs, rest) = memory.as_chunks::<2>();
        let history = |&[first, owner]: &[i64; 2]| -> Result<AtomHistory, NotRemembered> {
            Ok(AtomHistory { first_owned: recalled(first, u64::MAX)?, owner: recalled(owner, shape.width)? })
        };
        let Ok(histories) = pairs.iter().map(history).collect::<Result<Vec<_>, _>>() else { return false };
        let fits = rest.is_empty() && (pairs.is_empty() || pairs.len() == shape.latent_dim);
        if fits {
            self.histories = histories;
        }
        fits
    }
}

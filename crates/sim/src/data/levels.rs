//! What of the data decides which measurements make sense; above all the levels of a tree of atoms.
//!
//! In a tree of atoms the lowest level is the dictionary itself. An atom of an upper level stands over a group of
//! neighbouring lowest atoms with a sign for each, its pattern π. Where it shows as a whole it shows as the direction
//! M π/‖M π‖.

/// One level of a tree of atoms, the lowest one first.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Lowest atoms under one atom of this level; 1 at the lowest level.
    pub span: usize,
    /// π: the sign of every lowest atom seen from the atom of this level that it is under, d entries.
    pub signs: Vec<f32>,
}

impl Level {
    /// Number of atoms of this level.
    pub fn atom_count(&self) -> usize {
        self.signs.len() / self.span
    }

    /// The patterns of the atoms, one after the other: the first lowest atom, and the signs from there on.
    pub fn patterns(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.signs.chunks_exact(self.span).enumerate().map(|(k, signs)| (k * self.span, signs))
    }
}

/// What of the data decides which measurements make sense. The default is the paper's data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataTraits {
    /// The levels of atoms that form a tree, the lowest one first; empty where they form none.
    pub levels: Vec<Level>,
    /// Whether atoms may lie at other angles than 90°.
    pub has_oblique_atoms: bool,
    /// n, the number of samples that training goes through in epochs; `None`: it draws fresh ones for ever.
    pub training_samples: Option<u32>,
    /// The number of different samples that are not trained on; `None`: there is no end to them.
    pub fresh_samples: Option<u32>,
}

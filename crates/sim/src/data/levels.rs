//! Levels of atoms: what an atom of an upper level is made of.
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

//! The joint contrastive loss of a linear encoder: how it moves the weight along each feature, and how small the
//! weights of its minimisers can be.
//!
//! Pairs of views of one sample have the weight 1 − β, pairs of different samples of one class β. The second moment of
//! pairs is then Γ = (1 − β) E[x⁺ x⁺⁺ᵀ] + β Σ_y Pr(y) E[x⁺ | y] E[x⁺⁺ | y]ᵀ. The second term has the class feature
//! alone. All else is the course of one direction as in the theory of linear encoders.
//!
//! Source: theory.md 3.1 to 3.3.

use featurescope_simon_2023::closed_form::spectrum::Loss;
use featurescope_simon_2023::closed_form::{Pull, Spectrum};

/// Data, views and loss, as a linear encoder sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// Second moments of atoms and noise, and what views do to coordinates. Signs of the class atom are fair.
    pub spectrum: Spectrum,
    /// Atoms that views lose, beside what they do to coordinates.
    pub dropout: Dropout,
    /// Whether gradients flow through anchors alone.
    pub stops_gradients: bool,
    /// β in [0, 1].
    pub supervised_weight: f64,
    /// The atom whose sign is the class.
    pub class_atom: usize,
}

/// Each view loses each of the first `atoms` atoms with probability `rate`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dropout {
    /// Probability that a view loses an atom, in [0, 1].
    pub rate: f64,
    /// How many atoms, the first ones, can be lost.
    pub atoms: usize,
}

impl Contrast {
    fn plain(&self, variance: f64) -> Pull {
        self.spectrum.pull(Loss::Spectral { stops_gradients: self.stops_gradients }, variance)
    }

    /// How the loss moves a linear encoder along an atom that is orthogonal to all others: theory.md (3.2a).
    pub fn along_atom(&self, atom: usize) -> Pull {
        let square = self.spectrum.atoms[atom];
        let (variance, plain) = (square + self.spectrum.noise, self.plain(square + self.spectrum.noise));
        let kept = if atom < self.dropout.atoms { 1.0 - self.dropout.rate } else { 1.0 };
        let of_views = plain.growth - (1.0 - kept * kept) * square;
        let [anchor, positive] = self.spectrum.factors.means;
        let of_class = if atom == self.class_atom { anchor * positive * kept * kept * square } else { 0.0 };
        Pull {
            growth: (1.0 - self.supervised_weight) * of_views + self.supervised_weight * of_class,
            crowding: plain.crowding - (1.0 - kept) * square * variance,
            ..plain
        }
    }

    /// The same along a direction orthogonal to all atoms.
    pub fn along_noise(&self) -> Pull {
        let plain = self.plain(self.spectrum.noise);
        Pull { growth: (1.0 - self.supervised_weight) * plain.growth, ..plain }
    }

    /// Variance of x along an atom.
    pub fn variance(&self, atom: usize) -> f64 {
        self.spectrum.atoms[atom] + self.spectrum.noise
    }

    /// The least ‖W‖²_F of `width` neurons that minimise the loss: Σ 1/λ over the `width` largest λ, theory.md (3.3b).
    /// `None` unless both views are the sample and no label is used.
    pub fn least_norm(&self, width: usize) -> Option<f64> {
        let factors = self.spectrum.factors;
        let is_sample = factors.means == [1.0; 2] && factors.squares == [1.0; 2] && factors.product == 1.0;
        if !is_sample || self.dropout.rate > 0.0 || self.supervised_weight > 0.0 {
            return None;
        }
        let mut variances: Vec<f64> =
            (0..self.spectrum.atoms.len()).map(|atom| self.variance(atom)).collect();
        variances.resize(self.spectrum.ambient_dim, self.spectrum.noise);
        variances.sort_by(|a, b| b.total_cmp(a));
        Some(variances.iter().take(width).map(|variance| 1.0 / variance).sum())
    }
}

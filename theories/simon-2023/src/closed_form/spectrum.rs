//! What a loss sees of sparse-coding data through two views: eigenvalues along the atoms and along the noise.
//!
//! With Σ = E[x xᵀ] = M diag(p) Mᵀ + σ² I every view that multiplies coordinates by factors of their own has
//! E[u vᵀ] = a (Σ − diag Σ) + b diag Σ. Atoms that are spread over many coordinates make diag Σ about δ I,
//! δ = σ² + Σ_j p_j/d1; so atoms stay eigen-directions.
//!
//! Source: theory.md (4.1a) and (4.1b).

use super::Pull;
use featurescope_sim::augment::FactorMoments;

/// Which loss pulls and pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// −2 E⟨f(x⁺), f(x⁺⁺)⟩ + E⟨f(x⁺), f(x_s)⟩² with raw negatives.
    Spectral {
        /// Whether gradients flow through anchors alone.
        stops_gradients: bool,
    },
    /// ‖E sym[f(x⁺) f(x⁺⁺)ᵀ] − I‖².
    BarlowTwins,
}

/// The second moments of data whose entries of z are uncorrelated, and of their views.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// p_j = E z_j² of every atom.
    pub atoms: Vec<f64>,
    /// σ².
    pub noise: f64,
    /// d1 ≥ d.
    pub ambient_dim: usize,
    /// What the views do to a coordinate.
    pub factors: FactorMoments,
}

impl Spectrum {
    /// δ: E x_r² of a coordinate, averaged over the coordinates.
    pub fn coordinate(&self) -> f64 {
        self.noise + self.atoms.iter().sum::<f64>() / self.ambient_dim as f64
    }

    /// How the loss moves a linear encoder along a direction in which x has the variance `variance`: p_j + σ² for
    /// an atom, σ² outside of them.
    pub fn pull(&self, loss: Loss, variance: f64) -> Pull {
        let FactorMoments { means: [anchor, positive], squares, product } = self.factors;
        let moment = |off: f64, on: f64| off * variance + (on - off) * self.coordinate();
        let growth = moment(anchor * positive, product);
        match loss {
            Loss::Spectral { stops_gradients } => Pull {
                scale: if stops_gradients { 2.0 } else { 4.0 },
                growth,
                crowding: moment(anchor * anchor, squares[0]) * variance,
            },
            Loss::BarlowTwins => Pull { scale: 4.0, growth, crowding: growth * growth },
        }
    }

    /// The atoms' [`Spectrum::pull`], in their order.
    pub fn along_atoms(&self, loss: Loss) -> Vec<Pull> {
        self.atoms.iter().map(|p| self.pull(loss, p + self.noise)).collect()
    }

    /// The same along a direction orthogonal to all atoms.
    pub fn along_noise(&self, loss: Loss) -> Pull {
        self.pull(loss, self.noise)
    }
}

//! Coherent atoms: all pairs at one angle, ⟨M_i, M_j⟩ = μ.
//!
//! M = Q G^(1/2) with a Haar dictionary Q and G = (1 − μ) I + μ 1 1ᵀ, whose root is √(1 − μ) I + c 1 1ᵀ with
//! c = (√(1 − μ + d μ) − √(1 − μ))/d: every atom is √(1 − μ) Q_j and the same share of the sum of all Q_k.
//!
//! Source: mutual coherence, Donoho and Huo, "Uncertainty principles and ideal atomic decomposition" (IEEE Transactions
//! on Information Theory 2001).

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource};
use crate::data::{Drawing, Sizes};
use crate::math::{Matrix, ParameterError, require};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "coherent",
    summary: "unit atoms in random directions; every pair has the inner product coherence",
    settings: &[PartSetting::number(
        "coherence",
        Range::BELOW_ONE,
        "0.3",
        "⟨M_i, M_j⟩ of every pair of atoms; 0: orthonormal atoms, measured like others at angles.",
    )],
    build: |given, sizes| {
        let accepted =
            format!("at least data.latent_dim = {}, coherent atoms are independent", sizes.latent_dim);
        require(sizes.ambient_dim >= sizes.latent_dim, "data.ambient_dim", sizes.ambient_dim, accepted)?;
        Ok(Box::new(Coherent { sizes: *sizes, coherence: given.number("coherence")? }))
    },
};

#[derive(Debug)]
struct Coherent {
    sizes: Sizes,
    /// μ.
    coherence: f64,
}

impl DictionarySource for Coherent {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Dictionary::coherent(self.sizes, self.coherence, drawing.seed)
    }

    fn is_orthonormal(&self) -> bool {
        false
    }
}

impl Dictionary {
    /// Atoms of which every pair has the inner product `coherence`, in [0, 1).
    ///
    /// # Errors
    /// If there are more atoms than dimensions, or the coherence is so near 1 that atoms cannot be told apart.
    pub fn coherent(sizes: Sizes, coherence: f64, seed: u64) -> Result<Self, DictionaryError> {
        let holds = (0.0..1.0).contains(&coherence);
        require(holds, "data.dictionary.coherence", coherence, "a number in [0, 1)")?;
        let basis = Self::haar(sizes.ambient_dim, sizes.latent_dim, seed)?.atoms;
        let (d, own) = (sizes.latent_dim as f64, (1.0 - coherence).sqrt());
        let shared = ((1.0 - coherence + d * coherence).sqrt() - own) / d;
        let mut sum = vec![0.0; sizes.ambient_dim];
        for atom in basis.iter_rows() {
            sum.iter_mut().zip(atom).for_each(|(sum, &q)| *sum += f64::from(q));
        }
        let entry = |j: usize, r: usize| (own * f64::from(basis[(j, r)]) + shared * sum[r]) as f32;
        let atoms = Matrix::from_fn(sizes.latent_dim, sizes.ambient_dim, entry);
        Self::of_unit_atoms(atoms).map_err(|error| {
            let ParameterError { accepted, .. } = error;
            DictionaryError::Parameter(ParameterError {
                name: "data.dictionary.coherence",
                value: coherence.to_string(),
                accepted,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linalg::dot;

    #[test]
    fn every_pair_has_the_given_inner_product() {
        let sizes = Sizes { ambient_dim: 40, latent_dim: 12 };
        for coherence in [0.0, 0.3, 0.9] {
            let dictionary = Dictionary::coherent(sizes, coherence, 3).unwrap();
            let mut compared = 0;
            for i in 0..12 {
                for j in 0..i {
                    let found = dot(dictionary.atoms().row(i), dictionary.atoms().row(j));
                    assert!((f64::from(found) - coherence).abs() < 1e-5, "{coherence}: {found}");
                    compared += 1;
                }
            }
            assert_eq!(compared, 66);
            assert!(!dictionary.is_orthonormal());
        }
        let drawn = |seed| Dictionary::coherent(sizes, 0.3, seed).unwrap();
        assert!(drawn(3) == drawn(3) && drawn(3) != drawn(4));
        let message = Dictionary::coherent(sizes, 1.0, 3).unwrap_err().to_string();
        assert!(message.contains("data.dictionary.coherence = 1"), "{message}");
        let message = Dictionary::coherent(sizes, 1.0 - 1e-12, 3).unwrap_err().to_string();
        assert!(
            message.contains("data.dictionary.coherence") && message.contains("independent"),
            "{message}"
        );
    }
}

//! Random unit atoms: independent directions, of which there may be more than dimensions.
//!
//! ⟨M_i, M_j⟩ has mean 0 and variance 1/d1, so that with many dimensions atoms are nearly orthogonal.
//!
//! Source: overcomplete dictionaries, Olshausen and Field, "Sparse coding with an overcomplete basis set: a strategy
//! employed by V1?" (Vision Research 1997).

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource};
use crate::data::{Drawing, Sizes};
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "gaussian",
    summary: "independent random unit atoms, which may be more than dimensions (latent_dim above ambient_dim)",
    settings: &[],
    build: |_, sizes| Ok(Box::new(Gaussian { sizes: *sizes })),
};

#[derive(Debug)]
struct Gaussian {
    sizes: Sizes,
}

impl DictionarySource for Gaussian {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Dictionary::gaussian(self.sizes, drawing.seed)
    }

    fn is_orthonormal(&self) -> bool {
        false
    }
}

impl Dictionary {
    /// Independent atoms, each uniform on the unit sphere.
    ///
    /// # Errors
    /// If they come out linearly dependent, which has probability 0.
    pub fn gaussian(sizes: Sizes, seed: u64) -> Result<Self, DictionaryError> {
        let stream = Stream::new(seed, Purpose::DICTIONARY, 2);
        let mut atoms = Matrix::zeros(sizes.latent_dim, sizes.ambient_dim);
        for j in 0..sizes.latent_dim {
            let mut reader = stream.reader(Part::Dense, j as u32);
            let atom: Vec<f64> = (0..sizes.ambient_dim).map(|_| reader.normal()).collect();
            let norm = atom.iter().map(|v| v * v).sum::<f64>().sqrt();
            atoms.row_mut(j).iter_mut().zip(atom).for_each(|(entry, v)| *entry = (v / norm) as f32);
        }
        Ok(Self::of_unit_atoms(atoms)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linalg::dot;

    /// E⟨M_i, M_j⟩ = 0 and E⟨M_i, M_j⟩² = 1/d1 over pairs, at five standard errors; both ways of counting atoms.
    #[test]
    fn pairs_are_as_coherent_as_random_directions() {
        for (d1, d) in [(60, 40), (30, 80)] {
            let dictionary = Dictionary::gaussian(Sizes { ambient_dim: d1, latent_dim: d }, 5).unwrap();
            assert_eq!((dictionary.ambient_dim(), dictionary.latent_dim()), (d1, d));
            let mut products = Vec::new();
            for i in 0..d {
                for j in 0..i {
                    let (one, other) = (dictionary.atoms().row(i), dictionary.atoms().row(j));
                    products.push(f64::from(dot(one, other)));
                }
            }
            let n = products.len() as f64;
            let square = 1.0 / d1 as f64;
            let mean = products.iter().sum::<f64>() / n;
            let found = products.iter().map(|p| p * p).sum::<f64>() / n;
            assert!(mean.abs() < 5.0 * (square / n).sqrt(), "{mean}");
            // E⟨M_i, M_j⟩⁴ = 3/(d1 (d1 + 2)).
            assert!((found - square).abs() < 5.0 * square * (2.0 / n).sqrt(), "{found} against {square}");
        }
    }
}

//! The sparse coding model without its dictionary: everything about x = M z + ξ that does not depend on where the atoms
//! lie.
//!
//! A learner sees a sample through inner products only, so the law of what it sees depends on M through MᵀM = I. In a basis
//! that begins with the atoms and the given noise directions, the first d coordinates of x are z plus noise, the next k
//! are the noise directions, and all others are noise of variance σ². [`SparseCodingLaw::in_coordinates`] is the model in
//! as many of those coordinates as are looked at; none of them costs anything of the size of the ambient dimension.
//!
//! Source: Definition 2.1 and footnote 1; docs/derivations/reduced.md 1.

use super::latent::LatentMoments;
use super::{DenseNoise, Dictionary, LatentLaw, SparseCoding};
use crate::math::{Matrix, ParameterError, require};
use std::sync::Arc;

/// The numbers behind a [`SparseCoding`] model.
#[derive(Clone, Debug)]
pub struct SparseCodingLaw {
    /// d1, at least `latent_dim` + `direction_count`.
    pub ambient_dim: usize,
    /// d ≥ 1.
    pub latent_dim: usize,
    /// The law of z.
    pub latent: Arc<dyn LatentLaw>,
    /// σ² ≥ 0.
    pub noise_variance: f64,
    /// k, the number of directions outside the span of M with a variance of their own.
    pub direction_count: usize,
    /// The noise's variance along them, at least σ²; without them it has no effect.
    pub direction_variance: f64,
}

impl SparseCodingLaw {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        let known = self.known_dim();
        let accepted = format!("at least latent_dim + noise directions = {known}: they are orthonormal");
        require(self.ambient_dim >= known, "ambient_dim", self.ambient_dim, accepted)?;
        self.in_coordinates(0).map(|_| ())
    }

    /// d + k: atoms and noise directions.
    pub fn known_dim(&self) -> usize {
        self.latent_dim + self.direction_count
    }

    /// Pr(z_j ≠ 0), averaged over the atoms.
    pub fn activity(&self) -> f64 {
        self.latent.activity(self.latent_dim)
    }

    /// E z_j², averaged over the atoms.
    pub fn mean_square(&self) -> f64 {
        self.latent.mean_square(self.latent_dim)
    }

    /// What closed forms ask of the codes; `None` where atoms are not all alike.
    pub fn latent_moments(&self) -> Option<LatentMoments> {
        self.latent.moments(self.latent_dim)
    }

    /// The model in the coordinates along the atoms, along the noise directions, and along `others` directions
    /// orthogonal to them all.
    pub fn in_coordinates(&self, others: usize) -> Result<SparseCoding, ParameterError> {
        let (d, k) = (self.latent_dim, self.direction_count);
        let dim = d + k + others;
        let directions = Matrix::from_fn(k, dim, |i, c| f32::from(u8::from(c == d + i)));
        let noise = if k == 0 {
            DenseNoise::isotropic(self.noise_variance)?
        } else {
            DenseNoise::with_directions(self.noise_variance, directions, self.direction_variance)?
        };
        SparseCoding::new(Dictionary::axes(dim, d)?, Arc::clone(&self.latent), noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataModel, FixedCount, Independent};
    use crate::math::{Purpose, Stream};

    fn law() -> SparseCodingLaw {
        SparseCodingLaw {
            ambient_dim: 1_000_000_000,
            latent_dim: 5,
            latent: Arc::new(Independent { activity: 0.3 }),
            noise_variance: 0.2,
            direction_count: 2,
            direction_variance: 3.0,
        }
    }

    #[test]
    fn coordinates_have_the_variances_of_the_model() {
        let model = law().in_coordinates(4).unwrap();
        let rows = 20_000;
        let x = model.sample(&Stream::new(2, Purpose::MONTE_CARLO, 0), 0, rows).x;
        for c in 0..11 {
            let square = x.iter_rows().map(|row| f64::from(row[c]).powi(2)).sum::<f64>() / rows as f64;
            let expected = if c < 5 {
                0.5
            } else if c < 7 {
                3.0
            } else {
                0.2
            };
            // Five standard errors of a square whose fourth moment is below that of a normal number.
            let error = (2.0 * expected * expected / rows as f64).sqrt();
            assert!((square - expected).abs() < 5.0 * error, "coordinate {c}: {square} against {expected}");
        }
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        assert!(law().check().is_ok());
        assert_eq!(SparseCodingLaw { ambient_dim: 6, ..law() }.check().unwrap_err().name, "ambient_dim");
        assert_eq!(
            SparseCodingLaw { noise_variance: -1.0, ..law() }.check().unwrap_err().name,
            "noise_variance"
        );
        let crowded = Arc::new(FixedCount { count: 6 });
        assert_eq!(
            SparseCodingLaw { latent: crowded, ..law() }.check().unwrap_err().name,
            "data.latent.active_count"
        );
    }
}

//! Dense noise ξ: of one variance in every direction, or with given directions of larger variance.
//!
//! ξ = σ g + Σ_k √(v_k − σ²) h_k u_k with u_k orthonormal: variance v_k along u_k, σ² elsewhere. h is standard normal; so
//! is g, unless another [`NoiseLaw`] gives independent numbers of variance 1.
//!
//! Source: Definition 2.1 and footnote 1; docs/theory.md 2.1.

use super::Sizes;
use super::noise_law::{Gaussian, NoiseLaw};
use crate::math::linalg::{dot, orthonormal_columns};
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require, require_non_negative};
use crate::part::{Fallback, Given, Kind, PartSetting, Range};
use std::sync::Arc;

/// Two ways of saying σ².
const WAYS: &[&str] = &["noise_variance", "noise_constant"];
/// σ²: one of the two settings of a data law with dense noise.
pub const NOISE_VARIANCE: PartSetting = PartSetting::new(
    "noise_variance",
    Kind::Number(Range::NON_NEGATIVE),
    Fallback::Absent("noise_constant sets it"),
    "Variance of each coordinate of the dense noise ξ (the paper's σ²).",
)
.one_of(WAYS);
/// C_σ: the other one.
pub const NOISE_CONSTANT: PartSetting = PartSetting::number(
    "noise_constant",
    Range::NON_NEGATIVE,
    "0.7",
    "C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.",
)
.one_of(WAYS);

/// Noise with covariance σ² I + Σ_k (v_k − σ²) u_k u_kᵀ, Gaussian unless another law is given.
#[derive(Clone, Debug)]
pub struct DenseNoise {
    law: Arc<dyn NoiseLaw>,
    variance: f64,
    directions: Matrix,
    extra_scales: Vec<f32>,
}

impl DenseNoise {
    /// The paper's noise variance Θ(√log d/d) with constant C_σ: C_σ · √(ln d)/d.
    pub fn paper_variance(constant: f64, latent_dim: usize) -> f64 {
        let d = latent_dim as f64;
        constant * d.ln().sqrt() / d
    }

    /// σ² as the settings of a data law say it, one of [`NOISE_VARIANCE`] and [`NOISE_CONSTANT`].
    ///
    /// # Errors
    /// If the law has none of them.
    pub fn variance_of(given: &Given, sizes: Sizes) -> Result<f64, ParameterError> {
        match given.optional_number(NOISE_VARIANCE.name) {
            Some(variance) => Ok(variance),
            None => Ok(Self::paper_variance(given.number(NOISE_CONSTANT.name)?, sizes.latent_dim)),
        }
    }

    /// ξ ~ N(0, `variance` · I).
    ///
    /// # Errors
    /// If the variance is neither zero, which means no noise, nor a positive number of single precision.
    pub fn isotropic(variance: f64) -> Result<Self, ParameterError> {
        require_non_negative("noise_variance", variance)?;
        let (law, directions) = (Arc::new(Gaussian), Matrix::zeros(0, 0));
        Ok(Self { law, variance, directions, extra_scales: Vec::new() })
    }

    /// Isotropic noise whose variance along the given orthonormal `directions` is `direction_variance` ≥ σ².
    ///
    /// # Shapes
    /// `directions`: k × d1, rows orthonormal.
    pub fn with_directions(
        variance: f64,
        directions: Matrix,
        direction_variance: f64,
    ) -> Result<Self, ParameterError> {
        let isotropic = Self::isotropic(variance)?;
        require_non_negative("noise_directions.variance", direction_variance)?;
        let accepted = format!("at least noise_variance = {variance}");
        require(direction_variance >= variance, "noise_directions.variance", direction_variance, accepted)?;
        for i in 0..directions.rows() {
            for j in 0..=i {
                let product = dot(directions.row(i), directions.row(j));
                let off = (product - f32::from(u8::from(i == j))).abs();
                let accepted = "noise directions must be orthonormal within 1e-4";
                require(
                    off <= 1e-4,
                    "noise_directions.path",
                    format!("⟨u_{i}, u_{j}⟩ = {product}"),
                    accepted,
                )?;
            }
        }
        let extra = (direction_variance - variance).sqrt() as f32;
        Ok(Self { extra_scales: vec![extra; directions.rows()], directions, ..isotropic })
    }

    /// The same with another law of g, whose numbers get the variance σ² too.
    #[must_use]
    pub fn with_law(self, law: Arc<dyn NoiseLaw>) -> Self {
        Self { law, ..self }
    }

    /// `count` random orthonormal directions orthogonal to the given atoms.
    ///
    /// # Shapes
    /// `atoms`: d × d1; the answer is count × d1.
    ///
    /// # Errors
    /// If the complement of the atoms has fewer than `count` dimensions.
    pub fn random_directions(count: usize, atoms: &Matrix, seed: u64) -> Result<Matrix, ParameterError> {
        let (d, d1) = (atoms.rows(), atoms.cols());
        let room = d1.saturating_sub(d);
        let accepted = format!("at most ambient_dim − latent_dim = {room}");
        require(count <= room, "noise_directions.count", count, accepted)?;
        let stream = Stream::new(seed, Purpose::NOISE_DIRECTIONS, 0);
        // QR of [atoms | Gaussian]: the last columns of Q are a random frame of the complement.
        let mut stacked = Matrix::zeros(d1, d + count);
        for r in 0..d1 {
            let mut reader = stream.reader(Part::Dense, r as u32);
            for c in 0..d + count {
                stacked[(r, c)] = if c < d { f64::from(atoms[(c, r)]) } else { reader.normal() };
            }
        }
        let basis = orthonormal_columns(&stacked);
        Ok(Matrix::from_fn(count, d1, |k, r| basis[(r, d + k)] as f32))
    }

    /// σ².
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Number of directions with a variance of their own.
    pub fn direction_count(&self) -> usize {
        self.directions.rows()
    }

    /// The directions with a variance of their own, k × d1; 0 × 0 without any.
    pub fn directions(&self) -> &Matrix {
        &self.directions
    }

    /// Writes the noise of `row`.
    pub fn draw(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.law.fill(noise, self.variance.sqrt() as f32, stream, row);
        let mut reader = stream.reader(Part::Directions, row);
        for (direction, &scale) in self.directions.iter_rows().zip(&self.extra_scales) {
            let amount = scale * reader.normal() as f32;
            for (value, &u) in noise.iter_mut().zip(direction) {
                *value += amount * u;
            }
        }
    }
}

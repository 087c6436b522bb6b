//! What the learned features are measured against: a linear rule on x, on Mᵀx, and on z.
//!
//! All three are other features through the same [`climb`](super::climb): raw x as it is, Mᵀx = z + Mᵀξ when the
//! dictionary is known, z itself as the ceiling. No linear rule on x, from however many labels, beats
//!
//! ```text
//! R² = 1/(1 + σ²/p),   p = Pr(z_j ≠ 0),  σ² the noise variance, the same in every direction
//! ```
//!
//! so a probe above it reads a feature that is not linear in x.
//!
//! Source: Section 3 (comparison with linear rules on x); docs/theory.md, downstream tasks.

use crate::math::{Matrix, linalg};

/// Mᵀ x of every sample.
///
/// # Shapes
/// `x`: n × `ambient_dim`, `dictionary`: `ambient_dim` × `latent_dim`; the answer is n × `latent_dim`.
///
/// # Panics
/// If the ambient dimensions differ.
pub fn oracle_linear_features(x: &Matrix<f32>, dictionary: &Matrix<f32>) -> Matrix<f32> {
    let mut features = Matrix::zeros(0, 0);
    linalg::times(&mut features, x, dictionary);
    features
}

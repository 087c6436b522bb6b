//! The same training processes without the ambient space: exact in law, or its limit, at a cost that does not depend on d1.
//!
//! W = A Mᵀ + E Uᵀ + L Q, with A = W M along the atoms, E along the k noise directions U, and Q an orthonormal basis of the
//! rows of what is left. A learner sees a sample only through W x, that is through x̃ = (Mᵀx, Uᵀx, Qx) in R^(d+k+m). So this
//! is the learner with weights W̃ = [A | E | L] on samples x̃ = (z, 0, 0) + noise, and the only thing that is missing is what
//! a step adds outside the span of (M, U, Q):
//!
//! ```text
//! W̃ ← (1 − ηλ) W̃ + η Cᵀ X̃                             C: coefficient of each view in the gradient, rows × m
//! L Lᵀ ← L Lᵀ + η² S,   S ~ Wishart(Bᵀ B, d1 − d − k − m)   B: C with every row times its noise's standard deviation
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | [`views`] | the law of two views of a sample, for masks the limit of many coordinates |
//! | [`outside`] | the second line: its factor by QR and Bartlett, and how L takes it up |
//! | [`step`] | the training process |
//!
//! Exact in law without masks, for every d1 ≥ d + k; with masks the limit of dictionaries spread over many coordinates.
//! Needs fresh samples at every step, Gaussian noise that is isotropic outside U, plain descent,
//! and a network that sees W x alone, as every network does.
//!
//! Source: docs/derivations/reduced.md.

pub mod views;
pub mod outside;
pub mod step;

pub use outside::Outside;
pub use step::Reduced;
pub use views::{GaussianViews, MaskJitter};

#[cfg(test)]
mod tests;

//! Dense layers on features, forward and hand-derived backward: what deeper networks, heads and predictors
//! are made of.
//!
//! ```text
//! h_ℓ = φ(v_ℓ, b_ℓ),   v_ℓ = u_ℓ or the batch normalisation of it,   u_ℓ = U_ℓ h_{ℓ−1}
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | [`pointwise`] | φ: a function of a pre-activation and its threshold alone |
//! | [`batch_norm`] | batch normalisation: statistics of the batch in training, running ones in evaluation |
//! | [`dense`] | one layer and its arrays |
//! | [`mlp`] | layers on one another |
//! | [`unit_norm`] | rows divided by their norm |
//! | [`tape`] | what a forward pass leaves for the backward pass |

pub mod tape;
pub mod pointwise;
pub mod unit_norm;
pub mod batch_norm;
pub mod dense;
pub mod mlp;

pub use batch_norm::Statistics;
pub use dense::{Layer, Normalisation, Position, Thresholds};
pub use mlp::{Mlp, Output};
pub use pointwise::Pointwise;
pub use tape::Tape;

use crate::math::Matrix;

/// What layers are evaluated at.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Their arrays, in the order in which they are named.
    pub arrays: &'a [Matrix],
    /// What batch normalisation normalises by.
    pub statistics: Statistics,
}

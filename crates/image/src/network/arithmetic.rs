//! In which precision layers multiply.

use serde::{Deserialize, Serialize};

/// How the products of convolutions and linear layers are computed while training, forward and backward. All
/// else, and everything that is measured, is in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// In single precision.
    #[default]
    Single,
    /// Factors rounded to bfloat16, sums in single precision.
    Mixed,
}

//! Matrices, products, random streams and special functions: what every other module stands on.

pub mod matrix;
pub mod parameter;
pub mod argmax;
pub mod parallel;
pub mod fresh;
pub mod kernel;
pub mod descent;
pub mod panels;
pub mod linalg;
pub mod elementary;
pub mod random;
pub mod gaussian;
pub mod wishart;
pub mod special;
#[cfg(test)]
pub(crate) mod compared;

pub use argmax::argmax;
pub use matrix::Matrix;
pub use parameter::{
    LARGEST_SINGLE, ParameterError, SMALLEST_DRAWN, SMALLEST_SINGLE, require, require_drawn,
    require_non_negative, require_positive,
};
pub use random::{Purpose, Stream};

//! Matrices, products, random streams and special functions: what every other module stands on.

pub mod matrix;
pub mod linalg;
pub mod parallel;
pub mod random;
pub mod gaussian;
pub mod special;

pub use matrix::Matrix;
pub use random::{Purpose, Stream};

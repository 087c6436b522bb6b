//! What the theory of linear encoders predicts.
//!
//! ```text
//! Spectrum: eigenvalues of what the loss sees of the data ─▶ Pull: growth and crowding of each direction
//! initial weights ─▶ start: energy of each direction that counts ─▶ Course: its energy at every step
//! ```

pub mod course;
pub mod spectrum;
pub mod start;

pub use course::{Course, Pull};
pub use spectrum::Spectrum;
pub use start::effective_starts;

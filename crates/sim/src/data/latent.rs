//! Laws of the sparse code z in {−1, 0, 1}^d.
//!
//! `Symmetric`: coordinates independent, Pr(z_j = ±1) = activity/2 each.
//! `FixedCount`: exactly `count` active coordinates, chosen uniformly, with independent fair signs.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use crate::math::random::{Part, fill_words_in_order};
use crate::math::{ParameterError, Stream, require, require_drawn};

/// Words that are drawn at a time.
const WORDS_AT_A_TIME: usize = 256;

/// How the sparse code is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LatentLaw {
    /// Independent coordinates with activity Pr(z_j ≠ 0) in [[`SMALLEST_DRAWN`](crate::math::SMALLEST_DRAWN),
    /// 1].
    Symmetric {
        /// Pr(z_j ≠ 0).
        activity: f64,
    },
    /// Exactly `count` active coordinates, 1 ≤ count ≤ d.
    FixedCount {
        /// ‖z‖₀.
        count: usize,
    },
}

impl LatentLaw {
    /// The paper's activity Θ(log log d/d) with constant C_z: C_z · ln ln d / d.
    pub fn paper_activity(constant: f64, latent_dim: usize) -> f64 {
        let d = latent_dim as f64;
        constant * d.ln().ln() / d
    }

    /// Checks the parameters against the number of atoms.
    pub fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        match *self {
            Self::Symmetric { activity } => require_drawn("activity", activity),
            Self::FixedCount { count } => {
                let accepted = format!("1 to latent_dim = {latent_dim}");
                require((1..=latent_dim).contains(&count), "active_count", count, accepted)
            }
        }
    }

    /// Pr(z_j ≠ 0).
    pub fn activity(&self, latent_dim: usize) -> f64 {
        match *self {
            Self::Symmetric { activity } => activity,
            Self::FixedCount { count } => count as f64 / latent_dim as f64,
        }
    }

    /// Writes the code of `row`.
    pub fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        match *self {
            Self::Symmetric { activity } => {
                // One word decides activity and sign: below half the threshold +1, above it −1.
                let half = (activity * 2f64.powi(31)).round() as u64;
                let mut words = [0; WORDS_AT_A_TIME];
                for (chunk, part) in latent.chunks_mut(WORDS_AT_A_TIME).enumerate() {
                    let words = &mut words[..part.len()];
                    let first_block = (chunk * WORDS_AT_A_TIME / 4) as u32;
                    fill_words_in_order(words, stream, Part::Latent, row, first_block);
                    for (z, &word) in part.iter_mut().zip(&*words) {
                        let word = u64::from(word);
                        *z = f32::from(u8::from(word < half))
                            - f32::from(u8::from(word >= half && word < 2 * half));
                    }
                }
            }
            Self::FixedCount { count } => {
                let mut reader = stream.reader(Part::Latent, row);
                // Floyd's algorithm: a uniform subset with `count` draws and no table.
                latent.fill(0.0);
                for top in latent.len() - count..latent.len() {
                    let candidate = reader.below(top as u32 + 1) as usize;
                    let sign = reader.sign();
                    let atom = if latent[candidate] == 0.0 { candidate } else { top };
                    latent[atom] = sign;
                }
            }
        }
    }
}

//! Independent atoms: Pr(z_j = 1) = Pr(z_j = −1) = p/2.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentMoments, LatentPart};
use crate::data::Sizes;
use crate::math::random::{Part, fill_words_in_order};
use crate::math::{ParameterError, SMALLEST_DRAWN, Stream, require, require_drawn};
use crate::part::{Fallback, Given, Kind, PartSetting, Range};
use std::sync::Arc;

/// Two ways of saying p.
const WAYS: &[&str] = &["activity", "activity_constant"];
/// p, for every law whose atoms are equally active.
pub(super) const ACTIVITY: PartSetting = PartSetting::new(
    "activity",
    Kind::Number(Range::DRAWN_FRACTION),
    Fallback::Absent("activity_constant sets it"),
    "Pr(z_j ≠ 0) of each atom (the paper's p).",
)
.one_of(WAYS);
/// C_z, the other way.
pub(super) const ACTIVITY_CONSTANT: PartSetting = PartSetting::number(
    "activity_constant",
    Range::POSITIVE,
    "1.0",
    "C_z in the paper's order of magnitude, activity = C_z·ln ln d/d.",
)
.one_of(WAYS);

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "independent",
    summary: "each atom independently of the others (Definition 2.1)",
    settings: &[ACTIVITY, ACTIVITY_CONSTANT, VALUES],
    build: |given, sizes| with_values(Arc::new(Independent { activity: activity_of(given, sizes)? }), given),
};

/// p as the settings say it, one of [`ACTIVITY`] and [`ACTIVITY_CONSTANT`].
pub(super) fn activity_of(given: &Given, sizes: &Sizes) -> Result<f64, ParameterError> {
    match given.optional_number(ACTIVITY.name) {
        Some(activity) => Ok(activity),
        None => of_constant(given.number(ACTIVITY_CONSTANT.name)?, sizes.latent_dim),
    }
}

fn of_constant(constant: f64, latent_dim: usize) -> Result<f64, ParameterError> {
    let activity = Independent::paper_activity(constant, latent_dim);
    let accepted = format!(
        "C_z·ln ln d/d = {activity:.3e} must be a number in [{SMALLEST_DRAWN:e}, 1], or give \
         data.latent.activity itself"
    );
    let holds = (SMALLEST_DRAWN..=1.0).contains(&activity);
    require(holds, "data.latent.activity_constant", constant, accepted)?;
    Ok(activity)
}

/// Words that are drawn at a time.
const WORDS_AT_A_TIME: usize = 256;

/// Independent coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Independent {
    /// Pr(z_j ≠ 0) in [[`SMALLEST_DRAWN`], 1].
    pub activity: f64,
}

impl Independent {
    /// The paper's activity Θ(log log d/d) with constant C_z: C_z · ln ln d / d.
    pub fn paper_activity(constant: f64, latent_dim: usize) -> f64 {
        let d = latent_dim as f64;
        constant * d.ln().ln() / d
    }
}

impl LatentLaw for Independent {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        // One word decides activity and sign: below half the threshold +1, above it −1.
        let half = (self.activity * 2f64.powi(31)).round() as u64;
        let mut words = [0; WORDS_AT_A_TIME];
        for (chunk, part) in latent.chunks_mut(WORDS_AT_A_TIME).enumerate() {
            let words = &mut words[..part.len()];
            let first_block = (chunk * WORDS_AT_A_TIME / 4) as u32;
            fill_words_in_order(words, stream, Part::Latent, row, first_block);
            for (z, &word) in part.iter_mut().zip(&*words) {
                let word = u64::from(word);
                *z = f32::from(u8::from(word < half)) - f32::from(u8::from(word >= half && word < 2 * half));
            }
        }
    }

    fn activity(&self, _latent_dim: usize) -> f64 {
        self.activity
    }

    fn check(&self, _latent_dim: usize) -> Result<(), ParameterError> {
        require_drawn("activity", self.activity)
    }

    fn moments(&self, _latent_dim: usize) -> Option<LatentMoments> {
        Some(LatentMoments { activity: self.activity, are_independent: true })
    }
}

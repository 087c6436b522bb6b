//! A fixed number of active atoms: a uniformly random set of them, with independent fair signs.
//!
//! Source: docs/theory.md 2.1.

use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentMoments, LatentPart};
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "fixed_count",
    summary: "exactly active_count of them in every sample",
    settings: &[
        PartSetting::new(
            "active_count",
            Kind::count(1),
            Fallback::Required,
            "Exactly this many atoms are active in every sample, at most latent_dim.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let law = FixedCount { count: given.whole("active_count")? as usize };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

/// Exactly `count` active coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedCount {
    /// ‖z‖₀, 1 ≤ count ≤ d.
    pub count: usize,
}

impl LatentLaw for FixedCount {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let mut reader = stream.reader(Part::Latent, row);
        // Floyd's algorithm: a uniform subset with `count` draws and no table.
        latent.fill(0.0);
        for top in latent.len() - self.count..latent.len() {
            let candidate = reader.below(top as u32 + 1) as usize;
            let sign = reader.sign();
            let atom = if latent[candidate] == 0.0 { candidate } else { top };
            latent[atom] = sign;
        }
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        self.count as f64 / latent_dim as f64
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let accepted = format!("1 to latent_dim = {latent_dim}");
        require((1..=latent_dim).contains(&self.count), "data.latent.active_count", self.count, accepted)
    }

    fn moments(&self, latent_dim: usize) -> Option<LatentMoments> {
        Some(LatentMoments { activity: self.activity(latent_dim), are_independent: false })
    }
}

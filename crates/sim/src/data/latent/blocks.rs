//! Atoms in blocks that fire together.
//!
//! A block of B atoms is on with probability p_B, independently of the others. In a block that is on, each atom is
//! active with probability q and has a fair sign of its own: p = p_B q, E z_i² z_j² = p_B q² within a block and p²
//! across, E z_i z_j = 0. The last block may be smaller.
//!
//! Source: group sparsity, Yuan and Lin, "Model selection and estimation in regression with grouped variables" (JRSS B
//! 2006).

use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::random::Part;
use crate::math::{ParameterError, SMALLEST_DRAWN, Stream, require};
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "blocks",
    summary: "atoms in blocks that fire together, with signs of their own",
    settings: &[
        PartSetting::new(
            "block_size",
            Kind::count(1),
            Fallback::Value("4"),
            "Atoms of a block; the last block may be smaller.",
        ),
        PartSetting::number(
            "block_activity",
            Range::DRAWN_FRACTION,
            "0.1",
            "Probability that a block is on.",
        ),
        PartSetting::number(
            "member_activity",
            Range::DRAWN_FRACTION,
            "1.0",
            "Probability that an atom is active where its block is on.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let law = Blocks {
            size: given.whole("block_size")? as usize,
            activity: given.number("block_activity")?,
            member_activity: given.number("member_activity")?,
        };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

/// Blocks of atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blocks {
    /// B, at least 1 and at most d.
    pub size: usize,
    /// p_B.
    pub activity: f64,
    /// q.
    pub member_activity: f64,
}

impl LatentLaw for Blocks {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let mut reader = stream.reader(Part::Latent, row);
        for block in latent.chunks_mut(self.size) {
            block.fill(0.0);
            if reader.uniform() >= self.activity {
                continue;
            }
            for z in block {
                let (is_active, sign) = (reader.uniform() < self.member_activity, reader.sign());
                *z = if is_active { sign } else { 0.0 };
            }
        }
    }

    fn activity(&self, _latent_dim: usize) -> f64 {
        self.activity * self.member_activity
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let accepted = format!("1 to latent_dim = {latent_dim}");
        require((1..=latent_dim).contains(&self.size), "data.latent.block_size", self.size, accepted)?;
        let activity = self.activity(latent_dim);
        let accepted = format!("at least {SMALLEST_DRAWN:e}");
        let name = "data.latent.block_activity·member_activity";
        require((SMALLEST_DRAWN..=1.0).contains(&activity), name, activity, accepted)
    }

    // `moments` stays `None`: closed forms take pairs of atoms as nearly independent.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    /// E z_i² z_j² within a block and across, and E z_i z_j, at five standard errors.
    #[test]
    fn atoms_of_a_block_are_active_together() {
        const ROWS: u32 = 20_000;
        let law = Blocks { size: 4, activity: 0.3, member_activity: 0.5 };
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let (mut sums, mut latent) = ([0.0; 3], [0.0; 10]);
        for row in 0..ROWS {
            law.draw(&stream, row, &mut latent);
            let [within, across] = [latent[0] * latent[3], latent[0] * latent[4]].map(f64::from);
            sums = [sums[0] + within.powi(2), sums[1] + across.powi(2), sums[2] + within];
        }
        let within = 0.3 * 0.25;
        for (sum, (expected, square)) in
            sums.into_iter().zip([(within, within), (0.15 * 0.15, 0.15 * 0.15), (0.0, within)])
        {
            let (found, error) = (sum / f64::from(ROWS), 5.0 * (square / f64::from(ROWS)).sqrt());
            assert!((found - expected).abs() < error, "{found} against {expected}");
        }
    }

    #[test]
    fn blocks_that_cannot_be_are_refused() {
        let law = Blocks { size: 9, activity: 0.3, member_activity: 0.5 };
        assert!(law.check(8).unwrap_err().to_string().contains("data.latent.block_size = 9"));
        let silent = Blocks { size: 2, activity: 1e-5, member_activity: 1e-5 };
        assert!(silent.check(8).unwrap_err().to_string().contains("block_activity"));
    }
}

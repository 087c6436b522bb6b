//! Atoms of unequal activity: Pr(z_j ≠ 0) = p_1·j^(−a), j = 1 … d, independently of each other, with fair signs.
//!
//! Words, notes and objects are as unequal as that. The paper's atoms are all alike (a = 0).
//!
//! This file is a law of codes, complete. It goes to `crates/sim/src/data/latent/power_law.rs`; the list in `mod.rs`
//! there gets the line `power_law;`. Then `data.latent.kind = "power_law"` is a setting like any other, and
//! `featurescope explain data.latent.kind` knows it.

use super::{LatentLaw, LatentPart};
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require_drawn};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration: what specs call the law, what it is, its settings, and how it is built.
pub(super) static PART: LatentPart = LatentPart {
    kind: "power_law",
    summary: "each atom independently, the j-th with probability first_activity·j^(−exponent)",
    settings: &[
        PartSetting::number(
            "first_activity",
            Range::DRAWN_FRACTION,
            "0.2",
            "Probability that the first atom is active.",
        ),
        PartSetting::number(
            "exponent",
            Range::NON_NEGATIVE,
            "1.0",
            "How fast the activity falls with the index of the atom; 0: not at all.",
        ),
    ],
    build: |given, sizes| {
        let law = PowerLaw { first: given.number("first_activity")?, exponent: given.number("exponent")? };
        law.check(sizes.latent_dim)?;
        Ok(Arc::new(law))
    },
};

#[derive(Debug)]
struct PowerLaw {
    /// p_1.
    first: f64,
    /// a.
    exponent: f64,
}

impl PowerLaw {
    /// p_j of the atom at `index` = j − 1.
    fn activity_of(&self, index: usize) -> f64 {
        self.first * (index as f64 + 1.0).powf(-self.exponent)
    }
}

impl LatentLaw for PowerLaw {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        // The numbers depend on the stream and the row alone: rows may be drawn in any order.
        let mut reader = stream.reader(Part::Latent, row);
        for (index, z) in latent.iter_mut().enumerate() {
            let (is_active, sign) = (reader.uniform() < self.activity_of(index), reader.sign());
            *z = if is_active { sign } else { 0.0 };
        }
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        (0..latent_dim).map(|index| self.activity_of(index)).sum::<f64>() / latent_dim as f64
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        require_drawn("activity of the last atom", self.activity_of(latent_dim - 1))
    }

    // `moments` stays `None`: atoms are not all alike, so closed forms say nothing of this law.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Sizes;
    use crate::math::Purpose;
    use crate::part::Given;

    /// Mean and mean square of every atom, at five standard errors.
    #[test]
    fn every_atom_has_its_own_activity() {
        const ROWS: u32 = 20_000;
        let sizes = Sizes { ambient_dim: 64, latent_dim: 16 };
        let given = Given::new(PART.settings, vec![("first_activity", 0.5.into())]).unwrap();
        let law = (PART.build)(&given, &sizes).unwrap();
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let (mut sums, mut squares, mut latent) = ([0.0; 16], [0.0; 16], [0.0; 16]);
        for row in 0..ROWS {
            law.draw(&stream, row, &mut latent);
            for (j, &z) in latent.iter().enumerate() {
                sums[j] += f64::from(z);
                squares[j] += f64::from(z * z);
            }
        }
        for j in 0..16 {
            let activity = 0.5 / (j as f64 + 1.0);
            let error = 5.0 * (activity / f64::from(ROWS)).sqrt();
            let [mean, square] = [sums[j], squares[j]].map(|sum| sum / f64::from(ROWS));
            assert!(mean.abs() < error && (square - activity).abs() < error, "{j}: {mean}, {square}");
        }
        assert!((law.activity(16) - squares.iter().sum::<f64>() / 16.0 / f64::from(ROWS)).abs() < 0.01);
    }

    #[test]
    fn an_atom_that_would_never_be_drawn_is_refused() {
        let given = Given::new(PART.settings, vec![("exponent", 9.0.into())]).unwrap();
        let refused = (PART.build)(&given, &Sizes { ambient_dim: 64, latent_dim: 16 }).unwrap_err();
        assert!(refused.to_string().contains("activity of the last atom"), "{refused}");
    }
}

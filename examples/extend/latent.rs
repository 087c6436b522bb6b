//! Attributes: atoms in groups of which exactly one is active, as a picture has one shape, one colour and one size.
//!
//! Each of the d/g groups of g atoms has one active atom, uniformly and independently of the other groups, with a fair
//! sign. So p = 1/g, and two atoms of one group are never active together.
//!
//! This file is a law of codes, complete. It goes to `crates/sim/src/data/latent/attributes.rs`; the list in `mod.rs`
//! there gets the line `attributes;`. Then `data.latent.kind = "attributes"` is a setting like any other, and
//! `featurescope explain data.latent.kind` knows it.

use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration: what specs call the law, what it is, its settings, and how it is built.
pub(super) static PART: LatentPart = LatentPart {
    kind: "attributes",
    summary: "atoms in groups of group_size, of which exactly one is active in every sample",
    settings: &[
        PartSetting::new(
            "group_size",
            Kind::count(1),
            Fallback::Value("4"),
            "Atoms of a group; latent_dim must be a multiple of it.",
        ),
        // Every law of codes has this setting: signs, or values of another law.
        VALUES,
    ],
    build: |given, sizes| {
        let law = Attributes { group_size: given.whole("group_size")? as usize };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

#[derive(Debug)]
struct Attributes {
    /// g.
    group_size: usize,
}

impl LatentLaw for Attributes {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        // The numbers depend on the stream and the row alone: rows may be drawn in any order.
        let mut reader = stream.reader(Part::Latent, row);
        for group in latent.chunks_mut(self.group_size) {
            group.fill(0.0);
            let active = reader.below(group.len() as u32) as usize;
            group[active] = reader.sign();
        }
    }

    fn activity(&self, _latent_dim: usize) -> f64 {
        1.0 / self.group_size as f64
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let accepted = format!("a divisor of data.latent_dim = {latent_dim}");
        let fits = self.group_size >= 1 && latent_dim.is_multiple_of(self.group_size);
        require(fits, "data.latent.group_size", self.group_size, accepted)
    }

    // `moments` stays `None`: atoms of a group exclude each other, so closed forms say nothing of this law.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Sizes;
    use crate::math::Purpose;
    use crate::part::{Given, Value};

    /// One active atom per group in every sample; means and mean squares of every atom at five standard errors.
    #[test]
    fn every_group_has_one_active_atom() {
        const ROWS: u32 = 20_000;
        let sizes = Sizes { ambient_dim: 64, latent_dim: 12 };
        let given = Given::new(PART.settings, vec![("group_size", Value::Whole(3))]).unwrap();
        let law = (PART.build)(&given, &sizes).unwrap();
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let (mut sums, mut squares, mut latent) = ([0.0; 12], [0.0; 12], [0.0; 12]);
        for row in 0..ROWS {
            law.draw(&stream, row, &mut latent);
            assert!(latent.chunks(3).all(|group| group.iter().map(|z| z.abs()).sum::<f32>() == 1.0));
            for (j, &z) in latent.iter().enumerate() {
                sums[j] += f64::from(z);
                squares[j] += f64::from(z * z);
            }
        }
        let (activity, error) = (1.0 / 3.0, 5.0 * (1.0 / 3.0 / f64::from(ROWS)).sqrt());
        for j in 0..12 {
            let [mean, square] = [sums[j], squares[j]].map(|sum| sum / f64::from(ROWS));
            assert!(mean.abs() < error && (square - activity).abs() < error, "{j}: {mean}, {square}");
        }
        assert!(law.moments(12).is_none() && (law.activity(12) - activity).abs() < 1e-12);
    }

    #[test]
    fn groups_that_do_not_fit_are_refused() {
        let message = Attributes { group_size: 5 }.check(12).unwrap_err().to_string();
        assert!(message.contains("data.latent.group_size = 5"), "{message}");
    }
}

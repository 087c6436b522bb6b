//! Two levels: atoms come in groups, and are active only where their group is.
//!
//! ```text
//! x = M z + ξ,   z_j = g_{⌈j/s⌉}·b_j·(±1),   g ~ Bernoulli(group_activity),   b ~ Bernoulli(atom_activity)
//! ```
//!
//! Scenes hold objects, and objects hold features: z is sparse on two levels. Atoms of one group are no longer
//! independent, which is what the paper assumes.
//!
//! This file is a data law, complete. It goes to `crates/sim/src/data/hierarchical.rs`; the list in `mod.rs` there
//! gets the line `hierarchical;`. Then `data.kind = "hierarchical"` is a setting like any other. A law that
//! differs from
//! sparse coding in the code alone is shorter as a part of `data.latent`; this one shows the whole interface.

use super::{
    AMBIENT_DIM, DataModel, DataPart, DenseNoise, Dictionary, DictionaryError, Drawing, LATENT_DIM,
    NOISE_CONSTANT, NOISE_VARIANCE, Sizes,
};
use crate::math::Stream;
use crate::math::random::Part;
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration: what specs call the law, what it is, its settings, and how it is drawn.
pub(super) static PART: DataPart = DataPart {
    kind: "hierarchical",
    summary: "x = M z + ξ with atoms in groups, which are active together",
    settings: &[
        LATENT_DIM,
        AMBIENT_DIM,
        PartSetting::new(
            "group_size",
            Kind::count(1),
            Fallback::Value("4"),
            "Atoms of a group; the last group may be smaller.",
        ),
        PartSetting::number(
            "group_activity",
            Range::DRAWN_FRACTION,
            "0.1",
            "Probability that a group is active.",
        ),
        PartSetting::number(
            "atom_activity",
            Range::DRAWN_FRACTION,
            "0.5",
            "Probability that an atom is active where its group is.",
        ),
        NOISE_VARIANCE,
        NOISE_CONSTANT,
    ],
    build: |given, ()| {
        let sizes = Sizes::of(given)?;
        let groups = Groups {
            size: given.whole("group_size")? as usize,
            activity: given.number("group_activity")?,
            atom_activity: given.number("atom_activity")?,
        };
        let noise = DenseNoise::isotropic(DenseNoise::variance_of(given, sizes)?)?;
        // A law that can only be drawn is a closure. Nothing is allocated before it is called.
        Ok(Box::new(move |drawing: &Drawing<'_>| -> Result<Arc<dyn DataModel>, DictionaryError> {
            let dictionary = Dictionary::haar(sizes.ambient_dim, sizes.latent_dim, drawing.seed)?;
            Ok(Arc::new(Hierarchical { dictionary, groups, noise: noise.clone() }))
        }))
    },
};

#[derive(Clone, Copy, Debug)]
struct Groups {
    /// s.
    size: usize,
    activity: f64,
    atom_activity: f64,
}

#[derive(Debug)]
struct Hierarchical {
    dictionary: Dictionary,
    groups: Groups,
    noise: DenseNoise,
}

impl DataModel for Hierarchical {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        // The numbers depend on the stream and the row alone: rows may be drawn in any order.
        let mut reader = stream.reader(Part::Latent, row);
        for group in latent.chunks_mut(self.groups.size) {
            let is_active = reader.uniform() < self.groups.activity;
            for z in group {
                let (is_atom_active, sign) = (reader.uniform() < self.groups.atom_activity, reader.sign());
                *z = if is_active && is_atom_active { sign } else { 0.0 };
            }
        }
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.noise.draw(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.groups.activity * self.groups.atom_activity
    }

    fn noise_variance(&self) -> f64 {
        self.noise.variance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::part::{Given, Value};

    /// Moments of pairs at five standard errors: E z_i² z_j² = group·atom² within a group, (group·atom)² across.
    #[test]
    fn atoms_of_a_group_are_active_together() {
        const ROWS: u32 = 20_000;
        let values = vec![
            ("latent_dim", Value::Whole(10)),
            ("ambient_dim", Value::Whole(32)),
            ("group_activity", 0.3.into()),
        ];
        let law = (PART.build)(&Given::new(PART.settings, values).unwrap(), &()).unwrap();
        let model = law.draw(&Drawing { seed: 1, matrices: &[] }).unwrap();
        assert!((model.activity() - 0.15).abs() < 1e-12 && law.sparse_coding().is_none());
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let (mut within, mut across, mut latent) = (0.0, 0.0, [0.0; 10]);
        for row in 0..ROWS {
            model.draw_latent(&stream, row, &mut latent);
            within += f64::from((latent[0] * latent[3]).powi(2));
            across += f64::from((latent[0] * latent[4]).powi(2));
        }
        for (found, expected) in [(within, 0.3 * 0.25), (across, 0.15 * 0.15)] {
            let found = found / f64::from(ROWS);
            let error = 5.0 * f64::sqrt(expected / f64::from(ROWS));
            assert!((found - expected).abs() < error, "{found} against {expected}");
        }
    }
}

//! Atoms of unequal activity and strength, both given as lists. A spec may name a file that holds such a list.

use super::per_atom::PerAtom;
use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::require;
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "listed",
    summary: "each atom independently, with the probabilities of a list",
    settings: &[
        PartSetting::new(
            "activities",
            Kind::NumberList(Range::DRAWN_FRACTION),
            Fallback::Required,
            "Pr(z_j ≠ 0) of every atom: a list of latent_dim numbers, or a file with them.",
        ),
        PartSetting::new(
            "strengths",
            Kind::NumberList(Range::SQUARABLE),
            Fallback::Absent("every strength is 1"),
            "E z_j² of every atom where it is active: a list of latent_dim numbers, or a file with them.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let activities = given.numbers("activities")?.to_vec();
        let strengths =
            given.optional_numbers("strengths").map_or(vec![1.0; activities.len()], <[f64]>::to_vec);
        let accepted = format!("data.latent_dim = {} numbers, one per atom", sizes.latent_dim);
        for (name, list) in [("data.latent.activities", &activities), ("data.latent.strengths", &strengths)] {
            let given = format!("a list of {}", list.len());
            require(list.len() == sizes.latent_dim, name, given, &accepted)?;
        }
        let law = PerAtom { activities, strengths };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Sizes;
    use crate::part::{Given, Value};

    #[test]
    fn lists_are_those_that_were_given_and_have_one_entry_per_atom() {
        let built = |activities: &[f64], strengths: Option<&[f64]>| {
            let list = |numbers: &[f64]| Value::Numbers(numbers.to_vec());
            let values = [("activities", list(activities))];
            let values = values.into_iter().chain(strengths.map(|numbers| ("strengths", list(numbers))));
            let given = Given::new(PART.settings, values.collect()).unwrap();
            (PART.build)(&given, &Sizes { ambient_dim: 64, latent_dim: 3 })
        };
        let law = built(&[0.5, 0.25, 0.1], None).unwrap();
        assert!((law.activity(3) - 0.85 / 3.0).abs() < 1e-12 && law.mean_square(3) == law.activity(3));
        let strong = built(&[0.5, 0.25, 0.1], Some(&[1.0, 2.0, 4.0])).unwrap();
        assert!((strong.mean_square(3) - 1.4 / 3.0).abs() < 1e-12);
        let message = built(&[0.5, 0.25], None).unwrap_err().to_string();
        assert!(message.contains("data.latent.activities = a list of 2 cannot be used: data.latent_dim = 3"));
        let message = built(&[0.5, 0.25, 0.1], Some(&[1.0])).unwrap_err().to_string();
        assert!(message.contains("data.latent.strengths = a list of 1"), "{message}");
    }
}

//! Atoms of unequal activity: p_j = p_1·j^(−a), and strength s_j = j^(−b), j = 1 … d.
//!
//! Words, notes and objects are as unequal as that. The paper's atoms are all alike (a = b = 0).
//!
//! Source: Zipf's law (a = 1); Newman, "Power laws, Pareto distributions and Zipf's law" (Contemporary Physics 2005).

use super::per_atom::{PerAtom, STRENGTHS};
use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::{SMALLEST_DRAWN, require};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration.
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
        PartSetting::number(
            "strength_exponent",
            Range::NON_NEGATIVE,
            "0.0",
            "How fast E z_j² of an active atom falls with its index, as j^(−strength_exponent); 0: it is 1 for all.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let falling = |exponent: f64| {
            (1..=sizes.latent_dim).map(move |j| (j as f64).powf(-exponent)).collect::<Vec<f64>>()
        };
        let (first, exponent) = (given.number("first_activity")?, given.number("exponent")?);
        let activities: Vec<f64> = falling(exponent).into_iter().map(|share| first * share).collect();
        let least = activities.last().copied().unwrap_or(first);
        let accepted = format!(
            "an exponent at which the last atom is active with a probability of at least {SMALLEST_DRAWN:e}; \
             here it is {least:.1e}"
        );
        require(least >= SMALLEST_DRAWN, "data.latent.exponent", exponent, accepted)?;
        let strength_exponent = given.number("strength_exponent")?;
        let strengths = falling(strength_exponent);
        let weakest = strengths.last().copied().unwrap_or(1.0);
        let accepted = format!(
            "an exponent at which E z_j² of the last atom is at least {:e}; here it is {weakest:.1e}",
            STRENGTHS.start()
        );
        require(STRENGTHS.contains(&weakest), "data.latent.strength_exponent", strength_exponent, accepted)?;
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

    fn built(values: Vec<(&str, Value)>) -> Result<Arc<dyn LatentLaw>, crate::math::ParameterError> {
        let given = Given::new(PART.settings, values).unwrap();
        (PART.build)(&given, &Sizes { ambient_dim: 64, latent_dim: 4 })
    }

    #[test]
    fn activity_and_strength_fall_as_powers_of_the_index() {
        let values = vec![("first_activity", 0.5.into()), ("strength_exponent", 2.0.into())];
        let law = built(values).unwrap();
        let activities = [1.0, 2.0, 3.0, 4.0].map(|j: f64| 0.5 / j);
        let squares = [1.0, 2.0, 3.0, 4.0].map(|j: f64| 0.5 / j.powi(3));
        assert!((law.activity(4) - activities.iter().sum::<f64>() / 4.0).abs() < 1e-12);
        assert!((law.mean_square(4) - squares.iter().sum::<f64>() / 4.0).abs() < 1e-12);
        assert!(law.moments(4).is_none());
    }

    #[test]
    fn an_exponent_that_leaves_the_last_atom_silent_is_refused() {
        let message = built(vec![("exponent", 10.0.into())]).unwrap_err().to_string();
        assert!(message.contains("data.latent.exponent = 10") && message.contains("1e-6"), "{message}");
        let message = built(vec![("strength_exponent", 40.0.into())]).unwrap_err().to_string();
        assert!(message.contains("data.latent.strength_exponent = 40"), "{message}");
    }
}

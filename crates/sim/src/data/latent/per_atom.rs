//! Independent atoms, each with an activity and a strength of its own.
//!
//! Pr(z_j ≠ 0) = p_j and E(z_j² | z_j ≠ 0) = s_j, independently, with fair signs. The laws that say where p_j and s_j
//! come from are parts of their own.

use super::LatentLaw;
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require, require_drawn};

/// Smallest and largest strength: what its root is in single precision keeps all digits in squares too.
pub(super) const STRENGTHS: std::ops::RangeInclusive<f64> = 1e-18..=1e18;

/// Independent atoms that are not alike.
#[derive(Clone, Debug, PartialEq)]
pub struct PerAtom {
    /// p_j, one per atom.
    pub activities: Vec<f64>,
    /// s_j, one per atom.
    pub strengths: Vec<f64>,
}

impl LatentLaw for PerAtom {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        // The numbers depend on the stream and the row alone: rows may be drawn in any order.
        let mut reader = stream.reader(Part::Latent, row);
        let atoms = self.activities.iter().zip(&self.strengths);
        for (z, (&activity, &strength)) in latent.iter_mut().zip(atoms) {
            let (is_active, sign) = (reader.uniform() < activity, reader.sign());
            *z = if is_active { sign * strength.sqrt() as f32 } else { 0.0 };
        }
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        self.activities.iter().sum::<f64>() / latent_dim as f64
    }

    fn mean_square(&self, latent_dim: usize) -> f64 {
        let squares = self.activities.iter().zip(&self.strengths).map(|(p, s)| p * s);
        squares.sum::<f64>() / latent_dim as f64
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let accepted = format!("one number per atom, latent_dim = {latent_dim} of them");
        require(self.activities.len() == latent_dim, "activities", self.activities.len(), &accepted)?;
        require(self.strengths.len() == latent_dim, "strengths", self.strengths.len(), &accepted)?;
        self.activities.iter().try_for_each(|&activity| require_drawn("activity of an atom", activity))?;
        let accepted = format!("a number in [{:e}, {:e}]", STRENGTHS.start(), STRENGTHS.end());
        let within = |&strength: &f64| {
            require(STRENGTHS.contains(&strength), "strength of an atom", strength, &accepted)
        };
        self.strengths.iter().try_for_each(within)
    }

    fn second_moments(&self, _latent_dim: usize) -> Option<Vec<f64>> {
        Some(self.activities.iter().zip(&self.strengths).map(|(p, s)| p * s).collect())
    }

    // `moments` stays `None`: atoms are not all alike, so closed forms of equal atoms say nothing of this law.
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    /// Activity, mean and mean square of every atom, and E z_i² z_j² of a pair, at five standard errors.
    #[test]
    fn every_atom_has_its_own_activity_and_strength() {
        const ROWS: u32 = 20_000;
        let law = PerAtom { activities: vec![0.5, 0.1, 1.0, 0.03], strengths: vec![1.0, 4.0, 0.25, 9.0] };
        law.check(4).unwrap();
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let (mut sums, mut latent, mut pair) = ([[0.0; 3]; 4], [0.0; 4], 0.0);
        for row in 0..ROWS {
            law.draw(&stream, row, &mut latent);
            for (sum, &z) in sums.iter_mut().zip(&latent) {
                let z = f64::from(z);
                *sum = [sum[0] + f64::from(u8::from(z != 0.0)), sum[1] + z, sum[2] + z * z];
            }
            pair += f64::from(latent[0] * latent[1]).powi(2);
        }
        for (j, sum) in sums.into_iter().enumerate() {
            let (p, s) = (law.activities[j], law.strengths[j]);
            let error = 5.0 * ((p / f64::from(ROWS)).sqrt() + 1e-9);
            let [active, mean, square] = sum.map(|sum| sum / f64::from(ROWS));
            assert!((active - p).abs() < error, "{j}: {active}");
            assert!(mean.abs() < error * s.sqrt(), "{j}: {mean}");
            assert!((square - p * s).abs() < error * s, "{j}: {square}");
        }
        let found = pair / f64::from(ROWS);
        let error = 5.0 * 4.0 * (0.05 / f64::from(ROWS)).sqrt();
        assert!((found - 0.5 * 0.1 * 4.0).abs() < error, "{found}");
        assert!((law.activity(4) - 1.63 / 4.0).abs() < 1e-12);
        let told = law.second_moments(4).unwrap();
        assert!(told.iter().zip([0.5, 0.4, 0.25, 0.27]).all(|(told, square)| (told - square).abs() < 1e-12));
        assert!((law.mean_square(4) - (0.5 + 0.4 + 0.25 + 0.27) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn lists_that_do_not_fit_are_refused_by_name() {
        let law = |activities: &[f64], strengths: &[f64]| PerAtom {
            activities: activities.to_vec(),
            strengths: strengths.to_vec(),
        };
        let message = |law: PerAtom| law.check(2).unwrap_err().to_string();
        assert!(
            message(law(&[0.5], &[1.0; 2])).contains("activities = 1 cannot be used: one number per atom")
        );
        assert!(message(law(&[0.5; 2], &[1.0; 3])).contains("strengths = 3"));
        assert!(message(law(&[0.5, 0.0], &[1.0; 2])).contains("activity of an atom = 0"));
        assert!(message(law(&[0.5; 2], &[1.0, f64::NAN])).contains("strength of an atom = NaN"));
    }
}

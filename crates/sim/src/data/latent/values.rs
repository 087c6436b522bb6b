//! The size of an active entry of a code: what every law of codes may be combined with.
//!
//! A law says which atoms are active and with which signs. An active z_j is its sign times √s_j times a magnitude m
//! with E m² = 1, s_j the strength of the atom, so that E(z_j² | z_j ≠ 0) = s_j whatever the values are:
//!
//! | values | m |
//! |---|---|
//! | `signs` | 1 |
//! | `gaussian` | \|g\|, g standard normal |
//! | `laplace` | e/√2, e exponential with mean 1, so that z_j is a Laplace number |
//! | `uniform` | u/√(13/12), u uniform on [0.5, 1.5] |
//!
//! Magnitudes are independent of each other and of everything else.
//!
//! Source: Olshausen and Field, "Emergence of simple-cell receptive field properties by learning a sparse code for
//! natural images" (Nature 1996), for real-valued sparse codes.

use super::{LatentLaw, Level};
use crate::math::random::{Part, Reader};
use crate::math::{ParameterError, Stream, require};
use crate::part::{Fallback, Given, Kind, PartSetting};
use std::f64::consts::FRAC_1_SQRT_2;
use std::sync::Arc;

/// How large active entries are: every law of codes has this setting.
pub const VALUES: PartSetting = PartSetting::new(
    "values",
    Kind::Choice(&["signs", "gaussian", "laplace", "uniform"]),
    Fallback::Unwritten("\"signs\""),
    "How large an active entry of the code is, with a fair sign. signs: 1. gaussian: a normal number. laplace: a \
     Laplace number. uniform: uniform on [0.5, 1.5], over √(13/12). Each has the mean square 1, times the \
     strength of the atom where the law has strengths.",
);

/// E u² of u uniform on [0.5, 1.5].
const UNIFORM_SQUARE: f64 = 13.0 / 12.0;

/// `law`, which draws signs, with the values that the settings ask for.
///
/// # Errors
/// If the settings hold no [`VALUES`].
pub fn with_values(law: Arc<dyn LatentLaw>, given: &Given) -> Result<Arc<dyn LatentLaw>, ParameterError> {
    let magnitude = match given.text(VALUES.name)? {
        "signs" => return Ok(law),
        "gaussian" => Magnitude::Gaussian,
        "laplace" => Magnitude::Laplace,
        "uniform" => Magnitude::Uniform,
        other => {
            require(false, "data.latent.values", other, VALUES.kind)?;
            return Ok(law);
        }
    };
    Ok(Arc::new(Valued { law, magnitude }))
}

/// The law of m.
#[derive(Clone, Copy, Debug)]
enum Magnitude {
    Gaussian,
    Laplace,
    Uniform,
}

impl Magnitude {
    fn draw(self, reader: &mut Reader<'_>) -> f64 {
        match self {
            Self::Gaussian => reader.normal().abs(),
            Self::Laplace => -reader.uniform().ln() * FRAC_1_SQRT_2,
            Self::Uniform => (0.5 + reader.uniform()) / UNIFORM_SQUARE.sqrt(),
        }
    }
}

/// A law of codes whose active entries have magnitudes.
#[derive(Debug)]
struct Valued {
    law: Arc<dyn LatentLaw>,
    magnitude: Magnitude,
}

impl LatentLaw for Valued {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.law.draw(stream, row, latent);
        // A part of the stream of its own: which atoms are active does not depend on how large they are.
        let mut reader = stream.reader(Part::CodeValues, row);
        for z in latent.iter_mut().filter(|z| **z != 0.0) {
            // An active entry stays one, however small.
            *z *= (self.magnitude.draw(&mut reader) as f32).max(f32::MIN_POSITIVE);
        }
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        self.law.activity(latent_dim)
    }

    fn mean_square(&self, latent_dim: usize) -> f64 {
        self.law.mean_square(latent_dim)
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        self.law.check(latent_dim)
    }

    // `moments` stays `None`: closed forms take entries −1, 0 and 1.

    /// Magnitudes have the mean square 1, and signs are fair whatever they are.
    fn second_moments(&self, latent_dim: usize) -> Option<Vec<f64>> {
        self.law.second_moments(latent_dim)
    }

    fn levels(&self, latent_dim: usize) -> Vec<Level> {
        self.law.levels(latent_dim)
    }

    fn class_count(&self) -> usize {
        self.law.class_count()
    }

    fn class_of(&self, latent: &[f32]) -> Option<u32> {
        self.law.class_of(latent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Independent;
    use super::*;
    use crate::math::Purpose;
    use std::f64::consts::PI;

    const ROWS: u32 = 40_000;

    /// E m, E m² and E m⁴ of every magnitude, from their densities, at five standard errors; signs stay as they were.
    #[test]
    fn magnitudes_have_their_moments_and_leave_signs_alone() {
        let uniform = |power: i32| {
            (1.5f64.powi(power + 1) - 0.5f64.powi(power + 1))
                / (f64::from(power + 1) * UNIFORM_SQUARE.powf(f64::from(power) / 2.0))
        };
        let cases = [
            (Magnitude::Gaussian, [(2.0 / PI).sqrt(), 1.0, 3.0]),
            (Magnitude::Laplace, [FRAC_1_SQRT_2, 1.0, 6.0]),
            (Magnitude::Uniform, [uniform(1), uniform(2), uniform(4)]),
        ];
        let signs = Arc::new(Independent { activity: 0.5 });
        let stream = Stream::new(7, Purpose::MONTE_CARLO, 3);
        for (magnitude, expected) in cases {
            let law = Valued { law: Arc::clone(&signs) as Arc<dyn LatentLaw>, magnitude };
            let (mut plain, mut valued, mut sizes) = ([0.0; 4], [0.0; 4], Vec::new());
            for row in 0..ROWS {
                signs.draw(&stream, row, &mut plain);
                law.draw(&stream, row, &mut valued);
                for (&s, &v) in plain.iter().zip(&valued) {
                    assert_eq!(if v == 0.0 { 0.0 } else { v.signum() }, s, "{magnitude:?}");
                    if v != 0.0 {
                        sizes.push(f64::from(v).abs());
                    }
                }
            }
            let n = sizes.len() as f64;
            for (power, expected) in [1, 2, 4].into_iter().zip(expected) {
                let moment = |power: i32| sizes.iter().map(|m| m.powi(power)).sum::<f64>() / n;
                let error = ((moment(2 * power) - moment(power).powi(2)) / n).sqrt();
                let found = moment(power);
                assert!((found - expected).abs() < 5.0 * error, "{magnitude:?} {power}: {found}, {expected}");
            }
            assert!(law.moments(4).is_none() && law.mean_square(4) == 0.5);
        }
    }
}

//! Labels of a step's samples: the codes and classes that an objective learns from, some of them wrong.
//!
//! With label noise ρ a sample keeps its own label with probability 1 − ρ. Else it gets the label of a code
//! that is drawn anew from the law of the data, which is a function of (seed, step, row) as everything
//! random.

use super::pass::Pass;
use super::process::Parts;
use crate::data::DataModel;
use crate::math::random::Part;
use crate::math::{Matrix, ParameterError, Stream, require};
use crate::objective::Objective;

/// An error if the objective asks for classes that the data do not have.
pub(super) fn check(data: &dyn DataModel, objective: &dyn Objective) -> Result<(), ParameterError> {
    if !objective.needs().classes {
        return Ok(());
    }
    if let Some(atom) = objective.labels().atom {
        let d = data.latent_dim();
        return require(atom < d, "objective.label_atom", atom, format!("an atom from 0 to {}", d - 1));
    }
    let accepted = "data with at least two classes, because the objective learns from labels; or objective.label_atom, \
                    which makes the sign of an atom the class";
    let found = format!("a law with {} classes", data.class_count());
    require(data.class_count() >= 2, "data.latent.kind", found, accepted)
}

/// Makes labels of the codes of the step's samples, which `pass` holds.
pub(super) fn label(data: &dyn DataModel, parts: &Parts, stream: &Stream, pass: &mut Pass) {
    let (needs, labels) = (parts.objective.needs(), parts.objective.labels());
    if labels.noise > 0.0 {
        redraw(data, stream, labels.noise, &mut pass.codes);
    }
    pass.classes.clear();
    if needs.classes {
        let class = |z: &[f32]| match labels.atom {
            Some(atom) => Some(1 + u32::from(z[atom] > 0.0) - u32::from(z[atom] < 0.0)),
            None => data.class_of(z),
        };
        pass.classes.extend(pass.codes.iter_rows().map(class));
    }
}

/// Replaces the share `noise` of the codes by codes of other samples.
fn redraw(data: &dyn DataModel, stream: &Stream, noise: f64, codes: &mut Matrix) {
    for row in 0..codes.rows() {
        if stream.reader(Part::Mask, row as u32).uniform() < noise {
            data.draw_latent(stream, row as u32, codes.row_mut(row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DenseNoise, Dictionary, Independent, SparseCoding};
    use crate::math::Purpose;
    use std::sync::Arc;

    /// Codes of which two are next to never equal.
    fn data() -> SparseCoding {
        let latent = Arc::new(Independent { activity: 0.5 });
        SparseCoding::new(Dictionary::haar(32, 24, 1).unwrap(), latent, DenseNoise::isotropic(0.1).unwrap())
            .unwrap()
    }

    #[test]
    fn the_share_of_new_codes_is_the_noise_and_they_follow_the_law() {
        const ROWS: usize = 4000;
        let data = data();
        let own = Stream::new(3, Purpose::POSITIVES, 5);
        let mut codes = Matrix::zeros(ROWS, 24);
        for row in 0..ROWS {
            data.draw_latent(&own, row as u32, codes.row_mut(row));
        }
        let stream = Stream::new(3, Purpose::LABELS, 5);
        for noise in [0.0, 0.3, 1.0] {
            let mut noisy = codes.clone();
            redraw(&data, &stream, noise, &mut noisy);
            let mut again = codes.clone();
            redraw(&data, &stream, noise, &mut again);
            assert_eq!(noisy, again);
            let new: Vec<_> = (0..ROWS).filter(|&r| noisy.row(r) != codes.row(r)).collect();
            let error = 5.0 * (noise * (1.0 - noise) / ROWS as f64).sqrt();
            let share = new.len() as f64 / ROWS as f64;
            assert!((share - noise).abs() <= error, "{share} against {noise}");
            let active = new.iter().flat_map(|&r| noisy.row(r)).filter(|&&z| z != 0.0).count() as f64;
            let entries = 24.0 * new.len() as f64;
            assert!((active - 0.5 * entries).abs() <= 5.0 * (0.25 * entries).sqrt(), "{active} of {entries}");
        }
    }
}

//! A stored arm as the closed forms see it, and how long each of its directions should take.
//!
//! What is asked of an arm here is what the closed forms assume of loss, data and descent. The network is not
//! asked: a role of the paper does, and a control with another network is held against the same closed form.
//!
//! Source: theory.md 3 and 4.

use crate::closed_form::spectrum::Loss;
use crate::closed_form::{Course, Spectrum, effective_starts};
use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_lab::spec::typed::NegativeViewsSpec;
use featurescope_sim::augment::FactorMoments;
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::dot;
use featurescope_sim::measure::atom_energies::COLUMNS;

/// The closed form of an arm's atoms.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    /// The second moments of its data and views.
    pub spectrum: Spectrum,
    /// Its loss.
    pub loss: Loss,
    /// The atoms that there are neurons for, fastest first.
    pub atoms: Vec<Direction>,
    /// Atoms and directions of the noise that pairs of views pull along: γ > 0 after weight decay.
    pub pulled: usize,
    /// m.
    pub width: usize,
}

/// One atom of a linear encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction {
    /// Index of the atom.
    pub atom: usize,
    /// Its energy step by step.
    pub course: Course,
}

/// The share of its plateau at which an atom counts as half learned.
pub const HALF: f64 = 0.5;
/// How far products of orthonormal atoms in single precision may be from 0 and 1.
const ORTHONORMAL: f32 = 1e-4;
/// Largest share of an eigenvalue that taking diag Σ for a multiple of I may miss.
const MISSED_SHARE: f64 = 0.1;

impl Encoder {
    /// The closed form of a stored arm.
    ///
    /// # Errors
    /// Where the theory does not cover its settings, or its initial weights cannot be had.
    pub fn of(subject: &Subject<'_>) -> Result<Self, Gap> {
        let (spec, training) = (subject.spec(), &subject.spec().training);
        let (spectrum, loss) = (spectrum(subject)?, loss(subject)?);
        require_eigen_directions(subject, &spectrum)?;
        let is_plain = training.optimizer.build(&()).is_ok_and(|optimizer| optimizer.is_plain());
        let schedule = training.schedule.build(&training.steps);
        if !is_plain || !schedule.is_ok_and(|schedule| schedule.is_constant()) || training.fork.is_some() {
            return Err(Gap::NoForm("another descent than plain steps of one size"));
        }
        let pulls = spectrum.along_atoms(loss).into_iter().map(|pull| pull.with_decay(training.weight_decay));
        let mut atoms: Vec<_> = pulls.enumerate().collect();
        atoms.sort_by(|(_, a), (_, b)| b.growth.total_cmp(&a.growth));
        let noise = spectrum.along_noise(loss).with_decay(training.weight_decay);
        let outside = spectrum.ambient_dim - spectrum.atoms.len();
        let pulled = atoms.iter().filter(|(_, pull)| pull.growth > 0.0).count()
            + if noise.growth > 0.0 { outside } else { 0 };
        let along = &State::of(subject, Moment::Start)?.sparse;
        let along = Matrix::from_fn(along.rows(), atoms.len(), |i, r| f64::from(along[(i, atoms[r].0)]));
        let directions = atoms.into_iter().zip(effective_starts(&along));
        let atoms = directions.map(|((atom, pull), start)| Direction {
            atom,
            course: pull.course(start, training.learning_rate),
        });
        Ok(Self { atoms: atoms.collect(), spectrum, loss, pulled, width: spec.width() })
    }

    /// Variance of x along an atom.
    pub fn variance(&self, atom: usize) -> f64 {
        self.spectrum.atoms[atom] + self.spectrum.noise
    }
}

impl Direction {
    /// The atom's energy at every recorded step of a finished arm.
    ///
    /// # Errors
    /// If it was not recorded, or the arm did not finish.
    pub fn recorded<'a>(&self, subject: &Subject<'a>) -> Result<&'a [f64], Gap> {
        subject.rows(Moment::End)?;
        let column = COLUMNS.get(self.atom).map(|column| column.name);
        let column = column.ok_or(Gap::NoForm("so many atoms"))?;
        subject.arm.records.column(column).ok_or_else(|| Gap::NotRecorded(column.to_owned()))
    }

    /// The step at which the recorded energy first passes half of the closed form's plateau, between records along
    /// the exponential through both; `None` if it never does, or starts above.
    ///
    /// # Errors
    /// As [`Direction::recorded`].
    pub fn passes(&self, subject: &Subject<'_>) -> Result<Option<f64>, Gap> {
        let level = HALF * self.course.pull.plateau();
        Ok(crossing(&subject.arm.records.steps, self.recorded(subject)?, level))
    }

    /// The recorded energy at a step, between records as above, over the closed form's plateau.
    ///
    /// # Errors
    /// As [`Direction::recorded`].
    pub fn share_at(&self, subject: &Subject<'_>, step: f64) -> Result<f64, Gap> {
        let energy = between(&subject.arm.records.steps, self.recorded(subject)?, step);
        Ok(energy / self.course.pull.plateau())
    }
}

fn spectrum(subject: &Subject<'_>) -> Result<Spectrum, Gap> {
    let law = subject.run.plan.law.as_ref().ok_or(Gap::NoForm("data that are no sparse codes"))?;
    let atoms = law.latent.second_moments(law.latent_dim);
    let augmentation = subject.spec().built_augmentation();
    Ok(Spectrum {
        atoms: atoms.ok_or(Gap::NoForm("codes with correlated entries"))?,
        noise: subject.even_noise()?,
        ambient_dim: law.ambient_dim,
        factors: augmentation.and_then(|it| it.moments()).ok_or(Gap::NoForm("such views"))?,
    })
}

/// Atoms are eigen-directions if they are orthonormal and, where views treat diag Σ in their own way, spread over so
/// many coordinates that diag Σ is about the same along all of them.
fn require_eigen_directions(subject: &Subject<'_>, spectrum: &Spectrum) -> Result<(), Gap> {
    let atoms = subject.space()?.dictionary().atoms();
    for i in 0..atoms.rows() {
        for j in 0..=i {
            let off = dot(atoms.row(i), atoms.row(j)) - f32::from(u8::from(i == j));
            if off.abs() > ORTHONORMAL {
                return Err(Gap::NoForm("atoms that are not orthonormal"));
            }
        }
    }
    let FactorMoments { means: [anchor, positive], product, .. } = spectrum.factors;
    if subject.plan.is_reduced() || (product - anchor * positive).abs() < f64::EPSILON {
        return Ok(());
    }
    let mut coordinates = vec![spectrum.noise; atoms.cols()];
    for (row, p) in atoms.iter_rows().zip(&spectrum.atoms) {
        coordinates.iter_mut().zip(row).for_each(|(sum, m)| *sum += p * f64::from(*m).powi(2));
    }
    for (row, p) in atoms.iter_rows().zip(&spectrum.atoms) {
        let along: f64 = row.iter().zip(&coordinates).map(|(m, v)| f64::from(*m).powi(2) * v).sum();
        let missed = (product - anchor * positive) * (along - spectrum.coordinate());
        let growth = spectrum.pull(Loss::BarlowTwins, p + spectrum.noise).growth;
        if missed.abs() > MISSED_SHARE * growth.abs() {
            return Err(Gap::NoForm("such masks on atoms that lie on few coordinates"));
        }
    }
    Ok(())
}

fn loss(subject: &Subject<'_>) -> Result<Loss, Gap> {
    let text = |key: &str| subject.value(key).and_then(|value| value.as_str()).unwrap_or_default();
    let weight = subject.value("objective.redundancy_weight");
    let has_plain_weight =
        weight.is_some_and(|value| value.as_float() == Some(1.0) || value.as_integer() == Some(1));
    match text("objective.kind") {
        "spectral" if subject.spec().batch.negative_views == Some(NegativeViewsSpec::Augmented) => {
            Err(Gap::NoForm("masked negatives"))
        }
        "spectral" => Ok(Loss::Spectral { stops_gradients: text("objective.stop_gradient") != "nowhere" }),
        "barlow_twins" if text("objective.correlation") == "raw" && has_plain_weight => Ok(Loss::BarlowTwins),
        _ => Err(Gap::NoForm("such a loss")),
    }
}

/// Where the values first pass `level` from below: between two records along the exponential through both.
pub fn crossing(steps: &[u64], values: &[f64], level: f64) -> Option<f64> {
    let after = values.iter().position(|&value| value >= level).filter(|&after| after > 0)?;
    let [low, high] = [after - 1, after].map(|row| (steps[row] as f64, values[row].ln()));
    Some(low.0 + (level.ln() - low.1) / (high.1 - low.1) * (high.0 - low.0))
}

/// The value at a step, along the same exponential; the last one after the last step.
pub fn between(steps: &[u64], values: &[f64], step: f64) -> f64 {
    let after = steps.partition_point(|&known| (known as f64) < step);
    if after == 0 || after == steps.len() {
        return values[after.min(values.len() - 1)];
    }
    let [low, high] = [after - 1, after].map(|row| (steps[row] as f64, values[row].ln()));
    (low.1 + (step - low.0) / (high.0 - low.0) * (high.1 - low.1)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_records_energies_follow_exponentials() {
        let steps = [0, 5, 10, 20];
        let values = steps.map(|step| 1e-4 * (0.3 * step as f64).exp());
        for step in [0.0f64, 2.5, 5.0, 13.0, 20.0] {
            let expected = 1e-4 * (0.3 * step).exp();
            assert!((between(&steps, &values, step) / expected - 1.0).abs() < 1e-12, "{step}");
            if step > 0.0 {
                let found = crossing(&steps, &values, expected).unwrap();
                assert!((found - step).abs() < 1e-9, "{step}: {found}");
            }
        }
        assert_eq!(between(&steps, &values, 99.0), values[3]);
        assert!(crossing(&steps, &values, 1.0).is_none(), "it never gets there");
        assert!(crossing(&steps, &values, 1e-5).is_none(), "it starts above");
    }
}

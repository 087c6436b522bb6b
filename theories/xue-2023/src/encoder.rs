//! A stored arm as the closed forms see it.
//!
//! What is asked of an arm here is what the closed forms assume of loss, data and descent. The network is not asked: a
//! role of the paper does.
//!
//! Source: theory.md 3.

use crate::contrast::{Contrast, Dropout};
use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_sim::augment::FactorMoments;
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::atom_energies::COLUMNS;
use featurescope_simon_2023::closed_form::{Pull, Spectrum, effective_starts};
use featurescope_simon_2023::encoder::Direction;

/// A sample that is its own two views.
const EQUAL_VIEWS: FactorMoments = FactorMoments { means: [1.0; 2], squares: [1.0; 2], product: 1.0 };

/// The loss of a stored arm.
///
/// # Errors
/// Where the theory does not cover its settings.
pub fn contrast(subject: &Subject<'_>) -> Result<Contrast, Gap> {
    let number = |key: &str| subject.value(key).and_then(as_number);
    let text = |key: &str| subject.value(key).and_then(|value| value.as_str()).unwrap_or_default();
    if text("objective.kind") != "supervised_spectral" || number("objective.label_noise").is_some() {
        return Err(Gap::NoForm("such a loss"));
    }
    let class_atom =
        number("objective.label_atom").ok_or(Gap::NoForm("classes without an atom of their own"))?;
    let training = &subject.spec().training;
    let is_plain = training.optimizer.build(&()).is_ok_and(|optimizer| optimizer.is_plain());
    let schedule = training.schedule.build(&training.steps);
    let is_constant = schedule.is_ok_and(|schedule| schedule.is_constant());
    if !is_plain || !is_constant || training.fork.is_some() || training.weight_decay > 0.0 {
        return Err(Gap::NoForm("another descent than plain steps of one size without weight decay"));
    }
    let (factors, dropout) = if text("augmentation.kind") == "atom_dropout" {
        let atoms = number("augmentation.first_atoms").map_or(usize::MAX, |atoms| atoms as usize);
        (EQUAL_VIEWS, Dropout { rate: number("augmentation.drop_rate").unwrap_or(0.0), atoms })
    } else {
        let moments = subject.spec().built_augmentation().and_then(|views| views.moments());
        (moments.ok_or(Gap::NoForm("such views"))?, Dropout::default())
    };
    Ok(Contrast {
        spectrum: Spectrum {
            atoms: squares(subject)?,
            noise: number("data.noise_variance").ok_or(Gap::NoForm("noise of another law"))?,
            ambient_dim: subject.ambient_dim() as usize,
            factors,
        },
        dropout,
        stops_gradients: text("objective.stop_gradient") != "nowhere",
        supervised_weight: number("objective.supervised_weight").unwrap_or(1.0),
        class_atom: class_atom as usize,
    })
}

/// P_j = E z_j² of every feature, from its settings: features at an angle have no law that closed forms know.
fn squares(subject: &Subject<'_>) -> Result<Vec<f64>, Gap> {
    let is = |key: &str, default: &str| {
        subject.value(key).is_none_or(|value| value.as_str().is_some_and(|word| word == default))
    };
    if !is("data.latent.values", "signs") || !is("data.noise_directions.kind", "none") {
        return Err(Gap::NoForm("other codes than signs, or noise that is larger in some directions"));
    }
    let list =
        |key: &str| -> Option<Vec<f64>> { subject.value(key)?.as_array()?.iter().map(as_number).collect() };
    let activities =
        list("data.latent.activities").ok_or(Gap::NoForm("codes without a list of activities"))?;
    let strengths = list("data.latent.strengths").unwrap_or_else(|| vec![1.0; activities.len()]);
    Ok(activities.iter().zip(&strengths).map(|(activity, strength)| activity * strength).collect())
}

fn as_number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

/// Plateau of an atom's energy, where atoms are orthogonal and views treat all of them alike.
///
/// # Errors
/// Where atoms are at angles, or masks treat them in other ways than the average coordinate.
pub fn plateau(subject: &Subject<'_>, atom: usize) -> Result<f64, Gap> {
    let contrast = contrast(subject)?;
    require_even_atoms(subject, &contrast)?;
    let plateau = contrast.along_atom(atom).plateau();
    if plateau > 0.0 { Ok(plateau) } else { Err(Gap::Nothing("growth of the feature")) }
}

fn require_even_atoms(subject: &Subject<'_>, contrast: &Contrast) -> Result<(), Gap> {
    let kind = subject.value("data.dictionary.kind").and_then(|value| value.as_str());
    let FactorMoments { means: [anchor, positive], product, .. } = contrast.spectrum.factors;
    let keeps_axes = (product - anchor * positive).abs() < f64::EPSILON;
    let is_even = kind == Some("hadamard") || (kind == Some("haar") && keeps_axes);
    if is_even { Ok(()) } else { Err(Gap::NoForm("such atoms with such views")) }
}

/// The closed form of every atom that there is a neuron for, fastest first, from the arm's initial weights.
///
/// # Errors
/// As [`plateau`], and where the initial weights cannot be had.
pub fn directions(subject: &Subject<'_>) -> Result<Vec<Direction>, Gap> {
    let contrast = contrast(subject)?;
    require_even_atoms(subject, &contrast)?;
    let pulls = (0..contrast.spectrum.atoms.len()).map(|atom| contrast.along_atom(atom));
    let mut pulls: Vec<_> = pulls.enumerate().collect();
    pulls.sort_by(|(_, a), (_, b)| b.growth.total_cmp(&a.growth));
    let along = &State::of(subject, Moment::Start)?.sparse;
    let along = Matrix::from_fn(along.rows(), pulls.len(), |i, r| f64::from(along[(i, pulls[r].0)]));
    let rate = subject.spec().training.learning_rate;
    let starts = effective_starts(&along);
    let course =
        |((atom, pull), start): ((usize, Pull), f64)| Direction { atom, course: pull.course(start, rate) };
    Ok(pulls.into_iter().zip(starts).map(course).collect())
}

/// An atom's energy ‖W M_j‖² at every recorded step.
///
/// # Errors
/// If it was not recorded.
pub fn energies<'a>(subject: &Subject<'a>, atom: usize) -> Result<&'a [f64], Gap> {
    let column = COLUMNS.get(atom).map(|column| column.name).ok_or(Gap::NoForm("so many atoms"))?;
    subject.arm.records.column(column).ok_or_else(|| Gap::NotRecorded(column.to_owned()))
}

//! What the paper's claims read off stored runs.
//!
//! The class feature is the atom whose sign is the label (`objective.label_atom`), and the subclass feature is the next
//! one. A feature contributes P_j ‖W M_j‖² to E‖f(x)‖², P_j = E z_j².
//!
//! Source: theory.md 3 and 4.

use crate::contrast::Contrast;
use crate::encoder::{contrast, energies, plateau};
use featurescope_lab::evidence::{Gap, Moment, State, Subject, Trial};
use featurescope_lab::paper::Quantity;
use featurescope_lab::stats::Range;
use featurescope_simon_2023::encoder::{between, crossing};

/// The share of its last energy at which the class feature counts as begun.
const BEGUN: f64 = 0.1;

/// All of them.
pub const QUANTITIES: &[Quantity] = &[
    Quantity::new(
        "class_over_plateau",
        "energy ‖W M_c‖² of the class feature over its plateau γ/κ in closed form",
        |s, at| over_plateau(s, contrast(s)?.class_atom, at),
    ),
    Quantity::new("class_share", "share of E‖f(x)‖² that belongs to the class feature", |s, at| {
        let contrast = contrast(s)?;
        let state = State::of(s, at)?;
        let energy = |atom: usize| {
            let squares = (0..state.width()).map(|i| state.coefficient(i, atom).powi(2));
            contrast.variance(atom) * squares.sum::<f64>()
        };
        let outside = contrast.spectrum.noise * state.dense_energy.iter().sum::<f64>();
        let total = (0..state.sparse.cols()).map(energy).sum::<f64>() + outside;
        Ok(energy(contrast.class_atom) / total)
    }),
    Quantity::new("norm_over_least", "‖W‖² over that of the smallest minimiser of the loss", |s, at| {
        let state = State::of(s, at)?;
        let least = contrast(s)?.least_norm(state.width()).ok_or(Gap::NoForm("such views or labels"))?;
        Ok((0..state.width()).map(|i| state.energy(i)).sum::<f64>() / least)
    }),
    Quantity::new(
        "subclass_over_class",
        "what the subclass feature contributes to E‖f(x)‖² over what the class feature contributes",
        |s, at| {
            let contrast = contrast(s)?;
            let [class, subclass] = [0, 1].map(|next| energy(s, contrast.class_atom + next, at));
            Ok(ratio(&contrast)? * subclass? / class?)
        },
    ),
    Quantity::new(
        "early_subclass_over_class",
        "the same at the step at which the class feature passes a tenth of its last energy",
        |s, _| {
            let contrast = contrast(s)?;
            s.rows(Moment::End)?;
            let steps = &s.arm.records.steps;
            let class = energies(s, contrast.class_atom)?;
            let last = class.last().copied().ok_or(Gap::Nothing("records"))?;
            let begun =
                crossing(steps, class, BEGUN * last).ok_or(Gap::NotReached("a tenth of its last energy"))?;
            let subclass = between(steps, energies(s, contrast.class_atom + 1)?, begun);
            Ok(ratio(&contrast)? * subclass / (BEGUN * last))
        },
    ),
    Quantity::new(
        "plateau_deviation",
        "larger |y/Y − 1| of class and subclass feature: y its energy, Y its plateau in closed form",
        |s, at| {
            let class_atom = contrast(s)?.class_atom;
            let [class, subclass] = [0, 1].map(|next| over_plateau(s, class_atom + next, at));
            Ok((class? - 1.0).abs().max((subclass? - 1.0).abs()))
        },
    ),
];

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, _: &dyn Trial) -> Range {
    match name {
        "class_share" => Range::Within(0.0, 1.0),
        name if QUANTITIES.iter().any(|quantity| quantity.name == name) => Range::Within(0.0, f64::INFINITY),
        _ => Range::Any,
    }
}

/// P of the subclass feature over P of the class feature.
fn ratio(contrast: &Contrast) -> Result<f64, Gap> {
    let atoms = &contrast.spectrum.atoms;
    let subclass = atoms.get(contrast.class_atom + 1).ok_or(Gap::Nothing("subclasses"))?;
    Ok(subclass / atoms[contrast.class_atom])
}

/// An atom's energy at a moment, the mean over its records.
fn energy(subject: &Subject<'_>, atom: usize, at: Moment) -> Result<f64, Gap> {
    let (rows, energies) = (subject.rows(at)?, energies(subject, atom)?);
    Ok(rows.iter().map(|&row| energies[row]).sum::<f64>() / rows.len() as f64)
}

fn over_plateau(subject: &Subject<'_>, atom: usize, at: Moment) -> Result<f64, Gap> {
    Ok(energy(subject, atom, at)? / plateau(subject, atom)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PAPER;

    #[test]
    fn every_quantity_says_what_it_is() {
        for quantity in QUANTITIES {
            assert!(PAPER.doc(quantity.name).is_some_and(|doc| doc.len() > 10), "{}", quantity.name);
        }
    }
}

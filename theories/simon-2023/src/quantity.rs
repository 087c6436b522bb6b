//! What the paper's claims read off stored runs, each in units of the closed form.
//!
//! An atom counts if there is a neuron for it: of d atoms the min(m, d) fastest.
//!
//! Source: theory.md 3 to 5.

use crate::encoder::{Direction, Encoder, HALF};
use featurescope_lab::evidence::{Gap, Moment, State, Subject, Trial};
use featurescope_lab::paper::Quantity;
use featurescope_lab::stats::Range;

/// All of them.
pub const QUANTITIES: &[Quantity] = &[
    Quantity::new(
        "critical_time_deviation",
        "largest |t/T − 1| over atoms: t the step at which an atom passes half of its plateau, the last step if it \
         never does; T the same in closed form",
        |s, _| {
            let last = *s.arm.records.steps.last().ok_or(Gap::Nothing("records"))? as f64;
            let mut deviations = Vec::new();
            for direction in &encoder(s)?.atoms {
                if let Some(expected) = direction.course.critical_step(HALF) {
                    deviations.push((direction.passes(s)?.unwrap_or(last) / expected - 1.0).abs());
                }
            }
            deviations.into_iter().reduce(f64::max).ok_or(Gap::Nothing("atoms that grow"))
        },
    ),
    Quantity::new(
        "critical_time_exponent",
        "slope of ln t over ln γ across atoms: t the step at which an atom passes half of its plateau, γ its \
         eigenvalue in the second moment of pairs",
        |s, _| {
            let mut points = Vec::new();
            for direction in &encoder(s)?.atoms {
                points.push((direction.course.pull.growth.ln(), half_time(direction, s)?.ln()));
            }
            slope(&points).ok_or(Gap::Nothing("atoms that differ"))
        },
    ),
    Quantity::new(
        "step_overlap",
        "share of its plateau that the next atom has when an atom passes half of its own, mean over neighbours in the \
         order of γ",
        |s, _| {
            let atoms = encoder(s)?.atoms;
            let mut shares = Vec::new();
            for pair in atoms.windows(2) {
                shares.push(pair[1].share_at(s, half_time(&pair[0], s)?)?);
            }
            mean(&shares, "pairs of atoms")
        },
    ),
    Quantity::new(
        "plateau_ratio",
        "energy of an atom over the plateau γ/κ of the closed form, mean over atoms",
        |s, at| {
            let rows = s.rows(at)?;
            let mut ratios = Vec::new();
            for direction in &encoder(s)?.atoms {
                let energies = direction.recorded(s)?;
                let energy = rows.iter().map(|&row| energies[row]).sum::<f64>() / rows.len() as f64;
                let plateau = direction.course.pull.plateau();
                if plateau > 0.0 {
                    ratios.push(energy / plateau);
                }
            }
            mean(&ratios, "atoms that grow")
        },
    ),
    Quantity::new(
        "fastest_atoms_share",
        "share of E‖f(x)‖² that belongs to the min(m, d) atoms of largest γ",
        |s, at| {
            let (encoder, state) = (encoder(s)?, State::of(s, at)?);
            let energy = |atom: usize| {
                (0..state.width()).map(|i| state.coefficient(i, atom).powi(2)).sum::<f64>()
                    * encoder.variance(atom)
            };
            let outside = encoder.spectrum.noise * state.dense_energy.iter().sum::<f64>();
            let total = (0..state.sparse.cols()).map(energy).sum::<f64>() + outside;
            Ok(encoder.atoms.iter().map(|direction| energy(direction.atom)).sum::<f64>() / total)
        },
    ),
    Quantity::new(
        "rank_over_pulled",
        "effective rank of the features of raw samples over min(m, directions with γ > 0)",
        |s, at| {
            let encoder = encoder(s)?;
            let pulled = encoder.pulled.min(encoder.width);
            if pulled == 0 {
                Err(Gap::Nothing("directions that grow"))
            } else {
                Ok(rank(s, at)? / pulled as f64)
            }
        },
    ),
    Quantity::new(
        "rank_over_width",
        "effective rank of the features of raw samples over the number of neurons",
        |s, at| Ok(rank(s, at)? / s.width() as f64),
    ),
];

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, _: &dyn Trial) -> Range {
    match name {
        "fastest_atoms_share" => Range::Within(0.0, 1.0),
        "critical_time_deviation"
        | "step_overlap"
        | "plateau_ratio"
        | "rank_over_pulled"
        | "rank_over_width" => Range::Within(0.0, f64::INFINITY),
        _ => Range::Any,
    }
}

/// The closed form of an arm that was trained to its end.
fn encoder(subject: &Subject<'_>) -> Result<Encoder, Gap> {
    subject.rows(Moment::End)?;
    Encoder::of(subject)
}

/// When an atom passes half of its plateau.
fn half_time(direction: &Direction, subject: &Subject<'_>) -> Result<f64, Gap> {
    direction.passes(subject)?.ok_or(Gap::NotReached("half of a plateau"))
}

fn rank(subject: &Subject<'_>, at: Moment) -> Result<f64, Gap> {
    subject.column("effective_rank", at)
}

fn mean(values: &[f64], what: &'static str) -> Result<f64, Gap> {
    if values.is_empty() {
        Err(Gap::Nothing(what))
    } else {
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// The least-squares slope; `None` where all x are the same.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (along, across) = points.iter().fold((0.0, 0.0), |(along, across), point| {
        (along + (point.0 - x).powi(2), across + (point.0 - x) * (point.1 - y))
    });
    (along > 1e-12).then(|| across / along)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PAPER;

    #[test]
    fn a_slope_is_that_of_the_line_through_the_points() {
        let line: Vec<_> = [0.0, 1.0, 4.0].map(|x| (x, 3.0 - 2.0 * x)).into();
        assert!((slope(&line).unwrap() + 2.0).abs() < 1e-12);
        assert!(slope(&[(1.0, 2.0), (1.0, 3.0)]).is_none() && slope(&[]).is_none());
    }

    /// A name with a slip in it would leave its quantity without a range.
    #[test]
    fn every_quantity_but_the_slope_is_never_negative() {
        for quantity in QUANTITIES {
            assert!(PAPER.doc(quantity.name).is_some_and(|doc| doc.len() > 10));
        }
        let ranged = QUANTITIES.len() - 1;
        let names = ["fastest_atoms_share", "critical_time_deviation", "step_overlap", "plateau_ratio"];
        let found = names.iter().chain(&["rank_over_pulled", "rank_over_width"]);
        assert_eq!(found.filter(|name| PAPER.quantity(name).is_some()).count(), ranged);
    }
}

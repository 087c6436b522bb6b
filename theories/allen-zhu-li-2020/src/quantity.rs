//! What the paper's claims read off stored runs.
//!
//! Clean accuracy, robust accuracy and the common mixture share are recorded columns (`measure.measurement`, kind
//! `robust`), which claims name themselves.
//!
//! Source: theory.md 3 to 5.

use crate::PAPER;
use crate::closed_form::{Codes, share};
use crate::trained::{Labelled, Trained, moved_at_random};
use featurescope_lab::evidence::{Gap, Moment, State, Subject, Trial};
use featurescope_lab::paper::{Quantity, Role};
use featurescope_lab::stats::Range;
use featurescope_sim::math::linalg::{dot, squared_norm};
use toml::Value;

/// The role of arms that are trained on clean samples alone.
const CLEAN: &str = "clean";
/// The share of a neuron's energy that has to stay for it to count as kept.
const KEPT: f64 = 0.5;

/// All of them.
pub const QUANTITIES: &[Quantity] = &[
    Quantity::new(
        "mixture_damage",
        "accuracy that a change of the radius of the attack against the label along the common mixture takes",
        |s, _| {
            let (network, samples) = trained(s)?;
            let moved = network.moved_along_mixture(&samples, radius(s)?);
            Ok(network.accuracy(&samples) - network.accuracy(&moved))
        },
    ),
    Quantity::new(
        "random_damage",
        "accuracy that a change of the same size in random directions takes",
        |s, _| {
            let (network, samples) = trained(s)?;
            let moved = moved_at_random(&samples, radius(s)?, s.run.plan.seed);
            Ok(network.accuracy(&samples) - network.accuracy(&moved))
        },
    ),
    Quantity::new(
        "gradient_gain",
        "root mean square of the norm of ∂g/∂x over that of its part on the open neurons' own atoms",
        |s, _| {
            let (network, samples) = trained(s)?;
            network.gradient_gain(&samples)
        },
    ),
    Quantity::new(
        "gradient_gain_ratio",
        "the gradient gain over the closed form of neurons that hold one atom and the common mixture",
        |s, at| {
            let (network, samples) = trained(s)?;
            let own = 1.0 - s.column("mixture_share", at)?;
            let mixture = (s.column("common_mixture_share", at)? / own).sqrt();
            Ok(network.gradient_gain(&samples)? / codes(s)?.gradient_gain(mixture))
        },
    ),
    Quantity::new(
        "mixture_left",
        "common mixture share over that of the arm of the same run that is trained on clean samples alone",
        |s, at| Ok(s.column("common_mixture_share", at)? / clean(s)?.column("common_mixture_share", at)?),
    ),
    Quantity::new(
        "mixture_over_closed_form",
        "common mixture share over that of the closed form of training against changes of the adversary's radius",
        |s, at| {
            let radius = number(s, "adversary.radius").ok_or(Gap::NoForm("training without an adversary"))?;
            Ok(s.column("common_mixture_share", at)? / share(codes(s)?.mixture(radius)))
        },
    ),
    Quantity::new(
        "robust_gain",
        "robust accuracy minus that of the arm of the same run that is trained on clean samples alone",
        |s, at| Ok(s.column("robust_accuracy", at)? - clean(s)?.column("robust_accuracy", at)?),
    ),
    Quantity::new(
        "kept_neurons",
        "share of neurons with cos²(w_i, w'_i) > ½, w'_i the same neuron of the arm of the same run that is trained on \
         clean samples alone",
        |s, at| {
            let other = clean(s)?;
            let squares = squared_cosines(State::of(s, at)?, State::of(&other, at)?);
            Ok(squares.iter().filter(|&&square| square > KEPT).count() as f64 / squares.len() as f64)
        },
    ),
    Quantity::new("initial_share", "mean over neurons of cos²(w_i, w_i(0))", |s, at| {
        let squares = squared_cosines(State::of(s, at)?, State::of(s, Moment::Start)?);
        Ok(squares.iter().sum::<f64>() / squares.len() as f64)
    }),
    Quantity::new(
        "robust_over_linear",
        "robust accuracy over that of the linear classifier ⟨M w*, x⟩ in closed form",
        |s, at| {
            let linear = codes(s)?.linear_robust_accuracy(radius(s)?, s.even_noise()?);
            Ok(s.column("robust_accuracy", at)? / linear)
        },
    ),
];

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, trial: &dyn Trial) -> Range {
    match name {
        "clean_accuracy" | "robust_accuracy" => {
            let samples = trial.value("measure.samples").and_then(Value::as_integer);
            samples.map_or(Range::Within(0.0, 1.0), |samples| Range::ShareOf(samples as f64))
        }
        "kept_neurons" => {
            let width = trial.value("network.width").and_then(Value::as_integer);
            width.map_or(Range::Within(0.0, 1.0), |width| Range::ShareOf(width as f64))
        }
        "mixture_share" | "common_mixture_share" | "initial_share" => Range::Within(0.0, 1.0),
        "mixture_damage" | "random_damage" | "robust_gain" => Range::Within(-1.0, 1.0),
        "gradient_gain"
        | "gradient_gain_ratio"
        | "mixture_left"
        | "mixture_over_closed_form"
        | "robust_over_linear" => Range::Within(0.0, f64::INFINITY),
        _ => Range::Any,
    }
}

/// The network of an arm at its end, and samples that it has not seen.
fn trained(subject: &Subject<'_>) -> Result<(Trained, Labelled), Gap> {
    let network = Trained::of(subject)?;
    let samples = network.samples(subject.space()?.as_ref(), subject.run.plan.seed);
    Ok((network, samples))
}

/// The radius of the attack that robust accuracy is measured with.
fn radius(subject: &Subject<'_>) -> Result<f64, Gap> {
    number(subject, "measure.measurement.radius")
        .ok_or_else(|| Gap::NotRecorded("robust_accuracy".to_owned()))
}

/// A setting that is a number; `None` where the arm does not use it.
fn number(subject: &Subject<'_>, setting: &str) -> Option<f64> {
    subject.value(setting).and_then(Value::as_float)
}

fn codes(subject: &Subject<'_>) -> Result<Codes, Gap> {
    let activity = subject.population()?.activity;
    Ok(Codes { latent_dim: subject.latent_dim(), activity })
}

/// The arm of the same run that is trained on clean samples alone.
fn clean<'a>(subject: &Subject<'a>) -> Result<Subject<'a>, Gap> {
    let role = Role::named(CLEAN);
    let found = subject.run.subjects().find(|other| PAPER.role(other) == Some(role));
    let found = found.ok_or_else(|| Gap::Missing(format!("arm of the same run with: {}", role.words())))?;
    let (own, width) = (subject.width(), found.width());
    if own == width {
        Ok(found)
    } else {
        Err(Gap::Unusable(format!("`{}` has {width} neurons, and this arm has {own}", found.plan.name)))
    }
}

/// cos² of every neuron with the same neuron of another state; 0 for a neuron that is zero in one of them.
fn squared_cosines(state: &State, other: &State) -> Vec<f64> {
    let rows = state.weights.iter_rows().zip(other.weights.iter_rows());
    rows.map(|(w, v)| {
        let energies = squared_norm(w) * squared_norm(v);
        if energies > 0.0 { f64::from(dot(w, v)).powi(2) / energies } else { 0.0 }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name with a slip in it would leave its quantity without a range.
    #[test]
    fn every_quantity_has_words() {
        for quantity in QUANTITIES {
            assert!(PAPER.doc(quantity.name).is_some_and(|doc| doc.len() > 10), "{}", quantity.name);
        }
    }
}

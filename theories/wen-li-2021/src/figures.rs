//! What the paper's figures show of networks on pictures: differences between two arms of one run.
//!
//! ```text
//! quantity = ± (figure of the arm − figure of the arm that it is compared with)
//! ```
//!
//! The sign makes the statement "more than 0". Both arms have the same seed, so they began with the same
//! weights on the same pictures in the same order, and may differ in augmentation alone; from labels in the
//! objective as well. Of arms that differ in the strength of their views the strongest speaks.
//!
//! Source: Figures 1 to 4; theory.md 6.

use crate::FIGURES;
use featurescope_lab::evidence::{Gap, Moment, Trial};
use featurescope_lab::paper::{Quantity, Role, Standing};
use featurescope_lab::stats::Range;

const EQUAL_VIEWS: &str = "equal_views";
const CROPS: &str = "cropped_views";
const LABELS: &str = "labelled_pictures";
/// What two views of a picture have in common, and with it whether there are two.
const AUGMENTATION: &str = "augmentation";
/// What an arm with labels differs in besides.
const OBJECTIVE: &str = "objective";

/// All of them, in words that begin with the figure that is compared.
pub const QUANTITIES: &[Quantity] = &[
    Quantity::anywhere(
        "probe_above_equal_views",
        "accuracy of the linear probe minus that of the arm without augmentation",
        |trial, at| above(trial, at, "probe", EQUAL_VIEWS),
    ),
    Quantity::anywhere(
        "probe_above_crops",
        "accuracy of the linear probe minus that of the arm with crops alone",
        |trial, at| above(trial, at, "probe", CROPS),
    ),
    Quantity::anywhere(
        "firing_below_equal_views",
        "firing density of the arm without augmentation minus that of the arm itself",
        |trial, at| below(trial, at, "firing_density", EQUAL_VIEWS),
    ),
    Quantity::anywhere(
        "firing_below_crops",
        "firing density of the arm with crops alone minus that of the arm itself",
        |trial, at| below(trial, at, "firing_density", CROPS),
    ),
    Quantity::anywhere(
        "cosine_atoms_above_equal_views",
        "share of filters that are single atoms of the cosine basis minus that of the arm without augmentation",
        |trial, at| above(trial, at, "cosine_atoms", EQUAL_VIEWS),
    ),
    Quantity::anywhere(
        "unit_chroma_below_crops",
        "chroma share of units' pictures of the arm with crops alone minus that of the arm itself",
        |trial, at| below(trial, at, "unit_chroma", CROPS),
    ),
    Quantity::anywhere(
        "unit_chroma_below_labels",
        "chroma share of units' pictures of the arm with labels minus that of the arm itself",
        |trial, at| below(trial, at, "unit_chroma", LABELS),
    ),
    Quantity::anywhere(
        "filter_chroma_below_labels",
        "chroma share of first-layer filters of the arm with labels minus that of the arm itself",
        |trial, at| below(trial, at, "filter_chroma", LABELS),
    ),
];

/// Differences of shares and accuracies lie between −1 and 1.
pub fn range(name: &str, _: &dyn Trial) -> Range {
    let is_difference = QUANTITIES.iter().any(|quantity| quantity.name == name);
    if is_difference { Range::Within(-1.0, 1.0) } else { Range::Any }
}

/// An arm speaks unless another one of the run differs from it in views alone and has stronger ones of the
/// same kind.
pub fn standing(trial: &dyn Trial, role: Role) -> Standing {
    let is_outdone = trial.arms().iter().any(|other| {
        FIGURES.role(other.as_ref()) == Some(role)
            && differing(trial, other.as_ref(), &[AUGMENTATION]).is_empty()
            && strength(other.as_ref()) > strength(trial)
    });
    if is_outdone { Standing::Between } else { Standing::Meant }
}

fn above(trial: &dyn Trial, at: Moment, column: &str, role: &str) -> Result<f64, Gap> {
    let other = companion(trial, role)?;
    Ok(trial.column(column, at)? - other.column(column, at)?)
}

fn below(trial: &dyn Trial, at: Moment, column: &str, role: &str) -> Result<f64, Gap> {
    above(trial, at, column, role).map(|difference| -difference)
}

/// The arm of the same run that has this role and is otherwise like this one; of several the one with the
/// strongest views, of equal ones the first.
fn companion<'a>(trial: &'a dyn Trial, role: &str) -> Result<Box<dyn Trial + 'a>, Gap> {
    let role = Role::named(role);
    let meant: &[&str] = if role.name() == LABELS { &[AUGMENTATION, OBJECTIVE] } else { &[AUGMENTATION] };
    let all = trial.arms().into_iter().filter(|other| FIGURES.role(other.as_ref()) == Some(role));
    let (like, others): (Vec<_>, Vec<_>) =
        all.partition(|other| differing(trial, other.as_ref(), meant).is_empty());
    let strongest = like
        .into_iter()
        .reduce(|best, other| if strength(other.as_ref()) > strength(best.as_ref()) { other } else { best });
    strongest.ok_or_else(|| match others.first() {
        Some(other) => Gap::Unusable(format!(
            "`{}` differs from `{}` in more than {}: {}",
            other.name(),
            trial.name(),
            meant.join(" and "),
            differing(trial, other.as_ref(), meant).join(", ")
        )),
        None => Gap::Missing(format!("arm of the same run with: {}", role.words())),
    })
}

/// The settings in which two arms differ beyond what they are meant to.
fn differing(trial: &dyn Trial, other: &dyn Trial, meant: &[&str]) -> Vec<String> {
    let (own, others) = (trial.settings().without(meant), other.settings().without(meant));
    own.differing(&others).into_iter().map(str::to_owned).collect()
}

/// 1 as in SimCLR, 0 where views have no strength.
fn strength(trial: &dyn Trial) -> f64 {
    trial.value("augmentation.strength").and_then(toml::Value::as_float).unwrap_or_default()
}

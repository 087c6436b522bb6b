//! The paper's qualitative statements about pictures, judged over seeds.
//!
//! Each statement is about a difference between two arms. Seeds are pairs: the same seed gives both arms the same pictures, initial
//! weights and order. A statement is supported if the 95 % t-interval of the mean paired difference lies on its side of 0,
//! refuted if it lies on the other side, undecided otherwise or with fewer than two seeds.

use super::stored::{StoredArm, StoredRun, StoredSeed};
use crate::adversary::Adversary;
use crate::settings::Arm;
use crate::views::Augmentation;
use featurescope_lab::report::page::show;
use featurescope_lab::stats::Located;
use serde::Serialize;

/// A statement and what the run says about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The statement.
    pub statement: String,
    /// `supported`, `refuted`, `undecided`.
    pub word: &'static str,
    /// The difference, its interval, and over how many seeds.
    pub text: String,
    /// Mean paired difference, in the direction that the statement says is positive.
    pub difference: f64,
    /// Its 95 % interval, if there are seeds enough.
    pub interval: Option<[f64; 2]>,
}

/// Which arm plays which part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Crop,
    Full,
    Mask,
    Supervised,
}

/// Which figure, with its name.
type Figure = (&'static str, fn(&StoredSeed) -> Option<f64>);

const PROBE: Figure = ("linear probe accuracy", |seed| seed.reading()?.probe);
const FIRING: Figure = ("firing density", |seed| seed.reading()?.firing_density);
const ATOMS: Figure =
    ("share of filters that are single atoms of the cosine basis", |seed| seed.reading()?.cosine_atoms);
const UNITS: Figure = ("chroma share of units' pictures", StoredSeed::unit_chroma);
const FILTERS: Figure = ("chroma share of first-layer filters", |seed| seed.reading()?.filter_chroma);

/// (figure, the smaller, the larger).
const STATEMENTS: [(Figure, Part, Part); 12] = [
    (PROBE, Part::None, Part::Crop),
    (PROBE, Part::Crop, Part::Full),
    (PROBE, Part::None, Part::Full),
    (PROBE, Part::None, Part::Mask),
    (FIRING, Part::Crop, Part::None),
    (FIRING, Part::Full, Part::Crop),
    (FIRING, Part::Full, Part::None),
    (FIRING, Part::Mask, Part::None),
    (ATOMS, Part::None, Part::Mask),
    (UNITS, Part::Full, Part::Crop),
    (UNITS, Part::Full, Part::Supervised),
    (FILTERS, Part::Full, Part::Supervised),
];

fn part_of(arm: &Arm, run: &StoredRun) -> Option<Part> {
    if arm.adversary != Adversary::None {
        return None;
    }
    if arm.objective.is_supervised() {
        return Some(Part::Supervised);
    }
    match arm.augmentation {
        _ if !run.has_usual_objective(arm) => None,
        Augmentation::None => Some(Part::None),
        Augmentation::Crop { .. } => Some(Part::Crop),
        Augmentation::Full { .. } => Some(Part::Full),
        Augmentation::Mask { .. } | Augmentation::RandomMask { .. } => Some(Part::Mask),
    }
}

/// Every statement that the run has both arms for.
pub fn claims(run: &StoredRun) -> Vec<Claim> {
    // Of arms that differ in strength alone, the strongest speaks.
    let find = |part: Part| {
        let arms = run.arms.iter().rev().filter(|arm| part_of(&arm.arm, run) == Some(part));
        let strength = |arm: &StoredArm| arm.arm.augmentation.strength().unwrap_or_default();
        arms.max_by(|a, b| strength(a).total_cmp(&strength(b)))
    };
    let judged =
        STATEMENTS.iter().filter_map(|&(figure, small, large)| judge(figure, find(small)?, find(large)?));
    judged.collect()
}

fn judge((name, read): Figure, small: &StoredArm, large: &StoredArm) -> Option<Claim> {
    let paired = |seed: &StoredSeed| {
        let other = large.seeds.iter().find(|other| other.seed == seed.seed)?;
        Some(read(other)? - read(seed)?)
    };
    let differences: Vec<f64> = small.seeds.iter().filter_map(paired).collect();
    if differences.is_empty() {
        return None;
    }
    let difference = differences.iter().sum::<f64>() / differences.len() as f64;
    let interval = Located::mean(&differences).map(|located| located.interval(0.95));
    let word = match &interval {
        Some(interval) if interval.lower > 0.0 => "supported",
        Some(interval) if interval.upper < 0.0 => "refuted",
        _ => "undecided",
    };
    let seeds = differences.len();
    let text = match &interval {
        Some(interval) => format!(
            "difference {} [{}, {}], 95 % t-interval over {seeds} seeds",
            show(Some(difference)),
            show(Some(interval.lower)),
            show(Some(interval.upper))
        ),
        None => format!("difference {} of a single seed: no interval", show(Some(difference))),
    };
    Some(Claim {
        statement: format!("{name}: {} < {}", small.name, large.name),
        word,
        text,
        difference,
        interval: interval.map(|interval| [interval.lower, interval.upper]),
    })
}

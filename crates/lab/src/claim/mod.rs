//! The statements of papers as data, judged from stored runs.
//!
//! ```text
//! claims/*.toml ─▶ Claim ─▶ measure (one run at a time: files ─▶ numbers) ─▶ judge (numbers ─▶ verdicts) ─▶ Scoreboard
//! ```
//!
//! What a statement needs, its bound and its rule stand in the file, so they are fixed before the run they
//! judge. Theory and measurement meet only here. Judging reads stored files and changes none of them.
//!
//! A rule is an interval [`at_least`, `at_most`] for a quantity: Supported if the quantity's whole confidence
//! interval over seeds lies inside, Refuted if it lies outside, Undecided otherwise. The level of the
//! intervals is corrected for the number of statements ([`holm_levels`](crate::stats::holm_levels)).
//!
//! To add a claim: one entry in a file under `claims/` of its paper. Rules: docs/claims.md.

pub mod about;
pub mod measure;
pub mod judge;
pub mod tendency;
pub mod destiny;
pub mod wording;

pub use about::About;
pub use destiny::NeuronDestiny;
pub use judge::{FEWEST_SEEDS, Scoreboard, Verdict, judge, judge_shipped, judge_telling, speaking};
pub use tendency::Tendency;

use crate::evidence::Moment;
use crate::identity::Digest;
use crate::paper::{Paper, Role};
use serde::{Deserialize, Serialize};

/// A claim file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// It is no TOML, or has other keys than a claim.
    #[error("claims/{file}: {source}")]
    Syntax {
        /// The file.
        file: &'static str,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A claim says something that cannot be.
    #[error("claims/{file}, {id}: {problem}")]
    Content {
        /// The file.
        file: &'static str,
        /// The claim.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// One statement of a paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The paper's number of it.
    pub id: String,
    /// Row of the catalogue in the paper's theory page.
    pub catalogue: String,
    /// A few words.
    pub title: String,
    /// What it says, in plain words.
    pub statement: String,
    /// What it says, as a formula.
    pub formula: String,
    /// What is exact about the test and what is a choice made for a finite size.
    pub finite_size: String,
    /// What it is about; `None` only where it has no tests.
    pub about: Option<About>,
    /// Which outcome of a measurement would refute it; `None` only where it has no tests.
    pub refuted_by: Option<String>,
    /// How it is tested; empty exactly where `not_testable` says why.
    #[serde(default)]
    pub tests: Vec<Test>,
    /// Why no finite run can decide it.
    pub not_testable: Option<String>,
}

/// A test with its rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Test {
    /// The quantity itself, at every size for which there are runs.
    AtOneSize(AtOneSize),
    /// How the quantity changes over a ladder of sizes.
    Scaling(Scaling),
}

/// A quantity against a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtOneSize {
    /// Which arms it speaks of, each judged by itself.
    pub arms: Vec<Role>,
    /// Name in the registry of quantities, or a recorded column.
    pub quantity: String,
    /// When.
    pub at: Moment,
    /// The statement holds from here on; `None`: no lower bound.
    pub at_least: Option<f64>,
    /// The statement holds up to here; `None`: no upper bound.
    pub at_most: Option<f64>,
    /// What must hold for the statement to apply.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Arms on which the statement must fail.
    #[serde(default)]
    pub controls: Vec<Role>,
}

/// The slope of a quantity over sizes against a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Which arms it speaks of, each judged by itself.
    pub arms: Vec<Role>,
    /// Name in the registry of quantities, or a recorded column.
    pub quantity: String,
    /// When.
    pub at: Moment,
    /// What changes over the ladder.
    pub against: Axis,
    /// What the slope is of.
    pub scale: Scale,
    /// Smallest slope with which the statement holds.
    pub at_least: Option<f64>,
    /// Largest slope with which the statement holds.
    pub at_most: Option<f64>,
    /// What must hold at every size for the statement to apply.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// What changes over a ladder of sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// d; other sizes may grow with it.
    LatentDim,
    /// d1 at fixed d.
    AmbientDim,
    /// P, everything else fixed.
    Anchors,
    /// τ, everything else fixed.
    Temperature,
    /// λ, everything else fixed.
    WeightDecay,
}

impl Axis {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::LatentDim, Self::AmbientDim, Self::Anchors, Self::Temperature, Self::WeightDecay];

    /// Its setting.
    pub fn words(self) -> &'static str {
        match self {
            Self::LatentDim => "data.latent_dim",
            Self::AmbientDim => "data.ambient_dim",
            Self::Anchors => "batch.anchors",
            Self::Temperature => "objective.temperature",
            Self::WeightDecay => "training.weight_decay",
        }
    }
}

/// What the slope is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// ln(quantity) over ln(size): the exponent.
    LogLog,
    /// The quantity over ln(size): the trend.
    LinearLog,
}

/// What must hold for a statement to apply, or for a control to have to fail, in every run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The kind of arm of which it is asked; `None`: of every one.
    pub arm: Option<Role>,
    /// Name in the registry of quantities, or a recorded column.
    pub quantity: String,
    /// When.
    pub at: Moment,
    /// Smallest value allowed.
    pub at_least: Option<f64>,
    /// Largest value allowed.
    pub at_most: Option<f64>,
}

/// The numbers with which a statement holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// `None`: no lower bound.
    pub at_least: Option<f64>,
    /// `None`: no upper bound.
    pub at_most: Option<f64>,
}

impl Bounds {
    /// Whether the value satisfies them.
    pub fn hold(&self, value: f64) -> bool {
        self.at_least.is_none_or(|low| value >= low) && self.at_most.is_none_or(|high| value <= high)
    }
}

impl Test {
    /// The arms it speaks of.
    pub fn arms(&self) -> &[Role] {
        match self {
            Self::AtOneSize(test) => &test.arms,
            Self::Scaling(test) => &test.arms,
        }
    }

    /// Whether it is the same test as another: then both have the same findings and count once.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let axis = |test: &Self| match test {
            Self::AtOneSize(_) => None,
            Self::Scaling(scaling) => Some((scaling.against, scaling.scale)),
        };
        // Conditions of controls have no say in what is found on the subjects.
        let asked = |test: &Self| -> Vec<Condition> {
            let is_of_subjects =
                |condition: &&Condition| condition.arm.is_none_or(|arm| test.arms().contains(&arm));
            let own = test.conditions().iter().filter(is_of_subjects).cloned();
            own.map(|condition| Condition { arm: None, ..condition }).collect()
        };
        (self.arms(), self.quantity(), self.bounds(), asked(self), axis(self))
            == (other.arms(), other.quantity(), other.bounds(), asked(other), axis(other))
    }

    /// What is read.
    pub fn quantity(&self) -> (&str, Moment) {
        match self {
            Self::AtOneSize(test) => (&test.quantity, test.at),
            Self::Scaling(test) => (&test.quantity, test.at),
        }
    }

    /// The rule.
    pub fn bounds(&self) -> Bounds {
        let (at_least, at_most) = match self {
            Self::AtOneSize(test) => (test.at_least, test.at_most),
            Self::Scaling(test) => (test.at_least, test.at_most),
        };
        Bounds { at_least, at_most }
    }

    /// The runs with such an arm that it needs, in words.
    pub fn needs(&self, arm: Role) -> String {
        let until = match self.quantity().1 {
            Moment::Start => "",
            Moment::T1 => " that reaches T1",
            Moment::T2 => " that reaches T2",
            Moment::End | Moment::Window => " run to the end",
        };
        let arm = format!("an arm with {}{until}", arm.words());
        match self {
            Self::AtOneSize(_) => format!("{arm}, {FEWEST_SEEDS} seeds"),
            Self::Scaling(test) => {
                format!("{arm}, 3 values of {}, {FEWEST_SEEDS} seeds each", test.against.words())
            }
        }
    }

    /// What must hold for it to apply.
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Self::AtOneSize(test) => &test.conditions,
            Self::Scaling(test) => &test.conditions,
        }
    }

    /// Arms on which the statement must fail.
    pub fn controls(&self) -> &[Role] {
        match self {
            Self::AtOneSize(test) => &test.controls,
            Self::Scaling(_) => &[],
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimFile {
    claim: Vec<Claim>,
}

/// All claims of a paper, in its order.
///
/// # Errors
/// If a file is no claim file: a test of the paper sees to it that they are.
pub fn claims(paper: &Paper) -> Result<Vec<Claim>, ClaimError> {
    let mut all: Vec<Claim> = Vec::new();
    paper.claims.iter().try_for_each(|&(file, text)| add_claims(paper, &mut all, file, text))?;
    Ok(all)
}

/// SHA-256 of all claim files of a paper: two boards that show the same were judged by the same statements, bounds
/// and rules.
pub fn claims_digest(paper: &Paper) -> Digest {
    let named = paper.claims.iter().map(|(file, text)| format!("{file} {}\n{text}", text.len()));
    Digest::of(named.collect::<String>())
}

/// Adds the claims in the `text` of a claim file of a paper.
///
/// # Errors
/// If it is no claim file, or a claim is not complete or there already.
pub fn add_claims(
    paper: &Paper,
    all: &mut Vec<Claim>,
    file: &'static str,
    text: &str,
) -> Result<(), ClaimError> {
    let parsed: ClaimFile = toml::from_str(text).map_err(|source| ClaimError::Syntax { file, source })?;
    for claim in parsed.claim {
        let wrong = |problem| ClaimError::Content { file, id: claim.id.clone(), problem };
        check(paper, &claim, all).map_err(wrong)?;
        all.push(claim);
    }
    Ok(())
}

fn check(paper: &Paper, claim: &Claim, before: &[Claim]) -> Result<(), String> {
    if before.iter().any(|other| other.id == claim.id) {
        return Err("there are two claims of this id".to_owned());
    }
    if claim.tests.is_empty() != claim.not_testable.is_some() {
        return Err("a claim has either tests or a reason why it cannot be tested".to_owned());
    }
    check_about(claim)?;
    let roles = paper.roles().map_err(|error| format!("the paper's roles: {error}"))?;
    for test in &claim.tests {
        if test.arms().is_empty() {
            return Err("a test without an arm judges nothing: `arms` names at least one".to_owned());
        }
        let asked = test.conditions().iter().filter_map(|condition| condition.arm);
        let named = test.arms().iter().chain(test.controls()).copied().chain(asked);
        if let Some(unknown) = named.into_iter().find(|&role| roles.words(role).is_none()) {
            let known: Vec<&str> = roles.all().map(Role::name).collect();
            return Err(format!(
                "`{}` is no kind of arm: expected one of {}",
                unknown.name(),
                known.join(", ")
            ));
        }
        let Bounds { at_least, at_most } = test.bounds();
        if at_least.is_none() && at_most.is_none() {
            return Err("a test without a bound decides nothing".to_owned());
        }
        let conditions = test.conditions().iter().map(|condition| condition.quantity.as_str());
        for name in conditions.chain([test.quantity().0]) {
            if paper.doc(name).is_none() {
                return Err(format!("`{name}` is neither a quantity nor a recorded column"));
            }
        }
    }
    Ok(())
}

/// A claim with tests says what it is about and what would refute it, and is read when that can be seen.
fn check_about(claim: &Claim) -> Result<(), String> {
    if claim.tests.is_empty() {
        return Ok(());
    }
    let Some(about) = claim.about else {
        return Err(format!(
            "`about` is missing; a claim with tests is about one of {}",
            About::NAMES.join(", ")
        ));
    };
    if claim.refuted_by.as_ref().is_none_or(|outcome| outcome.trim().is_empty()) {
        return Err(
            "`refuted_by` is missing; it says which measured outcome would refute the claim".to_owned()
        );
    }
    for test in &claim.tests {
        let (quantity, at) = test.quantity();
        if !about.moments().contains(&at) {
            let allowed: Vec<&str> = about.moments().iter().map(|moment| moment.words()).collect();
            return Err(format!(
                "{quantity} is read {}; a claim about {} is read {}",
                at.words(),
                about.words(),
                allowed.join(", ")
            ));
        }
    }
    Ok(())
}

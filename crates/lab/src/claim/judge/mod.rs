//! From numbers to verdicts.
//!
//! Runs that differ in nothing but the seed are repetitions: their mean has an interval, and so has a slope
//! over sizes. Every (test, setting) is one member of a family, to which Holm's correction applies at α =
//! .05; controls are a family of their own.
//!
//! A setting with fewer than five seeds decides nothing and stands in nobody's way: its figure is shown, it
//! is no member of the family. Neither is one of which the statement does not speak, nor a control that
//! differs from every subject in more than what makes it one. Neither is a ladder of fewer than three sizes
//! where another one has them.
//!
//! A claim is Refuted if one of its tests is refuted at some setting, Supported if every test is supported at
//! every setting that was judged, and Undecided otherwise. One about learning that runs support which learn
//! nothing is no evidence.

mod controls;
mod count;
mod decide;
mod labels;
mod reason;
mod repetitions;

pub use super::Bounds;
pub use count::{Count, counts};
pub use reason::Reason;

use super::destiny::{Fates, NeuronDestiny, destinies, fates};
use super::measure::{ArmSetting, Observation, measure};
use super::{About, Axis, Claim, ClaimError, Test, claims, claims_digest};
use crate::evidence::{EvidenceError, Moment};
use crate::identity::Digest;
use crate::paper::{Name, Paper, find, shipped};
use crate::stats::{Estimate, Located};
use controls::require_subjects_settings;
use rayon::prelude::*;
use repetitions::{at_one_size, over_sizes, trend};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Probability that any statement of a family is decided wrongly.
pub const ALPHA: f64 = 0.05;
/// Level of intervals that decide nothing.
const PLAIN_LEVEL: f64 = 0.95;
/// Seeds with which a setting is judged: fewer give intervals too wide to decide anything in a large family.
pub const FEWEST_SEEDS: usize = 5;

/// What the runs say about a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval satisfies the rule.
    Supported,
    /// The whole interval violates it.
    Refuted,
    /// It is supported, and so it is by runs that learn nothing.
    NoEvidence,
    /// Neither.
    Undecided {
        /// Why.
        reason: Reason,
    },
    /// No finite run can decide it.
    NotTestable {
        /// Why.
        reason: String,
    },
}

/// One test at one setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The arm and its sizes; for a scaling test those of the largest size.
    pub setting: ArmSetting,
    /// Seeds and their values; for a scaling test (size, value).
    pub values: Vec<(f64, f64)>,
    /// The figure with its interval at the corrected level.
    pub estimate: Option<Estimate>,
    /// What it says.
    #[serde(flatten)]
    pub verdict: Verdict,
    #[serde(skip)]
    located: Option<Located>,
}

/// One test of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// What was read.
    pub quantity: String,
    /// When.
    pub at: Moment,
    /// For a scaling test, what changes.
    pub against: Option<Axis>,
    /// The rule.
    pub rule: Bounds,
    /// What it found, setting by setting.
    pub findings: Vec<Finding>,
    /// What it found where it must fail.
    pub controls: Vec<Finding>,
    /// What it found in runs that learn nothing.
    #[serde(default)]
    pub idle: Vec<Finding>,
    /// The claim that has the same test before: both count once.
    #[serde(default)]
    pub same_as: Option<String>,
    /// Slope of the quantity over ln d where there are enough sizes: the trend beside a verdict at one size.
    pub trend: Option<Estimate>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The paper's number.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What it says.
    pub statement: String,
    /// What it is about; `None` where it has no tests.
    #[serde(default)]
    pub about: Option<About>,
    /// What the runs say.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Test by test.
    pub tests: Vec<TestResult>,
}

/// Everything that a set of runs says about a paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scoreboard {
    /// Name of the paper; `None` on boards of earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Name>,
    /// Probability that any statement of a family is decided wrongly.
    pub alpha: f64,
    /// Which statements, bounds and rules judged: SHA-256 of the claim files. `None` on boards of earlier
    /// programs.
    #[serde(default)]
    pub claims_digest: Option<Digest>,
    /// Verdicts by what statements are about, those about learning first.
    #[serde(default)]
    pub counts: Vec<Count>,
    /// Claims in the order of the paper.
    pub claims: Vec<ClaimResult>,
    /// Whether luck at the start decides what neurons become.
    pub destiny: Vec<NeuronDestiny>,
    /// Runs that could not be read, controls that do not fail, and runs that learn nothing and support what
    /// is about learning.
    pub warnings: Vec<String>,
}

/// Judges a paper by the stored runs in these folders. Its statements are a family of tests of their own.
///
/// Folders that hold no readable run are named in the warnings.
///
/// # Errors
/// If its claims cannot be read.
pub fn judge(paper: &Paper, folders: &[PathBuf]) -> Result<Scoreboard, ClaimError> {
    judge_telling(paper, folders, &|_| {})
}

/// The same, telling after every run how many have been read.
///
/// # Errors
/// If its claims cannot be read.
pub fn judge_telling(
    paper: &Paper,
    folders: &[PathBuf],
    on_read: &(dyn Fn(usize) + Sync),
) -> Result<Scoreboard, ClaimError> {
    let claims = claims(paper)?;
    let (mut observations, mut all_fates, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let finished = AtomicUsize::new(0);
    // A run is opened, read and dropped by one thread.
    let read = |folder: &PathBuf| {
        let (mut measured, mut of_run) = (Vec::new(), Vec::new());
        (paper.runs.visit)(folder, &mut |trial| {
            of_run.extend(fates(paper, trial));
            measured.extend(measure(paper, &claims, trial));
        })?;
        on_read(finished.fetch_add(1, Ordering::Relaxed) + 1);
        Ok((measured, of_run))
    };
    let found: Vec<Result<_, EvidenceError>> = folders.par_iter().map(read).collect();
    for run in found {
        match run {
            Ok((of_run, fates_of_run)) => {
                observations.extend(of_run);
                all_fates.extend(fates_of_run);
            }
            Err(error) => warnings.push(format!("left out: {error}")),
        }
    }
    let settings = observations.iter_mut().map(|observation: &mut Observation| &mut observation.setting);
    labels::tell_apart(settings.chain(all_fates.iter_mut().map(|fates: &mut Fates| &mut fates.setting)));
    let mut scoreboard = judge_observations(paper, &claims, &observations);
    scoreboard.claims_digest = Some(claims_digest(paper));
    scoreboard.destiny = destinies(all_fates);
    scoreboard.warnings.splice(0..0, warnings);
    Ok(scoreboard)
}

/// Judges every shipped paper that has claims on such runs by those of its kind: one board each, of papers that
/// [speak of them](speaking).
///
/// # Errors
/// If claims cannot be read.
pub fn judge_shipped(folders: &[PathBuf]) -> Result<Vec<Scoreboard>, ClaimError> {
    let papers = shipped().into_iter().map(|paper| (paper, paper.runs_among(folders)));
    let judged = papers.filter(|(_, runs)| !runs.is_empty()).map(|(paper, runs)| judge(paper, &runs));
    Ok(speaking(judged.collect::<Result<_, _>>()?))
}

/// The boards of papers that speak of some arm. Where no paper about a kind of runs does, all of its boards stay, to
/// say that.
pub fn speaking(boards: Vec<Scoreboard>) -> Vec<Scoreboard> {
    let kind = |board: &Scoreboard| board.paper.and_then(|name| find(name.text())).map(|paper| paper.runs);
    let is_told = |of: &Scoreboard| {
        boards.iter().any(|board| {
            let is_same = kind(board).zip(kind(of)).is_some_and(|(kind, other)| kind.is(other));
            is_same && board.speaks()
        })
    };
    let stays: Vec<bool> = boards.iter().map(|board| board.speaks() || !is_told(board)).collect();
    boards.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(board, _)| board).collect()
}

impl Scoreboard {
    /// Whether any of its tests found an arm to look at, if only as a control.
    fn speaks(&self) -> bool {
        let mut tests = self.claims.iter().flat_map(|claim| &claim.tests);
        tests.any(|test| !(test.findings.is_empty() && test.controls.is_empty() && test.idle.is_empty()))
    }
}

/// Judges observations of a paper's claims.
pub fn judge_observations(paper: &Paper, claims: &[Claim], observations: &[Observation]) -> Scoreboard {
    let mut results: Vec<ClaimResult> =
        claims.iter().enumerate().map(|(c, claim)| draft(paper, c, claim, observations)).collect();
    decide::decide_all(claims, &mut results);
    let mut warnings = Vec::new();
    for (result, claim) in results.iter_mut().zip(claims) {
        result.verdict = decide::overall(claim, result);
        let supported = |finding: &Finding, by: &str| {
            let ArmSetting { role, arm, .. } = &finding.setting;
            format!(
                "{}: {by} is supported as well ({}, {arm}, {})",
                result.id,
                role.words(),
                finding.setting.label()
            )
        };
        warnings
            .extend(result.controls_that_hold().into_iter().map(|control| supported(control, "a control")));
        for finding in result.idle_runs_that_support() {
            let idleness = finding.setting.idleness.map_or("", |idleness| idleness.words());
            warnings.push(supported(finding, &format!("by a run that learns nothing ({idleness})")));
        }
    }
    let counts = counts(&results);
    Scoreboard {
        paper: Some(Name::new(paper.name)),
        alpha: ALPHA,
        claims_digest: None,
        counts,
        claims: results,
        destiny: Vec::new(),
        warnings,
    }
}

/// The claim with its figures, still to be decided.
fn draft(paper: &Paper, c: usize, claim: &Claim, observations: &[Observation]) -> ClaimResult {
    let is_learned = claim.about.is_some_and(About::is_learned);
    let tests = claim.tests.iter().enumerate().map(|(t, test)| {
        let of = |wanted: &dyn Fn(&ArmSetting) -> bool| -> Vec<&Observation> {
            let fits = |r: &&Observation| r.claim == c && r.test == t && wanted(&r.setting);
            observations.iter().filter(fits).collect()
        };
        let is_idle = |setting: &ArmSetting| is_learned && setting.idleness.is_some();
        let own = of(&|setting| test.arms().contains(&setting.role) && !is_idle(setting));
        let controls = of(&|setting| test.controls().contains(&setting.role));
        let idle = of(&is_idle);
        let find = |observations: &[&Observation]| match test {
            Test::AtOneSize(_) => at_one_size(observations),
            Test::Scaling(scaling) => over_sizes(observations, scaling),
        };
        let (against, trend) = match test {
            Test::AtOneSize(_) => (None, trend(&own)),
            Test::Scaling(scaling) => (Some(scaling.against), None),
        };
        let subjects: Vec<&ArmSetting> = own.iter().map(|observation| &observation.setting).collect();
        let mut controls = at_one_size(&controls);
        require_subjects_settings(&mut controls, &subjects, paper.roles().ok());
        let ((quantity, at), rule) = (test.quantity(), test.bounds());
        let (quantity, findings, idle) = (quantity.to_owned(), find(&own), find(&idle));
        TestResult { quantity, at, against, rule, findings, controls, idle, same_as: None, trend }
    });
    ClaimResult {
        id: claim.id.clone(),
        title: claim.title.clone(),
        statement: claim.statement.clone(),
        about: claim.about,
        tests: tests.collect(),
        verdict: Verdict::Undecided { reason: Reason::Partly },
    }
}

impl Finding {
    /// Whether it would be judged if the statement applied.
    pub fn has_enough_seeds(&self) -> bool {
        let not_applicable =
            matches!(&self.verdict, Verdict::Undecided { reason: Reason::NotApplicable { .. } });
        not_applicable || self.is_judged()
    }

    /// Whether there were runs enough to decide.
    pub fn is_judged(&self) -> bool {
        let Verdict::Undecided { reason } = &self.verdict else { return true };
        !matches!(
            reason,
            Reason::TooFewSeeds { .. }
                | Reason::TooFewSizes { .. }
                | Reason::NotApplicable { .. }
                | Reason::NotAtSubjectsSettings { .. }
                | Reason::NoSubject
        )
    }
}

impl Scoreboard {
    /// What decided: settings that were judged, where there are any, controls that were, and runs that learn
    /// nothing where the statement speaks of them.
    #[must_use]
    pub fn decisive(&self) -> Self {
        let mut board = self.clone();
        for test in board.claims.iter_mut().flat_map(|claim| &mut claim.tests) {
            if test.judged().next().is_some() {
                test.findings.retain(Finding::is_judged);
            }
            test.controls.retain(Finding::has_enough_seeds);
            test.idle.retain(Finding::is_judged);
        }
        board.destiny.retain(|destiny| destiny.runs.len() >= FEWEST_SEEDS);
        board
    }
}

impl TestResult {
    /// The findings that decide.
    pub fn judged(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_judged())
    }
}

//! From numbers to verdicts.
//!
//! Runs that differ in nothing but the seed are repetitions: their mean has a Student t interval, and a slope over
//! sizes an interval from resampling seeds within each size. Every (test, setting) is one member of a family, to which
//! Holm's correction applies at α = .05; negative controls are a family of their own.
//!
//! A setting with fewer than five seeds decides nothing and stands in nobody's way: its figure is shown, it is no member
//! of the family. Neither is one of which the statement does not speak. Neither is a ladder of fewer than three sizes where another one has them.
//!
//! A claim is Refuted if one of its tests is refuted at some setting, Supported if every test is supported at every
//! setting that was judged, and Undecided otherwise.

pub use super::Bounds;
use super::destiny::{Destiny, destinies};
use super::evidence::{EvidenceError, Gap, Run};
use super::measure::{Obstacle, Reading, Setting, measure};
use super::{Axis, Claim, ClaimError, Moment, Role, Scale, Scaling, Test, claims};
use crate::stats::{Estimate, Located, holm_levels};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Probability that any statement of a family is decided wrongly.
pub const ALPHA: f64 = 0.05;
/// Level of intervals that decide nothing.
const PLAIN_LEVEL: f64 = 0.95;
/// Seeds with which a setting is judged: fewer give intervals too wide to decide anything in a large family.
pub const FEWEST_SEEDS: usize = 5;
/// Sizes that a trend needs.
const FEWEST_SIZES: usize = 3;

/// What the runs say about a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval satisfies the rule.
    Supported,
    /// The whole interval violates it.
    Refuted,
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

/// Why a statement is undecided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No run has such an arm.
    #[error("there is no run for it; it needs {needed}")]
    NoRuns {
        /// What it would have to be.
        needed: String,
    },
    /// An interval needs repetitions.
    #[error("too few seeds: {found}, a verdict needs {FEWEST_SEEDS}")]
    TooFewSeeds {
        /// How many there are.
        found: usize,
    },
    /// A trend needs sizes.
    #[error("too few sizes: {found}, a trend needs at least {FEWEST_SIZES} with 2 seeds each")]
    TooFewSizes {
        /// How many there are.
        found: usize,
    },
    /// Two settings of one ladder have the same size.
    #[error("two settings with {axis} = {size} on one ladder: give them different experiment names", axis = .axis.words())]
    TwoSettings {
        /// What changes along the ladder.
        axis: Axis,
        /// The size.
        size: f64,
    },
    /// The interval contains the bound.
    #[error("the interval over {seeds} seeds contains the bound: more seeds would narrow it")]
    OnTheBound {
        /// How many there are.
        seeds: usize,
    },
    /// Some runs have no value.
    #[error("{missing} of {runs} runs have no value: {why}")]
    NotMeasured {
        /// How many have none.
        missing: usize,
        /// How many there are.
        runs: usize,
        /// What the first of them says.
        why: String,
    },
    /// The statement does not speak of such runs: its condition is not met in any of them, or it is about something that
    /// they do not have.
    #[error("not applicable: {why}")]
    NotApplicable {
        /// What.
        why: String,
    },
    /// Tests or settings of the claim disagree about being decided.
    #[error("not every test is decided")]
    Partly,
}

/// One test at one setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The arm and its sizes; for a scaling test those of the largest size.
    pub setting: Setting,
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
    /// What the runs say.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Test by test.
    pub tests: Vec<TestResult>,
}

/// Everything that a set of runs says about the paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scoreboard {
    /// Probability that any statement of a family is decided wrongly.
    pub alpha: f64,
    /// Claims in the order of the paper.
    pub claims: Vec<ClaimResult>,
    /// Whether luck at the start decides what neurons become.
    pub destiny: Vec<Destiny>,
    /// Runs that could not be read, and controls that do not fail.
    pub warnings: Vec<String>,
}

/// Judges the stored runs in these folders.
///
/// Folders that hold no readable run are named in the warnings.
///
/// # Errors
/// If the shipped claims cannot be read.
pub fn judge(folders: &[PathBuf]) -> Result<Scoreboard, ClaimError> {
    judge_telling(folders, &|_| {})
}

/// The same, telling after every run how many have been read.
///
/// # Errors
/// If the shipped claims cannot be read.
pub fn judge_telling(
    folders: &[PathBuf],
    on_read: &(dyn Fn(usize) + Sync),
) -> Result<Scoreboard, ClaimError> {
    let claims = claims()?;
    let (mut readings, mut fates, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let finished = AtomicUsize::new(0);
    // A run is opened, read and dropped by one thread.
    let read = |folder: &PathBuf| {
        let run = Run::open(folder)?;
        let fates: Vec<_> = run.subjects().filter_map(|subject| super::destiny::fates(&subject)).collect();
        let measured = measure(&claims, run.subjects());
        on_read(finished.fetch_add(1, Ordering::Relaxed) + 1);
        Ok((measured, fates))
    };
    let found: Vec<Result<_, EvidenceError>> = folders.par_iter().map(read).collect();
    for run in found {
        match run {
            Ok((of_run, fates_of_run)) => {
                readings.extend(of_run);
                fates.extend(fates_of_run);
            }
            Err(error) => warnings.push(format!("left out: {error}")),
        }
    }
    let mut scoreboard = judge_readings(&claims, &readings);
    scoreboard.destiny = destinies(fates);
    scoreboard.warnings.splice(0..0, warnings);
    Ok(scoreboard)
}

/// Judges readings.
pub fn judge_readings(claims: &[Claim], readings: &[Reading]) -> Scoreboard {
    let mut results: Vec<ClaimResult> =
        claims.iter().enumerate().map(|(c, claim)| draft(c, claim, readings)).collect();
    let tests = || results.iter().flat_map(|claim| &claim.tests);
    let subjects: Vec<f64> =
        tests().flat_map(|test| test.findings.iter().map(|f| p_value(f, test.rule))).collect();
    let controls: Vec<f64> =
        tests().flat_map(|test| test.controls.iter().map(|f| p_value(f, test.rule))).collect();
    let (subjects, controls) = (holm_levels(&subjects, ALPHA), holm_levels(&controls, ALPHA));
    let (mut subjects, mut controls) = (subjects.into_iter(), controls.into_iter());
    let mut warnings = Vec::new();
    for (result, claim) in results.iter_mut().zip(claims) {
        for test in &mut result.tests {
            for (finding, level) in test.findings.iter_mut().zip(&mut subjects) {
                decide(finding, test.rule, level);
            }
            for (finding, level) in test.controls.iter_mut().zip(&mut controls) {
                decide(finding, test.rule, level);
            }
        }
        for control in result.controls_that_hold() {
            warnings.push(format!(
                "{}: a control is supported as well ({}, {})",
                result.id,
                control.setting.role.words(),
                control.setting.label()
            ));
        }
        result.verdict = overall(claim, &result.tests);
    }
    Scoreboard { alpha: ALPHA, claims: results, destiny: Vec::new(), warnings }
}

/// The claim with its figures, still to be decided.
fn draft(c: usize, claim: &Claim, readings: &[Reading]) -> ClaimResult {
    let tests = claim.tests.iter().enumerate().map(|(t, test)| {
        let of = |wanted: &dyn Fn(Role) -> bool| -> Vec<&Reading> {
            let fits = |r: &&Reading| r.claim == c && r.test == t && wanted(r.setting.role);
            readings.iter().filter(fits).collect()
        };
        let own = of(&|role| role == test.arm());
        let controls = of(&|role| test.controls().contains(&role));
        let (quantity, at) = test.quantity();
        let (findings, against, trend) = match test {
            Test::AtOneSize(_) => (at_one_size(&own), None, trend(&own)),
            Test::Scaling(scaling) => (over_sizes(&own, scaling), Some(scaling.against), None),
        };
        let (quantity, rule) = (quantity.to_owned(), test.bounds());
        TestResult { quantity, at, against, rule, findings, controls: at_one_size(&controls), trend }
    });
    ClaimResult {
        id: claim.id.clone(),
        title: claim.title.clone(),
        statement: claim.statement.clone(),
        tests: tests.collect(),
        verdict: Verdict::Undecided { reason: Reason::Partly },
    }
}

/// Readings that share a key, each run once, in an order that does not depend on that of the runs.
fn repetitions<'a, K: Ord>(readings: &[&'a Reading], key: impl Fn(&Setting) -> K) -> Vec<Vec<&'a Reading>> {
    let mut groups: BTreeMap<K, Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        let group = groups.entry(key(&reading.setting)).or_default();
        let is_known =
            |other: &&Reading| other.seed == reading.seed && other.setting.key == reading.setting.key;
        if !group.iter().any(is_known) {
            group.push(reading);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| a[0].setting.place().cmp(&b[0].setting.place()));
    groups
}

/// The values, or why some are missing.
fn values(group: &[&Reading]) -> Result<Vec<f64>, Reason> {
    let mut missing = group.iter().filter_map(|reading| reading.value.as_ref().err()).peekable();
    if let Some(first) = missing.peek() {
        let applies = |reading: &&Reading| !matches!(reading.value, Err(Obstacle::Condition { .. }));
        if matches!(first, Obstacle::Gap(Gap::NoAmbientSpace)) || !group.iter().any(applies) {
            return Err(Reason::NotApplicable { why: first.to_string() });
        }
        let why = first.to_string();
        return Err(Reason::NotMeasured { missing: missing.count(), runs: group.len(), why });
    }
    Ok(group.iter().filter_map(|reading| reading.value.as_ref().ok().copied()).collect())
}

fn at_one_size(readings: &[&Reading]) -> Vec<Finding> {
    let groups = repetitions(readings, |setting| setting.key);
    let finding = |group: Vec<&Reading>| {
        let seeds = group.iter().filter_map(|r| Some((r.seed as f64, r.value.as_ref().ok().copied()?)));
        let located = values(&group)
            .and_then(|found| Located::mean(&found).ok_or(Reason::TooFewSeeds { found: found.len() }));
        let mut finding = undecided(&group[0].setting, seeds.collect(), located);
        if group.len() < FEWEST_SEEDS {
            finding.located = None;
            finding.verdict = Verdict::Undecided { reason: Reason::TooFewSeeds { found: group.len() } };
        }
        finding
    };
    groups.into_iter().map(finding).collect()
}

fn over_sizes(readings: &[&Reading], test: &Scaling) -> Vec<Finding> {
    let ladders = repetitions(readings, |setting| setting.ladders[&test.against].clone());
    let finding = |ladder: Vec<&Reading>| {
        let located = slope(&ladder, test.against, test.scale);
        let size = |r: &Reading| r.setting.size(test.against);
        let points = ladder.iter().filter_map(|r| Some((size(r), r.value.as_ref().ok().copied()?))).collect();
        let largest = ladder.iter().max_by(|a, b| size(a).total_cmp(&size(b)));
        let setting = largest.map_or(&ladder[0].setting, |reading| &reading.setting);
        undecided(setting, points, located)
    };
    let mut findings: Vec<Finding> = ladders.into_iter().map(finding).collect();
    // A setting without neighbours is no ladder; it is kept only where there is nothing better to show.
    let sizes = |finding: &Finding| match finding.verdict {
        Verdict::Undecided { reason: Reason::TooFewSizes { found } } => found,
        _ => FEWEST_SIZES,
    };
    let most = findings.iter().map(sizes).max().unwrap_or_default();
    findings.retain(|finding| sizes(finding) >= most.min(2));
    findings
}

fn slope(ladder: &[&Reading], axis: Axis, scale: Scale) -> Result<Located, Reason> {
    let mut sizes: Vec<f64> = ladder.iter().map(|reading| reading.setting.size(axis)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    if sizes.len() < FEWEST_SIZES {
        return Err(Reason::TooFewSizes { found: sizes.len() });
    }
    let at_size = |&size: &f64| -> Result<(f64, Vec<f64>), Reason> {
        let group: Vec<&Reading> =
            ladder.iter().copied().filter(|reading| reading.setting.size(axis) == size).collect();
        if group.iter().any(|reading| reading.setting.key != group[0].setting.key) {
            return Err(Reason::TwoSettings { axis, size });
        }
        let found = values(&group)?;
        let scaled = |value: f64| if scale == Scale::LogLog { value.ln() } else { value };
        Ok((size.ln(), found.into_iter().map(scaled).collect()))
    };
    let groups: Vec<(f64, Vec<f64>)> = sizes.iter().map(at_size).collect::<Result<_, _>>()?;
    let found = groups.iter().filter(|(_, values)| values.len() >= 2).count();
    if found < groups.len() {
        return Err(Reason::TooFewSizes { found });
    }
    Located::slope(&groups).ok_or(Reason::TooFewSizes { found })
}

/// The slope over ln d, where there are enough sizes.
fn trend(readings: &[&Reading]) -> Option<Estimate> {
    let ladders = repetitions(readings, |setting| setting.ladders[&Axis::LatentDim].clone());
    let slopes = ladders.iter().filter_map(|ladder| slope(ladder, Axis::LatentDim, Scale::LinearLog).ok());
    slopes.map(|slope| slope.interval(PLAIN_LEVEL)).next()
}

/// A finding with its interval at the plain level: [`decide`] corrects it.
fn undecided(setting: &Setting, values: Vec<(f64, f64)>, located: Result<Located, Reason>) -> Finding {
    let (located, reason) = match located {
        Ok(located) => (Some(located), Reason::OnTheBound { seeds: values.len() }),
        Err(reason) => (None, reason),
    };
    let estimate = located.map(|located| located.interval(PLAIN_LEVEL));
    Finding { setting: setting.clone(), values, estimate, verdict: Verdict::Undecided { reason }, located }
}

/// The smallest α at which the finding is decided; NaN where it cannot be.
fn p_value(finding: &Finding, rule: Bounds) -> f64 {
    let Some(located) = finding.located else { return f64::NAN };
    let bounds = [rule.at_least, rule.at_most];
    // Between two bounds the nearer one decides when inside; outside it is the violated one, nearer as well.
    bounds.iter().flatten().map(|&bound| located.p_value(bound)).fold(0.0, f64::max)
}

fn decide(finding: &mut Finding, rule: Bounds, level: f64) {
    let Some(located) = finding.located else { return };
    let interval = located.interval(level);
    finding.estimate = Some(interval);
    let below = rule.at_least.is_some_and(|bound| interval.upper < bound);
    let above = rule.at_most.is_some_and(|bound| interval.lower > bound);
    if rule.hold(interval.lower) && rule.hold(interval.upper) {
        finding.verdict = Verdict::Supported;
    } else if below || above {
        finding.verdict = Verdict::Refuted;
    }
}

fn overall(claim: &Claim, tests: &[TestResult]) -> Verdict {
    if let Some(reason) = &claim.not_testable {
        return Verdict::NotTestable { reason: reason.clone() };
    }
    let judged = || tests.iter().flat_map(TestResult::judged);
    if judged().any(|finding| finding.verdict == Verdict::Refuted) {
        return Verdict::Refuted;
    }
    for (test, result) in claim.tests.iter().zip(tests) {
        match (&result.findings[..], result.judged().next()) {
            ([], _) => return Verdict::Undecided { reason: Reason::NoRuns { needed: test.needs() } },
            // The setting that comes closest says what is missing.
            ([.., last], None) => return last.verdict.clone(),
            _ => {}
        }
    }
    let open: Vec<&Verdict> =
        judged().map(|finding| &finding.verdict).filter(|verdict| **verdict != Verdict::Supported).collect();
    match open[..] {
        [] => Verdict::Supported,
        [one] => one.clone(),
        _ => Verdict::Undecided { reason: Reason::Partly },
    }
}

impl ClaimResult {
    /// Controls, one per kind and size, on which some test is supported and none refuted: a claim with several tests fails
    /// where one of them does.
    pub fn controls_that_hold(&self) -> Vec<&Finding> {
        let place = |finding: &Finding| (finding.setting.role, finding.setting.label());
        let all = || self.tests.iter().flat_map(|test| &test.controls);
        let fails = |wanted: &Finding| {
            all().any(|other| other.verdict == Verdict::Refuted && place(other) == place(wanted))
        };
        let mut holding: Vec<&Finding> = Vec::new();
        for control in all().filter(|control| control.verdict == Verdict::Supported && !fails(control)) {
            if !holding.iter().any(|known| place(known) == place(control)) {
                holding.push(control);
            }
        }
        holding
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
            Reason::TooFewSeeds { .. } | Reason::TooFewSizes { .. } | Reason::NotApplicable { .. }
        )
    }
}

impl Scoreboard {
    /// What decided: settings that were judged, where there are any, and controls that were.
    #[must_use]
    pub fn decisive(&self) -> Self {
        let mut board = self.clone();
        for test in board.claims.iter_mut().flat_map(|claim| &mut claim.tests) {
            if test.judged().next().is_some() {
                test.findings.retain(Finding::is_judged);
            }
            test.controls.retain(Finding::has_enough_seeds);
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

//! From figures to verdicts: levels of all tests together, then each test at its level, then each claim.

use super::{ALPHA, Bounds, ClaimResult, Finding, Reason, TestResult, Verdict};
use crate::claim::{Claim, Test};
use crate::paper::Role;
use crate::stats::holm_levels;
use std::collections::BTreeMap;

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

/// Decides all tests, each at its level: subjects are one family, controls of both kinds another.
///
/// A test that is the same as an earlier one is no member of its own: it has the findings of that one.
pub(super) fn decide_all(claims: &[Claim], results: &mut [ClaimResult]) {
    let twins = twins(claims);
    let mut subjects = Family::default();
    let mut controls = Family::default();
    for (place, test) in tests_of(results) {
        if !twins.contains_key(&place) {
            subjects.add(&test.findings, test.rule);
        }
        controls.add(&test.controls, test.rule);
        controls.add(&test.idle, test.rule);
    }
    let (mut subjects, mut controls) = (subjects.levels(), controls.levels());
    for (place, test) in tests_of(results) {
        if !twins.contains_key(&place) {
            decide_each(&mut test.findings, test.rule, &mut subjects);
        }
        decide_each(&mut test.controls, test.rule, &mut controls);
        decide_each(&mut test.idle, test.rule, &mut controls);
    }
    for ((c, t), (first, of_first)) in twins {
        let findings = results[first].tests[of_first].findings.clone();
        let test = &mut results[c].tests[t];
        test.findings = findings;
        test.same_as = Some(claims[first].id.clone());
    }
}

/// Position of a claim and of a test in it.
type Place = (usize, usize);

fn tests_of(results: &mut [ClaimResult]) -> impl Iterator<Item = (Place, &mut TestResult)> {
    results
        .iter_mut()
        .enumerate()
        .flat_map(|(c, claim)| claim.tests.iter_mut().enumerate().map(move |(t, test)| ((c, t), test)))
}

/// Tests that an earlier claim has as well, and the first place where they stand.
fn twins(claims: &[Claim]) -> BTreeMap<Place, Place> {
    let all: Vec<(Place, &Test)> = (claims.iter().enumerate())
        .flat_map(|(c, claim)| claim.tests.iter().enumerate().map(move |(t, test)| ((c, t), test)))
        .collect();
    let first = |k: usize| all[..k].iter().find(|(_, earlier)| earlier.is_same_as(all[k].1));
    (0..all.len()).filter_map(|k| Some((all[k].0, first(k)?.0))).collect()
}

/// p-values of tests that are corrected together.
#[derive(Default)]
struct Family(Vec<f64>);

impl Family {
    fn add(&mut self, findings: &[Finding], rule: Bounds) {
        self.0.extend(findings.iter().map(|finding| p_value(finding, rule)));
    }

    fn levels(&self) -> std::vec::IntoIter<f64> {
        holm_levels(&self.0, ALPHA).into_iter()
    }
}

fn decide_each(findings: &mut [Finding], rule: Bounds, levels: &mut impl Iterator<Item = f64>) {
    findings.iter_mut().zip(levels).for_each(|(finding, level)| decide(finding, rule, level));
}

/// What the tests of a claim come to.
pub(super) fn overall(claim: &Claim, result: &ClaimResult) -> Verdict {
    if let Some(reason) = &claim.not_testable {
        return Verdict::NotTestable { reason: reason.clone() };
    }
    let judged = || result.tests.iter().flat_map(TestResult::judged);
    if judged().any(|finding| finding.verdict == Verdict::Refuted) {
        return Verdict::Refuted;
    }
    for (test, found) in claim.tests.iter().zip(&result.tests) {
        for &arm in test.arms() {
            if let Some(verdict) = unjudged(test, found, arm) {
                return verdict;
            }
        }
    }
    let open: Vec<&Verdict> =
        judged().map(|finding| &finding.verdict).filter(|verdict| **verdict != Verdict::Supported).collect();
    match open[..] {
        [] if result.idle_runs_that_support().is_empty() => Verdict::Supported,
        [] => Verdict::NoEvidence,
        [one] => one.clone(),
        _ => Verdict::Undecided { reason: Reason::Partly },
    }
}

/// What is missing where an arm that a test names was not judged; `None` where it was.
fn unjudged(test: &Test, found: &TestResult, arm: Role) -> Option<Verdict> {
    let of_arm = || found.findings.iter().filter(|finding| finding.setting.role == arm);
    if of_arm().any(Finding::is_judged) {
        return None;
    }
    // The setting that comes closest says what is missing.
    let needed = || Verdict::Undecided { reason: Reason::NoRuns { needed: test.needs(arm) } };
    Some(of_arm().next_back().map_or_else(needed, |finding| finding.verdict.clone()))
}

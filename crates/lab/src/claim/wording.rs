//! A scoreboard in words: the same in a terminal, in Markdown and in a report.

use super::About;
use super::judge::{ClaimResult, Count, Finding, Reason, TestResult, Verdict, counts};
use crate::stats::Estimate;
use std::collections::BTreeMap;

/// A verdict in one word.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Undecided { .. } => "undecided",
        Verdict::NoEvidence => "no evidence",
        Verdict::NotTestable { .. } => "no test",
    }
}

/// Inside the prediction, outside, or neither.
pub fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "✓",
        Verdict::Refuted => "✗",
        Verdict::NoEvidence | Verdict::Undecided { .. } | Verdict::NotTestable { .. } => "?",
    }
}

/// How many statements have which verdict: those about learning, and apart from them the others.
pub fn count(claims: &[ClaimResult]) -> String {
    let of = |wanted: &dyn Fn(Option<About>) -> bool| {
        Count::sum(counts(claims).into_iter().filter(|count| wanted(count.about)))
    };
    let parts = [
        ("about learning", of(&|about| about.is_some_and(About::is_learned))),
        (
            "apart from these about data, initialisation, identities and single steps",
            of(&|about| about.is_some_and(|about| !about.is_learned())),
        ),
        ("of no stated kind", of(&|about| about.is_none())),
    ];
    let mut words: Vec<String> = (parts.iter().filter(|(_, count)| count.all() > 0))
        .map(|(what, count)| format!("{} statements {what}: {}", count.all(), verdicts(count)))
        .collect();
    let untestable =
        claims.iter().filter(|claim| matches!(claim.verdict, Verdict::NotTestable { .. })).count();
    words.push(format!("{untestable} statements that no finite run can decide"));
    words.join("; ")
}

/// Whether findings are told apart by sizes, d/d1; they are where there is none. Runs on other data than
/// sparse codes are told apart by their experiments.
pub fn has_sizes(claims: &[ClaimResult]) -> bool {
    let mut findings =
        claims.iter().flat_map(|claim| &claim.tests).flat_map(|test| &test.findings).peekable();
    findings.peek().is_none() || findings.any(|finding| finding.setting.sizes.is_some())
}

/// Verdicts on the statements of one kind: `the end, 30 statements: 12 supported, …`.
pub fn count_of_kind(count: &Count) -> String {
    let about = count.about.map_or("of no stated kind", About::words);
    format!("{about}, {} statements: {}", count.all(), verdicts(count))
}

fn verdicts(count: &Count) -> String {
    let Count { supported, refuted, undecided, no_evidence, .. } = count;
    let no_evidence = match no_evidence {
        0 => String::new(),
        _ => format!(", {no_evidence} supported also by runs that learn nothing"),
    };
    format!("{supported} supported, {refuted} refuted, {undecided} undecided{no_evidence}")
}

/// What a test asks: the quantity, the moment and the rule.
pub fn question(test: &TestResult) -> String {
    let against = test.against.map_or(String::new(), |axis| format!(", slope against {}", axis.words()));
    let same = test.same_as.as_ref().map_or(String::new(), |id| format!(" (the test of {id}, counted once)"));
    format!("{} {}{against}: predicted {}{same}", test.quantity, test.at.words(), test.rule)
}

/// `64/1024 .97 [.95, .99] ✓`.
pub fn finding(finding: &Finding) -> String {
    // One run has a figure and no interval.
    let alone = || match (&finding.verdict, &finding.values[..]) {
        (Verdict::Undecided { reason: Reason::TooFewSeeds { .. } }, [(_, value)]) => figure(*value),
        _ => "–".to_owned(),
    };
    let estimate = finding.estimate.as_ref().map_or_else(alone, interval);
    format!("{} {estimate} {}", finding.setting.label(), mark(&finding.verdict))
}

/// The same, with the arm where a test names several.
pub fn finding_of(test: &TestResult, found: &Finding) -> String {
    let role = found.setting.role;
    let is_alone = test.findings.iter().all(|other| other.setting.role == role);
    let arm = if is_alone { String::new() } else { format!("{}: ", role.words()) };
    format!("{arm}{}", finding(found))
}

/// Why settings that were judged are undecided, with the settings, other than that the interval holds the
/// bound.
pub fn reasons(test: &TestResult) -> Vec<(String, String)> {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in test.judged().filter(|finding| finding.estimate.is_none()) {
        if let Verdict::Undecided { reason } = &finding.verdict {
            by_reason.entry(reason.to_string()).or_default().push(finding.setting.label());
        }
    }
    by_reason.into_iter().map(|(reason, sizes)| (reason, sizes.join(", "))).collect()
}

/// What a test found, in parts: the settings that were judged, or, where none was, all of them; why some have
/// no figure; the trend over d.
pub fn measured(test: &TestResult) -> Vec<String> {
    let mut parts: Vec<String> = test.judged().map(|found| finding_of(test, found)).collect();
    parts.extend(reasons(test).into_iter().map(|(reason, sizes)| format!("{sizes}: {reason}")));
    if parts.is_empty() {
        parts.extend(test.findings.iter().map(|other| format!("not judged: {}", finding_of(test, other))));
    }
    parts.extend(test.trend.iter().map(|trend| format!("trend over ln d: {}", interval(trend))));
    parts
}

/// A figure and its interval.
pub fn interval(estimate: &Estimate) -> String {
    format!("{} [{}, {}]", figure(estimate.value), figure(estimate.lower), figure(estimate.upper))
}

/// Three significant digits.
pub fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e4).contains(&size) => format!("{value:.1e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

//! A scoreboard in words: the same in a terminal, in Markdown and in a report.

use super::judge::{ClaimResult, Finding, Reason, TestResult, Verdict};
use crate::stats::Estimate;
use std::collections::BTreeMap;

/// A verdict in one word.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Undecided { .. } => "undecided",
        Verdict::NotTestable { .. } => "no test",
    }
}

/// Inside the prediction, outside, or neither.
pub fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "✓",
        Verdict::Refuted => "✗",
        Verdict::Undecided { .. } | Verdict::NotTestable { .. } => "?",
    }
}

/// How many statements have which verdict.
pub fn count(claims: &[ClaimResult]) -> String {
    let number = |wanted: &str| claims.iter().filter(|claim| word(&claim.verdict) == wanted).count();
    format!(
        "{} statements: {} supported, {} refuted, {} undecided, {} that no finite run can decide",
        claims.len(),
        number("supported"),
        number("refuted"),
        number("undecided"),
        number("no test")
    )
}

/// What a test asks: the quantity, the moment and the rule.
pub fn question(test: &TestResult) -> String {
    let against = test.against.map_or(String::new(), |axis| format!(", slope against {}", axis.words()));
    format!("{} {}{against}: predicted {}", test.quantity, test.at.words(), test.rule)
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

/// Why settings that were judged are undecided, with the settings, other than that the interval holds the bound.
pub fn reasons(test: &TestResult) -> Vec<(String, String)> {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in test.judged().filter(|finding| finding.estimate.is_none()) {
        if let Verdict::Undecided { reason } = &finding.verdict {
            by_reason.entry(reason.to_string()).or_default().push(finding.setting.label());
        }
    }
    by_reason.into_iter().map(|(reason, sizes)| (reason, sizes.join(", "))).collect()
}

/// What a test found, in parts: the settings that were judged, or, where none was, all of them; why some have no figure;
/// the trend over d.
pub fn measured(test: &TestResult) -> Vec<String> {
    let mut parts: Vec<String> = test.judged().map(finding).collect();
    parts.extend(reasons(test).into_iter().map(|(reason, sizes)| format!("{sizes}: {reason}")));
    if parts.is_empty() {
        parts.extend(test.findings.iter().map(|other| format!("not judged: {}", finding(other))));
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

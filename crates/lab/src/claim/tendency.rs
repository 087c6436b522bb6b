//! What runs point at that are too few for a verdict: the side of the rule on which the mean over their seeds
//! lies.
//!
//! A tendency decides nothing. It has no interval, so another seed may lie on the other side.

use super::Bounds;
use super::judge::{ClaimResult, Finding, Reason, TestResult, Verdict};

/// The verdict that a figure would lead to if more seeds agreed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tendency {
    /// The figure satisfies the rule.
    WouldHold,
    /// The figure violates it.
    WouldFail,
}

impl Tendency {
    /// As it stands beside a figure.
    pub fn words(self) -> &'static str {
        match self {
            Self::WouldHold => "would hold",
            Self::WouldFail => "would fail",
        }
    }

    /// Of several figures of one statement: it would fail where one of them does.
    fn of_all(several: impl Iterator<Item = Self>) -> Option<Self> {
        several.reduce(|all, one| if all == Self::WouldFail { all } else { one })
    }
}

impl Finding {
    /// The mean over the seeds that have a value; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.values.iter().map(|(_, value)| value).sum();
        let mean = sum / self.values.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Where too few seeds are all that keeps it from a verdict: what its mean says.
    pub fn tendency(&self, rule: Bounds) -> Option<Tendency> {
        let Verdict::Undecided { reason: Reason::TooFewSeeds { .. } } = &self.verdict else { return None };
        self.mean().map(|mean| if rule.hold(mean) { Tendency::WouldHold } else { Tendency::WouldFail })
    }
}

impl TestResult {
    /// What its settings point at together.
    pub fn tendency(&self) -> Option<Tendency> {
        Tendency::of_all(self.findings.iter().filter_map(|finding| finding.tendency(self.rule)))
    }
}

impl ClaimResult {
    /// What its tests point at together, where it has no verdict for want of seeds.
    pub fn tendency(&self) -> Option<Tendency> {
        let has_judged = self.tests.iter().any(|test| test.judged().next().is_some());
        let is_open = matches!(self.verdict, Verdict::Undecided { .. }) && !has_judged;
        if is_open { Tendency::of_all(self.tests.iter().filter_map(TestResult::tendency)) } else { None }
    }
}

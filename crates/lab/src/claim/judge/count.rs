//! How many statements have which verdict, by what they are about: those about learning are never counted
//! with the others.

use super::{ClaimResult, Verdict};
use crate::claim::About;
use serde::{Deserialize, Serialize};

/// Verdicts on the statements about one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What they are about; `None` on boards of earlier programs.
    pub about: Option<About>,
    /// Supported.
    pub supported: usize,
    /// Refuted.
    pub refuted: usize,
    /// Undecided.
    pub undecided: usize,
    /// Supported, and by runs that learn nothing as well.
    pub no_evidence: usize,
}

impl Count {
    /// How many there are.
    pub fn all(&self) -> usize {
        self.supported + self.refuted + self.undecided + self.no_evidence
    }

    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Supported => self.supported += 1,
            Verdict::Refuted => self.refuted += 1,
            Verdict::Undecided { .. } => self.undecided += 1,
            Verdict::NoEvidence => self.no_evidence += 1,
            Verdict::NotTestable { .. } => {}
        }
    }

    /// Those of several kinds together.
    pub fn sum(counts: impl IntoIterator<Item = Self>) -> Self {
        counts.into_iter().fold(Self::default(), |all, one| Self {
            about: None,
            supported: all.supported + one.supported,
            refuted: all.refuted + one.refuted,
            undecided: all.undecided + one.undecided,
            no_evidence: all.no_evidence + one.no_evidence,
        })
    }
}

/// Kind by kind, what is about learning first; kinds without a statement are left out.
pub fn counts(claims: &[ClaimResult]) -> Vec<Count> {
    let of = |about: Option<About>| {
        let mut count = Count { about, ..Count::default() };
        claims.iter().filter(|claim| claim.about == about).for_each(|claim| count.add(&claim.verdict));
        count
    };
    let kinds = About::ALL.map(Some).into_iter().chain([None]);
    kinds.map(of).filter(|count| count.all() > 0).collect()
}

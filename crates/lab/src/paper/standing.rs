//! How an arm is judged: as one that the paper speaks of, as one that learns nothing, or not at all.

use super::Name;
use crate::evidence::Moment;
use serde::{Deserialize, Serialize};

/// How an arm of a role is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As one that the paper speaks of.
    Meant,
    /// As one that learns nothing: a standing control of what is said about learning.
    Idle(Idleness),
    /// Not at all: it lies between the two.
    Between,
}

/// Why an arm learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Idleness(Name);

/// A reason why arms learn nothing, as a paper knows it.
#[derive(Debug)]
pub struct IdleKind {
    /// Its name on scoreboards.
    pub name: &'static str,
    /// As it stands after "runs that learn nothing:".
    pub words: &'static str,
    /// Moments until which the arm goes on like others all the same.
    pub sound_at: &'static [Moment],
    /// Whether nothing has been trained at all: at the start such an arm is like any other.
    pub is_untrained: bool,
}

impl Idleness {
    /// The reason of this name.
    pub fn named(name: &str) -> Self {
        Self(Name::new(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.text()
    }

    /// As it stands after "runs that learn nothing:"; the name where no shipped paper knows it.
    pub fn words(self) -> &'static str {
        let papers = super::shipped();
        let mut kinds = papers.iter().flat_map(|paper| paper.idleness);
        kinds.find(|kind| kind.name == self.name()).map_or(self.name(), |kind| kind.words)
    }
}

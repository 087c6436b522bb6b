//! What a statement is about: which of its parts only a learner that learns can make true.

use crate::evidence::Moment;
use serde::{Deserialize, Serialize};

/// What a statement is about. Only the last two are about learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// How neurons get where they end: read on the way.
    Trajectory,
    /// What neurons, features and loss are in the end.
    End,
    /// Samples and their views: true before there is a network.
    Data,
    /// The weights as they are drawn.
    Initialisation,
    /// A formula or an inequality that holds at any weights.
    Identity,
    /// What a single step does at the weights of a moment, learned or not.
    OneStep,
}

impl About {
    /// All of them, what is about learning first.
    pub const ALL: [Self; 6] =
        [Self::Trajectory, Self::End, Self::Data, Self::Initialisation, Self::Identity, Self::OneStep];

    /// The same as claim files write them.
    pub const NAMES: [&str; 6] = ["trajectory", "end", "data", "initialisation", "identity", "one_step"];

    /// Whether a run that learns nothing must not support it.
    pub fn is_learned(self) -> bool {
        matches!(self, Self::Trajectory | Self::End)
    }

    /// As it stands after "about".
    pub fn words(self) -> &'static str {
        match self {
            Self::Trajectory => "the trajectory",
            Self::End => "the end",
            Self::Data => "the data",
            Self::Initialisation => "the initialisation",
            Self::Identity => "any weights (identities)",
            Self::OneStep => "one step",
        }
    }

    /// The moments at which such a statement is read.
    pub fn moments(self) -> &'static [Moment] {
        match self {
            Self::Data | Self::Initialisation => &[Moment::Start],
            Self::Trajectory => &[Moment::T1, Moment::T2, Moment::Window],
            Self::End => &[Moment::Window, Moment::End],
            Self::Identity | Self::OneStep => {
                &[Moment::Start, Moment::T1, Moment::T2, Moment::Window, Moment::End]
            }
        }
    }
}

//! What a sweep tells.

use crate::status::Status;

/// What a sweep tells while it goes on.
#[derive(Clone, Debug)]
pub enum SweepEvent {
    /// So many runs are there already.
    Found {
        /// Runs that are not made again.
        runs: usize,
        /// Their operations.
        operations: f64,
    },
    /// Another process has ended a run.
    EndedElsewhere {
        /// Its name.
        id: String,
        /// Its operations.
        operations: f64,
    },
    /// Runs that are being made have come on.
    Advanced {
        /// By so many operations.
        operations: f64,
    },
    /// Something that a person should know about a run.
    Note {
        /// Its name.
        id: String,
        /// What.
        text: String,
    },
    /// A run has ended.
    Ended {
        /// Its name.
        id: String,
        /// Name of its experiment.
        experiment: String,
        /// Its seed.
        seed: u64,
        /// How it ended.
        status: Status,
        /// Its wall time.
        seconds: f64,
    },
}

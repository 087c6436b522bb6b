//! What a run tells while it goes on.

use crate::run::Record;
use featurescope_lab::status::ArmEnd;

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A word about the pictures.
    Note(&'a str),
    /// An arm begins, or goes on after `epoch` epochs.
    Started {
        /// The arm.
        arm: &'a str,
        /// Epochs made.
        epoch: usize,
        /// Pictures that go through its steps from here on.
        pictures: u64,
    },
    /// A step.
    Stepped {
        /// Pictures since the start.
        pictures: u64,
        /// Its loss.
        loss: f64,
    },
    /// An epoch has been measured.
    Measured(&'a Record),
    /// An arm has ended.
    Ended {
        /// The arm.
        arm: &'a str,
        /// Its last record.
        record: &'a Record,
        /// How.
        end: &'a ArmEnd,
        /// Pictures that went through its steps.
        pictures: u64,
    },
}

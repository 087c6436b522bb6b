//! Measurements at the steps that are listed.

use super::{Cadence, CadencePart};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: CadencePart = CadencePart {
    kind: "listed",
    summary: "at the steps that are given",
    settings: &[PartSetting::new("at", Kind::counts(1), Fallback::Required, "Steps to measure at.")],
    build: |given, ()| Ok(Arc::new(Listed { at: given.wholes("at")? })),
};

/// The listed steps.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Steps, ascending.
    pub at: Vec<u64>,
}

impl Cadence for Listed {
    // Asked after every step, so it is quick: the list is ascending.
    fn includes(&self, step: u64) -> bool {
        self.at.binary_search(&step).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listed_steps_are_measured_and_no_others() {
        let cadence = Listed { at: vec![2, 7, 30] };
        let found: Vec<u64> = (0..100).filter(|&step| cadence.includes(step)).collect();
        assert_eq!(found, [2, 7, 30]);
    }
}

//! What pictures need and tables of scalars do not hold: the alignment matrix through time, and representations of
//! fresh samples at the end.
//!
//! At most [`MOST_FRAMES`] matrices are kept besides those of step 0, T1, T2 and the end: when there are more, every
//! second is dropped and only every second of those that follow is taken.

use crate::store::{
    AlignmentHistory, StoreError, StoredRepresentation, write_alignment, write_representation,
};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::train::{Dynamics, StepView};
use std::path::Path;

/// Matrices that are kept between the moments that always are.
const MOST_FRAMES: usize = 40;
/// Fresh samples that are represented at the end, and pairs of views.
const SAMPLES: usize = 2048;
const PAIRS: usize = 512;
/// Step number in the key of their random stream: apart from those of the measurements.
const STREAM: u32 = 1;

/// Collects the alignment matrices of an arm.
pub(super) struct Alignments {
    pub history: AlignmentHistory,
    /// One in so many recorded steps is kept.
    pub stride: u64,
    /// Recorded steps so far.
    pub seen: u64,
}

impl Alignments {
    /// Goes on from what was kept of the first recorded steps.
    pub(super) fn from_history(history: AlignmentHistory) -> Self {
        Self { seen: history.steps.len() as u64, history, stride: 1 }
    }

    /// Looks at a recorded step; `is_milestone` for those that are kept in any case.
    pub(super) fn observe(&mut self, view: &StepView<'_>, is_milestone: bool) {
        let is_due = self.seen.is_multiple_of(self.stride);
        self.seen += 1;
        if !is_due && !is_milestone {
            return;
        }
        self.history.push(view.step, &cosines(view));
        if self.history.steps.len() > MOST_FRAMES + 4 {
            let steps = self.history.steps.clone();
            let stages = [Some(0), view.stages.first, view.stages.second, Some(view.step)];
            let position = |step| steps.iter().position(|&known| known == step);
            self.history.retain(|step| {
                stages.contains(&Some(step)) || position(step).is_some_and(|p| p.is_multiple_of(2))
            });
            self.stride *= 2;
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        write_alignment(&folder.join(crate::store::ALIGNMENT_FILE), &self.history)
    }
}

/// cos(w_i, M_j), m × d; 0 for a zero neuron.
fn cosines(view: &StepView<'_>) -> Matrix {
    let mut cosines = view.dynamics.coordinates().sparse;
    for (i, &norm) in view.norms.iter().enumerate() {
        let scale = if norm > 0.0 { norm.recip() } else { 0.0 };
        cosines.row_mut(i).iter_mut().for_each(|entry| *entry = (*entry * scale).clamp(-1.0, 1.0));
    }
    cosines
}

/// The stream of the fresh samples that are represented at the end.
pub(super) fn fresh_samples(seed: u64) -> Stream {
    Stream::new(seed, Purpose::MEASUREMENT, STREAM)
}

/// Represents fresh samples with the learner as it is now.
pub(super) fn represent(seed: u64, dynamics: &dyn Dynamics, folder: &Path) -> Result<(), StoreError> {
    let stream = fresh_samples(seed);
    let drawn = dynamics.represent(&stream, 0, SAMPLES);
    let pairs = dynamics.represent_pairs(&stream, SAMPLES, PAIRS).map(|pairs| (pairs.anchor, pairs.positive));
    let stored = StoredRepresentation { features: drawn.features, latent: drawn.latent, pairs };
    write_representation(&folder.join(crate::store::REPRESENTATION_FILE), &stored)
}

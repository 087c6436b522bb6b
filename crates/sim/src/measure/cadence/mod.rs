//! When to look.
//!
//! Step 0, T1, T2, the last step and the step at which a run diverges are always recorded; the cadence says
//! which others.
//!
//! To add a cadence: one file with a type that implements [`Cadence`] and the [`Part`] that declares it;
//! below, its line in the list. `examples/extend/cadence.rs` is such a file.

pub use every::Every;
pub use logarithmic::Logarithmic;

use crate::part::{Part, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

parts! {
    /// When to measure, besides step 0, T1, T2 and the end.
    CADENCES: Slot<Arc<dyn Cadence>> =
        ("measure.cadence", "When to measure, besides step 0, T1, T2 and the end.", "every");
    every;
    logarithmic;
}

/// A part that says when to measure.
type CadencePart = Part<Arc<dyn Cadence>>;

impl Slotted for Arc<dyn Cadence> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &CADENCES
    }
}

/// Which steps are recorded besides the ones that always are.
pub trait Cadence: fmt::Debug + Send + Sync {
    /// Whether `step` is one of them.
    fn includes(&self, step: u64) -> bool;
}

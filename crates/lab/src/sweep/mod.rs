//! Many runs from one spec: what lists and variants describe, each run once, side by side, resumable.
//!
//! ```text
//! points (spec) ─▶ SweepPlan: runs by content ─▶ execute: one folder a run ─▶ sweep.json
//! ```
//!
//! A run's folder is named after its content: a hash of its settings (without the experiment's name) and of the version
//! of the program. So a run that two points describe is made once, one that is there already is not made again, and a
//! longer list only adds runs. A run is written to `ID.partial` and renamed when it has ended; what an interruption
//! leaves goes on from where it stood.

mod execute;
mod folder;
mod plan;
mod recipe;
pub mod table;

pub use execute::{SweepError, SweepEvent, execute};
pub use folder::{COMMAND_FILE, SWEEP_FILE, SweepEntry, SweepFolder, SweepFolderError, SweepIndex, runs_in};
pub use plan::{PlannedRun, SweepPlan, SweepPoint};
pub use recipe::{Failure, Progress, Recipe};

#[cfg(test)]
mod tests;

//! Many runs from one spec: what lists and variants describe, each run once, side by side, resumable.
//!
//! ```text
//! points (spec) ─▶ SweepPlan: runs by content ─▶ execute, or plan.json ─▶ take_part, collect: one folder a run, sweep.json
//! ```
//!
//! A run's folder is named after its content: a hash of its settings (without the experiment's name) and of the version
//! of the program. So a run that two points describe is made once, one that is there already is not made again, and a
//! longer list only adds runs. A run is written to `ID.partial` and renamed when it has ended; what an interruption
//! leaves goes on from where it stood.
//!
//! Any number of processes on any number of machines make the runs of one folder (`shared`, `take_part`). A lease
//! says who makes which (`lease`, `make`).

mod collect;
mod error;
mod event;
mod execute;
mod folder;
mod keep;
mod lease;
mod make;
mod plan;
mod process;
mod recipe;
mod shared;
pub mod table;

pub use collect::{Collected, Standing, collect};
pub use error::SweepError;
pub use event::SweepEvent;
pub use execute::{execute, take_part};
pub use folder::{COMMAND_FILE, SWEEP_FILE, SweepEntry, SweepFolder, SweepFolderError, SweepIndex, runs_in};
pub use lease::{LEASES_FOLDER, LeaseEntry, LeaseState, Leases, Retry, SILENCE};
pub use make::PARTIAL;
pub use plan::{Fit, PlannedRun, SweepPlan, SweepPoint};
pub use process::{Process, runs_here};
pub use recipe::{Failure, Progress, Recipe};
pub use shared::{PLAN_FILE, SharedPlan, SharedPlanError, SharedRun};

#[cfg(test)]
mod tests;

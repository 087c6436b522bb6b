//! What a sweep needs of the runs that it makes, whatever they are about; and the runs on sparse-coding data.

use crate::identity::RunId;
use crate::plan::Plan;
use crate::run::{Event, RunDirectory, RunError, execute};
use crate::spec::Spec;
use crate::status::Status;
use std::error::Error;
use std::fmt;
use std::sync::atomic::AtomicBool;

/// A run that can be made.
pub trait Recipe: fmt::Debug + Send + Sync {
    /// Seed of everything random.
    fn seed(&self) -> u64;

    /// The text of its `spec.toml`: a folder with another text holds no part of it.
    fn resolved(&self) -> &str;

    /// Makes the run of this name in `directory`, from where it stands there, until it ends or `interrupt` is set.
    ///
    /// # Errors
    /// [`Failure::Changed`] if it is no longer the run `run_id` that was planned, before anything is written.
    fn carry_out(
        &self,
        experiment: &str,
        run_id: RunId,
        directory: &dyn Fn() -> Result<RunDirectory, Failure>,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Status, Failure>;
}

/// What a run of a sweep tells while it is made.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// It has come on by this share of its operations.
    Advanced(f64),
    /// Something that a person should know.
    Note(&'a str),
}

/// A run that was not made.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file that its settings name is not what it was when the sweep was planned.
    #[error("a file that its settings name was changed since the sweep began; run the command again")]
    Changed,
    /// It stopped.
    #[error("{source}")]
    Stopped {
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
        /// Whether it can go on once the machine allows it.
        can_be_resumed: bool,
    },
}

impl Failure {
    /// A run that stopped, with whether it can go on.
    pub fn stopped(source: impl Error + Send + Sync + 'static, can_be_resumed: bool) -> Self {
        Self::Stopped { source: Box::new(source), can_be_resumed }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let can_be_resumed = error.can_be_resumed();
        Self::stopped(error, can_be_resumed)
    }
}

impl Recipe for Spec {
    fn seed(&self) -> u64 {
        self.shared.seed
    }

    fn resolved(&self) -> &str {
        &self.resolved
    }

    fn carry_out(
        &self,
        experiment: &str,
        run_id: RunId,
        directory: &dyn Fn() -> Result<RunDirectory, Failure>,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Status, Failure> {
        // Memory may have gone since it was planned, and may come back.
        let plan = Plan::new(self, experiment).map_err(|error| Failure::stopped(error, true))?;
        if plan.identity.run_id() != run_id {
            return Err(Failure::Changed);
        }
        let steps: u64 = plan.arms.iter().map(|arm| arm.spec.training.steps).sum();
        let per_step = 1.0 / steps.max(1) as f64;
        let summary = execute(&plan, &directory()?, interrupt, &mut |event| match event {
            Event::Stepped { .. } => tell(Progress::Advanced(per_step)),
            Event::Note(text) => tell(Progress::Note(text)),
            _ => {}
        })?;
        Ok(summary.status)
    }
}

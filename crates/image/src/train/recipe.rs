//! Runs on pictures as those of a sweep.

use super::error::ExecuteError;
use super::event::Event;
use super::execute::execute;
use super::memory;
use super::plan::Plan;
use featurescope_lab::identity::RunId;
use featurescope_lab::plan::Cost;
use featurescope_lab::run::RunDirectory;
use featurescope_lab::status::Status;
use featurescope_lab::sweep::{Failure, Progress, Recipe};
use std::sync::atomic::AtomicBool;

impl Plan {
    /// What it costs.
    pub fn cost(&self) -> Cost {
        memory::cost(&self.settings, self.source.size(), self.source.classes())
    }

    /// Pictures that go through the steps of all arms.
    fn pictures(&self) -> f64 {
        let arms = self.settings.arms.iter();
        arms.map(|(_, arm)| arm.training.epochs as f64 * self.settings.data.train as f64).sum()
    }
}

impl Recipe for Plan {
    fn seed(&self) -> u64 {
        self.settings.seed
    }

    fn resolved(&self) -> &str {
        &self.settings.resolved
    }

    fn carry_out(
        &self,
        experiment: &str,
        _: RunId,
        directory: &dyn Fn() -> Result<RunDirectory, Failure>,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Status, Failure> {
        // Its pictures are in memory since it was planned, so they are what they were.
        let plan = Self { experiment: experiment.to_owned(), ..self.clone() };
        let (all, mut before) = (self.pictures(), 0);
        let summary = execute(&plan, &directory()?, interrupt, &mut |event| match event {
            Event::Started { .. } => before = 0,
            Event::Stepped { pictures, .. } => {
                tell(Progress::Advanced((pictures - before) as f64 / all));
                before = pictures;
            }
            Event::Note(text) => tell(Progress::Note(text)),
            Event::Measured(_) | Event::Ended { .. } => {}
        });
        Ok(summary?.status)
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let can_be_resumed = error.can_be_resumed();
        Self::stopped(error, can_be_resumed)
    }
}

//! Carries a plan out and leaves a run directory: everything is written as it comes.
//!
//! Arms run one after the other on the same data. One that diverges keeps what it saw and the others go on; an
//! interruption stops between two steps and leaves a checkpoint. What the files hold: docs/run-directory.md.

pub mod directory;
pub mod manifest;
mod arm;
mod pictures;
mod probes;

pub use directory::{DirectoryError, RunDirectory};
pub use manifest::{ArmEnd, FORMAT_VERSION, Manifest};
pub use probes::YardstickError;

use crate::plan::{ArmPlan, Plan};
use crate::store::{RECORDS_FILE, StoreError, read_records, write_json_atomically, write_text_atomically};
use crate::summary::{ArmSummary, Summary, YardstickSummary};
use featurescope_sim::math::ParameterError;
use featurescope_sim::probe::ProbeScore;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A run that could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An arm cannot be built.
    #[error("arm {arm}: {source}")]
    Arm {
        /// The arm.
        arm: String,
        /// Which parameter.
        source: ParameterError,
    },
    /// The yardstick probes failed.
    #[error("the yardsticks: {0}")]
    Yardsticks(YardstickError),
}

impl RunError {
    fn arm(name: &str) -> impl FnOnce(ParameterError) -> Self {
        let arm = name.to_owned();
        |source| Self::Arm { arm, source }
    }
}

/// Why the training of an arm ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmStop {
    /// All planned steps were taken.
    Finished,
    /// A figure left the finite numbers, or the weights grew beyond any use.
    Diverged {
        /// What was seen.
        what: String,
    },
    /// Somebody asked for it.
    Interrupted,
}

/// What a run tells while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The yardstick probes begin.
    YardsticksStarted,
    /// An arm begins to train.
    ArmStarted {
        /// Its name.
        arm: &'a str,
        /// Its planned steps.
        steps: u64,
    },
    /// It took a step.
    Stepped {
        /// Steps taken.
        step: u64,
        /// The batch's loss.
        loss: f64,
    },
    /// Its features are being probed.
    ProbesStarted {
        /// Its name.
        arm: &'a str,
    },
    /// It has ended.
    ArmEnded {
        /// Its name.
        arm: &'a str,
        /// How.
        end: &'a ArmEnd,
    },
}

/// Carries `plan` out in `directory`, until the end or until `interrupt` is set.
///
/// # Errors
/// If a file cannot be written. A diverging arm is no error: the summary's [`Summary::status`] tells.
pub fn execute(
    plan: &Plan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, RunError> {
    let started = Instant::now();
    write_text_atomically(&directory.file("spec.toml"), &plan.resolved)?;
    let mut manifest = Manifest::new(&plan.experiment, plan.seed);
    let write_manifest =
        |manifest: &Manifest| write_json_atomically(&directory.file("manifest.json"), manifest);
    write_manifest(&manifest)?;

    let yardsticks = yardsticks(plan, directory, on_event)?;
    manifest.yardstick_seconds = started.elapsed().as_secs_f64();
    let mut summary = Summary::new(plan, yardsticks);
    for arm in &plan.arms {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let (end, arm_summary) =
            run_arm(plan, arm, directory, &summary.yardsticks, (interrupt, &mut *on_event))?;
        on_event(Event::ArmEnded { arm: &arm.name, end: &end });
        summary.arms.push((arm.name.clone(), arm_summary));
        manifest.arms.push((arm.name.clone(), end));
        manifest.wall_seconds = started.elapsed().as_secs_f64();
        write_manifest(&manifest)?;
    }
    let was_stopped = interrupt.load(Ordering::Relaxed) && summary.has_open_arms(plan);
    summary.status = if was_stopped { "interrupted" } else { summary.worst_stop() };
    summary.wall_seconds = started.elapsed().as_secs_f64();
    write_json_atomically(&directory.file("summary.json"), &summary)?;
    manifest.status = summary.status;
    manifest.wall_seconds = summary.wall_seconds;
    write_manifest(&manifest)?;
    Ok(summary)
}

fn yardsticks(
    plan: &Plan,
    directory: &RunDirectory,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<YardstickSummary, RunError> {
    let mut scores = Vec::new();
    if let Some(probes) = &plan.probes {
        on_event(Event::YardsticksStarted);
        scores = probes::yardsticks(probes, plan.seed, &plan.data).map_err(RunError::Yardsticks)?;
        write_json_atomically(&directory.file("yardsticks.json"), &scores)?;
    }
    Ok(YardstickSummary { theory: plan.yardstick, probes: scores })
}

fn run_arm(
    plan: &Plan,
    arm: &ArmPlan,
    directory: &RunDirectory,
    yardsticks: &YardstickSummary,
    (interrupt, on_event): (&AtomicBool, &mut dyn FnMut(Event<'_>)),
) -> Result<(ArmEnd, ArmSummary), RunError> {
    let folder = directory.arm(&arm.name)?;
    let started = Instant::now();
    on_event(Event::ArmStarted { arm: &arm.name, steps: arm.spec.training.steps });
    let trained = arm::train(plan, arm, &folder, interrupt, on_event)?;
    let training_seconds = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let (mut scores, mut probe_problem): (Vec<ProbeScore>, _) = (Vec::new(), None);
    if let (Some(probes), ArmStop::Finished) = (&plan.probes, &trained.stop) {
        on_event(Event::ProbesStarted { arm: &arm.name });
        match probes::learned(probes, plan.seed, trained.dynamics.as_ref()) {
            Ok(found) => scores = found,
            Err(problem) => probe_problem = Some(problem.to_string()),
        }
        write_json_atomically(&folder.join("probes.json"), &scores)?;
    }
    let view = trained.dynamics.view();
    let end = ArmEnd {
        product_inputs: arm.product_inputs(),
        stop_reason: trained.stop.word(),
        stop_detail: trained.stop.detail(),
        steps: view.step,
        training_seconds,
        probe_seconds: started.elapsed().as_secs_f64(),
        probe_problem,
    };
    let records = read_records(&folder.join(RECORDS_FILE))?;
    scores.extend_from_slice(&yardsticks.probes);
    let summary = ArmSummary::new(arm, &records, view.stages, &end, scores);
    Ok((end, summary))
}

#[cfg(test)]
mod tests;

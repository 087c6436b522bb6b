//! Carries a plan out and leaves a run directory: everything is written as it comes.
//!
//! Arms run one after the other on the same data, then the yardsticks are made. An arm that diverges keeps
//! what it saw and the others go on; an interruption stops between two steps, or within the probes, and
//! leaves a checkpoint. A run that was stopped, however it was, goes on where it stood, and its files become
//! the same bytes. What the files hold: docs/run-directory.md.

pub mod directory;
pub mod manifest;
mod arm;
mod child;
mod data;
mod files;
mod fork;
mod pictures;
mod stored;

pub use child::{FORK_FILE, ForkError, ForkRequest, Parentage, PlannedFork};
pub use directory::{DirectoryError, RunDirectory, SAVE_EVERY};
pub use manifest::{KeptFile, MANIFEST_FILE, Manifest, StoredManifest};
pub use stored::{StoredSettings, StoredSettingsError};

use crate::identity::{IdentityError, InputError};
use crate::plan::{ArmPlan, Plan, Probes, in_full};
use crate::status::{ArmEnd, ProductInputs, Status, StopReason};
use crate::store::{RECORDS_FILE, StoreError, read_checkpoint, read_records, write_json_atomically};
use crate::summary::{ArmSummary, Summary};
use featurescope_sim::math::ParameterError;
use featurescope_sim::probe::{ProbeError, ProbeScore};
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Name of the settings of a run.
pub const SPEC_FILE: &str = "spec.toml";
/// Name of what a run found.
pub const SUMMARY_FILE: &str = "summary.json";
const YARDSTICKS_FILE: &str = "yardsticks.json";
const PROBES_FILE: &str = "probes.json";

/// A run that could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Settings or files are not those that the run was begun with.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A file that the settings name cannot be copied.
    #[error(transparent)]
    Input(#[from] InputError),
    /// An arm cannot be built.
    #[error("arm {arm}: {source}")]
    Arm {
        /// The arm.
        arm: String,
        /// Which parameter.
        source: ParameterError,
    },
    /// A stored state does not fit the settings.
    #[error("the stored state of arm {arm} cannot be used: {problem}")]
    State {
        /// The arm.
        arm: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The run was begun by another version.
    #[error(
        "{} was begun by featurescope {theirs}; this is {ours}, which might not make the same bits: go on with {theirs}, or run its spec.toml again", run.display()
    )]
    OtherVersion {
        /// The run.
        run: PathBuf,
        /// The version that began it.
        theirs: String,
        /// This one.
        ours: &'static str,
    },
    /// The arm was begun on a machine whose products round differently.
    #[error(
        "arm {arm} was begun with products from {theirs} inputs, this machine makes them from {ours}: go on where it was begun"
    )]
    OtherArithmetic {
        /// The arm.
        arm: String,
        /// What it was begun with.
        theirs: ProductInputs,
        /// What there is here.
        ours: ProductInputs,
    },
}

impl RunError {
    /// Whether the run can go on once the disk allows it. Else `resume` meets the same error again.
    pub fn can_be_resumed(&self) -> bool {
        match self {
            Self::Directory(_) | Self::Input(_) => true,
            Self::Store(error) => matches!(error, StoreError::Io { .. } | StoreError::Table { .. }),
            Self::Identity(_)
            | Self::Arm { .. }
            | Self::State { .. }
            | Self::OtherVersion { .. }
            | Self::OtherArithmetic { .. } => false,
        }
    }

    fn arm(name: &str) -> impl FnOnce(ParameterError) -> Self {
        let arm = name.to_owned();
        |source| Self::Arm { arm, source: in_full(source) }
    }
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
        /// Its place among the arms, from 1 on.
        number: usize,
        /// How many arms there are.
        arms: usize,
        /// Its planned steps.
        steps: u64,
    },
    /// It goes on from where another process left it.
    Resumed {
        /// Its name.
        arm: &'a str,
        /// Steps taken so far.
        step: u64,
    },
    /// Something that a person should know.
    Note(&'a str),
    /// It took a step.
    Stepped {
        /// Steps taken.
        step: u64,
        /// The batch's loss.
        loss: f64,
    },
    /// Its state was recorded; figures that are not defined are NaN.
    Recorded {
        /// Share of the energy outside the atoms.
        dense_energy_fraction: f64,
        /// Share of the atoms that some neuron is aligned with, |cos| > .9.
        coverage: f64,
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

/// Carries `plan` out in `directory`, until the end or until `interrupt` is set. Where the directory holds a part of
/// the run already, it goes on from there; `plan` has to be that of its `spec.toml`.
///
/// # Errors
/// If a file cannot be written; if the run was begun by another version of this program. A diverging arm is no error: the
/// summary's [`Summary::status`] tells.
pub fn execute(
    plan: &Plan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, RunError> {
    let started = Instant::now();
    let mut manifest = Manifest::new(plan);
    let earlier = StoredManifest::read(directory.path())?;
    if let Some(earlier) = &earlier {
        earlier.check_version(directory.path())?;
        earlier.check_identity(directory.path(), &plan.resolved, &plan.identity)?;
        manifest = manifest.continuing(earlier);
    }
    let seconds_before = manifest.wall_seconds;
    let wall_seconds = || seconds_before + started.elapsed().as_secs_f64();
    files::keep_settings(plan, directory)?;
    let write_manifest =
        |manifest: &Manifest| write_json_atomically(&directory.file(MANIFEST_FILE), manifest);
    // Arms that have ended stay in it from the first word on.
    let mut ended = earlier.map(|earlier| earlier.arms).unwrap_or_default();
    ended.retain(|_, end| end.stop_reason != StopReason::Interrupted);
    manifest.arms =
        plan.arms.iter().filter_map(|arm| Some((arm.name.clone(), ended.get(&arm.name)?.clone()))).collect();
    write_manifest(&manifest)?;
    data::keep(plan, directory)?;

    let mut summary = Summary::new(plan);
    for (position, arm) in plan.arms.iter().enumerate() {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let known = ended.get(&arm.name).and_then(|end| {
            let found = stored_summary(plan, arm, directory, end);
            found
                .map_err(|error| on_event(Event::Note(&format!("arm {}: {error}; it runs again", arm.name))))
                .ok()
        });
        if let Some(known) = known {
            arm::clear(&directory.arm_path(&arm.name))?;
            summary.arms.push((arm.name.clone(), known));
            continue;
        }
        let (number, arms) = (position + 1, plan.arms.len());
        on_event(Event::ArmStarted { arm: &arm.name, number, arms, steps: arm.spec.training.steps });
        let (end, arm_summary) = run_arm(plan, arm, directory, interrupt, on_event)?;
        on_event(Event::ArmEnded { arm: &arm.name, end: &end });
        summary.arms.push((arm.name.clone(), arm_summary));
        manifest.arms.retain(|(name, _)| *name != arm.name);
        manifest.arms.push((arm.name.clone(), end.clone()));
        manifest.wall_seconds = wall_seconds();
        write_manifest(&manifest)?;
        // Only now is the arm safe without them.
        if end.stop_reason != StopReason::Interrupted {
            arm::clear(&directory.arm_path(&arm.name))?;
        }
    }
    // After the arms, so that training starts at once.
    let has_yardsticks = match yardsticks(plan, directory, &mut manifest, interrupt, on_event)? {
        Some(scores) => {
            summary.add_yardsticks(scores);
            true
        }
        None => false,
    };
    let was_stopped = interrupt.load(Ordering::Relaxed) && (summary.has_open_arms(plan) || !has_yardsticks);
    summary.status = if was_stopped { Status::Interrupted } else { summary.worst_stop() };
    summary.wall_seconds = wall_seconds();
    write_json_atomically(&directory.file(SUMMARY_FILE), &summary)?;
    manifest.status = summary.status;
    manifest.wall_seconds = summary.wall_seconds;
    write_manifest(&manifest)?;
    Ok(summary)
}

/// The scores of the yardsticks, as they are stored or anew; `None` if they were interrupted. A run without
/// them is a run all the same: what keeps them from being made is told and stands in the manifest.
fn yardsticks(
    plan: &Plan,
    directory: &RunDirectory,
    manifest: &mut Manifest,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Vec<ProbeScore>>, RunError> {
    let Some(probes) = &plan.probes else { return Ok(Some(Vec::new())) };
    let path = directory.file(YARDSTICKS_FILE);
    // They depend on the plan alone; what cannot be read is made again.
    if let Ok(stored) = read_json(&path) {
        return Ok(Some(stored));
    }
    if interrupt.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let started = Instant::now();
    on_event(Event::YardsticksStarted);
    let found = Probes { plan: probes, seed: plan.seed, interrupt }.yardsticks(&plan.data);
    manifest.yardstick_seconds += started.elapsed().as_secs_f64();
    match found {
        Ok(scores) => {
            write_json_atomically(&path, &scores)?;
            Ok(Some(scores))
        }
        Err(error) if error.is_interruption() => Ok(None),
        Err(error) => {
            on_event(Event::Note(&format!("no yardsticks, because {error}")));
            manifest.yardstick_problem = Some(error.to_string());
            Ok(Some(Vec::new()))
        }
    }
}

fn run_arm(
    plan: &Plan,
    arm: &ArmPlan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(ArmEnd, ArmSummary), RunError> {
    let mut trained = arm::train(plan, arm, directory, interrupt, on_event)?;
    let folder = directory.arm_path(&arm.name);

    let started = Instant::now();
    let (mut scores, mut probe_problem): (Vec<ProbeScore>, _) = (Vec::new(), None);
    if let (Some(probes), StopReason::Finished) = (&plan.probes, trained.stop) {
        on_event(Event::ProbesStarted { arm: &arm.name });
        match (Probes { plan: probes, seed: plan.seed, interrupt }).learned(trained.dynamics.as_ref()) {
            Ok(found) => scores = found,
            // Its training stands; who goes on with it makes the probes.
            Err(ProbeError::Interrupted) => trained.stop = StopReason::Interrupted,
            Err(problem) => probe_problem = Some(problem.to_string()),
        }
        if trained.stop == StopReason::Finished {
            write_json_atomically(&folder.join(PROBES_FILE), &scores)?;
        }
    }
    let view = trained.dynamics.view();
    let end = ArmEnd {
        product_inputs: arm.product_inputs(),
        stop_reason: trained.stop,
        stop_detail: trained.stop_detail.clone(),
        steps: view.step,
        training_seconds: trained.seconds,
        probe_seconds: started.elapsed().as_secs_f64(),
        probe_problem,
    };
    let records = read_records(&folder.join(RECORDS_FILE))?;
    let summary = ArmSummary::new(arm, &records, view.stages, &end, scores);
    Ok((end, summary))
}

/// The summary of an arm that has ended, from its files.
fn stored_summary(
    plan: &Plan,
    arm: &ArmPlan,
    directory: &RunDirectory,
    end: &ArmEnd,
) -> Result<ArmSummary, StoreError> {
    let folder = directory.arm_path(&arm.name);
    let is_finished = end.stop_reason == StopReason::Finished;
    let last = fork::last_checkpoint(&folder, end.stop_reason);
    let stages = read_checkpoint(&last)?.stages;
    let mut scores: Vec<ProbeScore> = Vec::new();
    if plan.probes.is_some() && is_finished {
        scores = read_json(&folder.join(PROBES_FILE))?;
    }
    let records = read_records(&folder.join(RECORDS_FILE))?;
    Ok(ArmSummary::new(arm, &records, stages, end, scores))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read_to_string(path).map_err(StoreError::io(path, "read"))?;
    serde_json::from_str(&text)
        .map_err(|error| StoreError::content(path, format!("it cannot be read ({error})")))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod kept;

#[cfg(test)]
mod stopping;

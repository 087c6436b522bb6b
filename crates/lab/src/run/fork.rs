//! Forked arms: whose settings hold when, and where such an arm starts.
//!
//! A fork is not trained from the start again: it goes on from the nearest stored checkpoint of the arm that it leaves,
//! with the records up to there, and replays from there to the moment of the fork. Runs are deterministic, so this is that
//! arm exactly.

use super::RunError;
use super::pictures::Alignments;
use crate::plan::{ArmPlan, ForkMoment, Plan};
use crate::status::StopReason;
use crate::store::{
    ALIGNMENT_FILE, Checkpoint, NEURONS_FILE, RECORDS_FILE, StoreError, read_alignment_of, read_tables,
    read_whole_checkpoint,
};
use featurescope_sim::measure::Record;
use featurescope_sim::train::StageTimes;
use std::path::{Path, PathBuf};

/// A stretch of steps of an arm.
#[derive(Clone, Copy)]
pub(super) struct Phase<'a> {
    /// Whose settings hold.
    pub arm: &'a ArmPlan,
    /// The step at which the next phase begins.
    pub until: u64,
}

/// A state of a finished arm, from which another one can go on.
pub(super) struct Origin {
    /// The learner and what the measurements remember.
    pub checkpoint: Checkpoint,
    /// The records up to there.
    pub records: Vec<Record>,
    /// The alignment matrices up to there.
    pub alignments: Alignments,
    /// Checkpoints on the way there: name and file.
    pub milestones: Vec<(&'static str, PathBuf)>,
}

/// Checkpoints that an arm leaves, besides that of a divergence, after which nothing can follow.
const CHECKPOINTS: [&str; 3] = ["t1", "t2", "final"];

/// The phases of `arm`, the folders of all arms being in `arms`. The last one never ends.
///
/// # Errors
/// If an arm that it is a fork of cannot be read.
pub(super) fn phases<'a>(plan: &'a Plan, arms: &Path, arm: &'a ArmPlan) -> Result<Vec<Phase<'a>>, RunError> {
    let own = Phase { arm, until: u64::MAX };
    let Some((fork, base)) = base(plan, arm) else { return Ok(vec![own]) };
    let mut phases = phases(plan, arms, base)?;
    let stages = || last_stages(&arms.join(&base.name));
    let reached = match fork {
        ForkMoment::Step(step) => Some(step),
        ForkMoment::FirstStageEnd => stages()?.first,
        ForkMoment::SecondStageEnd => stages()?.second,
    };
    if let Some(step) = reached {
        let count = phases.iter().take_while(|phase| phase.until < step).count();
        phases.truncate(count + 1);
        if let Some(last) = phases.last_mut() {
            last.until = step;
        }
        phases.push(own);
    }
    Ok(phases)
}

/// The moment at which `arm` leaves another one, and that one.
fn base<'a>(plan: &'a Plan, arm: &ArmPlan) -> Option<(ForkMoment, &'a ArmPlan)> {
    let fork = arm.fork.as_ref()?;
    // A plan holds every arm that its arms are forks of.
    plan.arms.iter().find(|other| other.name == fork.arm).map(|base| (fork.at, base))
}

/// T1 and T2 as far as the arm in `folder` got.
pub(super) fn last_stages(folder: &Path) -> Result<StageTimes, RunError> {
    let path = |stop: StopReason| last_checkpoint(folder, stop);
    let last = [StopReason::Finished, StopReason::Diverged].map(path).into_iter().find(|path| path.exists());
    let last = last.unwrap_or_else(|| path(StopReason::Finished));
    Ok(read_whole_checkpoint(&last)?.snapshot.stages)
}

/// The checkpoint that an arm leaves at its end.
pub(super) fn last_checkpoint(folder: &Path, stop: StopReason) -> PathBuf {
    checkpoint_path(folder, if stop == StopReason::Finished { "final" } else { stop.word() })
}

/// The file of a checkpoint.
pub(super) fn checkpoint_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("checkpoint-{name}.safetensors"))
}

/// The latest stored state of the arm that `arm` leaves, before it does so at `step`; `None` if it has to be trained from
/// the start.
pub(super) fn origin(plan: &Plan, arms: &Path, arm: &ArmPlan, step: u64) -> Result<Option<Origin>, RunError> {
    let Some((_, base)) = base(plan, arm) else { return Ok(None) };
    let folder = arms.join(&base.name);
    let usable: Vec<(&str, PathBuf, Checkpoint)> = (CHECKPOINTS.into_iter())
        .filter_map(|name| {
            let path = checkpoint_path(&folder, name);
            let checkpoint = read_whole_checkpoint(&path).ok()?;
            // Without a memory records could not go on.
            let is_usable = checkpoint.snapshot.step <= step && !checkpoint.memory.is_empty();
            is_usable.then_some((name, path, checkpoint))
        })
        .collect();
    let Some((.., latest)) = usable.iter().max_by_key(|(.., checkpoint)| checkpoint.snapshot.step) else {
        return Ok(None);
    };
    let checkpoint = latest.clone();
    let at = checkpoint.snapshot.step;
    let mut history = read_alignment_of(&folder.join(ALIGNMENT_FILE), base.shape())?;
    history.retain(|step| step <= at);
    let milestones = usable.into_iter().filter(|(name, ..)| *name != "final");
    Ok(Some(Origin {
        records: records_until(&folder, base, at)?,
        alignments: Alignments::from_history(history),
        milestones: milestones.map(|(name, path, _)| (name, path)).collect(),
        checkpoint,
    }))
}

/// The stored records of `arm`, which lies in `folder`, up to `step`.
fn records_until(folder: &Path, arm: &ArmPlan, step: u64) -> Result<Vec<Record>, RunError> {
    let (records, neurons) = read_tables(folder, arm.shape())?;
    // Records go on by position: columns in another order would go on under each other's names.
    let recorder = arm.recorder().map_err(RunError::arm(&arm.name))?;
    let of_records: Vec<&str> = records.columns.iter().map(|(name, _)| name.as_str()).collect();
    let of_neurons: Vec<&str> = neurons.columns.iter().map(|(name, _)| name.as_str()).collect();
    for (file, found, expected) in [
        (RECORDS_FILE, of_records, recorder.columns()),
        (NEURONS_FILE, of_neurons, recorder.neuron_columns()),
    ] {
        if !found.into_iter().eq(expected.iter().map(|column| column.name)) {
            let problem = "its columns are not those that this program records, in their order";
            return Err(StoreError::content(&folder.join(file), problem).into());
        }
    }
    let record = |(row, &step): (usize, &u64)| Record {
        step,
        scalars: records.columns.iter().map(|(_, values)| values[row]).collect(),
        neurons: neurons.columns.iter().map(|(_, values)| values.row(row).to_vec()).collect(),
    };
    Ok(records.steps.iter().enumerate().filter(|(_, s)| **s <= step).map(record).collect())
}

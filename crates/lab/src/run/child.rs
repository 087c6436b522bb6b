//! A run that goes on from a state of another run with other settings: it holds a copy of the arm that it leaves and the
//! fork beside it, so that both stand in one picture and nothing outside its folder is needed.
//!
//! Its `spec.toml` describes both arms and gives the same run again without the parent; `fork.json` says where it came from.

use super::files::keep_settings;
use super::fork::last_stages;
use super::{
    MANIFEST_FILE, Manifest, RunDirectory, RunError, SPEC_FILE, StoredManifest, StoredSettings,
    StoredSettingsError, YARDSTICKS_FILE,
};
use crate::identity::RunId;
use crate::plan::{ForkMoment, Plan, PlanError};
use crate::spec::{Layer, Spec, SpecError};
use crate::status::StopReason;
use crate::store::{JOURNAL_FILE, RESUME_FILE, StoreError, write_bytes_atomically, write_json_atomically};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the file that says where a fork came from.
pub const FORK_FILE: &str = "fork.json";

/// A fork that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// There is no run.
    #[error("{} is no run directory: it holds no {SPEC_FILE} and {MANIFEST_FILE}", .0.display())]
    NoRun(PathBuf),
    /// The arm is not there.
    #[error("the run has no arm `{arm}`; its arms are {arms}")]
    NoArm {
        /// What was asked for.
        arm: String,
        /// What there is.
        arms: String,
    },
    /// The name is taken.
    #[error("the run has an arm `{0}` already: choose another name with --name")]
    NameTaken(String),
    /// The arm has not ended.
    #[error("arm {arm} has not ended: `featurescope resume {}` goes on with it", run.display())]
    Unfinished {
        /// The arm.
        arm: String,
        /// The run.
        run: PathBuf,
    },
    /// The arm never got there.
    #[error(
        "arm {arm} did not reach {at}: --at takes a number of steps up to {steps}, or a stage that it reached"
    )]
    NotReached {
        /// The arm.
        arm: String,
        /// What was asked for.
        at: String,
        /// The steps it took.
        steps: u64,
    },
    /// Neither a step nor a stage.
    #[error("--at {0} cannot be used: a number of steps, t1 or t2 is expected")]
    Moment(String),
    /// The settings of the run cannot be used.
    #[error(transparent)]
    Settings(#[from] StoredSettingsError),
    /// The settings of the fork cannot be used.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The settings do not fit together.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ForkRequest<'a> {
    /// The run to leave.
    pub run: &'a Path,
    /// The arm to leave; the run's first without one.
    pub arm: Option<&'a str>,
    /// Name of the new arm; the other one's with `-fork` without one.
    pub name: Option<&'a str>,
    /// A number of steps, `t1` or `t2`.
    pub at: &'a str,
    /// What is different from there on, `key=value`.
    pub overrides: &'a [String],
}

/// `fork.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Parentage {
    /// Folder of the run that it left.
    pub parent: String,
    /// Names that run.
    pub parent_run_id: RunId,
    /// The arm that it left.
    pub parent_arm: String,
    /// The new arm.
    pub arm: String,
    /// What was asked for: a number of steps, `t1` or `t2`.
    pub at: String,
    /// The step that this is.
    pub step: u64,
    /// What is different from there on.
    pub overrides: Vec<String>,
}

/// A fork that can be made.
#[derive(Debug)]
pub struct PlannedFork {
    /// The arm that is left, those that it is itself a fork of, and the new one.
    pub plan: Plan,
    parent: PathBuf,
    manifest: StoredManifest,
    parentage: Parentage,
}

impl PlannedFork {
    /// Checks everything; writes nothing.
    pub fn new(request: &ForkRequest<'_>) -> Result<Self, ForkError> {
        let run = request.run;
        let at: ForkMoment = request.at.parse().map_err(|()| ForkError::Moment(request.at.to_owned()))?;
        let no_run = || ForkError::NoRun(run.to_path_buf());
        if !run.join(SPEC_FILE).is_file() {
            return Err(no_run());
        }
        let StoredSettings { spec: whole, manifest, .. } = StoredSettings::read(run)?;
        let manifest = manifest.ok_or_else(no_run)?;
        manifest.check_version(run)?;
        let names: Vec<&str> = whole.arms.iter().map(|(name, _)| name.as_str()).collect();
        let arm = request.arm.or(names.first().copied()).unwrap_or_default();
        if !names.contains(&arm) {
            return Err(ForkError::NoArm { arm: arm.to_owned(), arms: names.join(", ") });
        }
        let name = request.name.map_or_else(|| format!("{arm}-fork"), ToOwned::to_owned);
        if names.contains(&name.as_str()) {
            return Err(ForkError::NameTaken(name));
        }
        let step = reached(run, &manifest, arm, at)?;
        let layers = [
            Layer::parse(&child_spec(&whole, arm, &name)?, SPEC_FILE, run)?,
            Layer::overrides(&own_settings(&name, arm, at, request.overrides))?,
        ];
        let plan = Plan::new(&Spec::from_layers(&layers)?, "fork")?;
        let parent = std::path::absolute(run).unwrap_or_else(|_| run.to_path_buf());
        let parentage = Parentage {
            parent: parent.display().to_string(),
            parent_run_id: manifest.run_id,
            parent_arm: arm.to_owned(),
            arm: name,
            at: request.at.to_owned(),
            step,
            overrides: request.overrides.to_vec(),
        };
        Ok(Self { plan, parent: run.to_path_buf(), manifest, parentage })
    }

    /// Puts what there is already into `directory`; [`execute`](super::execute) goes on from there.
    pub fn prepare(&self, directory: &RunDirectory) -> Result<(), ForkError> {
        let mut manifest = Manifest::new(&self.plan);
        for arm in &self.plan.arms {
            let Some(end) = self.manifest.arms.get(&arm.name).filter(|_| arm.name != self.parentage.arm)
            else {
                continue;
            };
            let to = directory.arm(&arm.name).map_err(RunError::from)?;
            copy_files(&self.parent.join("arms").join(&arm.name), &to)?;
            manifest.arms.push((arm.name.clone(), end.clone()));
        }
        let yardsticks = self.parent.join(YARDSTICKS_FILE);
        if yardsticks.is_file() {
            copy(&yardsticks, &directory.file(YARDSTICKS_FILE))?;
        }
        write_json_atomically(&directory.file(FORK_FILE), &self.parentage)?;
        keep_settings(&self.plan, directory)?;
        Ok(write_json_atomically(&directory.file(MANIFEST_FILE), &manifest)?)
    }
}

/// The step that `at` is in `arm`, which has to have ended after it.
fn reached(run: &Path, manifest: &StoredManifest, arm: &str, at: ForkMoment) -> Result<u64, ForkError> {
    let ended = manifest.arms.get(arm).filter(|end| end.stop_reason != StopReason::Interrupted);
    let unfinished = || ForkError::Unfinished { arm: arm.to_owned(), run: run.to_path_buf() };
    let end = ended.ok_or_else(unfinished)?;
    let stages = || last_stages(&run.join("arms").join(arm));
    let step = match at {
        ForkMoment::Step(step) => Some(step).filter(|step| *step <= end.steps),
        ForkMoment::FirstStageEnd => stages()?.first,
        ForkMoment::SecondStageEnd => stages()?.second,
    };
    let not_reached = || ForkError::NotReached { arm: arm.to_owned(), at: at.to_string(), steps: end.steps };
    step.ok_or_else(not_reached)
}

/// The parent's settings with the arms that matter and a copy of `arm` called `name`. What only other arms
/// use does not come along.
fn child_spec(parent: &Spec, arm: &str, name: &str) -> Result<String, SpecError> {
    let mut kept = vec![arm.to_owned()];
    // An arm that is itself a fork needs the one that it left.
    for (other, spec) in parent.arms.iter().rev() {
        let base = spec.training.fork.as_ref().and_then(|fork| fork.split_once('@'));
        if let Some((base, _)) = base.filter(|_| kept.contains(other)) {
            kept.push(base.to_owned());
        }
    }
    let mut values = parent.values.clone();
    values.arms.retain(|(other, _)| kept.contains(other));
    if let Some((_, own)) = values.arms.iter().find(|(other, _)| other == arm) {
        let copy = (name.to_owned(), own.clone());
        values.arms.push(copy);
    }
    values
        .to_toml()
        .map_err(|error| SpecError::Syntax { place: SPEC_FILE.to_owned(), message: error.to_string() })
}

/// The overrides as those of arm `name`, which is a fork of `arm` after `at`. A person who writes them as
/// `run` takes them, with the name of either arm in front, means the fork too: it is the only arm that
/// changes.
fn own_settings(name: &str, arm: &str, at: ForkMoment, overrides: &[String]) -> Vec<String> {
    let prefix = format!("arms.{name}.");
    let of_arm = format!("arms.{arm}.");
    let own = overrides.iter().map(|typed| {
        let setting = typed.strip_prefix(&of_arm).or(typed.strip_prefix(&prefix)).unwrap_or(typed);
        format!("{prefix}{setting}")
    });
    own.chain([format!("{prefix}training.fork={arm}@{at}")]).collect()
}

/// Copies the files of a folder, without what only a running arm needs.
fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut files: Vec<PathBuf> = (fs::read_dir(from).map_err(StoreError::io(from, "read"))?)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    for file in files {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        if ![JOURNAL_FILE, RESUME_FILE].contains(&name) {
            copy(&file, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let bytes = fs::read(from).map_err(StoreError::io(from, "read"))?;
    write_bytes_atomically(to, &bytes)
}

#[cfg(test)]
mod tests;

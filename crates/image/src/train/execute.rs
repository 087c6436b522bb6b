//! Carries a run out in its folder: every arm, from where it stands.

use super::arm::ArmRun;
use super::memory::{self, MemoryError};
use super::pictures::Source;
use crate::arrays::ArraysError;
use crate::data::Pictures;
use crate::device::{self, DeviceError};
use crate::error::DataError;
use crate::run::{self, ArmSummary, Record, Summary, record};
use crate::settings::Settings;
use burn::tensor::Device;
use featurescope_lab::host::available_memory;
use featurescope_lab::identity::{Identity, IdentityError};
use featurescope_lab::run::{
    DirectoryError, MANIFEST_FILE, Manifest, RunDirectory, RunError, SPEC_FILE, SUMMARY_FILE, StoredManifest,
};
use featurescope_lab::status::{ArmEnd, Status, StopReason};
use featurescope_lab::store::{
    RECORDS_FILE, StoreError, remove_file, write_json_atomically, write_text_atomically,
};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Why a run stopped, or cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The folder.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The folder holds a run of another version.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The folder holds a run with other settings or pictures.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The pictures.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Arrays on disk.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
    /// Tables on disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A device that lacks what the settings ask for.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Memory that is not there.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Settings that do not fit the pictures.
    #[error("{setting} = {value}, but {problem}")]
    Misfit {
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: usize,
        /// What is wrong.
        problem: String,
    },
}

impl ExecuteError {
    /// Whether the run can go on once the disk allows it.
    pub fn can_be_resumed(&self) -> bool {
        matches!(self, Self::Directory(_) | Self::Store(_) | Self::Arrays(_))
    }
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A word about the pictures.
    Note(&'a str),
    /// An arm begins, or goes on after `epoch` epochs.
    Started {
        /// The arm.
        arm: &'a str,
        /// Epochs made.
        epoch: usize,
        /// Pictures that go through its steps from here on.
        pictures: u64,
    },
    /// A step.
    Stepped {
        /// Pictures since the start.
        pictures: u64,
        /// Its loss.
        loss: f64,
    },
    /// An epoch has been measured.
    Measured(&'a Record),
    /// An arm has ended.
    Ended {
        /// The arm.
        arm: &'a str,
        /// Its last record.
        record: &'a Record,
        /// How.
        end: &'a ArmEnd,
        /// Pictures that went through its steps.
        pictures: u64,
    },
}

/// A run that can be carried out: settings and pictures fit together, and into memory.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub settings: Settings,
    /// Name of its experiment.
    pub experiment: String,
    /// Its pictures.
    pub source: Source,
    /// What tells it from other runs.
    pub identity: Identity,
    /// Where it computes.
    pub device: Device,
}

impl Plan {
    /// Checks that everything can be done that is asked for; `name` names the experiment where the settings do not.
    ///
    /// # Errors
    /// [`ExecuteError::Device`], [`ExecuteError::Misfit`] and [`ExecuteError::Memory`].
    pub fn new(settings: Settings, source: Source, name: &str) -> Result<Self, ExecuteError> {
        let device = device::find(&settings.device)?;
        let side = require_square(&settings, &source)?;
        for (_, arm) in &settings.arms {
            device::require(&device, arm.training.arithmetic)?;
            if let Some(problem) = arm.network.misfit(side) {
                return Err(ExecuteError::Misfit { setting: side_setting(&settings), value: side, problem });
            }
        }
        memory::require(&settings, source.size(), source.classes(), available_memory())?;
        let experiment = settings.experiment.clone().unwrap_or_else(|| name.to_owned());
        let identity = run::identity(&settings, source.digest());
        Ok(Self { settings, experiment, source, identity, device })
    }
}

/// The setting that the side of pictures comes from.
fn side_setting(settings: &Settings) -> &'static str {
    match settings.data.pictures {
        Pictures::Stored(_) => "the pictures' side",
        Pictures::Synthetic { .. } => "data.pictures.size",
    }
}

fn require_square(settings: &Settings, source: &Source) -> Result<usize, ExecuteError> {
    let [height, side] = source.size();
    if side == height {
        return Ok(side);
    }
    let problem = format!("pictures must be square, these are {side} × {height}");
    Err(ExecuteError::Misfit { setting: side_setting(settings), value: side, problem })
}

/// Carries `plan` out in `directory`, until the end or until `interrupt` is set. Where the directory holds a
/// part of the
/// run already, it goes on from there.
///
/// # Errors
/// If the directory holds another run or one of another version, pictures cannot be drawn, a stored state
/// cannot be used, or
/// a file cannot be written. A diverging arm is no error: the summary's status tells.
pub fn execute(
    plan: &Plan,
    directory: &RunDirectory,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, ExecuteError> {
    let (started, settings) = (Instant::now(), &plan.settings);
    let mut manifest = Manifest::begun(&plan.experiment, settings.seed, &plan.identity, &settings.resolved);
    let earlier = StoredManifest::read(directory.path())?;
    if let Some(earlier) = &earlier {
        earlier.check_version(directory.path())?;
        earlier.check_identity(directory.path(), &settings.resolved, &plan.identity)?;
        manifest = manifest.continuing(earlier);
    }
    let seconds_before = manifest.wall_seconds;
    if !directory.file(SPEC_FILE).exists() {
        write_text_atomically(&directory.file(SPEC_FILE), &settings.resolved)?;
    }
    let mut ended = earlier.map(|earlier| earlier.arms).unwrap_or_default();
    ended.retain(|_, end| end.stop_reason != StopReason::Interrupted);
    let write_manifest =
        |manifest: &Manifest| write_json_atomically(&directory.file(MANIFEST_FILE), manifest);
    manifest.arms =
        settings.arms.iter().filter_map(|(name, _)| Some((name.clone(), ended.get(name)?.clone()))).collect();
    write_manifest(&manifest)?;
    plan.source.notes().iter().for_each(|note| tell(Event::Note(note)));

    let mut arms = Vec::new();
    let mut split = None;
    for (name, arm) in &settings.arms {
        let place = directory.arm(name)?;
        if let Some(end) = ended.get(name) {
            let records = record::read(&place.join(RECORDS_FILE))?;
            arms.push((name.clone(), ArmSummary::new(&records, end.stop_reason)));
            continue;
        }
        // Pictures are drawn for those who need them.
        if split.is_none() {
            split = Some(plan.source.of_seed(settings.seed)?);
        }
        let Some(split) = &split else { continue };
        let run = ArmRun { plan, name, arm, place, split };
        let Some((end, records)) = run.run(interrupt, tell)? else { break };
        arms.push((name.clone(), ArmSummary::new(&records, end.stop_reason)));
        manifest.arms.push((name.clone(), end));
        manifest.wall_seconds = seconds_before + started.elapsed().as_secs_f64();
        write_manifest(&manifest)?;
        // The manifest has it now.
        remove_file(&run.place.join(run::TIMING_FILE))?;
    }
    let status = status(&arms, settings.arms.len());
    let wall_seconds = seconds_before + started.elapsed().as_secs_f64();
    let summary = Summary {
        experiment: plan.experiment.clone(),
        seed: settings.seed,
        setting_key: plan.identity.setting_key(),
        status,
        wall_seconds,
        arms,
    };
    write_json_atomically(&directory.file(SUMMARY_FILE), &summary)?;
    (manifest.status, manifest.wall_seconds) = (status, wall_seconds);
    write_manifest(&manifest)?;
    Ok(summary)
}

/// How a run of so many arms stands, some of which have ended.
fn status(ended: &[(String, ArmSummary)], arms: usize) -> Status {
    let has_diverged = ended.iter().any(|(_, arm)| arm.stop_reason == StopReason::Diverged);
    match (ended.len() == arms, has_diverged) {
        (false, _) => Status::Interrupted,
        (true, true) => Status::Diverged,
        (true, false) => Status::Finished,
    }
}

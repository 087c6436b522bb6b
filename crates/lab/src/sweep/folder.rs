//! The folder of a sweep: one folder per run, named after its content, and `sweep.json`, which says what was asked for.

use super::lease::{Leases, SILENCE};
use crate::identity::{Digest, SettingKey};
use crate::run::SAVE_EVERY;
use crate::status::Status;
use crate::store::{
    ASIDE, FolderLock, LOCK_FILE, LockError, RUN_FORMAT_VERSION, StoreError, from_versioned_json,
    write_json_atomically,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the file that makes a folder a sweep.
pub const SWEEP_FILE: &str = "sweep.json";
/// Name of the file that says how a sweep was begun.
pub const COMMAND_FILE: &str = "command.json";

/// A folder that cannot take a sweep, or is none.
#[derive(Debug, thiserror::Error)]
pub enum SweepFolderError {
    /// Another process works in it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It holds something else.
    #[error("{} holds something that is no sweep: nothing was written. Choose another folder", .0.display())]
    Occupied(PathBuf),
    /// The system refuses.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// `sweep.json` is not what it should be.
    #[error("{}: {problem}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// `sweep.json` could not be written, or is damaged or of another format version.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `sweep.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepIndex {
    /// Version of the layout.
    pub format_version: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// What was asked for, in order; several may share a run.
    pub points: Vec<SweepEntry>,
    /// What is noteworthy: lists that changed nothing.
    pub warnings: Vec<String>,
}

/// One point of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepEntry {
    /// Folder of its run.
    pub run: String,
    /// Names its settings without the seed: points that share it are repetitions.
    pub setting: SettingKey,
    /// d, on sparse-coding data.
    pub latent_dim: Option<usize>,
    /// d1, on sparse-coding data.
    pub ambient_dim: Option<usize>,
    /// Name of its variant.
    pub variant: Option<String>,
    /// What was chosen from the lists.
    pub choices: BTreeMap<String, serde_json::Value>,
    /// How its run stands.
    pub status: Status,
    /// What went wrong, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Hash of everything that was recorded: equal results have equal fingerprints. `None` until it has ended.
    pub fingerprint: Option<Digest>,
}

/// A sweep folder: opened by one process that says what is asked for, or joined by any number of them.
#[derive(Debug)]
pub struct SweepFolder {
    path: PathBuf,
    _lock: Option<FolderLock>,
    save_every: Duration,
    silence: Duration,
}

impl SweepFolder {
    /// Opens `path`: a new or empty folder, or one that holds a sweep.
    pub fn open(path: &Path) -> Result<Self, SweepFolderError> {
        let io = |path: &Path| {
            let path = path.to_path_buf();
            |source| SweepFolderError::Io { path, source }
        };
        fs::create_dir_all(path).map_err(io(path))?;
        let mut entries = fs::read_dir(path).map_err(io(path))?;
        // What a process that was killed in its first moment left counts as nothing.
        let aside = |name: &str| format!("{name}{ASIDE}");
        let leftovers =
            [LOCK_FILE.to_owned(), COMMAND_FILE.to_owned(), aside(COMMAND_FILE), aside(SWEEP_FILE)];
        let is_leftover = |name: &std::ffi::OsStr| leftovers.iter().any(|leftover| name == leftover.as_str());
        let is_new = entries.all(|entry| entry.is_ok_and(|entry| is_leftover(&entry.file_name())));
        if !is_new && !path.join(SWEEP_FILE).is_file() {
            return Err(SweepFolderError::Occupied(path.to_path_buf()));
        }
        let lock = Some(FolderLock::take(path)?);
        Ok(Self { path: path.to_path_buf(), _lock: lock, save_every: SAVE_EVERY, silence: SILENCE })
    }

    /// Joins those who make the runs of the sweep in `path`; its leases tell them apart.
    ///
    /// # Errors
    /// If there is no sweep.
    pub fn join(path: &Path) -> Result<Self, SweepFolderError> {
        let file = path.join(SWEEP_FILE);
        fs::metadata(&file).map_err(|source| SweepFolderError::Io { path: file, source })?;
        Ok(Self { path: path.to_path_buf(), _lock: None, save_every: SAVE_EVERY, silence: SILENCE })
    }

    /// The same, with so much wall time between two states of an arm that is being trained.
    #[must_use]
    pub fn saving_every(self, save_every: Duration) -> Self {
        Self { save_every, ..self }
    }

    /// The same, where the runs of a process count as given up after so much time without a word of it.
    #[must_use]
    pub fn giving_up_after(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// The leases of its runs.
    pub(super) fn leases(&self) -> Leases {
        Leases::of(&self.path, self.silence)
    }

    /// Wall time between two states of an arm that is being trained.
    pub(super) fn save_every(&self) -> Duration {
        self.save_every
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a run that has ended.
    pub fn run(&self, id: &str) -> PathBuf {
        self.path.join(id)
    }

    pub(super) fn write(&self, index: &SweepIndex) -> Result<(), SweepFolderError> {
        Ok(write_json_atomically(&self.path.join(SWEEP_FILE), index)?)
    }
}

impl SweepIndex {
    /// The index of the sweep in folder `path`.
    pub fn read(path: &Path) -> Result<Self, SweepFolderError> {
        let file = path.join(SWEEP_FILE);
        let text = fs::read(&file).map_err(|source| SweepFolderError::Io { path: file.clone(), source })?;
        let index: Self = from_versioned_json((&file, "it"), &text, RUN_FORMAT_VERSION)?;
        let wrong = |problem: String| SweepFolderError::Index { path: file.clone(), problem };
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_hexdigit());
        match index.points.iter().find(|point| !is_name(&point.run)) {
            Some(point) => Err(wrong(format!("`{}` is not the name of a run", point.run))),
            None => Ok(index),
        }
    }
}

/// The run directories behind `path`: those of a sweep that have ended, or `path` itself.
pub fn runs_in(path: &Path) -> Result<Vec<PathBuf>, SweepFolderError> {
    if !path.join(SWEEP_FILE).is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut runs: Vec<PathBuf> = Vec::new();
    for point in SweepIndex::read(path)?.points {
        let run = path.join(&point.run);
        if run.is_dir() && !runs.contains(&run) {
            runs.push(run);
        }
    }
    Ok(runs)
}

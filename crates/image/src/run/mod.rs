//! A run on disk: every arm from every seed in a folder of its own, which training fills and the report reads.
//!
//! ```text
//! manifest.json                        version of this layout, of the program, device and machine of the first start
//! settings.json                        everything that was asked for
//! arms/ARM/seed-N/records.json         one record per epoch
//!                 timing.json          pictures and seconds
//!                 checkpoint.safetensors
//!                 filters.safetensors  the first layer at every measured epoch
//!                 final.safetensors    representations of test pictures, features' pictures, sample views
//! report.html, figures/
//! ```
//!
//! A file under its final name is complete. The checkpoint of an epoch is written last, so that a run that was stopped
//! goes on from the last epoch whose checkpoint stands.

pub mod record;

pub use record::{FIGURES, Figure, Reading, Record, Timing};

use crate::arrays::ArraysError;
use crate::settings::Settings;
use featurescope_lab::host::Host;
use featurescope_lab::store::{FolderLock, LOCK_FILE, LockError, StoreError, write_json_atomically};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Version of the layout described above.
const FORMAT_VERSION: u32 = 1;
/// Name of the manifest.
const MANIFEST_FILE: &str = "manifest.json";
/// Name of the settings' file.
pub const SETTINGS_FILE: &str = "settings.json";
/// Name of the records' file.
pub const RECORDS_FILE: &str = "records.json";
/// Name of the file of pictures and seconds.
pub const TIMING_FILE: &str = "timing.json";
/// Name of the checkpoint.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// Name of the file of first-layer filters.
pub const FILTERS_FILE: &str = "filters.safetensors";
/// Name of the file of what is read at the end.
pub const FINAL_FILE: &str = "final.safetensors";

/// Why a folder of a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or read.
    #[error("{path} cannot be used: {problem}")]
    Unusable {
        /// What.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// It holds another run.
    #[error(
        "{path} holds a run with other settings ({difference}); give the same settings to go on with it, or another \
         folder with --out"
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// Another process has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of arrays cannot be used.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
}

/// The folder of a run.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held while the run is being filled, not while it is only read.
    _lock: Option<FolderLock>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format_version: u32,
    featurescope_version: &'static str,
    device: &'a str,
    host: Host,
}

/// What a reader asks of a manifest.
#[derive(Deserialize)]
struct StoredManifest {
    format_version: u32,
}

impl Folder {
    /// Opens `path` for a run with these settings on the device of this name: a new folder, an empty one, or one that this
    /// run has begun to fill. No other process can open it until this one drops it.
    ///
    /// # Errors
    /// If it cannot be made, another process has it, or it holds something else.
    pub fn open(path: &Path, settings: &Settings, device: &str) -> Result<Self, FolderError> {
        let unusable = |error: std::io::Error| FolderError::unusable(path, error.to_string());
        let is_run = path.join(SETTINGS_FILE).exists();
        fs::create_dir_all(path).map_err(unusable)?;
        if !is_run {
            let names = fs::read_dir(path).map_err(unusable)?.flatten().map(|entry| entry.file_name());
            // What a start leaves that was cut short before its settings stood.
            let ours = |name: &std::ffi::OsString| name == LOCK_FILE || name == MANIFEST_FILE;
            if names.filter(|name| !ours(name)).count() > 0 {
                return Err(FolderError::unusable(path, "it is not empty and holds no run on pictures"));
            }
        }
        let folder = Self { path: path.to_path_buf(), _lock: Some(FolderLock::take(path)?) };
        if is_run {
            let stored = folder.settings()?;
            if stored != *settings {
                let difference = difference(&stored, settings);
                return Err(FolderError::OtherRun { path: path.to_path_buf(), difference });
            }
            return Ok(folder);
        }
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            featurescope_version: env!("CARGO_PKG_VERSION"),
            device,
            host: Host::current(),
        };
        write_json_atomically(&path.join(MANIFEST_FILE), &manifest)?;
        write_json_atomically(&path.join(SETTINGS_FILE), settings)?;
        Ok(folder)
    }

    /// The folder of a run that is there.
    ///
    /// # Errors
    /// If it holds none, or one in a layout of another version.
    pub fn existing(path: &Path) -> Result<Self, FolderError> {
        let folder = Self { path: path.to_path_buf(), _lock: None };
        folder.settings()?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The stored settings.
    pub fn settings(&self) -> Result<Settings, FolderError> {
        let path = self.path.join(MANIFEST_FILE);
        let found = read_json::<StoredManifest>(&path)?.format_version;
        if found != FORMAT_VERSION {
            let problem = format!("its format version is {found}, this program reads {FORMAT_VERSION}");
            return Err(FolderError::unusable(&path, problem));
        }
        read_json(&self.path.join(SETTINGS_FILE))
    }

    /// The folder of an arm's seed.
    pub fn arm(&self, arm: &str, seed: u64) -> PathBuf {
        self.path.join("arms").join(arm).join(format!("seed-{seed}"))
    }

    /// The records of an arm's seed; none if it has not begun.
    pub fn records(&self, arm: &str, seed: u64) -> Result<Vec<Record>, FolderError> {
        let path = self.arm(arm, seed).join(RECORDS_FILE);
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }

    /// How long an arm's seed has taken.
    pub fn timing(&self, arm: &str, seed: u64) -> Result<Timing, FolderError> {
        let path = self.arm(arm, seed).join(TIMING_FILE);
        if path.exists() { read_json(&path) } else { Ok(Timing::default()) }
    }

    /// Whether an arm's seed has been trained and looked at to the end.
    pub fn is_complete(&self, arm: &str, seed: u64) -> bool {
        self.arm(arm, seed).join(FINAL_FILE).exists()
    }
}

impl FolderError {
    fn unusable(path: &Path, problem: impl Into<String>) -> Self {
        Self::Unusable { path: path.to_path_buf(), problem: problem.into() }
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let text = fs::read_to_string(path).map_err(|error| FolderError::unusable(path, error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| FolderError::unusable(path, error.to_string()))
}

/// The first setting in which two differ, in words.
fn difference(old: &Settings, new: &Settings) -> String {
    let json = |settings: &Settings| serde_json::to_value(settings).unwrap_or_default();
    let mut path = Vec::new();
    first_difference(&json(old), &json(new), &mut path)
        .map_or("in their order".to_owned(), |(a, b)| format!("{}: {a} there, {b} here", path.join(".")))
}

fn first_difference(
    a: &serde_json::Value,
    b: &serde_json::Value,
    path: &mut Vec<String>,
) -> Option<(serde_json::Value, serde_json::Value)> {
    use serde_json::Value::{Null, Object};
    let (Object(left), Object(right)) = (a, b) else {
        return (a != b).then(|| (a.clone(), b.clone()));
    };
    for key in left.keys().chain(right.keys()) {
        path.push(key.clone());
        let (a, b) = (left.get(key).unwrap_or(&Null), right.get(key).unwrap_or(&Null));
        if let Some(found) = first_difference(a, b, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

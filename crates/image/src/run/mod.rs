//! A run on disk: every arm from every seed in a folder of its own, which training fills and the report reads.
//!
//! ```text
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

pub use record::{FIGURES, Reading, Record, Timing};

use crate::arrays::ArraysError;
use crate::settings::Settings;
use featurescope_lab::store::{StoreError, write_json_atomically};
use std::fs;
use std::path::{Path, PathBuf};

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
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of arrays cannot be used.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens `path` for a run with these settings: a new folder, an empty one, or one that this run has begun to fill.
    ///
    /// # Errors
    /// If it cannot be made, or holds something else.
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, FolderError> {
        let unusable = |problem: String| FolderError::Unusable { path: path.to_path_buf(), problem };
        fs::create_dir_all(path).map_err(|error| unusable(error.to_string()))?;
        let folder = Self(path.to_path_buf());
        let file = path.join(SETTINGS_FILE);
        if file.exists() {
            let stored = folder.settings()?;
            if stored != *settings {
                let difference = difference(&stored, settings);
                return Err(FolderError::OtherRun { path: path.to_path_buf(), difference });
            }
        } else {
            let mut entries = fs::read_dir(path).map_err(|error| unusable(error.to_string()))?;
            if entries.next().is_some() {
                return Err(unusable("it is not empty and holds no run on pictures".to_owned()));
            }
            write_json_atomically(&file, settings)?;
        }
        Ok(folder)
    }

    /// The folder of a run that is there.
    ///
    /// # Errors
    /// If it holds none.
    pub fn existing(path: &Path) -> Result<Self, FolderError> {
        let folder = Self(path.to_path_buf());
        folder.settings()?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The stored settings.
    pub fn settings(&self) -> Result<Settings, FolderError> {
        let path = self.0.join(SETTINGS_FILE);
        read_json(&path)
    }

    /// The folder of an arm's seed.
    pub fn arm(&self, arm: &str, seed: u64) -> PathBuf {
        self.0.join("arms").join(arm).join(format!("seed-{seed}"))
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

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let unusable = |problem: String| FolderError::Unusable { path: path.to_path_buf(), problem };
    let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
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

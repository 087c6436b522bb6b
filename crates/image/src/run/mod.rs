//! A run on disk: the same folder as that of every other run, with the files of pictures in the arms.
//!
//! ```text
//! spec.toml                            everything that was asked for: it gives the same run again
//! manifest.json                        identity, program, machine, how it stands, how its arms ended
//! summary.json                         how it ended and what was found at the end
//! arms/ARM/records.parquet             a row per epoch
//!          checkpoint.safetensors      the network and its descent after the last epoch
//!          filters.safetensors         the first layer at every measured epoch
//!          final.safetensors           representations of test pictures, features' pictures, sample views
//!          timing.json                 seconds so far, of an arm that has not ended
//! report.html, figures/
//! ```
//!
//! A file under its final name is complete. The checkpoint of an epoch is written last, so that a run that was stopped
//! goes on from the last epoch whose checkpoint stands.

pub mod record;
mod trial;

pub use record::{MEASUREMENTS, Measurement, Measurements, Record};
pub use trial::ON_PICTURES;

use crate::arrays::ArraysError;
use crate::settings::{CATALOGUE, Settings, SettingsError, is_on_pictures};
use featurescope_lab::identity::{Digest, Identity, InputFile, SettingKey, Settings as Canonical};
use featurescope_lab::run::{SPEC_FILE, StoredManifest};
use featurescope_lab::spec::SpecError;
use featurescope_lab::status::{ArmEnd, Status, StopReason};
use featurescope_lab::store::{RECORDS_FILE, StoreError, as_map};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the checkpoint.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// Name of the file of first-layer filters.
pub const FILTERS_FILE: &str = "filters.safetensors";
/// Name of the file of what is read at the end.
pub const FINAL_FILE: &str = "final.safetensors";
/// Name of the file of seconds.
pub const TIMING_FILE: &str = "timing.json";
/// What runs of earlier versions kept their settings in.
const FORMER_SETTINGS_FILE: &str = "settings.json";

/// Why a stored run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is of an earlier version.
    #[error(
        "{} is a run on pictures of an earlier version, with all seeds in one folder: this version reads one seed a \
         run. Run its experiment again, or read it with the version that made it", .0.display()
    )]
    Former(PathBuf),
    /// It is no run on pictures, or was changed.
    #[error("{}: {problem}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        problem: &'static str,
    },
    /// Its settings cannot be read.
    #[error("{}: {source}", path.display())]
    Settings {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        source: SettingsError,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of arrays cannot be used.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
}

/// What tells a run from others: its settings, and what its pictures are where they are read from files, wherever
/// those lie.
pub fn identity(settings: &Settings, pictures: Option<Digest>) -> Identity {
    let (mut canonical, mut files) = (Canonical::default(), Vec::new());
    for chosen in settings.values.without_defaults().entries() {
        match (chosen.value.as_str().filter(|_| chosen.is_file), pictures) {
            (Some(path), Some(digest)) => {
                canonical.insert_contents(&chosen.key, &digest);
                let path = PathBuf::from(path);
                let name =
                    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                files.push(InputFile { setting: chosen.key, path, name, digest });
            }
            _ => canonical.insert(&chosen.key, &chosen.value),
        }
    }
    Identity { settings: canonical, files }
}

/// Whether the folder at `path` holds a run on pictures, of this version or an earlier one.
pub fn is_one(path: &Path) -> bool {
    let is_former = path.join(FORMER_SETTINGS_FILE).is_file() && !path.join(SPEC_FILE).is_file();
    is_former || fs::read_to_string(path.join(SPEC_FILE)).is_ok_and(|spec| is_on_pictures(&spec))
}

/// A stored run that is only read.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// What was asked for.
    pub settings: Settings,
    /// How it came about; `None` where it was killed before it could say so.
    pub manifest: Option<StoredManifest>,
}

impl Folder {
    /// Reads what is said of the run in `path`.
    ///
    /// # Errors
    /// If there is none, it is of another version, or its settings are not those that it was begun with.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let file = path.join(SPEC_FILE);
        if !file.is_file() && path.join(FORMER_SETTINGS_FILE).is_file() {
            return Err(FolderError::Former(path.to_path_buf()));
        }
        let unusable = |problem| FolderError::Unusable { path: path.to_path_buf(), problem };
        let manifest = StoredManifest::read(path)?;
        let spec = fs::read_to_string(&file).map_err(StoreError::io(&file, "read"))?;
        if !is_on_pictures(&spec) {
            return Err(unusable("it holds a run that is not on pictures"));
        }
        if manifest.as_ref().is_some_and(|manifest| manifest.spec_sha256 != Digest::of(&spec)) {
            return Err(unusable("its spec.toml was changed after the run was begun: undo the change"));
        }
        let wrong = |source| FolderError::Settings { path: path.to_path_buf(), source };
        let layer = CATALOGUE.parse(&spec, SPEC_FILE, path).map_err(|error| wrong(error.into()))?;
        let mut points = Settings::all_from_layers(&[layer]).map_err(wrong)?;
        match (points.pop(), points.len()) {
            (Some(point), 0) => Ok(Self { path: path.to_path_buf(), settings: point.settings, manifest }),
            (_, others) => Err(wrong(SpecError::SeveralRuns { count: others + 1 }.into())),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of an arm.
    pub fn arm(&self, name: &str) -> PathBuf {
        self.path.join("arms").join(name)
    }

    /// The records of an arm.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn records(&self, name: &str) -> Result<Vec<Record>, StoreError> {
        record::read(&self.arm(name).join(RECORDS_FILE))
    }

    /// How an arm ended; `None` where it has not.
    pub fn end(&self, name: &str) -> Option<&ArmEnd> {
        self.manifest.as_ref()?.arms.get(name).filter(|end| end.stop_reason != StopReason::Interrupted)
    }
}

/// How long an arm that has not ended has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Seconds of training and measuring.
    pub seconds: f64,
}

/// `summary.json`: how a run stands and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Names its settings without the seed: runs that share it are repetitions.
    pub setting_key: SettingKey,
    /// How it stands.
    pub status: Status,
    /// Wall time of the whole run.
    pub wall_seconds: f64,
    /// The arms that have ended, by name.
    #[serde(serialize_with = "as_map")]
    pub arms: Vec<(String, ArmSummary)>,
}

/// What was found of an arm at its end.
#[derive(Clone, Debug, Serialize)]
pub struct ArmSummary {
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Epochs made.
    pub epochs: usize,
    /// Mean loss of the last epoch.
    pub loss: Option<f64>,
    /// What was measured last, by the names of their columns.
    #[serde(flatten)]
    pub figures: serde_json::Map<String, serde_json::Value>,
}

impl ArmSummary {
    /// What `records` say at their end.
    pub fn new(records: &[Record], stop_reason: StopReason) -> Self {
        let last = records.last().copied().unwrap_or_default();
        let measured = records.iter().rev().find_map(|record| record.measured).unwrap_or_default();
        let figure = |it: &Measurement| (it.column.name.to_owned(), (it.read)(&measured).into());
        Self {
            stop_reason,
            epochs: last.epoch,
            loss: last.loss,
            figures: MEASUREMENTS.iter().map(figure).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

    fn settings(overrides: &[&str]) -> Settings {
        let overrides: Vec<String> =
            ["seed=1"].iter().chain(overrides).map(|&text| text.to_owned()).collect();
        Settings::from_texts(&[SPEC], &overrides).unwrap()
    }

    /// A run is what its pictures are, not where they lie.
    #[test]
    fn pictures_are_known_by_their_content() {
        let at = |path: &str| settings(&["data.pictures.kind=stored", &format!("data.pictures.path={path}")]);
        let (ours, others) = (Digest::of("ours"), Digest::of("others"));
        let here = identity(&at("/here"), Some(ours));
        assert_eq!(here.run_id(), identity(&at("/there"), Some(ours)).run_id());
        assert_ne!(here.run_id(), identity(&at("/here"), Some(others)).run_id());
        assert_eq!(here.files[0].digest, ours);
    }

    #[test]
    fn a_name_depends_on_every_setting_and_seeds_are_repetitions() {
        let of = |overrides: &[&str]| identity(&settings(overrides), None);
        let usual = of(&[]);
        for text in ["training.momentum=0.8", "arms.crop.augmentation.strength=0.6", "data.pictures.size=33"]
        {
            assert_ne!(usual.setting_key(), of(&[text]).setting_key(), "{text}");
        }
        let second = Settings::from_texts(&[SPEC], &["seed=2".to_owned()]).unwrap();
        let second = identity(&second, None);
        assert_eq!(usual.setting_key(), second.setting_key());
        assert_ne!(usual.run_id(), second.run_id());
        // What is at its default is no part of the name.
        assert_eq!(usual.run_id(), of(&["probe.neighbours=10"]).run_id());
    }

    #[test]
    fn a_folder_of_an_earlier_version_is_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FORMER_SETTINGS_FILE), "{}").unwrap();
        assert!(is_one(folder.path()));
        let told = Folder::read(folder.path()).unwrap_err().to_string();
        assert!(told.contains("an earlier version"), "{told}");
    }
}

//! A run on disk: every arm from every seed in a folder of its own, which training fills and the report reads.
//!
//! ```text
//! manifest.json                        version of this layout, of the program, device and machine of the first start,
//!                                      digest of the pictures
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
use featurescope_lab::identity::Digest;
use featurescope_lab::store::{FolderLock, LOCK_FILE, LockError, StoreError, write_json_atomically};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Version of the layout described above.
const FORMAT_VERSION: u32 = 2;
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
    /// Another version of the program began it.
    #[error(
        "{path} was begun by featurescope {theirs}; this is {ours}, which might not make the same bits: go \
         on with {theirs}, or choose another folder with --out. `featurescope images report` reads it as it \
         is"
    )]
    OtherVersion {
        /// The folder.
        path: PathBuf,
        /// The version that began it.
        theirs: String,
        /// This one.
        ours: &'static str,
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

/// What a run is made of: equal ones make the same bytes on one kind of machine.
#[derive(Clone, Copy, Debug)]
pub struct Makings<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// Digest of the pictures, where they are read from files.
    pub pictures: Option<Digest>,
    /// Name of the device.
    pub device: &'a str,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format_version: u32,
    featurescope_version: &'static str,
    device: &'a str,
    pictures_sha256: Option<Digest>,
    host: Host,
}

/// Read before the rest, which may look different in another version.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// What a later process needs of a manifest.
#[derive(Deserialize)]
struct StoredManifest {
    featurescope_version: String,
    device: String,
    pictures_sha256: Option<Digest>,
}

impl Makings<'_> {
    /// A name for the run: a hash of its settings, of what its pictures are (not of where they lie), of its
    /// device, and of the versions of this layout and of the program. The order of arms does not change it.
    pub fn id(&self) -> String {
        // An object's keys come out sorted.
        let mut settings = serde_json::to_value(self.settings).unwrap_or_default();
        if let Some(path) = settings.pointer_mut("/data/path") {
            *path = self.pictures.map(|digest| digest.to_string()).into();
        }
        let version = env!("CARGO_PKG_VERSION");
        let whole = format!("{FORMAT_VERSION} {version} {}\n{settings}", self.device);
        Digest::of(whole).short()
    }

    /// An error unless a run that is there is made of the same.
    fn require_same(&self, folder: &Folder) -> Result<(), FolderError> {
        let (mut stored, path) = (folder.settings()?, folder.path.clone());
        let manifest: StoredManifest = read_json(&path.join(MANIFEST_FILE))?;
        let ours = env!("CARGO_PKG_VERSION");
        if manifest.featurescope_version != ours {
            return Err(FolderError::OtherVersion { path, theirs: manifest.featurescope_version, ours });
        }
        let other_run = |difference: String| FolderError::OtherRun { path: path.clone(), difference };
        if manifest.pictures_sha256 != self.pictures {
            let name =
                |digest: Option<Digest>| digest.map_or("synthetic".to_owned(), |digest| digest.short());
            let (there, here) = (name(manifest.pictures_sha256), name(self.pictures));
            return Err(other_run(format!("the pictures themselves: {there} there, {here} here")));
        }
        if manifest.device != self.device {
            return Err(other_run(format!("device: {} there, {} here", manifest.device, self.device)));
        }
        if self.pictures.is_some() {
            // They are the same wherever they lie now.
            stored.data.pictures = self.settings.data.pictures.clone();
        }
        if stored != *self.settings {
            return Err(other_run(difference(&stored, self.settings)));
        }
        Ok(())
    }
}

impl Folder {
    /// Opens `path` for a run that is made of `makings`: a new folder, an empty one, or one that this run has
    /// begun to fill. No other process can open it until this one drops it.
    ///
    /// # Errors
    /// If it cannot be made, another process has it, or it holds something else: also the same run of another
    /// version of the program, which might not make the same bits.
    pub fn open(path: &Path, makings: Makings<'_>) -> Result<Self, FolderError> {
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
            makings.require_same(&folder)?;
            return Ok(folder);
        }
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            featurescope_version: env!("CARGO_PKG_VERSION"),
            device: makings.device,
            pictures_sha256: makings.pictures,
            host: Host::current(),
        };
        write_json_atomically(&path.join(MANIFEST_FILE), &manifest)?;
        write_json_atomically(&path.join(SETTINGS_FILE), makings.settings)?;
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
        let found = read_json::<Version>(&path)?.format_version;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Pictures, Settings};

    const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

    fn settings(overrides: &[&str]) -> Settings {
        let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
        Settings::from_texts(&[SPEC], &overrides).unwrap()
    }

    /// Rewrites one entry of the manifest in `folder`.
    fn edit(folder: &Path, key: &str, value: serde_json::Value) {
        let path = folder.join(MANIFEST_FILE);
        let mut manifest: serde_json::Value = read_json(&path).unwrap();
        manifest[key] = value;
        fs::write(path, manifest.to_string()).unwrap();
    }

    #[test]
    fn only_what_makes_the_same_bytes_goes_on() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let drawn = settings(&[]);
        let makings = Makings { settings: &drawn, pictures: None, device: "cpu" };
        drop(Folder::open(&folder, makings).unwrap());
        drop(Folder::open(&folder, makings).unwrap());
        let refused = |makings: Makings<'_>| Folder::open(&folder, makings).unwrap_err().to_string();
        let other = settings(&["training.epochs=3"]);
        let told = refused(Makings { settings: &other, ..makings });
        assert!(told.contains("training.epochs: 10 there, 3 here"), "{told}");
        let told = refused(Makings { device: "wgpu", ..makings });
        assert!(told.contains("device: cpu there, wgpu here"), "{told}");

        edit(&folder, "featurescope_version", "0.0.1".into());
        let told = refused(makings);
        assert!(told.contains("was begun by featurescope 0.0.1; this is"), "{told}");
        assert!(Folder::existing(&folder).is_ok(), "reading does not depend on the version of the program");
        edit(&folder, "format_version", 1.into());
        assert!(Folder::existing(&folder).is_err());
    }

    /// A run is what its pictures are, not where they lie.
    #[test]
    fn pictures_are_known_by_their_content() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let (here, there) = (settings(&["data.path=/here"]), settings(&["data.path=/there"]));
        let (ours, others) = (Digest::of("ours"), Digest::of("others"));
        let makings = Makings { settings: &here, pictures: Some(ours), device: "cpu" };
        drop(Folder::open(&folder, makings).unwrap());
        let moved = Makings { settings: &there, ..makings };
        assert_eq!(moved.id(), makings.id());
        drop(Folder::open(&folder, moved).unwrap());
        let replaced = Makings { pictures: Some(others), ..makings };
        assert_ne!(replaced.id(), makings.id());
        let told = Folder::open(&folder, replaced).unwrap_err().to_string();
        let expected = format!("the pictures themselves: {} there, {} here", ours.short(), others.short());
        assert!(told.contains(&expected), "{told}");
    }

    #[test]
    fn a_name_depends_on_every_setting_and_not_on_the_order_of_arms() {
        let usual = settings(&[]);
        let id = |settings: &Settings| Makings { settings, pictures: None, device: "cpu" }.id();
        let mut turned = usual.clone();
        turned.arms.0.reverse();
        assert_eq!(id(&usual), id(&turned));
        for text in ["seeds=[1,2]", "training.momentum=0.8", "arms.crop.strength=0.6", "data.size=33"] {
            assert_ne!(id(&usual), id(&settings(&[text])), "{text}");
        }
        assert!(matches!(usual.data.pictures, Pictures::Synthetic { .. }));
    }
}

//! How a run came about and how it ended, `manifest.json`: rewritten as the run goes on. It holds the times; the other
//! files of a run do not depend on when and in how many pieces it was made (`summary.json` repeats wall times).

use super::{RunError, SPEC_FILE};
use crate::host::Host;
use crate::identity::{Digest, Identity, IdentityError, InputFile, Mismatch, RunId, SettingKey};
use crate::plan::Plan;
use crate::status::{ArmEnd, Status};
use crate::store::{RUN_FORMAT_VERSION, StoreError, as_map, from_versioned_json};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name of the file.
pub const MANIFEST_FILE: &str = "manifest.json";

/// `manifest.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Version of the layout of the run directory.
    pub format_version: u32,
    /// Version of this program.
    pub featurescope_version: &'static str,
    /// The commit it was built from, if that was known.
    pub git_commit: Option<&'static str>,
    /// Name of the experiment.
    pub experiment: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Names the run: settings, seed, and the contents of the files that they name.
    pub run_id: RunId,
    /// Names its settings without the seed: runs that share it are repetitions.
    pub setting_key: SettingKey,
    /// SHA-256 of `spec.toml`.
    pub spec_sha256: Digest,
    /// The files that the settings name.
    pub files: Vec<KeptFile>,
    /// The machine.
    pub host: Host,
    /// Threads in use.
    pub threads: usize,
    /// When the run started, in seconds since 1970.
    pub started_unix_seconds: u64,
    /// How often it was taken up again after it had been stopped.
    pub times_resumed: u32,
    /// How it stands. A run that was killed stays [`Status::Running`].
    pub status: Status,
    /// Wall time of the yardstick probes.
    pub yardstick_seconds: f64,
    /// Why there are no yardsticks although there should be.
    pub yardstick_problem: Option<String>,
    /// Wall time of the whole run.
    pub wall_seconds: f64,
    /// The arms that have ended, by name.
    #[serde(serialize_with = "as_map")]
    pub arms: Vec<(String, ArmEnd)>,
}

/// A file that the settings name, of which the run keeps a copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    /// The setting, by its full key.
    pub setting: String,
    /// Name of the copy.
    pub name: String,
    /// SHA-256 of its contents.
    pub sha256: Digest,
}

/// What a later process needs of a stored manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredManifest {
    /// Version of this program.
    pub featurescope_version: String,
    /// Name of the experiment.
    #[serde(default)]
    pub experiment: String,
    /// Names the run.
    pub run_id: RunId,
    /// Names its settings without the seed.
    pub setting_key: SettingKey,
    /// SHA-256 of `spec.toml`.
    pub spec_sha256: Digest,
    /// The files that the settings name.
    pub files: Vec<KeptFile>,
    /// The machine of the process that worked on it last.
    #[serde(default)]
    pub host: StoredHost,
    /// When the run started, in seconds since 1970.
    pub started_unix_seconds: u64,
    /// How often it was taken up again.
    #[serde(default)]
    pub times_resumed: u32,
    /// How it stands.
    pub status: Status,
    /// Wall time of the yardstick probes.
    pub yardstick_seconds: f64,
    /// Wall time so far.
    pub wall_seconds: f64,
    /// The arms that have ended, by name.
    pub arms: HashMap<String, ArmEnd>,
}

/// The machine of a stored run.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StoredHost {
    /// Its network name, if the system told it.
    #[serde(default)]
    pub name: Option<String>,
}

impl Manifest {
    /// The manifest of a plan's run that starts now.
    pub fn new(plan: &Plan) -> Self {
        Self::begun(&plan.experiment, plan.seed, &plan.identity, &plan.resolved)
    }

    /// The manifest of a run that starts now: of this experiment, seed, identity and text of `spec.toml`.
    pub fn begun(experiment: &str, seed: u64, identity: &Identity, spec: &str) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        Self {
            format_version: RUN_FORMAT_VERSION,
            featurescope_version: env!("CARGO_PKG_VERSION"),
            git_commit: option_env!("FEATURESCOPE_COMMIT"),
            experiment: experiment.to_owned(),
            seed,
            run_id: identity.run_id(),
            setting_key: identity.setting_key(),
            spec_sha256: Digest::of(spec),
            files: identity.files.iter().map(KeptFile::of).collect(),
            host: Host::current(),
            threads: featurescope_sim::math::parallel::threads(),
            started_unix_seconds: started,
            times_resumed: 0,
            status: Status::Running,
            yardstick_seconds: 0.0,
            yardstick_problem: None,
            wall_seconds: 0.0,
            arms: Vec::new(),
        }
    }

    /// The same for a run that `earlier` left unfinished, without its arms.
    #[must_use]
    pub fn continuing(self, earlier: &StoredManifest) -> Self {
        Self {
            started_unix_seconds: earlier.started_unix_seconds,
            times_resumed: earlier.times_resumed.saturating_add(1),
            yardstick_seconds: earlier.yardstick_seconds,
            wall_seconds: earlier.wall_seconds,
            ..self
        }
    }
}

impl KeptFile {
    fn of(file: &InputFile) -> Self {
        Self { setting: file.setting.clone(), name: file.name.clone(), sha256: file.digest }
    }
}

impl StoredManifest {
    /// The manifest of the run in folder `run`; `None` if it has none yet.
    ///
    /// # Errors
    /// If it cannot be read, or has another format version.
    pub fn read(run: &Path) -> Result<Option<Self>, StoreError> {
        let path = run.join(MANIFEST_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path).map_err(StoreError::io(&path, "read"))?;
        from_versioned_json((&path, "it"), &text, RUN_FORMAT_VERSION).map(Some)
    }

    /// An error unless settings and files are those that the run in folder `run` was begun with. `spec` is
    /// the text of its `spec.toml`: one that was not touched means what it meant, also where defaults are
    /// others by now.
    pub fn check_identity(&self, run: &Path, spec: &str, identity: &Identity) -> Result<(), IdentityError> {
        for file in &identity.files {
            let made = self.files.iter().find(|made| made.setting == file.setting);
            if let Some(made) = made.filter(|made| made.sha256 != file.digest) {
                let (path, setting) = (file.path.clone(), file.setting.clone());
                let contents = Box::new(Mismatch { found: file.digest, made: made.sha256 });
                return Err(IdentityError::File { path, setting, contents });
            }
        }
        if Digest::of(spec) == self.spec_sha256 || identity.run_id() == self.run_id {
            return Ok(());
        }
        let runs = Box::new(Mismatch { found: identity.run_id(), made: self.run_id });
        Err(IdentityError::Settings { path: run.join(SPEC_FILE), runs })
    }

    /// # Errors
    /// Unless this program makes the same bits as the one that began.
    pub fn check_version(&self, run: &Path) -> Result<(), RunError> {
        let ours = env!("CARGO_PKG_VERSION");
        if self.featurescope_version == ours {
            return Ok(());
        }
        Err(RunError::OtherVersion {
            run: run.to_path_buf(),
            theirs: self.featurescope_version.clone(),
            ours,
        })
    }
}

//! The settings of a stored run, if they are still those that it was begun with: what everything that goes on
//! from a run, or reads one, begins with.

use super::{SPEC_FILE, StoredManifest};
use crate::identity::{Identity, IdentityError};
use crate::spec::{Layer, Spec, SpecError};
use crate::store::StoreError;
use std::fs;
use std::path::{Path, PathBuf};

/// Settings of a run that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoredSettingsError {
    /// A file is missing or damaged, or of another format version.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They cannot be read.
    #[error("{}: {source}", path.display())]
    Spec {
        /// The run.
        path: PathBuf,
        /// What is wrong.
        source: SpecError,
    },
    /// They, or files that they name, are not those that the run was begun with.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// The settings of a stored run.
#[derive(Debug)]
pub struct StoredSettings {
    /// What it was made with, as it was typed.
    pub spec: Spec,
    /// What tells it from other runs.
    pub identity: Identity,
    /// How it came about; `None` where it was killed before it could say so.
    pub manifest: Option<StoredManifest>,
}

impl StoredSettings {
    /// Those of the run in folder `run`. Nothing is built, and of files that they name only digests are made.
    ///
    /// # Errors
    /// If the run has another format version, its settings cannot be read, or they and the files that they
    /// name are not those that it was begun with.
    pub fn read(run: &Path) -> Result<Self, StoredSettingsError> {
        // Before anything else: another version may look different everywhere.
        let manifest = StoredManifest::read(run)?;
        let file = run.join(SPEC_FILE);
        let text = fs::read_to_string(&file).map_err(StoreError::io(&file, "read"))?;
        let wrong = |source| StoredSettingsError::Spec { path: run.to_path_buf(), source };
        let layer = Layer::parse(&text, SPEC_FILE, run).map_err(wrong)?;
        let spec = Spec::from_layers(&[layer]).map_err(wrong)?;
        let identity = Identity::of(&spec).map_err(IdentityError::from)?;
        if let Some(manifest) = &manifest {
            manifest.check_identity(run, &text, &identity)?;
        }
        Ok(Self { spec, identity, manifest })
    }
}

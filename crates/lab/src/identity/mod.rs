//! Which run something belongs to, and which settings: recognised by content, never by how it was written
//! down.
//!
//! ```text
//! settings (typed, defaults left out) + contents of the files they name ─▶ Settings ─▶ SettingKey, RunId
//! ```
//!
//! [`Settings`] is the one canonical form: a sorted line per setting. A [`RunId`] names everything that
//! decides about the results of a run, a [`SettingKey`] the same without the seed: runs that share it are
//! repetitions of each other. Both are SHA-256 digests, so they are compared, stored and shown, and nothing
//! is read back from them. The name of the experiment and the order of the arms are no part of it: neither
//! changes a result. Documented in docs/run-directory.md.

mod digest;
mod files;
mod settings;

pub use digest::{Digest, RunId, SettingKey};
pub use files::{Contents, InputError, InputFile};
pub use settings::Settings;

use crate::spec::Spec;
use std::path::{Path, PathBuf};

/// Name of the folder of a run directory that has the copies of the files that settings name.
pub const FILES_FOLDER: &str = "files";

/// What a spec describes: its settings with the contents of the files that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its settings in canonical form.
    pub settings: Settings,
    /// The files that they name.
    pub files: Vec<InputFile>,
}

/// A stored run that is no longer what it was made as.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file that the settings name cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The settings are others.
    #[error(
        "{} was changed after the run was begun: its settings are those of run {found}, the run is {made}. \
         Undo the change, or make a run of its own of it with `featurescope run`",
        path.display(), found = .runs.found.short(), made = .runs.made.short()
    )]
    Settings {
        /// The spec.
        path: PathBuf,
        /// Which run it describes.
        runs: Box<Mismatch<RunId>>,
    },
    /// A file is another.
    #[error(
        "{} is not the file that the run was made with ({setting}): its SHA-256 begins with {found}, that of \
         the run's with {made}. Put the file back",
        path.display(), found = .contents.found.short(), made = .contents.made.short()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The setting that names it.
        setting: String,
        /// What it holds.
        contents: Box<Mismatch<Digest>>,
    },
}

/// What is there now, and what a run was begun with.
#[derive(Debug)]
pub struct Mismatch<T> {
    /// Now.
    pub found: T,
    /// Then.
    pub made: T,
}

impl Identity {
    /// The identity of a spec; reads the files that it names.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn of(spec: &Spec) -> Result<Self, InputError> {
        Self::with(spec, &mut Contents::default())
    }

    /// The same where files are known already.
    ///
    /// # Errors
    /// If a file that is not known cannot be read.
    pub fn with(spec: &Spec, contents: &mut Contents) -> Result<Self, InputError> {
        let (mut settings, mut files) = (Settings::default(), Vec::new());
        for chosen in &spec.chosen {
            match chosen.value.as_str().filter(|_| chosen.is_file) {
                Some(path) => {
                    let digest = contents.digest(&chosen.key, Path::new(path))?;
                    settings.insert_contents(&chosen.key, &digest);
                    files::add(&mut files, &chosen.key, Path::new(path), digest);
                }
                None => settings.insert(&chosen.key, &chosen.value),
            }
        }
        Ok(Self { settings, files })
    }

    /// Names the run.
    pub fn run_id(&self) -> RunId {
        self.settings.run_id()
    }

    /// Names its settings without the seed.
    pub fn setting_key(&self) -> SettingKey {
        self.settings.setting_key()
    }
}

#[cfg(test)]
mod tests;

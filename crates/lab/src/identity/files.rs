//! The files that settings name, by what they hold.

use super::digest::Digest;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// The setting, by its full key.
    pub setting: String,
    /// Where it is.
    pub path: PathBuf,
    /// The name of its copy in a run directory: its own, made unique.
    pub name: String,
    /// What it held when it was first looked at.
    pub digest: Digest,
}

/// A file that a setting names and that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The system refused.
    #[error("{setting}: cannot read {}: {source}", path.display())]
    Unreadable {
        /// The setting.
        setting: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else than before.
    #[error("{setting}: {} was changed while it was in use; run the command again", path.display())]
    Changed {
        /// The setting.
        setting: String,
        /// The file.
        path: PathBuf,
    },
}

impl InputFile {
    /// What it holds, if that is still what it held.
    ///
    /// # Errors
    /// If it cannot be read, or was changed since.
    pub fn read(&self) -> Result<Vec<u8>, InputError> {
        let bytes = fs::read(&self.path).map_err(unreadable(&self.setting, &self.path))?;
        if Digest::of(&bytes) == self.digest {
            return Ok(bytes);
        }
        Err(InputError::Changed { setting: self.setting.clone(), path: self.path.clone() })
    }
}

/// Digests of files, each read once: all runs of a sweep are planned with what a file held at first.
#[derive(Debug, Default)]
pub struct Contents(HashMap<PathBuf, Digest>);

impl Contents {
    /// What the file that `setting` names holds.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest(&mut self, setting: &str, path: &Path) -> Result<Digest, InputError> {
        if let Some(known) = self.0.get(path) {
            return Ok(*known);
        }
        let digest = Digest::of_file(path).map_err(unreadable(setting, path))?;
        self.0.insert(path.to_path_buf(), digest);
        Ok(digest)
    }
}

/// Adds a file; one that is called like another one with other contents is named after its setting too.
pub(super) fn add(files: &mut Vec<InputFile>, setting: &str, path: &Path, digest: Digest) {
    let own = path.file_name().map_or("file".into(), |name| name.to_string_lossy().into_owned());
    let is_taken = |name: &str| files.iter().any(|other| other.name == name && other.digest != digest);
    let name = if is_taken(&own) { format!("{setting}.{own}") } else { own };
    files.push(InputFile { setting: setting.to_owned(), path: path.to_path_buf(), name, digest });
}

fn unreadable(setting: &str, path: &Path) -> impl FnOnce(io::Error) -> InputError {
    let (setting, path) = (setting.to_owned(), path.to_path_buf());
    |source| InputError::Unreadable { setting, path, source }
}

//! The folder that a run leaves behind.
//!
//! A folder belongs to one run for ever: one that holds anything is refused, so nothing is ever written over. It is
//! locked while it is open.

use crate::identity::FILES_FOLDER;
use crate::store::disk::create_folder;
use crate::store::{ASIDE, FolderLock, LOCK_FILE, LockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Wall time between two states of an arm that is being trained, if nothing else is asked for.
pub const SAVE_EVERY: Duration = Duration::from_secs(20);

/// A folder that cannot take a run.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It holds something already.
    #[error("{} exists and is not empty, perhaps with another run: nothing was written over. Choose another folder; `featurescope resume` goes on with a run that was stopped", .0.display())]
    Occupied(PathBuf),
    /// It holds no run.
    #[error("{} holds no run that could go on: there is no spec.toml", .0.display())]
    NoRun(PathBuf),
    /// Another process works in it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The system refuses.
    #[error("cannot write to {}: {source}. Choose another folder", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The folder of one run; no other process can open it meanwhile.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    lock: FolderLock,
    save_every: Duration,
}

impl RunDirectory {
    /// Opens `path` for a new run: a folder that does not exist yet, or is empty.
    pub fn create(path: &Path) -> Result<Self, DirectoryError> {
        let unwritable = |source| DirectoryError::Unwritable { path: path.to_path_buf(), source };
        create_folder(path).map_err(unwritable)?;
        // What a process that was killed in its first moment left counts as nothing. Copies of files come
        // before the spec; where there is no lock they are somebody else's.
        let mut leftovers = vec![LOCK_FILE.to_owned(), format!("{}{ASIDE}", super::SPEC_FILE)];
        if path.join(LOCK_FILE).is_file() {
            leftovers.push(FILES_FOLDER.to_owned());
        }
        let is_leftover = |name: &std::ffi::OsStr| leftovers.iter().any(|leftover| name == leftover.as_str());
        let mut entries = std::fs::read_dir(path).map_err(unwritable)?;
        if !entries.all(|entry| entry.is_ok_and(|entry| is_leftover(&entry.file_name()))) {
            return Err(DirectoryError::Occupied(path.to_path_buf()));
        }
        Self::lock(path.to_path_buf())
    }

    /// Opens `parent/experiment-n` with the first free n = 1, 2, 3 …
    pub fn create_next(parent: &Path, experiment: &str) -> Result<Self, DirectoryError> {
        let unwritable = |path: &Path| {
            let path = path.to_path_buf();
            |source| DirectoryError::Unwritable { path, source }
        };
        create_folder(parent).map_err(unwritable(parent))?;
        let name = folder_name(experiment);
        let mut number = 1;
        loop {
            let path = parent.join(format!("{name}-{number}"));
            // `create_dir` fails if the folder exists, so two runs that start at once get two folders.
            match std::fs::create_dir(&path) {
                Ok(()) => return Self::lock(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(unwritable(&path)(error)),
            }
        }
    }

    /// Opens the folder of a run that was stopped.
    pub fn reopen(path: &Path) -> Result<Self, DirectoryError> {
        if !path.join(super::SPEC_FILE).is_file() {
            return Err(DirectoryError::NoRun(path.to_path_buf()));
        }
        Self::lock(path.to_path_buf())
    }

    fn lock(path: PathBuf) -> Result<Self, DirectoryError> {
        let lock = FolderLock::take(&path)?;
        Ok(Self { path, lock, save_every: SAVE_EVERY })
    }

    /// The same, with so much wall time between two states of an arm that is being trained: what a kill can cost.
    #[must_use]
    pub fn saving_every(self, save_every: Duration) -> Self {
        Self { save_every, ..self }
    }

    /// Wall time between two states of an arm that is being trained.
    pub fn save_every(&self) -> Duration {
        self.save_every
    }

    /// The process that was killed while it worked here, if one was.
    pub fn stale_owner(&self) -> Option<&str> {
        self.lock.stale()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder of an arm, made if it is not there.
    pub fn arm(&self, name: &str) -> Result<PathBuf, DirectoryError> {
        let path = self.arm_path(name);
        create_folder(&path).map_err(|source| DirectoryError::Unwritable { path: path.clone(), source })?;
        Ok(path)
    }

    /// Where the folder of an arm is, or would be.
    pub fn arm_path(&self, name: &str) -> PathBuf {
        self.path.join("arms").join(name)
    }
}

/// `experiment` as a part of a folder's name: it cannot lead anywhere else.
fn folder_name(experiment: &str) -> String {
    const LONGEST: usize = 100;
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = experiment.chars().map(plain).take(LONGEST).collect();
    // Neither hidden nor `..`.
    let name = name.trim_start_matches('.');
    if name.is_empty() { "run".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_numbered_and_never_used_twice() {
        let parent = tempfile::tempdir().unwrap();
        let first = RunDirectory::create_next(parent.path(), "a/b").unwrap();
        assert_eq!(first.path(), parent.path().join("a-b-1"));
        assert_eq!(
            RunDirectory::create_next(parent.path(), "a/b").unwrap().path(),
            parent.path().join("a-b-2")
        );
        let path = first.path().to_path_buf();
        assert!(matches!(RunDirectory::create(&path), Err(DirectoryError::Lock(LockError::Busy { .. }))));
        drop(first);
        let again = RunDirectory::create(&path).unwrap();
        assert!(again.stale_owner().is_none(), "an empty folder is free");
        drop(again);
        assert!(matches!(RunDirectory::reopen(&path), Err(DirectoryError::NoRun(_))));
        std::fs::write(path.join("x"), "").unwrap();
        assert!(matches!(RunDirectory::create(&path), Err(DirectoryError::Occupied(_))));
        let inside_a_file = path.join("x").join("y");
        assert!(matches!(RunDirectory::create(&inside_a_file), Err(DirectoryError::Unwritable { .. })));
    }

    #[test]
    fn no_name_leads_out_of_the_parent() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["../../up", "..", "/etc/x", "", "a\0b", "C:\\x", ".hidden", "~", "a\nb", "%2e%2e/"] {
            let directory = RunDirectory::create_next(parent.path(), name).unwrap();
            assert_eq!(directory.path().parent().unwrap(), parent.path(), "{name:?}");
            assert!(!directory.path().file_name().unwrap().to_string_lossy().starts_with('.'), "{name:?}");
        }
        RunDirectory::create_next(parent.path(), &"long".repeat(1000)).unwrap();
    }
}

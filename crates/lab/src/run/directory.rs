//! The folder that a run leaves behind.
//!
//! A folder belongs to one run for ever: one that holds anything is refused, so nothing is ever written over.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder that cannot take a run.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It holds something already.
    #[error("{} exists and is not empty, perhaps with another run: nothing was written over. Choose another folder", .0.display())]
    Occupied(PathBuf),
    /// The system refuses.
    #[error("cannot write to {}: {source}. Choose another folder", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The folder of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Opens `path` for a new run: a folder that does not exist yet, or is empty.
    pub fn create(path: &Path) -> Result<Self, DirectoryError> {
        let unwritable = |source| DirectoryError::Unwritable { path: path.to_path_buf(), source };
        std::fs::create_dir_all(path).map_err(unwritable)?;
        let is_empty = std::fs::read_dir(path).map_err(unwritable)?.next().is_none();
        if !is_empty {
            return Err(DirectoryError::Occupied(path.to_path_buf()));
        }
        Ok(Self { path: path.to_path_buf() })
    }

    /// Opens `parent/experiment-n` with the first free n = 1, 2, 3 …
    pub fn create_next(parent: &Path, experiment: &str) -> Result<Self, DirectoryError> {
        let unwritable = |path: &Path| {
            let path = path.to_path_buf();
            |source| DirectoryError::Unwritable { path, source }
        };
        std::fs::create_dir_all(parent).map_err(unwritable(parent))?;
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = experiment.chars().map(plain).collect();
        let mut number = 1;
        loop {
            let path = parent.join(format!("{name}-{number}"));
            // `create_dir` fails if the folder exists, so two runs that start at once get two folders.
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(unwritable(&path)(error)),
            }
        }
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
        let path = self.path.join("arms").join(name);
        std::fs::create_dir_all(&path)
            .map_err(|source| DirectoryError::Unwritable { path: path.clone(), source })?;
        Ok(path)
    }
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
        assert!(RunDirectory::create(first.path()).is_ok(), "an empty folder is free");
        std::fs::write(first.file("x"), "").unwrap();
        assert!(matches!(RunDirectory::create(first.path()), Err(DirectoryError::Occupied(_))));
        let inside_a_file = first.file("x").join("y");
        assert!(matches!(RunDirectory::create(&inside_a_file), Err(DirectoryError::Unwritable { .. })));
    }
}

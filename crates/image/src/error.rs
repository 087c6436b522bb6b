//! What can be wrong with a set of pictures.

use featurescope_sim::math::ParameterError;
use std::io;
use std::path::{Path, PathBuf};

/// A set of pictures cannot be read or drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system refused.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing there that this program knows.
    #[error("{} is no data set that this program reads: {found}; expected {expected}", path.display())]
    UnknownFormat {
        /// The file or folder.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What would be accepted.
        expected: String,
    },
    /// A file as a whole is not what its kind promises.
    #[error("{}: {problem}; expected {expected}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What would be accepted.
        expected: String,
    },
    /// One picture or label is not what it should be.
    #[error("{}, row {row}: {problem}; expected {expected}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row in this file, counted from 0.
        row: usize,
        /// What is wrong with it.
        problem: String,
        /// What would be accepted.
        expected: String,
    },
    /// A setting out of range.
    #[error(transparent)]
    Setting(#[from] ParameterError),
}

impl DataError {
    pub(crate) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_path_buf(), source }
    }

    pub(crate) fn damaged(path: &Path, problem: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), problem: problem.into(), expected: expected.into() }
    }

    pub(crate) fn row(
        path: &Path,
        row: usize,
        problem: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Row { path: path.to_path_buf(), row, problem: problem.into(), expected: expected.into() }
    }
}

//! What can go wrong between a run and the disk. Every error names the file.

use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("{} cannot be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "created", "written", "read" …
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The Parquet layer refused.
    #[error("the table {} cannot be {action}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// "written" or "read".
        action: &'static str,
        /// Why not.
        source: ParquetError,
    },
    /// A file that is whole, but not what was expected.
    #[error("{} is not usable: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A value that JSON cannot hold.
    #[error("{} cannot be written as JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// What the system refused: `read`, `created`, `written` …
    pub fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, action, source }
    }

    pub(super) fn table(path: &Path, action: &'static str) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Table { path, action, source }
    }

    /// Contents of a file that cannot be used.
    pub fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_path_buf(), problem: problem.into() }
    }
}

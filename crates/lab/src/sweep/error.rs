//! What can go wrong with a sweep as a whole.

use super::folder::SweepFolderError;
use super::recipe::Failure;
use crate::store::StoreError;
use std::path::{Path, PathBuf};

/// A sweep that could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] SweepFolderError),
    /// One of its runs.
    #[error("run {id}: {source}")]
    Run {
        /// The run.
        id: String,
        /// What went wrong.
        source: Failure,
    },
    /// Its folder holds another run.
    #[error("{} does not hold run {id}, whose folder it is: move it away, and the run is made", path.display())]
    Foreign {
        /// The run.
        id: String,
        /// The folder.
        path: PathBuf,
    },
    /// Its leases.
    #[error("cannot say that a run is being made: {0}")]
    Lease(StoreError),
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Threads(rayon::ThreadPoolBuildError),
    /// A file or folder of a run.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl SweepError {
    /// Whether the sweep can go on once the machine allows it.
    pub fn can_be_resumed(&self) -> bool {
        match self {
            Self::Run { source: Failure::Stopped { can_be_resumed, .. }, .. } => *can_be_resumed,
            Self::Run { source: Failure::Changed, .. }
            | Self::Folder(_)
            | Self::Foreign { .. }
            | Self::Lease(_)
            | Self::Threads(_)
            | Self::Io { .. } => true,
        }
    }
}

/// The system refuses the file or folder at `path`.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SweepError {
    let path = path.to_path_buf();
    |source| SweepError::Io { path, source }
}

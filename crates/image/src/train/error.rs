//! Why a run stopped, or cannot begin.

use super::memory::MemoryError;
use crate::arrays::ArraysError;
use crate::device::DeviceError;
use crate::error::DataError;
use featurescope_lab::identity::IdentityError;
use featurescope_lab::run::{DirectoryError, RunError};
use featurescope_lab::store::StoreError;

/// Why a run stopped, or cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The folder.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The folder holds a run of another version.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The folder holds a run with other settings or pictures.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The pictures.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Arrays on disk.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
    /// Tables on disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A device that lacks what the settings ask for.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Memory that is not there.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Settings that do not fit the pictures.
    #[error("{setting} = {value}, but {problem}")]
    Misfit {
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: usize,
        /// What is wrong.
        problem: String,
    },
}

impl ExecuteError {
    /// Whether the run can go on once the disk allows it.
    pub fn can_be_resumed(&self) -> bool {
        matches!(self, Self::Directory(_) | Self::Store(_) | Self::Arrays(_))
    }
}

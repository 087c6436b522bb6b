//! One process at a time in a folder: a lock that the system releases when the process ends, however it ends, and in the
//! file the process's number.

use super::disk::before_lock;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

/// Name of the file that is locked.
pub const LOCK_FILE: &str = ".lock";
/// The longest content of a lock file that is read.
const LONGEST: u64 = 64;

/// A folder that cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by {owner}: wait for it, or choose another folder", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// Who has it, as far as it says: `process 1234`.
        owner: String,
    },
    /// The system refuses.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// A locked folder; unlocked when dropped.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    stale: Option<String>,
}

impl FolderLock {
    /// Locks the folder `path`, which has to exist.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let file_path = path.join(LOCK_FILE);
        let io = |source| LockError::Io { path: file_path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file_path)
            .map_err(io)?;
        let found = lock_owner(path).map(|number| format!("process {number}"));
        match try_lock(&file, &file_path) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = found.unwrap_or_else(|| "another process".to_owned());
                return Err(LockError::Busy { path: path.to_path_buf(), owner });
            }
            // A file system without locks: nothing can be promised, and nothing has to be refused.
            Err(TryLockError::Error(error)) if is_without_locks(&error) => {}
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        write!(file, "process {}", process::id()).map_err(io)?;
        Ok(Self { file, stale: found })
    }

    /// The process that had the folder and ended without unlocking it: it was killed.
    pub fn stale(&self) -> Option<&str> {
        self.stale.as_deref()
    }
}

/// Locks, on a system that may have no locks.
fn try_lock(file: &File, path: &Path) -> Result<(), TryLockError> {
    before_lock(path).map_err(TryLockError::Error)?;
    file.try_lock()
}

/// Whether a file system says that it has no locks. A network file system without a server of locks does so by
/// ENOLCK.
fn is_without_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == ErrorKind::Unsupported || (cfg!(unix) && error.raw_os_error() == Some(ENOLCK))
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // An empty file says that its process ended in good order. A lock that stays is recognised as stale.
        let _ = self.file.set_len(0);
    }
}

/// The number of the process that works in the folder `path`, or that worked there and was killed, as far as the
/// lock file says. Nothing is locked.
pub fn lock_owner(path: &Path) -> Option<u32> {
    let file = File::open(path.join(LOCK_FILE)).ok()?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    text.strip_prefix("process ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::faults::without_locks;
    use super::*;
    use std::fs;

    /// Network file systems say in two ways that they have no locks; other errors stay errors.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_system_without_locks_is_used_and_one_that_fails_is_not() {
        const ENOLCK: i32 = 37;
        const EOPNOTSUPP: i32 = 95;
        const EIO: i32 = 5;
        let folder = tempfile::tempdir().unwrap();
        for code in [ENOLCK, EOPNOTSUPP] {
            assert!(without_locks(code, || FolderLock::take(folder.path())).is_ok(), "{code}");
        }
        let failed = without_locks(EIO, || FolderLock::take(folder.path()));
        assert!(matches!(failed, Err(LockError::Io { .. })));
    }

    #[test]
    fn the_second_is_told_who_was_first_and_a_stale_lock_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        assert_eq!(first.stale(), None);
        // Another open file is what another process would have.
        let message = FolderLock::take(folder.path()).unwrap_err().to_string();
        assert!(message.contains(&format!("process {}", process::id())), "{message}");
        drop(first);
        assert_eq!(FolderLock::take(folder.path()).unwrap().stale(), None);
        // What a killed process leaves: its number, and no lock.
        fs::write(folder.path().join(LOCK_FILE), "process 4194304").unwrap();
        assert_eq!(FolderLock::take(folder.path()).unwrap().stale(), Some("process 4194304"));
        fs::write(folder.path().join(LOCK_FILE), "nonsense".repeat(100)).unwrap();
        assert_eq!(FolderLock::take(folder.path()).unwrap().stale(), None);
    }
}

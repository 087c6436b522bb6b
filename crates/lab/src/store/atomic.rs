//! Files that are either the old ones or the new ones, never half of one: written aside, synced, renamed.

use super::StoreError;
use super::disk::{DiskFile, remove, rename, sync_folder_of};
use serde::Serialize;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

/// What the names of files end in until they are whole.
pub const ASIDE: &str = ".tmp";

/// Shared by those who write a file.
static WRITING: RwLock<()> = RwLock::new(());

/// Waits until no file is being written, and lets no other begin as long as the answer lives: a process that
/// ends now leaves nothing beside the files.
pub fn between_files() -> RwLockWriteGuard<'static, ()> {
    WRITING.write().unwrap_or_else(PoisonError::into_inner)
}

/// Writes `text` to `path`, replacing what stands there.
pub fn write_text_atomically(path: &Path, text: &str) -> Result<(), StoreError> {
    write_bytes_atomically(path, text.as_bytes())
}

/// Writes `value` to `path` as indented JSON, replacing what stands there. NaN becomes null.
pub fn write_json_atomically(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let json = |source| StoreError::Json { path: path.to_path_buf(), source };
    let mut text = serde_json::to_string_pretty(value).map_err(json)?;
    text.push('\n');
    write_text_atomically(path, &text)
}

/// Writes `bytes` to `path`, replacing what stands there.
pub fn write_bytes_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_atomically(path, |file| file.write_all(bytes))
}

/// Writes what `write` writes to `path`, replacing what stands there.
pub(super) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut DiskFile) -> io::Result<()>,
) -> Result<(), StoreError> {
    let _writing = WRITING.read().unwrap_or_else(PoisonError::into_inner);
    let aside = with_suffix(path, ASIDE);
    let mut file = DiskFile::create(&aside).map_err(StoreError::io(&aside, "created"))?;
    let written = write(&mut file).map_err(StoreError::io(&aside, "written"));
    let placed = written.and_then(|()| place(&file, &aside, path));
    if placed.is_err() {
        // The first error is the one to report; a leftover is harmless.
        let _ = remove(&aside);
    }
    placed
}

/// Syncs `file`, which stands at `from`, and gives it its final name `to`.
pub(super) fn place(file: &DiskFile, from: &Path, to: &Path) -> Result<(), StoreError> {
    file.sync().map_err(StoreError::io(from, "synced to disk"))?;
    rename(from, to).map_err(StoreError::io(to, "put in place"))?;
    // Makes the renaming itself survive a power cut.
    sync_folder_of(to).map_err(StoreError::io(to, "synced to disk"))
}

/// Removes a file that is no longer needed, and what was written aside for it, if they are there.
pub fn remove_file(path: &Path) -> Result<(), StoreError> {
    for path in [path, &with_suffix(path, ASIDE)] {
        if path.exists() {
            remove(path).map_err(StoreError::io(path, "removed"))?;
        }
    }
    Ok(())
}

/// `path` with `suffix` added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

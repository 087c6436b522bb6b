//! Files that are either the old ones or the new ones, never half of one: written aside, synced, renamed.

use super::StoreError;
use serde::Serialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

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
    let aside = with_suffix(path, ".tmp");
    let mut file = File::create(&aside).map_err(StoreError::io(&aside, "created"))?;
    let written = file.write_all(bytes).map_err(StoreError::io(&aside, "written"));
    let placed = written.and_then(|()| place(&file, &aside, path));
    if placed.is_err() {
        // The first error is the one to report; a leftover is harmless.
        let _ = fs::remove_file(&aside);
    }
    placed
}

/// Syncs `file`, which stands at `from`, and gives it its final name `to`.
pub(super) fn place(file: &File, from: &Path, to: &Path) -> Result<(), StoreError> {
    file.sync_all().map_err(StoreError::io(from, "synced to disk"))?;
    fs::rename(from, to).map_err(StoreError::io(to, "put in place"))?;
    sync_folder_of(to)
}

/// Makes the renaming itself survive a power cut.
fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(StoreError::io(folder, "synced to disk"))?;
    }
    Ok(())
}

/// `path` with `suffix` added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

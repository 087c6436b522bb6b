//! What is there, without following links, and whether a file has changed since it was read.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// Length and time of the last change of a file; the default is that of a file that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Option<(u64, SystemTime)>);

impl Stamp {
    /// That of the file at `path`. A link, or anything else that is no file, counts as nothing.
    pub fn of(path: &Path) -> Self {
        let data = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
        Self(data.and_then(|data| Some((data.len(), data.modified().ok()?))))
    }

    /// Whether there is a file.
    pub fn is_there(self) -> bool {
        self.0.is_some()
    }

    /// Bytes of the file.
    pub fn length(self) -> u64 {
        self.0.map_or(0, |(length, _)| length)
    }

    /// When it was changed last, in seconds since 1970.
    pub fn unix_seconds(self) -> Option<u64> {
        let (_, time) = self.0?;
        time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
    }
}

/// Whether `path` is a folder, and no link to one.
pub fn is_own_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|data| data.is_dir())
}

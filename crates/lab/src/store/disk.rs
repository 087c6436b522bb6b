//! The few ways in which a run changes the disk, so that tests can let each of them fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that is being written.
#[derive(Debug)]
pub struct DiskFile {
    file: File,

    path: PathBuf,
}

impl DiskFile {
    /// A new file in the place of what stands at `path`.
    pub fn create(path: &Path) -> io::Result<Self> {
        faults::before(Operation::Create, path)?;
        Ok(Self { file: File::create(path)?, path: path.to_path_buf() })
    }

    /// A new file at `path`, if there is none: of several who try it at once, one succeeds, on network file systems too.
    pub fn create_new(path: &Path) -> io::Result<Self> {
        faults::before(Operation::Create, path)?;
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    /// The file at `path` cut to its first `length` bytes, ready to be written on.
    pub fn cut(path: &Path, length: u64) -> io::Result<Self> {
        faults::before(Operation::Cut, path)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        faults::synced(path, length);
        Ok(Self { file, path: path.to_path_buf() })
    }

    /// Returns when the content is on the disk.
    pub fn sync(&self) -> io::Result<()> {
        faults::before(Operation::Sync, &self.path)?;
        self.file.sync_all()?;
        #[cfg(test)]
        faults::synced(&self.path, self.file.metadata()?.len());
        Ok(())
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let accepted = faults::before_write(&self.path, bytes.len(), &mut |length| {
            self.file.write_all(&bytes[..length])
        })?;
        self.file.write(&bytes[..accepted])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Gives the file at `from` the name `to`, in the place of what stands there.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    faults::before(Operation::Rename, from)?;
    fs::rename(from, to)?;
    faults::renamed(from, to);
    Ok(())
}

/// Makes names in the folder of `path` survive a power cut.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    faults::before(Operation::Sync, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    faults::before(Operation::Remove, path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder and those above it.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    faults::before(Operation::CreateFolder, path)?;
    fs::create_dir_all(path)
}

/// Before a file is locked: some file systems have no locks.
pub fn before_lock(path: &Path) -> io::Result<()> {
    faults::before_lock(path)
}

/// Copies what the folder `from` holds into the folder `to`: the files called `first` before the others of
/// theirs, those called `without` not at all.
pub fn copy_folder(from: &Path, to: &Path, first: &[&str], without: &[&str]) -> io::Result<()> {
    let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
    let is_one_of =
        |names: &[&str], entry: &fs::DirEntry| names.iter().any(|name| entry.file_name() == *name);
    entries.retain(|entry| !is_one_of(without, entry));
    entries.sort_by_key(|entry| (!is_one_of(first, entry), entry.file_name()));
    for entry in entries {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            create_folder(&target)?;
            copy_folder(&source, &target, first, without)?;
        } else {
            let mut file = DiskFile::create(&target)?;
            io::copy(&mut File::open(&source)?, &mut file)?;
            file.sync()?;
        }
    }
    Ok(())
}

/// What is done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A file is made.
    Create,
    /// A file is cut.
    Cut,
    /// A file or folder is synced.
    Sync,
    /// A file gets another name.
    Rename,
    /// A file is removed.
    Remove,
    /// A folder is made.
    CreateFolder,
}

/// Outside tests nothing stands between a run and the disk.
#[cfg(not(test))]
#[allow(clippy::unnecessary_wraps, reason = "in tests the disk fails")]
mod faults {
    use super::Operation;
    use std::io;
    use std::path::Path;

    pub fn before(_: Operation, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub fn before_lock(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub fn before_write(
        _: &Path,
        length: usize,
        _: &mut dyn FnMut(usize) -> io::Result<()>,
    ) -> io::Result<usize> {
        Ok(length)
    }

    pub fn synced(_: &Path, _: u64) {}

    pub fn renamed(_: &Path, _: &Path) {}
}

#[cfg(test)]
use super::faults;

//! A folder of class folders: the class of a picture is the folder it lies in.

use super::ImageSet;
use super::rows::{CommonSize, Origin, append_decoded, read_file};
use crate::error::DataError;
use std::fs;
use std::path::{Path, PathBuf};

/// Entries of a folder in the order of their names; hidden ones are left out.
pub(super) fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let read = |source| DataError::unreadable(folder, source);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if !name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
}

/// Folders in `folder` with pictures in them: the classes.
pub(super) fn class_folders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut classes = Vec::new();
    for path in sorted_entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        if sorted_entries(&path)?.iter().any(|file| is_picture(file)) {
            classes.push(path);
        }
    }
    Ok(classes)
}

/// Reads the pictures of all classes in the order of their names. Classes are those of `classes`, in that order.
pub(super) fn read(folders: &[PathBuf], classes: &[String]) -> Result<ImageSet, DataError> {
    let mut set = ImageSet { classes: classes.to_vec(), ..ImageSet::default() };
    let mut files = Vec::new();
    for folder in folders {
        let Some(label) = classes.iter().position(|class| *class == name(folder)) else {
            let expected = format!("one of the classes {}", classes.join(", "));
            return Err(DataError::damaged(folder, "its name is no class of the training part", expected));
        };
        for file in sorted_entries(folder)? {
            if !is_picture(&file) {
                // Passed over in silence, a picture of another kind would be missing from its class.
                return Err(DataError::damaged(
                    &file,
                    "it is no JPEG or PNG picture",
                    "pictures alone in a class folder",
                ));
            }
            files.push(file);
            set.labels.push(label as u32);
        }
    }
    let Some(first) = files.first() else { return Ok(set) };
    let size = CommonSize::of(&Origin { path: first, row: 0 }, &read_file(first)?)?;
    (set.width, set.height) = (size.width, size.height);
    append_decoded(&mut set, &size, files.len(), |i| {
        (Origin { path: &files[i], row: 0 }, read_file(&files[i]))
    })?;
    Ok(set)
}

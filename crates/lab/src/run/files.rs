//! The settings of a run in its folder, and copies of the files that they name: so the folder can be moved
//! and run again alone.

use super::{DirectoryError, RunDirectory, RunError, SPEC_FILE};
use crate::identity::{Digest, FILES_FOLDER};
use crate::plan::Plan;
use crate::store::disk::create_folder;
use crate::store::{write_bytes_atomically, write_text_atomically};

/// Leaves the files and then `spec.toml`, which names them: where there is one, it can be run.
pub(super) fn keep_settings(plan: &Plan, directory: &RunDirectory) -> Result<(), RunError> {
    let folder = directory.file(FILES_FOLDER);
    if !plan.identity.files.is_empty() {
        create_folder(&folder)
            .map_err(|source| DirectoryError::Unwritable { path: folder.clone(), source })?;
    }
    for file in &plan.identity.files {
        let copy = folder.join(&file.name);
        if !Digest::of_file(&copy).is_ok_and(|there| there == file.digest) {
            write_bytes_atomically(&copy, &file.read()?)?;
        }
    }
    if !directory.file(SPEC_FILE).exists() {
        write_text_atomically(&directory.file(SPEC_FILE), &plan.resolved)?;
    }
    Ok(())
}

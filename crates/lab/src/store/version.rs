//! JSON that names the version of its layout.

use super::StoreError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads `json`, a part of the file at `path`, with the version `reads` of its layout. The version is looked
/// at before anything else: another one may look different everywhere.
///
/// # Errors
/// If it has another version, or is not what it should be; `part` is the subject of the sentence.
pub(crate) fn from_versioned_json<T: DeserializeOwned>(
    (path, part): (&Path, &str),
    json: &[u8],
    reads: u32,
) -> Result<T, StoreError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let unreadable = |error| StoreError::content(path, format!("{part} cannot be read ({error})"));
    let Version { format_version } = serde_json::from_slice(json).map_err(unreadable)?;
    if format_version != reads {
        let problem = format!("its format version is {format_version}, this program reads {reads}");
        return Err(StoreError::content(path, problem));
    }
    serde_json::from_slice(json).map_err(unreadable)
}

//! JSON that names the version of its layout, and objects that keep the order of their entries.

use super::StoreError;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
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

/// Pairs as a JSON object, in their order.
pub fn as_map<V: Serialize, S: Serializer>(pairs: &[(String, V)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

//! Checkpoints as safetensors: one F32 tensor of shape rows × cols per array of the snapshot, under the array's name.
//!
//! The metadata has a single entry `featurescope`, a JSON object: `format_version` (1), `step`, `t1` and `t2` (null while a
//! stage has not ended) and `memory` (what the measurements remember; left out where there is nothing). A single entry, because the order of several is not fixed and equal states should give
//! equal bytes.

use super::atomic::write_bytes_atomically;
use super::{StoreError, from_versioned_json};
use featurescope_sim::math::Matrix;
use featurescope_sim::train::{Snapshot, StageTimes};
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Version of the layout described above.
const FORMAT_VERSION: u32 = 1;
/// The one entry of the metadata that is ours.
pub(super) const ENTRY: &str = "featurescope";
/// The same as the subject of a sentence.
pub(super) const PART: &str = "its metadata `featurescope`";

#[derive(Serialize, Deserialize)]
struct State {
    format_version: u32,
    step: u64,
    t1: Option<u64>,
    t2: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    memory: Vec<Vec<i64>>,
}

/// A stored state of an arm: enough to go on from it, recording included.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The learner; arrays in alphabetical order when read.
    pub snapshot: Snapshot,
    /// What the measurements remember; empty in files of versions that did not store it.
    pub memory: Vec<Vec<i64>>,
}

/// Stores `checkpoint`, replacing what stands at `path`.
pub fn write_checkpoint(path: &Path, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let Checkpoint { snapshot, memory } = checkpoint;
    let StageTimes { first, second } = snapshot.stages;
    let state = State {
        format_version: FORMAT_VERSION,
        step: snapshot.step,
        t1: first,
        t2: second,
        memory: memory.clone(),
    };
    let json = |source| StoreError::Json { path: path.to_path_buf(), source };
    let metadata = HashMap::from([(ENTRY.to_owned(), serde_json::to_string(&state).map_err(json)?)]);
    let unusable = |error| StoreError::content(path, format!("it cannot be encoded ({error})"));

    let bytes: Vec<Vec<u8>> = snapshot.arrays.iter().map(|(_, array)| little_endian(array)).collect();
    let views: Result<Vec<_>, _> = (snapshot.arrays.iter().zip(&bytes))
        .map(|((name, array), bytes)| {
            TensorView::new(Dtype::F32, vec![array.rows(), array.cols()], bytes).map(|view| (name, view))
        })
        .collect();
    let encoded = views.and_then(|views| safetensors::serialize(views, Some(metadata))).map_err(unusable)?;
    write_bytes_atomically(path, &encoded)
}

/// Reads the learner of a stored checkpoint; its arrays come in alphabetical order.
///
/// # Errors
/// If the file is missing, cut short, of another format version, or no checkpoint of ours.
pub fn read_checkpoint(path: &Path) -> Result<Snapshot, StoreError> {
    read_whole_checkpoint(path).map(|checkpoint| checkpoint.snapshot)
}

/// Reads a stored checkpoint.
///
/// # Errors
/// As [`read_checkpoint`].
pub fn read_whole_checkpoint(path: &Path) -> Result<Checkpoint, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io(path, "read"))?;
    let damaged =
        |error| StoreError::content(path, format!("it is cut short or no safetensors file ({error})"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let State { step, t1, t2, memory, .. } = state(path, &metadata)?;
    let mut arrays = Vec::new();
    for (name, view) in tensors.tensors() {
        let &[rows, cols] = view.shape() else {
            return Err(StoreError::content(path, format!("tensor `{name}` is not a matrix")));
        };
        if view.dtype() != Dtype::F32 {
            return Err(StoreError::content(
                path,
                format!("tensor `{name}` holds {:?}, not F32", view.dtype()),
            ));
        }
        arrays.push((name, Matrix::from_vec(rows, cols, from_little_endian(view.data()))));
    }
    arrays.sort_by(|(a, _), (b, _)| a.cmp(b));
    let snapshot = Snapshot { step, stages: StageTimes { first: t1, second: t2 }, arrays };
    Ok(Checkpoint { snapshot, memory })
}

fn state(path: &Path, metadata: &Metadata) -> Result<State, StoreError> {
    let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
    let entry = entry.ok_or_else(|| StoreError::content(path, format!("it has no metadata `{ENTRY}`")))?;
    from_versioned_json((path, PART), entry.as_bytes(), FORMAT_VERSION)
}

pub(super) fn little_endian(array: &Matrix) -> Vec<u8> {
    array.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(super) fn from_little_endian(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|&word| f32::from_le_bytes(word)).collect()
}

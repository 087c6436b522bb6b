//! Where an arm that is still running can be taken up again, `resume.state`: everything that the next step depends on.
//!
//! Frames: a JSON object with what is small, then the arrays of the learner in its order (F32), then the alignment matrices
//! (I8). Random numbers need no state: they are functions of seed and step.

use super::atomic::write_atomically;
use super::checkpoint::{from_little_endian, little_endian};
use super::frame::{Frames, write_frame};
use super::journal::frame;
use super::{AlignmentHistory, StoreError, from_versioned_json};
use crate::status::ProductInputs;
use featurescope_sim::math::Matrix;
use featurescope_sim::train::{Snapshot, StageTimes};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

const FORMAT_VERSION: u32 = 1;

/// An arm between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct ResumeState {
    /// The learner.
    pub snapshot: Snapshot,
    /// What the measurements remember.
    pub memory: Vec<Vec<i64>>,
    /// Alignment matrices kept so far.
    pub alignment: AlignmentHistory,
    /// One in so many recorded steps is kept.
    pub alignment_stride: u64,
    /// Recorded steps seen so far.
    pub alignment_seen: u64,
    /// Length of the journal at this step, in bytes.
    pub journal_length: u64,
    /// What the inputs of products were rounded to.
    pub product_inputs: ProductInputs,
    /// Wall time so far.
    pub seconds: f64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    format_version: u32,
    step: u64,
    t1: Option<u64>,
    t2: Option<u64>,
    arrays: Vec<(String, usize, usize)>,
    memory: Vec<Vec<i64>>,
    alignment_steps: Vec<u64>,
    alignment_size: (usize, usize),
    alignment_stride: u64,
    alignment_seen: u64,
    journal_length: u64,
    product_inputs: ProductInputs,
    seconds: f64,
}

/// Stores `state`, replacing what stands at `path`.
pub fn write_resume_state(path: &Path, state: &ResumeState) -> Result<(), StoreError> {
    let ResumeState { snapshot, alignment, .. } = state;
    let arrays = snapshot.arrays.iter().map(|(name, array)| (name.clone(), array.rows(), array.cols()));
    let head = Head {
        format_version: FORMAT_VERSION,
        step: snapshot.step,
        t1: snapshot.stages.first,
        t2: snapshot.stages.second,
        arrays: arrays.collect(),
        memory: state.memory.clone(),
        alignment_steps: alignment.steps.clone(),
        alignment_size: (alignment.width, alignment.latent_dim),
        alignment_stride: state.alignment_stride,
        alignment_seen: state.alignment_seen,
        journal_length: state.journal_length,
        product_inputs: state.product_inputs,
        seconds: state.seconds,
    };
    let json = |source| StoreError::Json { path: path.to_path_buf(), source };
    let head = serde_json::to_vec(&head).map_err(json)?;
    let cosines: Vec<u8> = alignment.cosines.iter().map(|cosine| cosine.cast_unsigned()).collect();
    // One after the other: the learner may be as large as memory allows.
    let arrays = snapshot.arrays.iter().map(|(_, array)| little_endian(array));
    let mut contents = std::iter::once(head).chain(arrays).chain([cosines]);
    write_atomically(path, |file| contents.try_for_each(|content| write_frame(file, &content).map(drop)))
}

/// Reads a stored state.
///
/// # Errors
/// If the file is missing, damaged, or of another format version.
pub fn read_resume_state(path: &Path) -> Result<ResumeState, StoreError> {
    let length = fs::metadata(path).map_err(StoreError::io(path, "read"))?.len();
    let file = File::open(path).map_err(StoreError::io(path, "read"))?;
    let mut frames = Frames::new(BufReader::new(file), length);
    let head = head(path, &frame(path, &mut frames)?.unwrap_or_default())?;
    let wrong = |name: &str| StoreError::content(path, format!("`{name}` has another size than it says"));
    let mut arrays = Vec::new();
    for (name, rows, cols) in head.arrays {
        let values = content(path, &mut frames)?;
        if rows.checked_mul(cols).and_then(|entries| entries.checked_mul(4)) != Some(values.len()) {
            return Err(wrong(&name));
        }
        arrays.push((name, Matrix::from_vec(rows, cols, from_little_endian(&values))));
    }
    let (width, latent_dim) = head.alignment_size;
    let cosines = content(path, &mut frames)?;
    let count = head.alignment_steps.len();
    if width.checked_mul(latent_dim).and_then(|size| size.checked_mul(count)) != Some(cosines.len()) {
        return Err(wrong("alignment"));
    }
    let cosines = cosines.iter().map(|byte| byte.cast_signed()).collect();
    Ok(ResumeState {
        snapshot: Snapshot {
            step: head.step,
            stages: StageTimes { first: head.t1, second: head.t2 },
            arrays,
        },
        memory: head.memory,
        alignment: AlignmentHistory { steps: head.alignment_steps, width, latent_dim, cosines },
        alignment_stride: head.alignment_stride.max(1),
        alignment_seen: head.alignment_seen,
        journal_length: head.journal_length,
        product_inputs: head.product_inputs,
        seconds: head.seconds,
    })
}

/// How far an arm was when its state was saved: steps taken, and the wall time that they took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SavedProgress {
    /// Steps taken.
    pub step: u64,
    /// Wall time of training and measuring, over all processes.
    pub seconds: f64,
}

/// The longest head of a state that is read.
const LONGEST_HEAD: u64 = 16 << 20;

/// How far the stored state is, without its arrays.
///
/// # Errors
/// If the file is missing, damaged, or of another format version.
pub fn read_saved_progress(path: &Path) -> Result<SavedProgress, StoreError> {
    let file = File::open(path).map_err(StoreError::io(path, "read"))?;
    let length = file.metadata().map_err(StoreError::io(path, "read"))?.len();
    let mut frames = Frames::new(BufReader::new(file), length.min(LONGEST_HEAD));
    let head = head(path, &frame(path, &mut frames)?.unwrap_or_default())?;
    Ok(SavedProgress { step: head.step, seconds: head.seconds })
}

fn head(path: &Path, bytes: &[u8]) -> Result<Head, StoreError> {
    from_versioned_json((path, "its head"), bytes, FORMAT_VERSION)
}

/// The next frame, which has to be there.
fn content(path: &Path, frames: &mut Frames<impl Read>) -> Result<Vec<u8>, StoreError> {
    frame(path, frames)?.ok_or_else(|| StoreError::content(path, "it is cut short"))
}

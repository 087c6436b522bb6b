//! What a run leaves on disk, readable without this program: Parquet tables, safetensors checkpoints, JSON.
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `records.parquet` | [`ArmWriter`], [`write_records`] | one row per recorded step: `step`, then one DOUBLE per column |
//! | `neurons.parquet` | [`ArmWriter`] | one row per recorded step and neuron: `step`, `neuron`, then one FLOAT per column |
//! | `*.safetensors` | [`write_checkpoint`] | every array of a snapshot, and what is needed to go on from it |
//! | `data.safetensors` | [`write_data`] | M, and some samples with their codes and noise |
//! | `alignment.safetensors`, `representation.safetensors` | [`write_alignment`], [`write_representation`] | matrices that pictures are drawn from |
//! | `*.json`, text | [`write_json_atomically`], [`write_text_atomically`] | everything else |
//!
//! | `records.journal`, `resume.state` | [`Journal`], [`write_resume_state`] | an arm that is still running, in frames with checksums |
//!
//! A file under its final name is always complete, except the journal: it is written aside and renamed.

mod arrays;
mod atomic;
mod checkpoint;
mod data;
pub(crate) mod disk;
mod error;
#[cfg(test)]
pub(crate) mod faults;
mod frame;
mod guard;
mod journal;
mod lock;
mod reader;
mod resume;
mod table_file;
mod tail;
mod version;
mod writer;

pub use arrays::{
    AlignmentHistory, StoredRepresentation, read_alignment, read_alignment_of, read_representation,
    read_representation_of, write_alignment, write_representation,
};
pub use atomic::{
    ASIDE, between_files, remove_file, write_bytes_atomically, write_json_atomically, write_text_atomically,
};
pub use checkpoint::{Checkpoint, read_checkpoint, read_whole_checkpoint, write_checkpoint};
pub use data::{DataHead, StoredData, StoredOverlap, read_data, read_data_head, write_data};
pub use error::StoreError;
pub use guard::{guarded, is_guarded};
pub use journal::{Journal, JournalRecords, RecordShape};
pub use lock::{FolderLock, LOCK_FILE, LockError, lock_owner};
pub use reader::{Neurons, Records, read_neurons, read_records, read_tables};
pub use resume::{ResumeState, SavedProgress, read_resume_state, read_saved_progress, write_resume_state};
pub use table_file::open_table;
pub use tail::{JournalNews, JournalTail};
pub use version::as_map;
pub(crate) use version::from_versioned_json;
pub use writer::{ArmWriter, write_records};

/// Version of the layout of a run directory.
pub const RUN_FORMAT_VERSION: u32 = 2;
/// Name of the table of recorded steps.
pub const RECORDS_FILE: &str = "records.parquet";
/// Name of the table of neurons.
pub const NEURONS_FILE: &str = "neurons.parquet";
/// Name of the file of alignment matrices.
pub const ALIGNMENT_FILE: &str = "alignment.safetensors";
/// Name of the records of an arm that is still running.
pub const JOURNAL_FILE: &str = "records.journal";
/// Name of the state at which such an arm can be taken up again.
pub const RESUME_FILE: &str = "resume.state";
/// Name of the file of the data.
pub const DATA_FILE: &str = "data.safetensors";
/// Name of the file of representations.
pub const REPRESENTATION_FILE: &str = "representation.safetensors";

#[cfg(test)]
mod tests;

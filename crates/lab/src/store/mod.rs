//! What a run leaves on disk, readable without this program: Parquet tables, safetensors checkpoints, JSON.
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `records.parquet` | [`ArmWriter`] | one row per recorded step: `step`, then one DOUBLE per column |
//! | `neurons.parquet` | [`ArmWriter`] | one row per recorded step and neuron: `step`, `neuron`, then one FLOAT per column |
//! | `*.safetensors` | [`write_checkpoint`] | every array of a snapshot, and what is needed to go on from it |
//! | `alignment.safetensors`, `representation.safetensors` | [`write_alignment`], [`write_representation`] | matrices that pictures are drawn from |
//! | `*.json`, text | [`write_json_atomically`], [`write_text_atomically`] | everything else |
//!
//! A file under its final name is always complete: tables grow under the name `*.partial`, everything else is written
//! aside and renamed.

mod arrays;
mod atomic;
mod checkpoint;
mod error;
mod reader;
mod writer;

pub use arrays::{
    AlignmentHistory, StoredRepresentation, read_alignment, read_representation, write_alignment,
    write_representation,
};
pub use atomic::{write_bytes_atomically, write_json_atomically, write_text_atomically};
pub use checkpoint::{read_checkpoint, write_checkpoint};
pub use error::StoreError;
pub use reader::{Neurons, Records, read_neurons, read_records};
pub use writer::ArmWriter;

/// Name of the table of recorded steps.
pub const RECORDS_FILE: &str = "records.parquet";
/// Name of the table of neurons.
pub const NEURONS_FILE: &str = "neurons.parquet";
/// Name of the file of alignment matrices.
pub const ALIGNMENT_FILE: &str = "alignment.safetensors";
/// Name of the file of representations.
pub const REPRESENTATION_FILE: &str = "representation.safetensors";

#[cfg(test)]
mod tests;

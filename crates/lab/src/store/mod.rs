//! What a run leaves on disk, readable without this program: Parquet tables, safetensors checkpoints, JSON.
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `records.parquet` | [`ArmWriter`] | one row per recorded step: `step`, then one DOUBLE per column |
//! | `neurons.parquet` | [`ArmWriter`] | one row per recorded step and neuron: `step`, `neuron`, then one FLOAT per column |
//! | `*.safetensors` | [`write_checkpoint`] | every array of a snapshot, and what is needed to go on from it |
//! | `*.json`, text | [`write_json_atomically`], [`write_text_atomically`] | everything else |
//!
//! A file under its final name is always complete: tables grow under the name `*.partial`, everything else is written
//! aside and renamed.

mod atomic;
mod checkpoint;
mod error;
mod reader;
mod writer;

pub use atomic::{write_json_atomically, write_text_atomically};
pub use checkpoint::{read_checkpoint, write_checkpoint};
pub use error::StoreError;
pub use reader::{Neurons, Records, read_neurons, read_records};
pub use writer::ArmWriter;

/// Name of the table of recorded steps.
pub const RECORDS_FILE: &str = "records.parquet";
/// Name of the table of neurons.
pub const NEURONS_FILE: &str = "neurons.parquet";

#[cfg(test)]
mod tests;

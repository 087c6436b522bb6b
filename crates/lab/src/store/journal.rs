//! The records of an arm that is still running, `records.journal`: one frame per record, added as it is measured.
//!
//! The first frame is a JSON object: `format_version` (1), `scalars` and `neuron_columns` (names), `width`. A record: step (u64),
//! one f64 per scalar, one f32 per neuron column and neuron; little-endian. Tables for readers are made of it at the end.

use super::disk::DiskFile;
use super::frame::{Frames, write_frame};
use super::{StoreError, from_versioned_json};
use featurescope_sim::measure::Record;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

pub(super) const FORMAT_VERSION: u32 = 1;

/// What the records of an arm hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordShape {
    format_version: u32,
    /// Names of what is recorded once.
    pub scalars: Vec<String>,
    /// Names of what is recorded per neuron.
    pub neuron_columns: Vec<String>,
    /// m.
    pub width: usize,
}

impl RecordShape {
    /// The shape of records with these columns.
    pub fn new(scalars: Vec<String>, neuron_columns: Vec<String>, width: usize) -> Self {
        Self { format_version: FORMAT_VERSION, scalars, neuron_columns, width }
    }

    /// Whether `record` has it.
    pub fn fits(&self, record: &Record) -> bool {
        record.scalars.len() == self.scalars.len()
            && record.neurons.len() == self.neuron_columns.len()
            && record.neurons.iter().all(|values| values.len() == self.width)
    }

    fn encode(record: &Record) -> Vec<u8> {
        let mut bytes = record.step.to_le_bytes().to_vec();
        bytes.extend(record.scalars.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(record.neurons.iter().flatten().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Option<Record> {
        let (step, rest) = bytes.split_first_chunk::<8>()?;
        let (scalars, neurons) = rest.split_at_checked(self.scalars.len().checked_mul(8)?)?;
        let row = self.width.checked_mul(4)?;
        if Some(neurons.len()) != row.checked_mul(self.neuron_columns.len()) {
            return None;
        }
        let floats =
            |bytes: &[u8]| bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect();
        let column = |c: usize| floats(&neurons[c * row..(c + 1) * row]);
        Some(Record {
            step: u64::from_le_bytes(*step),
            scalars: scalars.as_chunks().0.iter().map(|&word| f64::from_le_bytes(word)).collect(),
            neurons: (0..self.neuron_columns.len()).map(column).collect(),
        })
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: DiskFile,
    shape: RecordShape,
    length: u64,
}

impl Journal {
    /// A new journal in the place of what stands at `path`.
    pub fn create(path: &Path, shape: RecordShape) -> Result<Self, StoreError> {
        let head = serde_json::to_vec(&shape)
            .map_err(|source| StoreError::Json { path: path.to_path_buf(), source })?;
        let mut file = DiskFile::create(path).map_err(StoreError::io(path, "created"))?;
        let length = write_frame(&mut file, &head).map_err(StoreError::io(path, "written"))?;
        Ok(Self { path: path.to_path_buf(), file, shape, length })
    }

    /// The journal at `path` as it was when it had `length` bytes; what was written since is cut off.
    ///
    /// # Errors
    /// If those bytes are not all there and sound, or hold records of another shape.
    pub fn reopen(path: &Path, shape: RecordShape, length: u64) -> Result<Self, StoreError> {
        let mut records = JournalRecords::open(path, length)?;
        if *records.shape() != shape {
            return Err(StoreError::content(path, "its records have other columns"));
        }
        while records.next_record()?.is_some() {}
        let file = DiskFile::cut(path, length).map_err(StoreError::io(path, "written"))?;
        Ok(Self { path: path.to_path_buf(), file, shape, length })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// If it has another shape, or the disk refuses.
    pub fn write(&mut self, record: &Record) -> Result<(), StoreError> {
        if !self.shape.fits(record) {
            let problem = format!("the record of step {} has other columns than the journal", record.step);
            return Err(StoreError::content(&self.path, problem));
        }
        let written = write_frame(&mut self.file, &RecordShape::encode(record));
        self.length += written.map_err(StoreError::io(&self.path, "written"))?;
        Ok(())
    }

    /// Returns when all records are on the disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync().map_err(StoreError::io(&self.path, "synced to disk"))
    }

    /// Bytes written.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its records, from the first.
    pub fn records(&self) -> Result<JournalRecords, StoreError> {
        JournalRecords::open(&self.path, self.length)
    }
}

/// The records of a journal, one after the other.
pub struct JournalRecords {
    path: PathBuf,
    frames: Frames<BufReader<File>>,
    shape: RecordShape,
}

impl JournalRecords {
    /// The records in the first `length` bytes of the journal at `path`.
    ///
    /// # Errors
    /// If there are fewer, or it is no journal.
    pub fn open(path: &Path, length: u64) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path, "opened"))?;
        let there = file.metadata().map_err(StoreError::io(path, "read"))?.len();
        if there < length {
            return Err(StoreError::content(path, format!("it has {there} of {length} bytes")));
        }
        let mut frames = Frames::new(BufReader::new(file), length);
        let head = frame(path, &mut frames)?.unwrap_or_default();
        let shape = from_versioned_json((path, "its head"), &head, FORMAT_VERSION)?;
        Ok(Self { path: path.to_path_buf(), frames, shape })
    }

    /// What they hold.
    pub fn shape(&self) -> &RecordShape {
        &self.shape
    }

    /// The next one; `None` at the end.
    pub fn next_record(&mut self) -> Result<Option<Record>, StoreError> {
        let Some(content) = frame(&self.path, &mut self.frames)? else { return Ok(None) };
        let record = self.shape.decode(&content);
        let wrong = || StoreError::content(&self.path, "a record has another length than its columns");
        record.map(Some).ok_or_else(wrong)
    }
}

/// The next frame; damage is damage of the file at `path`.
pub(super) fn frame(path: &Path, frames: &mut Frames<impl Read>) -> Result<Option<Vec<u8>>, StoreError> {
    frames.next_frame().map_err(|error| unreadable(path, error))
}

/// What is wrong with frames of the file at `path`.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::InvalidData => StoreError::content(path, error.to_string()),
        _ => StoreError::io(path, "read")(error),
    }
}

//! The journal of an arm that another process is still writing: what has come since the last look.
//!
//! Nothing is locked and nothing is written. A frame of which only a part is there is left to the next look. A
//! process that resumes an arm cuts the journal: then everything is read again.

use super::StoreError;
use super::frame::Frames;
use super::journal::{FORMAT_VERSION, RecordShape, unreadable};
use super::version::from_versioned_json;
use featurescope_sim::measure::Record;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes that one look reads at most. The rest is left to the next look.
const LARGEST_LOOK: u64 = 256 << 20;

/// The records of a journal, look by look.
#[derive(Debug)]
pub struct JournalTail {
    path: PathBuf,
    shape: Option<RecordShape>,
    /// Bytes that have been read.
    offset: u64,
}

/// What a look found.
#[derive(Debug)]
pub struct JournalNews {
    /// Whether the journal was read from its start: records of earlier looks are void.
    pub begins_anew: bool,
    /// What the records hold.
    pub shape: RecordShape,
    /// The records that are new.
    pub records: Vec<Record>,
}

impl JournalTail {
    /// The journal at `path`, of which nothing was read yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), shape: None, offset: 0 }
    }

    /// What is new; `None` where there is no journal, or not even its head.
    ///
    /// # Errors
    /// If it cannot be read or is damaged. The next look begins at the start.
    pub fn look(&mut self) -> Result<Option<JournalNews>, StoreError> {
        let found = self.read();
        if found.is_err() {
            *self = Self::new(&self.path);
        }
        found
    }

    fn read(&mut self) -> Result<Option<JournalNews>, StoreError> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(StoreError::io(&self.path, "opened"))?,
        };
        let length = file.metadata().map_err(StoreError::io(&self.path, "read"))?.len();
        if length < self.offset {
            *self = Self::new(&self.path);
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(StoreError::io(&self.path, "read"))?;
        let there = (length - self.offset).min(LARGEST_LOOK);
        let mut frames = Frames::new(BufReader::new(file), there);
        let mut next = || frames.next_whole().map_err(|error| unreadable(&self.path, error));
        let begins_anew = self.shape.is_none();
        let shape = match &self.shape {
            Some(shape) => shape.clone(),
            None => match next()? {
                Some(head) => from_versioned_json((&self.path, "its head"), &head, FORMAT_VERSION)?,
                None => return Ok(None),
            },
        };
        let mut records = Vec::new();
        while let Some(content) = next()? {
            let wrong = || StoreError::content(&self.path, "a record has another length than its columns");
            records.push(shape.decode(&content).ok_or_else(wrong)?);
        }
        self.offset += there - frames.left();
        self.shape = Some(shape.clone());
        Ok(Some(JournalNews { begins_anew, shape, records }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::*;
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    fn shape() -> RecordShape {
        RecordShape::new(vec!["loss".to_owned()], vec!["norm".to_owned()], 2)
    }

    fn record(step: u64) -> Record {
        Record { step, scalars: vec![step as f64], neurons: vec![vec![1.0, 2.0]] }
    }

    fn steps(news: Option<JournalNews>) -> Vec<u64> {
        news.unwrap().records.iter().map(|record| record.step).collect()
    }

    #[test]
    fn a_journal_is_read_as_it_grows_and_again_where_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.journal");
        let mut tail = JournalTail::new(&path);
        assert!(tail.look().unwrap().is_none());
        let mut journal = Journal::create(&path, shape()).unwrap();
        journal.write(&record(1)).unwrap();
        let saved = journal.length();
        let first = tail.look().unwrap().unwrap();
        assert!(first.begins_anew && first.records == [record(1)]);
        journal.write(&record(2)).unwrap();
        journal.write(&record(3)).unwrap();
        let second = tail.look().unwrap().unwrap();
        assert!(!second.begins_anew && second.records == [record(2), record(3)]);
        assert_eq!(steps(tail.look().unwrap()), [0; 0]);
        drop(journal);
        let mut journal = Journal::reopen(&path, shape(), saved).unwrap();
        let third = tail.look().unwrap().unwrap();
        assert!(third.begins_anew && third.records == [record(1)]);
        journal.write(&record(2)).unwrap();
        assert_eq!(steps(tail.look().unwrap()), [2]);
    }

    #[test]
    fn every_piece_of_a_frame_waits_for_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, path) = (folder.path().join("whole"), folder.path().join("growing"));
        let mut journal = Journal::create(&whole, shape()).unwrap();
        journal.write(&record(1)).unwrap();
        journal.write(&record(2)).unwrap();
        let bytes = fs::read(&whole).unwrap();
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let (mut tail, mut seen) = (JournalTail::new(&path), Vec::new());
        for byte in &bytes {
            file.write_all(&[*byte]).unwrap();
            if let Some(news) = tail.look().unwrap() {
                seen.extend(news.records);
            }
        }
        assert_eq!(seen, [record(1), record(2)]);
    }

    #[test]
    fn damage_is_told_and_the_next_look_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.journal");
        let mut journal = Journal::create(&path, shape()).unwrap();
        journal.write(&record(1)).unwrap();
        let sound = fs::read(&path).unwrap();
        let mut damaged = sound.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        let mut tail = JournalTail::new(&path);
        assert!(tail.look().unwrap_err().to_string().contains("checksum"));
        fs::write(&path, sound).unwrap();
        assert!(tail.look().unwrap().unwrap().begins_anew);
        // A frame that claims more than any journal has is never whole, and nothing is allocated for it.
        fs::write(&path, [[0xff; 12], [0; 12]].concat()).unwrap();
        assert!(JournalTail::new(&path).look().unwrap().is_none());
    }
}

//! An arm as its folder shows it: by its journal while it is under way, by its tables once they are made.

use super::stamp::Stamp;
use super::view::{ArmDetail, ArmView, Course, NeuronsNow, Standing};
use crate::status::{ArmEnd, StopReason};
use crate::store::{
    JOURNAL_FILE, JournalNews, JournalTail, NEURONS_FILE, RECORDS_FILE, RESUME_FILE, SavedProgress,
    StoreError, read_neurons, read_records, read_saved_progress,
};
use std::path::{Path, PathBuf};

/// The largest table of records that is read, in bytes.
const LARGEST_RECORDS: u64 = 256 << 20;
/// The largest table of neurons that is read, in bytes: it is read as a whole for its last rows.
const LARGEST_NEURONS: u64 = 256 << 20;

/// An arm that is followed.
#[derive(Debug)]
pub struct Arm {
    pub name: String,
    /// Steps planned.
    pub steps: Option<u64>,
    folder: PathBuf,
    tail: JournalTail,
    table: Stamp,
    state: Stamp,
    course: Course,
    neurons: Option<NeuronsNow>,
    saved: Option<SavedProgress>,
    end: Option<ArmEnd>,
    changed: Option<u64>,
    problem: Option<String>,
}

impl Arm {
    /// The arm in `folder`, of which nothing was read yet.
    pub fn new(name: &str, steps: Option<u64>, folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            steps,
            folder: folder.to_path_buf(),
            tail: JournalTail::new(&folder.join(JOURNAL_FILE)),
            table: Stamp::default(),
            state: Stamp::default(),
            course: Course::default(),
            neurons: None,
            saved: None,
            end: None,
            changed: None,
            problem: None,
        }
    }

    /// Reads what has changed. `end` is what the manifest says.
    pub fn look(&mut self, end: Option<&ArmEnd>) {
        self.end = end.cloned();
        self.problem = self.read().err().map(|error| error.to_string());
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let journal = Stamp::of(&self.folder.join(JOURNAL_FILE));
        self.changed = journal.unix_seconds();
        if journal.is_there() {
            // A table beside it is that of an earlier process, or is followed by the end of the journal.
            self.table = Stamp::default();
            if let Some(news) = self.tail.look()? {
                self.course.add(&news);
                self.note_neurons(&news);
            }
            return self.read_state();
        }
        let path = self.folder.join(RECORDS_FILE);
        let table = Stamp::of(&path);
        self.changed = table.unix_seconds();
        if !table.is_there() {
            // Between two processes, or before the first.
            (self.course, self.neurons, self.saved) = (Course::default(), None, None);
        } else if table != self.table {
            if table.length() > LARGEST_RECORDS {
                return Err(StoreError::content(&path, format!("it has more than {LARGEST_RECORDS} bytes")));
            }
            self.course = read_records(&path)?.into();
            self.table = table;
            self.neurons = None;
        }
        self.tail = JournalTail::new(&self.folder.join(JOURNAL_FILE));
        Ok(())
    }

    fn read_state(&mut self) -> Result<(), StoreError> {
        let path = self.folder.join(RESUME_FILE);
        let state = Stamp::of(&path);
        if state != self.state {
            self.saved = if state.is_there() { Some(read_saved_progress(&path)?) } else { None };
            self.state = state;
        }
        self.changed = self.changed.max(state.unix_seconds());
        Ok(())
    }

    fn note_neurons(&mut self, news: &JournalNews) {
        let column = |name: &str| news.shape.neuron_columns.iter().position(|known| known == name);
        let columns = column("best_atom").zip(column("alignment"));
        if let (Some((atom, cosine)), Some(record)) = (columns, news.records.last()) {
            self.neurons = Some(NeuronsNow {
                step: record.step,
                best_atom: record.neurons[atom].clone(),
                alignment: record.neurons[cosine].clone(),
            });
        }
    }

    /// When one of its files was changed last, in seconds since 1970.
    pub fn changed(&self) -> Option<u64> {
        self.changed
    }

    /// Seconds of a step, on average so far.
    pub fn pace(&self) -> Option<f64> {
        let (seconds, steps) = match (&self.end, self.saved) {
            (Some(end), _) => (end.training_seconds, end.steps),
            (None, Some(saved)) => (saved.seconds, saved.step),
            (None, None) => return None,
        };
        (steps > 0 && seconds.is_finite()).then(|| seconds / steps as f64)
    }

    /// Steps that it will take at most.
    pub fn steps_left(&self) -> Option<u64> {
        match &self.end {
            Some(end) if end.stop_reason != StopReason::Interrupted => Some(0),
            _ => Some(self.steps?.saturating_sub(self.step())),
        }
    }

    fn step(&self) -> u64 {
        let recorded = self.course.steps.last().copied();
        let saved = self.saved.map(|saved| saved.step);
        let told = self.end.as_ref().map(|end| end.steps);
        recorded.max(saved).max(told).unwrap_or(0)
    }

    fn standing(&self, run: Standing) -> Standing {
        match &self.end {
            Some(end) => match end.stop_reason {
                StopReason::Finished => Standing::Finished,
                StopReason::Diverged => Standing::Diverged,
                StopReason::Interrupted if run == Standing::Running => Standing::Running,
                StopReason::Interrupted => Standing::Interrupted,
            },
            None if self.course.steps.is_empty() => Standing::Planned,
            None => run,
        }
    }

    /// The arm at a glance, in a run that stands so.
    pub fn view(&self, run: Standing) -> ArmView {
        ArmView {
            name: self.name.clone(),
            standing: self.standing(run),
            step: self.step(),
            steps: self.steps,
            records: self.course.steps.len(),
            figures: self.course.figures(),
            problem: self.problem.clone(),
        }
    }

    /// The arm in full.
    pub fn detail(&self) -> ArmDetail {
        let neurons = self.neurons.clone().or_else(|| self.stored_neurons());
        ArmDetail { name: self.name.clone(), steps: self.steps, course: self.course.clone(), neurons }
    }

    /// The last rows of the table of neurons.
    fn stored_neurons(&self) -> Option<NeuronsNow> {
        let path = self.folder.join(NEURONS_FILE);
        let stamp = Stamp::of(&path);
        if !stamp.is_there() || stamp.length() > LARGEST_NEURONS {
            return None;
        }
        let neurons = read_neurons(&path).ok()?;
        let row = neurons.steps.len().checked_sub(1)?;
        let last = |name: &str| neurons.column(name).map(|of| of.row(row).to_vec());
        Some(NeuronsNow {
            step: neurons.steps[row],
            best_atom: last("best_atom")?,
            alignment: last("alignment")?,
        })
    }
}

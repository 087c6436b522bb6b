//! What a look at a running process leaves behind.

use super::{AtomHistory, Cadence, Column, Measure, Reading, Shape};
use crate::train::StepView;
use std::sync::Arc;

/// The figures of one recorded step, in the order of the recorder's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Steps taken when it was read.
    pub step: u64,
    /// One value per column; NaN: not defined at this step.
    pub scalars: Vec<f64>,
    /// Per neuron column, one value per neuron.
    pub neurons: Vec<Vec<f32>>,
}

/// Where a measurement writes its figures.
pub struct Values<'a> {
    pub(super) columns: &'static [Column],
    pub(super) neuron_columns: &'static [Column],
    pub(super) scalars: &'a mut [f64],
    pub(super) neurons: &'a mut [Vec<f32>],
}

impl Values<'_> {
    /// Writes the column `name`.
    ///
    /// # Panics
    /// If the measurement did not declare it.
    pub fn scalar(&mut self, name: &str, value: f64) {
        self.scalars[position(self.columns, name)] = value;
    }

    /// Writes the neuron column `name`.
    ///
    /// # Panics
    /// If the measurement did not declare it, or there is not one value per neuron.
    pub fn neurons(&mut self, name: &str, values: impl IntoIterator<Item = f32>) {
        let column = &mut self.neurons[position(self.neuron_columns, name)];
        let width = column.len();
        column.clear();
        column.extend(values);
        assert_eq!(column.len(), width, "the neuron column `{name}` needs one value per neuron");
    }
}

fn position(columns: &[Column], name: &str) -> usize {
    let found = columns.iter().position(|column| column.name == name);
    found.unwrap_or_else(|| panic!("a measurement wrote the column `{name}`, which it did not declare"))
}

/// Reads a running process at a cadence.
///
/// Measurements of initial sets and of ownership remember what they saw: a recorder belongs to one run and should see
/// its step 0 first.
pub struct Recorder {
    measures: Vec<Box<dyn Measure>>,
    cadence: Arc<dyn Cadence>,
    last_step: u64,
}

impl Recorder {
    /// Records with `measures` at `cadence` and at the run's `last_step`.
    ///
    /// # Panics
    /// If two measurements declare the same column.
    pub fn new(measures: Vec<Box<dyn Measure>>, cadence: Arc<dyn Cadence>, last_step: u64) -> Self {
        let recorder = Self { measures, cadence, last_step };
        for columns in [recorder.columns(), recorder.neuron_columns()] {
            for (i, column) in columns.iter().enumerate() {
                let again = columns[..i].iter().any(|other| other.name == column.name);
                assert!(!again, "two measurements declare the column `{}`", column.name);
            }
        }
        recorder
    }

    /// What a record holds once.
    pub fn columns(&self) -> Vec<Column> {
        self.measures.iter().flat_map(|measure| measure.columns()).copied().collect()
    }

    /// What a record holds per neuron.
    pub fn neuron_columns(&self) -> Vec<Column> {
        self.measures.iter().flat_map(|measure| measure.neuron_columns()).copied().collect()
    }

    /// Whether this step is to be recorded.
    pub fn is_due(&self, view: &StepView<'_>) -> bool {
        let step = view.step;
        self.cadence.includes(step)
            || [Some(0), Some(self.last_step), view.stages.first, view.stages.second].contains(&Some(step))
            || view.dynamics.stop_reason().is_some()
    }

    /// Reads the state if this step is to be recorded.
    pub fn observe(&mut self, view: &StepView<'_>) -> Option<Record> {
        self.is_due(view).then(|| self.read(view))
    }

    /// What became of each atom so far, d entries; `None` if nothing was recorded or no measurement follows the atoms.
    pub fn atom_histories(&self) -> Option<&[AtomHistory]> {
        self.measures.iter().find_map(|measure| measure.atom_histories())
    }

    /// What the measurements remember, one list each: together with the state of the process enough to go on recording as
    /// if nothing had happened.
    pub fn memory(&self) -> Vec<Vec<i64>> {
        self.measures.iter().map(|measure| measure.memory()).collect()
    }

    /// Takes up what a recorder with the same measurements remembered of a process of this shape; false if
    /// another one did.
    #[must_use]
    pub fn recall(&mut self, memory: &[Vec<i64>], shape: Shape) -> bool {
        memory.len() == self.measures.len()
            && self.measures.iter_mut().zip(memory).all(|(measure, memory)| measure.recall(memory, shape))
    }

    fn read(&mut self, view: &StepView<'_>) -> Record {
        let coordinates = view.dynamics.coordinates();
        let reading = Reading::new(view, &coordinates);
        let mut record = Record { step: view.step, scalars: Vec::new(), neurons: Vec::new() };
        for measure in &mut self.measures {
            let (columns, neuron_columns) = (measure.columns(), measure.neuron_columns());
            let mut scalars = vec![f64::NAN; columns.len()];
            let mut neurons = vec![vec![f32::NAN; reading.width()]; neuron_columns.len()];
            let mut out = Values { columns, neuron_columns, scalars: &mut scalars, neurons: &mut neurons };
            measure.read(&reading, &mut out);
            record.scalars.append(&mut scalars);
            record.neurons.append(&mut neurons);
        }
        record
    }
}

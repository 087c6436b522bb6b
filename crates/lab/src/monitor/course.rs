//! The readings of all layers so far.

use super::notice::{Memory, Notice};
use super::record;
use crate::diagnose::{Finding, Study};
use serde::Deserialize;
use toml::{Table, Value};

/// The table of `spec.toml` that tells such a run from others.
pub(super) const TABLE: &str = "monitor";
/// Most characters of a name: it is a folder's too.
const LONGEST_NAME: usize = 100;

/// How a training is watched: `spec.toml` of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Names of the layers, as the network has them.
    pub layers: Vec<String>,
    /// Steps of the training between two readings.
    pub every: u32,
    /// Samples that are read.
    pub samples: u32,
    /// Whether a second view of every sample is read.
    pub has_views: bool,
    /// Whether samples have labels.
    pub has_labels: bool,
}

/// Settings that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is nothing to watch.
    #[error("layers: none is named; name at least one, as the network's named_modules() has it")]
    NoLayer,
    /// A name that cannot be a folder's.
    #[error(
        "layers: {0:?} cannot be a layer's name; 1 to {LONGEST_NAME} letters, digits, `_`, `-` and `.` are \
         accepted, the first of them no `.`"
    )]
    Name(String),
    /// A layer is named twice.
    #[error("layers: {0:?} is named twice")]
    Twice(String),
    /// Readings without end.
    #[error("every: 0 is too small; a whole number of steps from 1 on is accepted")]
    Cadence,
}

/// What was read of a layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// By step, one value for every column.
    pub records: Vec<(u64, Vec<f64>)>,
    memory: Memory,
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Course {
    /// How.
    pub settings: Settings,
    /// The layers, in the order of the settings.
    pub layers: Vec<Layer>,
    /// What was told, in order.
    pub notices: Vec<Notice>,
}

impl Settings {
    /// `spec.toml`.
    pub fn spec(&self) -> String {
        Table::from_iter([(TABLE.to_owned(), Value::Table(self.values()))]).to_string()
    }

    /// Its settings by name.
    pub(super) fn values(&self) -> Table {
        let values = [
            ("layers", Value::from(self.layers.clone())),
            ("every", Value::from(self.every)),
            ("samples", Value::from(self.samples)),
            ("has_views", Value::from(self.has_views)),
            ("has_labels", Value::from(self.has_labels)),
        ];
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.layers.is_empty() {
            return Err(SettingsError::NoLayer);
        }
        let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        for (i, name) in self.layers.iter().enumerate() {
            let length = name.chars().count();
            if !(1..=LONGEST_NAME).contains(&length) || name.starts_with('.') || !name.chars().all(is_plain) {
                return Err(SettingsError::Name(name.clone()));
            }
            if self.layers[..i].contains(name) {
                return Err(SettingsError::Twice(name.clone()));
            }
        }
        if self.every == 0 { Err(SettingsError::Cadence) } else { Ok(()) }
    }
}

impl Course {
    /// Nothing so far.
    ///
    /// # Errors
    /// If the settings cannot be.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let layer =
            |name: &String| Layer { name: name.clone(), records: Vec::new(), memory: Memory::default() };
        let layers = settings.layers.iter().map(layer).collect();
        Ok(Self { settings, layers, notices: Vec::new() })
    }

    /// Adds a reading of all layers, in their order; answers with what is new to be told. `seconds`: the wall
    /// time that it took from the training.
    ///
    /// # Panics
    /// If there is not one finding for every layer.
    pub fn record(&mut self, step: u64, study: &Study, findings: &[Finding], seconds: f64) -> &[Notice] {
        assert_eq!(findings.len(), self.layers.len(), "one finding for every layer");
        let told = self.notices.len();
        for ((layer, of), finding) in self.layers.iter_mut().zip(&study.representations).zip(findings) {
            layer.records.push((step, record::row(finding, seconds)));
            for (subject, text) in layer.memory.read(step, &of.rows, finding) {
                self.notices.push(Notice { step, layer: layer.name.clone(), subject, text });
            }
        }
        &self.notices[told..]
    }
}

impl Layer {
    /// Steps and values of a column; empty for one that is not known.
    pub fn curve(&self, column: &str) -> Vec<[f64; 2]> {
        let Some(at) = record::columns().iter().position(|known| known.name == column) else {
            return Vec::new();
        };
        self.records.iter().map(|(step, values)| [*step as f64, values[at]]).collect()
    }

    /// What was read in an earlier process; its memory of neurons is not stored.
    pub(super) fn stored(name: String, records: Vec<(u64, Vec<f64>)>) -> Self {
        Self { name, records, memory: Memory::default() }
    }
}

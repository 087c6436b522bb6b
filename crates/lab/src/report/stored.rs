//! A stored run as pictures see it: what the claims see, and the files that are there for pictures.

use super::figure::Colour;
use super::page::Provenance;
use crate::evidence::{EvidenceError, Run, Subject};
use crate::status::Status;
use crate::store::{
    ALIGNMENT_FILE, AlignmentHistory, REPRESENTATION_FILE, StoredRepresentation, read_alignment_of,
    read_representation_of,
};
use featurescope_sim::measure::Shape;
use featurescope_sim::probe::{DownstreamTask, FeatureKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;

/// A stored run with everything that pictures need.
pub struct StoredRun {
    /// Name of its folder.
    pub name: String,
    /// Settings, records, neurons.
    pub run: Run,
    /// Its arms, in the order in which they ran.
    pub arms: Vec<StoredArm>,
    /// Probe scores of x, Mᵀx and z.
    pub yardsticks: Vec<Score>,
    /// How the run ended.
    pub status: Status,
    /// What could not be read.
    pub notes: Vec<String>,
}

/// The files of an arm that are there for pictures.
pub struct StoredArm {
    /// Its name.
    pub name: String,
    /// cos(w_i, M_j) through time.
    pub alignment: Option<AlignmentHistory>,
    /// f(x) at the end.
    pub representation: Option<StoredRepresentation>,
    /// When each atom was first owned.
    pub atoms: Vec<AtomEntry>,
    /// Probe scores of its features.
    pub scores: Vec<Score>,
}

/// One entry of `atoms.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct AtomEntry {
    /// The first recorded step at which the atom had an owner.
    pub first_owned: Option<u64>,
    /// The neuron that owns it at the end.
    pub owner: Option<usize>,
}

/// A probe score with its interval.
#[derive(Clone, Debug, Deserialize)]
pub struct Score {
    /// What was predicted.
    pub task: DownstreamTask,
    /// From which features.
    pub features: FeatureKind,
    /// From how many labels.
    pub labels: usize,
    /// R² or accuracy.
    pub score: f64,
    /// 95 % interval.
    pub lower: f64,
    /// 95 % interval.
    pub upper: f64,
}

impl StoredRun {
    /// Opens the run in folder `path`. Files for pictures that are missing or damaged are noted, not fatal.
    ///
    /// # Errors
    /// If settings, summary or tables cannot be read.
    pub fn open(path: &Path) -> Result<Self, EvidenceError> {
        let run = Run::open(path)?;
        let mut notes = Vec::new();
        let arms = run
            .subjects()
            .map(|subject| StoredArm::open(&path.join("arms").join(&subject.plan.name), &subject, &mut notes))
            .collect();
        let yardsticks = path.join("yardsticks.json");
        let yardsticks = if yardsticks.exists() {
            read_json(&yardsticks, &mut notes).unwrap_or_default()
        } else {
            Vec::new()
        };
        let name = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let name = name.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
        let status = run.status;
        Ok(Self { name, run, arms, yardsticks, status, notes })
    }

    /// Which command and spec made it.
    pub fn provenance(&self) -> Provenance {
        let plan = &self.run.plan;
        Provenance {
            command: format!("featurescope run {}/spec.toml", self.name),
            source: format!("experiment {}, seed {}, run id {}", plan.experiment, plan.seed, self.short_id()),
        }
    }

    /// What tells it from other runs, in few digits.
    pub fn short_id(&self) -> String {
        self.run.identity.run_id().short()
    }

    /// Arms with their position, which is their colour.
    pub fn subjects(&self) -> impl Iterator<Item = ArmView<'_>> {
        self.run.subjects().zip(&self.arms).enumerate().map(|(index, (subject, stored))| ArmView {
            key: format!("arm{index}"),
            colour: Colour::Hue(index),
            subject,
            stored,
        })
    }
}

/// An arm as pictures see it.
pub struct ArmView<'a> {
    /// Its legend entry.
    pub key: String,
    /// Its colour everywhere.
    pub colour: Colour,
    /// Settings, records, neurons.
    pub subject: Subject<'a>,
    /// Its files for pictures.
    pub stored: &'a StoredArm,
}

impl<'a> ArmView<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.stored.name
    }

    /// The recorded column over steps; empty if it was not recorded.
    pub fn curve(&self, column: &str) -> Vec<[f64; 2]> {
        let records = &self.subject.arm.records;
        let values = records.column(column).unwrap_or_default();
        records.steps.iter().zip(values).map(|(&step, &value)| [step as f64, value]).collect()
    }

    /// The last defined value of a recorded column.
    pub fn last(&self, column: &str) -> Option<f64> {
        let values = self.subject.arm.records.column(column)?;
        values.last().copied().filter(|value| value.is_finite())
    }

    /// A column of the neurons at the first or last recorded step.
    pub fn neurons(&self, column: &str, at_end: bool) -> Option<&'a [f32]> {
        let values = self.subject.arm.neurons.column(column)?;
        let row = if at_end { values.rows().checked_sub(1)? } else { 0 };
        (row < values.rows()).then(|| values.row(row))
    }
}

impl StoredArm {
    fn open(folder: &Path, subject: &Subject<'_>, notes: &mut Vec<String>) -> Self {
        let mut keep = |what: String| notes.push(what);
        let path = folder.join(ALIGNMENT_FILE);
        let shape = subject.plan.shape();
        let alignment = path.exists().then(|| read_alignment_of(&path, shape)).transpose();
        let alignment = alignment.unwrap_or_else(|error| {
            keep(error.to_string());
            None
        });
        let path = folder.join(REPRESENTATION_FILE);
        // A deeper network has as many features as its last layer.
        let shape = Shape { width: subject.plan.spec.feature_count(), ..shape };
        let representation = path.exists().then(|| read_representation_of(&path, shape)).transpose();
        let representation = representation.unwrap_or_else(|error| {
            keep(error.to_string());
            None
        });
        let (atoms, probes) = (folder.join("atoms.json"), folder.join("probes.json"));
        Self {
            name: subject.plan.name.clone(),
            alignment,
            representation,
            atoms: if atoms.exists() { read_json(&atoms, notes).unwrap_or_default() } else { Vec::new() },
            scores: if probes.exists() { read_json(&probes, notes).unwrap_or_default() } else { Vec::new() },
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path, notes: &mut Vec<String>) -> Option<T> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string());
    let parsed = text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    parsed.map_err(|error| notes.push(format!("{}: {error}", path.display()))).ok()
}

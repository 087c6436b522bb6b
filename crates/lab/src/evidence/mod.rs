//! A stored run as claims see it: its settings, its records, its neurons, its checkpoints. Nothing is
//! written.

mod cache;
mod data;
mod kind;
mod moment;
mod state;
mod trial;

pub use kind::{ON_SPARSE_CODES, RunKind, Visitor};
pub use moment::Moment;
pub use state::State;
pub use trial::Trial;

use crate::identity::{Identity, Settings};
use crate::plan::data::DataFacts;
use crate::plan::prediction::population;
use crate::plan::{ArmPlan, Outline, PlanError};
use crate::run::{MANIFEST_FILE, StoredSettings, StoredSettingsError};
use crate::spec::resolve::Resolved;
use crate::spec::typed::ArmSpec;
use crate::status::{Status, StopReason};
use crate::store::{Neurons, Records, StoreError, read_tables};
use cache::Cache;
use data::{KeptData, require_memory};
use featurescope_sim::data::{DataModel, Population, SparseCodingLaw};
use featurescope_sim::measure::{LuckRule, Neuron};
use featurescope_sim::probe::{DownstreamTask, FeatureKind};
use serde::Deserialize;
use std::any::Any;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Value;

/// Why a quantity has no value in a run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Gap {
    /// A column that this run did not record.
    #[error("`{0}` was not recorded")]
    NotRecorded(String),
    /// A column without a value at that step.
    #[error("`{0}` is not defined at that step")]
    NotDefined(String),
    /// The run ended before.
    #[error("{0} was not reached")]
    NotReached(&'static str),
    /// A figure left the finite numbers.
    #[error("the arm diverged")]
    Diverged,
    /// No closed form covers these settings.
    #[error("theory has no closed form for {0} with these settings")]
    NoForm(&'static str),
    /// Something the quantity compares with is not there.
    #[error("there is no {0}")]
    Missing(String),
    /// A file or a setting that the quantity needs cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The quantity is one of sparse-coding data: of a dictionary, or of weights in its space.
    #[error("the run is not on sparse-coding data, so it has no dictionary")]
    OtherData,
    /// The masks act on coordinates of a space that the arm does without.
    #[error("reduced dynamics has no ambient space")]
    NoAmbientSpace,
    /// It would not fit into memory.
    #[error("it needs about {needed} of memory, {available} are available")]
    Memory {
        /// Bytes needed.
        needed: String,
        /// Bytes there are.
        available: String,
    },
    /// Nothing to average over.
    #[error("there are no {0}")]
    Nothing(&'static str),
}

impl Gap {
    /// Formulas with one σ² do not describe it.
    pub const UNEVEN_NOISE: Self = Self::NoForm("noise that is larger in some directions");
    /// Closed forms do not know them.
    pub const UNKNOWN_DATA: Self = Self::NoForm("data that are no sparse codes of equal atoms");
}

/// A run that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A file is missing or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its settings cannot be used.
    #[error(transparent)]
    Settings(#[from] StoredSettingsError),
    /// Its settings do not fit together.
    #[error("{}: {source}", path.display())]
    Plan {
        /// The run.
        path: PathBuf,
        /// What is wrong.
        source: PlanError,
    },
    /// A run of another kind, which says itself what is wrong with it.
    #[error("{0}")]
    OtherKind(Box<dyn std::error::Error + Send + Sync>),
    /// A file that is not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// A stored run.
pub struct Run {
    /// Its folder.
    pub path: PathBuf,
    /// What its settings say.
    pub plan: Outline,
    /// What tells it from other runs.
    pub identity: Identity,
    /// How it ended.
    pub status: Status,
    /// Its arms that have been stored.
    pub arms: Vec<Arm>,
    values: Resolved,
    data: Option<KeptData>,
    ambient: OnceCell<Result<Arc<dyn DataModel>, Gap>>,
}

/// A stored arm.
pub struct Arm {
    /// Position in the plan.
    pub index: usize,
    /// Its records.
    pub records: Records,
    /// Its neurons.
    pub neurons: Neurons,
    /// Scores of probes on its features.
    pub probes: Vec<StoredProbe>,
    /// How it ended.
    pub end: StoredEnd,
    coordinates: OnceCell<Result<Arc<dyn DataModel>, Gap>>,
    derived: [Cache; 4],
}

/// A probe score as stored.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredProbe {
    /// What was predicted.
    pub task: DownstreamTask,
    /// From which features.
    pub features: FeatureKind,
    /// From how many labels.
    pub labels: usize,
    /// R² or accuracy.
    pub score: f64,
}

/// What the summary of a run says about the end of an arm.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredEnd {
    /// T1 in steps.
    pub t1: Option<u64>,
    /// T2 in steps.
    pub t2: Option<u64>,
    /// Why it ended.
    pub stop_reason: StopReason,
}

#[derive(Deserialize)]
struct StoredSummary {
    status: Status,
    arms: HashMap<String, StoredEnd>,
}

impl Run {
    /// Opens the run in folder `path`. Nothing is drawn and nothing is built: it takes the memory of its
    /// tables.
    ///
    /// # Errors
    /// If it was written in another format version, its settings were changed since, or settings, summary or
    /// tables cannot be read.
    pub fn open(path: &Path) -> Result<Self, EvidenceError> {
        let StoredSettings { spec, identity, manifest } = StoredSettings::read(path)?;
        if manifest.is_none() {
            let problem = "there is none: this is no run directory";
            return Err(StoreError::content(&path.join(MANIFEST_FILE), problem).into());
        }
        let data = KeptData::open(path, &spec)?;
        let unfit = |source| EvidenceError::Plan { path: path.to_path_buf(), source };
        let facts = match &data {
            Some(data) => data.facts(&spec.shared)?,
            None => DataFacts::without_ambient_space(&spec.shared).map_err(unfit)?,
        };
        let plan = Outline::new(&spec, "", &facts).map_err(unfit)?;
        let summary: StoredSummary = read_json(&path.join("summary.json"))?;
        let mut arms = Vec::new();
        for (index, arm) in plan.arms.iter().enumerate() {
            if let Some(end) = summary.arms.get(&arm.name) {
                arms.push(Arm::open(path, index, arm, end.clone())?);
            }
        }
        let status = summary.status;
        let (path, ambient) = (path.to_path_buf(), OnceCell::new());
        let values = spec.values;
        Ok(Self { path, plan, identity, status, arms, values, data, ambient })
    }

    /// The data in the ambient space: M as the run kept it, or drawn again where it was too large to be kept.
    fn ambient(&self) -> Result<&Arc<dyn DataModel>, Gap> {
        let load = || self.data.as_ref().ok_or(Gap::NoAmbientSpace)?.load(&self.plan, &self.identity.files);
        self.ambient.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// Its arms, one by one.
    pub fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        self.arms.iter().map(|arm| Subject { run: self, arm, plan: &self.plan.arms[arm.index] })
    }
}

impl Arm {
    fn open(run: &Path, index: usize, plan: &ArmPlan, end: StoredEnd) -> Result<Self, EvidenceError> {
        let folder = run.join("arms").join(&plan.name);
        let probes = folder.join("probes.json");
        let (records, neurons) = read_tables(&folder, plan.shape())?;
        Ok(Self {
            index,
            records,
            neurons,
            probes: if probes.exists() { read_json(&probes)? } else { Vec::new() },
            end,
            coordinates: OnceCell::new(),
            derived: Default::default(),
        })
    }
}

fn read_text(path: &Path) -> Result<String, EvidenceError> {
    std::fs::read_to_string(path)
        .map_err(|error| EvidenceError::File { path: path.to_path_buf(), problem: error.to_string() })
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, EvidenceError> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| EvidenceError::File { path: path.to_path_buf(), problem: error.to_string() })
}

/// One arm of one run, with everything a quantity may ask for.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The run.
    pub run: &'a Run,
    /// What was stored.
    pub arm: &'a Arm,
    /// What was planned.
    pub plan: &'a ArmPlan,
}

impl<'a> Subject<'a> {
    /// Every setting of the arm but the seed and how often it was looked at.
    pub fn settings(&self) -> Settings {
        self.run.identity.settings.of_arm(&self.plan.name).without(&["seed", "measure.cadence"])
    }

    /// The settings of the arm.
    pub fn spec(&self) -> &'a ArmSpec {
        &self.plan.spec
    }

    /// The value of a setting, its default where it was not given; `None` where the arm does not use it.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.run.values.value(&self.plan.name, key)
    }

    /// The data as closed forms see it.
    ///
    /// # Errors
    /// Where closed forms do not know the data.
    pub fn population(&self) -> Result<Population, Gap> {
        population(self.law()?).ok_or(Gap::UNKNOWN_DATA)
    }

    fn law(&self) -> Result<&'a SparseCodingLaw, Gap> {
        self.run.plan.law.as_ref().ok_or(Gap::UNKNOWN_DATA)
    }

    /// σ².
    ///
    /// # Errors
    /// Where noise is larger in some directions: formulas with one σ² do not describe it.
    pub fn even_noise(&self) -> Result<f64, Gap> {
        let law = self.law()?;
        if law.direction_count == 0 { Ok(law.noise_variance) } else { Err(Gap::UNEVEN_NOISE) }
    }

    /// The data in the space that the arm's weights live in: the ambient space, or the learner's coordinates.
    pub fn space(&self) -> Result<&'a Arc<dyn DataModel>, Gap> {
        if !self.plan.is_reduced() {
            return self.run.ambient();
        }
        let build = || {
            require_memory(4.0 * self.latent_dim() * self.space_dim())?;
            self.plan.coordinates().map_err(|error| Gap::Unusable(error.to_string()))
        };
        self.arm.coordinates.get_or_init(build).as_ref().map_err(Clone::clone)
    }

    /// Dimension of the space that the arm's weights live in, at most.
    fn space_dim(&self) -> f64 {
        let known = self.law().map_or(0, SparseCodingLaw::known_dim) as f64;
        if self.plan.is_reduced() { known + self.width() as f64 } else { self.ambient_dim() }
    }

    /// An error where matrices of so many rows in the space that the arm's weights live in do not fit into
    /// memory.
    pub fn require_rows(&self, rows: f64) -> Result<(), Gap> {
        require_memory(4.0 * rows * self.space_dim())
    }

    /// An error where coordinates of the ambient space are asked for and the arm has none.
    pub fn require_ambient_space(&self) -> Result<(), Gap> {
        if self.plan.is_reduced() {
            return Err(Gap::NoAmbientSpace);
        }
        Ok(())
    }

    /// d.
    pub fn latent_dim(&self) -> f64 {
        self.run.plan.shared.latent_dim() as f64
    }

    /// d1.
    pub fn ambient_dim(&self) -> f64 {
        self.run.plan.shared.ambient_dim() as f64
    }

    /// m.
    pub fn width(&self) -> usize {
        self.plan.width()
    }

    /// σ0·√d1, the expected norm of a neuron at the start.
    pub fn initial_norm(&self) -> f64 {
        self.spec().initial_norm()
    }

    /// τ of InfoNCE.
    pub fn temperature(&self) -> Result<f64, Gap> {
        let form = self.spec().built_objective().and_then(|objective| objective.info_nce());
        form.map(|form| form.temperature).ok_or(Gap::NoForm("a loss without temperature"))
    }

    /// N.
    pub fn negatives(&self) -> usize {
        self.spec().negatives()
    }

    /// Which neurons count as lucky at the start, with thresholds that some neurons pass at this size.
    pub fn luck(&self) -> LuckRule {
        let d = self.run.plan.shared.latent_dim();
        LuckRule::per_atom(d, self.width(), self.spec().measure.potential_per_atom)
    }

    /// The recorded rows that a moment stands for.
    pub fn rows(&self, moment: Moment) -> Result<Vec<usize>, Gap> {
        let steps = &self.arm.records.steps;
        let at = |step: u64, name| {
            steps.iter().position(|&known| known == step).map(|row| vec![row]).ok_or(Gap::NotReached(name))
        };
        let last = steps.len().checked_sub(1).ok_or(Gap::Nothing("records"))?;
        match (moment, self.arm.end.stop_reason) {
            (Moment::End | Moment::Window, StopReason::Diverged) => return Err(Gap::Diverged),
            (Moment::End | Moment::Window, StopReason::Interrupted) => {
                return Err(Gap::NotReached("the last step"));
            }
            _ => {}
        }
        match moment {
            Moment::Start => at(0, "step 0"),
            Moment::T1 => at(self.arm.end.t1.ok_or(Gap::NotReached("T1"))?, "T1"),
            Moment::T2 => at(self.arm.end.t2.ok_or(Gap::NotReached("T2"))?, "T2"),
            Moment::End => Ok(vec![last]),
            Moment::Window => Ok((0..=last).filter(|&row| 2 * steps[row] >= steps[last]).collect()),
        }
    }

    /// A recorded column, the mean over the rows of the moment.
    pub fn column(&self, name: &str, moment: Moment) -> Result<f64, Gap> {
        let values = self.arm.records.column(name).ok_or_else(|| Gap::NotRecorded(name.to_owned()))?;
        let rows = self.rows(moment)?;
        let mean = rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
        if mean.is_finite() { Ok(mean) } else { Err(Gap::NotDefined(name.to_owned())) }
    }

    /// A column of the neurons at the last row of the moment, m entries.
    pub fn neurons(&self, name: &str, moment: Moment) -> Result<&'a [f32], Gap> {
        let values = self.arm.neurons.column(name).ok_or_else(|| Gap::NotRecorded(name.to_owned()))?;
        let row = *self.rows(moment)?.last().ok_or(Gap::Nothing("records"))?;
        if row < values.rows() { Ok(values.row(row)) } else { Err(Gap::NotRecorded(name.to_owned())) }
    }

    /// The neurons in the basis of the data, as they were recorded at the last row of the moment.
    pub fn recorded_neurons(&self, moment: Moment) -> Result<Vec<Neuron>, Gap> {
        let row = *self.rows(moment)?.last().ok_or(Gap::Nothing("records"))?;
        let recorded = self.arm.neurons.at(row);
        recorded.ok_or_else(|| Gap::NotRecorded("neurons in the basis of the data".to_owned()))
    }

    /// Something that takes long to work out of the arm's state at a moment: made the first time it is asked
    /// for, and kept with the run. What is kept is told apart by its type.
    pub fn derived<T: Any>(
        &self,
        moment: Moment,
        make: impl FnOnce() -> Result<T, Gap>,
    ) -> Result<&'a T, Gap> {
        self.arm.derived[place(moment)].get_or_make(make).as_ref().map_err(Clone::clone)
    }

    /// The score of the probe with the most labels.
    pub fn probe(&self, task: DownstreamTask) -> Result<f64, Gap> {
        let learned = self.arm.probes.iter().filter(|p| p.features == FeatureKind::Learned && p.task == task);
        let best = learned.max_by_key(|p| p.labels);
        best.map(|p| p.score).ok_or_else(|| Gap::Missing("probe score".to_owned()))
    }
}

/// Where the weights of a moment are kept; the window ends at the end.
fn place(moment: Moment) -> usize {
    match moment {
        Moment::Start => 0,
        Moment::T1 => 1,
        Moment::T2 => 2,
        Moment::End | Moment::Window => 3,
    }
}

#[cfg(test)]
mod tests;

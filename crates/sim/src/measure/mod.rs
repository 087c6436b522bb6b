//! What is read off a running process, never changing it: one file per measurement.
//!
//! A [`Measure`] sees a [`Reading`]: the state in the basis of the data, plus what several measurements share, computed
//! at most once per recorded step. Fresh samples come from a random stream of their own, so measuring cannot disturb
//! training, and an added measurement cannot disturb another.
//!
//! Source: docs/theory.md 7 lists what to measure; every column names its statement of the paper.
//!
//! To add a measurement: one file with a type that implements [`Measure`], and one line in the list of measurements
//! below, `file => file::Type;`. `examples/extend/measurement.rs` is such a file.

pub mod atom_energies;
pub mod prediction;
pub mod cadence;
pub mod feature_levels;
pub mod recorder;
pub mod reading;
pub mod robustness;

pub use activity::Activity;
pub use alignment::Alignment;
pub use atom_energies::AtomEnergies;
pub use bias::Bias;
pub use cadence::{CADENCES, Cadence, Every, Logarithmic};
pub use cosines::Cosines;
pub use destiny::{Destiny, LuckRule, luck};
pub use diversity::Diversity;
pub use dual::Dual;
pub use energy::Energy;
pub use feature_energy::FeatureEnergy;
pub use feature_levels::FeatureLevels;
pub use generalisation::Generalisation;
pub use growth::WeightGrowth;
pub use levels::LevelAlignment;
pub use logits::Logits;
pub use ownership::{AtomHistory, Ownership};
pub use prediction::OffDiagonal;
pub use reading::{FreshSamples, Neuron, Reading};
pub use recorder::{Record, Recorder, Values};
pub use robustness::Robustness;

use crate::data::{DataTraits, Level};
use crate::math::{ParameterError, require};
use crate::part::{Part, Slot, Slotted};
use crate::train::NoAdversary;

/// |cos| above which a neuron counts as a single atom: a singleton, N_i = {j}.
pub const SINGLETON_COSINE: f64 = 0.9;
/// |cos| above which a neuron counts as belonging to an atom.
pub const OWNER_COSINE: f64 = 0.7;
/// Share of a neuron's largest |⟨w_i, M_j⟩| from which on an atom belongs to N_i.
pub const HELD_SHARE: f64 = 0.5;

/// One recorded figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// `snake_case`, unique among the columns of its table.
    pub name: &'static str,
    /// Unit: "fraction", "cosine", "neurons", "atoms", "energy" (squared weight), "norm" (weight), "1" …
    pub unit: &'static str,
    /// One sentence: the formula, when it is not defined, and the statement it belongs to.
    pub doc: &'static str,
    /// How tables and pages show it; `None` where it stands in the records alone.
    pub shown: Option<Shown>,
}

/// How tables and pages show a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it is called in tables and over curves: "dense energy".
    pub title: &'static str,
    /// What the numbers of its axis are: "share of the energy".
    pub axis: &'static str,
    /// Which numbers its axis has.
    pub kind: AxisKind,
    /// Where it stands.
    pub place: Place,
}

/// Which numbers an axis has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKind {
    /// From 0 to 1.
    Share,
    /// From 0 on.
    Count,
    /// Whatever is measured.
    Free,
    /// Whatever is measured, by its logarithm.
    Logarithmic,
}

impl AxisKind {
    /// Where the axis starts and ends, where that does not depend on what is measured.
    pub const fn ends(self) -> [Option<f64>; 2] {
        match self {
            Self::Share => [Some(0.0), Some(1.0)],
            Self::Count => [Some(0.0), None],
            Self::Free | Self::Logarithmic => [None, None],
        }
    }
}

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In tables before the scores of probes, and among the curves.
    Headline,
    /// In tables after the stages, and among the curves.
    Detail,
    /// Among the curves alone.
    Curve,
    /// In a figure of its own subject, which asks for it by name.
    Figure,
}

impl Column {
    /// A column that stands in the records alone.
    pub const fn new(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Self { name, unit, doc, shown: None }
    }

    /// The same column, shown in tables and pages.
    #[must_use]
    pub const fn shown(self, place: Place, title: &'static str, axis: &'static str, kind: AxisKind) -> Self {
        Self { shown: Some(Shown { title, axis, kind, place }), ..self }
    }
}

/// A measurement: reads the state at every recorded step.
pub trait Measure: Send {
    /// What it writes once per recorded step.
    fn columns(&self) -> &'static [Column];

    /// What it writes once per recorded step and neuron.
    fn neuron_columns(&self) -> &'static [Column] {
        &[]
    }

    /// Reads the state. Columns left unwritten hold NaN, "not defined at this step".
    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>);

    /// What became of each atom so far, d entries, from the measurement that follows the atoms.
    fn atom_histories(&self) -> Option<&[AtomHistory]> {
        None
    }

    /// What it remembers of the steps it has read, as whole numbers; empty for a measurement that remembers nothing.
    fn memory(&self) -> Vec<i64> {
        Vec::new()
    }

    /// Takes up the memory of a process of this shape again; false, and unchanged, if it is not one of its
    /// own.
    fn recall(&mut self, memory: &[i64], _shape: Shape) -> bool {
        memory.is_empty()
    }
}

/// How many neurons and atoms a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// m, the number of neurons.
    pub width: usize,
    /// d, the number of atoms.
    pub latent_dim: usize,
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} neurons × {} atoms", self.width, self.latent_dim)
    }
}

/// An index or a step as a memory holds it: −1 is none.
fn remembered<T: TryInto<i64>>(value: Option<T>) -> i64 {
    value.and_then(|value| value.try_into().ok()).unwrap_or(-1)
}

/// What [`remembered`] has made of it; an error if that was something else, or not below `below`.
fn recalled<T: TryFrom<i64> + PartialOrd + Copy>(word: i64, below: T) -> Result<Option<T>, NotRemembered> {
    match T::try_from(word) {
        Ok(value) if value < below => Ok(Some(value)),
        Err(_) if word == -1 => Ok(None),
        _ => Err(NotRemembered),
    }
}

/// A memory that no measurement of this process has written.
struct NotRemembered;

/// What the standard measurements need to know.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureSettings {
    /// The fresh samples that firing rates and cosines are read on.
    pub samples: FreshSamples,
    /// Which neurons count as lucky for an atom.
    pub luck: LuckRule,
    /// What the data are like: some measurements make sense for some data only, and are there for these alone.
    pub data: DataTraits,
}

/// What is measured.
pub static MEASUREMENTS: Slot<Vec<Box<dyn Measure>>, MeasureSettings> = Slot::new(
    "measure.measurement",
    "What is measured at every recorded step.",
    "standard",
    &[&[
        &Part {
            kind: "standard",
            summary: "every measurement of the program",
            settings: &[],
            build: |_, settings| Ok(standard(settings)),
        },
        &Part {
            kind: "per_atom",
            summary: "every measurement of the program, and the learner's energy along each of the first 24 atoms",
            settings: &[],
            build: |_, settings| Ok(per_atom(settings)),
        },
        &Part {
            kind: "by_level",
            summary: "every measurement of the program, and the atoms of each level of a tree that features point along",
            settings: &[],
            build: |_, settings| by_level(settings),
        },
        &Part {
            kind: "robust",
            summary: "every measurement of the program, and the accuracy on binary labels with and without an attack",
            settings: robustness::SETTINGS,
            build: |given, settings| {
                let mut measures = standard(settings);
                measures.push(Box::new(Robustness::of(given, settings)?));
                Ok(measures)
            },
        },
        &Part {
            kind: "prediction",
            summary: "what per_atom measures, and the predictor of SimSiam or BYOL off its diagonal",
            settings: &[],
            build: |_, settings| Ok(prediction(settings)),
        },
    ]],
);

impl Slotted for Vec<Box<dyn Measure>> {
    type Context = MeasureSettings;

    fn slot() -> &'static Slot<Self, MeasureSettings> {
        &MEASUREMENTS
    }
}

/// Declares the modules of measurements, and [`standard`], which makes every one of them whose condition holds.
macro_rules! measurements {
    ($settings:ident: $($module:ident $(if $holds:expr)? => $made:expr;)+) => {
        $(pub mod $module;)+

        /// Every measurement of this module that makes sense for the data.
        pub fn standard($settings: &MeasureSettings) -> Vec<Box<dyn Measure>> {
            let mut measures: Vec<Box<dyn Measure>> = Vec::new();
            $(
                let conditions: &[bool] = &[$($holds)?];
                if conditions.iter().all(|holds| *holds) {
                    measures.push(Box::new($made));
                }
            )+
            measures
        }
    };
}

measurements! {
    settings:
    logits => Logits;
    energy => Energy;
    growth => WeightGrowth;
    alignment => Alignment;
    ownership => Ownership::default();
    destiny => Destiny::new(settings.luck);
    bias => Bias;
    activity => Activity::new(settings.samples);
    feature_energy => FeatureEnergy;
    cosines => Cosines::new(settings.samples);
    diversity => Diversity::new(settings.samples);
    levels if !settings.data.levels.is_empty() => LevelAlignment::new(settings.data.levels.clone());
    dual if settings.data.has_oblique_atoms => Dual;
    generalisation if settings.data.training_samples.is_some() =>
        Generalisation::new(settings.samples, &settings.data);
}

/// The same, and one column for each of the first atoms.
fn per_atom(settings: &MeasureSettings) -> Vec<Box<dyn Measure>> {
    let mut measures = standard(settings);
    measures.push(Box::new(AtomEnergies));
    measures
}

/// The same, and the atoms of each level that features point along.
fn by_level(settings: &MeasureSettings) -> Result<Vec<Box<dyn Measure>>, ParameterError> {
    let levels = &settings.data.levels;
    let accepted =
        "standard | per_atom: the atoms of these data form no tree (data.latent.kind = hierarchical)";
    require(!levels.is_empty(), "measure.measurement.kind", "by_level", accepted)?;
    let mut measures = standard(settings);
    measures.push(Box::new(FeatureLevels::new(levels.clone(), settings.samples)));
    Ok(measures)
}

/// The same, and the predictor off its diagonal.
fn prediction(settings: &MeasureSettings) -> Vec<Box<dyn Measure>> {
    let mut measures = per_atom(settings);
    measures.push(Box::new(OffDiagonal));
    measures
}

/// What every measurement of this module writes once per recorded step, in their order, for some data.
pub fn columns() -> Vec<Column> {
    nominal().iter().flat_map(|measure| measure.columns()).copied().collect()
}

/// What they write once per recorded step and neuron.
pub fn neuron_columns() -> Vec<Column> {
    nominal().iter().flat_map(|measure| measure.neuron_columns()).copied().collect()
}

/// The columns that tables and pages show.
pub fn shown() -> Vec<(Column, Shown)> {
    columns().into_iter().filter_map(|column| Some((column, column.shown?))).collect()
}

/// What tables call the column of this name; `None` where it is not shown.
pub fn title(column: &str) -> Option<&'static str> {
    shown().into_iter().find(|(found, _)| found.name == column).map(|(_, shown)| shown.title)
}

/// Every measurement, to ask what it writes: of settings only the kind of data decides it.
fn nominal() -> Vec<Box<dyn Measure>> {
    let samples = FreshSamples { seed: 0, count: 1 };
    let levels = vec![Level { span: 1, signs: vec![1.0] }; LevelAlignment::MOST_LEVELS];
    let mut measures = standard(&MeasureSettings {
        samples,
        luck: LuckRule { lucky: 0.0, potential: 0.0 },
        data: DataTraits {
            levels: levels.clone(),
            has_oblique_atoms: true,
            training_samples: Some(1),
            fresh_samples: None,
        },
    });
    measures.push(Box::new(FeatureLevels::new(levels, samples)));
    measures.push(Box::new(Robustness::new(samples, Box::new(NoAdversary))));
    measures
}

/// The mean; NaN of nothing.
fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
    sum / count as f64
}

/// Smallest and largest; NaN of nothing, and where one is NaN: a norm that has left the numbers may not be
/// passed over.
fn extent(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let either = |known: f64, value: f64, is_new: bool| if is_new || value.is_nan() { value } else { known };
    let widen = |(low, high): (f64, f64), v| (either(low, v, v < low), either(high, v, v > high));
    let mut values = values.into_iter();
    values.next().map_or((f64::NAN, f64::NAN), |first| values.fold((first, first), widen))
}

/// The share of `holds` among the items; NaN of nothing.
fn fraction(holds: impl IntoIterator<Item = bool>) -> f64 {
    mean(holds.into_iter().map(|holds| f64::from(u8::from(holds))))
}

fn count(holds: impl IntoIterator<Item = bool>) -> f64 {
    holds.into_iter().filter(|&holds| holds).count() as f64
}

/// part/whole, and 0 where the whole is 0.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests;

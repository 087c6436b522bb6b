//! What was asked for: the settings of one run on pictures, read from specs and the command line as those of
//! every other
//! run are, through the [`Catalogue`](featurescope_lab::spec::Catalogue) of this crate.

mod catalogue;
mod check;

pub use catalogue::CATALOGUE;
pub use check::SettingsError;

use crate::adversary::Adversary;
use crate::data::Pictures;
use crate::network::{Architecture, Arithmetic};
use crate::objective::Objective;
use crate::views::Augmentation;
use featurescope_lab::spec::resolve::{Resolved, ResolvedPoint, resolve};
use featurescope_lab::spec::{Choice, Layer, PartSpec, SpecError, typed};
use featurescope_sim::math::ParameterError;
use featurescope_sim::part::Slotted;
use serde::Deserialize;
use std::path::Path;

/// The table that makes a spec one on pictures.
const OWN_TABLE: [&str; 2] = ["data", "pictures"];

/// The settings of one run: every value is in range and used.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Name of the experiment, where the settings give it one.
    pub experiment: Option<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Where networks compute.
    pub device: String,
    /// The pictures.
    pub data: Data,
    /// What measures representations.
    pub probe: Probe,
    /// What is compared, by name, in the order in which it was written.
    pub arms: Vec<(String, Arm)>,
    /// Every value of the run, defaults included.
    pub values: Resolved,
    /// The settings as TOML, with every default written out: it gives the same run again.
    pub resolved: String,
}

/// Which pictures, and how many of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Where they come from.
    pub pictures: Pictures,
    /// Pictures that are trained on.
    pub train: usize,
    /// Pictures that probes are scored on.
    pub test: usize,
}

/// What measures representations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Training pictures that the linear probe is fitted on.
    pub pictures: usize,
    /// Neighbours that vote.
    pub neighbours: usize,
}

/// One way to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The network.
    pub network: Architecture,
    /// What the two views of a picture have in common.
    pub augmentation: Augmentation,
    /// Changes of the pictures that make the loss large, which the network is trained to bear.
    pub adversary: Adversary,
    /// What is minimised.
    pub objective: Objective,
    /// The descent.
    pub training: Training,
    /// What is looked at, and how often.
    pub measure: Measure,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Times that every training picture is seen.
    pub epochs: usize,
    /// Pictures of a step, ≥ 2.
    pub batch: usize,
    /// Largest learning rate; it falls to 0 along a half cosine.
    pub learning_rate: f64,
    /// Epochs over which it first rises linearly from 0.
    pub warmup: f64,
    /// Momentum of the descent, in [0, 1).
    pub momentum: f64,
    /// Pull of the weights to 0, added to their gradient; shifts and normalisation are not pulled.
    pub weight_decay: f64,
    /// How the products of layers are computed while training.
    pub arithmetic: Arithmetic,
}

/// What is measured of an arm.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Epochs between two measurements.
    pub every: usize,
    /// Features of the last layer that get a picture, per arm, and that the chroma share of units is averaged
    /// over.
    pub features: usize,
    /// Ascent steps of a feature's picture; 0 makes none.
    pub feature_steps: usize,
}

/// One of the runs that layers with lists or variants describe.
#[derive(Clone, Debug)]
pub struct Point {
    /// Name of its variant.
    pub variant: Option<String>,
    /// What was chosen from the lists, in the order in which they were typed.
    pub choices: Vec<Choice>,
    /// Its settings.
    pub settings: Settings,
}

/// What all arms share, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedTable {
    experiment: Option<String>,
    seed: u64,
    device: String,
    data: DataTable,
    probe: Probe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataTable {
    pictures: PartSpec<Pictures>,
    train: usize,
    test: usize,
}

/// An arm as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmTable {
    network: PartSpec<Architecture>,
    augmentation: PartSpec<Augmentation>,
    adversary: PartSpec<Adversary>,
    objective: PartSpec<Objective>,
    training: Training,
    measure: Measure,
}

/// Whether a spec in TOML is one on pictures: only those have the table `data.pictures`, and all of them need
/// it, for it
/// says which pictures. So no name and no marker besides is needed.
pub fn is_on_pictures(spec: &str) -> bool {
    let Ok(table) = spec.parse::<toml::Table>() else { return false };
    let [outer, inner] = OWN_TABLE;
    table.get(outer).and_then(|data| data.get(inner)).is_some_and(toml::Value::is_table)
}

impl Settings {
    /// Reads specs in TOML laid over each other and `key=value` arguments over them; paths start at the
    /// working directory.
    ///
    /// # Errors
    /// Those of [`Settings::all_from_layers`], and if they describe several runs.
    pub fn from_texts(specs: &[&str], overrides: &[String]) -> Result<Self, SettingsError> {
        let specs = specs.iter().map(|spec| CATALOGUE.parse(spec, "spec", Path::new("")));
        let layers = specs.chain([CATALOGUE.overrides(overrides)]).collect::<Result<Vec<_>, _>>()?;
        let mut points = Self::all_from_layers(&layers)?;
        match (points.pop(), points.len()) {
            (Some(point), 0) => Ok(point.settings),
            (_, others) => Err(SpecError::SeveralRuns { count: others + 1 }.into()),
        }
    }

    /// Every run that layers of [`CATALOGUE`] describe, the first layer lowest: one, unless they hold lists
    /// or variants.
    ///
    /// # Errors
    /// If a key is not known, not used or missing, a value is out of its range, or values do not fit together.
    pub fn all_from_layers(layers: &[Layer]) -> Result<Vec<Point>, SettingsError> {
        let point = |point: ResolvedPoint| {
            let settings = Self::new(point.resolved)?;
            Ok(Point { variant: point.variant, choices: point.choices, settings })
        };
        resolve(layers)?.into_iter().map(point).collect()
    }

    fn new(values: Resolved) -> Result<Self, SettingsError> {
        let SharedTable { experiment, seed, device, data, probe } = typed("the run", &values.shared)?;
        let pictures = built("the run", &data.pictures)?;
        let data = Data { pictures, train: data.train, test: data.test };
        let arms = values.arms.iter().map(|(name, own)| {
            let table: ArmTable = typed(&format!("arm {name}"), own)?;
            Ok((name.clone(), Arm::new(&format!("arm {name}"), &table)?))
        });
        let arms = arms.collect::<Result<_, SettingsError>>()?;
        let resolved = values.to_toml().map_err(|error| SpecError::Inconsistent {
            part: "the run".to_owned(),
            message: error.to_string(),
        })?;
        let settings = Self { experiment, seed, device, data, probe, arms, values, resolved };
        settings.check()?;
        Ok(settings)
    }

    /// The arm of this name.
    pub fn arm(&self, name: &str) -> Option<&Arm> {
        self.arms.iter().find(|(known, _)| known == name).map(|(_, arm)| arm)
    }
}

impl Arm {
    fn new(part: &str, table: &ArmTable) -> Result<Self, SettingsError> {
        Ok(Self {
            network: built(part, &table.network)?,
            augmentation: built(part, &table.augmentation)?,
            adversary: built(part, &table.adversary)?,
            objective: built(part, &table.objective)?,
            training: table.training.clone(),
            measure: table.measure.clone(),
        })
    }
}

fn built<B: Slotted<Context = ()>>(place: &str, part: &PartSpec<B>) -> Result<B, SettingsError> {
    part.build(&()).map_err(|source: ParameterError| SettingsError::Part { place: place.to_owned(), source })
}

#[cfg(test)]
mod tests;

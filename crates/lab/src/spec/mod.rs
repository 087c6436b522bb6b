//! What was typed: settings from a TOML file and from the command line, checked one by one.
//!
//! Reading happens in two stages. Here every setting is checked against the [list of settings](registry): its name,
//! its type and range, whether anything uses it; then defaults are filled in. What a whole run needs to be sound
//! (sizes that fit together, memory) is checked by the [plan](crate::plan).
//!
//! ```toml
//! seed = 1
//! [data]
//! latent_dim = 64
//! ambient_dim = 1024
//! # … settings of all arms …
//! [arms.random_mask]
//! [arms.none]
//! augmentation.kind = "none"
//! ```
//!
//! A list stands for several runs, one per value, and `[[variants]]` for settings that change together:
//!
//! ```toml
//! seed = [1, 2, 3]
//! [[variants]]
//! name = "small"
//! data.latent_dim = 32
//! [[variants]]
//! name = "large"
//! only = ["random_mask"]   # the arms that this variant runs
//! data = { latent_dim = 128, ambient_dim = 2048 }
//! ```

pub mod setting;
pub mod catalogue;
pub mod registry;
pub mod error;
mod leaf;
mod argument;
pub mod values;
mod reader;
pub mod layer;
pub mod resolve;
pub mod typed;
mod part;
pub mod renamed;

pub use catalogue::Catalogue;
pub use error::SpecError;
pub use layer::Layer;
pub use part::PartSpec;

pub use resolve::Choice;

use resolve::{Resolved, ResolvedPoint};
use serde::de::DeserializeOwned;
use typed::{ArmSpec, SharedSpec};
use values::Values;

/// A complete and consistent spec: every value is in range and used.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// What all arms share.
    pub shared: SharedSpec,
    /// The arms by name, in the order in which they were written.
    pub arms: Vec<(String, ArmSpec)>,
    /// Every value of the run, defaults included, by arm: only what the arm uses.
    pub values: Resolved,
    /// The spec as TOML, with every default written out: it gives the same run again.
    pub resolved: String,
    /// The settings that are not at their defaults, without the name of the experiment: what its
    /// [identity](crate::identity) is made of. A setting that is new in the program does not change them.
    pub chosen: Vec<Chosen>,
}

/// A setting that is not at its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Its full key; that of an arm stands for the arm itself.
    pub key: String,
    /// Its value in the one form in which its kind is accepted.
    pub value: toml::Value,
    /// Whether it is the path of a file.
    pub is_file: bool,
}

/// One of the runs that layers with lists or variants describe.
#[derive(Clone, Debug)]
pub struct Point {
    /// Name of its variant.
    pub variant: Option<String>,
    /// What was chosen from the lists, in the order in which they were typed.
    pub choices: Vec<Choice>,
    /// Its settings.
    pub spec: Spec,
}

impl Spec {
    /// Joins layers, the first one being the experiment's file, later ones overriding it.
    ///
    /// # Errors
    /// Also if they describe several runs.
    pub fn from_layers(layers: &[Layer]) -> Result<Self, SpecError> {
        let mut points = Self::all_from_layers(layers)?;
        match (points.pop(), points.len()) {
            (Some(point), 0) => Ok(point.spec),
            (_, others) => Err(SpecError::SeveralRuns { count: others + 1 }),
        }
    }

    /// Every run that the layers describe: one, unless they hold lists or variants.
    pub fn all_from_layers(layers: &[Layer]) -> Result<Vec<Point>, SpecError> {
        let points = resolve::resolve(layers)?.into_iter();
        let point = |point: ResolvedPoint| {
            Ok(Point { variant: point.variant, choices: point.choices, spec: Self::new(point.resolved)? })
        };
        points.map(point).collect()
    }

    fn new(values: Resolved) -> Result<Self, SpecError> {
        let shared = typed("the run", &values.shared)?;
        let arms = (values.arms.iter())
            .map(|(name, own)| Ok((name.clone(), typed(&format!("arm {name}"), own)?)))
            .collect::<Result<_, SpecError>>()?;
        let inconsistent = |e: toml::ser::Error| SpecError::Inconsistent {
            part: "the run".to_owned(),
            message: e.to_string(),
        };
        let chosen = values.without_defaults().entries();
        let resolved = values.to_toml().map_err(inconsistent)?;
        Ok(Self { shared, arms, values, resolved, chosen })
    }
}

/// Values as the struct that has a field for each of them; `part` names them in messages.
///
/// # Errors
/// If they do not fit: the list of settings and the struct have to name the same.
pub fn typed<T: DeserializeOwned>(part: &str, values: &Values) -> Result<T, SpecError> {
    toml::Value::Table(values.to_table()).try_into().map_err(|e: toml::de::Error| SpecError::Inconsistent {
        part: part.to_owned(),
        message: e.to_string(),
    })
}

#[cfg(test)]
mod tests;

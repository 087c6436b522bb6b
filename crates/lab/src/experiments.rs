//! The experiments that come with the program, embedded so that it works anywhere: those of papers, and what belongs
//! to none in `experiments/`.
//!
//! To add one: its folder with README.md, experiment.toml and smoke.toml, and its name in the list of its paper, or
//! below.

use crate::spec::{Layer, SpecError};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

/// A shipped experiment.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Whether its runs are there to judge a paper's statements by.
    pub is_judged: bool,
    /// Its name.
    pub name: &'static str,
    /// The question, what to expect, how long it takes; Markdown.
    pub readme: &'static str,
    /// Its settings.
    pub spec: &'static str,
    /// Settings that make it small enough for a few seconds, to be laid over `spec`.
    pub smoke: &'static str,
}

/// Embeds experiments: the folder that holds their folders, relative to the file that asks, and the name of each with
/// whether it is judged.
#[macro_export]
macro_rules! experiments {
    ($folder:literal: $($name:literal $is_judged:literal),* $(,)?) => {
        &[$($crate::experiments::Experiment {
            name: $name,
            is_judged: $is_judged,
            readme: include_str!(concat!($folder, $name, "/README.md")),
            spec: include_str!(concat!($folder, $name, "/experiment.toml")),
            smoke: include_str!(concat!($folder, $name, "/smoke.toml")),
        }),*]
    };
}

/// Those of no paper.
const OWN: &[Experiment] = experiments!["../../../experiments/": "smoke" false];

/// Those that were added.
static ADDED: RwLock<Vec<&'static Experiment>> = RwLock::new(Vec::new());

/// Adds experiments, for the rest of the process; one whose name is there already is left out.
pub fn add(experiments: &'static [Experiment]) {
    let new = unknown(&all(), experiments);
    ADDED.write().unwrap_or_else(PoisonError::into_inner).extend(new);
}

/// Those of `experiments` whose names are new.
fn unknown(known: &[&Experiment], experiments: &'static [Experiment]) -> Vec<&'static Experiment> {
    let is_new = |experiment: &&Experiment| known.iter().all(|other| other.name != experiment.name);
    experiments.iter().filter(is_new).collect()
}

/// All of them: those that were added, and those of no paper.
pub fn all() -> Vec<&'static Experiment> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    added.iter().copied().chain(OWN).collect()
}

impl Experiment {
    /// The experiment of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        all().into_iter().find(|experiment| experiment.name == name)
    }

    /// Its question: the title of its README.
    pub fn question(&self) -> &'static str {
        self.readme.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }

    /// Its settings as layers, small enough for a few seconds if `smoke`.
    pub fn layers(&self, smoke: bool) -> Result<Vec<Layer>, SpecError> {
        let layer = |text, file: &str| {
            Layer::parse(text, &format!("experiments/{}/{file}", self.name), Path::new(""))
        };
        let mut layers = vec![layer(self.spec, "experiment.toml")?];
        if smoke {
            layers.push(layer(self.smoke, "smoke.toml")?);
        }
        Ok(layers)
    }
}

/// The settings behind `typed`, the name of a shipped experiment or the path of a spec, and the name of the
/// experiment; `None` where it is neither. Small enough for a few seconds if `smoke`.
///
/// # Errors
/// If the spec cannot be read.
pub fn find_or_read(typed: &str, smoke: bool) -> Result<Option<(Vec<Layer>, String)>, SpecError> {
    if let Some(shipped) = Experiment::find(typed) {
        return Ok(Some((shipped.layers(smoke)?, shipped.name.to_owned())));
    }
    let path = Path::new(typed);
    let looks_like_a_file = path.is_file() || path.extension().is_some() || path.components().count() > 1;
    if !looks_like_a_file {
        return Ok(None);
    }
    let mut layers = vec![Layer::read(path)?];
    if smoke {
        layers.push(Layer::read(&path.with_file_name("smoke.toml"))?);
    }
    Ok(Some((layers, name_of(path))))
}

/// The file's name, or its folder's where files are called the same in every folder.
pub fn name_of(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match stem(path).as_deref() {
        Some("experiment" | "spec") => path.parent().and_then(stem),
        other => other.map(ToOwned::to_owned),
    }
    .unwrap_or_else(|| "run".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_the_experiment_that_had_it_first() {
        const ADDED: &[Experiment] = &[
            Experiment { name: "smoke", is_judged: true, readme: "", spec: "", smoke: "" },
            Experiment { name: "added", is_judged: true, readme: "# Why?\n", spec: "", smoke: "" },
        ];
        let found = unknown(&all(), ADDED);
        assert_eq!(found.iter().map(|experiment| experiment.question()).collect::<Vec<_>>(), ["Why?"]);
    }
}

//! The experiments that come with the program: one folder each under `experiments/`, embedded so that the program
//! works anywhere.
//!
//! To add one: its folder with README.md, experiment.toml and smoke.toml, and its name in the list below.

use std::path::Path;

use crate::spec::{Layer, SpecError};

/// A shipped experiment.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Its name.
    pub name: &'static str,
    /// The question, what to expect, how long it takes; Markdown.
    pub readme: &'static str,
    /// Its settings.
    pub spec: &'static str,
    /// Settings that make it small enough for a few seconds, to be laid over `spec`.
    pub smoke: &'static str,
}

macro_rules! experiments {
    ($($name:literal),*) => {
        &[$(Experiment {
            name: $name,
            readme: include_str!(concat!("../../../experiments/", $name, "/README.md")),
            spec: include_str!(concat!("../../../experiments/", $name, "/experiment.toml")),
            smoke: include_str!(concat!("../../../experiments/", $name, "/smoke.toml")),
        }),*]
    };
}

/// All of them.
pub const EXPERIMENTS: &[Experiment] = experiments![
    "paper",
    "where-it-matters",
    "where-it-matters-64",
    "robustness",
    "theorems",
    "theorems-low-noise",
    "confirmation",
    "smoke",
    "decoupling",
    "supervised",
    "trained-bias",
    "mask-strength",
    "ambient-limit",
    "square-ambient",
    "counterfactuals"
];

impl Experiment {
    /// The experiment of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        EXPERIMENTS.iter().find(|experiment| experiment.name == name)
    }

    /// Its question: the title of its README.
    pub fn question(&self) -> &'static str {
        self.readme.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }

    /// Whether its runs are there to judge the paper's statements by.
    pub fn is_judged(&self) -> bool {
        matches!(self.name, "theorems" | "theorems-low-noise" | "confirmation")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use crate::sweep::SweepPlan;

    #[test]
    fn every_experiment_can_be_planned_in_both_sizes_and_asks_something() {
        for experiment in EXPERIMENTS {
            for smoke in [false, true] {
                let points = Spec::all_from_layers(&experiment.layers(smoke).unwrap()).unwrap();
                let plan = SweepPlan::new(points, experiment.name);
                assert!(plan.is_ok(), "{}: {}", experiment.name, plan.unwrap_err());
            }
            assert!(experiment.question().ends_with('?'), "{}", experiment.question());
        }
    }

    #[test]
    fn every_folder_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
        let mut found = 0;
        for folder in std::fs::read_dir(root).unwrap() {
            let name = folder.unwrap().file_name().into_string().unwrap();
            // Those on pictures are embedded by their own crate.
            if name.starts_with("images-") {
                continue;
            }
            assert!(Experiment::find(&name).is_some(), "experiments/{name} is not in the list");
            found += 1;
        }
        assert_eq!(found, EXPERIMENTS.len(), "every experiment has its folder");
    }
}

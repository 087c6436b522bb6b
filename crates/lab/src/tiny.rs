//! The smallest run that has everything, for tests: two stages cannot be expected of it.

use crate::experiments::Experiment;
use crate::plan::{Plan, PlanError};
use crate::spec::{Layer, Spec};
use std::path::Path;

const SETTINGS: &[&str] = &[
    "data.ambient_dim=64",
    "network.width=12",
    "batch.anchors=16",
    "batch.negatives=8",
    "training.steps=6",
    "measure.cadence.steps=2",
    "measure.samples=16",
    "probe.labels=[]",
];

/// Its plan, under settings that were typed in several places, later ones over earlier ones.
pub(crate) fn plan(typed: &[&[String]]) -> Result<Plan, PlanError> {
    let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let own: Vec<String> = SETTINGS.iter().map(ToString::to_string).collect();
    for typed in std::iter::once(&own[..]).chain(typed.iter().copied()) {
        layers.push(Layer::overrides(typed)?);
    }
    Plan::new(&Spec::from_layers(&layers)?, "tiny")
}

/// Every experiment of the tree, small: its name and its layers.
pub(crate) fn experiments() -> Vec<(String, Vec<Layer>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = |path: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let mut found = vec![("smoke".to_owned(), Experiment::find("smoke").unwrap().layers(true).unwrap())];
    for paper in folders(&root.join("theories")) {
        for folder in folders(&paper.join("experiments")) {
            let layers =
                ["experiment.toml", "smoke.toml"].map(|file| Layer::read(&folder.join(file)).unwrap());
            found.push((folder.display().to_string(), layers.to_vec()));
        }
    }
    found
}

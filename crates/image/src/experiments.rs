//! The experiments on pictures that come with the program: a folder each under `experiments/`, embedded.

pub use featurescope_lab::experiments::Experiment;

use crate::settings::CATALOGUE;
use featurescope_lab::spec::{Layer, SpecError};
use std::path::Path;

/// All of them.
pub const EXPERIMENTS: &[Experiment] = featurescope_lab::experiments![
    "../../../experiments/": "images-synthetic" false, "images-cifar10" false, "images-patches" false
];

/// The settings of an experiment as layers, small enough for a few seconds if `smoke`.
///
/// # Errors
/// If its files hold something else than settings: the tests see to it that they do not.
pub fn layers(experiment: &Experiment, smoke: bool) -> Result<Vec<Layer>, SpecError> {
    let layer = |text, file: &str| {
        CATALOGUE.parse(text, &format!("experiments/{}/{file}", experiment.name), Path::new(""))
    };
    let mut layers = vec![layer(experiment.spec, "experiment.toml")?];
    if smoke {
        layers.push(layer(experiment.smoke, "smoke.toml")?);
    }
    Ok(layers)
}

/// The experiment of this name.
pub fn find(name: &str) -> Option<&'static Experiment> {
    EXPERIMENTS.iter().find(|experiment| experiment.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, is_on_pictures};

    #[test]
    fn every_folder_is_embedded() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments");
        for folder in std::fs::read_dir(root).unwrap() {
            let name = folder.unwrap().file_name().into_string().unwrap();
            assert!(
                !name.starts_with("images-") || find(&name).is_some(),
                "experiments/{name} is not in the list"
            );
        }
    }

    #[test]
    fn every_experiment_can_be_read_in_both_sizes() {
        for experiment in EXPERIMENTS {
            for smoke in [false, true] {
                let mut layers = layers(experiment, smoke).unwrap();
                if experiment.name == "images-cifar10" {
                    // It is read from wherever it lies.
                    layers.push(CATALOGUE.overrides(&["data.pictures.path=cifar10".to_owned()]).unwrap());
                }
                let read = Settings::all_from_layers(&layers);
                assert!(read.is_ok(), "{}: {:?}", experiment.name, read.err());
                assert!(is_on_pictures(experiment.spec), "{}", experiment.name);
            }
        }
    }
}

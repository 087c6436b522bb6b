//! The experiments on pictures that come with the program: a folder each under `experiments/`, embedded.

pub use featurescope_lab::experiments::Experiment;

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
pub const EXPERIMENTS: &[Experiment] = experiments!["images-synthetic", "images-cifar10", "images-patches"];

/// The experiment of this name.
pub fn find(name: &str) -> Option<&'static Experiment> {
    EXPERIMENTS.iter().find(|experiment| experiment.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

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
            for layers in [&[experiment.spec][..], &[experiment.spec, experiment.smoke]] {
                // CIFAR-10 is read from wherever it lies.
                let is_stored = experiment.name == "images-cifar10";
                let pictures: Vec<String> =
                    is_stored.then(|| "data.path=cifar10".to_owned()).into_iter().collect();
                let read = Settings::from_texts(layers, &pictures);
                assert!(read.is_ok(), "{}: {:?}", experiment.name, read.err());
            }
        }
    }
}

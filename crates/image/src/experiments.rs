//! The experiments on pictures that come with the program: a folder each under `experiments/`, embedded.

pub use featurescope_lab::experiments::Experiment;

/// All of them.
pub const EXPERIMENTS: &[Experiment] = featurescope_lab::experiments![
    "../../../experiments/": "images-synthetic" false, "images-cifar10" false, "images-patches" false
];

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

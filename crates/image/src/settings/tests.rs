use super::*;
use crate::experiments::{EXPERIMENTS, layers};

const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

/// The settings with one seed, and these over them.
fn read(overrides: &[&str]) -> Result<Settings, SettingsError> {
    let overrides: Vec<String> = ["seed=4"].iter().chain(overrides).map(|&text| text.to_owned()).collect();
    Settings::from_texts(&[SPEC], &overrides)
}

#[test]
fn arms_stay_in_order_and_have_their_own_parts() {
    let settings = read(&["arms.full.augmentation.strength=0.5"]).unwrap();
    let names: Vec<&str> = settings.arms.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["none", "crop", "full", "mask", "supervised"]);
    let full = settings.arm("full").unwrap();
    assert_eq!(full.augmentation, Augmentation::Full { strength: 0.5, blur: 0.0 });
    assert!(!full.objective.is_supervised());
    assert_eq!(settings.arm("supervised").unwrap().objective, Objective::CrossEntropy);
    assert_eq!((settings.seed, settings.device.as_str()), (4, "cpu"));
}

/// What is stored gives the same run again.
#[test]
fn the_resolved_settings_are_the_settings() {
    for experiment in EXPERIMENTS {
        for smoke in [false, true] {
            let mut layers = layers(experiment, smoke).unwrap();
            let path =
                (experiment.name == "images-cifar10").then(|| "data.pictures.path=/pictures".to_owned());
            layers.push(CATALOGUE.overrides(&path.into_iter().collect::<Vec<_>>()).unwrap());
            for point in Settings::all_from_layers(&layers).unwrap() {
                let again = Settings::from_texts(&[&point.settings.resolved], &[]).unwrap();
                assert_eq!(again, point.settings);
                assert!(is_on_pictures(&point.settings.resolved));
            }
        }
    }
    assert!(
        !is_on_pictures("seed = 1") && !is_on_pictures("[data]\nlatent_dim = 64") && !is_on_pictures("]")
    );
}

/// Every entry of the list has its field, and every field its entry: a struct refuses a key that it does not know, and
/// asks for one that it does.
#[test]
fn the_list_and_the_structs_name_the_same() {
    for setting in CATALOGUE.settings() {
        assert!(CATALOGUE.find(setting.key).is_some() && !setting.doc.is_empty(), "{}", setting.key);
    }
    for kind in ["alexnet", "wide_resnet", "patches"] {
        let settings = read(&[&format!("network.kind={kind}"), "experiment=mine"]).unwrap();
        assert_eq!(settings.experiment.as_deref(), Some("mine"));
    }
    for kind in ["nt_xent", "info_nce", "simsiam", "cross_entropy"] {
        assert!(read(&[&format!("objective.kind={kind}")]).is_ok(), "{kind}");
    }
    for kind in ["none", "crop", "full", "mask"] {
        assert_eq!(
            read(&[&format!("augmentation.kind={kind}")]).unwrap().arms[0].1.augmentation.kind(),
            kind
        );
    }
}

/// A run changes nothing but its seed in a list of seeds.
#[test]
fn a_list_of_seeds_makes_a_sweep() {
    let points = Settings::all_from_layers(&[CATALOGUE.parse(SPEC, "spec", Path::new("")).unwrap()]).unwrap();
    let seeds: Vec<u64> = points.iter().map(|point| point.settings.seed).collect();
    assert_eq!(seeds, [1, 2, 3]);
    assert!(points.iter().all(|point| point.settings.arms == points[0].settings.arms));
}

#[test]
fn what_cannot_be_used_is_named() {
    for (text, words) in [
        ("training.epoch=3", "did you mean `training.epochs`?"),
        ("training.epochs=0", "training.epochs = 0 (command line) cannot be used"),
        ("training.momentum=1.0", "training.momentum = 1"),
        ("network.kernel=4", "network.kernel = 4 cannot be used: an odd number up to 15"),
        ("augmentation.kind=blurred", "none | crop | full | mask | random_mask"),
        ("arms.crop.augmentation.blur=0.5", "it is used only with augmentation.kind = full"),
        ("arms.none.augmentation.strength=0.5", "would change nothing"),
        ("arms.full.augmentation.patch=2", "it is used only with augmentation.kind = mask"),
        ("arms.mask.adversary.radius=0.1", "it is used only with adversary.kind = projected_gradient"),
        ("arms.mask.data.train=100", "all arms of a run see the same data"),
        ("arms.supervised.objective.temperature=0.1", "it is used only with objective.kind"),
        ("training.learning_rate=1e39", "training.learning_rate"),
        ("objective.temperature=0", "objective.temperature = 0"),
        ("training.momentum=0.99999999999", "below 1 in single precision"),
        ("arms.full.augmentation.strength=-1", "arms.full.augmentation.strength = -1"),
        ("training.arithmetic=half", "single | mixed"),
        ("probe.pictures=100000", "probe.pictures = 100000 cannot be used: expected at most data.train"),
        ("training.batch=100000", "training.batch = 100000 cannot be used: expected at most data.train"),
        ("arms.mask.augmentation.kind=random_mask", "which network.kind = \"patches\" has"),
        ("arms.new.augmentation.kind=none", "there is no arm `new`"),
        ("device=abacus", "cpu | wgpu"),
        ("training", "is not of the form key=value"),
        ("data.pictures.path=/x", "it is used only with data.pictures.kind = stored"),
    ] {
        let error = read(&[text]).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let simsiam = read(&["network.kind=patches", "objective.kind=simsiam"]).unwrap_err().to_string();
    assert!(simsiam.contains("no predictor"), "{simsiam}");
    let depth = read(&["network={ kind = 'wide_resnet', depth = 11 }"]).unwrap_err().to_string();
    assert!(depth.contains("network.depth = 11"), "{depth}");
}

/// Words of earlier versions get a sentence, and what it names is there.
#[test]
fn former_words_are_told_what_to_write_instead() {
    let is_known = |key: &str| CATALOGUE.find(key).is_some() || CATALOGUE.is_table(key);
    for (then, now) in CATALOGUE.renamed.keys {
        assert!(is_known(now) && !is_known(then), "{then}, {now}");
    }
    for (text, words) in [
        ("seeds=[1]", "`seeds` (command line) has another name now: `seed`"),
        (
            "arms.full.views=crop",
            "`arms.full.views` (command line) has another name now: `arms.full.augmentation.kind`",
        ),
        ("training.objective.temperature=1", "now: `objective.temperature`"),
        ("data.path=/x", "now: `data.pictures.path`"),
        ("objective.stop_gradient=candidates", "now: objective.stop_gradient = \"targets\""),
    ] {
        let error = read(&[text]).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

/// What a later layer makes useless goes without a word; only what was typed there is refused.
#[test]
fn a_setting_of_an_earlier_layer_that_became_useless_is_dropped() {
    let settings = read(&["arms.crop.augmentation.kind=mask", "network.kind=patches"]).unwrap();
    let crop = settings.arm("crop").unwrap();
    assert_eq!(crop.augmentation, Augmentation::Mask { keep_rate: 0.5, patch: 4 });
    assert_eq!(crop.network, Architecture::Patches { neurons: 128, patch: 8 });
    // The pictures that are named describe themselves.
    let stored = read(&["data.pictures.kind=stored", "data.pictures.path=/pictures"]).unwrap();
    assert_eq!(stored.data.pictures, Pictures::Stored("/pictures".into()));
}

#[test]
fn a_path_is_taken_as_it_was_typed_and_made_absolute() {
    for text in ["2026-09-30", "007", "1e5", "true", "a b"] {
        let settings = read(&["data.pictures.kind=stored", &format!("data.pictures.path={text}")]).unwrap();
        let expected = std::path::absolute(text).unwrap();
        assert_eq!(settings.data.pictures, Pictures::Stored(expected), "{text}");
    }
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let told = Settings::from_texts(&["[data.pictures]\nkind = \"stored\""], &[]).unwrap_err().to_string();
    for key in [
        "data.pictures.path",
        "data.train",
        "data.test",
        "probe.pictures",
        "training.epochs",
        "training.batch",
    ] {
        assert!(told.contains(&format!("{key} must be given")), "{key}: {told}");
    }
}

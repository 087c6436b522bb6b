use super::*;
use std::path::Path;
use toml::{Table, Value};

const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

fn read(overrides: &[&str]) -> Result<Settings, SettingsError> {
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Settings::from_texts(&[SPEC], &overrides)
}

#[test]
fn arms_stay_in_order_and_settings_survive_json() {
    let settings = read(&["seeds=[4]", "arms.half.views=full", "arms.half.strength=0.5"]).unwrap();
    let names: Vec<&str> = settings.arms.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["none", "crop", "full", "mask", "supervised", "half"]);
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
}

#[test]
fn another_kind_replaces_the_keys_of_the_old_one() {
    let settings =
        read(&["network={ kind = 'wide_resnet', depth = 10, width = 1, projection = 8 }"]).unwrap();
    assert_eq!(settings.network, Network::WideResNet { depth: 10, width: 1, projection: 8 });
    let settings =
        read(&["network.kind=wide_resnet", "network.depth=10", "network.width=2", "network.projection=8"])
            .unwrap();
    assert_eq!(settings.network, Network::WideResNet { depth: 10, width: 2, projection: 8 });
}

#[test]
fn what_cannot_be_used_is_named() {
    for (text, words) in [
        ("training.epoch=3", "epoch"),
        ("training.epochs=0", "training.epochs = 0"),
        ("training.momentum=1.0", "training.momentum = 1"),
        ("network.kernel=4", "network.kernel = 4"),
        ("arms.full.views=blurred", "blurred"),
        (
            "arms.crop.blur=0.5",
            "arms.crop.blur = 0.5 would change nothing: it is used where arms.crop.views is \"full\"",
        ),
        ("arms.none.strength=0.5", "arms.none.views is \"crop\" or \"full\""),
        ("arms.mask.strength=0.5", "arms.mask.strength = 0.5 would change nothing"),
        ("arms.full.patch=2", "arms.full.patch = 2 would change nothing"),
        ("seeds=[-1]", "seeds = -1: expected 0 to 9223372036854775807"),
        ("training.learning_rate=1e39", "1.2e-38 to 3.4e38"),
        ("training.objective.temperature=1e-40", "1.2e-38 to 3.4e38"),
        ("training.momentum=0.99999999999", "training.momentum"),
        ("training.warmup=inf", "training.warmup"),
        ("training.weight_decay=1e39", "training.weight_decay"),
        ("arms.new.strength=0.5", "settings are missing: arms.new.views"),
        ("arms.full.strength=-1", "arms.full.strength = -1"),
        ("training.arithmetic=half", "half"),
        ("training.objective.temperature=0", "training.objective.temperature = 0"),
        ("seeds=[1, 1]", "seeds = [1, 1]"),
        ("training", "expected key=value"),
        ("measure.probe=100000", "measure.probe = 100000"),
    ] {
        let error = read(&[text]).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

/// Overrides of one command line, in any order, mean the same; none of them is lost.
#[test]
fn the_order_of_overrides_does_not_matter() {
    let objective = "training.objective={ kind = 'info_nce', similarity = 'cosine', stop_gradient = 'none' }";
    let (temperature, views) = ("training.objective.temperature=0.7", "arms.crop.views=mask");
    let keep = "arms.crop.keep_rate=0.25";
    let all = [objective, temperature, views, keep];
    let expected = read(&all).unwrap();
    assert_eq!(expected.arms.0[1].1.views, Views::Mask { keep_rate: 0.25, patch: 4 });
    assert!(matches!(expected.training.objective, Objective::InfoNce { temperature: 0.7, .. }));
    for rotation in 1..all.len() {
        let mut turned = all;
        turned.rotate_left(rotation);
        assert_eq!(read(&turned).unwrap(), expected);
        turned.reverse();
        assert_eq!(read(&turned).unwrap(), expected);
    }
    for twice in [
        ["training.epochs=3", "training.epochs=4"],
        ["network={ kind = 'patches', neurons = 3, patch = 4 }", "network.patch=8"],
        ["seeds=[1]", "seeds.x=2"],
    ] {
        for pair in [twice, [twice[1], twice[0]]] {
            let error = read(&pair).unwrap_err();
            assert!(matches!(error, SettingsError::Twice { .. }), "{pair:?}: {error}");
        }
    }
}

/// What a later layer makes useless goes without a word; only what was typed there is refused.
#[test]
fn a_setting_of_an_earlier_layer_that_became_useless_is_dropped() {
    let settings = read(&["arms.crop.views=mask", "network={ kind = 'patches', neurons = 8, patch = 8 }"]);
    let settings = settings.unwrap();
    let stored = serde_json::to_value(&settings).unwrap();
    assert_eq!(stored["arms"]["crop"].get("strength"), None);
    assert_eq!(stored["arms"]["none"], serde_json::json!({ "views": "none" }));
    // The pictures that `--data` names describe themselves.
    let layers = [Layer::parse(SPEC, Path::new("")), Layer::overrides(&[], Some(Path::new("/pictures")))];
    let settings = Settings::from_layers(&layers.map(Result::unwrap)).unwrap();
    assert_eq!(settings.data.pictures, Pictures::Stored("/pictures".into()));
    for (arguments, words) in [
        (["data.path=/x", "data.size=16"], "data.size = 16 would change nothing"),
        (["measure.feature_steps=0", "measure.features=3"], "measure.features = 3 would change nothing"),
        (
            ["network={ kind = 'patches', neurons = 8, patch = 8 }", "arms.mask.patch=2"],
            "arms.mask.patch = 2",
        ),
    ] {
        let error = read(&arguments).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_path_is_taken_as_it_was_typed_and_made_absolute() {
    for text in ["2026-09-30", "007", "1e5", "true", "a b", "[x]"] {
        let settings = read(&[&format!("data.path={text}")]).unwrap();
        let expected = std::path::absolute(text).unwrap();
        assert_eq!(settings.data.pictures, Pictures::Stored(expected), "{text}");
    }
    let layer = Layer::parse("data.path = \"pictures\"", Path::new("/specs")).unwrap();
    let settings = Settings::from_layers(&[Layer::parse(SPEC, Path::new("")).unwrap(), layer]).unwrap();
    assert_eq!(settings.data.pictures, Pictures::Stored("/specs/pictures".into()));
}

/// Takes every value of every shipped experiment away, one at a time: what is needed is asked for by its
/// whole name, and everything that is missing at once.
#[test]
fn every_missing_setting_is_named() {
    fn leaves(table: &Table, place: &str) -> Vec<String> {
        let name = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        let inside = table.iter().map(|(key, value)| match value {
            Value::Table(inner) => leaves(inner, &name(key)),
            _ => vec![name(key)],
        });
        inside.flatten().collect()
    }
    fn without(table: &Table, key: &str) -> Table {
        let mut table = table.clone();
        match key.split_once('.') {
            None => drop(table.remove(key)),
            Some((head, rest)) => {
                let inner = without(table[head].as_table().unwrap(), rest);
                table.insert(head.to_owned(), Value::Table(inner));
            }
        }
        table
    }
    let read =
        |table: &Table| Settings::from_layers(&[Layer::parse(&table.to_string(), Path::new("")).unwrap()]);
    let mut named = 0;
    for experiment in crate::experiments::EXPERIMENTS {
        let mut whole: Table = experiment.spec.parse().unwrap();
        whole["data"].as_table_mut().unwrap().entry("path").or_insert("/pictures".into());
        let data = whole["data"].as_table_mut().unwrap();
        if data.remove("size").is_some() {
            data.remove("path");
            data.insert("size".to_owned(), 32.into());
        }
        for key in leaves(&whole, "") {
            if let Err(error) = read(&without(&whole, &key)) {
                assert!(error.to_string().contains(&key), "{}: {key}: {error}", experiment.name);
                assert!(matches!(error, SettingsError::Missing(_)), "{key}: {error}");
                named += 1;
            }
        }
    }
    assert!(named > 50, "only {named} settings were found to be needed");
    let error = Settings::from_layers(&[Layer::parse("seeds = [1]", Path::new("")).unwrap()]).unwrap_err();
    let told = error.to_string();
    for key in ["data.train", "network.kind", "training.epochs", "measure.every", "arms", "data.size"] {
        assert!(told.contains(key), "{told}");
    }
}

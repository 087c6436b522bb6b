use super::*;

const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

fn read(overrides: &[&str]) -> Result<Settings, SettingsError> {
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Settings::from_layers(&[SPEC], &overrides)
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
        ("arms.crop.blur=0.5", "arms.crop.blur = 0.5"),
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

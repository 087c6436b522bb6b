use super::*;
use crate::spec::Layer;
use std::collections::BTreeSet;
use std::fs;

const BASE: &str = "
[data]
latent_dim = 8
ambient_dim = 32
[network]
width = 16
[batch]
anchors = 8
negatives = 8
[training]
steps = 2
learning_rate = 0.5
weight_decay = 1e-3
";
const ARMS: [&str; 2] = ["[arms.mask]\n", "[arms.none]\naugmentation.kind = \"none\"\n"];

fn identity_of(text: &str, arguments: &[&str]) -> Identity {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let layers = [Layer::parse(text, "base", Path::new("")).unwrap(), Layer::overrides(&arguments).unwrap()];
    Identity::of(&Spec::from_layers(&layers).unwrap()).unwrap()
}

fn identity(arguments: &[&str]) -> Identity {
    identity_of(&format!("{BASE}{}{}", ARMS[0], ARMS[1]), arguments)
}

/// What the same settings may look like: none of it makes another run.
#[test]
fn the_way_in_which_settings_are_written_is_no_part_of_them() {
    let plain = identity(&[]);
    let same = |other: Identity, what: &str| assert_eq!(other.run_id(), plain.run_id(), "{what}");
    same(identity_of(&format!("{BASE}{}{}", ARMS[1], ARMS[0]), &[]), "arms in another order");
    same(
        identity_of(&format!("# a comment\nexperiment = \"x\"\n{BASE}{}{}", ARMS[0], ARMS[1]), &[]),
        "a name",
    );
    same(identity(&["training.steps=2.0", "training.weight_decay=0.001"]), "numbers in another form");
    same(
        identity(&["seed=1", "objective.temperature=1", "data.dictionary.kind=haar"]),
        "defaults written out",
    );
    same(identity(&["arms.mask.training.steps=2", "arms.none.training.steps=2"]), "written for each arm");
}

/// Whatever may change a result makes another run, and every one of them a different one.
#[test]
fn every_setting_makes_another_run_and_only_the_seed_a_repetition() {
    let plain = identity(&[]);
    let others = [
        "data.latent_dim=9",
        "data.ambient_dim=33",
        "data.latent.activity=0.25",
        "data.dictionary.kind=axes",
        "network.width=17",
        "batch.anchors=9",
        "objective.temperature=1.0000000000000002",
        "training.steps=3",
        "arms.mask.training.steps=3",
        "arms.none.training.steps=3",
        "arms.none.augmentation.kind=disjoint_masks",
        "measure.samples=100",
        "probe.labels=[7]",
    ];
    let keys: BTreeSet<_> = others.iter().map(|change| identity(&[change]).setting_key()).collect();
    assert_eq!(keys.len(), others.len());
    assert!(!keys.contains(&plain.setting_key()));
    let other_seed = identity(&["seed=2"]);
    assert_eq!(other_seed.setting_key(), plain.setting_key());
    assert_ne!(other_seed.run_id(), plain.run_id());
    let fewer = identity_of(&format!("{BASE}{}", ARMS[0]), &[]);
    assert_ne!(fewer.setting_key(), plain.setting_key(), "an arm without settings of its own counts");
}

#[test]
fn settings_of_an_arm_do_not_depend_on_its_name_or_on_other_arms() {
    let of = |text: &str, arm: &str| identity_of(text, &[]).settings.of_arm(arm).setting_key();
    let alone = of(&format!("{BASE}{}", ARMS[0]), "mask");
    assert_eq!(of(&format!("{BASE}{}{}", ARMS[0], ARMS[1]), "mask"), alone);
    assert_eq!(of(&format!("{BASE}[arms.m]\n[arms.mask]\ntraining.steps = 9\n"), "m"), alone);
    assert_ne!(of(&format!("{BASE}{}", ARMS[1]), "none"), alone);
}

#[test]
fn named_settings_are_left_out_with_what_is_below_them() {
    let settings = identity(&["measure.cadence.steps=7", "measure.samples=9"]).settings;
    let keys = |settings: &Settings| settings.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
    let before = keys(&settings);
    assert!(before.iter().any(|key| key == "arms.mask.measure.cadence.steps"), "{before:?}");
    let left = keys(&settings.without(&["measure.cadence", "data.latent", "seed"]));
    assert!(!left.iter().any(|key| key.contains("cadence")) && left.len() < before.len(), "{left:?}");
    assert!(left.contains(&"data.latent_dim".to_owned()), "a part of a word is no setting");
    assert!(left.contains(&"arms.mask.measure.samples".to_owned()));
}

#[test]
fn values_have_one_canonical_form() {
    let shown = |value: &str| {
        let value = format!("v = {value}").parse::<toml::Table>().unwrap().remove("v").unwrap();
        [("k", &value)].into_iter().collect::<Settings>().iter().next().unwrap().1.to_owned()
    };
    assert_eq!(shown("1.0"), shown("1"));
    assert_eq!((shown("-0.0"), shown("1e3")), ("0".to_owned(), "1000".to_owned()));
    assert_eq!(shown("0.1"), shown("1e-1"));
    assert_ne!(shown("0.1"), shown("0.10000000000000002"));
    assert_ne!(shown("1"), shown("\"1\""));
    assert_ne!(shown("[1, 2]"), shown("[12]"));
    assert_eq!(shown("{ b = 1, a = [2.0] }"), shown("{ a = [2], b = 1.0 }"));
    assert_eq!(shown("\"a\\nb = 1\""), "\"a\\nb = 1\"", "one line, whatever a text holds");
}

/// The form that docs/run-directory.md describes: if it changes, every run gets another name.
#[test]
fn names_are_digests_of_the_documented_lines() {
    let table: toml::Table = "a = 0.5\nempty = {}\nlist = [1.0, \"x\"]\nseed = 3".parse().unwrap();
    let keys = [("training.steps", "a"), ("arms.x", "empty"), ("arms.x.b", "list"), ("seed", "seed")];
    let settings: Settings = keys.iter().map(|(key, value)| (*key, &table[*value])).collect();
    let lines = "arms.x = {}\narms.x.b = [1, \"x\"]\nseed = 3\ntraining.steps = 0.5\n";
    assert_eq!(settings.run_id().to_string(), Digest::of(lines).to_string());
    let without_seed = lines.replace("seed = 3\n", "");
    assert_eq!(settings.setting_key().to_string(), Digest::of(without_seed).to_string());
}

/// A file is what it holds: not its name, and not what it held once.
#[test]
fn files_are_known_by_their_contents() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        identity(&["data.dictionary.kind=file", &format!("data.dictionary.path={}", path.display())])
    };
    let (first, renamed) = (of("m.csv", "1 2"), of("other.csv", "1 2"));
    assert_eq!(first.run_id(), renamed.run_id());
    assert_eq!((first.files[0].name.as_str(), renamed.files[0].name.as_str()), ("m.csv", "other.csv"));
    let replaced = of("m.csv", "1 3");
    assert_ne!(replaced.setting_key(), first.setting_key());
    assert!(first.files[0].read().unwrap_err().to_string().contains("m.csv was changed"));
    assert_eq!(replaced.files[0].read().unwrap(), b"1 3");

    let path = |name: &str| format!("{}", folder.path().join(name).display());
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/m.csv"), "other").unwrap();
    let both = identity(&[
        "data.dictionary.kind=file",
        &format!("data.dictionary.path={}", path("m.csv")),
        "data.noise_directions.kind=file",
        &format!("data.noise_directions.path={}", path("sub/m.csv")),
    ]);
    let names: BTreeSet<_> = both.files.iter().map(|file| file.name.clone()).collect();
    assert_eq!(names.len(), 2, "copies do not overwrite each other: {names:?}");
}

#[test]
fn digests_are_read_back_and_nothing_else_is() {
    let digest = Digest::of("abc");
    // FIPS 180-2, appendix B.1.
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((digest.to_string().as_str(), digest.short().as_str()), (text, &text[..12]));
    assert_eq!(text.parse::<Digest>().unwrap(), digest);
    for wrong in ["", "ba", &text[1..], &format!("{text}0"), &text.replace('b', "g"), &"é".repeat(32)] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(Digest::of_file(folder.path()).is_err(), "a folder holds nothing");
    let path = folder.path().join("large");
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    assert_eq!(Digest::of_file(&path).unwrap(), Digest::of(&bytes));
}

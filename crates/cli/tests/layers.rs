//! Networks, heads and batch normalisation from the command line: runs with a page, explanations, forks, and
//! what is refused.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::Path;

/// Both stages end within the 30 steps.
const SMALL: &[&str] = &[
    "training.steps=30",
    "training.first_energy_ratio=1.01",
    "training.second_energy_ratio=1.01",
    "measure.samples=32",
    "probe.labels=[50]",
    "probe.test_rows=200",
    "--quiet",
];

fn featurescope(folder: &Path, arguments: &[&str]) -> Assert {
    Command::cargo_bin("featurescope").unwrap().current_dir(folder).args(arguments).assert()
}

fn told(assert: &Assert) -> String {
    let output = assert.get_output();
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

fn summary(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap()
}

#[test]
fn every_network_and_head_runs_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let cases: &[(&str, &[&str])] = &[
        ("relu", &["network.kind=relu"]),
        ("linear", &["network.kind=linear", "bias.kind=zero", "arms.random_mask.bias.kind=zero"]),
        ("two", &["network.kind=two_layers", "network.features=20", "network.upper_thresholds=ruled"]),
        (
            "three",
            &[
                "network.kind=three_layers",
                "network.activation=relu",
                "network.hidden=12",
                "network.features=70",
                "network.batch_norm=upper",
            ],
        ),
        ("straight", &["head.kind=linear", "head.outputs=8"]),
        (
            "mlp",
            &[
                "head.kind=mlp",
                "head.hidden=20",
                "head.outputs=8",
                "head.batch_norm=everywhere",
                "head.output=normalised",
            ],
        ),
    ];
    let mut losses = Vec::new();
    for (name, settings) in cases {
        featurescope(path, &[&["run", "smoke", "--out", name], SMALL, *settings].concat()).success();
        let arms = &summary(&path.join(name))["arms"];
        for arm in ["random_mask", "none"] {
            assert_eq!(arms[arm]["stop_reason"], "finished", "{name}");
            assert!(arms[arm]["loss"].as_f64().unwrap().is_finite(), "{name}");
            assert!(arms[arm]["loss_floor"].is_null(), "{name}: closed forms do not speak of it");
            assert!(!arms[arm]["probes"].as_array().unwrap().is_empty(), "{name}");
        }
        losses.push(arms["random_mask"]["loss"].as_f64().unwrap());
        let page = fs::read_to_string(path.join(name).join("report.html")).unwrap();
        assert!(page.contains("random_mask") && !page.contains("are expected"), "{name}");
    }
    losses.sort_by(f64::total_cmp);
    losses.dedup();
    assert_eq!(losses.len(), cases.len());
}

#[test]
fn a_fork_of_a_run_with_layers_and_a_head_goes_on_from_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let layers = [
        "network={kind=\"two_layers\", width=64, features=20, batch_norm=\"upper\", upper_thresholds=\"ruled\"}",
        "head={kind=\"mlp\", hidden=12, outputs=8, batch_norm=\"hidden\"}",
        "--no-report",
    ];
    featurescope(path, &[&["run", "smoke", "--out", "parent"], SMALL, &layers].concat()).success();
    let fork =
        ["fork", "parent", "--at", "9", "--arm", "random_mask", "--no-report", "--quiet", "--out", "child"];
    featurescope(path, &[&fork[..], &["objective.temperature=2"]].concat()).success();
    let child = summary(&path.join("child"));
    let loss = |arm: &str| child["arms"][arm]["loss"].as_f64().unwrap();
    assert!(loss("random_mask-fork") != loss("random_mask"));
    // The child's settings alone, trained from the start, give the same bytes.
    let again = ["run", "child/spec.toml", "--quiet", "--no-report", "--out", "again"];
    featurescope(path, &again).success();
    for file in ["records.parquet", "checkpoint-final.safetensors", "probes.json"] {
        let read = |run: &str| fs::read(path.join(run).join("arms/random_mask-fork").join(file)).unwrap();
        assert!(read("child") == read("again"), "{file} differs");
    }
    let checkpoint = fs::read(path.join("child/arms/random_mask-fork/checkpoint-final.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&checkpoint[..4000.min(checkpoint.len())]).into_owned();
    for array in ["network.weights_2", "network.thresholds_2", "network.running_mean_2", "head.scale_1"] {
        assert!(header.contains(array), "{array} is not stored: {header}");
    }
}

#[test]
fn settings_of_networks_and_heads_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (name, words) in [
        ("network.kind", &["relu", "linear", "two_layers", "three_layers"][..]),
        ("network.upper_thresholds", &["zero", "trained", "ruled"]),
        ("network.batch_norm", &["nowhere", "upper", "running averages"]),
        ("head.kind", &["none", "linear", "mlp", "probes and measurements below"]),
        ("head.batch_norm", &["hidden", "everywhere"]),
    ] {
        let text = told(&featurescope(folder.path(), &["explain", name]).success());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.iter().all(|word| text.contains(word)), "{name}: {text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["network.kind=linear"], "the network has no thresholds"),
        (&["network.kind=two_layers"], "network.features must be given"),
        (&["network.kind=two_layers", "network.features=0"], "a whole number from 1"),
        (&["network.features=4"], "network.kind"),
        (&["head.kind=mlp", "head.outputs=4"], "head.hidden must be given"),
        (&["head.hidden=4"], "head.kind"),
        (&["head.kind=linear", "head.outputs=4", "head.batch_norm=hidden"], "head.kind"),
        (&["head.kind=mpl"], "mlp"),
        (
            &[
                "network={kind=\"two_layers\", width=8, features=4, batch_norm=\"upper\"}",
                "batch.negatives=1",
            ],
            "at least 2 where batches are normalised",
        ),
        (&["head={kind=\"linear\", outputs=4}", "training.arithmetic=mixed"], "no head"),
    ];
    for (settings, expected) in cases {
        let refused =
            featurescope(folder.path(), &[&["run", "smoke", "--quiet"], *settings].concat()).code(2);
        let text = told(&refused).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(expected), "{settings:?}: {text}");
        assert!(!folder.path().join("runs").exists(), "{settings:?} left something behind");
    }
}

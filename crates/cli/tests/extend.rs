//! What a new part costs: one file and one line. The examples of `examples/extend/` are laid over a copy of the
//! tree, each with its line, and the copy's program trains with all of them.
//!
//! It builds the program again, which takes minutes, so `.ci/run` asks for it by name.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One example: a file of `examples/extend/`, the folder that it goes to, its module, and its line in the folder's
/// list.
struct Example {
    file: &'static str,
    folder: &'static str,
    module: &'static str,
    line: &'static str,
}

const EXAMPLES: &[Example] = &[
    Example {
        file: "augmentation.rs",
        folder: "crates/sim/src/augment",
        module: "random_scale",
        line: "random_scale;",
    },
    Example {
        file: "network.rs",
        folder: "crates/sim/src/network",
        module: "smooth_relu",
        line: "smooth_relu;",
    },
    Example {
        file: "objective.rs",
        folder: "crates/sim/src/objective",
        module: "bilinear",
        line: "bilinear;",
    },
    Example {
        file: "latent.rs",
        folder: "crates/sim/src/data/latent",
        module: "attributes",
        line: "attributes;",
    },
    Example { file: "data.rs", folder: "crates/sim/src/data", module: "uneven_noise", line: "uneven_noise;" },
    Example {
        file: "measurement.rs",
        folder: "crates/sim/src/measure",
        module: "participation",
        line: "participation => participation::Participation;",
    },
    Example { file: "bias.rs", folder: "crates/sim/src/train/bias", module: "gradual", line: "gradual;" },
    Example { file: "schedule.rs", folder: "crates/sim/src/train/rate", module: "warm_up", line: "warm_up;" },
    Example {
        file: "cadence.rs",
        folder: "crates/sim/src/measure/cadence",
        module: "listed",
        line: "listed;",
    },
];

/// What the program is built from.
const TREE: &[&str] =
    &["Cargo.toml", "Cargo.lock", "NOTATION.md", "crates", "docs", "examples", "experiments", "theories"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            // What npm has fetched for the lab's page is no part of the program.
            if entry.file_name() != "node_modules" {
                copy(&entry.path(), &to.join(entry.file_name()));
            }
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// Lays the example over `tree`, adds its line at the end of the list, and returns how many lines of files that
/// were there have changed.
fn add(example: &Example, tree: &Path) -> usize {
    let folder = tree.join(example.folder);
    let place = folder.join(example.module).with_extension("rs");
    assert!(!place.exists(), "{} is there already", place.display());
    fs::copy(root().join("examples/extend").join(example.file), place).unwrap();
    let list = folder.join("mod.rs");
    let before = fs::read_to_string(&list).unwrap();
    let start = ["\nparts! {", "\nmeasurements! {"].iter().find_map(|opening| before.find(opening)).unwrap();
    // Entries of the list are indented, so its own brace is the first one in the first column.
    let end = start + before[start..].find("\n}").unwrap();
    let after = format!("{}\n    {}{}", &before[..end], example.line, &before[end..]);
    fs::write(&list, &after).unwrap();
    after.lines().count() - before.lines().count()
}

fn cargo(tree: &Path, arguments: &[&str]) -> String {
    // A target folder of its own, which stays between runs: the program under test is not overwritten.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("extend");
    let output = Command::new(env!("CARGO"))
        .current_dir(tree)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let (shown, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo {arguments:?}\n{shown}\n{told}");
    shown.into_owned()
}

/// The summary of a run of the examples' experiment with the copy's program; every arm has finished.
fn summary(tree: &Path, out: &Path, overrides: &[&str]) -> serde_json::Value {
    let spec = tree.join("examples/extend/experiment.toml");
    let run = ["run", "--release", "--locked", "-q", "-p", "featurescope", "--", "run"];
    let (spec, out) = (spec.to_str().unwrap(), out.to_str().unwrap());
    let rest = [spec, "--out", out, "--quiet", "--json"];
    let text = cargo(tree, &[&run[..], &rest, overrides].concat());
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let arms = summary["arms"].as_object().unwrap();
    assert_eq!(arms.len(), 7, "{arms:?}");
    for (name, arm) in arms {
        assert_eq!((&arm["stop_reason"], &arm["steps"]), (&"finished".into(), &20.into()), "{name}");
        assert!(arm["loss"].as_f64().unwrap().is_finite(), "{name}");
        assert!((1.0..=16.0).contains(&arm["participation"].as_f64().unwrap()), "{name}: {arm}");
    }
    summary
}

#[test]
#[ignore = "builds the program again, which takes minutes"]
fn a_part_is_one_file_and_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("featurescope");
    fs::create_dir_all(&tree).unwrap();
    for name in TREE {
        copy(&root().join(name), &tree.join(name));
    }
    for example in EXAMPLES {
        assert_eq!(add(example, &tree), 1, "{}", example.file);
    }

    // The examples bring their own tests; so do the slots, which test whatever stands in them.
    let tests = ["test", "--release", "--locked", "-p", "featurescope-sim", "--lib", "--test", "parts"];
    let tested = cargo(&tree, &tests);
    for example in EXAMPLES {
        let name = format!("::{}::tests::", example.module);
        assert!(tested.contains(&name), "{} was not tested\n{tested}", example.module);
    }

    // Specs, training, pages and `explain` know them.
    let plain_folder = folder.path().join("plain");
    let plain = summary(&tree, &plain_folder, &[]);
    let page = fs::read_to_string(plain_folder.join("report.html")).unwrap();
    assert!(page.contains("neurons that carry the energy"), "the page does not show the measurement");
    let losses = |arm: &str| plain["arms"][arm]["loss"].as_f64().unwrap();
    assert!(["bias", "schedule"].iter().all(|arm| losses(arm) != losses("plain")), "{plain}");
    assert_eq!(losses("cadence"), losses("plain"), "measuring changes nothing");
    for laws in [
        &["data.latent.kind=attributes", "data.latent.group_size=2"][..],
        &["data.kind=uneven_noise", "data.noise_ratio=9"],
    ] {
        let other = summary(&tree, &folder.path().join(laws[0]), laws);
        assert_ne!(other["arms"]["plain"]["loss"], plain["arms"]["plain"]["loss"], "{laws:?}");
    }
    let ask = ["run", "--release", "--locked", "-q", "-p", "featurescope", "--", "explain"];
    for (name, word) in [
        ("augmentation.spread", "random_scale"),
        ("network.smoothness", "smooth_relu"),
        ("objective.form_rate_ratio", "bilinear"),
        ("data.noisy_fraction", "uneven_noise"),
        ("participation", "neurons"),
        ("bias.rise_steps", "gradual"),
        ("training.schedule.warm_up_steps", "warm_up"),
        ("measure.cadence.at", "listed"),
    ] {
        let told = cargo(&tree, &[&ask[..], &[name]].concat());
        assert!(told.contains(word), "{name}: {told}");
    }
}

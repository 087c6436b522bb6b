//! `featurescope fork` from the outside: a run, another one that left it, and both in one picture.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::Path;

/// Both stages end within the 30 steps.
const SMALL: &[&str] = &[
    "training.steps=30",
    "training.first_energy_ratio=1.2",
    "training.second_energy_ratio=1.1",
    "measure.samples=32",
    "probe.labels=[50]",
    "probe.test_rows=200",
    "--quiet",
    "--out",
    "parent",
];

fn featurescope(folder: &Path, arguments: &[&str]) -> Assert {
    Command::cargo_bin("featurescope").unwrap().current_dir(folder).args(arguments).assert()
}

fn said(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

#[test]
fn a_fork_is_its_parent_and_then_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    featurescope(path, &[&["run", "smoke", "--no-report"], SMALL].concat()).success();
    let before = fs::read(path.join("parent/manifest.json")).unwrap();
    // Other measurements remember other things of the steps before.
    let other = ["fork", "parent", "--at", "t1", "--arm", "random_mask", "measure.measurement.kind=per_atom"];
    let told = said(&featurescope(path, &other).code(2));
    assert!(told.contains("measure.measurement has to be that of random_mask"), "{told}");
    assert!(!path.join("runs").exists());
    let fork = ["fork", "parent", "--at", "t1", "--arm", "random_mask", "augmentation.kind=none"];
    let told = said(&featurescope(path, &fork).success());
    assert!(told.contains("random_mask-fork: finished after 30 steps"), "{told}");
    assert!(!told.contains("random_mask: finished"), "the parent's arm is not trained again: {told}");
    assert_eq!(fs::read(path.join("parent/manifest.json")).unwrap(), before, "the parent stays as it is");

    let child = path.join("runs/smoke-fork-1");
    let json = |file: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(child.join(file)).unwrap()).unwrap()
    };
    let parentage = json("fork.json");
    assert_eq!(parentage["parent"], path.canonicalize().unwrap().join("parent").display().to_string());
    assert_eq!((&parentage["parent_arm"], &parentage["at"]), (&"random_mask".into(), &"t1".into()));
    assert_eq!(parentage["overrides"][0], "augmentation.kind=none");
    let arms = &json("summary.json")["arms"];
    assert_eq!(parentage["step"], arms["random_mask"]["t1"]);
    assert_eq!(arms["random_mask-fork"]["t1"], arms["random_mask"]["t1"]);
    assert_ne!(arms["random_mask-fork"]["loss"], arms["random_mask"]["loss"]);
    assert!(arms["random_mask-fork"]["t1_predicted"].is_null(), "theory speaks of no fork");
    // Both arms stand in the same figures.
    let page = fs::read_to_string(child.join("report.html")).unwrap();
    assert!(page.contains("random_mask-fork") && child.join("figures/story.svg").is_file());
    let story = fs::read_to_string(child.join("figures/story.csv")).unwrap();
    assert!(story.contains("random_mask-fork") && story.contains("random_mask,"), "{}", &story[..400]);

    // Parent and children on one page; the child's settings alone give the child again.
    featurescope(path, &["report", "parent", "runs/smoke-fork-1", "--out", "together"]).success();
    let page = fs::read_to_string(path.join("together/report.html")).unwrap();
    assert!(page.contains("parent") && page.contains("smoke-fork-1"));
    featurescope(path, &["run", "runs/smoke-fork-1/spec.toml", "--quiet", "--no-report", "--out", "again"])
        .success();
    for file in ["records.parquet", "neurons.parquet", "checkpoint-final.safetensors", "probes.json"] {
        let read = |run: &Path| fs::read(run.join("arms/random_mask-fork").join(file)).unwrap();
        assert!(read(&child) == read(&path.join("again")), "{file} differs");
    }
    // A fork of the fork, named, at a step.
    let fork = ["fork", "runs/smoke-fork-1", "--at", "20", "--arm", "random_mask-fork", "--name", "hot"];
    featurescope(
        path,
        &[&fork[..], &["objective.temperature=3", "--quiet", "--no-report", "--out", "hot"]].concat(),
    )
    .success();
    let kept: Vec<_> = ["random_mask", "random_mask-fork", "hot", "none"]
        .into_iter()
        .filter(|arm| path.join("hot/arms").join(arm).is_dir())
        .collect();
    assert_eq!(kept, ["random_mask", "random_mask-fork", "hot"]);
}

#[test]
fn forks_that_cannot_be_made_say_why_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    featurescope(path, &[&["run", "smoke", "--no-report"], SMALL].concat()).success();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--at", "soon"], 2, "a number of steps, t1 or t2"),
        (&["--at", "31"], 2, "did not reach 31"),
        (&["--at", "5", "--arm", "third"], 2, "its arms are random_mask, none"),
        (&["--at", "5", "--name", "none"], 2, "has an arm `none` already"),
        (&["--at", "5", "--name", "../up"], 2, "cannot name an arm"),
        (&["--at", "5", "seed=2"], 2, "cannot differ between arms"),
        (&["--at", "5", "network.width=3"], 2, "network has to be that of random_mask"),
        (&["--at", "5", "head={kind=\"linear\", outputs=3}"], 2, "head has to be that of random_mask"),
        (&["--at", "5", "training.dynamics=reduced"], 2, "training.dynamics"),
        (&["--at", "5", "training.steps=4"], 2, "leaves no step"),
        (&["--at", "5", "training.stepz=4"], 2, "training.steps"),
    ];
    for (arguments, code, expected) in cases {
        let told = said(&featurescope(path, &[&["fork", "parent"], *arguments].concat()).code(*code));
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(!path.join("runs").exists(), "{arguments:?} left something behind");
    }
    let told = said(&featurescope(path, &["fork", ".", "--at", "5"]).code(2));
    assert!(told.contains("is no run directory"), "{told}");
}

/// The commands of the README, at the small size: what only other arms use does not stand in the way of a
/// fork.
#[test]
fn every_arm_of_paper_can_be_forked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let small =
        ["training.first_energy_ratio=1.01", "training.steps=12", "--smoke", "--quiet", "--no-report"];
    featurescope(path, &[&["run", "paper"], &small[..]].concat()).success();
    let forks: &[&[&str]] = &[
        &["augmentation.kind=none"],
        &["--arm", "none", "bias.kind=staged"],
        &["--arm", "none_staged", "augmentation={kind=\"random_mask\"}"],
        &["--arm", "supervised", "bias.kind=zero"],
    ];
    for (number, fork) in (1..).zip(forks) {
        let command = [&["fork", "runs/paper-1", "--at", "t1", "--quiet", "--no-report"], *fork].concat();
        featurescope(path, &command).success();
        let arms = fs::read_dir(path.join(format!("runs/paper-fork-{number}/arms"))).unwrap().count();
        assert_eq!(arms, 2, "{fork:?}");
    }
    let told = said(
        &featurescope(
            path,
            &["fork", "runs/paper-1", "--at", "t1", "--arm", "supervised", "augmentation.kind=none"],
        )
        .code(2),
    );
    assert!(told.contains("augmentation.kind = \"none\" (command line) would change nothing"), "{told}");
}

//! The binary from the outside: what it prints, what it leaves behind, how it ends.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Settings that make a run of `smoke` take a fraction of a second.
const SMALL: &[&str] =
    &["training.steps=12", "probe.labels=[50]", "probe.test_rows=200", "measure.samples=32", "--no-report"];

fn featurescope(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("featurescope").unwrap();
    command.current_dir(folder).args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Assert {
    featurescope(folder, &[&["run", "smoke"], SMALL, arguments].concat()).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn smoke_runs_to_a_summary_that_fits_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let output = featurescope(folder.path(), &["run", "smoke"]).assert().success().get_output().clone();
    let shown = text(&output.stdout);
    for expected in ["random_mask", "none", "T1, steps", "atoms covered", "500 labels", "Mᵀx", "runs/smoke-1"]
    {
        assert!(shown.contains(expected), "`{expected}` is not in\n{shown}");
    }
    let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100 && shown.lines().count() <= 45, "{widest} columns\n{shown}");
    assert!(!shown.contains('\u{1b}') && !text(&output.stderr).contains('\u{1b}'), "no colours in a pipe");
    assert!(text(&output.stderr).contains("random_mask: finished after 400 steps"));
}

#[test]
fn json_is_the_summary_file_and_quiet_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--json", "--quiet", "--out", "a"]).success().get_output().clone();
    assert!(output.stderr.is_empty());
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stored: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("a/summary.json")).unwrap()).unwrap();
    assert_eq!(printed, stored);
    assert_eq!(printed["arms"].as_object().unwrap().keys().collect::<Vec<_>>(), ["none", "random_mask"]);
    assert_eq!(printed["arms"]["none"]["steps"], 12);
    let probes = printed["arms"]["none"]["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 8, "two tasks on four kinds of features");
    let output = run(folder.path(), &["--quiet", "--out", "b"]).success().get_output().clone();
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

/// Bits depend on the seed, not on the threads.
#[test]
fn records_are_the_same_bytes_on_one_thread_and_on_two() {
    let folder = tempfile::tempdir().unwrap();
    for (out, threads, seed) in [("one", "1", "seed=3"), ("two", "2", "seed=3"), ("other", "2", "seed=4")] {
        run(folder.path(), &[seed, "--threads", threads, "--out", out, "--quiet"]).success();
    }
    for file in ["records.parquet", "neurons.parquet", "checkpoint-final.safetensors", "probes.json"] {
        let read = |out: &str| fs::read(folder.path().join(out).join("arms/random_mask").join(file)).unwrap();
        assert!(read("one") == read("two"), "{file} depends on the number of threads");
        assert!(read("one") != read("other"), "{file} does not depend on the seed");
    }
}

#[test]
fn a_stored_spec_is_a_spec() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["--out", "first", "--quiet"]).success();
    featurescope(folder.path(), &["run", "first/spec.toml", "--quiet"]).assert().success();
    let records = |run: &str| fs::read(folder.path().join(run).join("arms/none/records.parquet")).unwrap();
    assert!(records("first") == records("runs/smoke-1"));
}

/// Every mistake is told by name, before any training, and leaves nothing behind.
#[test]
fn bad_input_is_a_clear_error_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let input = tempfile::tempdir().unwrap();
    let matrix = input.path().join("m.csv");
    fs::write(&matrix, "1,0\n0,1\n").unwrap();
    let path = format!("data.dictionary.path={}", matrix.display());
    let cases: &[(&[&str], &str)] = &[
        (&["training.stepz=3"], "training.steps"),
        (&["training.steps=many"], "a whole number"),
        (&["data.ambient_dim=8"], "data.latent_dim = 16"),
        (&["data.latent.activity=1.5"], "[1e-6, 1]"),
        (&["data.latent.activity=0"], "[1e-6, 1]"),
        (&["data.noise_variance=nan"], "data.noise_variance"),
        (&["data.noise_variance=-1"], "data.noise_variance"),
        (&["batch.anchors=0"], "batch.anchors"),
        (&["batch.negatives=0"], "batch.negatives"),
        (&["objective.kind=spectral", "objective.temperature=2"], "objective.kind = spectral"),
        (&["data.dictionary.kind=file", &path], "256 × 16"),
        (&["data.ambient_dim=1000000000000", "network.width=100000"], "of memory"),
        (&["arms.third.training.steps=3"], "random_mask, none"),
        (&["training.learning_rate=1e6"], "weight_decay"),
        (&["steps"], "key=value"),
    ];
    for (arguments, expected) in cases {
        let output = run(folder.path(), arguments).code(2).get_output().clone();
        let message = text(&output.stderr);
        assert!(message.starts_with("error: ") && message.contains(expected), "{arguments:?}: {message}");
        let start: String = message.chars().skip("error: ".len()).take(20).collect();
        assert_eq!(message.matches(&start).count(), 1, "said twice: {message}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?} left something behind");
    }
    let message = featurescope(folder.path(), &["run", "papr"]).assert().code(2).get_output().stderr.clone();
    assert!(text(&message).contains("`paper`"));
    featurescope(folder.path(), &["run", "no/such.toml"]).assert().code(2);
    featurescope(folder.path(), &["run"]).assert().code(2);
}

#[test]
fn folders_that_cannot_take_a_run_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["--out", "taken", "--quiet"]).success();
    let before = fs::read(folder.path().join("taken/summary.json")).unwrap();
    let output = run(folder.path(), &["--out", "taken"]).code(1).get_output().clone();
    assert!(text(&output.stderr).contains("nothing was written over"));
    assert_eq!(fs::read(folder.path().join("taken/summary.json")).unwrap(), before);
    let output = run(folder.path(), &["--out", "taken/summary.json/below"]).code(1).get_output().clone();
    assert!(text(&output.stderr).contains("cannot write to"));
}

#[test]
fn a_diverging_arm_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let wild = ["arms.none.training.learning_rate=1e9", "arms.none.training.weight_decay=0", "--out", "a"];
    let output = run(folder.path(), &wild).code(3).get_output().clone();
    assert!(
        text(&output.stderr).contains("none: diverged after") && text(&output.stdout).contains("random_mask")
    );
    assert!(folder.path().join("a/arms/none/records.parquet").is_file());
    assert!(folder.path().join("a/summary.json").is_file());
}

/// The first interruption stops between two steps and keeps everything.
#[test]
#[cfg(unix)]
fn an_interruption_keeps_records_and_state() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("featurescope"))
        .args(["run", "smoke", "training.steps=100000000", "probe.labels=[]", "--out", "a"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let arm = folder.path().join("a/arms/random_mask");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !arm.join("records.journal").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    for file in ["records.parquet", "neurons.parquet", "checkpoint-interrupted.safetensors"] {
        assert!(arm.join(file).is_file(), "{file}");
    }
    let manifest = fs::read_to_string(folder.path().join("a/manifest.json")).unwrap();
    assert!(manifest.contains("\"status\": \"interrupted\""));
}

/// The reader of the output may leave early, as `head` does.
#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let program = assert_cmd::cargo::cargo_bin("featurescope");
    let mut child = Command::new(program)
        .args(["explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn stored_runs_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["--out", "a", "--quiet"]).success();
    run(folder.path(), &["--out", "b", "--quiet", "seed=2"]).success();
    let output = featurescope(folder.path(), &["judge", "a", "b"]).assert().success().get_output().clone();
    let shown = text(&output.stdout);
    assert!(shown.starts_with("No verdict: that needs 5 seeds of one setting"), "{shown}");
    let tendencies = shown.lines().filter(|line| line.starts_with("would ")).collect::<Vec<_>>();
    assert!(tendencies.len() > 10 && shown.lines().count() < 100, "{shown}");
    // The figure stands beside where it has to lie.
    assert!(tendencies.iter().all(|line| line.contains('(') && line.chars().count() <= 80), "{shown}");
    assert!(text(&output.stderr).contains("judging 2 runs"), "it says what it does while it reads");
    let output = featurescope(folder.path(), &["judge", "a", "b", "--all"]).assert().success();
    let shown = text(&output.get_output().stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in ["Theorem 3.2", "Theorem 3.4 (iii)", "Fact A.1", "that no finite run can decide"] {
        assert!(shown.contains(expected), "`{expected}` is not in\n{shown}");
    }
    let output = featurescope(folder.path(), &["judge", "a", "b", "--json"]).assert().success();
    let board: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert!(board["claims"].as_array().unwrap().iter().all(|claim| claim["verdict"].is_string()));
    // A folder that holds runs stands for them; one that holds none is named.
    featurescope(folder.path(), &["judge", "."]).assert().success();
    let nowhere = folder.path().join("a/arms");
    let message = featurescope(&nowhere, &["judge", "."]).assert().code(1).get_output().stderr.clone();
    assert!(text(&message).contains("no run directory"));
    let output =
        featurescope(folder.path(), &["explain", "lemma f.4"]).assert().success().get_output().clone();
    assert!(text(&output.stdout).contains("Supported if at most"));
}

/// Nothing that is printed is wider than the screen, but commands that are one word.
#[test]
fn everything_fits_the_width_that_the_environment_tells() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["--out", "a", "--quiet"]).success();
    run(folder.path(), &["--out", "b", "--quiet", "seed=2"]).success();
    for width in [60, 80, 120] {
        let commands: [&[&str]; 8] = [
            &["judge", "a", "b"],
            &["judge", "a", "b", "--all"],
            &["explain"],
            &["explain", "theorem 3.4"],
            &["explain", "coverage"],
            &["explain", "Lemma B.2a", "--runs", "a", "b"],
            &["list"],
            &[
                "run",
                "smoke",
                "seed=[1,2]",
                "training.steps=3",
                "probe.labels=[]",
                "--no-report",
                "--out",
                "s",
            ],
        ];
        for arguments in commands {
            let mut command = featurescope(folder.path(), arguments);
            let output = command.env("COLUMNS", width.to_string()).assert().success().get_output().clone();
            for line in text(&output.stdout).lines() {
                assert!(line.chars().count() <= width, "{arguments:?} at {width} columns: {line}");
            }
        }
    }
}

/// Experiments on pictures are known to every program; one without their framework says how to get it.
#[test]
#[cfg(not(feature = "images"))]
fn training_on_pictures_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let refused = featurescope(folder.path(), &["run", "images-synthetic"]).assert().code(1);
    let told = text(&refused.get_output().stderr);
    assert!(told.contains("cargo build --release --features images"), "{told}");
    let list = text(&featurescope(folder.path(), &["list"]).assert().success().get_output().stdout);
    assert!(list.contains("images-synthetic"), "{list}");
}

/// What a page of the site or another program reads: everything that has a name, with what its kind has.
#[test]
fn explanations_are_data_too() {
    let folder = tempfile::tempdir().unwrap();
    let read = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let output = featurescope(folder.path(), arguments).assert().success().get_output().clone();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let all = read(&["explain", "--json"]);
    for (kind, needs) in [
        ("setting", "values"),
        ("experiment", "spec"),
        ("statement", "tests"),
        ("quantity", "doc"),
        ("column", "unit"),
        ("letter", "range"),
        ("term", "see"),
    ] {
        let of_kind: Vec<_> = all.iter().filter(|entry| entry["kind"] == kind).collect();
        assert!(of_kind.len() >= 10, "{} of {kind}", of_kind.len());
        assert!(of_kind.iter().all(|entry| !entry[needs].is_null()), "{kind} without {needs}");
    }
    // The same words as in the text, and what was asked for alone.
    let found = read(&["explain", "--json", "noise_cosine"]);
    assert!(found.len() < all.len() / 4, "{} of {}", found.len(), all.len());
    let column = found.iter().find(|entry| entry["kind"] == "column").unwrap();
    assert_eq!(column["table"], "records.parquet");
    let tested = column["statements"].as_array().unwrap();
    assert!(tested.iter().any(|id| id == "Theorem 3.2 (ii)"), "{tested:?}");
    featurescope(folder.path(), &["explain", "--json", "xyzzy"]).assert().code(2);
}

#[test]
fn every_name_can_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |name: &str| featurescope(folder.path(), &["explain", name]).assert();
    let shown = |name: &str| text(&explain(name).success().get_output().stdout);
    assert!(shown("objective.temperature").contains("the paper's τ"));
    assert!(shown("bias").contains("bias.growth"));
    assert!(shown("paper").contains("[arms.random_mask]"));
    // Settings of runs on pictures, also where both kinds of runs have one of that name.
    assert!(shown("training.batch").contains("Pictures of a step"));
    assert!(shown("images-synthetic").contains("[arms.supervised]"));
    let both = shown("training.learning_rate");
    assert!(both.contains("in runs on sparse-coding data") && both.contains("in runs on pictures"), "{both}");
    let message = text(&explain("objective.temprature").code(2).get_output().stderr);
    assert!(message.contains("objective.temperature"), "{message}");
    // A part of a name lists what has it; several words need no quotes; letters may be spelled out.
    for part in ["(i)", "(i), over d", "(ii)", "(iii)"] {
        assert!(shown("theorem 3.4").contains(&format!("Theorem 3.4 {part}")), "{part}");
    }
    for (name, expected) in [
        ("T1", "The step at which stage I ends"),
        ("tau", "letter τ"),
        ("τ", "objective.temperature"),
        ("Coverage", "coverage_90"),
        ("singleton", "singleton_count"),
        ("noise_cosine", "Recorded in records.parquet"),
    ] {
        assert!(shown(name).contains(expected), "{name}: {}", shown(name));
    }
    let words = featurescope(folder.path(), &["explain", "dense", "energy"]).assert().success();
    assert!(text(&words.get_output().stdout).contains("dense_energy_fraction"));
    explain("xyzzy").code(2);
    let list = text(&featurescope(folder.path(), &["list"]).assert().success().get_output().stdout);
    assert!(
        ["paper", "smoke", "supervised", "trained-bias", "mask-strength"].iter().all(|n| list.contains(n))
    );
    let script = featurescope(folder.path(), &["completions", "bash"]).assert().success();
    assert!(text(&script.get_output().stdout).contains("featurescope"));
    let page = featurescope(folder.path(), &["man", "run"]).assert().success();
    assert!(text(&page.get_output().stdout).contains("\\-\\-threads"));
    featurescope(folder.path(), &["man", "nothing"]).assert().code(2);
}

/// All shipped experiments run in a few seconds at their small size.
#[test]
fn every_experiment_has_a_small_size() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["paper", "supervised", "trained-bias", "mask-strength", "counterfactuals"] {
        let output = featurescope(folder.path(), &["run", name, "--smoke", "--no-report"]).assert().success();
        assert!(text(&output.get_output().stdout).lines().all(|line| line.chars().count() <= 100), "{name}");
    }
}

/// A list makes several runs, side by side; the same command again makes none; judge reads the sweep.
#[test]
fn lists_make_a_sweep_that_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |seeds: &str| {
        let output = run(folder.path(), &[seeds]).success().get_output().clone();
        (text(&output.stdout), text(&output.stderr))
    };
    let (shown, told) = sweep("seed=[1,2]");
    assert!(told.contains("2 runs, ") && told.contains("2/2"), "{told}");
    assert!(told.starts_with("this makes 2 runs, one for every combination of seed = 1, 2\n"), "{told}");
    for expected in ["random_mask", "dense energy", " ± ", "runs/smoke-sweep"] {
        assert!(shown.contains(expected), "`{expected}` is not in\n{shown}");
    }
    let (_, told) = sweep("seed=[1,2,3]");
    assert!(told.contains("2 of 3 runs are there already") && told.contains("3/3"), "{told}");
    let output = run(folder.path(), &["seed=[1,2]", "--json", "--quiet"]).success().get_output().clone();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["sweep"]["points"].as_array().unwrap().len(), 2);
    assert_eq!(printed["rows"][0]["seeds"], 2);
    featurescope(folder.path(), &["judge", "runs/smoke-sweep"]).assert().success();
    let explained = featurescope(folder.path(), &["explain", "Lemma B.2a", "--runs", "runs/smoke-sweep"]);
    let shown = text(&{ explained }.assert().success().get_output().stdout);
    assert!(shown.contains('●') && shown.contains("too few seeds: 2"), "{shown}");
    // A single run cannot go where a sweep is.
    run(folder.path(), &["--out", "runs/smoke-sweep"]).code(1);
}

/// The statements' runs at a size of seconds: made, judged, and found again.
#[test]
fn theorems_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let output = featurescope(folder.path(), &["run", "theorems", "--smoke"]).assert().success();
    let shown = text(&output.get_output().stdout);
    assert!(shown.contains("statements") && shown.contains("`--all` shows"), "{shown}");
    let board = fs::read_to_string(folder.path().join("runs/theorems-sweep/scoreboard.json")).unwrap();
    let board: serde_json::Value = serde_json::from_str(&board).unwrap();
    assert!(board["claims"].as_array().unwrap().len() > 90);
    assert_eq!(board["counts"][0]["about"], "trajectory", "what is about learning comes first");
    let digest = featurescope(folder.path(), &["judge", "--claims-digest"]).assert().success();
    let digest = text(&digest.get_output().stdout);
    let line = format!("{}  wen-li-2021", board["claims_digest"].as_str().unwrap());
    assert!(digest.lines().any(|other| other == line), "a board says which claims judged: {digest}");
    let markdown =
        featurescope(folder.path(), &["judge", "runs/theorems-sweep", "--markdown"]).assert().success();
    let page = text(&markdown.get_output().stdout);
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let table: Vec<_> = page.lines().filter(|line| line.starts_with("| **")).collect();
    assert!(table.len() > 90 && table.iter().all(|line| columns(line) == 6), "{page}");
}

/// The ten lines of the page on specs find atoms; with too few steps or anchors the run says so before and
/// after.
#[test]
fn a_short_spec_learns_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let page = include_str!("../../../docs/specs.md");
    let spec = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(spec.lines().count(), 10);
    fs::write(folder.path().join("short.toml"), spec).unwrap();
    let run = |arguments: &[&str]| {
        let fast = [
            "run",
            "short.toml",
            "--no-report",
            "measure.cadence.steps=200",
            "measure.samples=64",
            "probe.labels=[]",
        ];
        let output =
            featurescope(folder.path(), &[&fast, arguments].concat()).assert().success().get_output().clone();
        (text(&output.stderr), text(&output.stdout))
    };
    let (before, after) = run(&["--out", "learns"]);
    assert!(!before.contains("note:") && !after.contains("a neuron of its own"), "{before}{after}");
    let summary = fs::read_to_string(folder.path().join("learns/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert!(summary["arms"]["main"]["coverage"]["0.9"].as_f64().unwrap() > 0.5, "{summary}");
    for (arguments, foreseen, why) in [
        (
            ["training.steps=40", "seed=1"],
            "stage I will end at about step",
            "stage I had not ended after 40 steps",
        ),
        (
            ["batch.anchors=16", "training.learning_rate=0.5"],
            "the gradient noise of batch.anchors = 16",
            "outweighs the signal",
        ),
        (["bias.kind=zero", "training.steps=200"], "", "thresholds stay at zero"),
    ] {
        let (before, after) = run(&arguments);
        assert!(before.contains(foreseen) && before.contains("note:") != foreseen.is_empty(), "{before}");
        let after = after.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(after.contains("atom") && after.contains(why), "{after}");
    }
}

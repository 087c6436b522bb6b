//! Stored runs as outsiders treat them: moved, edited, read on a machine that could never have made them.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use assert_cmd::Command;
use assert_cmd::assert::Assert;
#[cfg(target_os = "linux")]
use featurescope_lab::identity::{Digest, Identity};
#[cfg(target_os = "linux")]
use featurescope_lab::spec::{Layer, Spec};
use std::fs;
use std::path::Path;

const SMALL: &[&str] =
    &["training.steps=12", "probe.labels=[]", "measure.samples=32", "--no-report", "--quiet"];

fn featurescope(folder: &Path, arguments: &[&str]) -> Assert {
    Command::cargo_bin("featurescope").unwrap().current_dir(folder).args(arguments).assert()
}

/// The same with so much address space, in KiB.
#[cfg(target_os = "linux")]
fn limited(folder: &Path, kibibytes: u64, arguments: &[&str]) -> Assert {
    let program = assert_cmd::cargo::cargo_bin("featurescope");
    let line = format!("ulimit -v {kibibytes}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", &line, "sh"]).arg(program).args(arguments);
    command.assert()
}

fn smoke(folder: &Path, arguments: &[&str]) {
    featurescope(folder, &[&["run", "smoke"], SMALL, arguments].concat()).success();
}

/// What was printed, with the lines that the terminal folded put together again.
fn said(assert: &Assert) -> String {
    let output = assert.get_output();
    let all = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    all.concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes a stored run say that it was made in R^d1 of another size, as if it had been: without M, which would
/// be too large.
#[cfg(target_os = "linux")]
fn forge(run: &Path, ambient_dim: u64) {
    let spec = run.join("spec.toml");
    let text = fs::read_to_string(&spec).unwrap();
    let forged = text.replace("ambient_dim = 256", &format!("ambient_dim = {ambient_dim}"));
    assert_ne!(forged, text);
    fs::write(&spec, &forged).unwrap();
    let identity =
        Identity::of(&Spec::from_layers(&[Layer::parse(&forged, "spec.toml", run).unwrap()]).unwrap())
            .unwrap();
    let path = run.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    manifest["run_id"] = identity.run_id().to_string().into();
    manifest["spec_sha256"] = Digest::of(&forged).to_string().into();
    fs::write(&path, manifest.to_string()).unwrap();
    // In the metadata of the file, a text in a text; blanks keep every offset.
    let (path, kept, none) =
        (run.join("data.safetensors"), r#"\"dictionary\":\"dictionary\""#, r#"\"dictionary\":null"#);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(kept.len()).position(|window| window == kept.as_bytes()).unwrap();
    bytes[at..at + kept.len()].copy_from_slice(format!("{none:<0$}", kept.len()).as_bytes());
    fs::write(&path, bytes).unwrap();
}

/// With a gigabyte of address space a run of a million million dimensions is read, judged, drawn and
/// compared; what would need its dictionary says so.
#[test]
#[cfg(target_os = "linux")]
fn a_run_of_a_large_machine_is_read_on_a_small_one() {
    const KIBIBYTES: u64 = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    smoke(path, &["--out", "small"]);
    // A verdict needs five seeds.
    for seed in 1..=5 {
        let name = format!("large/{seed}");
        smoke(path, &["--out", &name, &format!("seed={seed}")]);
        forge(&path.join(&name), 1_000_000_000_000);
    }
    let told = said(&limited(path, KIBIBYTES, &["judge", "large", "--all", "--json"]).success());
    assert!(told.contains("TiB of memory"), "{}", &told[..told.len().min(2000)]);
    assert!(!told.contains("left out"), "the runs are read");
    limited(path, KIBIBYTES, &["report", "large/1"]).success();
    assert!(path.join("large/1/report.html").is_file());
    limited(path, KIBIBYTES, &["compare", "large/1", "small"]).success();
    limited(path, KIBIBYTES, &["explain", "Theorem 3.4 (i)", "--runs", "large/1"]).success();
    let told = said(&limited(path, KIBIBYTES, &["run", "large/1/spec.toml"]).code(2));
    assert!(told.contains("of memory") && told.contains("available"), "making it again is refused: {told}");
}

/// What was edited after the run is told by everything that reads it, with the name of the file.
#[test]
fn an_edited_run_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    smoke(path, &["--out", "run"]);
    smoke(path, &["--out", "other"]);
    let spec = path.join("run/spec.toml");
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replace("weight_decay = 0.0003", "weight_decay = 0.0004")).unwrap();
    let expected = "run/spec.toml was changed after the run was begun";
    let told = said(&featurescope(path, &["judge", "run", "other"]).success());
    assert!(told.contains("One run is left out") && told.contains(expected), "{told}");
    let told = said(&featurescope(path, &["judge", "run"]).failure());
    assert!(told.contains("no run can be judged") && told.contains(expected), "{told}");
    for refused in [&["report", "run"][..], &["compare", "run", "other"], &["fork", "run", "--at", "5"]] {
        let told = said(&featurescope(path, refused).failure());
        assert!(told.contains(expected), "{refused:?}: {told}");
    }
    assert!(!path.join("runs").exists(), "nothing was made of it");
}

/// A folder can be moved and used alone: it holds the files that its settings name.
#[test]
fn a_run_with_a_file_moves_and_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let row = |r: usize| (0..16).map(|c| u8::from(r == 7 * c).to_string()).collect::<Vec<_>>().join(" ");
    fs::write(path.join("M.txt"), (0..256).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let given = ["data.dictionary.kind=file", "data.dictionary.path=M.txt"];
    smoke(path, &[&given[..], &["--out", "first"]].concat());
    fs::remove_file(path.join("M.txt")).unwrap();
    fs::create_dir(path.join("elsewhere")).unwrap();
    fs::rename(path.join("first"), path.join("elsewhere/moved")).unwrap();
    let moved = path.join("elsewhere/moved");
    featurescope(path, &["run", "elsewhere/moved/spec.toml", "--quiet", "--no-report", "--out", "again"])
        .success();
    for file in ["spec.toml", "data.safetensors", "arms/none/records.parquet", "files/M.txt"] {
        assert!(
            fs::read(moved.join(file)).unwrap() == fs::read(path.join("again").join(file)).unwrap(),
            "{file}"
        );
    }
    featurescope(
        path,
        &["fork", "elsewhere/moved", "--at", "5", "objective.temperature=2", "--quiet", "--no-report"],
    )
    .success();
    assert!(path.join("runs/smoke-fork-1/files/M.txt").is_file(), "the fork has a copy of its own");
    featurescope(path, &["report", "runs/smoke-fork-1"]).success();
}

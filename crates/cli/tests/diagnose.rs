//! `featurescope diagnose` from the outside: what it takes, what it says, and how little memory it needs.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_featurescope");
/// The address space of a diagnosis of a file of six gigabytes, in KiB.
const FEW_KIB: usize = 1_500_000;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab/tests/golden").join(name)
}

fn featurescope(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(PROGRAM).current_dir(folder).args(arguments).env("COLUMNS", "400").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let (code, shown, error) = featurescope(folder, arguments);
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&shown).unwrap()
}

/// A .npy file of half-precision zeros, rows × cols, of which the disk holds the header only.
fn hole(path: &Path, rows: u64, cols: u64) {
    let header = format!("{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {cols}), }}\n");
    let mut file = File::create(path).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00").unwrap();
    file.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(10 + header.len() as u64 + 2 * rows * cols).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_larger_than_the_memory_is_diagnosed() {
    let folder = tempfile::tempdir().unwrap();
    hole(&folder.path().join("large.npy"), 3_000_000, 1024);
    let limited = |arguments: &[&str]| {
        let shell = format!("ulimit -v {FEW_KIB}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &shell, PROGRAM]).args(arguments).current_dir(folder.path());
        command.output().unwrap()
    };
    let output = limited(&["diagnose", "large.npy", "--samples", "256", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["samples"], &found["samples_in_file"]), (&256.into(), &3_000_000.into()));
    assert_eq!((&found["neurons"], &found["dead_neurons"]), (&1024.into(), &1024.into()));
    // What cannot fit is refused before it is tried.
    hole(&folder.path().join("wide.npy"), 3000, 1_000_000);
    let output = limited(&["diagnose", "wide.npy"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && error.contains("--samples") && error.contains("2048 samples"),
        "{error}"
    );
}

#[test]
fn what_is_taken_and_left_out_is_said_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let table = golden("pandas.parquet");
    let table = table.to_str().unwrap();
    let arguments = ["diagnose", table, "--labels", table, "--labels-array", "species"];
    let (code, shown, _) = featurescope(folder.path(), &arguments);
    assert_eq!(code, 0);
    for said in [
        "neurons    7 columns of 40 rows: `f0`",
        "`species` (the labels)",
        "`__index_level_0__` (it numbers the rows)",
        "`day` (dates)",
        "labels     `species` of pandas.parquet: 4 classes",
        "k = 9",
    ] {
        assert!(shown.contains(said), "{said} is missing:\n{shown}");
    }
    let page = fs::read_to_string(folder.path().join("diagnosis/report.html")).unwrap();
    for said in ["the labels", "it numbers the rows", "7 columns of 40 rows", "What was read"] {
        assert!(page.contains(said), "{said}");
    }
    let found = json(folder.path(), &[&arguments[..], &["--json"]].concat());
    assert_eq!((&found["neurons"], &found["nearest_neighbours"]["k"]), (&7.into(), &9.into()));
    let left_out = found["left_out"].as_array().unwrap();
    assert!(
        left_out
            .iter()
            .any(|left| left["name"] == "label" && left["reason"].as_str().unwrap().contains("--labels"))
    );
    assert_eq!(found["probe"]["rule"], "logistic regression");
    assert!(found["remarks"].as_array().unwrap().iter().any(|remark| remark["about"] == "directions"));
}

#[test]
fn several_layers_make_one_report_and_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let layers = golden("layers.safetensors");
    let layers = layers.to_str().unwrap();
    let arguments = ["diagnose", layers, "--array", "all", "--labels", layers];
    let list = json(folder.path(), &[&arguments[..], &["--json"]].concat());
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["layer2", "layer10"]);
    assert_eq!(list[0]["effective_rank"], list[1]["effective_rank"]);
    let (_, shown, _) = featurescope(folder.path(), &arguments);
    assert!(shown.contains("layer2") && shown.contains("layer10"), "{shown}");
    assert!(folder.path().join("diagnosis/figures/course.svg").is_file());
    let (code, _, error) = featurescope(folder.path(), &["diagnose", layers, "--samples", "3"]);
    assert!(code == 2 && error.contains("--samples"), "{error}");
    let (code, _, error) = featurescope(folder.path(), &["diagnose", layers, "--columns", "f*"]);
    assert!(code == 1 && error.contains("--columns is for tables"), "{error}");
}

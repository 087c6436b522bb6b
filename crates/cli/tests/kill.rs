//! The real binary, killed at any moment: what it leaves goes on to the same bytes as a run that was never stopped.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Both dynamics, with and without labels, probes, and a fork; T1 and T2 within a few steps.
const SPEC: &str = r#"
seed = 3
[data]
latent_dim = 12
ambient_dim = 128
[network]
width = 24
[batch]
anchors = 32
negatives = 16
[training]
learning_rate = 0.5
steps = 40
first_energy_ratio = 1.2
second_energy_ratio = 1.2
[measure]
cadence = { kind = "every", steps = 2 }
samples = 32
[probe]
labels = [60]
validation_rows = 100
test_rows = 200
[arms.sampled]
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
[arms.reduced]
training.dynamics = "reduced"
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
[arms.labels]
objective.kind = "regression"
training = { first_energy_ratio = 1.01, second_energy_ratio = 1.01 }
[arms.late]
training.fork = "sampled@t1"
augmentation.kind = "none"
"#;

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("featurescope"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets it end and returns what it said.
fn finish(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// Every file below `folder` but the manifests, which hold the times, and the locks; summaries without their times.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            match file.as_str() {
                // Times, and which command it was.
                "manifest.json" | "command.json" | ".lock" => {}
                "summary.json" => {
                    let lines = fs::read_to_string(&path).unwrap();
                    let kept = lines.lines().filter(|line| !line.contains("\"wall_seconds\""));
                    found.insert(name, kept.collect::<Vec<_>>().join("\n").into_bytes());
                }
                _ if path.is_dir() => collect(root, &path, found),
                _ => drop(found.insert(name, fs::read(&path).unwrap())),
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

/// Where kills hit.
#[derive(Clone, Copy, Debug, Default)]
struct Hits {
    kills: u32,
    /// While a file was being written aside.
    in_a_file: u32,
    /// After records that no saved state knew of, or in the middle of one.
    in_records: u32,
    /// Before there was anything to go on with.
    at_the_start: u32,
}

impl Hits {
    fn note(&mut self, folder: &Path) {
        self.kills += 1;
        if !folder.is_dir() {
            self.at_the_start += 1;
            return;
        }
        let left = files(folder);
        self.at_the_start += u32::from(!left.contains_key("spec.toml"));
        self.in_a_file +=
            u32::from(left.keys().any(|name| Path::new(name).extension().is_some_and(|end| end == "tmp")));
        let journal = left.iter().find(|(name, _)| name.ends_with("records.journal"));
        let state = left.iter().find(|(name, _)| name.ends_with("resume.state"));
        if let (Some((_, journal)), Some((_, state))) = (journal, state) {
            let text = String::from_utf8_lossy(state);
            let length = text.split_once("\"journal_length\":").unwrap().1;
            let length: usize = length[..length.find([',', '}']).unwrap()].parse().unwrap();
            self.in_records += u32::from(journal.len() != length);
        }
    }
}

/// Runs the spec in `folder`, kills it so many times, lets it end, and compares with the run in `reference`.
fn killed(folder: &Path, numbers: &mut Numbers, kills: u32, hits: &mut Hits) -> BTreeMap<String, Vec<u8>> {
    let run = folder.join("killed");
    let mut left = kills;
    loop {
        let threads = ["1", "2", "3"][numbers.next(3) as usize];
        let common = ["--save-every", "0", "--no-report", "--threads", threads];
        let begins = !run.join("spec.toml").is_file();
        let first: &[&str] =
            if begins { &["run", "spec.toml", "--out", "killed"] } else { &["resume", "killed"] };
        let mut child = start(folder, &[first, &common].concat());
        if left == 0 {
            finish(child);
            return files(&run);
        }
        std::thread::sleep(Duration::from_micros(numbers.next(250_000)));
        if child.try_wait().unwrap().is_some() {
            finish(child);
            return files(&run);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left -= 1;
        hits.note(&run);
    }
}

fn kill_runs(seed: u64, kills: u32) -> Hits {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    finish(start(folder.path(), &["run", "spec.toml", "--out", "reference", "--no-report"]));
    let expected = files(&folder.path().join("reference"));
    assert!(expected.keys().filter(|name| name.ends_with("checkpoint-t2.safetensors")).count() == 4);
    let (mut numbers, mut hits) = (Numbers(seed), Hits::default());
    while hits.kills < kills {
        let found = killed(folder.path(), &mut numbers, kills - hits.kills, &mut hits);
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{hits:?}");
        for (name, bytes) in &expected {
            assert!(*bytes == found[name], "{name} differs: {hits:?}");
        }
        fs::remove_dir_all(folder.path().join("killed")).unwrap();
    }
    hits
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let hits = kill_runs(0x9e37_79b9_7f4a_7c15, 12);
    assert!(hits.kills == 12, "{hits:?}");
}

/// As many as a claim of reliability needs. Its figures stand in docs/reliability.md.
#[test]
#[ignore = "takes minutes; run when files are written in another way"]
fn a_run_that_is_killed_hundreds_of_times_goes_on_to_the_same_bytes() {
    let mut all = Hits::default();
    for seed in 1..=5 {
        let hits = kill_runs(seed * 0x2545_f491_4f6c_dd1d, 60);
        all.kills += hits.kills;
        all.in_a_file += hits.in_a_file;
        all.in_records += hits.in_records;
        all.at_the_start += hits.at_the_start;
    }
    assert!(all.kills >= 300 && all.in_a_file > 0 && all.in_records > 0, "{all:?}");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{all:?}\n").as_bytes());
}

/// A sweep never loses a run and never makes one twice: the same command goes on.
#[test]
fn a_killed_sweep_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    let command = |out: &'static str| {
        let mut arguments = vec!["run", "spec.toml", "seed=[1,2,3]", "training.steps=15", "--no-report"];
        arguments.extend(["--save-every", "0", "--threads", "2", "--out", out]);
        arguments
    };
    finish(start(folder.path(), &command("reference")));
    let expected = files(&folder.path().join("reference"));
    let mut numbers = Numbers(77);
    for _ in 0..6 {
        let mut child = start(folder.path(), &command("killed"));
        std::thread::sleep(Duration::from_micros(numbers.next(400_000)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let how = ["resume", "killed", "--save-every", "0", "--no-report"];
    let began = folder.path().join("killed/command.json").is_file();
    finish(if began { start(folder.path(), &how) } else { start(folder.path(), &command("killed")) });
    let said = finish(start(folder.path(), &command("killed")));
    assert!(said.contains("3 of 3 runs are there already"), "{said}");
    let found = files(&folder.path().join("killed"));
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        assert!(*bytes == found[name], "{name} differs");
    }
}

/// The second process is told who is at work; a lock that a killed one left is no obstacle; an interruption names the
/// command that goes on, for either signal.
#[test]
fn one_process_at_a_time_and_every_stop_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    let long = ["run", "spec.toml", "training.steps=100000000", "--out", "a", "--no-report"];
    let begin = |arguments: &[&str]| {
        let child = start(folder.path(), arguments);
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while !folder.path().join("a/arms/sampled/records.journal").exists() {
            assert!(std::time::Instant::now() < deadline, "it does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    };
    let mut first = begin(&long);
    let output = start(folder.path(), &["resume", "a"]).wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("a is in use by process {}", first.id())), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
    let was_killed = format!("process {}, which worked on it last, was killed", first.id());
    let journal = folder.path().join("a/arms/sampled/records.journal");
    let written = || fs::metadata(&journal).and_then(|file| file.modified()).unwrap();
    for (signal, words) in [("-TERM", was_killed.as_str()), ("-INT", "sampled: goes on after ")] {
        let mut before = written();
        let child = start(folder.path(), &["resume", "a", "--no-report"]);
        // The journal is first cut to what was saved, and then grows in training. A signal before finds nothing
        // to save.
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        for _ in ["cut", "grown"] {
            while written() <= before {
                assert!(std::time::Instant::now() < deadline, "it does not go on");
                std::thread::sleep(Duration::from_millis(10));
            }
            before = written();
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{signal}: {said}");
        assert!(said.contains("interrupted; `featurescope resume a` goes on"), "{said}");
        assert!(said.contains(words), "{said}");
    }
    let nothing = start(folder.path(), &["resume", "b"]).wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("b holds no run that could go on"));
}

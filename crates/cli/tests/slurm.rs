//! A sweep on a real Slurm: a job array of twenty runs, of which some are stopped, put back and cancelled on the
//! way. Nothing is lost and nothing is made twice.
//!
//! `tools/slurm_here.sh` starts a Slurm of one node. Where it cannot, the test says so and checks nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]
#![allow(clippy::print_stderr, reason = "it says why it is skipped")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const RUNS: usize = 20;
/// Of `tools/slurm_here.sh`: there is no Slurm.
const SKIPPED: i32 = 77;

/// A Slurm of one node.
struct Slurm {
    folder: tempfile::TempDir,
}

fn tool(what: &str, folder: &Path) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/slurm_here.sh");
    // Its daemons keep what they inherit: they get no pipe that somebody would wait for.
    let said = folder.join("said");
    let file = || fs::File::create(&said).unwrap();
    let status =
        Command::new("bash").arg(script).arg(what).arg(folder).stdout(file()).stderr(file()).status();
    Output { status: status.unwrap(), stdout: Vec::new(), stderr: fs::read(said).unwrap_or_default() }
}

impl Slurm {
    /// Starts it, if there is one.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let started = tool("start", folder.path());
        if started.status.code() == Some(SKIPPED) {
            eprintln!("skipped: {}", String::from_utf8_lossy(&started.stderr).trim());
            return None;
        }
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some(Self { folder })
    }

    fn command(&self, line: &str) -> String {
        let output = Command::new("bash")
            .args(["-c", line])
            .env("SLURM_CONF", self.folder.path().join("slurm.conf"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Jobs of the array that are waiting or running, by index, with their state.
    fn jobs(&self) -> BTreeMap<usize, String> {
        let text = self.command("squeue --noheader --array --format='%K %T'");
        let job = |line: &str| {
            let (index, state) = line.trim().split_once(' ')?;
            Some((index.parse().ok()?, state.to_owned()))
        };
        text.lines().filter_map(job).filter(|(_, state)| state != "COMPLETING").collect()
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = Command::new("scancel")
            .args(["--user", "root"])
            .env("SLURM_CONF", self.folder.path().join("slurm.conf"))
            .status();
        tool("stop", self.folder.path());
    }
}

fn featurescope(folder: &Path, arguments: &[&str]) -> Output {
    let program = assert_cmd::cargo::cargo_bin("featurescope");
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(300);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The files of the arms of every run of a sweep: they do not depend on the clock.
fn arms(sweep: &Path, keys: &[String]) -> BTreeMap<PathBuf, Vec<u8>> {
    let inside = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut found = BTreeMap::new();
    for key in keys {
        for arm in inside(sweep.join(key).join("arms")) {
            for file in inside(arm) {
                found.insert(file.strip_prefix(sweep).unwrap().to_owned(), fs::read(&file).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_job_array_that_is_stopped_and_put_back_makes_every_run_once() {
    let Some(slurm) = Slurm::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let seeds: Vec<String> = (1..=RUNS).map(|seed| seed.to_string()).collect();
    let seeds = format!("seed=[{}]", seeds.join(","));
    let sweep = [
        "smoke",
        &seeds,
        "data.ambient_dim=64",
        "network.width=12",
        "batch.anchors=16",
        "batch.negatives=8",
        "training.steps=10000",
        "measure.samples=16",
        "measure.cadence.kind=every",
        "measure.cadence.steps=500",
        "probe.labels=[40]",
        "probe.validation_rows=50",
        "probe.test_rows=60",
    ];
    let alone = [&["run"], &sweep[..], &["--out", "alone", "--no-report", "-q"]].concat();
    let alone = featurescope(path, &alone);
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));
    let options = ["--out", "shared", "--partition", "short", "--time", "30"];
    let planned = featurescope(path, &[&["sweep", "slurm"], &sweep[..], &options].concat());
    assert!(planned.status.success(), "{}", String::from_utf8_lossy(&planned.stderr));
    let line = String::from_utf8(planned.stdout).unwrap();
    let submitted = slurm.command(line.trim());
    let array: u64 = submitted.trim().rsplit(' ').next().unwrap().parse().unwrap();

    let shared = path.join("shared");
    let plan: serde_json::Value =
        serde_json::from_slice(&fs::read(shared.join("plan.json")).unwrap()).unwrap();
    let key = |index: usize| plan["runs"][index]["key"].as_str().unwrap().to_owned();
    // What befalls jobs that are at work, one after the other: the notice before the time limit, a user who
    // cancels, a node that fails.
    let blows = ["scancel --batch --signal=USR1", "scancel", "scontrol requeue", "scancel"];
    let mut struck: Vec<usize> = Vec::new();
    wait_for("the array does not get on", || {
        let jobs = slurm.jobs();
        let is_at_work = |index: usize| shared.join(format!("leases/{}.1", key(index))).is_file();
        let running = jobs.iter().filter(|(_, state)| *state == "RUNNING").map(|(index, _)| *index);
        let next = running.filter(|index| !struck.contains(index)).find(|index| is_at_work(*index));
        if let (Some(index), Some(blow)) = (next, blows.get(struck.len())) {
            slurm.begin(&format!("{blow} {array}_{index}"));
            struck.push(index);
        }
        jobs.is_empty()
    });
    assert_eq!(struck.len(), blows.len(), "{struck:?}");

    // What was cancelled is missing, and the same line makes it.
    let collected = featurescope(path, &["sweep", "collect", "shared", "--no-report"]);
    let printed = String::from_utf8_lossy(&collected.stdout).into_owned();
    assert_eq!(collected.status.success(), printed.contains("20 of 20"), "{printed}");
    slurm.command(line.trim());
    wait_for("the second array does not end", || slurm.jobs().is_empty());
    let collected = featurescope(path, &["sweep", "collect", "shared", "--no-report", "--json"]);
    assert!(collected.status.success(), "{}", String::from_utf8_lossy(&collected.stdout));
    let all: serde_json::Value = serde_json::from_slice(&collected.stdout).unwrap();
    let keys: Vec<String> =
        (all["runs"].as_array().unwrap().iter()).map(|run| run["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), RUNS);
    assert!(arms(&shared, &keys) == arms(&path.join("alone"), &keys), "the same bytes as on one machine");
    // Every run was ended once, by whatever job.
    let logs = (0..RUNS).map(|index| fs::read_to_string(shared.join(format!("logs/{index}.log"))).unwrap());
    let logs: Vec<String> = logs.collect();
    for key in &keys {
        let ends = logs.iter().flat_map(|log| log.lines());
        let ends = ends.filter(|line| line.contains(key.as_str()) && line.contains(": finished"));
        assert_eq!(ends.count(), 1, "{key}");
    }
}

impl Slurm {
    /// Begins a command and does not wait for it: `scancel` tries for minutes to signal a job that meanwhile puts
    /// itself back.
    fn begin(&self, line: &str) {
        let conf = self.folder.path().join("slurm.conf");
        let child = Command::new("bash").args(["-c", line]).env("SLURM_CONF", conf).spawn();
        drop(child.unwrap());
    }
}

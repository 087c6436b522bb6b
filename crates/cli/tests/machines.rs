//! The real binary on several machines that share a folder, each of them a process here: every run once, to the
//! same bytes, whatever is killed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Two arms that take a fraction of a second.
const SPEC: &str = r#"
seed = 3
[data]
latent_dim = 8
ambient_dim = 64
[network]
width = 12
[batch]
anchors = 16
negatives = 8
[training]
learning_rate = 0.5
steps = 20
first_energy_ratio = 1.2
[measure]
cadence = { kind = "every", steps = 2 }
samples = 16
[probe]
labels = [30]
validation_rows = 40
test_rows = 50
[arms.sampled]
[arms.reduced]
training.dynamics = "reduced"
"#;

/// A folder with the spec.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    folder
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("featurescope"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a process printed and said, with its exit code.
fn ended(child: Child) -> (String, String, Option<i32>) {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(stdout), text(stderr), status.code())
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let (printed, said, code) = ended(start(folder, arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {printed}\n{said}");
    printed
}

fn plan(folder: &Path, lists: &[&str]) -> Value {
    let arguments = [&["sweep", "plan", "spec.toml", "--json", "--out", "shared"], lists].concat();
    serde_json::from_str(&done(folder, &arguments)).unwrap()
}

fn keys(plan: &Value) -> Vec<String> {
    plan["runs"].as_array().unwrap().iter().map(|run| run["key"].as_str().unwrap().to_owned()).collect()
}

/// Every file of a sweep's runs, without what depends on the clock.
fn files(sweep: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                walk(root, &path, found);
            } else if name == "summary.json" {
                let text = fs::read_to_string(&path).unwrap();
                let kept: String = text.lines().filter(|line| !line.contains("\"wall_seconds\"")).collect();
                found.insert(path.strip_prefix(root).unwrap().to_owned(), kept.into_bytes());
            } else if name != ".lock" && name != "manifest.json" {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(sweep).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name.chars().all(|c| c.is_ascii_hexdigit()) {
            walk(sweep, &path, &mut found);
        }
    }
    found
}

/// The same sweep by `featurescope run` on one machine.
fn alone(folder: &Path, lists: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    done(folder, &[&["run", "spec.toml", "--no-report", "-q", "--out", "alone"], lists].concat());
    let found = files(&folder.join("alone"));
    assert!(!found.is_empty(), "a list of one value is no sweep");
    found
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn processes_that_race_make_every_run_once() {
    let folder = prepared();
    let lists = ["seed=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"];
    let expected = alone(folder.path(), &lists);
    let plan = plan(folder.path(), &lists);
    let cost = &plan["runs"][3];
    assert_eq!((cost["index"].as_u64(), cost["settings"]["seed"].as_u64()), (Some(3), Some(4)), "{cost}");
    assert!(["operations", "memory_bytes", "file_bytes"].iter().all(|key| cost[key].as_f64() > Some(0.0)));
    let left = |key: &str| {
        files(&folder.path().join("alone"))
            .iter()
            .filter(|(path, _)| path.starts_with(key))
            .map(|(_, bytes)| bytes.len() as f64)
            .sum::<f64>()
    };
    let key = cost["key"].as_str().unwrap();
    let ratio = left(key) / cost["file_bytes"].as_f64().unwrap();
    assert!((0.5..3.0).contains(&ratio), "files are {ratio} of what is planned");

    let workers: Vec<Child> =
        (0..4).map(|_| start(folder.path(), &["sweep", "run", "shared", "--threads", "1"])).collect();
    let mut made: Vec<String> = Vec::new();
    for worker in workers {
        let (_, said, code) = ended(worker);
        assert_eq!(code, Some(0), "{said}");
        let lines = said.lines().filter(|line| line.contains(": finished"));
        made.extend(lines.map(|line| line.split_whitespace().nth(1).unwrap().to_owned()));
    }
    let mut all = keys(&plan);
    all.sort();
    made.sort();
    assert_eq!(made, all);
    assert!(files(&folder.path().join("shared")) == expected);
    let printed = done(folder.path(), &["sweep", "collect", "shared", "--no-report"]);
    assert!(printed.contains("16 of 16 runs have ended"), "{printed}");
    assert!(!folder.path().join("shared/leases").exists());
}

/// A run that is killed in the middle is ended by another process, which goes on where it was.
#[test]
fn a_killed_worker_is_taken_over_to_the_same_bytes() {
    let folder = prepared();
    let lists = ["training.steps=150", "seed=[1,2]"];
    let expected = alone(folder.path(), &lists);
    let plan = plan(folder.path(), &lists);
    let shared = folder.path().join("shared");
    let partial = shared.join(format!("{}.partial", keys(&plan)[0]));
    let mut worker = start(folder.path(), &["sweep", "run", "shared", "--index", "0", "--save-every", "0"]);
    wait_for("no state is saved", || partial.join("arms/sampled/resume.state").is_file());
    worker.kill().unwrap();
    worker.wait().unwrap();
    let printed = ended(start(folder.path(), &["sweep", "collect", "shared", "--no-report"])).0;
    assert!(printed.contains("half made") && printed.contains("missing"), "{printed}");
    done(folder.path(), &["sweep", "run", "shared", "--save-every", "0"]);
    assert!(files(&shared) == expected);
    let manifest = fs::read_to_string(shared.join(&keys(&plan)[0]).join("manifest.json")).unwrap();
    assert!(manifest.contains("\"times_resumed\": 1"), "{manifest}");
}

/// The same where nobody can know that it was killed: the lease says that it is on another machine.
#[test]
fn a_worker_on_another_machine_is_taken_over_when_it_is_silent() {
    let folder = prepared();
    let lists = ["training.steps=1500", "seed=[1,2]"];
    let expected = alone(folder.path(), &lists);
    let key = keys(&plan(folder.path(), &lists)).remove(0);
    let shared = folder.path().join("shared");
    let how = ["--silence", "1", "--save-every", "0"];
    let arguments = [&["sweep", "run", "shared", "--index", "0"], &how[..]].concat();
    let mut worker = start(folder.path(), &arguments);
    let state = shared.join(format!("{key}.partial/arms/sampled/resume.state"));
    wait_for("no state is saved", || state.is_file());
    worker.kill().unwrap();
    worker.wait().unwrap();
    let lease = shared.join(format!("leases/{key}.1"));
    let mut entry: Value = serde_json::from_slice(&fs::read(&lease).unwrap()).unwrap();
    entry["holder"]["machine"] = "another".into();
    fs::write(&lease, entry.to_string()).unwrap();
    let (_, said, code) = ended(start(folder.path(), &[&["sweep", "run", "shared"], &how[..]].concat()));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("{key}: process ")), "it says who makes the run: {said}");
    assert!(files(&shared) == expected);
}

/// What schedulers send before they kill saves the run, and the same command goes on.
#[test]
fn a_signal_saves_the_run_and_the_same_command_goes_on() {
    let folder = prepared();
    let lists = ["training.steps=150", "seed=[1,2]"];
    let expected = alone(folder.path(), &lists);
    let key = keys(&plan(folder.path(), &lists)).remove(0);
    let shared = folder.path().join("shared");
    let command = ["sweep", "run", "shared", "--index", "0", "--save-every", "0"];
    let mut interrupted = 0;
    // Of the states that were saved, the newest: what an earlier worker has left does not say that this one has
    // begun, and a signal that comes before it listens would end it without a word.
    let saved = || {
        let others = fs::read_dir(&shared).into_iter().flatten().flatten().map(|entry| entry.path());
        let partial = others.filter(|path| path.display().to_string().contains(".partial"));
        let states = partial.filter_map(|path| fs::metadata(path.join("arms/sampled/resume.state")).ok());
        states.filter_map(|state| state.modified().ok()).max()
    };
    for signal in ["USR1", "USR2", "TERM"] {
        let before = saved();
        let worker = start(folder.path(), &command);
        let has_ended = || shared.join(&key).is_dir();
        wait_for(&format!("{key} is not begun"), || saved() > before || has_ended());
        let number = worker.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &number]).status().unwrap().success());
        let (_, said, code) = ended(worker);
        if code == Some(0) {
            // It was done before the signal came.
            break;
        }
        assert_eq!(code, Some(130), "{signal}: {said}");
        assert!(said.contains("`featurescope sweep run shared` goes on"), "{said}");
        interrupted += 1;
    }
    assert!(interrupted > 0, "the run was over before the first signal");
    done(folder.path(), &command);
    done(folder.path(), &["sweep", "run", "shared", "--index", "1"]);
    assert!(files(&shared) == expected);
}

#[test]
fn what_cannot_be_done_is_refused_in_a_sentence() {
    let folder = prepared();
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        let (_, said, found) = ended(start(folder.path(), arguments));
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    };
    refused(
        &["sweep", "run", "nothing"],
        2,
        &["holds no plan", "featurescope sweep plan SPEC --out nothing"],
    );
    let planned = plan(folder.path(), &["seed=[1,2]"]);
    let digest = planned["plan"].as_str().unwrap();
    refused(&["sweep", "run", "shared", "--index", "2"], 2, &["has no run 2", "0 to 1"]);
    refused(&["sweep", "run", "shared", "--key", "ff"], 2, &["has no run ff"]);
    plan(folder.path(), &["seed=[5,1,2]"]);
    let old = ["sweep", "run", "shared", "--index", "0", "--plan", digest];
    refused(&old, 2, &["planned again since", digest]);
    refused(&["resume", "shared"], 1, &["`featurescope sweep run shared` goes on"]);
    refused(&["sweep", "run", "shared", "--silence", "0"], 2, &["1 to 1e6"]);
    let slurm = ["sweep", "slurm", "spec.toml", "--time"];
    refused(&[&slurm[..], &["soon"]].concat(), 2, &["H:MM:SS"]);
    let file = folder.path().join("shared/plan.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"featurescope_version\": \"", "\"featurescope_version\": \"9")).unwrap();
    refused(&["sweep", "run", "shared"], 2, &["was planned by featurescope 9", "on every machine"]);
}

/// The script as a shell reads it, with what Slurm brings played by small programs.
#[test]
fn the_script_for_slurm_makes_runs_and_puts_interrupted_ones_back() {
    let folder = prepared();
    let arguments =
        ["sweep", "slurm", "spec.toml", "seed=[1,2]", "training.steps=100000", "--out", "it's shared"];
    let options = ["--partition", "short", "--time", "0:30:00", "--threads", "2", "--sbatch=--qos=long"];
    let printed = done(folder.path(), &[&arguments[..], &options[..]].concat());
    let script = folder.path().canonicalize().unwrap().join("it's shared/sweep.slurm");
    assert_eq!(printed, format!("sbatch '{}'\n", script.display().to_string().replace('\'', r"'\''")));
    let text = fs::read_to_string(&script).unwrap();
    for option in [
        "--array=0-1",
        "--partition=short",
        "--time=0:30:00",
        "--cpus-per-task=2",
        "--requeue",
        "--signal=B:USR1@120",
        "--qos=long",
        "--open-mode=append",
    ] {
        assert!(text.contains(&format!("#SBATCH {option}\n")), "{option}: {text}");
    }
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let told = folder.path().join("told");
    let scontrol = format!("#!/bin/sh\necho \"$@\" >> '{}'\n", told.display());
    fs::write(tools.join("scontrol"), scontrol).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(tools.join("scontrol")).status().unwrap().success());
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let job = Command::new("bash")
        .arg(&script)
        .envs([("PATH", path.as_str()), ("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_JOB_ID", "77")])
        .env("SLURM_CPUS_PER_TASK", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shared = folder.path().join("it's shared");
    wait_for("no run is begun", || {
        let names = fs::read_dir(&shared).unwrap().map(|entry| entry.unwrap().path());
        names.into_iter().any(|path| path.join("arms/sampled/records.journal").is_file())
    });
    // As Slurm does it: to the script alone.
    assert!(Command::new("kill").args(["-s", "USR1", &job.id().to_string()]).status().unwrap().success());
    let (_, said, code) = ended(job);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(fs::read_to_string(told).unwrap(), "requeue 77_1\n");
    let leases = fs::read_dir(shared.join("leases")).unwrap().map(|entry| entry.unwrap().path());
    let states: Vec<String> = leases.map(|lease| fs::read_to_string(lease).unwrap()).collect();
    assert!(states.len() == 1 && states[0].contains("\"state\": \"left\""), "{states:?}");
}

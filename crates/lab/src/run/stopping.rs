//! Runs that are stopped in every way there is, and forks: what comes out must not show it.

use super::*;
use crate::spec::{Layer, Spec};
use crate::status::Status;
use crate::store::faults::{self, Fault};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reaches T1 and T2 within a few steps, and has everything: both dynamics, labels, probes, trained and staged biases,
/// upper layers, heads, and running averages.
const SPEC: &str = r#"
seed = 3
[data]
noise_constant = 1.0
latent_dim = 8
ambient_dim = 64
[network]
width = 10
[batch]
anchors = 16
negatives = 8
[training]
weight_decay = 0.0
learning_rate = 0.5
steps = 14
first_energy_ratio = 1.2
second_energy_ratio = 1.2
[measure]
cadence = { kind = "every", steps = 3 }
samples = 16
[probe]
labels = [30]
validation_rows = 40
test_rows = 50
[arms.sampled]
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
[arms.none]
augmentation.kind = "none"
bias = { kind = "trained", learning_rate = 0.1 }
[arms.reduced]
training.dynamics = "reduced"
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
[arms.labels]
objective.kind = "regression"
training = { first_energy_ratio = 1.01, second_energy_ratio = 1.01 }
[arms.reduced_labels]
objective.kind = "regression"
training = { dynamics = "reduced", first_energy_ratio = 1.01, second_energy_ratio = 1.01 }
[arms.layers]
network = { kind = "two_layers", features = 6, upper_thresholds = "ruled", batch_norm = "upper" }
head = { kind = "mlp", hidden = 7, outputs = 5, batch_norm = "everywhere" }
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
training = { first_energy_ratio = 1.0001, second_energy_ratio = 1.0001 }
[arms.reduced_head]
head = { kind = "linear", outputs = 5, output = "normalised" }
training = { dynamics = "reduced", first_energy_ratio = 1.0001, second_energy_ratio = 1.0001 }
"#;

const FORKS: &str = r#"
[arms.late]
augmentation.kind = "none"
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
training.fork = "sampled@t1"
[arms.later]
objective.temperature = 2.0
bias = { kind = "staged", reset = 0.5, growth = 2.0, cap = 0.4 }
augmentation.kind = "none"
training.fork = "late@9"
"#;

fn plan(text: &str, arguments: &[&str]) -> Plan {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let layers =
        [Layer::parse(text, "spec.toml", Path::new("/")).unwrap(), Layer::overrides(&arguments).unwrap()];
    Plan::new(&Spec::from_layers(&layers).unwrap(), "stopped").unwrap()
}

/// The plan with only one of its arms.
fn only(arm: &str) -> Plan {
    let mut plan = plan(SPEC, &[]);
    plan.outline.arms.retain(|other| other.name == arm);
    plan
}

/// Goes on with whatever is in `folder`, saving after every step, until `stop` says so.
fn go_on(
    plan: &Plan,
    folder: &Path,
    save_every: Duration,
    mut stop: impl FnMut(Event<'_>) -> bool,
) -> Result<Summary, RunError> {
    let directory =
        RunDirectory::reopen(folder).or_else(|_| RunDirectory::create(folder))?.saving_every(save_every);
    let interrupt = AtomicBool::new(false);
    execute(plan, &directory, &interrupt, &mut |event| {
        if stop(event) {
            interrupt.store(true, Ordering::Relaxed);
        }
    })
}

fn finish(plan: &Plan, folder: &Path) -> Summary {
    go_on(plan, folder, Duration::ZERO, |_| false).unwrap()
}

/// Every file of a run, without what depends on the clock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() {
                collect(root, &path, found);
            } else if name == SUMMARY_FILE || name == MANIFEST_FILE {
                let mut value: serde_json::Value = read_json(&path).unwrap();
                without_times(&mut value);
                found.insert(name, value.to_string().into_bytes());
            } else if name != crate::store::LOCK_FILE {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

fn without_times(value: &mut serde_json::Value) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| !key.ends_with("_seconds") && key != "times_resumed");
        object.values_mut().for_each(without_times);
    }
}

fn assert_same(expected: &BTreeMap<String, Vec<u8>>, found: &BTreeMap<String, Vec<u8>>, when: &str) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{when}");
    for (name, bytes) in expected {
        assert!(*bytes == found[name], "{name} differs {when}");
    }
}

fn reference(plan: &Plan) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    // Never saved: what resuming has to equal is a run that does not know of it.
    go_on(plan, folder.path(), Duration::MAX, |_| false).unwrap();
    files(folder.path())
}

#[test]
fn the_runs_of_these_tests_reach_both_stages() {
    let folder = tempfile::tempdir().unwrap();
    let summary = finish(&plan(SPEC, &[]), folder.path());
    for (name, arm) in &summary.arms {
        assert!(arm.t1.is_some() && arm.t2.is_some(), "{name}: {:?} {:?}", arm.t1, arm.t2);
        assert!(!arm.probes.is_empty(), "{name}");
    }
}

/// Interrupted after every single step of every arm, and once within the probes of each and within the
/// yardsticks: every kind of learner goes on to the same bytes, and what was trained is not trained again.
#[test]
fn a_run_that_is_interrupted_at_every_step_leaves_the_same_bytes() {
    let plan = plan(SPEC, &[]);
    let expected = reference(&plan);
    let folder = tempfile::tempdir().unwrap();
    let (mut processes, mut finished) = (0, false);
    let mut probed: Vec<String> = Vec::new();
    while !finished {
        processes += 1;
        let mut is_first_of = |what: &str| {
            let is_first = !probed.iter().any(|other| other == what);
            probed.push(what.to_owned());
            is_first
        };
        let mut stepped = false;
        let summary = go_on(&plan, folder.path(), Duration::MAX, |event| match event {
            Event::Stepped { .. } => {
                stepped = true;
                true
            }
            Event::ProbesStarted { arm } => {
                let is_first = is_first_of(arm);
                assert!(is_first || !stepped, "{arm} is trained again after its probes were interrupted");
                is_first
            }
            Event::YardsticksStarted => is_first_of("yardsticks"),
            _ => false,
        })
        .unwrap();
        finished = summary.status == Status::Finished;
        let yardsticks = folder.path().join(YARDSTICKS_FILE);
        assert_eq!(finished, yardsticks.exists(), "they come last");
        let left = folder.path().join("arms/sampled/checkpoint-interrupted.safetensors");
        assert_eq!(left.exists(), processes <= 15, "after {processes} processes");
        assert!(processes < 200, "the run does not get on");
    }
    assert!(processes > 7 * 14, "{processes} processes");
    assert_same(&expected, &files(folder.path()), "after interruptions");
    let manifest = StoredManifest::read(folder.path()).unwrap().unwrap();
    assert_eq!(manifest.times_resumed, processes - 1);
}

/// What a run is worth after operation `at` on the disk went wrong: a clear error, and a folder that can go on to the
/// same bytes. Returns the number of operations of the run.
fn fails_and_goes_on(
    plan: &Plan,
    expected: &BTreeMap<String, Vec<u8>>,
    fault: Fault,
    at: usize,
    save_every: Duration,
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let (result, operations) = faults::with(fault, at, || go_on(plan, &run, save_every, |_| false));
    let when = format!("after {fault:?} at operation {at}");
    match result {
        // A write that takes fewer bytes is no failure, and a disk that is full after the last write neither.
        Ok(_) => {
            let may_pass = [Fault::ShortWrite, Fault::Full].contains(&fault) || at >= operations;
            assert!(may_pass, "{when}: it went unnoticed");
        }
        Err(error) => {
            assert!(fault != Fault::ShortWrite, "{when}: {error}");
            let message = format!("{error}");
            assert!(message.contains("run"), "{when}: no file is named: {message}");
            finish(plan, &run);
        }
    }
    assert_same(expected, &files(&run), &when);
    operations
}

/// Operations on the disk fail in every way: one in `strides[0]` where the state is saved after every step, which repeats
/// itself, one in `strides[1]` where it is never saved. Returns the number of faults.
fn every_fault(arms: &[&str], strides: [usize; 2]) -> usize {
    let mut tried = 0;
    for (number, arm) in arms.iter().enumerate() {
        let plan = only(arm);
        let expected = reference(&plan);
        for (save_every, stride) in [Duration::ZERO, Duration::MAX].into_iter().zip(strides) {
            for (shift, fault) in Fault::ALL.into_iter().enumerate() {
                let mut at = (number + 3 * shift) % stride;
                while at < fails_and_goes_on(&plan, &expected, fault, at, save_every) {
                    tried += 1;
                    at += stride;
                }
            }
        }
    }
    tried
}

#[test]
fn a_disk_that_fails_costs_nothing_but_time() {
    assert!(every_fault(&["sampled", "reduced_labels"], [101, 29]) > 20);
}

/// Every operation of a run that is not saved on the way, in every way, and one in seven of those that are: seven shares no
/// factor with the operations of a step, so each kind is met. Minutes; its figures stand in docs/reliability.md.
#[test]
#[ignore = "takes minutes; run when files are written in another way"]
fn a_disk_that_fails_anywhere_costs_nothing_but_time() {
    let tried = every_fault(&["sampled", "none", "reduced", "labels", "reduced_labels"], [7, 1]);
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{tried} faults\n").as_bytes());
    assert!(tried > 1000, "{tried} faults");
}

/// A fork that changes nothing is the arm that it left; where it starts from does not matter.
#[test]
fn a_fork_without_changes_is_the_arm_that_it_left() {
    let text = |at: &str| {
        format!(
            "{SPEC}[arms.same]\nbias = {{ kind = \"staged\", reset = 0.5, growth = 2.0, cap = 0.4 }}\ntraining.fork = \"sampled@{at}\"\n"
        )
    };
    for at in ["t1", "t2", "5", "0"] {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan(&text(at), &[]);
        plan.outline.arms.retain(|arm| ["sampled", "same"].contains(&arm.name.as_str()));
        finish(&plan, folder.path());
        let arm = |name: &str| files(&folder.path().join("arms").join(name));
        let (mut parent, mut child) = (arm("sampled"), arm("same"));
        // It holds the matrices that the parent kept to the end, not all that were there on the way.
        for arm in [&mut parent, &mut child] {
            arm.remove(crate::store::ALIGNMENT_FILE).unwrap();
        }
        assert_same(&parent, &child, &format!("forked at {at}"));
    }
}

/// Forks and forks of forks, stopped at every step; and made without the checkpoints of the arms that they left.
#[test]
fn forks_are_the_same_however_they_came_about() {
    let mut plan = plan(&format!("{SPEC}{FORKS}"), &[]);
    plan.outline.arms.retain(|arm| ["sampled", "late", "later"].contains(&arm.name.as_str()));
    let expected = reference(&plan);
    let records = |name: &str| &expected[&format!("arms/{name}/records.parquet")];
    assert!(records("sampled") != records("late") && records("late") != records("later"));
    let folder = tempfile::tempdir().unwrap();
    while go_on(&plan, folder.path(), Duration::MAX, |event| matches!(event, Event::Stepped { .. }))
        .unwrap()
        .status
        != Status::Finished
    {}
    assert_same(&expected, &files(folder.path()), "after interruptions");

    // Without checkpoints that know what measurements remember a fork is trained from the start.
    let folder = tempfile::tempdir().unwrap();
    go_on(&plan, folder.path(), Duration::MAX, |event| {
        if let Event::ArmEnded { arm: "sampled" | "late", .. } = event {
            for name in ["sampled", "late"] {
                let path = folder.path().join("arms").join(name).join("checkpoint-t1.safetensors");
                if let Ok(mut checkpoint) = crate::store::read_whole_checkpoint(&path) {
                    checkpoint.memory.clear();
                    crate::store::write_checkpoint(&path, &checkpoint).unwrap();
                }
            }
        }
        false
    })
    .unwrap();
    let found = files(folder.path());
    for name in ["late", "later"] {
        for file in ["records.parquet", "neurons.parquet", "checkpoint-final.safetensors", "probes.json"] {
            let file = format!("arms/{name}/{file}");
            assert!(found[&file] == expected[&file], "{file} differs when trained from the start");
        }
    }
}

#[test]
fn forks_that_cannot_be_are_refused() {
    let refused = |fork: &str, more: &[&str], expected: &str| {
        let text = format!("{SPEC}[arms.child]\ntraining.fork = \"{fork}\"\n");
        let arguments: Vec<String> = more.iter().map(ToString::to_string).collect();
        let layers = [
            Layer::parse(&text, "spec.toml", Path::new("/")).unwrap(),
            Layer::overrides(&arguments).unwrap(),
        ];
        let message = Plan::new(&Spec::from_layers(&layers).unwrap(), "x").unwrap_err().to_string();
        assert!(message.contains("arm child") && message.contains(expected), "{message}");
    };
    refused("sampled", &[], "ARM@STEP");
    refused("sampled@soon", &[], "ARM@STEP");
    refused("child@3", &[], "no such arm before");
    refused("sampled@15", &[], "ends after 14 steps");
    refused("sampled@14", &[], "leaves no step");
    refused("reduced@3", &[], "training.dynamics");
    refused("sampled@3", &["arms.child.network.width=11"], "network");
    refused("sampled@3", &["arms.child.measure.potential_per_atom=1"], "potential_per_atom");
}

/// What another version, another machine or a bad disk has done is told; nothing is silently made of it.
#[test]
fn a_run_of_another_version_is_refused_and_damage_starts_the_arm_again() {
    let plan = only("sampled");
    let expected = reference(&plan);
    let folder = tempfile::tempdir().unwrap();
    let stop = |event: Event<'_>| matches!(event, Event::Stepped { step: 9, .. });
    go_on(&plan, folder.path(), Duration::MAX, stop).unwrap();
    let manifest = folder.path().join(MANIFEST_FILE);
    let text = fs::read_to_string(&manifest).unwrap();
    let refused = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{text}");
        fs::write(&manifest, text.replace(from, to)).unwrap();
        let error = go_on(&plan, folder.path(), Duration::MAX, |_| false).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(expected) && !error.can_be_resumed(), "{message}");
        fs::write(&manifest, &text).unwrap();
    };
    refused("\"format_version\": 2", "\"format_version\": 1", "format version is 1, this program reads 2");
    let version = format!("\"featurescope_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    refused(&version, "\"featurescope_version\": \"0.0.7\"", "begun by featurescope 0.0.7");
    let arm = folder.path().join("arms/sampled");
    for file in [crate::store::RESUME_FILE, crate::store::JOURNAL_FILE] {
        let copy = tempfile::tempdir().unwrap();
        copy_tree(folder.path(), copy.path());
        let path = copy.path().join("arms/sampled").join(file);
        let mut bytes = fs::read(arm.join(file)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let mut notes = Vec::new();
        go_on(&plan, copy.path(), Duration::MAX, |event| {
            if let Event::Note(note) = event {
                notes.push(note.to_owned());
            }
            false
        })
        .unwrap();
        assert!(notes.len() == 1 && notes[0].contains("checksum") && notes[0].contains(file), "{notes:?}");
        assert_same(&expected, &files(copy.path()), "after damage");
    }
    finish(&plan, folder.path());
    assert_same(&expected, &files(folder.path()), "in the end");
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What was written aside when the process was killed does not stay, wherever it was.
#[test]
fn nothing_that_was_written_aside_stays() {
    let plan = only("sampled");
    let expected = reference(&plan);
    let folder = tempfile::tempdir().unwrap();
    go_on(&plan, folder.path(), Duration::MAX, |event| matches!(event, Event::Stepped { step: 2, .. }))
        .unwrap();
    // Settings, data and yardsticks are there: nothing is written aside for them any more.
    let there = ["spec.toml", "data.safetensors", "yardsticks.json"];
    let open = expected.keys().map(String::as_str).filter(|name| !there.contains(name));
    for name in open.chain([
        "arms/sampled/resume.state",
        "arms/sampled/records.journal",
        "arms/sampled/checkpoint-interrupted.safetensors",
    ]) {
        fs::write(folder.path().join(format!("{name}.tmp")), "half").unwrap();
    }
    go_on(&plan, folder.path(), Duration::MAX, |_| false).unwrap();
    assert_same(&expected, &files(folder.path()), "after leftovers");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml.tmp"), "half").unwrap();
    finish(&plan, folder.path());
    assert_same(&expected, &files(folder.path()), "after a kill at the start");
}

#[test]
fn a_run_that_is_in_use_is_refused_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let plan = only("sampled");
    let directory = RunDirectory::create(folder.path()).unwrap();
    let message = go_on(&plan, folder.path(), Duration::MAX, |_| false).unwrap_err().to_string();
    assert!(message.contains(&format!("in use by process {}", std::process::id())), "{message}");
    drop(directory);
    finish(&plan, folder.path());
}

//! Runs at every moment of their life, and folders that hold something else.

use super::*;
use crate::run::{Event, MANIFEST_FILE, RunDirectory, execute};
use crate::spec::{Layer, Spec};
use crate::store::{JOURNAL_FILE, LOCK_FILE, RESUME_FILE, read_neurons, read_saved_progress};
use crate::sweep::{SweepFolder, SweepPlan, execute as make_sweep};
use crate::tiny;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// Makes the tiny run in `folder`, up to an interruption at `step` of the arm `arm`.
fn make(folder: &Path, stop: Option<(&str, u64)>) {
    let plan = tiny::plan(&[]).unwrap();
    let directory = if folder.join("spec.toml").is_file() {
        RunDirectory::reopen(folder).unwrap()
    } else {
        RunDirectory::create(folder).unwrap()
    };
    let (interrupt, mut current) = (AtomicBool::new(false), String::new());
    let directory = directory.saving_every(Duration::ZERO);
    execute(&plan, &directory, &interrupt, &mut |event| match event {
        Event::ArmStarted { arm, .. } => arm.clone_into(&mut current),
        Event::Stepped { step, .. } if stop == Some((current.as_str(), step)) => {
            interrupt.store(true, Ordering::Relaxed);
        }
        _ => {}
    })
    .unwrap();
}

fn follow(folder: &Path) -> Follower {
    Follower::new(&[folder.to_path_buf()]).unwrap()
}

fn only(follower: &mut Follower) -> RunView {
    let mut runs = follower.look();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// What a kill leaves: a manifest of a run under way, and the number of a process that is gone.
fn as_if_killed(run: &Path) {
    let path = run.join(MANIFEST_FILE);
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["status"] = "running".into();
    manifest["arms"].as_object_mut().unwrap().retain(|_, end| end["stop_reason"] != "interrupted");
    fs::write(&path, manifest.to_string()).unwrap();
    fs::write(run.join(LOCK_FILE), "process 4194304").unwrap();
}

#[test]
fn a_run_is_followed_from_a_kill_over_its_resumption_to_its_end() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    make(&run, Some(("none", 4)));
    as_if_killed(&run);
    let mut follower = follow(&run);
    let view = only(&mut follower);
    assert_eq!(view.standing, if cfg!(target_os = "linux") { Standing::Stopped } else { Standing::Running });
    let [first, second] = &view.arms[..] else { panic!("{view:?}") };
    assert_eq!((first.name.as_str(), first.standing, first.step), ("random_mask", Standing::Finished, 6));
    assert_eq!((second.standing, second.step, second.steps, second.records), (view.standing, 4, Some(6), 3));
    assert_eq!(first.figures.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().len(), 2);
    assert!(first.figures.iter().all(|figure| (0.0..=1.0).contains(&figure.last)));

    // The time left is that of two steps at the pace of the first four.
    let saved = read_saved_progress(&run.join("arms/none").join(RESUME_FILE)).unwrap();
    assert_eq!(saved.step, 4);
    let left = view.seconds_left.unwrap();
    assert!((left - 2.0 * saved.seconds / 4.0).abs() <= 1e-12 * left, "{left}");

    // While another process works on it, and in the end.
    fs::write(run.join(LOCK_FILE), format!("process {}", std::process::id())).unwrap();
    assert_eq!(only(&mut follower).standing, Standing::Running);
    make(&run, None);
    let view = only(&mut follower);
    assert_eq!((view.standing, view.times_resumed, view.seconds_left), (Standing::Finished, 1, Some(0.0)));
    assert!(view.arms.iter().all(|arm| arm.standing == Standing::Finished && arm.records == 4));
    assert!(!run.join("arms/none").join(JOURNAL_FILE).exists());
    // Another process that watches from now on sees the same.
    assert_eq!(only(&mut follow(&run)), view);
}

/// The neurons of the journal are those of the table that is made of it.
#[test]
fn neurons_are_those_of_the_last_record() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    make(&run, Some(("none", 6)));
    let mut follower = follow(&run);
    only(&mut follower);
    let live = follower.detail(0).unwrap();
    assert_eq!(live.latent_dim, Some(16));
    make(&run, None);
    only(&mut follower);
    let stored = follower.detail(0).unwrap();
    for (live, stored) in live.arms.iter().zip(&stored.arms) {
        let (live, stored) = (live.neurons.as_ref().unwrap(), stored.neurons.as_ref().unwrap());
        assert!(live == stored && live.step == 6 && live.best_atom.len() == 12);
    }
    let table = read_neurons(&run.join("arms/none/neurons.parquet")).unwrap();
    assert_eq!(table.column("alignment").unwrap().row(3), stored.arms[1].neurons.as_ref().unwrap().alignment);
    assert!(follower.detail(1).is_none());
}

#[test]
fn a_broken_run_hides_no_other_and_recovers() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        make(&root.path().join(name), None);
    }
    fs::create_dir(root.path().join("nothing")).unwrap();
    fs::write(root.path().join("a/arms/none/records.parquet"), "no table").unwrap();
    let manifest = fs::read(root.path().join("b").join(MANIFEST_FILE)).unwrap();
    fs::write(root.path().join("b").join(MANIFEST_FILE), "{").unwrap();
    let mut follower = follow(root.path());
    let runs = follower.look();
    assert_eq!(runs.len(), 3);
    assert!(runs[0].arms[1].problem.as_ref().unwrap().contains("records.parquet"));
    assert_eq!(runs[0].arms[0].records, 4);
    assert_eq!(runs[1].standing, Standing::Unreadable);
    assert!(runs[1].problem.as_ref().unwrap().contains(MANIFEST_FILE), "{:?}", runs[1]);
    assert_eq!((runs[2].standing, runs[2].problem.clone()), (Standing::Finished, None));
    fs::write(root.path().join("b").join(MANIFEST_FILE), manifest).unwrap();
    let again = &follower.look()[1];
    assert_eq!((again.standing, again.problem.clone()), (Standing::Finished, None));
}

#[test]
fn a_sweep_fills_and_says_what_failed() {
    let root = tempfile::tempdir().unwrap();
    let mut layers = crate::experiments::Experiment::find("smoke").unwrap().layers(false).unwrap();
    let small = ["network.width=12", "training.steps=6", "measure.samples=16", "probe.labels=[]"];
    layers.push(Layer::overrides(&texts(&small)).unwrap());
    layers.push(Layer::overrides(&texts(&["seed=[1,2]"])).unwrap());
    let plan = SweepPlan::new(Spec::all_from_layers(&layers).unwrap(), "tiny").unwrap();
    let folder = SweepFolder::open(root.path()).unwrap();
    let keys: Vec<String> = plan.runs.iter().map(|run| run.id.clone()).collect();
    make_sweep(&plan, &folder, (1, 1), &AtomicBool::new(false), &|_| {}).unwrap();

    let mut follower = follow(root.path());
    let runs = follower.look();
    assert_eq!(runs.iter().map(|run| run.point.as_str()).collect::<Vec<_>>(), ["seed=1", "seed=2"]);
    assert!(runs.iter().all(|run| run.standing == Standing::Finished && run.arms.len() == 2));

    // One goes back to being made, by a process that is gone; then its lease says that it failed.
    let partial = root.path().join(format!("{}.partial-2", keys[1]));
    fs::rename(root.path().join(&keys[1]), &partial).unwrap();
    as_if_killed(&partial);
    let stopped = follower.look().remove(1);
    assert!(matches!(stopped.standing, Standing::Stopped | Standing::Running), "{stopped:?}");
    assert_eq!(stopped.arms.len(), 2);
    let holder = serde_json::to_value(crate::sweep::Process::current()).unwrap();
    let mut lease = serde_json::json!({
        "state": "held", "holder": holder, "featurescope_version": "0", "silence_seconds": 120.0, "beats": 1
    });
    let path = root.path().join("leases").join(format!("{}.2", keys[1]));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, lease.to_string()).unwrap();
    assert_eq!(follower.look()[1].standing, Standing::Running);
    (lease["state"], lease["error"], lease["can_be_resumed"]) =
        ("failed".into(), "the disk is full".into(), true.into());
    fs::write(&path, lease.to_string()).unwrap();
    let failed = follower.look().remove(1);
    assert_eq!((failed.standing, failed.problem.as_deref()), (Standing::Failed, Some("the disk is full")));
    assert_eq!(follower.look()[0], runs[0]);
}

/// Another run in the same folder is another run.
#[test]
fn a_folder_that_was_emptied_is_read_anew() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    make(&run, None);
    let mut follower = follow(root.path());
    only(&mut follower);
    fs::remove_dir_all(&run).unwrap();
    let view = only(&mut follower);
    assert_eq!((view.standing, view.arms.len()), (Standing::Planned, 0));
    make(&run, Some(("random_mask", 2)));
    let view = only(&mut follower);
    assert_eq!((view.standing, view.arms[0].step), (Standing::Interrupted, 2));
    assert_eq!(view.arms[1].standing, Standing::Planned);
}

#[test]
#[cfg(unix)]
fn links_lead_nowhere_and_a_folder_that_is_none_is_refused() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let (inside, outside) = (root.path().join("inside"), root.path().join("outside"));
    make(&outside.join("run"), None);
    fs::create_dir_all(inside.join("linked-files")).unwrap();
    symlink(outside.join("run"), inside.join("linked-run")).unwrap();
    symlink(outside.join("run/spec.toml"), inside.join("linked-files/spec.toml")).unwrap();
    assert_eq!(follow(&inside).look(), []);
    let error = Follower::new(&[root.path().join("nowhere")]).unwrap_err().to_string();
    assert!(error.contains("nowhere") && error.contains("a sweep"), "{error}");
}

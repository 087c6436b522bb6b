//! Several processes over one folder: every run once, to the same bytes; what does not fit together is refused.

use super::super::lease::{LEASES_FOLDER, Taking};
use super::super::make::{Made, make};
use super::super::shared::PLAN_FILE;
use super::*;
use crate::identity::Contents;
use crate::run::{MANIFEST_FILE, SPEC_FILE};
use crate::store::LOCK_FILE;
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::mpsc;
use std::time::Duration;

const SILENCE: Duration = Duration::from_millis(200);

/// Plans a sweep for several machines.
pub(super) fn share(arguments: &[&str], path: &Path) -> (SweepPlan, SharedPlan) {
    let points = points(arguments);
    let plan = SweepPlan::fitting(points.clone(), "tiny", Fit::Elsewhere).unwrap();
    let shared = SharedPlan::write(&plan, &points, &SweepFolder::open(path).unwrap()).unwrap();
    (plan, shared)
}

pub(super) fn join(path: &Path) -> SweepFolder {
    SweepFolder::join(path).unwrap().giving_up_after(SILENCE).saving_every(Duration::ZERO)
}

/// What one process does: the runs that it made, and what failed.
pub(super) fn worker(path: &Path) -> (Vec<String>, Vec<(String, String)>) {
    let plan = SharedPlan::read(path).unwrap().sweep(path).unwrap();
    let made = Mutex::new(Vec::new());
    let on_event = |event| {
        if let SweepEvent::Ended { id, .. } = event {
            made.lock().unwrap().push(id);
        }
    };
    let never = AtomicBool::new(false);
    let failed = take_part(&plan.runs, &join(path), (1, 1), Retry::OfMachines, &never, &on_event).unwrap();
    (made.into_inner().unwrap(), failed)
}

/// Every file of the runs of a sweep, without what depends on the clock.
pub(super) fn contents(sweep: &Path, runs: &[PlannedRun]) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() {
                walk(root, &path, found);
            } else if !path.ends_with(LOCK_FILE) && !path.ends_with(MANIFEST_FILE) {
                let bytes = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                let kept = text.lines().filter(|line| !line.contains("_seconds\""));
                let bytes = if name.ends_with("summary.json") {
                    kept.collect::<String>().into_bytes()
                } else {
                    bytes
                };
                found.insert(name, bytes);
            }
        }
    }
    let mut found = BTreeMap::new();
    for run in runs {
        walk(sweep, &sweep.join(&run.id), &mut found);
    }
    found
}

/// A sweep on one machine, to compare with.
pub(super) fn alone(arguments: &[&str], path: &Path) -> BTreeMap<String, Vec<u8>> {
    let plan = plan(arguments);
    make_alone(&plan, path);
    contents(path, &plan.runs)
}

/// As the function around these tests: the `make` of this file is that of one run.
fn make_alone(plan: &SweepPlan, path: &Path) {
    super::make(plan, path, 1);
}

#[test]
fn several_workers_make_every_run_once_to_the_bytes_of_one_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (one, shared) = (folder.path().join("one"), folder.path().join("shared"));
    let lists = ["seed=[1,2,3,4,5,6,7,8]"];
    let sweep = plan(&lists);
    make_alone(&sweep, &one);
    share(&lists, &shared);
    let start = Barrier::new(4);
    let made: Vec<Vec<String>> = std::thread::scope(|scope| {
        let work = || {
            start.wait();
            worker(&shared).0
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut all = made.concat();
    all.sort();
    let mut expected: Vec<String> = sweep.runs.iter().map(|run| run.id.clone()).collect();
    expected.sort();
    assert_eq!(all, expected, "{made:?}");
    assert!(contents(&one, &sweep.runs) == contents(&shared, &sweep.runs));
    let collected = collect(&sweep, &SweepFolder::open(&shared).unwrap()).unwrap();
    assert!(collected.is_complete() && !shared.join(LEASES_FOLDER).exists());
    let index = |path: &Path| fs::read(path.join(SWEEP_FILE)).unwrap();
    assert!(index(&one) == index(&shared), "whoever makes them, the index is the same");
}

/// A worker that is only slow, and is taken over, does not disturb the other, and nothing is there twice.
#[test]
fn a_slow_worker_is_taken_over_and_both_come_to_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let (one, path) = (folder.path().join("one"), folder.path().join("shared"));
    let (sweep, _) = share(&["seed=[1]"], &path);
    make_alone(&sweep, &one);
    let run = &sweep.runs[0];
    let (let_go, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    let wait = Mutex::new(Some((begun, wait)));
    std::thread::scope(|scope| {
        let (path, wait) = (&path, &wait);
        let slow = scope.spawn(move || {
            let leases = join(path).giving_up_after(SILENCE * 10_000).leases();
            let Taking::Taken(lease) = leases.take(&run.id, 0, Retry::All).unwrap() else {
                panic!("nobody else has it yet")
            };
            let mut steps = 0;
            let on_event = Mutex::new(|event| {
                steps += usize::from(matches!(event, SweepEvent::Advanced { .. }));
                if steps == 3
                    && let Some((begun, wait)) = wait.lock().unwrap().take()
                {
                    begun.send(()).unwrap();
                    wait.recv().unwrap();
                }
            });
            let listen = |event| (on_event.lock().unwrap())(event);
            make(run, &join(path), *lease, &AtomicBool::new(false), &listen)
        });
        has_begun.recv().unwrap();
        // Seen from another machine it has been silent since.
        let lease = path.join(LEASES_FOLDER).join(format!("{}.1", run.id));
        let mut entry: serde_json::Value = serde_json::from_slice(&fs::read(&lease).unwrap()).unwrap();
        entry["holder"]["machine"] = "another one".into();
        entry["silence_seconds"] = 0.1.into();
        fs::write(&lease, entry.to_string()).unwrap();
        let (made, failed) = worker(path);
        assert_eq!((made, failed), (vec![run.id.clone()], vec![]));
        let_go.send(()).unwrap();
        assert_eq!(slow.join().unwrap().unwrap(), Made::Lost);
    });
    assert!(contents(&one, &sweep.runs) == contents(&path, &sweep.runs));
    let rest = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(rest.into_iter().all(|name| !name.contains("partial")));
}

/// What is left half made is gone on with by another worker, not begun again.
#[test]
fn an_interrupted_worker_leaves_its_run_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (one, path) = (folder.path().join("one"), folder.path().join("shared"));
    let (sweep, _) = share(&["seed=[1]"], &path);
    make_alone(&sweep, &one);
    let interrupt = AtomicBool::new(false);
    let stop = |event| {
        if matches!(event, SweepEvent::Advanced { .. }) {
            interrupt.store(true, Ordering::Relaxed);
        }
    };
    take_part(&sweep.runs, &join(&path), (1, 1), Retry::All, &interrupt, &stop).unwrap();
    let standing =
        |path: &Path| collect(&sweep, &SweepFolder::open(path).unwrap()).unwrap().runs[0].1.clone();
    assert_eq!(standing(&path), Standing::HalfMade);
    assert_eq!(worker(&path).0.len(), 1);
    let manifest = fs::read_to_string(path.join(&sweep.runs[0].id).join("manifest.json")).unwrap();
    assert!(manifest.contains("\"times_resumed\": 1"), "{manifest}");
    assert!(contents(&one, &sweep.runs) == contents(&path, &sweep.runs));
    assert!(matches!(standing(&path), Standing::Ended(Status::Finished, _)));
}

/// Files that settings name travel with the plan, so nothing outside the folder is needed.
#[test]
fn a_plan_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let given = folder.path().join("M.txt");
    let columns = Dictionary::haar(64, 16, 1).unwrap().atoms().transposed();
    let row = |row: &[f32]| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    fs::write(&given, columns.iter_rows().map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let file = format!("data.dictionary.path={}", given.display());
    let lists = ["data.dictionary.kind=file", &file, "seed=[1,2]"];
    let expected = alone(&lists, &folder.path().join("one"));
    let (sweep, _) = share(&lists, &folder.path().join("shared"));
    fs::remove_file(&given).unwrap();
    fs::rename(folder.path().join("shared"), folder.path().join("moved")).unwrap();
    let path = folder.path().join("moved");
    assert_eq!(worker(&path).0.len(), 2);
    assert!(contents(&path, &sweep.runs) == expected);
}

#[test]
fn a_longer_plan_adds_and_jobs_of_the_shorter_one_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (_, first) = share(&["seed=[1,2]"], path);
    assert_eq!(worker(path).0.len(), 2);
    let (_, second) = share(&["seed=[3,1,2]"], path);
    assert_ne!(first.runs[0].key, second.runs[0].key, "its index means another run now");
    let message = second.require(&first.digest().short(), path).unwrap_err().to_string();
    assert!(
        message.contains("planned again since") && message.contains(&first.digest().short()),
        "{message}"
    );
    second.require(&second.digest().short(), path).unwrap();
    assert_eq!(worker(path).0, [second.runs[0].key.clone()]);
    let message = second.at(3, path).unwrap_err().to_string();
    assert!(message.contains("has no run 3: it has 0 to 2"), "{message}");
    let message = second.with_key("abc", path).unwrap_err().to_string();
    assert!(message.contains("has no run abc: it has 3 runs"), "{message}");
}

#[test]
fn plans_that_cannot_be_relied_on_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let message = SharedPlan::read(path).unwrap_err().to_string();
    assert!(message.contains("featurescope sweep plan"), "{message}");
    let (sweep, shared) = share(&["seed=[1,2]"], path);
    let text = fs::read_to_string(path.join(PLAN_FILE)).unwrap();
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from));
        fs::write(path.join(PLAN_FILE), text.replace(from, to)).unwrap();
        let message = SharedPlan::read(path).unwrap_err().to_string();
        fs::write(path.join(PLAN_FILE), &text).unwrap();
        message
    };
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    let message = replaced(&version, "\"0.0.1\"");
    assert!(
        message.contains("was planned by featurescope 0.0.1") && message.contains("every machine"),
        "{message}"
    );
    let message = replaced(&format!("\"{}\"", sweep.runs[0].id), "\"../x\"");
    assert!(message.contains("`../x` is not the key of a run"), "{message}");
    assert!(replaced("\"format_version\": 2", "\"format_version\": 1").contains("format version is 1"));

    // Settings that were changed by hand are those of another run; the others are not concerned.
    let file = path.join("points").join(format!("{}.toml", shared.runs[0].key));
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(&file, settings.replace("steps = 6", "steps = 7")).unwrap();
    let message = shared.planned(&shared.runs[0], path, &mut Contents::default()).unwrap_err().to_string();
    assert!(message.contains("plan the sweep again") && message.contains(&shared.runs[0].key), "{message}");
    assert!(shared.planned(&shared.runs[1], path, &mut Contents::default()).is_ok());
}

/// A folder under the name of a run that holds another one is told, and hides no other.
#[test]
fn a_run_in_the_wrong_folder_is_told_and_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (sweep, _) = share(&["seed=[1,2,3]"], path);
    assert_eq!(worker(path).0.len(), 3);
    let [first, second] = [0, 1].map(|run: usize| path.join(&sweep.runs[run].id));
    fs::remove_dir_all(&first).unwrap();
    fs::rename(&second, &first).unwrap();
    let (made, failed) = worker(path);
    assert_eq!(made, [sweep.runs[1].id.clone()]);
    assert!(failed.len() == 1 && failed[0].1.contains("does not hold run"), "{failed:?}");
    let collected = collect(&sweep, &SweepFolder::open(path).unwrap()).unwrap();
    assert!(matches!(&collected.runs[0].1, Standing::Failed(error) if error.contains("move it away")));
    assert!(collected.runs[1..].iter().all(|(_, standing)| matches!(standing, Standing::Ended(..))));
    let problem = &collected.index.points[0].problem;
    assert!(problem.as_ref().is_some_and(|problem| problem.contains("move it away")));
    assert!(first.join(SPEC_FILE).is_file(), "nothing was removed");
}

//! Sweeps of tiny runs: what is made, what is not made again, what changes nothing.

use super::table::{figures, rows};
use super::*;
use crate::experiments::Experiment;
use crate::plan::Plan;
use crate::run::{RunDirectory, execute as execute_run};
use crate::spec::{Layer, Point, Spec};
use crate::status::Status;
use featurescope_sim::data::Dictionary;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

mod failing;
mod leases;
mod sharing;

const TINY: &[&str] = &[
    "data.ambient_dim=64",
    "network.width=12",
    "batch.anchors=16",
    "batch.negatives=8",
    "training.steps=6",
    "measure.samples=16",
    "probe.labels=[40]",
    "probe.validation_rows=50",
    "probe.test_rows=60",
];

fn points(arguments: &[&str]) -> Vec<Point> {
    let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let arguments: Vec<String> = TINY.iter().chain(arguments).map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Spec::all_from_layers(&layers).unwrap()
}

fn plan(arguments: &[&str]) -> SweepPlan {
    SweepPlan::new(points(arguments), "tiny").unwrap()
}

/// Makes the sweep; returns its index and the runs that were made, by name.
fn make(plan: &SweepPlan, path: &Path, jobs: usize) -> (SweepIndex, Vec<String>) {
    let made = Mutex::new(Vec::new());
    let folder = SweepFolder::open(path).unwrap();
    let on_event = |event| {
        if let SweepEvent::Ended { id, .. } = event {
            made.lock().unwrap().push(id);
        }
    };
    let (index, is_complete) = execute(plan, &folder, (jobs, 1), &AtomicBool::new(false), &on_event).unwrap();
    assert!(is_complete);
    (index, made.into_inner().unwrap())
}

#[test]
fn a_run_is_made_once_and_a_longer_list_only_adds() {
    let folder = tempfile::tempdir().unwrap();
    let (index, made) = make(&plan(&["seed=[1,2]"]), folder.path(), 2);
    assert_eq!((index.points.len(), made.len()), (2, 2));
    assert!(index.warnings.is_empty(), "{:?}", index.warnings);
    let (_, made) = make(&plan(&["seed=[2,1,3]"]), folder.path(), 2);
    assert_eq!(made.len(), 1, "two are there already");
    let (index, made) = make(&plan(&["seed=[1,2,3]"]), folder.path(), 1);
    assert!(made.is_empty());
    assert_eq!(index.points.len(), 3);
    let rows = rows(&index, &SweepFolder::open(folder.path()).unwrap(), &figures()).unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.arm.as_str(), row.seeds)).collect::<Vec<_>>(),
        [("none", 3), ("random_mask", 3)]
    );
    assert!(
        rows.iter()
            .all(|row| row.figures.iter().any(|(_, figure)| figure.is_some_and(|f| f.interval.is_some())))
    );
    assert_eq!(runs_in(folder.path()).unwrap().len(), 3);
    assert_eq!(runs_in(Path::new("elsewhere")).unwrap(), [Path::new("elsewhere")]);
}

/// A run of a sweep is the run that its spec gives alone, whatever runs beside it.
#[test]
fn runs_of_a_sweep_are_the_same_bytes_as_runs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = plan(&["seed=[1,2]"]);
    make(&sweep, &folder.path().join("sweep"), 2);
    let alone = RunDirectory::create(&folder.path().join("alone")).unwrap();
    let second = Plan::new(&points(&["seed=[1,2]"])[1].spec, "tiny").unwrap();
    execute_run(&second, &alone, &AtomicBool::new(false), &mut |_| {}).unwrap();
    for file in ["records.parquet", "checkpoint-final.safetensors", "probes.json"] {
        let read = |run: &Path| fs::read(run.join("arms/none").join(file)).unwrap();
        assert!(read(alone.path()) == read(&folder.path().join("sweep").join(&sweep.runs[1].id)), "{file}");
    }
}

#[test]
fn points_that_describe_the_same_run_share_it_and_idle_lists_are_named() {
    let sweep = plan(&["augmentation.kind=[\"none\"]", "augmentation.keep_rate=[0.3, 0.5]"]);
    assert_eq!((sweep.points.len(), sweep.runs.len()), (2, 1));
    assert_eq!(sweep.idle_lists(), ["augmentation.keep_rate"], "a list of one value is no idle list");
    // Where it matters for one value of another list, it is not idle.
    let sweep = plan(&["augmentation.kind=[\"none\",\"random_mask\"]", "augmentation.keep_rate=[0.3, 0.5]"]);
    assert_eq!((sweep.points.len(), sweep.runs.len()), (4, 3));
    assert!(sweep.idle_lists().is_empty());
}

/// Settings that differ and results that do not: T2 is not reached, so where it would be does not matter.
#[test]
fn lists_without_effect_on_the_results_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (index, made) = make(&plan(&["training.second_energy_ratio=[50, 100]"]), folder.path(), 2);
    assert_eq!(made.len(), 2);
    assert_eq!(index.points[0].fingerprint, index.points[1].fingerprint);
    assert!(
        index.warnings.len() == 1 && index.warnings[0].contains("second_energy_ratio"),
        "{:?}",
        index.warnings
    );
}

/// A file stands for what it holds: runs of another dictionary are other runs, whatever it is called.
#[test]
fn a_file_that_was_replaced_makes_other_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (given, path) = (folder.path().join("M.txt"), folder.path().join("sweep"));
    let write = |seed: u64| {
        let columns = Dictionary::haar(64, 16, seed).unwrap().atoms().transposed();
        let row = |row: &[f32]| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        fs::write(&given, columns.iter_rows().map(row).collect::<Vec<_>>().join("\n")).unwrap();
    };
    let file = format!("data.dictionary.path={}", given.display());
    let of = |seeds: &str| plan(&["data.dictionary.kind=file", &file, &format!("seed={seeds}")]);
    write(1);
    let (first, made) = make(&of("[1,2]"), &path, 1);
    assert_eq!(made.len(), 2);
    write(2);
    let (second, made) = make(&of("[1,2,3]"), &path, 1);
    assert_eq!(made.len(), 3, "none of those of the other dictionary is taken for one of these");
    assert!(second.points.iter().all(|point| point.setting == second.points[0].setting));
    assert_ne!(first.points[0].setting, second.points[0].setting);
    for run in runs_in(&path).unwrap() {
        assert_eq!(fs::read(run.join("files/M.txt")).unwrap(), fs::read(&given).unwrap());
    }
    write(1);
    assert!(make(&of("[1,2]"), &path, 1).1.is_empty(), "the first ones are still there");
    // One that was put in the place of another is none of them.
    let [one, other] = [0, 1].map(|point: usize| path.join(&first.points[point].run));
    fs::rename(&one, path.join("aside")).unwrap();
    fs::rename(&other, &one).unwrap();
    let open = SweepFolder::open(&path).unwrap();
    let foreign =
        execute(&of("[1,2]"), &open, (1, 1), &AtomicBool::new(false), &|_| {}).unwrap_err().to_string();
    assert!(foreign.contains("does not hold run") && foreign.contains(&first.points[0].run), "{foreign}");
    drop(open);
    fs::rename(&one, &other).unwrap();
    fs::rename(path.join("aside"), &one).unwrap();

    // What changes while a sweep is under way is refused, not mixed in.
    let planned = of("[1,2,3,4]");
    write(3);
    let open = SweepFolder::open(&path).unwrap();
    let message = execute(&planned, &open, (1, 1), &AtomicBool::new(false), &|_| {}).unwrap_err().to_string();
    assert!(message.contains("was changed since the sweep began"), "{message}");
}

#[test]
fn an_interrupted_sweep_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = plan(&["seed=[1,2,3]"]);
    let interrupt = AtomicBool::new(false);
    {
        let open = SweepFolder::open(folder.path()).unwrap();
        let stop_after_one = |event| {
            if matches!(event, SweepEvent::Ended { .. }) {
                interrupt.store(true, Ordering::Relaxed);
            }
        };
        let (index, is_complete) = execute(&sweep, &open, (1, 1), &interrupt, &stop_after_one).unwrap();
        assert!(!is_complete);
        assert_eq!(index.points.iter().filter(|point| point.status == Status::Planned).count(), 2);
    }
    // What a killed process leaves behind is started again.
    let open = sweep.runs.iter().find(|run| !folder.path().join(&run.id).exists()).unwrap();
    let partial = folder.path().join(format!("{}.partial", open.id));
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("spec.toml"), "half").unwrap();
    let (index, made) = make(&sweep, folder.path(), 2);
    assert_eq!(made.len(), 2);
    assert!(index.points.iter().all(|point| point.status == Status::Finished));
    assert!(!partial.exists());
}

#[test]
fn a_folder_is_used_by_one_process_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let first = SweepFolder::open(folder.path()).unwrap();
    assert!(matches!(SweepFolder::open(folder.path()), Err(SweepFolderError::Lock(_))));
    drop(first);
    assert!(SweepFolder::open(folder.path()).is_ok());
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(SweepFolder::open(folder.path()), Err(SweepFolderError::Occupied(_))));
    assert!(SweepFolder::open(&folder.path().join("letter.txt")).is_err());
}

/// Names in `sweep.json` lead to folders inside it and nowhere else.
#[test]
fn an_index_cannot_lead_outside() {
    let folder = tempfile::tempdir().unwrap();
    make(&plan(&["seed=[1,2]"]), folder.path(), 2);
    let file = folder.path().join(SWEEP_FILE);
    let text = fs::read_to_string(&file).unwrap();
    let mut index: serde_json::Value = serde_json::from_str(&text).unwrap();
    index["points"][0]["run"] = "../../etc".into();
    fs::write(&file, index.to_string()).unwrap();
    let message = runs_in(folder.path()).unwrap_err().to_string();
    assert!(message.contains("../../etc") && message.contains("sweep.json"), "{message}");
    fs::write(&file, "{").unwrap();
    assert!(runs_in(folder.path()).unwrap_err().to_string().contains("sweep.json"));
    // Another version may look different everywhere: it is told as such, not as damage.
    fs::write(&file, r#"{ "format_version": 1, "points": "elsewhere" }"#).unwrap();
    let message = runs_in(folder.path()).unwrap_err().to_string();
    assert!(message.contains("format version is 1, this program reads 2"), "{message}");
}

//! Training as a whole: the same seed gives the same bits, an interrupted run ends like an uninterrupted one, and a network
//! learns.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_image::arrays;
use featurescope_image::report::{StoredRun, page};
use featurescope_image::run::{CHECKPOINT_FILE, FILTERS_FILE, FINAL_FILE, Folder, Record};
use featurescope_image::settings::Settings;
use featurescope_image::train::{Event, ExecuteError, Plan, Source, checkpoint, execute};
use featurescope_lab::run::{RunDirectory, SPEC_FILE};
use featurescope_lab::status::Status;
use featurescope_lab::store::RECORDS_FILE;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const SPEC: &str = include_str!("../../../experiments/images-synthetic/experiment.toml");
const SMOKE: &str = include_str!("../../../experiments/images-synthetic/smoke.toml");
const PATCHES: &str = include_str!("../../../experiments/images-patches/experiment.toml");
const PATCHES_SMOKE: &str = include_str!("../../../experiments/images-patches/smoke.toml");

fn settings(overrides: &[&str]) -> Settings {
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Settings::from_texts(&[SPEC, SMOKE], &overrides).unwrap()
}

fn plan(settings: &Settings) -> Plan {
    Plan::new(settings.clone(), Source::open(&settings.data, None).unwrap(), "test").unwrap()
}

/// Opens the folder of a run, whether there is one or not.
fn directory(path: &Path) -> RunDirectory {
    if path.join(SPEC_FILE).exists() { RunDirectory::reopen(path) } else { RunDirectory::create(path) }
        .unwrap()
}

/// Runs until the end, or until `steps` steps have been made.
fn run(settings: &Settings, path: &Path, steps: Option<usize>) -> Status {
    let interrupt = AtomicBool::new(false);
    let mut count = 0;
    let mut tell = |event: Event<'_>| {
        if matches!(event, Event::Stepped { .. }) {
            count += 1;
            interrupt.store(steps.is_some_and(|steps| count >= steps), Ordering::Relaxed);
        }
    };
    execute(&plan(settings), &directory(path), &interrupt, &mut tell).unwrap().status
}

/// Everything that must not depend on the clock.
fn files(path: &Path, settings: &Settings) -> Vec<Vec<u8>> {
    let folder = Folder::read(path).unwrap();
    let mut all = vec![fs::read(path.join(SPEC_FILE)).unwrap()];
    for (arm, _) in &settings.arms {
        for file in [RECORDS_FILE, FILTERS_FILE, FINAL_FILE, CHECKPOINT_FILE] {
            all.push(fs::read(folder.arm(arm).join(file)).unwrap());
        }
        let kept = fs::read_dir(folder.arm(arm)).unwrap().count();
        assert_eq!(kept, 4, "nothing of an arm under way is left");
    }
    all
}

fn last_record(path: &Path, arm: &str) -> Record {
    Folder::read(path).unwrap().records(arm).unwrap().pop().unwrap()
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let settings = settings(&[]);
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    assert_eq!(run(&settings, &whole, None), Status::Finished);
    // In the middle of the second epoch of the first arm, then of the second arm.
    assert_eq!(run(&settings, &parts, Some(4)), Status::Interrupted);
    assert_eq!(run(&settings, &parts, Some(5)), Status::Interrupted);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| run(&settings, &parts, None)), Status::Finished);
    assert!(files(&whole, &settings) == files(&parts, &settings));

    // Another run does not go on in its folder.
    let other = plan(&self::settings(&["seed=7"]));
    let refused = execute(&other, &directory(&whole), &AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(matches!(refused, ExecuteError::Identity(_)), "{refused}");

    let stored = StoredRun::open(std::slice::from_ref(&whole)).unwrap();
    let page = page(&stored);
    assert_eq!(
        page.sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>(),
        ["found", "curves", "filters", "firing", "maps", "units", "views"]
    );
    let first = checkpoint::read(&Folder::read(&whole).unwrap().arm("full").join(CHECKPOINT_FILE)).unwrap();
    assert_eq!((first.about.epoch, first.about.arm.as_str()), (2, "full"));
}

#[test]
fn every_network_and_objective_trains() {
    let folder = tempfile::tempdir().unwrap();
    let kinds: [&[&str]; 3] = [
        &["network={ kind = 'wide_resnet', depth = 10, widening_factor = 1, projection = 8 }"],
        &["objective.kind=simsiam"],
        &["objective={ kind = 'info_nce', temperature = 0.5, stop_gradient = 'targets' }"],
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let overrides: Vec<&str> =
            kind.iter().copied().chain(["training.epochs=1", "measure.feature_steps=1"]).collect();
        let mut settings = settings(&overrides);
        settings.arms.retain(|(name, _)| name == "full" || (index == 0 && name == "supervised"));
        let path = folder.path().join(index.to_string());
        assert_eq!(run(&settings, &path, None), Status::Finished);
        assert!(last_record(&path, "full").loss.is_some());
    }
    // On patches with labels too, where one view of each picture is masked.
    let labels = "[arms.labelled]\naugmentation.kind = 'random_mask'\nobjective.kind = 'cross_entropy'";
    let patches = Settings::from_texts(&[&format!("{PATCHES}{labels}"), PATCHES_SMOKE], &[]).unwrap();
    let path = folder.path().join("patches");
    assert_eq!(run(&patches, &path, None), Status::Finished);
    assert_eq!(StoredRun::open(&[path]).unwrap().arms.len(), 3);
}

#[test]
fn mixed_arithmetic_trains_with_other_bits_and_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for (name, spec) in [("alexnet", [SPEC, SMOKE]), ("patches", [PATCHES, PATCHES_SMOKE])] {
        let loss = |arithmetic: &str, place: &str| {
            let overrides =
                [format!("training.arithmetic={arithmetic}"), "measure.feature_steps=0".to_owned()];
            let settings = Settings::from_texts(&spec, &overrides).unwrap();
            let path = folder.path().join(format!("{name}-{place}"));
            let arm = settings.arms.last().unwrap().0.clone();
            assert_eq!(run(&settings, &path, None), Status::Finished);
            last_record(&path, &arm).loss.unwrap()
        };
        let [mixed, again, single] =
            [("mixed", "mixed"), ("mixed", "again"), ("single", "single")].map(|(a, place)| loss(a, place));
        assert!(mixed.is_finite() && mixed != single, "{name}: {mixed}, single {single}");
        assert_eq!(mixed.to_bits(), again.to_bits());
    }
}

/// Of three classes a guess finds a third. With labels, some epochs are enough to read shapes far above chance.
#[test]
fn a_supervised_network_learns_shapes() {
    let mut settings = settings(&[
        "data.train=600",
        "data.test=300",
        "probe.pictures=300",
        "network.width=8",
        "network.features=32",
        "training.epochs=12",
        "training.batch=25",
        "training.learning_rate=0.05",
        "arms.supervised.augmentation.strength=0.3",
        "measure.every=12",
        "measure.feature_steps=0",
    ]);
    settings.arms.retain(|(name, _)| name == "supervised");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&settings, folder.path(), None), Status::Finished);
    let records = Folder::read(folder.path()).unwrap().records("supervised").unwrap();
    let probe = |record: usize| records[record].measured.unwrap().probe.unwrap();
    let (before, after) = (probe(0), probe(12));
    assert!(records[12].loss.unwrap() < 0.8 * records[1].loss.unwrap(), "{records:?}");
    assert!(after > before + 0.1 && after > 0.6, "probe {before} before, {after} after");
}

#[test]
fn broken_checkpoints_are_refused() {
    let mut settings = settings(&["training.epochs=1", "measure.feature_steps=0"]);
    settings.arms.truncate(1);
    let folder = tempfile::tempdir().unwrap();
    run(&settings, folder.path(), None);
    let path = folder.path().join("arms/none").join(CHECKPOINT_FILE);
    let bytes = fs::read(&path).unwrap();
    for (cut, word) in [(bytes.len() - 10, "cut short"), (3, "cut short")] {
        fs::write(&path, &bytes[..cut]).unwrap();
        let error = checkpoint::read(&path).err().unwrap().to_string();
        assert!(error.contains(word) && error.contains(CHECKPOINT_FILE), "{error}");
    }
    fs::copy(path.with_file_name(FINAL_FILE), &path).unwrap();
    let error = checkpoint::read(&path).err().unwrap().to_string();
    assert!(error.contains("no checkpoint"), "{error}");
    // A header that claims what no machine can hold, or what makes no network.
    let (arrays, about) = {
        fs::write(&path, &bytes).unwrap();
        arrays::read(&path).unwrap()
    };
    for (old, new, word) in [
        ("\"width\":", "\"width\":9999", "network.width"),
        ("\"features\":", "\"features\":9", "`fc.weight` is"),
        ("\"side\":", "\"side\":9999999", "pixels"),
        ("\"side\":16", "\"side\":6", "at least 8 pixels"),
    ] {
        arrays::write(&path, &arrays, &about.replace(old, new)).unwrap();
        let error = checkpoint::read(&path).err().unwrap().to_string();
        assert!(error.contains(word), "{new}: {error}");
    }
}

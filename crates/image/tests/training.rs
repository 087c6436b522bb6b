//! Training as a whole: the same seed gives the same bits, an interrupted run ends like an uninterrupted one, and a network
//! learns.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_image::report::{StoredRun, page};
use featurescope_image::run::{
    CHECKPOINT_FILE, FILTERS_FILE, FINAL_FILE, Folder, FolderError, Makings, RECORDS_FILE,
};
use featurescope_image::settings::Settings;
use featurescope_image::train::{Ending, Event, Source, checkpoint, execute};
use featurescope_image::{arrays, device};
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

/// Runs until the end, or until `steps` steps have been made.
fn run(settings: &Settings, path: &Path, steps: Option<usize>) -> Ending {
    let interrupt = AtomicBool::new(false);
    let mut count = 0;
    let folder = Folder::open(path, Makings { settings, pictures: None, device: "cpu" }).unwrap();
    let mut tell = |event: Event<'_>| {
        if matches!(event, Event::Stepped { .. }) {
            count += 1;
            interrupt.store(steps.is_some_and(|steps| count >= steps), Ordering::Relaxed);
        }
    };
    let source = Source::open(settings, None).unwrap();
    execute(settings, &source, &folder, &device::find("cpu").unwrap(), &interrupt, &mut tell).unwrap()
}

/// Everything that must not depend on the clock.
fn files(path: &Path, settings: &Settings) -> Vec<Vec<u8>> {
    let folder = Folder::existing(path).unwrap();
    let mut all = Vec::new();
    for (arm, _) in settings.arms.iter() {
        for file in [RECORDS_FILE, FILTERS_FILE, FINAL_FILE, CHECKPOINT_FILE] {
            all.push(fs::read(folder.arm(arm, settings.seeds[0]).join(file)).unwrap());
        }
    }
    all
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let settings = settings(&[]);
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    assert_eq!(run(&settings, &whole, None), Ending::Complete);
    // In the middle of the second epoch of the first arm, then of the second arm.
    assert_eq!(run(&settings, &parts, Some(4)), Ending::Interrupted);
    assert_eq!(run(&settings, &parts, Some(5)), Ending::Interrupted);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| run(&settings, &parts, None)), Ending::Complete);
    assert!(files(&whole, &settings) == files(&parts, &settings));

    let other = Settings { seeds: vec![7], ..settings.clone() };
    let refused =
        Folder::open(&whole, Makings { settings: &other, pictures: None, device: "cpu" }).unwrap_err();
    assert!(
        matches!(&refused, FolderError::OtherRun { difference, .. } if difference.contains("seeds")),
        "{refused}"
    );

    let stored = StoredRun::open(&whole).unwrap();
    let page = page(&stored);
    assert_eq!(
        page.sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>(),
        ["found", "curves", "filters", "firing", "maps", "units", "views"]
    );
    let first =
        checkpoint::read(&Folder::existing(&whole).unwrap().arm("full", 1).join(CHECKPOINT_FILE)).unwrap();
    assert_eq!((first.about.epoch, first.about.arm.as_str()), (2, "full"));
}

#[test]
fn every_network_and_objective_trains() {
    let folder = tempfile::tempdir().unwrap();
    let kinds: [&[&str]; 3] = [
        &["network.kind=wide_resnet", "network.depth=10", "network.width=1", "network.projection=8"],
        &["training.objective={ kind = 'simsiam' }"],
        &[
            "training.objective={ kind = 'info_nce', temperature = 0.5, similarity = 'cosine', stop_gradient = 'candidates' }",
        ],
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let overrides: Vec<&str> =
            kind.iter().copied().chain(["training.epochs=1", "measure.feature_steps=1"]).collect();
        let mut settings = settings(&overrides);
        settings.arms.0.retain(|(name, _)| name == "full" || (index == 0 && name == "supervised"));
        let path = folder.path().join(index.to_string());
        assert_eq!(run(&settings, &path, None), Ending::Complete);
        let records = Folder::existing(&path).unwrap().records("full", 1).unwrap();
        assert!(records.last().unwrap().loss.is_some());
    }
    // On patches with labels too, where one view of each picture is masked.
    let labels =
        ["arms.labelled.views=mask", "arms.labelled.objective.kind=cross_entropy"].map(str::to_owned);
    let patches = Settings::from_texts(&[PATCHES, PATCHES_SMOKE], &labels).unwrap();
    let path = folder.path().join("patches");
    assert_eq!(run(&patches, &path, None), Ending::Complete);
    assert_eq!(StoredRun::open(&path).unwrap().arms.len(), 3);
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
            let arm = settings.arms.iter().last().unwrap().0.to_owned();
            assert_eq!(run(&settings, &path, None), Ending::Complete);
            Folder::existing(&path)
                .unwrap()
                .records(&arm, settings.seeds[0])
                .unwrap()
                .last()
                .unwrap()
                .loss
                .unwrap()
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
        "measure.probe=300",
        "network.width=8",
        "network.features=32",
        "training.epochs=12",
        "training.batch=25",
        "training.learning_rate=0.05",
        "arms.supervised.strength=0.3",
        "measure.every=12",
        "measure.feature_steps=0",
    ]);
    settings.arms.0.retain(|(name, _)| name == "supervised");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&settings, folder.path(), None), Ending::Complete);
    let records = Folder::existing(folder.path()).unwrap().records("supervised", 1).unwrap();
    let probe = |record: usize| records[record].reading.unwrap().probe.unwrap();
    let (before, after) = (probe(0), probe(12));
    assert!(records[12].loss.unwrap() < 0.8 * records[1].loss.unwrap(), "{records:?}");
    assert!(after > before + 0.1 && after > 0.6, "probe {before} before, {after} after");
}

#[test]
fn broken_checkpoints_are_refused() {
    let mut settings = settings(&["training.epochs=1", "measure.feature_steps=0"]);
    settings.arms.0.truncate(1);
    let folder = tempfile::tempdir().unwrap();
    run(&settings, folder.path(), None);
    let path = folder.path().join("arms/none/seed-1").join(CHECKPOINT_FILE);
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

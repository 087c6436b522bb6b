//! Stored runs that are read where they were not made, and runs that are no longer what they were.

use super::*;
use crate::identity::Digest;
use crate::report::{StoredRun, of_run};
use crate::run::{RunDirectory, execute};
use crate::spec::{Layer, Spec};
use crate::store::{DATA_FILE, DataHead, StoredData, StoredOverlap, write_data};
use crate::tiny;
use featurescope_sim::data::Samples;
use featurescope_sim::math::Matrix;
use std::fs;
use std::sync::atomic::AtomicBool;

fn make(folder: &Path, arguments: &[String]) {
    let plan = tiny::plan(&[arguments]).unwrap();
    execute(&plan, &RunDirectory::create(folder).unwrap(), &AtomicBool::new(false), &mut |_| {}).unwrap();
}

fn refusal(run: &Path) -> String {
    let why = Run::open(run).err().unwrap().to_string();
    assert_eq!(StoredRun::open(run).err().unwrap().to_string(), why, "report says the same");
    why
}

/// Makes a stored run say that it was made with other settings, as if it had been.
fn forge(run: &Path, change: (&str, &str)) {
    let path = run.join("spec.toml");
    let text = fs::read_to_string(&path).unwrap().replace(change.0, change.1);
    assert!(text.contains(change.1));
    fs::write(&path, &text).unwrap();
    let spec = Spec::from_layers(&[Layer::parse(&text, "spec.toml", run).unwrap()]).unwrap();
    let path = run.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    manifest["run_id"] = Identity::of(&spec).unwrap().run_id().to_string().into();
    manifest["spec_sha256"] = Digest::of(&text).to_string().into();
    fs::write(&path, manifest.to_string()).unwrap();
}

/// A machine can read what it could never have made: no dictionary, no learner, no check of memory.
#[test]
fn a_run_beyond_this_machine_is_read_and_says_what_it_cannot_tell() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &[]);
    forge(folder.path(), ("ambient_dim = 64", "ambient_dim = 1000000000000000"));
    let arrays = StoredData { dictionary: None, noise_directions: None };
    let head = DataHead::new(&arrays, ("haar", 1), 0, StoredOverlap { atoms: 1e-14, complement: 1e-14 });
    let nothing = || Matrix::zeros(0, 0);
    let samples = Samples { x: nothing(), latent: nothing(), noise: nothing() };
    write_data(&folder.path().join(DATA_FILE), &head, &arrays, &samples).unwrap();

    let run = Run::open(folder.path()).unwrap();
    assert_eq!(run.plan.shared.ambient_dim(), 1_000_000_000_000_000);
    let masked = run.subjects().next().unwrap();
    assert!(masked.column("loss", Moment::End).is_ok(), "what was recorded is there");
    for moment in [Moment::Start, Moment::End] {
        let why = State::of(&masked, moment).err().unwrap().to_string();
        assert!(why.contains("TiB of memory") && why.contains("available"), "{why}");
    }
    assert!(!of_run(&StoredRun::open(folder.path()).unwrap()).sections.is_empty());
}

/// What was drawn again is what was kept: the figures do not depend on whether M was small enough to be kept.
#[test]
fn a_dictionary_that_was_not_kept_is_drawn_again() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &[]);
    let energy = || {
        let run = Run::open(folder.path()).unwrap();
        let state = |subject: Subject<'_>| State::of(&subject, Moment::End).unwrap().dense_energy.clone();
        run.subjects().map(state).collect::<Vec<_>>()
    };
    let (path, kept) = (folder.path().join(DATA_FILE), energy());
    let head = crate::store::read_data_head(&path).unwrap();
    let arrays = StoredData { dictionary: None, noise_directions: None };
    let none = DataHead { dictionary: None, ..head };
    let nothing = || Matrix::zeros(0, 0);
    let samples = Samples { x: nothing(), latent: nothing(), noise: nothing() };
    write_data(&path, &none, &arrays, &samples).unwrap();
    assert_eq!(energy(), kept);
}

#[test]
fn a_spec_that_was_edited_is_told_by_name_and_a_comment_is_none() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &[]);
    let path = folder.path().join("spec.toml");
    let text = fs::read_to_string(&path).unwrap();
    for change in [
        ("seed = 1", "seed = 2"),
        ("width = 12", "width = 13"),
        ("initial_norm = 0.05", "initial_norm = 0.06"),
    ] {
        fs::write(&path, text.replace(change.0, change.1)).unwrap();
        let why = refusal(folder.path());
        assert!(why.contains("spec.toml was changed after the run was begun"), "{why}");
        assert!(why.contains(&folder.path().display().to_string()), "{why}");
    }
    let renamed = text.replace("experiment = \"tiny\"", "experiment = \"better name\"");
    assert_ne!(renamed, text);
    for harmless in [format!("# checked\n{text}"), renamed] {
        fs::write(&path, harmless).unwrap();
        assert!(Run::open(folder.path()).is_ok());
    }
}

#[test]
fn a_file_that_was_replaced_or_lost_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (given, run) = (folder.path().join("u.txt"), folder.path().join("run"));
    let line = |at: usize| (0..64).map(|c| u8::from(c == at).to_string()).collect::<Vec<_>>().join(" ");
    fs::write(&given, line(3)).unwrap();
    let path = format!("data.noise_directions.path={}", given.display());
    make(&run, &["data.noise_directions.kind=file".into(), path]);
    assert!(Run::open(&run).is_ok());
    let copy = run.join("files/u.txt");
    fs::write(&copy, line(4)).unwrap();
    let why = refusal(&run);
    assert!(why.contains("files/u.txt is not the file that the run was made with"), "{why}");
    assert!(why.contains("data.noise_directions.path"), "{why}");
    fs::remove_file(&copy).unwrap();
    let why = refusal(&run);
    assert!(why.contains("files/u.txt") && why.contains("cannot read"), "{why}");
}

#[test]
fn a_folder_without_manifest_or_data_is_told_by_name() {
    for file in ["manifest.json", DATA_FILE] {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &[]);
        fs::remove_file(folder.path().join(file)).unwrap();
        let why = refusal(folder.path());
        assert!(why.contains(file), "{why}");
    }
}

/// Metadata that cannot be those of the settings would make wrong predictions.
#[test]
fn data_of_another_run_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &[]);
    let path = folder.path().join(DATA_FILE);
    let head = crate::store::read_data_head(&path).unwrap();
    let arrays = crate::store::read_data(&path).unwrap();
    let nothing = || Matrix::zeros(0, 0);
    let samples = || Samples { x: nothing(), latent: nothing(), noise: nothing() };
    for (overlap, count) in [(2.0, 0), (-0.1, 0), (0.1, 49), (0.1, usize::MAX)] {
        let leverage_overlap = StoredOverlap { atoms: overlap, complement: 0.1 };
        let head = DataHead { leverage_overlap, direction_count: count, ..head.clone() };
        write_data(&path, &head, &arrays, &samples()).unwrap();
        assert!(refusal(folder.path()).contains("do not fit the settings"), "{overlap} {count}");
    }
    let other = StoredData { dictionary: Some(Matrix::zeros(32, 16)), noise_directions: None };
    write_data(&path, &head, &other, &samples()).unwrap();
    let run = Run::open(folder.path()).unwrap();
    let why = State::of(&run.subjects().next().unwrap(), Moment::End).err().unwrap().to_string();
    assert!(why.contains("M of 64 × 16 in data.safetensors"), "{why}");
}

/// A stored run judges by the noise that its files hold, as its plan did.
#[test]
fn a_stored_run_knows_how_its_noise_lies() {
    let folder = tempfile::tempdir().unwrap();
    let (given, run) = (folder.path().join("u.txt"), folder.path().join("run"));
    let line = |at: usize| (0..64).map(|c| u8::from(c == at).to_string()).collect::<Vec<_>>().join(" ");
    fs::write(&given, [line(0), line(5), line(40)].join("\n")).unwrap();
    let arguments = [
        "data.dictionary.kind=axes".to_owned(),
        "data.noise_directions.kind=file".into(),
        format!("data.noise_directions.path={}", given.display()),
        "data.noise_directions.variance_ratio=30".into(),
    ];
    make(&run, &arguments);
    let planned = tiny::plan(&[&arguments]).unwrap().yardstick();
    let stored = Run::open(&run).unwrap();
    assert_eq!(stored.plan.yardstick(), planned);
    let law = stored.plan.law.as_ref().unwrap();
    let (p, variance) = (law.activity(), law.noise_variance);
    assert!(planned.linear_r_squared.unwrap() < p / (p + variance) - 0.01, "{planned:?}");
    let subject = stored.subjects().next().unwrap();
    let why = subject.even_noise().unwrap_err().to_string();
    assert!(why.contains("noise that is larger in some directions"), "{why}");
}

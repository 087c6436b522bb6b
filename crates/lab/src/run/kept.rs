//! What a run keeps of what it was given: enough to be moved, read and made again without anything outside
//! its folder.

use super::*;
use crate::identity::FILES_FOLDER;
use crate::plan::PlanError;
use crate::spec::{Layer, Spec};
use crate::store::{DATA_FILE, read_checkpoint, read_data, read_data_head, read_representation};
use crate::tiny;
use featurescope_sim::data::{DataModel, Dictionary};
use featurescope_sim::math::Matrix;
use safetensors::SafeTensors;

fn plan(arguments: &[String]) -> Result<Plan, PlanError> {
    tiny::plan(&[arguments])
}

fn stored_plan(run: &Path) -> Result<Plan, PlanError> {
    Plan::new(&Spec::from_layers(&[Layer::read(&run.join(SPEC_FILE)).unwrap()])?, "other")
}

/// Carries a plan out, interrupted after so many steps if `steps` says so.
fn run(plan: &Plan, directory: &RunDirectory, steps: Option<u64>) -> Result<Summary, RunError> {
    let interrupt = AtomicBool::new(false);
    execute(plan, directory, &interrupt, &mut |event| {
        if matches!(event, Event::Stepped { step, .. } if Some(step) == steps) {
            interrupt.store(true, Ordering::Relaxed);
        }
    })
}

/// A dictionary as text, one row per line.
fn write_dictionary(path: &Path, seed: u64) {
    let columns = Dictionary::haar(64, 16, seed).unwrap().atoms().transposed();
    let row = |row: &[f32]| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    fs::write(path, columns.iter_rows().map(row).collect::<Vec<_>>().join("\n")).unwrap();
}

fn of_file(path: &Path) -> [String; 2] {
    ["data.dictionary.kind=file".to_owned(), format!("data.dictionary.path={}", path.display())]
}

#[test]
fn a_run_with_a_file_is_moved_and_made_again_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let given = at("M of mine.txt");
    write_dictionary(&given, 5);
    run(&plan(&of_file(&given)).unwrap(), &RunDirectory::create(&at("first")).unwrap(), None).unwrap();
    let spec = fs::read_to_string(at("first/spec.toml")).unwrap();
    assert!(spec.contains("path = \"files/M of mine.txt\""), "{spec}");
    assert_eq!(fs::read(at("first/files/M of mine.txt")).unwrap(), fs::read(&given).unwrap());

    fs::remove_file(&given).unwrap();
    fs::rename(at("first"), at("moved")).unwrap();
    let again = stored_plan(&at("moved")).unwrap();
    run(&again, &RunDirectory::create(&at("second")).unwrap(), None).unwrap();
    for file in [SPEC_FILE, DATA_FILE, "arms/none/records.parquet", "arms/none/checkpoint-final.safetensors"]
    {
        assert!(
            fs::read(at("moved").join(file)).unwrap() == fs::read(at("second").join(file)).unwrap(),
            "{file}"
        );
    }
    let id = |run: &str| StoredManifest::read(&at(run)).unwrap().unwrap().run_id;
    assert_eq!(id("moved"), id("second"));
}

/// x = M z + ξ, and f(x) is what the checkpoint makes of it: the file is of use without this program.
#[test]
fn the_data_are_kept_as_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let plan = plan(&["data.noise_directions.kind=random".into(), "data.noise_directions.count=3".into()]);
    let plan = plan.unwrap();
    run(&plan, &directory, None).unwrap();
    let path = directory.file(DATA_FILE);
    let (stored, head) = (read_data(&path).unwrap(), read_data_head(&path).unwrap());
    let model = plan.data.ambient().unwrap();
    let dictionary = stored.dictionary.unwrap();
    assert_eq!(dictionary, model.dictionary().atoms().transposed());
    assert_eq!(stored.noise_directions.as_ref(), model.noise_directions());
    assert_eq!((head.direction_count, head.dictionary_kind.as_str(), head.seed), (3, "haar", 1));

    let bytes = fs::read(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let array = |name: &str| {
        let view = tensors.tensor(name).unwrap();
        let words = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        Matrix::from_vec(view.shape()[0], view.shape()[1], words.collect())
    };
    let (x, z, noise) = (array("x"), array("latent"), array("noise"));
    assert_eq!((x.rows(), x.cols(), z.cols(), noise.cols()), (64, 64, 16, 64));
    let arm = directory.arm_path("none");
    let represented = read_representation(&arm.join("representation.safetensors")).unwrap();
    let last = read_checkpoint(&arm.join("checkpoint-final.safetensors")).unwrap();
    let (weights, bias) = (last.array("weights", (12, 64)).unwrap(), last.array("bias", (1, 12)).unwrap());
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    for r in 0..64 {
        for c in 0..64 {
            let sum = product(dictionary.row(c), z.row(r)) + f64::from(noise[(r, c)]);
            assert!((f64::from(x[(r, c)]) - sum).abs() < 1e-5, "x[{r}, {c}]");
        }
        for i in 0..12 {
            let (a, b) = (product(weights.row(i), x.row(r)), f64::from(bias[(0, i)]));
            let feature = (a - b).max(0.0) - (-a - b).max(0.0);
            assert!((feature - f64::from(represented.features[(r, i)])).abs() < 1e-5, "f[{r}, {i}]");
        }
    }
    assert!(z.as_slice().iter().any(|&z| z != 0.0));
}

#[test]
fn nothing_is_kept_where_no_arm_draws_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let arguments = ["training.dynamics=reduced", "data.ambient_dim=1000"].map(String::from);
    run(&plan(&arguments).unwrap(), &directory, None).unwrap();
    assert!(!directory.file(DATA_FILE).exists() && !directory.file(FILES_FOLDER).exists());
}

/// A run that was stopped goes on with what it was begun with, or not at all.
#[test]
fn a_stopped_run_refuses_other_settings_and_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let (given, path) = (folder.path().join("m.txt"), folder.path().join("run"));
    write_dictionary(&given, 5);
    let stopped =
        run(&plan(&of_file(&given)).unwrap(), &RunDirectory::create(&path).unwrap(), Some(3)).unwrap();
    assert_eq!(stopped.status, Status::Interrupted);
    let go_on = || run(&stored_plan(&path).unwrap(), &RunDirectory::reopen(&path).unwrap(), None);

    let (spec, copy) = (path.join(SPEC_FILE), path.join("files/m.txt"));
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replace("learning_rate = 0.5", "learning_rate = 0.25")).unwrap();
    let message = go_on().unwrap_err().to_string();
    assert!(message.contains("spec.toml was changed after the run was begun"), "{message}");

    fs::write(&spec, format!("# a word to myself\n{text}")).unwrap();
    let content = fs::read(&copy).unwrap();
    write_dictionary(&copy, 6);
    let message = go_on().unwrap_err().to_string();
    assert!(message.contains("files/m.txt is not the file that the run was made with"), "{message}");

    fs::write(&copy, content).unwrap();
    assert_eq!(go_on().unwrap().status, Status::Finished, "nothing was lost, and a comment changes nothing");
}

/// Between planning and starting a file may change: the run would not be the one that was planned.
#[test]
fn a_file_that_changes_before_the_start_is_refused_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (given, path) = (folder.path().join("m.txt"), folder.path().join("run"));
    write_dictionary(&given, 5);
    let plan = plan(&of_file(&given)).unwrap();
    write_dictionary(&given, 6);
    let message = run(&plan, &RunDirectory::create(&path).unwrap(), None).unwrap_err().to_string();
    assert!(message.contains("m.txt was changed while it was in use"), "{message}");
    assert!(!path.join(SPEC_FILE).exists() && !path.join(MANIFEST_FILE).exists());
    // The folder can be used again; one with files of somebody else's cannot.
    assert!(RunDirectory::create(&path).is_ok());
    let other = folder.path().join("other");
    fs::create_dir_all(other.join(FILES_FOLDER)).unwrap();
    assert!(matches!(RunDirectory::create(&other), Err(DirectoryError::Occupied(_))));
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_path_buf(), folder.path().join("nothing"), "/dev/zero".into()] {
        let message = plan(&of_file(&path)).unwrap_err().to_string();
        let shown = path.display().to_string();
        assert!(message.contains("data.dictionary.path") && message.contains(&shown), "{message}");
    }
}

//! Everything that reads what others wrote, one function each. Whatever the bytes are, it returns: no panic, no hang, no
//! allocation out of proportion. The bounded test beside this file and the fuzzer in `fuzz/` call the same functions.

use featurescope_lab::claim::add_claims;
use featurescope_lab::diagnose::{Request, Source, Study};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::matrix_file::read_matrix;
use featurescope_lab::plan::Plan;
use featurescope_lab::report::{StoredRun, of_run};
use featurescope_lab::run::{RunDirectory, StoredManifest, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::store::{
    JournalRecords, StoredRepresentation, read_alignment, read_neurons, read_records, read_representation,
    read_resume_state, read_whole_checkpoint, write_representation,
};
use featurescope_lab::sweep::runs_in;
use featurescope_sim::math::Matrix;
use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A reader of hostile bytes.
pub type Target = fn(&[u8]);

/// All of them, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("spec", spec),
    ("overrides", overrides),
    ("claims", claims),
    ("matrix_npy", matrix_npy),
    ("matrix_text", matrix_text),
    ("npy", npy),
    ("npz", npz),
    ("safetensors", safetensors),
    ("parquet", parquet),
    ("records", records),
    ("neurons", neurons),
    ("checkpoint", checkpoint),
    ("pictures", pictures),
    ("journal", journal),
    ("state", state),
    ("manifest", manifest),
    ("sweep", sweep),
    ("run", run),
    ("resume", resume),
];

/// A folder in memory where there is one.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.unwrap()
}

/// The bytes as a file of this name.
fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    thread_local! {
        static SCRATCH: OnceCell<TempDir> = const { OnceCell::new() };
    }
    SCRATCH.with(|folder| {
        let path = folder.get_or_init(scratch).path().join(name);
        fs::write(&path, bytes).unwrap();
        read(&path);
    });
}

/// A spec in TOML, down to the runs that it describes.
pub fn spec(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(layer) = Layer::parse(&text, "spec.toml", Path::new("/specs")) {
        let _ = Spec::all_from_layers(&[layer]);
    }
}

/// Arguments of the command line, one per line, over a shipped experiment.
pub fn overrides(bytes: &[u8]) {
    thread_local! {
        static LAYERS: Vec<Layer> = Experiment::find("smoke").unwrap().layers(true).unwrap();
    }
    let text = String::from_utf8_lossy(bytes);
    let arguments: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    if let Ok(layer) = Layer::overrides(&arguments) {
        LAYERS.with(|layers| {
            let mut layers = layers.clone();
            layers.push(layer);
            let _ = Spec::all_from_layers(&layers);
        });
    }
}

/// A file of claims.
pub fn claims(bytes: &[u8]) {
    let _ = add_claims(&mut Vec::new(), "claims.toml", &String::from_utf8_lossy(bytes));
}

/// A dictionary as a NumPy array.
pub fn matrix_npy(bytes: &[u8]) {
    with_file("m.npy", bytes, |path| drop(read_matrix(path, None, 3)));
}

/// A dictionary as text.
pub fn matrix_text(bytes: &[u8]) {
    with_file("m.csv", bytes, |path| drop(read_matrix(path, None, 3)));
}

fn foreign(name: &str, bytes: &[u8]) {
    with_file(name, bytes, |path| {
        let source =
            |array: Option<&str>| Source { path: path.to_path_buf(), array: array.map(ToOwned::to_owned) };
        drop(Study::read(&Request::of(source(None))));
        let labels = Some(source(Some("b")));
        drop(Study::read(&Request { labels, ..Request::of(source(Some("a"))) }));
        drop(Study::read(&Request { labels: Some(source(None)), ..Request::of(source(Some("all"))) }));
    });
}

/// Representations as .npy.
pub fn npy(bytes: &[u8]) {
    foreign("a.npy", bytes);
}

/// Representations as .npz.
pub fn npz(bytes: &[u8]) {
    foreign("a.npz", bytes);
}

/// Representations as .safetensors.
pub fn safetensors(bytes: &[u8]) {
    foreign("a.safetensors", bytes);
}

/// Representations as .parquet.
pub fn parquet(bytes: &[u8]) {
    foreign("a.parquet", bytes);
}

/// The table of records.
pub fn records(bytes: &[u8]) {
    with_file("records.parquet", bytes, |path| drop(read_records(path)));
}

/// The table of neurons.
pub fn neurons(bytes: &[u8]) {
    with_file("neurons.parquet", bytes, |path| drop(read_neurons(path)));
}

/// A checkpoint.
pub fn checkpoint(bytes: &[u8]) {
    with_file("c.safetensors", bytes, |path| drop(read_whole_checkpoint(path)));
}

/// The files for pictures.
pub fn pictures(bytes: &[u8]) {
    with_file("p.safetensors", bytes, |path| {
        drop(read_alignment(path));
        drop(read_representation(path));
    });
}

/// Bytes in frames whose checksums are right: the first byte says how many, each begins with its length in two bytes.
/// Otherwise the checksums would keep everything hostile from the readers behind them.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let Some((&count, mut rest)) = bytes.split_first() else { return Vec::new() };
    let mut file = Vec::new();
    for _ in 0..=count % 8 {
        let Some((&[low, high], after)) = rest.split_first_chunk::<2>() else { break };
        let (content, after) = after.split_at(after.len().min(usize::from(u16::from_le_bytes([low, high]))));
        let length = (content.len() as u64).to_le_bytes();
        let mut sum = crc32fast::Hasher::new();
        sum.update(&length);
        sum.update(content);
        file.extend_from_slice(&length);
        file.extend_from_slice(&sum.finalize().to_le_bytes());
        file.extend_from_slice(content);
        rest = after;
    }
    file
}

/// The raw bytes, or with the first one odd the others in frames.
fn raw_or_framed(bytes: &[u8]) -> Vec<u8> {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 2 == 1 => framed(rest),
        Some((_, rest)) => rest.to_vec(),
        None => Vec::new(),
    }
}

/// The journal of a running arm.
pub fn journal(bytes: &[u8]) {
    let content = raw_or_framed(bytes);
    with_file("records.journal", &content, |path| {
        if let Ok(mut records) = JournalRecords::open(path, content.len() as u64) {
            while let Ok(Some(_)) = records.next_record() {}
        }
    });
}

/// The state of a running arm.
pub fn state(bytes: &[u8]) {
    with_file("resume.state", &raw_or_framed(bytes), |path| drop(read_resume_state(path)));
}

/// A manifest.
pub fn manifest(bytes: &[u8]) {
    with_file("manifest.json", bytes, |path| drop(StoredManifest::read(path.parent().unwrap())));
}

/// The index of a sweep.
pub fn sweep(bytes: &[u8]) {
    with_file("sweep.json", bytes, |path| drop(runs_in(path.parent().unwrap())));
}

/// Settings of a run that takes milliseconds.
pub const TINY: &[&str] = &[
    "data.latent_dim=4",
    "data.ambient_dim=32",
    "encoder.width=5",
    "batch.anchors=8",
    "batch.negatives=4",
    "training.steps=6",
    "measure.cadence.steps=2",
    "measure.samples=8",
    "probe.labels=[20]",
    "probe.validation_rows=20",
    "probe.test_rows=20",
];

/// The plan of that run.
pub fn tiny_plan() -> Plan {
    let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let arguments: Vec<String> = TINY.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Plan::new(&Spec::from_layers(&layers).unwrap(), "tiny").unwrap()
}

/// Makes the run in `folder`; interrupted after so many steps if `steps` says so.
pub fn make_run(plan: &Plan, folder: &Path, steps: Option<u64>) {
    let directory = RunDirectory::create(folder).unwrap();
    go_on(plan, &directory, steps);
}

fn go_on(plan: &Plan, directory: &RunDirectory, steps: Option<u64>) {
    let interrupt = AtomicBool::new(false);
    let result = execute(plan, directory, &interrupt, &mut |event| {
        if let featurescope_lab::run::Event::Stepped { step, .. } = event
            && Some(step) == steps
        {
            interrupt.store(true, Ordering::Relaxed);
        }
    });
    let _ = result;
}

/// A stored run and the files of it that are read.
struct Stored {
    plan: Plan,
    folder: TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Stored {
    fn new(steps: Option<u64>, wanted: &[&str]) -> Self {
        let (plan, folder) = (tiny_plan(), scratch());
        make_run(&plan, folder.path(), steps);
        // A map of thousands of samples takes a second.
        let few = folder.path().join("arms/none/representation.safetensors");
        if let Ok(stored) = read_representation(&few) {
            let take = |m: &Matrix| Matrix::from_fn(12, m.cols(), |i, j| m[(i, j)]);
            let pairs = stored.pairs.as_ref().map(|(a, b)| (take(a), take(b)));
            let (features, latent) = (take(&stored.features), take(&stored.latent));
            write_representation(&few, &StoredRepresentation { features, latent, pairs }).unwrap();
            fs::remove_dir_all(folder.path().join("arms/random_mask")).unwrap();
            let summary = fs::read_to_string(folder.path().join("summary.json")).unwrap();
            let mut summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
            summary["arms"].as_object_mut().unwrap().remove("random_mask");
            fs::write(folder.path().join("summary.json"), summary.to_string()).unwrap();
        }
        let file = |name: &&str| {
            let path = folder.path().join(name);
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        };
        Self { files: wanted.iter().map(file).collect(), plan, folder }
    }

    /// Puts the bytes in the place of the file that the first of them chooses.
    fn replace(&self, bytes: &[u8]) -> Option<usize> {
        let (&choice, bytes) = bytes.split_first()?;
        let chosen = usize::from(choice) % self.files.len();
        fs::write(&self.files[chosen].0, bytes).unwrap();
        Some(chosen)
    }

    fn restore(&self, chosen: usize) {
        let (path, bytes) = &self.files[chosen];
        fs::write(path, bytes).unwrap();
    }
}

/// Files of a finished run that [`run`] replaces.
pub const RUN_FILES: &[&str] = &[
    "spec.toml",
    "summary.json",
    "yardsticks.json",
    "arms/none/atoms.json",
    "arms/none/probes.json",
    "arms/none/alignment.safetensors",
    "arms/none/representation.safetensors",
    "arms/none/records.parquet",
    "arms/none/neurons.parquet",
];

/// A run directory, of which the first byte chooses the file that the others replace: read, and its report made.
pub fn run(bytes: &[u8]) {
    thread_local! {
        static STORED: Stored = Stored::new(None, RUN_FILES);
    }
    STORED.with(|stored| {
        let Some(chosen) = stored.replace(bytes) else { return };
        // A spec may ask for any size; what a size costs is another matter.
        if (chosen > 0 || is_small(&bytes[1..]))
            && let Ok(run) = StoredRun::open(stored.folder.path())
        {
            drop(of_run(&run));
        }
        stored.restore(chosen);
    });
}

fn is_small(spec: &[u8]) -> bool {
    const LARGEST: usize = 4096;
    let text = String::from_utf8_lossy(spec);
    let layer = Layer::parse(&text, "spec.toml", Path::new("/"));
    let Ok(spec) = layer.and_then(|layer| Spec::from_layers(&[layer])) else { return true };
    let data = &spec.shared.data;
    let widths = spec.arms.iter().map(|(_, arm)| {
        let featurescope_lab::spec::typed::EncoderSpec::SymRelu { width, .. } = arm.encoder;
        width.saturating_mul(data.ambient_dim)
    });
    data.ambient_dim.saturating_mul(data.latent_dim) <= LARGEST && widths.sum::<usize>() <= LARGEST
}

/// Files of an interrupted run that [`resume`] replaces.
pub const RESUME_FILES: &[&str] = &[
    "manifest.json",
    "yardsticks.json",
    "arms/random_mask/resume.state",
    "arms/random_mask/records.journal",
];

/// An interrupted run of which one file is hostile goes on, or says why not.
pub fn resume(bytes: &[u8]) {
    thread_local! {
        static STORED: Stored = Stored::new(Some(3), RESUME_FILES);
    }
    STORED.with(|stored| {
        // Every time from the same state.
        let folder = scratch();
        copy_tree(stored.folder.path(), folder.path());
        let Some((&choice, content)) = bytes.split_first() else { return };
        let chosen = usize::from(choice) % RESUME_FILES.len();
        let framed = chosen >= 2;
        let content = if framed { raw_or_framed(content) } else { content.to_vec() };
        fs::write(folder.path().join(RESUME_FILES[chosen]), content).unwrap();
        if let Ok(directory) = RunDirectory::reopen(folder.path()) {
            go_on(&stored.plan, &directory.saving_every(Duration::MAX), None);
        }
    });
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

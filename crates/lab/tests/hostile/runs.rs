//! Whole runs of which one file is hostile, and everything that reads them: judge, report, compare, fork,
//! resume. The first byte of an input chooses the file; the second says whether the rest replaces it, or
//! chooses changes that leave it well formed.

use super::odd::{Choices, changed};
use super::{framed, scratch};
use featurescope_lab::claim::judge;
use featurescope_lab::experiments::Experiment;
use featurescope_lab::plan::Plan;
use featurescope_lab::report::{StoredRun, comparison, of_judged_runs, of_run};
use featurescope_lab::run::{Event, ForkRequest, PlannedFork, RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::store::{StoredRepresentation, read_representation, write_representation};
use featurescope_sim::math::Matrix;
use featurescope_wen_li_2021::PAPER;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Settings of a run that takes milliseconds and reaches both stages.
pub const TINY: &[&str] = &[
    "data.latent_dim=4",
    "data.ambient_dim=32",
    "network.width=5",
    "batch.anchors=8",
    "batch.negatives=4",
    "training.steps=6",
    "training.first_energy_ratio=1.000001",
    "training.second_energy_ratio=1.000001",
    "measure.cadence.steps=2",
    "measure.samples=8",
    "probe.labels=[20]",
    "probe.validation_rows=20",
    "probe.test_rows=20",
];
/// Samples that a map is made of: one of thousands takes a second.
const MAPPED: usize = 12;
/// Entries of a dictionary or of weights beyond which a spec is not followed: it may ask for any size.
const LARGEST: usize = 4096;

/// The plan of that run.
pub fn tiny_plan() -> Plan {
    let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let arguments: Vec<String> = TINY.iter().map(ToString::to_string).collect();
    layers.push(Layer::overrides(&arguments).unwrap());
    Plan::new(&Spec::from_layers(&layers).unwrap(), "tiny").unwrap()
}

/// Makes the run in `folder`; interrupted after so many steps if `steps` says so.
pub fn make_run(plan: &Plan, folder: &Path, steps: Option<u64>) {
    go_on(plan, &RunDirectory::create(folder).unwrap(), steps);
}

fn go_on(plan: &Plan, directory: &RunDirectory, steps: Option<u64>) -> bool {
    let interrupt = AtomicBool::new(false);
    let result = execute(plan, directory, &interrupt, &mut |event| {
        if let Event::Stepped { step, .. } = event
            && Some(step) == steps
        {
            interrupt.store(true, Ordering::Relaxed);
        }
    });
    result.is_ok()
}

/// Files of a finished run that are replaced.
pub const FILES: &[&str] = &[
    "spec.toml",
    "summary.json",
    "manifest.json",
    "yardsticks.json",
    "data.safetensors",
    "arms/random_mask/atoms.json",
    "arms/random_mask/probes.json",
    "arms/random_mask/alignment.safetensors",
    "arms/random_mask/representation.safetensors",
    "arms/random_mask/records.parquet",
    "arms/random_mask/neurons.parquet",
    "arms/random_mask/checkpoint-t1.safetensors",
    "arms/random_mask/checkpoint-t2.safetensors",
    "arms/random_mask/checkpoint-final.safetensors",
];

/// Files of an interrupted run that are replaced.
pub const UNFINISHED_FILES: &[&str] =
    &["spec.toml", "manifest.json", "arms/random_mask/resume.state", "arms/random_mask/records.journal"];

/// A stored run and the files of it that are replaced.
struct Stored {
    plan: Plan,
    folder: TempDir,
    names: &'static [&'static str],
    contents: Vec<Vec<u8>>,
}

impl Stored {
    fn new(steps: Option<u64>, names: &'static [&'static str]) -> Self {
        let (plan, folder) = (tiny_plan(), scratch());
        make_run(&plan, folder.path(), steps);
        for arm in ["none", "random_mask"] {
            let path = folder.path().join(format!("arms/{arm}/representation.safetensors"));
            if let Ok(stored) = read_representation(&path) {
                let few = |m: &Matrix| Matrix::from_fn(MAPPED, m.cols(), |i, j| m[(i, j)]);
                let pairs = stored.pairs.as_ref().map(|(a, b)| (few(a), few(b)));
                let (features, latent) = (few(&stored.features), few(&stored.latent));
                write_representation(&path, &StoredRepresentation { features, latent, pairs }).unwrap();
            }
        }
        let contents = names.iter().map(|name| fs::read(folder.path().join(name)).unwrap()).collect();
        Self { plan, folder, names, contents }
    }

    /// What `use_run` says of the run with the file that the input replaces or changes.
    fn with(&self, input: &[u8], use_run: impl FnOnce(&Path) -> bool) -> bool {
        let &[choice, kind, ref rest @ ..] = input else { return false };
        let chosen = usize::from(choice) % self.names.len();
        let (name, good) = (self.names[chosen], &self.contents[chosen]);
        let in_frames = Path::new(name).extension().is_some_and(|e| e == "state" || e == "journal");
        let content = match (kind % 2, in_frames) {
            (0, _) => rest.to_vec(),
            (_, true) => framed(rest),
            _ => changed(name, good, &mut Choices(rest)).unwrap_or_default(),
        };
        if Path::new(name).extension().is_some_and(|e| e == "toml") && !is_small(&content) {
            return false;
        }
        let path: PathBuf = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        let result = use_run(self.folder.path());
        fs::write(&path, good).unwrap();
        result
    }
}

fn is_small(spec: &[u8]) -> bool {
    let layer = Layer::parse(&String::from_utf8_lossy(spec), "spec.toml", Path::new("/"));
    let Ok(spec) = layer.and_then(|layer| Spec::from_layers(&[layer])) else { return true };
    let (ambient_dim, latent_dim) = (spec.shared.ambient_dim(), spec.shared.latent_dim());
    let entries = spec.arms.iter().map(|(_, arm)| {
        let width = arm.width();
        let samples = arm.batch.anchors.saturating_add(arm.batch.negatives.unwrap_or_default());
        width.saturating_add(samples).saturating_mul(ambient_dim)
    });
    let entries = entries.fold(0, usize::saturating_add);
    ambient_dim.saturating_mul(latent_dim) <= LARGEST && entries <= LARGEST
}

thread_local! {
    static FINISHED: Stored = Stored::new(None, FILES);
    static UNFINISHED: Stored = Stored::new(Some(3), UNFINISHED_FILES);
}

/// Its report is made.
pub fn report(bytes: &[u8]) -> bool {
    FINISHED
        .with(|stored| stored.with(bytes, |run| StoredRun::open(run).map(|run| drop(of_run(&run))).is_ok()))
}

/// It is judged, and the page of what was judged is made.
pub fn judged(bytes: &[u8]) -> bool {
    FINISHED.with(|stored| {
        stored.with(bytes, |run| {
            let folders = [run.to_path_buf()];
            let Ok(board) = judge(&PAPER, &folders) else { return false };
            drop(of_judged_runs(&folders, std::slice::from_ref(&board)));
            !board.warnings.iter().any(|warning| warning.contains("left out"))
        })
    })
}

/// It is compared with a sound one, from both sides.
pub fn compared(bytes: &[u8]) -> bool {
    thread_local! {
        static SOUND: (TempDir, StoredRun) = {
            let folder = scratch();
            make_run(&tiny_plan(), folder.path(), None);
            let run = StoredRun::open(folder.path()).unwrap();
            (folder, run)
        };
    }
    let compare = |run: &StoredRun| {
        SOUND.with(|(_, sound)| {
            drop(comparison::of_two(run, sound));
            drop(comparison::of_two(sound, run));
        });
    };
    FINISHED.with(|stored| stored.with(bytes, |run| StoredRun::open(run).map(|run| compare(&run)).is_ok()))
}

/// It is forked at a step, at T1 and at T2, and the fork goes on.
pub fn forked(bytes: &[u8]) -> bool {
    FINISHED.with(|stored| {
        stored.with(bytes, |run| {
            let at = ["3", "t1", "t2"][bytes.len() % 3];
            let overrides = ["training.learning_rate=0.01".to_owned()];
            let request = ForkRequest { run, arm: None, name: None, at, overrides: &overrides };
            let Ok(fork) = PlannedFork::new(&request) else { return false };
            let folder = scratch();
            let directory = RunDirectory::create(folder.path()).unwrap().saving_every(Duration::MAX);
            fork.prepare(&directory).is_ok() && go_on(&fork.plan, &directory, None)
        })
    })
}

/// An interrupted run goes on, or says why not.
pub fn resumed(bytes: &[u8]) -> bool {
    UNFINISHED.with(|stored| {
        stored.with(bytes, |run| {
            // Every time from the same state.
            let folder = scratch();
            copy_tree(run, folder.path());
            let Ok(directory) = RunDirectory::reopen(folder.path()) else { return false };
            go_on(&stored.plan, &directory.saving_every(Duration::MAX), None)
        })
    })
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

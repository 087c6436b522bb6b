//! Makes the runs of a sweep, several at a time.
//!
//! Runs share nothing, so they scale better side by side than threads inside one run: each gets its own pool of
//! threads. The longest come first, so that none is left over for the end.

use super::folder::{SweepEntry, SweepFolder, SweepFolderError, SweepIndex};
use super::plan::{PlannedRun, SweepPlan};
use super::recipe::{Failure, Progress};
use crate::identity::Digest;
use crate::run::{RunDirectory, RunError, SPEC_FILE, StoredManifest};
use crate::status::Status;
use crate::store::RUN_FORMAT_VERSION;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// A sweep that could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] SweepFolderError),
    /// One of its runs.
    #[error("run {id}: {source}")]
    Run {
        /// The run.
        id: String,
        /// What went wrong.
        source: Failure,
    },
    /// Its folder holds another run.
    #[error("{} does not hold run {id}, whose folder it is: move it away, and the run is made", path.display())]
    Foreign {
        /// The run.
        id: String,
        /// The folder.
        path: PathBuf,
    },
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Threads(rayon::ThreadPoolBuildError),
    /// A file or folder of a run.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl SweepError {
    /// Whether the sweep can go on once the machine allows it.
    pub fn can_be_resumed(&self) -> bool {
        match self {
            Self::Run { source: Failure::Stopped { can_be_resumed, .. }, .. } => *can_be_resumed,
            Self::Run { source: Failure::Changed, .. }
            | Self::Folder(_)
            | Self::Foreign { .. }
            | Self::Threads(_)
            | Self::Io { .. } => true,
        }
    }
}

/// What a sweep tells while it goes on.
#[derive(Clone, Debug)]
pub enum SweepEvent {
    /// So many runs are there already.
    Found {
        /// Runs that are not made again.
        runs: usize,
        /// Their operations.
        operations: f64,
    },
    /// Runs that are being made have come on.
    Advanced {
        /// By so many operations.
        operations: f64,
    },
    /// Something that a person should know about a run.
    Note {
        /// Its name.
        id: String,
        /// What.
        text: String,
    },
    /// A run has ended.
    Ended {
        /// Its name.
        id: String,
        /// Name of its experiment.
        experiment: String,
        /// Its seed.
        seed: u64,
        /// How it ended.
        status: Status,
        /// Its wall time.
        seconds: f64,
    },
}

/// Makes every run of `plan` that `folder` does not hold yet, `jobs` at a time with `threads` threads each.
///
/// Returns the index that it leaves in `sweep.json`, and false if it was interrupted before the last run.
pub fn execute(
    plan: &SweepPlan,
    folder: &SweepFolder,
    (jobs, threads): (usize, usize),
    interrupt: &AtomicBool,
    on_event: &(dyn Fn(SweepEvent) + Sync),
) -> Result<(SweepIndex, bool), SweepError> {
    folder.write(&index(plan, folder)?)?;
    let mut open: Vec<&PlannedRun> = plan.runs.iter().filter(|run| !folder.run(&run.id).is_dir()).collect();
    let operations = plan.operations() - open.iter().map(|run| run.cost.operations).sum::<f64>();
    on_event(SweepEvent::Found { runs: plan.runs.len() - open.len(), operations });
    open.sort_by(|a, b| b.cost.operations.total_cmp(&a.cost.operations));

    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let work = || -> Result<(), SweepError> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(SweepError::Threads)?;
        while !interrupt.load(Ordering::Relaxed) && lock(&failed).is_none() {
            let Some(run) = open.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            pool.install(|| make(run, folder, interrupt, on_event))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(open.len()) {
            scope.spawn(|| {
                if let Err(error) = work() {
                    lock(&failed).get_or_insert(error);
                }
            });
        }
    });
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }
    let mut index = index(plan, folder)?;
    let is_complete = index.points.iter().all(|point| point.fingerprint.is_some());
    if is_complete {
        index.warnings.extend(lists_without_effect(plan, &index));
    }
    folder.write(&index)?;
    Ok((index, is_complete))
}

/// The lock of a mutex; a thread that panicked leaves what it protects readable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes one run, as far as it goes without an interruption.
fn make(
    run: &PlannedRun,
    folder: &SweepFolder,
    interrupt: &AtomicBool,
    on_event: &(dyn Fn(SweepEvent) + Sync),
) -> Result<(), SweepError> {
    let started = Instant::now();
    let partial = folder.partial(&run.id);
    let failed = |source| SweepError::Run { id: run.id.clone(), source };
    let open = || -> Result<RunDirectory, Failure> {
        let is_part_of_it =
            fs::read(partial.join(SPEC_FILE)).is_ok_and(|spec| spec == run.recipe.resolved().as_bytes());
        let directory = if is_part_of_it {
            RunDirectory::reopen(&partial)
        } else {
            if partial.exists() {
                fs::remove_dir_all(&partial).map_err(|error| Failure::stopped(io(&partial)(error), true))?;
            }
            RunDirectory::create(&partial)
        };
        Ok(directory.map_err(RunError::from)?.saving_every(folder.save_every()))
    };
    let (operations, mut told) = (run.cost.operations, 0.0);
    let status =
        run.recipe.carry_out(&run.experiment, run.run_id, &open, interrupt, &mut |event| match event {
            Progress::Advanced(share) => {
                told += operations * share;
                on_event(SweepEvent::Advanced { operations: operations * share });
            }
            Progress::Note(text) => on_event(SweepEvent::Note { id: run.id.clone(), text: text.to_owned() }),
        });
    let status = status.map_err(failed)?;
    if status == Status::Interrupted {
        return Ok(());
    }
    let ended = folder.run(&run.id);
    fs::rename(&partial, &ended).map_err(io(&ended))?;
    // Steps that an arm did not take, or took before this process.
    on_event(SweepEvent::Advanced { operations: (operations - told).max(0.0) });
    on_event(SweepEvent::Ended {
        id: run.id.clone(),
        experiment: run.experiment.clone(),
        seed: run.recipe.seed(),
        status,
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(())
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SweepError {
    let path = path.to_path_buf();
    |source| SweepError::Io { path, source }
}

/// What the folder holds of the sweep.
fn index(plan: &SweepPlan, folder: &SweepFolder) -> Result<SweepIndex, SweepError> {
    let mut known: HashMap<&str, (Status, Option<Digest>)> = HashMap::new();
    for run in &plan.runs {
        let path = folder.run(&run.id);
        let state = if path.is_dir() {
            check_identity(run, &path)?;
            (status(&path)?, Some(fingerprint(&path)?))
        } else {
            (Status::Planned, None)
        };
        known.insert(&run.id, state);
    }
    let entry = |point: &super::SweepPoint| {
        let (status, fingerprint) = known[point.id.as_str()];
        let json = |value: &toml::Value| serde_json::to_value(value).unwrap_or_default();
        SweepEntry {
            run: point.id.clone(),
            setting: point.setting,
            latent_dim: point.dims.map(|dims| dims.0),
            ambient_dim: point.dims.map(|dims| dims.1),
            variant: point.variant.clone(),
            choices: point.choices.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
            status,
            fingerprint,
        }
    };
    let idle = plan.idle_lists().into_iter();
    let warnings = idle.map(|key| format!("{key} changes no setting of any run: its list was of no use"));
    Ok(SweepIndex {
        format_version: RUN_FORMAT_VERSION,
        experiment: plan.experiment.clone(),
        points: plan.points.iter().map(entry).collect(),
        warnings: warnings.collect(),
    })
}

/// Lists that made different settings but not one different result.
fn lists_without_effect(plan: &SweepPlan, index: &SweepIndex) -> Vec<String> {
    let by_run: HashMap<&str, Option<Digest>> =
        index.points.iter().map(|point| (point.run.as_str(), point.fingerprint)).collect();
    let idle = plan.idle_lists();
    let same = plan.lists_that_change_nothing(|point| by_run[point.id.as_str()]);
    let news = same.into_iter().filter(|key| !idle.contains(key));
    news.map(|key| format!("{key} changed no recorded figure of any run")).collect()
}

/// An error unless the folder of a run holds that run: somebody may have put another one there.
fn check_identity(run: &PlannedRun, folder: &Path) -> Result<(), SweepError> {
    let failed = |source| SweepError::Run { id: run.id.clone(), source: RunError::Store(source).into() };
    let manifest = StoredManifest::read(folder).map_err(failed)?;
    if manifest.is_some_and(|manifest| manifest.run_id == run.run_id) {
        return Ok(());
    }
    Err(SweepError::Foreign { id: run.id.clone(), path: folder.to_path_buf() })
}

fn status(run: &Path) -> Result<Status, SweepError> {
    #[derive(serde::Deserialize)]
    struct Stored {
        status: Status,
    }
    let path = run.join("summary.json");
    let text = fs::read_to_string(&path).map_err(io(&path))?;
    let stored: Stored =
        serde_json::from_str(&text).map_err(|error| io(&path)(std::io::Error::other(error.to_string())))?;
    Ok(stored.status)
}

/// Digest of the records and scores of every arm, in the order of their names. It does not depend on the
/// clock.
fn fingerprint(run: &Path) -> Result<Digest, SweepError> {
    let arms = run.join("arms");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&arms).map_err(io(&arms))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    let mut lines = String::new();
    for folder in folders {
        let arm = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in ["records.parquet", "neurons.parquet", "probes.json"] {
            let path = folder.join(file);
            match Digest::of_file(&path) {
                Ok(digest) => lines.extend([&arm, "/", file, " ", &digest.to_string(), "\n"]),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(io(&path)(error)),
            }
        }
    }
    Ok(Digest::of(lines))
}

//! Makes one run of a sweep, from what anybody has made of it so far.
//!
//! Every generation of a lease works in a folder of its own, `RUN.partial`, `RUN.partial-2` … It takes over the
//! newest folder of an earlier one: by its name where the holder before has certainly stopped, as a copy where
//! it is only silent. So two processes never write to the same file. The first that is done gives its folder
//! the name of the run.

use super::error::{SweepError, io};
use super::event::SweepEvent;
use super::folder::SweepFolder;
use super::keep::while_kept;
use super::lease::{Lease, LeaseState};
use super::plan::PlannedRun;
use super::recipe::{Failure, Progress};
use crate::run::{RunDirectory, RunError, StoredManifest};
use crate::status::Status;
use crate::store::disk::{copy_folder, create_folder, rename, sync_folder_of};
use crate::store::{ASIDE, LOCK_FILE, RESUME_FILE};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What the folder of a run that is being made ends in.
pub const PARTIAL: &str = ".partial";

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It has ended.
    Ended,
    /// Somebody asked for an end; it is saved.
    Interrupted,
    /// Another process has taken it over.
    Lost,
}

/// Makes `run`, whose lease this process holds, as far as it goes without an interruption.
///
/// # Errors
/// If it stops for another reason. The lease says so.
pub fn make(
    run: &PlannedRun,
    folder: &SweepFolder,
    lease: Lease,
    interrupt: &AtomicBool,
    on_event: &(dyn Fn(SweepEvent) + Sync),
) -> Result<Made, SweepError> {
    let started = Instant::now();
    let own = Partial::of(folder.path(), &run.id, lease.generation());
    let open = || -> Result<RunDirectory, Failure> {
        let is_there = take_over(run, folder.path(), &own, lease.is_of_one_that_stopped())
            .map_err(|error| Failure::stopped(error, true))?;
        let directory =
            if is_there { RunDirectory::reopen(&own.path) } else { RunDirectory::create(&own.path) };
        Ok(directory.map_err(RunError::from)?.saving_every(folder.save_every()))
    };
    let (operations, mut told) = (run.cost.operations, 0.0);
    let carried_out = while_kept(&lease, interrupt, |stop| {
        run.recipe.carry_out(&run.experiment, run.run_id, &open, stop, &mut |event| match event {
            Progress::Advanced(share) => {
                told += operations * share;
                on_event(SweepEvent::Advanced { operations: operations * share });
            }
            Progress::Note(text) => on_event(SweepEvent::Note { id: run.id.clone(), text: text.to_owned() }),
        })
    });
    // What fails or stops after another process took over is no news of the run.
    let is_elsewhere = || lease.is_lost() || folder.run(&run.id).is_dir();
    let status = match carried_out {
        Ok(Status::Interrupted) | Err(_) if is_elsewhere() => return Ok(Made::Lost),
        Ok(status) => status,
        Err(source) => {
            let failed = SweepError::Run { id: run.id.clone(), source };
            let (error, can_be_resumed) = (failed.to_string(), failed.can_be_resumed());
            // A disk that takes no word of it is what failed; others find out by silence.
            let _ = lease.end(LeaseState::Failed { error, can_be_resumed });
            return Err(failed);
        }
    };
    if status == Status::Interrupted {
        // The run is saved. Where this cannot be written, others find out by silence.
        let _ = lease.end(LeaseState::Left);
        return Ok(Made::Interrupted);
    }
    if !put_in_place(run, folder, &own)? {
        return Ok(Made::Lost);
    }
    // The run is there, whatever its lease says.
    let _ = lease.end(LeaseState::Done);
    // Steps that an arm did not take, or took before this process.
    on_event(SweepEvent::Advanced { operations: (operations - told).max(0.0) });
    on_event(SweepEvent::Ended {
        id: run.id.clone(),
        experiment: run.experiment.clone(),
        seed: run.recipe.seed(),
        status,
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(Made::Ended)
}

/// The folder in which a generation of a lease works.
#[derive(Debug)]
struct Partial {
    generation: u64,
    path: PathBuf,
}

impl Partial {
    fn of(sweep: &Path, run: &str, generation: u64) -> Self {
        let number = if generation > 1 { format!("-{generation}") } else { String::new() };
        Self { generation, path: sweep.join(format!("{run}{PARTIAL}{number}")) }
    }

    /// Those of `run` that are there, the newest first.
    fn all(sweep: &Path, run: &str) -> std::io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(sweep)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(rest) = name.strip_prefix(run).and_then(|rest| rest.strip_prefix(PARTIAL)) else {
                continue;
            };
            let generation =
                if rest.is_empty() { Some(1) } else { rest.strip_prefix('-').and_then(|n| n.parse().ok()) };
            found.extend(generation.map(|generation| Self { generation, path: path.clone() }));
        }
        found.sort_by_key(|partial| std::cmp::Reverse(partial.generation));
        Ok(found)
    }
}

/// Brings what was made of `run` so far into the folder `own`; false if there is nothing to go on from.
fn take_over(run: &PlannedRun, sweep: &Path, own: &Partial, has_stopped: bool) -> Result<bool, SweepError> {
    let is_part_of_it = |partial: &Partial| {
        let manifest = StoredManifest::read(&partial.path).ok().flatten();
        manifest.is_some_and(|manifest| manifest.run_id == run.run_id)
    };
    let all = Partial::all(sweep, &run.id).map_err(io(sweep))?;
    let newest = all.iter().find(|partial| partial.generation <= own.generation && is_part_of_it(partial));
    match newest {
        Some(newest) if newest.generation == own.generation => return Ok(true),
        _ if own.path.exists() => fs::remove_dir_all(&own.path).map_err(io(&own.path))?,
        _ => {}
    }
    let Some(newest) = newest else { return Ok(false) };
    if has_stopped && newest.generation + 1 == own.generation {
        rename(&newest.path, &own.path).map_err(io(&own.path))?;
    } else {
        // Its state first: the records that it counts on are there by then, and only become more.
        let aside = sweep.join(format!("{}{PARTIAL}-{}{ASIDE}", run.id, own.generation));
        create_folder(&aside).map_err(io(&aside))?;
        copy_folder(&newest.path, &aside, &[RESUME_FILE], &[LOCK_FILE]).map_err(io(&aside))?;
        rename(&aside, &own.path).map_err(io(&own.path))?;
    }
    Ok(true)
}

/// Gives a run that has ended its name and removes what else was made of it; false if another process was
/// faster.
fn put_in_place(run: &PlannedRun, folder: &SweepFolder, own: &Partial) -> Result<bool, SweepError> {
    let ended = folder.run(&run.id);
    let is_first = match rename(&own.path, &ended) {
        Ok(()) => true,
        Err(_) if ended.is_dir() => {
            check_identity(run, &ended)?;
            false
        }
        Err(error) => return Err(io(&ended)(error)),
    };
    sync_folder_of(&ended).map_err(io(&ended))?;
    clear(folder.path(), &run.id);
    Ok(is_first)
}

/// Removes what was made of a run that has ended by now. What a slow process is still writing to stays.
pub fn clear(sweep: &Path, run: &str) {
    for entry in fs::read_dir(sweep).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.strip_prefix(run).is_some_and(|rest| rest.starts_with(PARTIAL)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// An error unless the folder of a run holds that run: somebody may have put another one there.
pub fn check_identity(run: &PlannedRun, folder: &Path) -> Result<(), SweepError> {
    let failed = |source| SweepError::Run { id: run.id.clone(), source: RunError::Store(source).into() };
    let manifest = StoredManifest::read(folder).map_err(failed)?;
    if manifest.is_some_and(|manifest| manifest.run_id == run.run_id) {
        return Ok(());
    }
    Err(SweepError::Foreign { id: run.id.clone(), path: folder.to_path_buf() })
}

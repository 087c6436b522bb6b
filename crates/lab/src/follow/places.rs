//! The runs in a folder: the run that it is, those of the sweep that it is, or those of the folders in it.

use super::stamp::{Stamp, is_own_folder};
use crate::run::{MANIFEST_FILE, SPEC_FILE};
use crate::sweep::{
    COMMAND_FILE, LeaseEntry, LeaseState, Leases, PARTIAL, PLAN_FILE, SILENCE, SWEEP_FILE, SweepEntry,
    SweepIndex,
};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders in a folder that are looked at; a folder of more is not one of runs.
const MOST_FOLDERS: usize = 10_000;

/// A run that was found.
#[derive(Debug)]
pub struct Found {
    /// What people call it.
    pub name: String,
    /// Its point in a sweep.
    pub point: String,
    /// Where it is now; `None` where nobody has begun it.
    pub folder: Option<PathBuf>,
    /// What is known of a run that has not ended, beside its folder.
    pub lease: Option<LeaseEntry>,
    /// Whether the process of the lease has certainly ended.
    pub is_left: bool,
    /// What the sweep says of it.
    pub problem: Option<String>,
}

/// A folder that was asked for.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    /// The sweeps in it, or the one that it is.
    sweeps: Vec<Sweep>,
}

impl Place {
    /// The folder, at which nobody has looked.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), sweeps: Vec::new() }
    }

    /// The runs in it now.
    pub fn look(&mut self) -> Vec<Found> {
        let folder = self.folder.clone();
        if is_sweep(&folder) {
            return self.sweep(&folder);
        }
        if is_run(&folder) {
            return vec![alone(&folder)];
        }
        let mut found = Vec::new();
        for child in children(&folder) {
            if is_sweep(&child) {
                found.extend(self.sweep(&child));
            } else if is_run(&child) {
                found.push(alone(&child));
            }
        }
        found
    }

    fn sweep(&mut self, folder: &Path) -> Vec<Found> {
        let at = self.sweeps.iter().position(|sweep| sweep.folder == folder).unwrap_or_else(|| {
            self.sweeps.push(Sweep::new(folder));
            self.sweeps.len() - 1
        });
        self.sweeps[at].look()
    }
}

fn alone(folder: &Path) -> Found {
    Found {
        name: folder.display().to_string(),
        point: String::new(),
        folder: Some(folder.to_path_buf()),
        lease: None,
        is_left: false,
        problem: None,
    }
}

fn is_sweep(folder: &Path) -> bool {
    [SWEEP_FILE, PLAN_FILE, COMMAND_FILE].iter().any(|name| Stamp::of(&folder.join(name)).is_there())
}

fn is_run(folder: &Path) -> bool {
    [SPEC_FILE, MANIFEST_FILE].iter().any(|name| Stamp::of(&folder.join(name)).is_there())
}

/// The folders in `folder`, by name. Links are left out: they may lead anywhere.
fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_FOLDERS);
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_own_folder(path));
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    folders
}

/// A sweep that is followed.
#[derive(Debug)]
struct Sweep {
    folder: PathBuf,
    leases: Leases,
    stamp: Stamp,
    points: Vec<SweepEntry>,
    problem: Option<String>,
}

impl Sweep {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            leases: Leases::of(folder, SILENCE),
            stamp: Stamp::default(),
            points: Vec::new(),
            problem: None,
        }
    }

    fn look(&mut self) -> Vec<Found> {
        let stamp = Stamp::of(&self.folder.join(SWEEP_FILE));
        if stamp != self.stamp {
            self.stamp = stamp;
            match SweepIndex::read(&self.folder) {
                Ok(index) => (self.points, self.problem) = (once(index.points), None),
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
        // An unreadable folder of leases only means that less is known.
        let newest = self.leases.newest().unwrap_or_default();
        let partial = partial_folders(&self.folder);
        let mut found: Vec<Found> = (self.points.iter())
            .map(|point| self.found(point, newest.get(&point.run).copied(), &partial))
            .collect();
        if let Some(problem) = &self.problem {
            found.push(Found { folder: None, problem: Some(problem.clone()), ..alone(&self.folder) });
        }
        found
    }

    fn found(&self, point: &SweepEntry, generation: Option<u64>, partial: &[(String, u64)]) -> Found {
        let ended = self.folder.join(&point.run);
        let has_ended = is_own_folder(&ended);
        let generations = partial.iter().filter(|(run, _)| *run == point.run).map(|(_, number)| *number);
        let newest = generations.max().map(|number| self.folder.join(partial_name(&point.run, number)));
        let lease = generation.and_then(|generation| self.leases.entry(&point.run, generation));
        let lease = lease.filter(|_| !has_ended);
        Found {
            name: ended.display().to_string(),
            point: told(point),
            folder: if has_ended { Some(ended) } else { newest },
            is_left: lease.as_ref().is_some_and(|lease| self.leases.is_gone(&lease.holder)),
            problem: if has_ended { None } else { failure(lease.as_ref()).or_else(|| point.problem.clone()) },
            lease,
        }
    }
}

fn failure(lease: Option<&LeaseEntry>) -> Option<String> {
    match &lease?.state {
        LeaseState::Failed { error, .. } => Some(error.clone()),
        LeaseState::Held | LeaseState::Left | LeaseState::Done => None,
    }
}

/// Every run once, where several points share it.
fn once(points: Vec<SweepEntry>) -> Vec<SweepEntry> {
    let mut seen = HashSet::new();
    points.into_iter().filter(|point| seen.insert(point.run.clone())).collect()
}

/// What was chosen for a point.
fn told(point: &SweepEntry) -> String {
    let choices = point.choices.iter().map(|(key, value)| format!("{key}={value}"));
    point.variant.iter().cloned().chain(choices).collect::<Vec<_>>().join(", ")
}

fn partial_name(run: &str, generation: u64) -> String {
    if generation > 1 { format!("{run}{PARTIAL}-{generation}") } else { format!("{run}{PARTIAL}") }
}

/// Run and generation of every folder of a run in the making.
fn partial_folders(sweep: &Path) -> Vec<(String, u64)> {
    let names = children(sweep).into_iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    names
        .filter_map(|name| {
            let (run, rest) = name.split_once(PARTIAL)?;
            let generation = if rest.is_empty() { 1 } else { rest.strip_prefix('-')?.parse().ok()? };
            Some((run.to_owned(), generation))
        })
        .collect()
}

//! Who makes a run, among any number of processes that share a folder: a lease for each run, which is a file.
//!
//! ```text
//! leases/RUN.1, held by a ── a is silent ──▶ leases/RUN.2, held by b ──▶ done
//! ```
//!
//! To take a lease is to create its file exclusively, which one process succeeds in, also on network file
//! systems. Locks of files are not needed. Whoever takes a run over creates the file of the next generation:
//! so of several takers one wins, whatever each of them saw before.
//!
//! A holder counts beats in its file. It is silent if the file stays as it is for as long as it says there, by
//! the observer's own clock and counted over several looks. Times of different machines are never compared. A
//! holder that is only slow finds the file of the next generation and stops. Until then it works in a folder
//! of its own (`make`), so a lease that was taken over by mistake costs time and no result.

use super::process::Process;
use crate::store::disk::{DiskFile, create_folder, remove};
use crate::store::{StoreError, write_json_atomically};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Name of the folder of the leases.
pub const LEASES_FOLDER: &str = "leases";
/// How long a holder may be silent before another process takes over, if nothing else is asked for.
pub const SILENCE: Duration = Duration::from_secs(120);
/// Beats that a holder plans in the time after which it counts as silent.
const BEATS: u32 = 6;
/// Looks that an observer needs at least before it takes a holder for silent: one that was asleep itself, in a
/// laptop that was closed, has not watched.
const LOOKS: u32 = 4;

/// How the run of a lease stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LeaseState {
    /// It is being made.
    Held,
    /// Its holder was interrupted and has saved it.
    Left,
    /// Its holder failed.
    Failed {
        /// What went wrong.
        error: String,
        /// Whether another machine, or this one later, may succeed.
        can_be_resumed: bool,
    },
    /// It has ended.
    Done,
}

/// What the file of a lease holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeaseEntry {
    /// How it stands.
    #[serde(flatten)]
    pub state: LeaseState,
    /// Who has it.
    pub holder: Process,
    /// Version of the program that has it.
    pub featurescope_version: String,
    /// Seconds without a beat after which its holder counts as gone.
    pub silence_seconds: f64,
    /// Counts up as long as its holder is at work.
    pub beats: u64,
}

/// Which failures are worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// All: somebody asked for it.
    All,
    /// Those of a machine: a full disk, too little memory.
    OfMachines,
}

/// What came of an attempt to take a lease.
#[derive(Debug)]
pub enum Taking {
    /// It is taken.
    Taken(Box<Lease>),
    /// Another process has it: which.
    Held(String),
    /// It failed before, and another try is of no use: what went wrong.
    Failed(String),
}

/// The leases of a sweep.
#[derive(Debug)]
pub struct Leases {
    folder: PathBuf,
    silence: Duration,
    me: Process,
    seen: Mutex<HashMap<String, Sight>>,
}

/// What an observer saw of a lease.
#[derive(Debug)]
struct Sight {
    generation: u64,
    bytes: Vec<u8>,
    last: Instant,
    /// Time in which it was watched and did not change.
    unchanged: Duration,
}

impl Leases {
    /// The leases of the sweep in folder `sweep`. A lease that is taken counts as given up after `silence`
    /// without a beat.
    pub fn of(sweep: &Path, silence: Duration) -> Self {
        Self { folder: sweep.join(LEASES_FOLDER), silence, me: Process::current(), seen: Mutex::default() }
    }

    /// How long to wait between two looks.
    pub fn pause(&self) -> Duration {
        (self.silence / (2 * LOOKS)).clamp(Duration::from_millis(10), Duration::from_secs(5))
    }

    /// The newest generation of every lease, by the name of its run.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn newest(&self) -> Result<HashMap<String, u64>, StoreError> {
        let mut newest = HashMap::new();
        let unreadable = || StoreError::io(&self.folder, "read");
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(newest),
            entries => entries.map_err(unreadable())?,
        };
        for entry in entries {
            let name = entry.map_err(unreadable())?.file_name();
            let Some((run, generation)) = name.to_str().and_then(|name| name.rsplit_once('.')) else {
                continue;
            };
            if let Ok(generation) = generation.parse::<u64>() {
                let known = newest.entry(run.to_owned()).or_default();
                *known = generation.max(*known);
            }
        }
        Ok(newest)
    }

    /// What the lease of `run` says in this generation; `None` where it is not whole or gone.
    pub fn entry(&self, run: &str, generation: u64) -> Option<LeaseEntry> {
        serde_json::from_slice(&fs::read(self.file(run, generation)).ok()?).ok()
    }

    /// Whether a holder has certainly ended.
    pub fn is_gone(&self, holder: &Process) -> bool {
        holder.is_gone_from(&self.me)
    }

    /// Takes the lease of `run`, whose newest generation was `known` (0: there was none).
    ///
    /// # Errors
    /// If its file cannot be read or written.
    pub fn take(&self, run: &str, known: u64, retry: Retry) -> Result<Taking, StoreError> {
        let mut newest = known;
        loop {
            let mut has_stopped = true;
            if newest > 0 {
                let path = self.file(run, newest);
                let bytes = match fs::read(&path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
                    bytes => bytes.map_err(StoreError::io(&path, "read"))?,
                };
                let entry = serde_json::from_slice::<LeaseEntry>(&bytes).ok();
                has_stopped = match entry.as_ref().map(|entry| &entry.state) {
                    Some(LeaseState::Failed { error, can_be_resumed }) => {
                        if retry == Retry::OfMachines && !can_be_resumed {
                            return Ok(Taking::Failed(error.clone()));
                        }
                        true
                    }
                    Some(LeaseState::Left) => true,
                    Some(LeaseState::Held) => {
                        entry.as_ref().is_some_and(|entry| entry.holder.is_gone_from(&self.me))
                    }
                    // The folder of a run that is done may be seen later than its lease.
                    Some(LeaseState::Done) | None => false,
                };
                if !has_stopped && !self.is_silent(run, newest, bytes, entry.as_ref()) {
                    let holder = entry.map_or("another process".to_owned(), |entry| entry.holder.to_string());
                    return Ok(Taking::Held(holder));
                }
            }
            match self.create(run, newest + 1, has_stopped)? {
                Some(lease) => return Ok(Taking::Taken(Box::new(lease))),
                // Somebody was faster: theirs is the newest one.
                None => newest += 1,
            }
        }
    }

    /// The lease of a new generation, unless it is there already.
    fn create(&self, run: &str, generation: u64, has_stopped: bool) -> Result<Option<Lease>, StoreError> {
        create_folder(&self.folder).map_err(StoreError::io(&self.folder, "created"))?;
        let path = self.file(run, generation);
        let mut file = match DiskFile::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            file => file.map_err(StoreError::io(&path, "created"))?,
        };
        let entry = LeaseEntry {
            state: LeaseState::Held,
            holder: self.me.clone(),
            featurescope_version: env!("CARGO_PKG_VERSION").to_owned(),
            silence_seconds: self.silence.as_secs_f64(),
            beats: 0,
        };
        let text = serde_json::to_vec_pretty(&entry)
            .map_err(|source| StoreError::Json { path: path.clone(), source })?;
        if let Err(error) = file.write_all(&text).and_then(|()| file.sync()) {
            // Else others would wait for somebody who does not work on it.
            let _ = remove(&path);
            return Err(StoreError::io(&path, "written")(error));
        }
        let next = self.file(run, generation + 1);
        let every = self.silence / BEATS;
        Ok(Some(Lease {
            path,
            next,
            generation,
            has_stopped,
            every,
            entry: Mutex::new(entry),
            is_over: false,
        }))
    }

    /// Whether the holder has not changed these `bytes` for as long as it said that it would.
    fn is_silent(&self, run: &str, generation: u64, bytes: Vec<u8>, entry: Option<&LeaseEntry>) -> bool {
        let stated = entry.and_then(|entry| Duration::try_from_secs_f64(entry.silence_seconds).ok());
        let patience = stated.unwrap_or_default().max(self.silence);
        let now = Instant::now();
        let mut seen = lock(&self.seen);
        let new = Sight { generation, bytes, last: now, unchanged: Duration::ZERO };
        match seen.get_mut(run) {
            Some(sight) if sight.generation == new.generation && sight.bytes == new.bytes => {
                sight.unchanged += (now - sight.last).min(patience / LOOKS);
                sight.last = now;
                sight.unchanged >= patience
            }
            _ => {
                seen.insert(run.to_owned(), new);
                false
            }
        }
    }

    /// Removes the leases of these runs, which have ended, and the folder if nothing is left in it.
    pub fn clear<'a>(&self, runs: impl Iterator<Item = &'a str>) {
        let runs: std::collections::HashSet<&str> = runs.collect();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.split_once('.').is_some_and(|(run, _)| runs.contains(run)) {
                // What stays is in nobody's way.
                let _ = remove(&entry.path());
            }
        }
        let _ = fs::remove_dir(&self.folder);
    }

    fn file(&self, run: &str, generation: u64) -> PathBuf {
        self.folder.join(format!("{run}.{generation}"))
    }
}

/// A lease that this process holds. One that is dropped is left to others.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    next: PathBuf,
    generation: u64,
    has_stopped: bool,
    every: Duration,
    entry: Mutex<LeaseEntry>,
    is_over: bool,
}

impl Lease {
    /// Counts from 1 on how often the run was taken.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the holder before certainly works on it no longer.
    pub fn is_of_one_that_stopped(&self) -> bool {
        self.has_stopped
    }

    /// Time between two beats.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// Whether another process has taken over.
    pub fn is_lost(&self) -> bool {
        self.next.exists() || !self.path.exists()
    }

    /// Shows that this process is at work.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn beat(&self) -> Result<(), StoreError> {
        let mut entry = lock(&self.entry);
        entry.beats += 1;
        write_json_atomically(&self.path, &*entry)
    }

    /// Says how it ended.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn end(mut self, state: LeaseState) -> Result<(), StoreError> {
        self.is_over = true;
        self.write_state(state)
    }

    fn write_state(&self, state: LeaseState) -> Result<(), StoreError> {
        let mut entry = lock(&self.entry);
        entry.state = state;
        if self.is_lost() { Ok(()) } else { write_json_atomically(&self.path, &*entry) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_over {
            // Else others find out by its silence.
            let _ = self.write_state(LeaseState::Left);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

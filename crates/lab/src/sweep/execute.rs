//! Makes the runs of a sweep, several at a time, beside whoever else makes some of them.
//!
//! Runs share nothing, so they scale better side by side than threads inside one run: each gets its own pool of
//! threads. The longest come first, so that none is left over for the end.

use super::collect::{index, lists_without_effect, tidy};
use super::error::SweepError;
use super::event::SweepEvent;
use super::folder::{SweepFolder, SweepIndex};
use super::lease::{Lease, LeaseState, Leases, Retry, Taking};
use super::make::{Made, check_identity, make};
use super::plan::{PlannedRun, SweepPlan};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an interruption may wait while a process waits for others.
const TICK: Duration = Duration::from_millis(50);
/// Runs that fail one after the other by the fault of this machine, a full disk or too little memory, until it
/// leaves the others alone.
const PATIENCE: usize = 3;

/// Makes every run of `plan` that `folder` does not hold yet, `jobs` at a time with `threads` threads each. The
/// first failure ends it.
///
/// Returns the index that it leaves in `sweep.json`, and false if it was interrupted before the last run.
///
/// # Errors
/// If a run fails, or a file cannot be read or written.
pub fn execute(
    plan: &SweepPlan,
    folder: &SweepFolder,
    crew: (usize, usize),
    interrupt: &AtomicBool,
    on_event: &(dyn Fn(SweepEvent) + Sync),
) -> Result<(SweepIndex, bool), SweepError> {
    folder.write(&index(plan, folder)?)?;
    let manner = Manner { retry: Retry::All, stops_at_failure: true };
    Work::new(&plan.runs, folder, manner, interrupt, on_event).carry_out(crew)?;
    let mut index = index(plan, folder)?;
    let is_complete = index.points.iter().all(|point| point.fingerprint.is_some());
    if is_complete {
        index.warnings.extend(lists_without_effect(plan, &index));
        tidy(plan, folder);
    }
    folder.write(&index)?;
    Ok((index, is_complete))
}

/// Makes runs of a sweep beside other processes, until each of `runs` has ended or failed: one that another
/// process makes is waited for, and taken over if that process falls silent. `retry` says which of those that
/// failed before are tried again. A run that fails does not stop the others.
///
/// Returns what went wrong, by run.
///
/// # Errors
/// If leases cannot be written, or faults of this machine end several runs one after the other.
pub fn take_part(
    runs: &[PlannedRun],
    folder: &SweepFolder,
    crew: (usize, usize),
    retry: Retry,
    interrupt: &AtomicBool,
    on_event: &(dyn Fn(SweepEvent) + Sync),
) -> Result<Vec<(String, String)>, SweepError> {
    let manner = Manner { retry, stops_at_failure: false };
    let work = Work::new(runs, folder, manner, interrupt, on_event);
    work.carry_out(crew)?;
    let board = lock(&work.board).settled.clone();
    let failed = |run: &PlannedRun| Some((run.id.clone(), board.get(&run.id)?.clone()?));
    Ok(runs.iter().filter_map(failed).collect())
}

/// How failures are met.
#[derive(Clone, Copy, Debug)]
struct Manner {
    retry: Retry,
    stops_at_failure: bool,
}

/// Runs to be made by the threads of this process.
struct Work<'a> {
    runs: Vec<&'a PlannedRun>,
    folder: &'a SweepFolder,
    leases: Leases,
    manner: Manner,
    interrupt: &'a AtomicBool,
    on_event: &'a (dyn Fn(SweepEvent) + Sync),
    board: Mutex<Board>,
    news: Condvar,
}

/// What the threads tell each other.
#[derive(Default)]
struct Board {
    /// Runs that have ended, with `None`, and those that were given up, with what went wrong.
    settled: HashMap<String, Option<String>>,
    /// Runs that a thread of this process makes.
    ours: HashSet<String>,
    /// Runs of which it was told who makes them.
    told: HashSet<String>,
    /// Failures of this machine since the last run that ended.
    failures_in_a_row: usize,
    /// Why everything stops.
    stop: Option<SweepError>,
    panic: Option<Box<dyn Any + Send>>,
}

impl Board {
    fn stops(&self) -> bool {
        self.stop.is_some() || self.panic.is_some()
    }
}

/// What a thread does next.
enum Next<'a> {
    Make(&'a PlannedRun, Box<Lease>),
    /// All others are being made.
    Wait,
    Nothing,
}

impl<'a> Work<'a> {
    fn new(
        runs: &'a [PlannedRun],
        folder: &'a SweepFolder,
        manner: Manner,
        interrupt: &'a AtomicBool,
        on_event: &'a (dyn Fn(SweepEvent) + Sync),
    ) -> Self {
        let mut board = Board::default();
        let (ended, mut open): (Vec<&PlannedRun>, Vec<_>) =
            runs.iter().partition(|run| folder.run(&run.id).is_dir());
        for run in &ended {
            // One that is another run is no one's to make.
            let problem = check_identity(run, &folder.run(&run.id)).err().map(|error| error.to_string());
            board.settled.insert(run.id.clone(), problem);
        }
        let operations = ended.iter().map(|run| run.cost.operations).sum();
        on_event(SweepEvent::Found { runs: ended.len(), operations });
        open.sort_by(|a, b| b.cost.operations.total_cmp(&a.cost.operations));
        let (board, news) = (Mutex::new(board), Condvar::new());
        Self { runs: open, folder, leases: folder.leases(), manner, interrupt, on_event, board, news }
    }

    /// Makes them, so many at a time with so many threads each.
    fn carry_out(&self, (jobs, threads): (usize, usize)) -> Result<(), SweepError> {
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(self.runs.len()) {
                scope.spawn(|| {
                    let worked = catch_unwind(AssertUnwindSafe(|| self.work(threads)));
                    let mut board = lock(&self.board);
                    match worked {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => drop(board.stop.get_or_insert(error)),
                        Err(panic) => drop(board.panic.get_or_insert(panic)),
                    }
                    self.news.notify_all();
                });
            }
        });
        let mut board = lock(&self.board);
        if let Some(panic) = board.panic.take() {
            drop(board);
            resume_unwind(panic);
        }
        board.stop.take().map_or(Ok(()), Err)
    }

    fn work(&self, threads: usize) -> Result<(), SweepError> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(SweepError::Threads)?;
        while !self.interrupt.load(Ordering::Relaxed) && !lock(&self.board).stops() {
            match self.next()? {
                Next::Make(run, lease) => {
                    let made = pool.install(|| make(run, self.folder, *lease, self.interrupt, self.on_event));
                    self.note(run, made)?;
                }
                Next::Wait => self.wait(),
                Next::Nothing => break,
            }
        }
        Ok(())
    }

    /// The first run that this process can take.
    fn next(&self) -> Result<Next<'a>, SweepError> {
        let newest = self.leases.newest().map_err(SweepError::Lease)?;
        let mut is_anything_open = false;
        for &run in &self.runs {
            let mut board = lock(&self.board);
            if board.settled.contains_key(&run.id) {
                continue;
            }
            is_anything_open = true;
            if board.ours.contains(&run.id) || self.has_ended_elsewhere(run, &mut board) {
                continue;
            }
            let known = newest.get(&run.id).copied().unwrap_or_default();
            match self.leases.take(&run.id, known, self.manner.retry).map_err(SweepError::Lease)? {
                Taking::Taken(lease) => {
                    // Between the look and the lease another process may have ended it.
                    if self.has_ended_elsewhere(run, &mut board) {
                        lease.end(LeaseState::Done).map_err(SweepError::Lease)?;
                    } else {
                        board.ours.insert(run.id.clone());
                        return Ok(Next::Make(run, lease));
                    }
                }
                Taking::Held(holder) if board.told.insert(run.id.clone()) => {
                    let text = format!("{holder} makes it");
                    (self.on_event)(SweepEvent::Note { id: run.id.clone(), text });
                }
                Taking::Held(_) => {}
                Taking::Failed(error) => drop(board.settled.insert(run.id.clone(), Some(error))),
            }
        }
        Ok(if is_anything_open { Next::Wait } else { Next::Nothing })
    }

    fn has_ended_elsewhere(&self, run: &PlannedRun, board: &mut Board) -> bool {
        let path = self.folder.run(&run.id);
        if !path.is_dir() {
            return false;
        }
        let problem = check_identity(run, &path).err().map(|error| error.to_string());
        board.settled.insert(run.id.clone(), problem);
        let operations = run.cost.operations;
        (self.on_event)(SweepEvent::EndedElsewhere { id: run.id.clone(), operations });
        true
    }

    /// What came of a run.
    fn note(&self, run: &PlannedRun, made: Result<Made, SweepError>) -> Result<(), SweepError> {
        let mut board = lock(&self.board);
        board.ours.remove(&run.id);
        board.told.remove(&run.id);
        self.news.notify_all();
        match made {
            Ok(Made::Ended) => {
                board.failures_in_a_row = 0;
                board.settled.insert(run.id.clone(), None);
            }
            Ok(Made::Interrupted) => {}
            Ok(Made::Lost) => {
                let text = "another process has taken it over".to_owned();
                (self.on_event)(SweepEvent::Note { id: run.id.clone(), text });
            }
            Err(error) => {
                board.failures_in_a_row += usize::from(error.can_be_resumed());
                if self.manner.stops_at_failure || board.failures_in_a_row >= PATIENCE {
                    return Err(error);
                }
                let text = format!("failed: {error}");
                (self.on_event)(SweepEvent::Note { id: run.id.clone(), text });
                board.settled.insert(run.id.clone(), Some(error.to_string()));
            }
        }
        Ok(())
    }

    /// Waits for news of this process, or until it is time to look again what others have done.
    fn wait(&self) {
        let began = Instant::now();
        while began.elapsed() < self.leases.pause() && !self.interrupt.load(Ordering::Relaxed) {
            let board = lock(&self.board);
            let pause = TICK.min(self.leases.pause());
            let (board, waited) =
                self.news.wait_timeout(board, pause).unwrap_or_else(PoisonError::into_inner);
            if board.stops() || !waited.timed_out() {
                return;
            }
        }
    }
}

/// The lock of a mutex; a thread that panicked leaves what it protects readable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Machines and runs that fail: the others go on, and nothing is lost.

use super::super::lease::Taking;
use super::super::make::{Made, make};
use super::sharing::{alone, contents, join, share, worker};
use super::*;
use crate::identity::RunId;
use crate::store::faults::{Fault, with, without_locks};
use std::sync::Arc;

/// Makes the first run of a sweep on this thread, whose disk the tests can break.
fn make_here(sweep: &SweepPlan, path: &Path) -> Option<Result<Made, SweepError>> {
    let (folder, run) = (join(path), &sweep.runs[0]);
    let leases = folder.leases();
    let known = leases.newest().ok()?.get(&run.id).copied().unwrap_or_default();
    match leases.take(&run.id, known, Retry::All) {
        Ok(Taking::Taken(lease)) => Some(make(run, &folder, *lease, &AtomicBool::new(false), &|_| {})),
        _ => None,
    }
}

/// Whatever operation of whatever worker's disk fails, another worker ends the run to the same bytes.
#[test]
fn a_disk_that_fails_under_one_worker_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let expected = alone(&["seed=[1]"], &folder.path().join("one"));
    let (_, operations) = {
        let (sweep, _) = share(&["seed=[1]"], &folder.path().join("whole"));
        with(Fault::Full, usize::MAX, || make_here(&sweep, &folder.path().join("whole")).unwrap().unwrap())
    };
    assert!(operations > 50, "{operations}");
    let (mut tried, mut failed) = (0, 0);
    for fault in [Fault::Full, Fault::Broken, Fault::Killed] {
        // Every place would take minutes; these are spread over all of them.
        for at in (0..operations).step_by(operations / 12) {
            let path = folder.path().join(format!("{fault:?}-{at}"));
            let (sweep, _) = share(&["seed=[1]"], &path);
            let (made, _) = with(fault, at, || make_here(&sweep, &path));
            failed += usize::from(!matches!(made, Some(Ok(_))));
            let (_, others) = worker(&path);
            assert_eq!(others, [], "{fault:?} at {at}");
            assert!(contents(&path, &sweep.runs) == expected, "{fault:?} at {at}");
            tried += 1;
        }
    }
    assert!(tried >= 36 && failed >= tried / 2, "{failed} of {tried}");
}

/// Locks are for single runs; where there are none, leases still keep workers apart.
#[test]
fn a_folder_without_locks_is_shared_all_the_same() {
    const ENOLCK: i32 = 37;
    let folder = tempfile::tempdir().unwrap();
    let expected = alone(&["seed=[1]"], &folder.path().join("one"));
    let path = folder.path().join("shared");
    let (sweep, _) = share(&["seed=[1]"], &path);
    let made: Vec<bool> = std::thread::scope(|scope| {
        let work = || without_locks(ENOLCK, || matches!(make_here(&sweep, &path), Some(Ok(Made::Ended))));
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    assert!(contents(&path, &sweep.runs) == expected);
}

/// A run that fails as told.
#[derive(Debug)]
struct Failing {
    is_of_machine: bool,
    panics: bool,
}

impl Recipe for Failing {
    fn seed(&self) -> u64 {
        0
    }

    fn resolved(&self) -> &'static str {
        ""
    }

    fn carry_out(
        &self,
        _: &str,
        _: RunId,
        _: &dyn Fn() -> Result<RunDirectory, Failure>,
        _: &AtomicBool,
        _: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Status, Failure> {
        assert!(!self.panics, "a part raised");
        Err(Failure::stopped(std::io::Error::other("on purpose"), self.is_of_machine))
    }
}

/// A sweep of which these runs fail.
fn with_failing(path: &Path, failing: &[usize], is_of_machine: bool, panics: bool) -> SweepPlan {
    let (mut sweep, _) = share(&["seed=[1,2,3,4,5]"], path);
    for &run in failing {
        sweep.runs[run].recipe = Arc::new(Failing { is_of_machine, panics });
    }
    sweep
}

#[test]
fn a_run_that_fails_is_told_in_the_index_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sweep = with_failing(path, &[1], false, false);
    let never = AtomicBool::new(false);
    let part = |retry| take_part(&sweep.runs, &join(path), (2, 1), retry, &never, &|_| {}).unwrap();
    let failed = part(Retry::All);
    assert_eq!(failed.len(), 1);
    assert!(failed[0].0 == sweep.runs[1].id && failed[0].1.contains("on purpose"), "{failed:?}");
    let collected = collect(&sweep, &SweepFolder::open(path).unwrap()).unwrap();
    let ended = collected.runs.iter().filter(|(_, standing)| matches!(standing, Standing::Ended(..)));
    assert_eq!(ended.count(), 4);
    assert!(collected.index.points[1].problem.as_ref().is_some_and(|error| error.contains("on purpose")));
    // Nobody tries again what cannot succeed, until somebody asks for it by name. Then it is made.
    assert_eq!(part(Retry::OfMachines).len(), 1);
    let (sweep, _) = share(&["seed=[1,2,3,4,5]"], path);
    assert_eq!(worker(path).1.len(), 1);
    let made = take_part(&sweep.runs[1..2], &join(path), (1, 1), Retry::All, &never, &|_| {}).unwrap();
    assert_eq!(made, []);
    assert!(collect(&sweep, &SweepFolder::open(path).unwrap()).unwrap().is_complete());
}

/// A machine without space or memory does not run through all runs: it leaves them to the others.
#[test]
fn a_machine_that_fails_again_and_again_leaves_the_rest_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sweep = with_failing(path, &[0, 1, 2, 3, 4], true, false);
    let never = AtomicBool::new(false);
    let error = take_part(&sweep.runs, &join(path), (1, 1), Retry::OfMachines, &never, &|_| {}).unwrap_err();
    assert!(error.to_string().contains("on purpose") && error.can_be_resumed(), "{error}");
    let standings = collect(&sweep, &SweepFolder::open(path).unwrap()).unwrap().runs;
    let failed = standings.iter().filter(|(_, standing)| matches!(standing, Standing::Failed(_)));
    assert_eq!(failed.count(), 3);
    let (made, failed) = worker(path);
    assert_eq!((made.len(), failed.len()), (5, 0), "{failed:?}");
}

/// What a part raises comes out as it was raised, and its run is free again.
#[test]
fn a_panic_is_passed_on_and_frees_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sweep = with_failing(path, &[0], false, true);
    let never = AtomicBool::new(false);
    let work = || take_part(&sweep.runs[..1], &join(path), (2, 1), Retry::All, &never, &|_| {});
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"a part raised"));
    assert_eq!(worker(path).0.len(), 5);
}

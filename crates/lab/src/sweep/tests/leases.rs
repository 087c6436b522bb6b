//! Leases: one holder each, however many try, whatever their clocks say.

use super::super::lease::{LEASES_FOLDER, Lease, LeaseState, Leases, Retry, Taking};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, SystemTime};

/// What counts as silence here.
const SILENCE: Duration = Duration::from_millis(200);

fn take(leases: &Leases, run: &str) -> Taking {
    let known = leases.newest().unwrap().get(run).copied().unwrap_or_default();
    leases.take(run, known, Retry::All).unwrap()
}

fn taken(leases: &Leases, run: &str) -> Option<Lease> {
    match take(leases, run) {
        Taking::Taken(lease) => Some(*lease),
        Taking::Held(_) | Taking::Failed(_) => None,
    }
}

fn file(sweep: &Path, run: &str, generation: u64) -> PathBuf {
    sweep.join(LEASES_FOLDER).join(format!("{run}.{generation}"))
}

/// Makes the holder of a lease one on another machine, of which nobody knows whether it has ended.
fn move_elsewhere(path: &Path) {
    let mut entry: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    entry["holder"]["machine"] = "another one".into();
    entry["holder"]["host"] = "far".into();
    fs::write(path, entry.to_string()).unwrap();
}

/// Looks until the lease is taken; how often.
fn watch(leases: &Leases, run: &str) -> (Lease, usize) {
    for looks in 1..1000 {
        if let Some(lease) = taken(leases, run) {
            return (lease, looks);
        }
        std::thread::sleep(leases.pause());
    }
    panic!("the lease is never given up");
}

#[test]
fn of_many_who_try_one_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (workers, runs) = (8, 40);
    let start = Barrier::new(workers);
    let held: usize = std::thread::scope(|scope| {
        let race = || {
            let leases = Leases::of(folder.path(), SILENCE * 1000);
            start.wait();
            let take = |run: usize| taken(&leases, &format!("{run:x}"));
            // Kept to the end: a lease that is dropped is free.
            (0..runs).filter_map(take).collect::<Vec<_>>()
        };
        let racers: Vec<_> = (0..workers).map(|_| scope.spawn(race)).collect();
        // All are kept until the last has tried.
        let held: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
        held.iter().map(Vec::len).sum()
    });
    assert_eq!(held, runs);
}

/// The same by processes: each says which it took.
#[test]
fn of_many_processes_that_try_one_holds() {
    const RUNS: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let race = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sweep::tests::leases::racer", "--ignored", "--nocapture"])
            .env("LEASES", folder.path())
            .env("RUNS", RUNS.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let racers: Vec<_> = (0..8).map(race).collect();
    let mut taken = vec![0; RUNS];
    for racer in racers {
        let output = racer.wait_with_output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let runs = said.lines().filter_map(|line| line.strip_prefix("took ")?.parse::<usize>().ok());
        runs.for_each(|run| taken[run] += 1);
    }
    assert!(taken.iter().all(|&times| times == 1), "{taken:?}");
}

/// What each of those processes does.
#[test]
#[ignore = "a process of another test"]
#[allow(clippy::print_stdout, reason = "another process listens")]
fn racer() {
    let Some(folder) = std::env::var_os("LEASES") else { return };
    let runs: usize = std::env::var("RUNS").unwrap().parse().unwrap();
    let leases = Leases::of(Path::new(&folder), Duration::from_secs(1000));
    println!();
    for run in 0..runs {
        if let Some(lease) = taken(&leases, &format!("{run:x}")) {
            println!("took {run}");
            lease.end(LeaseState::Done).unwrap();
        }
    }
}

/// Of a holder that is silent, and of no other, a lease is taken over; by one, whatever clocks say.
#[test]
fn a_silent_holder_loses_its_lease_to_one_other_and_clocks_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let holder = Leases::of(folder.path(), SILENCE);
    let lease = taken(&holder, "a").unwrap();
    let path = file(folder.path(), "a", 1);
    move_elsewhere(&path);
    // Clocks of the two machines are a day apart, in either direction.
    for clock in [SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(86_400)] {
        let observer = Leases::of(folder.path(), SILENCE);
        File::options().write(true).open(&path).unwrap().set_modified(clock).unwrap();
        for _ in 0..20 {
            lease.beat().unwrap();
            assert!(matches!(take(&observer, "a"), Taking::Held(_)), "it beats");
            std::thread::sleep(SILENCE / 10);
        }
    }
    move_elsewhere(&path);
    let Taking::Held(who) = take(&Leases::of(folder.path(), SILENCE), "a") else { panic!() };
    assert!(who.starts_with("process ") && who.ends_with(" on far"), "{who}");
    let (workers, start) = (6, Barrier::new(6));
    let taken: Vec<u64> = std::thread::scope(|scope| {
        let look = || {
            let leases = Leases::of(folder.path(), SILENCE);
            start.wait();
            let mut held = None;
            for _ in 0..30 {
                held = held.or_else(|| taken(&leases, "a"));
                std::thread::sleep(leases.pause());
                if let Some(lease) = &held {
                    lease.beat().unwrap();
                }
            }
            held.map(|lease| lease.generation())
        };
        let takers: Vec<_> = (0..workers).map(|_| scope.spawn(look)).collect();
        takers.into_iter().filter_map(|taker| taker.join().unwrap()).collect()
    });
    assert_eq!(taken, [2]);
    assert!(lease.is_lost());
}

/// An observer that was asleep itself, and looks once more after an hour, has not watched for an hour.
#[test]
fn silence_is_watched_not_reckoned() {
    let folder = tempfile::tempdir().unwrap();
    let _lease = taken(&Leases::of(folder.path(), SILENCE), "a").unwrap();
    move_elsewhere(&file(folder.path(), "a", 1));
    let observer = Leases::of(folder.path(), SILENCE);
    assert!(taken(&observer, "a").is_none());
    std::thread::sleep(SILENCE * 2);
    assert!(taken(&observer, "a").is_none());
    let (lease, looks) = watch(&observer, "a");
    assert!(looks >= 2, "{looks}");
    assert!(!lease.is_of_one_that_stopped());
}

/// A holder says how long it may be silent; nobody is less patient.
#[test]
fn the_patience_of_the_holder_counts() {
    let folder = tempfile::tempdir().unwrap();
    let _lease = taken(&Leases::of(folder.path(), SILENCE * 100), "a").unwrap();
    move_elsewhere(&file(folder.path(), "a", 1));
    let observer = Leases::of(folder.path(), SILENCE / 10);
    for _ in 0..20 {
        assert!(taken(&observer, "a").is_none());
        std::thread::sleep(SILENCE / 10);
    }
}

/// A process of the same machine that is gone is no longer waited for; one that was killed between two writes
/// leaves an empty file, which is.
#[test]
#[cfg(target_os = "linux")]
fn a_process_that_is_gone_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let patient = Leases::of(folder.path(), SILENCE * 1000);
    let lease = taken(&patient, "a").unwrap();
    let path = file(folder.path(), "a", 1);
    let mut entry: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    // The number is in use again, by a process that started at another time.
    entry["holder"]["started"] = 1.into();
    fs::write(&path, entry.to_string()).unwrap();
    let next = taken(&patient, "a").unwrap();
    assert_eq!((next.generation(), next.is_of_one_that_stopped()), (2, true));
    assert!(lease.is_lost());
    drop(next);
    fs::write(file(folder.path(), "a", 3), "").unwrap();
    assert!(taken(&patient, "a").is_none(), "nobody knows whose it is");
    let hasty = Leases::of(folder.path(), SILENCE);
    assert_eq!(watch(&hasty, "a").0.generation(), 4);
}

#[test]
fn what_was_left_is_free_and_what_failed_is_tried_again_where_it_may_help() {
    let folder = tempfile::tempdir().unwrap();
    let leases = Leases::of(folder.path(), SILENCE * 1000);
    let failed = |can_be_resumed| LeaseState::Failed { error: "no luck".to_owned(), can_be_resumed };
    drop(taken(&leases, "a").unwrap());
    let second = taken(&leases, "a").unwrap();
    assert!(second.is_of_one_that_stopped() && second.generation() == 2);
    second.end(failed(true)).unwrap();
    let third = leases.take("a", 2, Retry::OfMachines).unwrap();
    let Taking::Taken(third) = third else { panic!("{third:?}") };
    third.end(failed(false)).unwrap();
    let refused = leases.take("a", 3, Retry::OfMachines).unwrap();
    assert!(matches!(refused, Taking::Failed(error) if error == "no luck"));
    let fourth = taken(&leases, "a").unwrap();
    // Somebody who knows of an older generation only meets the newest.
    assert!(matches!(leases.take("a", 1, Retry::All).unwrap(), Taking::Held(_)));
    fourth.end(LeaseState::Done).unwrap();
    leases.clear(std::iter::once("a"));
    assert!(!folder.path().join(LEASES_FOLDER).exists());
}

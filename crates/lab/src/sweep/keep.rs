//! Keeps a lease while a run is made.

use super::lease::Lease;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long an interruption may wait to be passed on.
const TICK: Duration = Duration::from_millis(20);

/// Does `work`, which looks at the flag that it gets: set when `interrupt` is, and when the lease is lost.
/// Meanwhile the lease beats. Returns what `work` returns.
pub fn while_kept<T>(lease: &Lease, interrupt: &AtomicBool, work: impl FnOnce(&AtomicBool) -> T) -> T {
    let stop = AtomicBool::new(interrupt.load(Ordering::Relaxed));
    std::thread::scope(|scope| {
        let (has_ended, ended) = mpsc::channel::<()>();
        let stop = &stop;
        scope.spawn(move || {
            let mut last = Instant::now();
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if interrupt.load(Ordering::Relaxed) {
                    stop.store(true, Ordering::Relaxed);
                }
                if last.elapsed() >= lease.every() {
                    last = Instant::now();
                    if lease.is_lost() {
                        stop.store(true, Ordering::Relaxed);
                    } else {
                        // A beat that cannot be written is one that is missed. The run meets the same disk.
                        let _ = lease.beat();
                    }
                }
            }
        });
        let result = work(stop);
        drop(has_ended);
        result
    })
}

//! A disk that fails on purpose, in tests: one operation of the calling thread, counted from 0, goes wrong.

use super::disk::Operation;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A write takes only half of its bytes and says so; anything else succeeds.
    ShortWrite,
    /// The operation fails once with EIO; a write leaves half of its bytes.
    Broken,
    /// The disk is full: a write leaves half of its bytes, and whatever needs space fails from there on.
    Full,
    /// The process is killed: a write leaves half of its bytes, and nothing more happens.
    Killed,
    /// The power is cut: as `Killed`, and what was not synced is gone.
    PowerCut,
}

impl Fault {
    /// Those that are faults.
    pub const ALL: [Self; 5] = [Self::ShortWrite, Self::Broken, Self::Full, Self::Killed, Self::PowerCut];
}

#[derive(Debug)]
struct Disk {
    fault: Fault,
    at: usize,
    seen: usize,
    /// Bytes of each file that was written to that are certainly on the disk.
    synced: BTreeMap<PathBuf, u64>,
}

thread_local! {
    static DISK: RefCell<Option<Disk>> = const { RefCell::new(None) };
}

/// Does `work` on a disk on which operation `at` goes wrong. Returns what it returned, and how many operations it came to.
pub fn with<T>(fault: Fault, at: usize, work: impl FnOnce() -> T) -> (T, usize) {
    DISK.set(Some(Disk { fault, at, seen: 0, synced: BTreeMap::new() }));
    let result = work();
    let disk = DISK.take().unwrap();
    if fault == Fault::PowerCut && disk.seen > at {
        for (path, length) in &disk.synced {
            if let Ok(file) = OpenOptions::new().write(true).open(path) {
                file.set_len(*length).unwrap();
            }
        }
    }
    (result, disk.seen)
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

thread_local! {
    static LOCKS: Cell<Option<i32>> = const { Cell::new(None) };
}

/// Does `work` on a file system that has no locks and says so by this error.
pub fn without_locks<T>(code: i32, work: impl FnOnce() -> T) -> T {
    LOCKS.set(Some(code));
    let result = work();
    LOCKS.set(None);
    result
}

/// Before a file is locked.
pub fn before_lock(_: &Path) -> io::Result<()> {
    LOCKS.get().map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)))
}

/// What the operation that comes now should do.
enum Order {
    Succeed,
    Fail(i32),
}

fn next(needs_space: bool) -> (Order, bool) {
    DISK.with_borrow_mut(|disk| {
        let Some(disk) = disk else { return (Order::Succeed, false) };
        let number = disk.seen;
        disk.seen += 1;
        let is_now = number == disk.at;
        let order = match disk.fault {
            _ if number < disk.at => Order::Succeed,
            Fault::Broken if is_now => Order::Fail(EIO),
            Fault::Full if needs_space => Order::Fail(ENOSPC),
            Fault::Killed | Fault::PowerCut => Order::Fail(EIO),
            Fault::ShortWrite | Fault::Broken | Fault::Full => Order::Succeed,
        };
        (order, is_now)
    })
}

fn result(order: &Order) -> io::Result<()> {
    match order {
        Order::Succeed => Ok(()),
        Order::Fail(code) => Err(io::Error::from_raw_os_error(*code)),
    }
}

/// Before anything but a write.
pub fn before(operation: Operation, path: &Path) -> io::Result<()> {
    let needs_space = matches!(operation, Operation::Create | Operation::CreateFolder);
    result(&next(needs_space).0)?;
    if operation == Operation::Create {
        synced(path, 0);
    }
    Ok(())
}

/// Before a write of `length` bytes: how many of them may be written, after `leave` has written what a failure leaves.
pub fn before_write(
    _: &Path,
    length: usize,
    leave: &mut dyn FnMut(usize) -> io::Result<()>,
) -> io::Result<usize> {
    let (order, is_now) = next(true);
    if is_now && matches!(order, Order::Fail(_)) {
        leave(length / 2)?;
    }
    result(&order)?;
    let is_short = is_now && DISK.with_borrow(|d| d.as_ref().is_some_and(|d| d.fault == Fault::ShortWrite));
    Ok(if is_short { length.div_ceil(2) } else { length })
}

/// The first `length` bytes of the file are on the disk.
pub fn synced(path: &Path, length: u64) {
    DISK.with_borrow_mut(|disk| disk.as_mut().map(|disk| disk.synced.insert(path.to_path_buf(), length)));
}

/// A file has another name.
pub fn renamed(from: &Path, to: &Path) {
    DISK.with_borrow_mut(|disk| {
        let Some(disk) = disk else { return };
        if let Some(length) = disk.synced.remove(from) {
            disk.synced.insert(to.to_path_buf(), length);
        }
    });
}

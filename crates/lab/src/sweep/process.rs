//! Which process it is that makes a run, and whether it is certainly gone.

use crate::host::Host;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;

/// A process, as others can recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Network name of its machine.
    pub host: String,
    /// Its number there.
    pub number: u32,
    /// Names the start of the machine and the numbering of processes that the number belongs to; `None` where
    /// the system does not tell (only Linux does).
    pub machine: Option<String>,
    /// When it started, in ticks of that machine: numbers are used again.
    pub started: Option<u64>,
}

impl Process {
    /// This one.
    pub fn current() -> Self {
        let number = std::process::id();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let numbering = fs::read_link("/proc/self/ns/pid").ok();
        let machine = boot.zip(numbering);
        Self {
            host: Host::current().name.unwrap_or_else(|| "a machine without a name".to_owned()),
            number,
            machine: machine.map(|(boot, numbers)| format!("{} {}", boot.trim(), numbers.display())),
            started: start_of(number),
        }
    }

    /// Whether it has certainly ended: `observer` runs on the same machine, where there is no such process.
    /// False says nothing.
    pub fn is_gone_from(&self, observer: &Self) -> bool {
        let is_here = self.machine.is_some() && self.machine == observer.machine;
        is_here
            && observer.started.is_some()
            && self.started.is_some()
            && start_of(self.number) != self.started
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.number, self.host)
    }
}

/// Whether a process of this number runs on this machine; `None` where the system does not tell (only Linux does).
pub fn runs_here(number: u32) -> Option<bool> {
    start_of(std::process::id())?;
    Some(start_of(number).is_some())
}

/// When the process of this number started; `None` if there is none, or one that has ended and is not fetched.
fn start_of(number: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The second field is the name in brackets, which may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let has_ended = matches!(*fields.first()?, "Z" | "X");
    if has_ended { None } else { fields.get(19)?.parse().ok() }
}

//! Interruptions: Ctrl-C, and the signals by which systems and schedulers ask a program to end.
//!
//! Each is answered at once, whatever the program is doing. Where nothing would be lost the program ends
//! there and then. While a run is under way a flag is set instead; the run looks at it between its steps and
//! within its probes, and ends when its state is saved.

use crate::exit::Exit;
use crate::output;
use anyhow::{Context, Result};
use featurescope_lab::store::between_files;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether somebody asked for an end.
static REQUESTED: AtomicBool = AtomicBool::new(false);
/// What an interruption meets.
static STAGE: Mutex<Stage> = Mutex::new(Stage::Free(String::new()));

/// What an interruption meets, with what it is answered.
enum Stage {
    /// Nothing that could be lost: the program ends at once.
    Free(String),
    /// A run that has to be saved: what the program does before it ends.
    Saving(String),
}

/// From now on an interruption ends the program at once, saying `answer`.
pub fn may_end(answer: impl Into<String>) {
    *stage() = Stage::Free(answer.into());
}

/// From now on an interruption sets [`flag`] and says what is waited for: `answer`.
pub fn has_to_save(answer: impl Into<String>) {
    *stage() = Stage::Saving(answer.into());
}

/// Set by an interruption that has to wait.
pub fn flag() -> &'static AtomicBool {
    &REQUESTED
}

/// Whether an interruption has come.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

fn stage() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request to end.
#[derive(Clone, Copy)]
struct Request {
    /// How it came, as a person knows it.
    name: &'static str,
    /// Whether a person sits there who may repeat it in order not to wait.
    is_typed: bool,
}

fn answer(request: Request) {
    let stage = stage();
    match &*stage {
        Stage::Free(answer) => {
            let answer = if answer.is_empty() { String::new() } else { format!(": {answer}") };
            end(&format!("stopped by {}{answer}", request.name));
        }
        Stage::Saving(answer) if !REQUESTED.swap(true, Ordering::SeqCst) => {
            let hurry = if request.is_typed { " (again: stop without saving)" } else { "" };
            output::note(&format!("stopping after {}: {answer}{hurry}", request.name));
        }
        Stage::Saving(_) if request.is_typed => {
            output::last_words(
                "stopped without saving: `featurescope resume` goes on from the state saved before",
            );
            process::exit(i32::from(Exit::Interrupted as u8));
        }
        // Schedulers may ask several times; each time would be too soon.
        Stage::Saving(answer) => output::note(&format!("{}: stopping already: {answer}", request.name)),
    }
}

fn end(words: &str) -> ! {
    output::take_bar_away();
    output::last_words(words);
    // A file that is being written is either the old one or the new one, and nothing is left beside it.
    let _no_file_is_open = between_files();
    process::exit(i32::from(Exit::Interrupted as u8));
}

/// Listens from now on, on a thread of its own.
#[cfg(unix)]
pub fn listen() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    use signal_hook::iterator::Signals;

    let requests = [
        (SIGINT, Request { name: "Ctrl-C (SIGINT)", is_typed: true }),
        (SIGTERM, Request { name: "SIGTERM", is_typed: false }),
        (SIGHUP, Request { name: "SIGHUP", is_typed: false }),
        // What schedulers send before they kill.
        (SIGUSR1, Request { name: "SIGUSR1", is_typed: false }),
        (SIGUSR2, Request { name: "SIGUSR2", is_typed: false }),
        (SIGXCPU, Request { name: "SIGXCPU (the limit of processor time)", is_typed: false }),
    ];
    // `nohup` has the program ignore the end of its terminal, and so it stays.
    let heard = requests.iter().filter(|(signal, _)| *signal != SIGHUP || !is_ignored(SIGHUP));
    let context = "cannot listen for interruptions";
    let mut signals = Signals::new(heard.map(|(signal, _)| *signal)).context(context)?;
    let listen = move || {
        for signal in &mut signals {
            if let Some((_, request)) = requests.iter().find(|(number, _)| *number == signal) {
                answer(*request);
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).context(context)?;
    Ok(())
}

/// Whether the program was started with this signal ignored, where the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

/// Listens from now on, on a thread of its own.
#[cfg(not(unix))]
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| answer(Request { name: "Ctrl-C", is_typed: true }))
        .context("cannot listen for interruptions")
}

//! All printing. A reader that goes away (`| head`) is no error.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

use indicatif::ProgressBar;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Columns where nobody says how many there are.
const WIDTH: usize = 80;
/// Fewer columns than this hold no table.
const LEAST_WIDTH: usize = 40;

/// The bar that is on the screen, so that what is printed beside it leaves no remains of it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Prints `text` to standard output.
pub fn print(text: &str) -> io::Result<()> {
    ignore_closed(write_to(&mut io::stdout().lock(), text))
}

/// The same of something that goes on: whether there is still a reader.
pub fn print_on(text: &str) -> io::Result<bool> {
    match write_to(&mut io::stdout().lock(), text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Prints a line of news to standard error.
pub fn note(text: &str) {
    let bar = BAR.try_lock().ok().and_then(|bar| bar.clone());
    match bar {
        Some(bar) => bar.suspend(|| last_words(text)),
        None => last_words(text),
    }
}

/// The same where the program ends or has failed: whatever holds the screen.
pub fn last_words(text: &str) {
    // News that cannot be told is no reason to stop a run.
    let _ = write_to(&mut io::stderr().lock(), &format!("{text}\n"));
}

/// The bar that is on the screen from now on; what was there before goes.
pub fn show_bar(bar: &ProgressBar) {
    let before = BAR.lock().unwrap_or_else(PoisonError::into_inner).replace(bar.clone());
    if let Some(before) = before {
        before.finish_and_clear();
    }
}

/// Takes the bar from the screen.
pub fn take_bar_away() {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// Columns of a line on standard output: those of the terminal, those that the environment tells, or 80.
pub fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = of_terminal(io::stdout()).or_else(told).filter(|&width| width > 0);
    columns.unwrap_or(WIDTH).max(LEAST_WIDTH)
}

/// The same on standard error.
pub fn error_width() -> usize {
    of_terminal(io::stderr()).unwrap_or(WIDTH)
}

#[cfg(unix)]
fn of_terminal(stream: impl std::os::fd::AsFd) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

#[cfg(windows)]
fn of_terminal(stream: impl std::os::windows::io::AsHandle) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

/// Prints an error and what led to it. Some errors quote their cause already; nothing is said twice.
pub fn error(error: &anyhow::Error) {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    note(&format!("error: {text}"));
}

/// `text` in bold where standard output is a terminal that takes colours.
pub fn heading(text: &str) -> String {
    let plain =
        !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain { text.to_owned() } else { format!("\u{1b}[1m{text}\u{1b}[0m") }
}

fn write_to(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn ignore_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

//! All printing. A reader that goes away (`| head`) is no error.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Prints `text` to standard output.
pub fn print(text: &str) -> io::Result<()> {
    ignore_closed(write_to(&mut io::stdout().lock(), text))
}

/// Prints a line of news to standard error.
pub fn note(text: &str) {
    // News that cannot be told is no reason to stop a run.
    let _ = write_to(&mut io::stderr().lock(), &format!("{text}\n"));
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

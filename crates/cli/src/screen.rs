//! The terminal as bars see it: a little narrower than it is.
//!
//! A bar fills its line with blanks. If it filled the terminal's, what the terminal itself writes behind it,
//! the `^C` of an interruption, would begin a new line, and the bar would be left behind when it is taken
//! away.

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};
use std::io::{self, IsTerminal};

/// Columns that stay free at the end of a line.
pub const MARGIN: u16 = 4;
/// How often a bar is drawn, at most.
const HERTZ: u8 = 20;

/// Where bars are drawn: on standard error if that is a terminal, nowhere otherwise or if `is_quiet`.
pub fn target(is_quiet: bool) -> ProgressDrawTarget {
    if is_quiet || !io::stderr().is_terminal() {
        return ProgressDrawTarget::hidden();
    }
    ProgressDrawTarget::term_like_with_hz(Box::new(Narrower(Term::buffered_stderr())), HERTZ)
}

/// A terminal without its last columns.
#[derive(Debug)]
struct Narrower(Term);

impl TermLike for Narrower {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(MARGIN)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

//! Progress on standard error: a bar or a spinner on a terminal, a line for each stretch of work elsewhere.
//!
//! A line of a bar ends before the terminal does: what does not fit is cut off at its right end, so what
//! matters most stands first, and there is room for the `^C` that a terminal writes behind it.

use crate::layout::shortened;
use crate::screen::{MARGIN, target};
use crate::{interrupt, output};
use featurescope_lab::run::Event;
use featurescope_lab::sweep::SweepEvent;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);
/// Columns of a bar's name.
const NAME: usize = 16;
/// The bar of something that is counted.
const COUNTED: &str = "{prefix} {bar:4} {pos}/{len}  {msg}";
/// The bar of a sweep.
const WORK: &str = "{bar:8} {percent}% of the work  {eta} left  {msg}";
/// Something that nobody can say the end of.
const SPINNER: &str = "{spinner} {elapsed}  {msg}";
/// Columns that a spinner takes before its text.
const BEFORE_TEXT: usize = 12;

/// Puts `bar` on the screen, or nothing if `is_quiet`.
fn begin(bar: ProgressBar, template: &str, is_quiet: bool) -> ProgressBar {
    bar.set_draw_target(target(is_quiet));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    output::show_bar(&bar);
    bar
}

/// A bar for `length` steps of something called `name`.
pub fn counted(name: &str, length: u64, is_quiet: bool) -> ProgressBar {
    let bar = begin(ProgressBar::new(length), COUNTED, is_quiet);
    bar.set_prefix(shortened(name, NAME));
    bar
}

/// Shows `text` behind the counts of a bar that [`counted`] made.
pub fn say(bar: &ProgressBar, text: &str) {
    let digits = bar.length().unwrap_or_default().to_string().len();
    bar.set_message(fitted(text, before_text(digits), output::error_width()));
}

/// Columns of name, bar and counts of so many digits.
fn before_text(digits: usize) -> usize {
    NAME + 1 + 4 + 1 + 2 * digits + 1 + 2
}

/// As much of `text` as fits behind `taken` columns on a terminal of `width`.
fn fitted(text: &str, taken: usize, width: usize) -> String {
    shortened(text, width.saturating_sub(taken + usize::from(MARGIN)))
}

/// The time that `bar` still needs at its pace so far.
pub fn left(bar: &ProgressBar) -> String {
    format!("{:#} left", HumanDuration(bar.eta()))
}

fn spinner(text: &str, is_quiet: bool) -> ProgressBar {
    let bar = begin(ProgressBar::new_spinner(), SPINNER, is_quiet);
    bar.set_message(fitted(text, BEFORE_TEXT, output::error_width()));
    if std::io::stderr().is_terminal() && !is_quiet {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// A stretch of work without steps to count: reading, judging, drawing. The screen is free again when it is
/// dropped.
pub struct Activity {
    bar: ProgressBar,
    is_quiet: bool,
    text: Mutex<String>,
}

impl Activity {
    /// Shows `text`: as a spinner on a terminal, as a line elsewhere, not at all if `is_quiet`.
    pub fn start(is_quiet: bool, text: impl Into<String>) -> Self {
        let activity = Self { bar: spinner("", is_quiet), is_quiet, text: Mutex::default() };
        activity.go_on(text);
        activity
    }

    /// The same, without a line elsewhere: what it does is short more often than not.
    pub fn on_terminal(is_quiet: bool, text: impl Into<String>) -> Self {
        Self::start(is_quiet || !std::io::stderr().is_terminal(), text)
    }

    /// What is done from now on.
    pub fn go_on(&self, text: impl Into<String>) {
        let text = text.into();
        if !self.is_quiet && !std::io::stderr().is_terminal() {
            output::note(&format!("{text} …"));
        }
        self.bar.set_message(fitted(&text, BEFORE_TEXT, output::error_width()));
        if let Ok(mut current) = self.text.lock() {
            *current = text;
        }
    }

    /// How much of it is done.
    pub fn count(&self, done: usize, of: usize) {
        if let Ok(text) = self.text.lock() {
            let text = format!("{done} of {of}: {text}");
            self.bar.set_message(fitted(&text, BEFORE_TEXT, output::error_width()));
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        output::take_bar_away();
    }
}

/// Follows a run.
pub struct Progress {
    bar: ProgressBar,
    is_quiet: bool,
    figures: String,
}

impl Progress {
    /// Progress that shows nothing if `is_quiet`.
    pub fn new(is_quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), is_quiet, figures: String::new() }
    }

    /// Shows what happened, and sets what an interruption is answered.
    pub fn show(&mut self, event: Event<'_>) {
        match event {
            Event::YardsticksStarted => {
                interrupt::has_to_save("the yardsticks are left to `featurescope resume`");
                self.spin("yardsticks: linear probes on x, Mᵀx and z");
            }
            Event::ArmStarted { arm, number, arms, steps } => {
                interrupt::has_to_save(format!("{arm} is saved after this step"));
                self.figures.clear();
                self.bar = counted(&format!("{number}/{arms} {arm}"), steps, self.is_quiet);
            }
            Event::Resumed { arm, step } => {
                // What was done before must not flatter the estimate of the time left.
                self.bar.set_position(step);
                self.bar.reset_eta();
                self.tell(&format!("{arm}: goes on after {step} steps"));
            }
            Event::Note(text) => self.tell(text),
            Event::Recorded { dense_energy_fraction, coverage } => {
                self.figures = format!("dense {dense_energy_fraction:.2} covered {coverage:.2}  ");
            }
            Event::Stepped { step, loss } => {
                self.bar.set_position(step);
                say(&self.bar, &format!("{}{}  loss {loss:.3}", self.figures, left(&self.bar)));
            }
            Event::ProbesStarted { arm } => {
                interrupt::has_to_save(format!("the probes of {arm} are left to `featurescope resume`"));
                self.spin(&format!("{arm}: linear probes on its features"));
            }
            Event::ArmEnded { arm, end } => {
                output::take_bar_away();
                let detail =
                    end.stop_detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
                let seconds = end.training_seconds + end.probe_seconds;
                self.tell(&format!(
                    "{arm}: {} after {} steps{detail}, {seconds:.1} s",
                    end.stop_reason, end.steps
                ));
                if let Some(problem) = &end.probe_problem {
                    self.tell(&format!("{arm}: no probe scores, because {problem}"));
                }
            }
        }
    }

    /// Tells something that stays on the screen.
    pub fn tell(&self, text: &str) {
        if !self.is_quiet {
            output::note(text);
        }
    }

    fn spin(&mut self, text: &str) {
        if !self.is_quiet && !std::io::stderr().is_terminal() {
            output::note(&format!("{text} …"));
        }
        self.bar = spinner(text, self.is_quiet);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        output::take_bar_away();
    }
}

/// Follows a sweep: how much of its work is done, a line per run that has ended. Several threads may tell it.
pub struct SweepProgress {
    bar: ProgressBar,
    is_quiet: bool,
    runs: usize,
    ended: AtomicUsize,
}

/// Operations per tick of the bar: whole numbers that fit any sweep.
const OPERATIONS_PER_TICK: f64 = 1e3;

impl SweepProgress {
    /// Progress over `runs` runs with so many operations in all; shows nothing if `is_quiet`.
    pub fn new(is_quiet: bool, runs: usize, operations: f64) -> Self {
        let bar = begin(ProgressBar::new((operations / OPERATIONS_PER_TICK) as u64), WORK, is_quiet);
        bar.set_message(format!("0/{runs} runs"));
        Self { bar, is_quiet, runs, ended: AtomicUsize::new(0) }
    }

    /// Shows what happened.
    pub fn show(&self, event: &SweepEvent) {
        match event {
            SweepEvent::Found { runs, operations } => {
                self.ended.store(*runs, Ordering::Relaxed);
                if *runs > 0 {
                    self.tell(&format!("{runs} of {} runs are there already", self.runs));
                }
                // What was done before must not flatter the estimate of the time left.
                self.bar.set_position((operations / OPERATIONS_PER_TICK) as u64);
                self.bar.reset_eta();
            }
            SweepEvent::EndedElsewhere { id, operations } => {
                let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.inc((operations / OPERATIONS_PER_TICK) as u64);
                self.bar.set_message(format!("{ended}/{} runs", self.runs));
                self.tell(&format!("{ended}/{}  {id}  made by another process", self.runs));
            }
            SweepEvent::Advanced { operations } => self.bar.inc((operations / OPERATIONS_PER_TICK) as u64),
            SweepEvent::Note { id, text } => self.tell(&format!("{id}: {text}")),
            SweepEvent::Ended { id, experiment, seed, status, seconds } => {
                let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.set_message(format!("{ended}/{} runs", self.runs));
                self.tell(&format!(
                    "{ended}/{}  {id}  {experiment}, seed {seed}: {status}, {seconds:.0} s",
                    self.runs
                ));
            }
        }
    }

    /// Tells something that stays on the screen.
    pub fn tell(&self, text: &str) {
        if !self.is_quiet {
            output::note(text);
        }
    }
}

impl Drop for SweepProgress {
    fn drop(&mut self) {
        output::take_bar_away();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    /// What a bar looks like on a terminal of so many columns.
    fn drawn(template: &str, taken: usize, columns: u16) -> String {
        let terminal = InMemoryTerm::new(10, columns);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(100_000_000), target);
        bar.set_style(ProgressStyle::with_template(template).unwrap());
        bar.set_prefix(shortened("12/14 a_mask_with_a_very_long_name", NAME));
        let text = "dense 0.43 covered 0.12  25s left  loss 5.310  and whatever else there is to say";
        bar.set_message(fitted(text, taken, usize::from(columns)));
        for step in (0..=9).map(|step| step * 10_000_000) {
            bar.set_position(step);
            bar.tick();
        }
        terminal.contents()
    }

    #[test]
    fn bars_are_one_line_that_leaves_room_and_show_the_figures() {
        for (template, taken) in [(COUNTED, before_text(9)), (WORK, 40), (SPINNER, BEFORE_TEXT)] {
            for columns in [60, 80, 120] {
                let drawn = drawn(template, taken, columns);
                let lines: Vec<&str> = drawn.lines().collect();
                assert_eq!(lines.len(), 1, "{columns} columns: {drawn}");
                assert!(lines[0].chars().count() + 2 <= usize::from(columns), "{columns} columns: {drawn}");
                assert!(columns < 80 || drawn.contains("covered"), "{columns} columns: {drawn}");
            }
        }
    }
}

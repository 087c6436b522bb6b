//! Progress on standard error: a bar per arm on a terminal, a line per arm elsewhere.

use crate::output;
use featurescope_lab::run::Event;
use featurescope_lab::sweep::SweepEvent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Follows a sweep: how much of its work is done, a line per run that has ended. Several threads may tell it.
pub struct SweepProgress {
    bar: ProgressBar,
    is_quiet: bool,
    runs: usize,
    ended: AtomicUsize,
}

/// Operations per tick of the bar: whole numbers that fit any sweep.
const OPERATIONS_PER_TICK: f64 = 1e6;

impl SweepProgress {
    /// Progress over `runs` runs with so many operations in all; shows nothing if `is_quiet`.
    pub fn new(is_quiet: bool, runs: usize, operations: f64) -> Self {
        let bar = ProgressBar::new((operations / OPERATIONS_PER_TICK) as u64);
        bar.set_draw_target(if is_quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        });
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {percent}% of the work  {elapsed}  {eta} left  {msg}")
        {
            bar.set_style(style);
        }
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
            SweepEvent::Ended { id, experiment, seed, status, operations, seconds } => {
                let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.inc((operations / OPERATIONS_PER_TICK) as u64);
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
            self.bar.suspend(|| output::note(text));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// Follows a run.
pub struct Progress {
    bar: ProgressBar,
    is_quiet: bool,
    is_terminal: bool,
}

impl Progress {
    /// Progress that shows nothing if `is_quiet`.
    pub fn new(is_quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), is_quiet, is_terminal: std::io::stderr().is_terminal() }
    }

    /// Shows what happened.
    pub fn show(&mut self, event: Event<'_>) {
        match event {
            Event::YardsticksStarted => self.spin("yardsticks: linear probes on x, Mᵀx and z"),
            Event::ArmStarted { arm, steps } => self.start(arm, steps),
            Event::Resumed { arm, step } => {
                // What was done before must not flatter the estimate of the time left.
                self.bar.set_position(step);
                self.bar.reset_eta();
                self.tell(&format!("{arm}: goes on after {step} steps"));
            }
            Event::Note(text) => self.tell(text),
            Event::Stepped { step, loss } => {
                self.bar.set_position(step);
                self.bar.set_message(format!("loss {loss:.3}"));
            }
            Event::ProbesStarted { arm } => self.spin(&format!("{arm}: linear probes on its features")),
            Event::ArmEnded { arm, end } => {
                self.bar.finish_and_clear();
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

    fn start(&mut self, arm: &str, steps: u64) {
        let style = "{prefix:<14} {wide_bar} {pos}/{len} steps  {rate}  {eta} left  {msg}";
        self.replace(ProgressBar::new(steps), style);
        self.bar.set_prefix(arm.to_owned());
    }

    fn spin(&mut self, text: &str) {
        self.replace(ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}");
        self.bar.set_message(text.to_owned());
        if self.is_terminal && !self.is_quiet {
            self.bar.enable_steady_tick(TICK);
        }
    }

    fn replace(&mut self, bar: ProgressBar, style: &str) {
        self.bar.finish_and_clear();
        let target = if self.is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        bar.set_draw_target(target);
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
                // A rate that cannot be shown is no reason to stop a run.
                let _ = write!(out, "{:.1}/s", state.per_sec());
            }));
        }
        self.bar = bar;
    }
}

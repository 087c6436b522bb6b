//! Progress of training on pictures on standard error: a bar per arm on a terminal, lines elsewhere.

use crate::output;
use featurescope_image::run::Reading;
use featurescope_image::train::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;

/// Follows a run on pictures.
pub struct ImageProgress {
    bar: ProgressBar,
    is_quiet: bool,
}

impl ImageProgress {
    /// Progress that shows nothing if `is_quiet`.
    pub fn new(is_quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), is_quiet }
    }

    /// Shows what happened.
    pub fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Note(note) => self.tell(&format!("note: {note}")),
            Event::Started { arm, seed, epoch, pictures } => {
                if *epoch > 0 {
                    self.tell(&format!("{arm}, seed {seed}: goes on after epoch {epoch}"));
                }
                self.start(&format!("{arm}/{seed}"), *pictures);
            }
            Event::Stepped { pictures, loss } => {
                self.bar.set_position(*pictures);
                self.bar.set_message(format!("loss {loss:.3}"));
            }
            Event::Measured(record) => {
                if let Some(reading) = &record.reading {
                    let text = format!("  epoch {}: {}", record.epoch, summary(reading));
                    self.bar.suspend(|| self.tell(&text));
                }
            }
            Event::Ended { arm, seed, record, timing, is_diverged } => {
                self.bar.finish_and_clear();
                let word = if *is_diverged { "diverged" } else { "done" };
                let speed = timing.pictures as f64 / timing.seconds.max(f64::MIN_POSITIVE);
                let seconds = timing.seconds;
                let found = record.reading.as_ref().map(summary).unwrap_or_default();
                self.tell(&format!(
                    "{arm}, seed {seed}: {word} in {seconds:.1} s, {speed:.0} images/s; {found}"
                ));
            }
        }
    }

    fn tell(&self, text: &str) {
        if !self.is_quiet {
            output::note(text);
        }
    }

    fn start(&mut self, name: &str, pictures: u64) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::new(pictures);
        let target = if self.is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        self.bar.set_draw_target(target);
        let style = "{prefix:<16} {wide_bar} {pos}/{len} images  {rate}  {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
                // A rate that cannot be shown is no reason to stop a run.
                let _ = write!(out, "{:.0} images/s", state.per_sec());
            }));
        }
        self.bar.set_prefix(name.to_owned());
    }
}

fn summary(reading: &Reading) -> String {
    let show = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    format!(
        "probe {}, neighbours {}, firing {}",
        show(reading.probe),
        show(reading.neighbours),
        show(reading.firing_density)
    )
}

//! Progress of training on pictures on standard error: a bar per arm on a terminal, lines elsewhere.

use crate::progress::{counted, left, say};
use crate::{interrupt, output};
use featurescope_image::run::Measurements;
use featurescope_image::train::Event;
use indicatif::ProgressBar;

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
            Event::Started { arm, epoch, pictures } => {
                if *epoch > 0 {
                    self.tell(&format!("{arm}: goes on after epoch {epoch}"));
                }
                interrupt::has_to_save(format!("{arm} goes on from its last epoch"));
                self.bar = counted(arm, *pictures, self.is_quiet);
            }
            Event::Stepped { pictures, loss } => {
                self.bar.set_position(*pictures);
                say(&self.bar, &format!("pictures  {}  loss {loss:.3}", left(&self.bar)));
            }
            Event::Measured(record) => {
                if let Some(measured) = &record.measured {
                    let text = format!("  epoch {}: {}", record.epoch, summary(measured));
                    self.tell(&text);
                }
            }
            Event::Ended { arm, record, end, pictures } => {
                output::take_bar_away();
                let seconds = end.training_seconds;
                let speed = *pictures as f64 / seconds.max(f64::MIN_POSITIVE);
                let found = record.measured.as_ref().map(summary).unwrap_or_default();
                let word = end.stop_reason;
                self.tell(&format!("{arm}: {word} in {seconds:.1} s, {speed:.0} images/s; {found}"));
            }
        }
    }

    fn tell(&self, text: &str) {
        if !self.is_quiet {
            output::note(text);
        }
    }
}

impl Drop for ImageProgress {
    fn drop(&mut self) {
        output::take_bar_away();
    }
}

fn summary(measured: &Measurements) -> String {
    let show = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    format!(
        "probe {}, neighbours {}, firing {}",
        show(measured.probe),
        show(measured.neighbours),
        show(measured.firing_density)
    )
}

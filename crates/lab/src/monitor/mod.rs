//! A training of another program, watched layer by layer: what `diagnose` finds of the same samples, again
//! and again, as a run folder with a page of its own.
//!
//! ```text
//! Study at a step ─▶ Findings ─▶ Course { records and notices by layer } ─▶ run folder, Page
//! ```
//!
//! The training itself is not ours: nothing here can make it again, so a folder holds what was measured, and
//! settings that say how.

mod course;
mod folder;
mod notice;
mod page;
mod record;
mod several;

pub use course::{Course, Layer, Settings, SettingsError};
pub use folder::{MonitorError, MonitorFolder, are_all, is_one, read, refuse, report};
pub use notice::Notice;
pub use page::{curves, page};
pub use record::columns;
pub use several::{Named, page_of_several};

#[cfg(test)]
mod tests;

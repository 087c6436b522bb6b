//! One file per command.

pub mod bench;
pub mod compare;
pub mod completions;
pub mod diagnose;
pub mod explain;
mod explain_json;
pub mod fork;
#[cfg(feature = "images")]
pub mod image_features;
#[cfg(feature = "images")]
pub mod image_training;
pub mod images;
pub mod judge;
pub mod lab;
mod layers;
pub mod list;
pub mod man;
pub mod report;
pub mod resume;
pub mod run;
mod statements;
pub mod sweep;
pub mod watch;

/// Parent of run directories without `--out`.
pub const RUNS: &str = "runs";

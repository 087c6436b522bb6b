//! One file per command.

pub mod bench;
pub mod compare;
pub mod completions;
pub mod diagnose;
pub mod explain;
pub mod fork;
#[cfg(feature = "images")]
pub mod image_features;
#[cfg(feature = "images")]
pub mod image_training;
pub mod images;
pub mod judge;
pub mod list;
pub mod man;
pub mod report;
pub mod resume;
pub mod run;
pub mod sweep;

use std::path::Path;

/// Parent of run directories without `--out`.
pub const RUNS: &str = "runs";

/// The file's name, or its folder's where files are called the same in every folder.
pub fn name_of(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match stem(path).as_deref() {
        Some("experiment" | "spec") => path.parent().and_then(stem),
        other => other.map(ToOwned::to_owned),
    }
    .unwrap_or_else(|| "run".to_owned())
}

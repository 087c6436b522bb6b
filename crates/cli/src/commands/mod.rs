//! One file per command.

pub mod completions;
pub mod explain;
pub mod judge;
pub mod list;
pub mod man;
pub mod run;
pub mod sweep;

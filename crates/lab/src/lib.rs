//! Runs: what was typed, what will run, what it left behind.

pub mod host;
pub mod matrix_file;
pub mod spec;
pub mod plan;

//! Runs.

pub mod spec;

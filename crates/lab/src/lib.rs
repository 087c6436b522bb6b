//! Runs: what was typed, what will run, what it left behind.

pub mod spec;
pub mod store;

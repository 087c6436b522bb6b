//! Runs.

pub mod store;

//! Every measurement on a state whose figures are known. Real runs are measured in the crate's `tests/measuring.rs`.

pub(super) mod fake;
mod known;
mod recording;

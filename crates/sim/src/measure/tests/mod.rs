//! Every measurement on a state whose figures are known, and that measuring changes nothing.

mod fake;
mod known;
mod recording;
mod runs;

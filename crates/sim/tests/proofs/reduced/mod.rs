//! The reduced dynamics against the sampled one, law against law: the same settings over many seeds, two-sample tests of
//! mean and spread of every figure with a family-wise level; and constructions that the same tests must reject.

mod case;
mod two_samples;
mod laws;
mod ladder;
mod controls;
mod reproducible;
mod pairs;
mod probes;

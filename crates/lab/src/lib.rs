//! Runs of featurescope: what was typed, what will run, what it leaves behind.
//!
//! Floors: a module may use only what stands in its row, and its row names only what stands above it. So there is no
//! circle. `tests/imports.rs` enforces it, and that there is no circle between the files of a module.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`host`] | what this machine is and has | – |
//! | [`stats`] | intervals and corrections | – |
//! | [`status`] | how arms end and runs stand, as types | – |
//! | [`store`] | the files of a run directory | status |
//! | [`array_file`] | arrays and tables in files of other programs, read row by row | store |
//! | [`matrix_file`] | a matrix in a file | array_file |
//! | [`number_file`] | a list of numbers in a file | array_file |
//! | [`spec`] | what was typed: settings from TOML and the command line, each checked | number_file |
//! | [`mod@experiments`] | questions that come with the program | spec |
//! | [`identity`] | which run and which settings something belongs to | spec |
//! | [`plan`] | what will run: parts that fit together, their cost, what is foreseen | host, status, matrix_file, spec, identity |
//! | [`mod@bench`] | what a step costs on this machine | status, plan |
//! | [`summary`] | what a run found, on one page | stats, status, store, plan |
//! | [`mod@run`] | carries a plan out into a run directory | host, status, store, spec, identity, plan, summary |
//! | [`sweep`] | many runs from one spec, each made once | host, stats, status, store, spec, identity, plan, summary, run |
//! | [`follow`] | runs that are being made, here or by other processes, as they stand | host, status, store, spec, run, sweep |
//! | [`evidence`] | stored runs, as whoever judges or draws them reads them | host, status, store, spec, identity, plan, run |
//! | [`paper`] | what a paper is: its statements, arms, quantities, closed forms, experiments | stats, spec, experiments, plan, evidence |
//! | [`claim`] | the statements of papers as data, judged from stored runs | stats, identity, evidence, paper |
//! | [`results`] | the scoreboards that come with papers | paper, claim |
//! | [`mod@reference`] | everything that has a name, and the search over it | spec, experiments, paper, claim |
//! | [`report`] | pictures of stored runs | stats, status, store, spec, identity, plan, sweep, evidence, paper, claim, reference |
//! | [`diagnose`] | the same panel for representations of any other network | host, stats, array_file, identity, report |
//! | [`monitor`] | the same while another program trains, layer by layer | status, store, identity, run, report, diagnose |
//!
//! Without the feature `native` there is what a page in a browser needs: everything from settings to a plan. What has
//! to do with stored runs is left out.

#![cfg_attr(
    not(feature = "native"),
    allow(dead_code, reason = "what stored runs ask of a plan stands in the plan")
)]

pub mod host;
pub mod stats;
pub mod status;
#[cfg(feature = "native")]
pub mod store;
#[cfg(feature = "native")]
pub mod array_file;
pub mod matrix_file;
pub mod number_file;
pub mod spec;
pub mod experiments;
pub mod identity;
pub mod plan;
#[cfg(feature = "native")]
pub mod bench;
#[cfg(feature = "native")]
pub mod summary;
#[cfg(feature = "native")]
pub mod run;
#[cfg(feature = "native")]
pub mod sweep;
#[cfg(feature = "native")]
pub mod follow;
#[cfg(feature = "native")]
pub mod evidence;
#[cfg(feature = "native")]
pub mod paper;
#[cfg(feature = "native")]
pub mod claim;
#[cfg(feature = "native")]
pub mod results;
#[cfg(feature = "native")]
pub mod reference;
#[cfg(feature = "native")]
pub mod report;
#[cfg(feature = "native")]
pub mod diagnose;
#[cfg(feature = "native")]
pub mod monitor;

#[cfg(test)]
mod tiny;

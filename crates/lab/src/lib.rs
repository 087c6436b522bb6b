//! Runs of featurescope: what was typed, what will run, what it leaves behind.
//!
//! | module | what it is |
//! |---|---|
//! | [`status`] | how arms end and runs stand, as types |
//! | [`experiments`] | questions that come with the program |
//! | [`spec`] | what was typed: settings from TOML and the command line, each checked |
//! | [`identity`] | which run and which settings something belongs to |
//! | [`plan`] | what will run: parts that fit together, their cost, what theory predicts |
//! | [`mod@run`] | carries a plan out into a run directory |
//! | [`sweep`] | many runs from one spec, each made once |
//! | [`store`] | the files of a run directory |
//! | [`summary`] | what a run found, on one page |
//! | [`stats`] | intervals and corrections |
//! | [`mod@bench`] | what a step costs on this machine |
//! | [`evidence`] | stored runs, as whoever judges or draws them reads them |
//! | [`paper`] | what a paper is: its statements, arms, quantities, closed forms, experiments |
//! | [`claim`] | the statements of papers as data, judged from stored runs |
//! | [`results`] | the scoreboards that come with papers |
//! | [`mod@reference`] | everything that has a name, and the search over it |
//! | [`report`] | pictures of stored runs |
//! | [`array_file`] | arrays and tables in files of other programs, read row by row |
//! | [`diagnose`] | the same panel for representations of any other network |

pub mod host;
pub mod status;
pub mod matrix_file;
pub mod experiments;
pub mod spec;
pub mod identity;
pub mod plan;
pub mod store;
pub mod run;
pub mod sweep;
pub mod summary;
pub mod stats;
pub mod bench;
pub mod evidence;
pub mod paper;
pub mod claim;
pub mod results;
pub mod reference;
pub mod report;
pub mod array_file;
pub mod diagnose;

#[cfg(test)]
mod tiny;

//! `featurescope fork`: a stored run with other settings from some moment on.

use crate::args::ForkArguments;
use crate::commands::run::{carry_out, start_threads};
use crate::commands::{RUNS, images};
use crate::exit::Exit;
use crate::interrupt;
use crate::progress::Activity;
use anyhow::{Context, Result};
use featurescope_lab::monitor;
use featurescope_lab::run::{ForkRequest, PlannedFork, RunDirectory};
use std::path::Path;

/// Forks, goes on to the end and prints the summary.
pub fn fork(arguments: &ForkArguments) -> Result<Exit> {
    start_threads(&arguments.manner)?;
    images::refuse([&arguments.run], "fork")?;
    monitor::refuse([&arguments.run], "fork")?;
    interrupt::may_end("nothing was written");
    let planning = Activity::on_terminal(arguments.manner.quiet, "planning, and copying the arm");
    let fork = PlannedFork::new(&ForkRequest {
        run: &arguments.run,
        arm: arguments.arm.as_deref(),
        name: arguments.name.as_deref(),
        at: &arguments.at,
        overrides: &arguments.overrides,
    })?;
    let directory = match &arguments.out {
        Some(path) => RunDirectory::create(path)?,
        None => RunDirectory::create_next(Path::new(RUNS), &format!("{}-fork", fork.plan.experiment))?,
    };
    let unready = format!("the fork is not set up; {} can be deleted", directory.path().display());
    interrupt::may_end(unready);
    fork.prepare(&directory).with_context(|| {
        format!("the fork could not be set up; {} can be deleted", directory.path().display())
    })?;
    drop(planning);
    carry_out(&fork.plan, directory, &arguments.manner)
}

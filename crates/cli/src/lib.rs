//! The command line of featurescope: reads arguments, hands them to a command, turns the answer into an exit
//! code.
//!
//! A library, so that the Python package brings the same program along.

mod args;
mod bundle;
mod commands;
mod completion;
mod exit;
mod figure;
#[cfg(feature = "images")]
mod image_progress;
mod interrupt;
mod layout;
mod output;
mod panics;
mod papers;
mod progress;
mod scoreboard;
mod screen;
mod serve;
mod table;

use anyhow::Result;
use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use exit::Exit;
use std::ffi::OsString;

pub use commands::explain::explanation;
pub use commands::images::is_asked_for as is_on_pictures;
pub use papers::ship;
pub use scoreboard::{Detail, text as scoreboard};

/// Does what these arguments say, the first of them being the name of the program; the exit code, 0 to 130.
///
/// A question of the shell, `--help` and arguments that nobody can read end the process.
pub fn run(arguments: &[OsString]) -> u8 {
    ship();
    completion::answer_shell(Arguments::command, arguments);
    panics::install();
    let exit = interrupt::listen().and_then(|()| carry_out(Arguments::parse_from(arguments).command));
    let exit = exit.unwrap_or_else(|error| {
        output::error(&error);
        exit::code_of(&error)
    });
    exit as u8
}

fn carry_out(command: Command) -> Result<Exit> {
    match command {
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Sweep(command) => commands::sweep::on_machines(&command),
        Command::Resume(arguments) => commands::resume::resume(&arguments),
        Command::Fork(arguments) => commands::fork::fork(&arguments),
        Command::Judge(arguments) => commands::judge::judge_runs(&arguments),
        Command::Bench(arguments) => commands::bench::bench(&arguments),
        #[cfg(feature = "images")]
        Command::Images(command) => commands::image_features::images(&command),
        Command::Report(arguments) => commands::report::report(&arguments),
        Command::Compare(arguments) => commands::compare::compare(&arguments),
        Command::Diagnose(arguments) => commands::diagnose::diagnose(&arguments),
        Command::Lab(arguments) => commands::lab::lab(&arguments),
        Command::Watch(arguments) => commands::watch::watch(&arguments),
        Command::List => commands::list::list(),
        Command::Explain(arguments) => commands::explain::explain(&arguments),
        Command::Completions(arguments) => commands::completions::completions(&arguments),
        Command::Man(arguments) => commands::man::man(&arguments),
    }
}

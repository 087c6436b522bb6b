//! The command line of featurescope: reads arguments, hands them to a command, turns the answer into an exit code.

mod args;
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
mod table;

use anyhow::Result;
use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    papers::ship();
    completion::answer_shell(Arguments::command);
    panics::install();
    match interrupt::listen().and_then(|()| carry_out(Arguments::parse().command)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::error(&error);
            exit::code_of(&error).into()
        }
    }
}

fn carry_out(command: Command) -> Result<Exit> {
    match command {
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Resume(arguments) => commands::resume::resume(&arguments),
        Command::Fork(arguments) => commands::fork::fork(&arguments),
        Command::Judge(arguments) => commands::judge::judge_runs(&arguments),
        Command::Bench(arguments) => commands::bench::bench(&arguments),
        #[cfg(feature = "images")]
        Command::Images(command) => commands::image_features::images(&command),
        Command::Report(arguments) => commands::report::report(&arguments),
        Command::Compare(arguments) => commands::compare::compare(&arguments),
        Command::Diagnose(arguments) => commands::diagnose::diagnose(&arguments),
        Command::List => commands::list::list(),
        Command::Explain(arguments) => commands::explain::explain(&arguments),
        Command::Completions(arguments) => commands::completions::completions(&arguments),
        Command::Man(arguments) => commands::man::man(&arguments),
    }
}

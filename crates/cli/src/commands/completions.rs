//! `featurescope completions`: completions for a shell.

use crate::args::{Arguments, CompletionsArguments};
use crate::exit::Exit;
use crate::output;
use anyhow::Result;
use clap::CommandFactory;

/// Prints the completion script.
pub fn completions(arguments: &CompletionsArguments) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "featurescope", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}

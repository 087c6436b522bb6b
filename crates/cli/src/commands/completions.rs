//! `featurescope completions`: completions for a shell.

use crate::args::CompletionsArguments;
use crate::exit::Exit;
use crate::{completion, output};
use anyhow::Result;

/// Prints the script by which a shell asks this program for completions.
pub fn completions(arguments: &CompletionsArguments) -> Result<Exit> {
    output::print(&String::from_utf8_lossy(&completion::registration(&arguments.shell)?))?;
    Ok(Exit::Success)
}

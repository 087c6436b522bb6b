//! `featurescope man`: manual pages in roff, for `man -l -`.

use crate::args::{Arguments, ManArguments};
use crate::exit::{Exit, UnknownName};
use crate::output;
use anyhow::Result;
use clap::CommandFactory;

/// Prints the page of the program or of one command.
pub fn man(arguments: &ManArguments) -> Result<Exit> {
    let mut program = Arguments::command();
    program.build();
    let described = match &arguments.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| UnknownName {
            name: name.clone(),
            expected: "a command",
            suggestion: None,
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page)?;
    output::print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Success)
}

//! `featurescope judge`: what stored runs say about the paper's statements.

use crate::args::JudgeArguments;
use crate::exit::Exit;
use crate::output;
use crate::scoreboard::{self, Detail};
use anyhow::{Context, Result};
use featurescope_lab::claim::judge;
use featurescope_lab::report::run_folders;
use std::path::PathBuf;

/// Prints the scoreboard.
pub fn judge_runs(arguments: &JudgeArguments) -> Result<Exit> {
    let runs = runs_of(&arguments.runs)?;
    let board = judge(&runs)?;
    let board = if arguments.all { board } else { board.decisive() };
    let detail = if arguments.all { Detail::Everything } else { Detail::Decisive };
    let text = match (arguments.json, arguments.markdown) {
        (true, _) => serde_json::to_string_pretty(&board).context("the scoreboard as JSON")? + "\n",
        (_, true) => scoreboard::markdown(&board)?,
        _ => scoreboard::text(&board, detail)?,
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

/// The run directories behind the folders that were named: runs, sweeps, or folders that hold runs.
pub fn runs_of(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(run_folders(folders)?)
}

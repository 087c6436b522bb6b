//! `featurescope judge`: what stored runs say about the paper's statements.

use crate::args::JudgeArguments;
use crate::exit::Exit;
use crate::layout::wrapped;
use crate::progress::Activity;
use crate::scoreboard::{self, Detail};
use crate::{interrupt, output};
use anyhow::{Context, Result, bail};
use featurescope_lab::claim::{Scoreboard, claims_digest, judge_telling, speaking};
use featurescope_lab::monitor;
use featurescope_lab::paper::{self, Paper, shipped};
use featurescope_lab::report::run_folders;
use std::path::PathBuf;

/// Prints the scoreboard of every paper that speaks of the runs.
pub fn judge_runs(arguments: &JudgeArguments) -> Result<Exit> {
    if arguments.claims_digest {
        for paper in shipped() {
            output::print(&format!("{}  {}\n", claims_digest(paper), paper.name))?;
        }
        return Ok(Exit::Success);
    }
    interrupt::may_end("judging changes nothing");
    let runs = run_folders(&arguments.runs)?;
    monitor::refuse(&runs, "judge")?;
    let mut boards = Vec::new();
    for paper in shipped() {
        let own = paper.runs_among(&runs);
        if runs.is_empty() || !own.is_empty() {
            boards.push(board(paper, &own)?);
        }
    }
    let boards = speaking(boards);
    for board in &boards {
        // Alone it needs no name: the runs are of its paper.
        if boards.len() > 1 && !arguments.json {
            output::print(&heading(board, arguments.markdown))?;
        }
        print(board, arguments)?;
    }
    Ok(Exit::Success)
}

/// Which paper a board is about.
fn heading(board: &Scoreboard, is_markdown: bool) -> String {
    let paper = board.paper.and_then(|name| paper::find(name.text()));
    let title = paper.map_or("Of no paper", |paper| paper.title);
    if is_markdown {
        format!("## {title}\n\n")
    } else {
        format!("\n{}\n", wrapped(title, output::width(), "", ""))
    }
}

fn print(board: &Scoreboard, arguments: &JudgeArguments) -> Result<()> {
    let text = match (arguments.json, arguments.markdown) {
        (true, _) if arguments.all => json(board)?,
        (true, _) => json(&board.decisive())?,
        (_, true) if arguments.all => scoreboard::markdown(board)?,
        (_, true) => scoreboard::markdown(&board.decisive())?,
        _ if arguments.all => scoreboard::text(board, Detail::Everything, output::width())?,
        _ => scoreboard::text(board, Detail::Line, output::width())?,
    };
    Ok(output::print(&text)?)
}

fn json(board: &Scoreboard) -> Result<String> {
    Ok(serde_json::to_string_pretty(board).context("the scoreboard as JSON")? + "\n")
}

/// What the runs in these folders say about a paper: runs, sweeps, or folders that hold runs.
///
/// # Errors
/// If none of them is of the kind that the paper's claims are about, or none can be read.
pub fn judged(paper: &Paper, folders: &[PathBuf]) -> Result<Scoreboard> {
    interrupt::may_end("judging changes nothing");
    let own = paper.runs_among(&run_folders(folders)?);
    if own.is_empty() {
        bail!(
            "the statement is about {}, and none of the given folders holds one",
            paper.runs.catalogue.subject
        );
    }
    board(paper, &own)
}

/// What these runs, which are of the paper's kind, say about it.
fn board(paper: &Paper, runs: &[PathBuf]) -> Result<Scoreboard> {
    let judging = judging(false, runs);
    let board = judge_telling(paper, runs, &|read| judging.count(read, runs.len()))?;
    let left_out: Vec<&str> = scoreboard::left_out(&board).collect();
    if !runs.is_empty() && left_out.len() == runs.len() {
        bail!("no run can be judged. {}", left_out.join("; "));
    }
    Ok(board)
}

/// The boards of papers that speak of these runs: judges every paper about such runs, and tells how far it is unless that is not wanted.
pub fn boards(is_quiet: bool, runs: &[PathBuf]) -> Result<Vec<Scoreboard>> {
    let mut boards = Vec::new();
    for paper in shipped() {
        let own = paper.runs_among(runs);
        if !own.is_empty() {
            let judging = judging(is_quiet, &own);
            boards.push(judge_telling(paper, &own, &|read| judging.count(read, own.len()))?);
        }
    }
    Ok(speaking(boards))
}

/// Says that these runs are judged, until it is dropped.
fn judging(is_quiet: bool, runs: &[PathBuf]) -> Activity {
    let runs = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
    Activity::start(is_quiet, format!("judging {runs}: reading, and drawing samples at their weights"))
}

//! `featurescope sweep collect`: what all machines have made, and what is missing.

use super::{Conclusion, table};
use crate::args::SweepCollectArguments;
use crate::exit::Exit;
use crate::{interrupt, output};
use anyhow::Result;
use featurescope_lab::sweep::table::{figures, rows};
use featurescope_lab::sweep::{Collected, SharedPlan, Standing, SweepFolder, collect as collect_runs};
use serde_json::json;
use std::path::Path;

/// Puts it together and prints it; a failure if anything is missing.
pub fn collect(arguments: &SweepCollectArguments) -> Result<Exit> {
    let path = arguments.folder.as_path();
    interrupt::may_end("collecting loses nothing");
    let plan = SharedPlan::read(path)?.sweep(path)?;
    let folder = SweepFolder::open(path)?;
    let collected = collect_runs(&plan, &folder)?;
    let rows = rows(&collected.index, &folder, &figures())?;
    if arguments.json {
        let runs: Vec<_> = (collected.runs.iter())
            .map(|(key, standing)| json!({ "key": key, "standing": word(standing), "problem": problem(standing) }))
            .collect();
        let all = json!({ "sweep": collected.index, "runs": runs, "rows": rows });
        output::print(&(serde_json::to_string_pretty(&all)? + "\n"))?;
    } else if !arguments.quiet {
        if !rows.is_empty() {
            output::print(&table(&rows, output::width())?)?;
        }
        output::print(&told(&collected, path))?;
    }
    if !arguments.quiet {
        collected.index.warnings.iter().for_each(|warning| output::note(&format!("warning: {warning}")));
    }
    if !arguments.no_report && !rows.is_empty() {
        let shows = !arguments.quiet && !arguments.json;
        let conclusion =
            Conclusion { has_report: true, shows, is_quiet: arguments.quiet, data: arguments.data };
        conclusion.draw(path, false)?;
    }
    Ok(if collected.is_complete() { Exit::Success } else { Exit::Failure })
}

/// The word that stands for how a run stands.
fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Missing => "missing",
        Standing::Held(_) => "being made",
        Standing::HalfMade => "half made",
        Standing::Failed(_) => "failed",
        Standing::Ended(status, _) => status.word(),
    }
}

fn problem(standing: &Standing) -> Option<&str> {
    match standing {
        Standing::Failed(text) | Standing::Held(text) => Some(text),
        Standing::Missing | Standing::HalfMade | Standing::Ended(..) => None,
    }
}

/// How many runs have ended, a line for each other one, and how to go on.
fn told(collected: &Collected, path: &Path) -> String {
    let open = collected.runs.iter().filter(|(_, standing)| !matches!(standing, Standing::Ended(..)));
    let mut lines: Vec<String> = open
        .map(|(key, standing)| {
            let detail = problem(standing).map(|problem| format!(", {problem}")).unwrap_or_default();
            format!("{key}: {}{detail}", word(standing))
        })
        .collect();
    let (all, shown) = (collected.runs.len(), path.display());
    lines.insert(0, format!("{} of {all} runs have ended in {shown}", all - lines.len()));
    if lines.len() > 1 {
        lines.push(format!(
            "`featurescope sweep run {shown}` makes what is missing; with `--key` also what failed"
        ));
    }
    lines.join("\n") + "\n"
}

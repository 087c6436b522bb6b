//! `featurescope explain`: what a setting means, what an experiment asks.

use crate::args::ExplainArguments;
use crate::commands::judge::runs_of;
use crate::exit::{Exit, UnknownName};
use crate::scoreboard::{self, Detail};
use crate::{figure, output};
use anyhow::Result;
use featurescope_lab::claim::wording::question;
use featurescope_lab::claim::{self, Claim, judge};
use featurescope_lab::experiments::{EXPERIMENTS, Experiment};
use featurescope_lab::results;
use featurescope_lab::spec::registry::{SETTINGS, find, is_table, nearest};
use featurescope_lab::spec::setting::{Fallback, Kind, Setting};
use std::fmt::Write;
use std::path::PathBuf;

/// Prints the explanation of a name, or a line on every setting.
pub fn explain(arguments: &ExplainArguments) -> Result<Exit> {
    let text = match arguments.name.as_deref() {
        None => SETTINGS.iter().map(line).collect(),
        Some(name) => named(name, &arguments.runs)?,
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

/// What is behind a name.
fn named(name: &str, runs: &[PathBuf]) -> Result<String> {
    if let Some(setting) = find(name) {
        return Ok(page(setting));
    }
    if let Some(experiment) = Experiment::find(name) {
        return Ok(format!("{}\nIts settings:\n\n{}", experiment.readme, experiment.spec));
    }
    if is_table(name) {
        let inside = format!("{name}.");
        return Ok(SETTINGS.iter().filter(|setting| setting.key.starts_with(&inside)).map(line).collect());
    }
    let claims = claim::claims()?;
    match claims.iter().find(|claim| claim.id.eq_ignore_ascii_case(name)) {
        Some(claim) => Ok(claim_page(claim) + &evidence(claim, runs)?),
        None => Err(unknown(name, &claims).into()),
    }
}

/// What a statement says and how it is tested.
fn claim_page(claim: &Claim) -> String {
    let head = format!(
        "{}\n\n{}\n\n    {}\n\nHow it is tested: {}\n",
        output::heading(&format!("{}: {}", claim.id, claim.title)),
        claim.statement.trim(),
        claim.formula.trim().replace('\n', "\n    "),
        claim.finite_size.trim(),
    );
    let tests = claim.tests.iter().map(|test| {
        let (quantity, at) = test.quantity();
        let what = claim::quantity::doc(quantity).unwrap_or("a recorded column, see docs/run-directory.md");
        let (bounds, needs) = (test.bounds(), test.needs());
        format!("\n  {quantity} {}: {what}\n  Supported if {bounds}. Needs {needs}.\n", at.words())
    });
    let undecidable = claim.not_testable.iter();
    let undecidable = undecidable.map(|why| format!("\nNo finite run can decide it: {}\n", why.trim()));
    std::iter::once(head).chain(tests).chain(undecidable).collect()
}

/// What stored runs say about a statement, with a figure per test.
fn evidence(claim: &Claim, runs: &[PathBuf]) -> Result<String> {
    if claim.not_testable.is_some() {
        return Ok(String::new());
    }
    let (board, source) = if runs.is_empty() {
        (
            results::theorems()?,
            "the runs of `featurescope run theorems` (results/ has all of them)".to_owned(),
        )
    } else {
        let named: Vec<String> = runs.iter().map(|run| run.display().to_string()).collect();
        (judge(&runs_of(runs)?)?, named.join(", "))
    };
    let mut text = String::new();
    let Some(result) = board.claims.iter().find(|result| result.id == claim.id) else { return Ok(text) };
    writeln!(text, "\n{}", output::heading(&format!("What is measured, in {source}")))?;
    writeln!(
        text,
        "Dots: where the statement holds. ├─●─┤: mean and interval, corrected for the number of tests.\n"
    )?;
    scoreboard::write_claim(&mut text, result, Detail::Decisive)?;
    for test in &result.tests {
        let figure = figure::of_test(test)?;
        if !figure.is_empty() {
            writeln!(text, "\n{}\n{figure}", question(test))?;
        }
    }
    Ok(text)
}

fn unknown(name: &str, claims: &[Claim]) -> UnknownName {
    let names = SETTINGS.iter().map(|s| s.key).chain(EXPERIMENTS.iter().map(|e| e.name));
    let names = names.chain(claims.iter().map(|claim| claim.id.as_str()));
    UnknownName {
        name: name.to_owned(),
        expected: "a setting, a table of settings, an experiment or a statement of the paper",
        suggestion: nearest(name, names).map(ToOwned::to_owned),
    }
}

/// Key and first sentence.
fn line(setting: &Setting) -> String {
    let sentence = setting.doc.split_once(". ").map_or(setting.doc, |(first, _)| first);
    format!("{:<38} {}\n", setting.key, sentence.trim_end_matches('.'))
}

fn page(setting: &Setting) -> String {
    let values = match setting.kind {
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        ref kind => kind.to_string(),
    };
    let default = match setting.fallback {
        Fallback::Required => "none, it must be given".to_owned(),
        Fallback::Value(value) => value.trim_matches('"').to_owned(),
        Fallback::SameAs(key) => format!("the value of {key}"),
        Fallback::Absent(meaning) => format!("not given; then {meaning}"),
    };
    let used = setting.used_when.iter().map(|condition| format!("Used if:  {condition}\n"));
    let others: Vec<_> = setting.alternatives.iter().filter(|&&key| key != setting.key).copied().collect();
    let others = (!others.is_empty()).then(|| format!("Instead:  {}\n", others.join(" or ")));
    let head = format!(
        "{}\n\n{}\n\nValues:   {values}\nDefault:  {default}\n",
        output::heading(setting.key),
        setting.doc
    );
    std::iter::once(head).chain(used).chain(others).collect()
}

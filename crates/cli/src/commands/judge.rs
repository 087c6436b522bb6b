//! `featurescope judge`: what stored runs say about the paper's statements.

use crate::args::JudgeArguments;
use crate::exit::Exit;
use crate::output;
use anyhow::{Context, Result, ensure};
use featurescope_lab::claim::destiny::Destiny;
use featurescope_lab::claim::judge;
use featurescope_lab::claim::judge::{ClaimResult, Finding, Scoreboard, TestResult, Verdict};
use featurescope_lab::stats::Estimate;
use std::fmt::Write;

/// Prints the scoreboard.
pub fn judge_runs(arguments: &JudgeArguments) -> Result<Exit> {
    for run in &arguments.runs {
        ensure!(
            run.join("manifest.json").is_file(),
            "{} is no run directory: it holds no manifest.json",
            run.display()
        );
    }
    let scoreboard = judge(&arguments.runs)?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&scoreboard).context("the scoreboard as JSON")? + "\n"
    } else {
        table(&scoreboard)?
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

fn table(scoreboard: &Scoreboard) -> Result<String> {
    let mut text = String::new();
    for claim in &scoreboard.claims {
        writeln!(
            text,
            "{}",
            output::heading(&format!("{:<11} {}: {}", word(&claim.verdict), claim.id, claim.title))
        )?;
        if let Verdict::NotTestable { reason } = &claim.verdict {
            writeln!(text, "              {}", reason.trim())?;
        }
        for test in &claim.tests {
            write_test(&mut text, test)?;
        }
    }
    for destiny in &scoreboard.destiny {
        write_destiny(&mut text, destiny)?;
    }
    writeln!(text, "\n{}", count(&scoreboard.claims))?;
    writeln!(
        text,
        "Intervals are corrected for the number of tests (Holm, α = {}); 95 % for destiny and trends.",
        scoreboard.alpha
    )?;
    for warning in &scoreboard.warnings {
        writeln!(text, "warning: {warning}")?;
    }
    Ok(text)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "REFUTED",
        Verdict::Undecided { .. } => "undecided",
        Verdict::NotTestable { .. } => "no test",
    }
}

fn write_test(text: &mut String, test: &TestResult) -> Result<()> {
    let against = test.against.map_or(String::new(), |axis| format!(", slope against {}", axis.words()));
    writeln!(text, "              {} {}{against}, {}", test.quantity, test.at.words(), test.rule)?;
    for finding in &test.findings {
        write_finding(text, finding, "")?;
    }
    for finding in &test.controls {
        write_finding(text, finding, "control, must fail: ")?;
    }
    if let Some(trend) = &test.trend {
        writeln!(text, "                trend over ln d: {}", interval(trend))?;
    }
    Ok(())
}

fn write_finding(text: &mut String, finding: &Finding, prefix: &str) -> Result<()> {
    let setting = &finding.setting;
    let estimate = finding.estimate.as_ref().map_or("–".to_owned(), interval);
    let reason = match &finding.verdict {
        Verdict::Undecided { reason } => format!(": {reason}"),
        _ => String::new(),
    };
    writeln!(
        text,
        "                {prefix}{} (d = {}, d1 = {}): {estimate}, {}{reason}",
        setting.arm,
        setting.latent_dim,
        setting.ambient_dim,
        word(&finding.verdict)
    )?;
    Ok(())
}

fn write_destiny(text: &mut String, destiny: &Destiny) -> Result<()> {
    let setting = &destiny.setting;
    let show = |estimate: &Option<Estimate>| estimate.as_ref().map_or("–".to_owned(), interval);
    writeln!(
        text,
        "{}\n              {} (d = {}, d1 = {}): precision {}, over chance {}, recall {}, area under the curve {}",
        output::heading("destiny     Does luck at the start decide which atom a neuron ends with?"),
        setting.arm,
        setting.latent_dim,
        setting.ambient_dim,
        show(&destiny.precision),
        show(&destiny.precision_over_chance),
        show(&destiny.recall),
        show(&destiny.area)
    )?;
    Ok(())
}

fn interval(estimate: &Estimate) -> String {
    format!("{:.3} [{:.3}, {:.3}]", estimate.value, estimate.lower, estimate.upper)
}

fn count(claims: &[ClaimResult]) -> String {
    let number = |word_of: &str| claims.iter().filter(|claim| word(&claim.verdict) == word_of).count();
    format!(
        "{} statements: {} supported, {} refuted, {} undecided, {} that no finite run can decide",
        claims.len(),
        number("supported"),
        number("REFUTED"),
        number("undecided"),
        number("no test")
    )
}

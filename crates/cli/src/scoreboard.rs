//! The scoreboard as text and as Markdown: a statement, what it predicts, what was measured, the verdict.

use crate::output::heading;
use featurescope_lab::claim::destiny::Destiny;
use featurescope_lab::claim::judge::{ClaimResult, Finding, Reason, Scoreboard, TestResult};
use featurescope_lab::claim::wording::{count, finding, interval, measured, question, reasons, word};
use featurescope_lab::claim::{FEWEST_SEEDS, Role, Verdict};
use featurescope_lab::stats::Estimate;
use std::collections::BTreeMap;
use std::fmt::{Result, Write};

/// Columns of a line.
const WIDTH: usize = 110;
const INDENT: &str = "            ";
/// A blank at which no line is broken.
const UNBROKEN: char = '\u{a0}';

/// How much of a scoreboard is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What decided: the settings that were judged, and the controls in a table at the end.
    Decisive,
    /// Every setting and every control under its test.
    Everything,
}

/// The whole scoreboard.
pub fn text(board: &Scoreboard, detail: Detail) -> std::result::Result<String, std::fmt::Error> {
    let mut text = String::new();
    for claim in &board.claims {
        write_claim(&mut text, claim, detail)?;
    }
    writeln!(text, "\n{}", heading("Controls: where the statements must fail"))?;
    write_controls(&mut text, board)?;
    for destiny in &board.destiny {
        write_destiny(&mut text, destiny)?;
    }
    writeln!(text, "\n{}", count(&board.claims))?;
    writeln!(
        text,
        "Sizes are d/d1. Intervals are corrected for the number of tests (Holm, α = {}); 95 % for trends and destiny.",
        board.alpha
    )?;
    for warning in &board.warnings {
        writeln!(text, "warning: {warning}")?;
    }
    Ok(text)
}

/// One statement: verdict, rule by rule what was found.
pub fn write_claim(text: &mut String, claim: &ClaimResult, detail: Detail) -> Result {
    writeln!(text, "{}", heading(&format!("{:<11} {}: {}", shown(&claim.verdict), claim.id, claim.title)))?;
    match &claim.verdict {
        Verdict::NotTestable { reason } => write_wrapped(text, reason.trim())?,
        // What stands under the tests need not be said twice.
        Verdict::Undecided {
            reason: Reason::Partly | Reason::OnTheBound { .. } | Reason::NotMeasured { .. },
        }
        | Verdict::Supported
        | Verdict::Refuted => {}
        Verdict::Undecided { reason } => write_wrapped(text, &reason.to_string())?,
    }
    for test in &claim.tests {
        write_test(text, test, detail)?;
    }
    Ok(())
}

/// A refutation stands out.
fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refuted => word(verdict).to_uppercase(),
        _ => word(verdict).to_owned(),
    }
}

fn write_test(text: &mut String, test: &TestResult, detail: Detail) -> Result {
    write_wrapped(text, &question(test))?;
    // A finding is not broken over lines.
    let unbroken = |found: &Finding| finding(found).replace(' ', "\u{a0}");
    let judged: Vec<String> = test.judged().map(unbroken).collect();
    if !judged.is_empty() {
        write_wrapped(text, &format!("  {}", judged.join(" · ")))?;
    }
    for (reason, sizes) in reasons(test) {
        write_wrapped(text, &format!("  {sizes}: {reason}"))?;
    }
    let others: Vec<&Finding> = test.findings.iter().filter(|finding| !finding.is_judged()).collect();
    if detail == Detail::Everything {
        // What a finding says about itself may be long.
        for other in others {
            write_wrapped(text, &format!("  not judged: {}{}", unbroken(other), why(other)))?;
        }
        for control in &test.controls {
            write_wrapped(
                text,
                &format!("  control, must fail: {} {}", control.setting.arm, unbroken(control)),
            )?;
        }
    } else if judged.is_empty() {
        let values: Vec<String> = others.iter().map(|other| unbroken(other)).collect();
        if !values.is_empty() {
            write_wrapped(text, &format!("  not judged: {}", values.join(" · ")))?;
        }
    } else if !others.is_empty() {
        write_wrapped(text, &format!("  (and {} settings with too few seeds or sizes)", others.len()))?;
    }
    if let Some(trend) = &test.trend {
        write_wrapped(text, &format!("  trend over ln d: {}", interval(trend)))?;
    }
    Ok(())
}

fn why(finding: &Finding) -> String {
    match &finding.verdict {
        Verdict::Undecided { reason } => format!(" {reason}"),
        _ => String::new(),
    }
}

/// What became of the controls, kind by kind.
#[derive(Default)]
struct Tally {
    refuted: usize,
    not_applicable: usize,
    undecided: Vec<String>,
    supported: Vec<String>,
}

/// Per kind of control: how many tests fail on it as they must, and those that do not.
fn tallies(board: &Scoreboard) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for claim in &board.claims {
        for control in
            claim.tests.iter().flat_map(|test| &test.controls).filter(|control| control.has_enough_seeds())
        {
            let kind = format!("{} ({})", control.setting.role.words(), control.setting.label());
            let tally = tallies.entry(kind).or_default();
            match &control.verdict {
                Verdict::Refuted => tally.refuted += 1,
                // Those that matter are listed below.
                Verdict::Supported => {}
                // Without a figure the statement does not apply there: T1 or T2 is not reached, a condition not met.
                _ if control.estimate.is_none() => tally.not_applicable += 1,
                _ => tally.undecided.push(claim.id.clone()),
            }
        }
        for control in claim.controls_that_hold() {
            let kind = format!("{} ({})", control.setting.role.words(), control.setting.label());
            tallies.entry(kind).or_default().supported.push(claim.id.clone());
        }
    }
    tallies
}

fn write_controls(text: &mut String, board: &Scoreboard) -> Result {
    for (kind, tally) in tallies(board) {
        writeln!(text, "  {kind}: {} refuted, {} not applicable", tally.refuted, tally.not_applicable)?;
        for (what, claims) in [("undecided", &tally.undecided), ("SUPPORTED as well", &tally.supported)] {
            if !claims.is_empty() {
                write_wrapped(text, &format!("{what}: {}", claims.join("; ")))?;
            }
        }
    }
    Ok(())
}

fn write_destiny(text: &mut String, destiny: &Destiny) -> Result {
    // Who never ends with an atom has no destiny to speak of; few seeds say little about it.
    let has_atoms = matches!(destiny.setting.role, Role::RandomMaskStaged | Role::RandomMaskTrained);
    if !has_atoms || destiny.runs.len() < FEWEST_SEEDS {
        return Ok(());
    }
    let setting = &destiny.setting;
    let show = |estimate: &Option<Estimate>| estimate.as_ref().map_or("–".to_owned(), interval);
    writeln!(
        text,
        "{}",
        heading(&format!(
            "destiny     {} ({}): does luck at the start decide which atom a neuron ends with?",
            setting.arm,
            setting.label()
        ))
    )?;
    write_wrapped(
        text,
        &format!(
            "precision {}, over chance {}, recall {}, area under the curve {} (chance .5)",
            show(&destiny.precision),
            show(&destiny.precision_over_chance),
            show(&destiny.recall),
            show(&destiny.area)
        ),
    )
}

/// Lines of at most [`WIDTH`] columns, indented like everything under a verdict.
fn write_wrapped(text: &mut String, words: &str) -> Result {
    let inner = words.len() - words.trim_start().len();
    let mut line = format!("{INDENT}{}", " ".repeat(inner));
    let empty = line.chars().count();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let used = line.chars().count();
        if used > empty && used + 1 + word.chars().count() > WIDTH {
            writeln!(text, "{}", line.replace(UNBROKEN, " "))?;
            line = format!("{INDENT}  {}", " ".repeat(inner));
        } else if used > empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(text, "{}", line.replace(UNBROKEN, " "))
}

/// The scoreboard as a Markdown page.
pub fn markdown(board: &Scoreboard) -> std::result::Result<String, std::fmt::Error> {
    let mut text = format!("{}.\n\n", count(&board.claims));
    writeln!(
        text,
        "Measured: d/d1, mean over seeds and its interval, corrected for the number of tests (Holm, α = {}); \
         ✓ inside the prediction, ✗ outside, ? neither.\n",
        board.alpha
    )?;
    writeln!(text, "| statement | verdict | predicted | measured |\n|---|---|---|---|")?;
    for claim in &board.claims {
        let first = format!("**{}** {}", cell(&claim.id), cell(&claim.title));
        if let Verdict::NotTestable { reason } = &claim.verdict {
            writeln!(text, "| {first} | no test | – | {} |", cell(reason.trim()))?;
        }
        for (number, test) in claim.tests.iter().enumerate() {
            let (first, verdict) =
                if number == 0 { (first.as_str(), shown(&claim.verdict)) } else { ("", String::new()) };
            writeln!(
                text,
                "| {first} | {verdict} | {} | {} |",
                cell(&question(test)),
                cell(&measured(test).join(" · "))
            )?;
        }
    }
    writeln!(text, "\n## Controls: where the statements must fail\n")?;
    writeln!(
        text,
        "| control | refuted | not applicable | undecided | supported as well |\n|---|---|---|---|---|"
    )?;
    for (kind, tally) in tallies(board) {
        let list =
            |claims: &[String]| if claims.is_empty() { "–".to_owned() } else { cell(&claims.join("; ")) };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            cell(&kind),
            tally.refuted,
            tally.not_applicable,
            list(&tally.undecided),
            list(&tally.supported)
        )?;
    }
    Ok(text)
}

/// Text that keeps a table a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace([UNBROKEN, '\n'], " ")
}

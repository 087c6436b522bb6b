//! The scoreboard as text and as Markdown: a statement, what it predicts, what was measured, the verdict.

use crate::layout::{UNBROKEN, pad_right, shortened, wrapped};
use crate::output::heading;
use featurescope_lab::claim::destiny::NeuronDestiny;
use featurescope_lab::claim::judge::{Bounds, ClaimResult, Count, Finding, Reason, Scoreboard, TestResult};
use featurescope_lab::claim::wording::{
    count, count_of_kind, figure, finding, finding_of, has_sizes, interval, measured, question, reasons, word,
};
use featurescope_lab::claim::{About, FEWEST_SEEDS, Tendency, Verdict};
use featurescope_lab::paper::{self, Role};
use featurescope_lab::stats::Estimate;
use std::collections::BTreeMap;
use std::fmt::{Result, Write};

const INDENT: &str = "            ";
/// Columns of a verdict and of a statement's number in a list of one line each.
const WORD: usize = 12;
const NUMBER: usize = 26;

/// How much of a scoreboard is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A line for every statement that there is a figure for.
    Line,
    /// What decided: the settings that were judged.
    Decisive,
    /// Every setting and every control under its test, the controls in a table, and destiny.
    Everything,
}

/// The whole scoreboard, beginning with what it says in a sentence; `width` is that of the screen.
pub fn text(
    board: &Scoreboard,
    detail: Detail,
    width: usize,
) -> std::result::Result<String, std::fmt::Error> {
    let mut sentence = in_a_sentence(board);
    match left_out(board).count() {
        0 => {}
        1 => sentence.push_str(" One run is left out, the warning below says why."),
        count => write!(sentence, " {count} runs are left out, the warnings below say why.")?,
    }
    let mut text = wrapped(&sentence, width, "", "");
    text.push('\n');
    if detail == Detail::Line {
        for claim in &board.claims {
            text.push_str(&line(claim, width).unwrap_or_default());
        }
    } else {
        for claim in &board.claims {
            write_claim(&mut text, claim, detail, width)?;
        }
        writeln!(text, "\n{}", heading("Controls: where the statements must fail"))?;
        write_controls(&mut text, board, width);
        // Who never ends with an atom has no destiny to speak of.
        let paper = board.paper.and_then(|name| paper::find(name.text()));
        let is_told = |role: Role| paper.is_some_and(|paper| paper.destiny.told.contains(&role.name()));
        for destiny in board.destiny.iter().filter(|destiny| is_told(destiny.setting.role)) {
            write_destiny(&mut text, destiny, width)?;
        }
    }
    text.push('\n');
    for kind in board.counts.iter().filter(|_| detail == Detail::Everything) {
        text.push_str(&wrapped(&count_of_kind(kind), width, "about ", "  "));
    }
    text.push_str(&wrapped(&legend(board, detail), width, "", ""));
    for warning in &board.warnings {
        text.push_str(&wrapped(warning, width, "warning: ", "  "));
    }
    Ok(text)
}

/// What is said of runs that could not be read.
pub fn left_out(board: &Scoreboard) -> impl Iterator<Item = &str> {
    board.warnings.iter().map(String::as_str).filter(|warning| warning.starts_with("left out: "))
}

/// What the runs say, all statements together.
fn in_a_sentence(board: &Scoreboard) -> String {
    let tending = |wanted| board.claims.iter().filter(|claim| claim.tendency() == Some(wanted)).count();
    let (hold, fail) = (tending(Tendency::WouldHold), tending(Tendency::WouldFail));
    let findings = || board.claims.iter().flat_map(|claim| &claim.tests).flat_map(|test| &test.findings);
    if hold + fail == 0 {
        return format!("{}.", count(&board.claims));
    }
    let provisional = format!(
        "by what these show so far, which other seeds may turn, {hold} would hold and {fail} would fail"
    );
    if findings().any(Finding::is_judged) {
        return format!("{}. Of the undecided, {provisional}.", count(&board.claims));
    }
    let number = |wanted: &str| board.claims.iter().filter(|claim| word(&claim.verdict) == wanted).count();
    format!(
        "No verdict: that needs {FEWEST_SEEDS} seeds of one setting. Of {} statements, {provisional}; {} need \
         other runs; {} are statements that no finite run can decide.",
        board.claims.len(),
        number("undecided").saturating_sub(hold + fail),
        number("no test")
    )
}

fn legend(board: &Scoreboard, detail: Detail) -> String {
    let level = format!("Intervals are corrected for the number of tests (Holm, α = {})", board.alpha);
    let digest = board.claims_digest.map_or(String::new(), |it| format!(" Judged by claims {}.", it.short()));
    if detail == Detail::Line {
        return format!(
            "In brackets: where the statement holds. {level}. `--all` shows every setting, every control and \
             what undecided statements need; `featurescope explain \"Theorem 3.2 (i)\"` shows a \
             statement.{digest}"
        );
    }
    if !has_sizes(&board.claims) {
        return format!("{level}.{digest}");
    }
    format!("Sizes are d/d1. {level}; 95 % for trends and destiny.{digest}")
}

/// A statement in one line: verdict, number, the figure that leads to it beside its prediction, title; `None`
/// where there is no figure.
fn line(claim: &ClaimResult, width: usize) -> Option<String> {
    let shown = |test: &TestResult, found: &Finding| match &found.estimate {
        Some(estimate) => Some(interval(estimate)),
        None => found.tendency(test.rule).and(found.mean()).map(figure),
    };
    let mut found: Vec<(u8, String, Bounds)> = Vec::new();
    for test in &claim.tests {
        for finding in &test.findings {
            let Some(figure) = shown(test, finding) else { continue };
            found.push((weight(test, finding), figure, test.rule));
        }
    }
    let (_, measured, rule) = found.iter().max_by_key(|(weight, ..)| *weight)?;
    let others = if found.len() > 1 { format!(" +{}", found.len() - 1) } else { String::new() };
    let verdict = claim.tendency().map_or_else(|| shown_verdict(&claim.verdict), |it| it.words().to_owned());
    let head = format!(
        "{}{} {measured} ({}){others}",
        pad_right(&verdict, WORD),
        pad_right(&shortened(&claim.id, NUMBER), NUMBER),
        brief(*rule)
    );
    let room = width.saturating_sub(head.chars().count() + 2);
    // A title of two syllables says less than none.
    let title = if room < 16 { String::new() } else { format!("  {}", shortened(&claim.title, room)) };
    Some(format!("{}\n", shortened(&format!("{head}{title}"), width)))
}

/// How much a finding weighs for the verdict: what refutes, then what keeps it open, then what supports.
fn weight(test: &TestResult, finding: &Finding) -> u8 {
    match (&finding.verdict, finding.tendency(test.rule)) {
        (Verdict::Refuted, _) => 4,
        (Verdict::Supported, _) => 2,
        (_, Some(Tendency::WouldFail)) => 1,
        (_, Some(Tendency::WouldHold)) => 0,
        _ => 3,
    }
}

/// A rule in a few signs.
fn brief(rule: Bounds) -> String {
    match (rule.at_least, rule.at_most) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("≥ {low}"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "any".to_owned(),
    }
}

/// One statement: verdict, rule by rule what was found.
pub fn write_claim(text: &mut String, claim: &ClaimResult, detail: Detail, width: usize) -> Result {
    let title = format!("{}: {}", claim.id, claim.title);
    let title = wrapped(&title, width, &format!("{:<11} ", shown_verdict(&claim.verdict)), INDENT);
    writeln!(text, "{}", heading(title.trim_end()))?;
    match &claim.verdict {
        Verdict::NotTestable { reason } => text.push_str(&indented(reason.trim(), width)),
        // What stands under the tests need not be said twice.
        Verdict::Undecided {
            reason: Reason::Partly | Reason::OnTheBound { .. } | Reason::NotMeasured { .. },
        }
        | Verdict::Supported
        | Verdict::Refuted => {}
        Verdict::NoEvidence => {
            text.push_str(&indented("supported, but by runs that learn nothing as well", width));
        }
        Verdict::Undecided { reason } => text.push_str(&indented(&reason.to_string(), width)),
    }
    for test in &claim.tests {
        write_test(text, test, detail, width);
    }
    Ok(())
}

/// A refutation stands out.
fn shown_verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refuted => word(verdict).to_uppercase(),
        _ => word(verdict).to_owned(),
    }
}

fn write_test(text: &mut String, test: &TestResult, detail: Detail, width: usize) {
    let mut write = |words: &str| text.push_str(&indented(words, width));
    write(&question(test));
    // A finding is not broken over lines.
    let unbroken = |found: &Finding| finding_of(test, found).replace(' ', "\u{a0}");
    let judged: Vec<String> = test.judged().map(unbroken).collect();
    if !judged.is_empty() {
        write(&format!("  {}", judged.join(" · ")));
    }
    for (reason, sizes) in reasons(test) {
        write(&format!("  {sizes}: {reason}"));
    }
    let others: Vec<&Finding> = test.findings.iter().filter(|finding| !finding.is_judged()).collect();
    if detail == Detail::Everything {
        // What a finding says about itself may be long.
        for other in others {
            write(&format!("  not judged: {}{}", unbroken(other), why(other)));
        }
        for control in &test.controls {
            write(&format!(
                "  control, must fail: {} {}{}",
                control.setting.arm,
                finding(control),
                why(control)
            ));
        }
        for idle in &test.idle {
            let idleness = idle.setting.idleness.map_or("", |idleness| idleness.words());
            write(&format!("  learns nothing ({idleness}): {}", finding(idle)));
        }
    } else if judged.is_empty() {
        let values: Vec<String> = others.iter().map(|other| unbroken(other)).collect();
        if !values.is_empty() {
            write(&format!("  not judged: {}", values.join(" · ")));
        }
    } else if !others.is_empty() {
        write(&format!("  (and {} settings with too few seeds or sizes)", others.len()));
    }
    if let Some(trend) = &test.trend {
        write(&format!("  trend over ln d: {}", interval(trend)));
    }
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

fn write_controls(text: &mut String, board: &Scoreboard, width: usize) {
    for (kind, tally) in tallies(board) {
        let words = format!("{kind}: {} refuted, {} not applicable", tally.refuted, tally.not_applicable);
        text.push_str(&wrapped(&words, width, "  ", INDENT));
        for (what, claims) in [("undecided", &tally.undecided), ("SUPPORTED as well", &tally.supported)] {
            if !claims.is_empty() {
                text.push_str(&indented(&format!("{what}: {}", claims.join("; ")), width));
            }
        }
    }
}

fn write_destiny(text: &mut String, destiny: &NeuronDestiny, width: usize) -> Result {
    // Few seeds say little about it.
    if destiny.runs.len() < FEWEST_SEEDS {
        return Ok(());
    }
    let setting = &destiny.setting;
    let show = |estimate: &Option<Estimate>| estimate.as_ref().map_or("–".to_owned(), interval);
    let title = format!(
        "{} ({}): does luck at the start decide which atom a neuron ends with?",
        setting.arm,
        setting.label()
    );
    writeln!(text, "{}", heading(wrapped(&title, width, "destiny     ", INDENT).trim_end()))?;
    let words = format!(
        "precision {}, over chance {}, recall {}, area under the curve {} (chance .5)",
        show(&destiny.precision),
        show(&destiny.precision_over_chance),
        show(&destiny.recall),
        show(&destiny.area)
    );
    text.push_str(&indented(&words, width));
    Ok(())
}

/// Lines indented like everything under a verdict; blanks in front of the words indent them further.
fn indented(words: &str, width: usize) -> String {
    let inner = " ".repeat(words.len() - words.trim_start().len());
    wrapped(words, width, &format!("{INDENT}{inner}"), &format!("{INDENT}{inner}  "))
}

/// The scoreboard as a Markdown page.
pub fn markdown(board: &Scoreboard) -> std::result::Result<String, std::fmt::Error> {
    let mut text = format!("{}.\n\n", count(&board.claims));
    writeln!(
        text,
        "| about | supported | refuted | undecided | supported also by runs that learn nothing |"
    )?;
    writeln!(text, "|---|---|---|---|---|")?;
    for kind in &board.counts {
        let about = kind.about.map_or("–", About::words);
        let Count { supported, refuted, undecided, no_evidence, .. } = kind;
        writeln!(text, "| {about} | {supported} | {refuted} | {undecided} | {no_evidence} |")?;
    }
    if let Some(digest) = board.claims_digest {
        writeln!(text, "\nJudged by the claims with the SHA-256 `{digest}`.\n")?;
    }
    writeln!(
        text,
        "Measured: {}, mean over seeds and its interval, corrected for the number of tests (Holm, α = {}); \
         ✓ inside the prediction, ✗ outside, ? neither.\n",
        if has_sizes(&board.claims) { "d/d1" } else { "the experiment" },
        board.alpha
    )?;
    writeln!(text, "| statement | about | verdict | predicted | measured |\n|---|---|---|---|---|")?;
    for claim in &board.claims {
        let first = format!("**{}** {}", cell(&claim.id), cell(&claim.title));
        if let Verdict::NotTestable { reason } = &claim.verdict {
            writeln!(text, "| {first} | – | no test | – | {} |", cell(reason.trim()))?;
        }
        for (number, test) in claim.tests.iter().enumerate() {
            let about = claim.about.map_or("–", About::words);
            let (first, about, verdict) = if number == 0 {
                (first.as_str(), about, shown_verdict(&claim.verdict))
            } else {
                ("", "", String::new())
            };
            writeln!(
                text,
                "| {first} | {about} | {verdict} | {} | {} |",
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

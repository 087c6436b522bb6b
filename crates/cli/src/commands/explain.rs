//! `featurescope explain`: what anything with a name is: settings, experiments, statements, letters, terms.

use crate::args::ExplainArguments;
use crate::commands::explain_json;
use crate::commands::judge::judged;
use crate::commands::statements::{all_statements, tested_by};
use crate::exit::{Exit, UnknownName};
use crate::layout::{pad_right, shortened, shown_width, wrapped};
use crate::scoreboard::{self, Detail};
use crate::{figure, output};
use anyhow::Result;
use featurescope_image::experiments::EXPERIMENTS as ON_PICTURES;
use featurescope_image::settings::CATALOGUE;
use featurescope_lab::claim::Claim;
use featurescope_lab::claim::wording::question;
use featurescope_lab::paper::Paper;
use featurescope_lab::reference::{self, Entry, Fit, Subject, Symbol, Term, entries, search, suggestions};
use featurescope_lab::results;
use featurescope_lab::spec::Catalogue;
use featurescope_lab::spec::registry::SPARSE_CODING;
use featurescope_lab::spec::setting::Setting;
use std::fmt::Write;
use std::path::PathBuf;

/// Columns of a name in a list.
const NAME: usize = 38;
/// Columns of the word that says what a name stands for.
const KIND: usize = 11;
/// Names that are suggested where nothing is found.
const SUGGESTIONS: usize = 3;

/// Prints the explanation of a name, what a part of a name finds, or a line on every setting.
pub fn explain(arguments: &ExplainArguments) -> Result<Exit> {
    let width = output::width();
    let typed = arguments.name.join(" ");
    let text = if arguments.json { as_data(&typed)? } else { explanation(&typed, &arguments.runs, width)? };
    output::print(&text)?;
    Ok(Exit::Success)
}

/// What is found by what was typed, or everything, as JSON.
fn as_data(typed: &str) -> Result<String> {
    let entries = all_entries()?;
    if typed.is_empty() {
        return explain_json::json_of(entries.iter());
    }
    let found = search(&entries, typed);
    if found.is_empty() {
        return Err(unknown(typed, &entries).into());
    }
    explain_json::json_of(found.into_iter().map(|(_, entry)| entry))
}

/// A line on every setting, by what runs it is of.
fn every_setting(width: usize) -> Result<String> {
    let mut text = String::new();
    for catalogue in [&SPARSE_CODING, &CATALOGUE] {
        let between = if text.is_empty() { "" } else { "\n" };
        writeln!(text, "{between}{}", output::heading(&format!("Settings of {}", catalogue.subject)))?;
        text.extend(catalogue.settings().iter().map(|setting| line(setting, width)));
    }
    Ok(text)
}

/// Everything that can be explained, that of runs on pictures last.
fn all_entries() -> Result<Vec<Entry>> {
    let mut all = entries()?;
    all.extend(reference::settings(&CATALOGUE));
    all.extend(reference::experiments(ON_PICTURES));
    Ok(all)
}

/// The text that is printed for what was typed, `width` columns wide; verdicts are those of the runs in these
/// folders, or those that come with the program.
///
/// # Errors
/// If nothing is called so, or a run cannot be judged.
pub fn explanation(typed: &str, runs: &[PathBuf], width: usize) -> Result<String> {
    if typed.is_empty() { every_setting(width) } else { found(typed, runs, width) }
}

/// The pages of what is called so, and beside them what has it in its name; or all that is found, in a list.
fn found(typed: &str, runs: &[PathBuf], width: usize) -> Result<String> {
    let entries = all_entries()?;
    let found = search(&entries, typed);
    let is_meant = |fit: Fit| fit == Fit::Name || found.len() == 1;
    let mut pages: Vec<&Entry> =
        found.iter().filter(|(fit, _)| is_meant(*fit)).map(|(_, entry)| *entry).collect();
    if pages.is_empty() {
        // A letter or the last part of a key, where only one thing has it.
        let others: Vec<&Entry> =
            found.iter().filter(|(fit, _)| *fit == Fit::OtherName).map(|(_, entry)| *entry).collect();
        if others.len() == 1 {
            pages = others;
        }
    }
    let rest: Vec<&Entry> = found
        .iter()
        .map(|(_, entry)| *entry)
        .filter(|entry| !pages.iter().any(|page| std::ptr::eq(*page, *entry)))
        .collect();
    let mut text = String::new();
    for (number, entry) in pages.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        text.push_str(&page(entry, runs, width)?);
    }
    if pages.is_empty() && rest.is_empty() {
        return Err(unknown(typed, &entries).into());
    }
    if !rest.is_empty() {
        let title = if pages.is_empty() { format!("`{typed}` is found in") } else { "\nSee also".to_owned() };
        writeln!(text, "{}", output::heading(&title))?;
        for entry in rest {
            text.push_str(&list_line(entry, width));
        }
    }
    Ok(text)
}

/// What it stands for, its name, and what it is in a sentence, in one line.
fn list_line(entry: &Entry, width: usize) -> String {
    let head = format!("  {}{}", pad_right(entry.subject.kind(), KIND), entry.name);
    let head = pad_right(&head, (KIND + NAME).min(width / 2));
    let room = width.saturating_sub(shown_width(&head) + 1);
    format!("{}\n", shortened(&format!("{head} {}", shortened(&entry.sentence, room)), width).trim_end())
}

fn page(entry: &Entry, runs: &[PathBuf], width: usize) -> Result<String> {
    Ok(match &entry.subject {
        Subject::Setting(catalogue, setting) => setting_page(catalogue, setting, width),
        Subject::Table(catalogue, table) => {
            let inside = format!("{table}.");
            let settings = catalogue.settings().iter().filter(|setting| setting.key.starts_with(&inside));
            let heading = output::heading(&format!("{table}, in {}", catalogue.subject));
            settings.fold(format!("{heading}\n"), |text, setting| text + &line(setting, width))
        }
        Subject::Experiment(experiment) => {
            format!("{}\nIts settings:\n\n{}", experiment.readme, experiment.spec)
        }
        Subject::Statement(paper, claim) => {
            claim_page(paper, claim, width) + &evidence(paper, claim, runs, width)?
        }
        Subject::Quantity(doc) => quantity_page(&entry.name, doc, width)?,
        Subject::Column(column, is_of_neurons) => {
            let (table, row) = if *is_of_neurons {
                ("neurons.parquet", "recorded step and neuron")
            } else {
                ("records.parquet", "recorded step")
            };
            let place = format!("Recorded in {table}, one value per {row}; unit: {}.", column.unit);
            titled(&format!("column {}", column.name), &[column.doc, &place], width)
                + &spoken_of(column.name, width)?
        }
        Subject::Symbol(symbol) => symbol_page(&entry.name, symbol, width),
        Subject::Term(term) => term_page(term, width),
    })
}

/// A title and paragraphs under it.
fn titled(title: &str, paragraphs: &[&str], width: usize) -> String {
    let mut text = format!("{}\n", output::heading(title));
    for paragraph in paragraphs {
        text.push('\n');
        text.push_str(&wrapped(paragraph, width, "", ""));
    }
    text
}

fn quantity_page(name: &str, doc: &str, width: usize) -> Result<String> {
    Ok(titled(&format!("quantity {name}"), &[doc], width) + &spoken_of(name, width)?)
}

fn spoken_of(name: &str, width: usize) -> Result<String> {
    let statements = all_statements()?;
    let ids = tested_by(name, &statements);
    if ids.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("\n{}", wrapped(&ids.join("; "), width, "Statements that are tested by it: ", "  ")))
}

fn symbol_page(name: &str, symbol: &Symbol, width: usize) -> String {
    let mut text = titled(&format!("letter {name}"), &[&symbol.meaning], width);
    text.push('\n');
    for (what, value) in [("Name:", &symbol.name), ("Range:", &symbol.range), ("Default:", &symbol.default)] {
        if !value.is_empty() && value != "–" {
            text.push_str(&wrapped(&value.replace('`', ""), width, &format!("{what:<10}"), "          "));
        }
    }
    text
}

fn term_page(term: &Term, width: usize) -> String {
    let also = (!term.also.is_empty()).then(|| format!("Also: {}.", term.also.join(", ")));
    let see = (!term.see.is_empty()).then(|| format!("See: {}.", term.see.join(", ")));
    let paragraphs: Vec<&str> =
        std::iter::once(term.meaning.as_str()).chain(also.as_deref()).chain(see.as_deref()).collect();
    titled(&term.name, &paragraphs, width)
}

/// What a statement says and how it is tested.
fn claim_page(paper: &Paper, claim: &Claim, width: usize) -> String {
    let mut text = titled(&format!("{}: {}", claim.id, claim.title), &[&claim.statement], width);
    text.push('\n');
    for formula in claim.formula.trim().lines() {
        // What fits keeps its blanks, which may align it.
        let fits = shown_width(formula) + 4 <= width;
        let unbroken = format!("    {}\n", formula.trim_end());
        text.push_str(&if fits { unbroken } else { wrapped(formula, width, "    ", "      ") });
    }
    text.push('\n');
    text.push_str(&wrapped(&claim.finite_size, width, "How it is tested: ", ""));
    if let Some((about, outcome)) = claim.about.zip(claim.refuted_by.as_ref()) {
        text.push_str(&wrapped(about.words(), width, "It is about: ", ""));
        text.push_str(&wrapped(outcome, width, "What would refute it: ", ""));
    }
    for test in &claim.tests {
        let (quantity, at) = test.quantity();
        let what = paper.doc(quantity).unwrap_or("a recorded column, see docs/run-directory.md");
        let bounds = test.bounds();
        let needs: Vec<String> = test.arms().iter().map(|&arm| test.needs(arm)).collect();
        let needs = needs.join("; ");
        text.push('\n');
        text.push_str(&wrapped(&format!("{quantity} {}: {what}", at.words()), width, "  ", "    "));
        text.push_str(&wrapped(&format!("Supported if {bounds}. Needs {needs}."), width, "  ", "    "));
    }
    if let Some(why) = &claim.not_testable {
        text.push('\n');
        text.push_str(&wrapped(why, width, "No finite run can decide it: ", ""));
    }
    text
}

/// What stored runs say about a statement, with a figure per test.
fn evidence(paper: &Paper, claim: &Claim, runs: &[PathBuf], width: usize) -> Result<String> {
    if claim.not_testable.is_some() {
        return Ok(String::new());
    }
    let (board, source) = if runs.is_empty() {
        let Some(board) = results::board(paper)? else { return Ok(String::new()) };
        // A bound may be another one now: the figure stands, its verdict is that of then.
        let age = if results::is_of_these_claims(paper, &board) {
            ""
        } else {
            ", judged by an earlier version of the claims"
        };
        (board, format!("the runs of the board (theories/{}/results/ has all of them{age})", paper.name))
    } else {
        let named: Vec<String> = runs.iter().map(|run| run.display().to_string()).collect();
        (judged(paper, runs)?, named.join(", "))
    };
    let mut text = String::new();
    let Some(result) = board.claims.iter().find(|result| result.id == claim.id) else { return Ok(text) };
    let title = wrapped(&format!("What is measured, in {source}"), width, "", "  ");
    writeln!(text, "\n{}", output::heading(title.trim_end()))?;
    let legend =
        "Dots: where the statement holds. ├─●─┤: mean and interval, corrected for the number of tests.";
    writeln!(text, "{}", wrapped(legend, width, "", ""))?;
    scoreboard::write_claim(&mut text, result, Detail::Decisive, width)?;
    for test in &result.tests {
        let figure = figure::of_test(test, width)?;
        if !figure.is_empty() {
            writeln!(text, "\n{}{figure}", wrapped(&question(test), width, "", "  "))?;
        }
    }
    Ok(text)
}

fn unknown(typed: &str, entries: &[Entry]) -> UnknownName {
    let suggested = suggestions(entries, typed, SUGGESTIONS);
    UnknownName {
        name: typed.to_owned(),
        expected: "the name of a setting, an experiment, a statement of the paper, a quantity, a recorded \
                   column, a letter or a term, nor a part of one",
        suggestion: (!suggested.is_empty()).then(|| suggested.join("`, `")),
    }
}

/// Key and first sentence: side by side, or below each other where the screen is narrow.
fn line(setting: &Setting, width: usize) -> String {
    let sentence = setting.doc.split_once(". ").map_or(setting.doc, |(first, _)| first).trim_end_matches('.');
    if width < 2 * NAME {
        return format!("{}\n{}", setting.key, wrapped(sentence, width, "    ", "    "));
    }
    wrapped(sentence, width, &format!("{:<NAME$} ", setting.key), &" ".repeat(NAME + 1))
}

fn setting_page(catalogue: &Catalogue, setting: &Setting, width: usize) -> String {
    let title = format!("{}, in {}", setting.key, catalogue.subject);
    let mut text = titled(&title, &[setting.doc], width);
    text.push('\n');
    let mut field = |name: &str, value: &str| {
        text.push_str(&wrapped(value, width, &format!("{name:<10}"), "          "));
    };
    field("Values:", &setting.values_in_words());
    field("Default:", &setting.default_in_words());
    for condition in setting.used_when {
        field("Used if:", &condition.to_string());
    }
    let others: Vec<_> = setting.alternatives.iter().filter(|&&key| key != setting.key).copied().collect();
    if !others.is_empty() {
        field("Instead:", &others.join(" or "));
    }
    text
}

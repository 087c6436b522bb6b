//! Pages and explanations are written in plain English, as docs/style.md describes it.
//!
//! Every Markdown file of the repository is checked, and what `featurescope explain` says of settings and
//! terms. A complaint names the file and the line, or the name that is explained, and what to do.
//! `cargo test --test prose -- --ignored --nocapture` prints how easily each page reads.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod rules;
mod text;

use featurescope_image::settings::CATALOGUE;
use featurescope_lab::reference::glossary;
use featurescope_lab::spec::registry::SPARSE_CODING;
use rules::{Readability, complaints, complaints_about_sentences};
use std::fs;
use std::path::{Path, PathBuf};
use text::Page;

/// Boards, whose tables the program writes: `featurescope judge --markdown`.
const WRITTEN_BY_THE_PROGRAM: &[&str] = &[
    "theories/wen-li-2021/results/confirmation-128.md",
    "theories/wen-li-2021/results/confirmation.md",
    "theories/wen-li-2021/results/square-ambient.md",
    "theories/wen-li-2021/results/theorems-low-noise.md",
    "theories/wen-li-2021/results/theorems.md",
];

/// Fewest pages, and fewest explanations: fewer mean that they were not found.
const FEWEST: usize = 30;

fn root() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap()
}

/// All Markdown files below a folder, without hidden folders and what is built or made by runs.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !name.starts_with('.')
            && !["target", "runs", "node_modules"].contains(&name.as_str())
        {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The pages that follow the rules, by their path in the repository.
fn written_pages() -> Vec<(String, Page)> {
    let mut found = Vec::new();
    pages(&root(), &mut found);
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let names = found.iter().map(name).filter(|name| !WRITTEN_BY_THE_PROGRAM.contains(&name.as_str()));
    names.map(|name| (name.clone(), Page::read(&fs::read_to_string(root().join(name)).unwrap()))).collect()
}

#[test]
fn every_page_is_plain_english() {
    let pages = written_pages();
    assert!(pages.len() >= FEWEST, "only {} pages were found", pages.len());
    let all: Vec<String> = pages
        .iter()
        .flat_map(|(name, page)| {
            complaints(page).into_iter().map(move |(line, told)| format!("{name}:{line}: {told}"))
        })
        .collect();
    assert!(all.is_empty(), "{} (docs/style.md has the rules)\n{}", all.len(), all.join("\n"));
}

/// The texts of `explain`, by what they explain.
fn explanations() -> Vec<(String, String)> {
    let settings = SPARSE_CODING.settings().iter().chain(CATALOGUE.settings());
    // What a setting's parts are begins with their word, in small letters: each is a paragraph here.
    let settings = settings.map(|setting| (setting.key.to_owned(), setting.doc.replace(". ", ".\n\n")));
    let terms = glossary::terms().unwrap().into_iter().map(|term| (term.name, term.meaning));
    settings.chain(terms).collect()
}

#[test]
fn every_explanation_is_plain_english() {
    let texts = explanations();
    assert!(texts.len() >= FEWEST, "only {} texts were found", texts.len());
    let all: Vec<String> = texts
        .iter()
        .flat_map(|(name, text)| {
            let complaints = complaints_about_sentences(&Page::read(text));
            complaints.into_iter().map(move |(_, told)| format!("explain {name}: {told}"))
        })
        .collect();
    assert!(all.is_empty(), "{} (docs/style.md has the rules)\n{}", all.len(), all.join("\n"));
}

#[test]
fn what_is_left_out_is_there() {
    let missing = WRITTEN_BY_THE_PROGRAM.iter().filter(|name| !root().join(name).exists());
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
#[ignore = "prints a table and checks nothing"]
#[allow(clippy::print_stdout, reason = "the table is what it is for")]
fn how_easily_each_page_reads() {
    println!("{:>9} {:>6} {:>8}  page", "sentences", "median", "long");
    for (name, page) in written_pages() {
        let Readability { sentences, median, long } = Readability::of(&page);
        println!("{sentences:>9} {median:>6} {:>6.0} %  {name}", 100.0 * long);
    }
}

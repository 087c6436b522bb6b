//! Everything that has a name and can be explained, and the search over it.
//!
//! A name that is typed finds, best first: what is called so; what has it as another name or letter; what
//! begins with it; what has it in its name; and, where no name has it, what speaks of it. Case, accents and
//! punctuation do not matter, and Greek letters may be spelled out.

pub mod folding;
pub mod glossary;
pub mod symbols;

pub use folding::folded;
pub use glossary::Term;
pub use symbols::Symbol;

use crate::claim::{Claim, ClaimError, claims};
use crate::experiments::{Experiment, all as all_experiments};
use crate::paper::{Paper, shipped};
use crate::spec::Catalogue;
use crate::spec::registry::SPARSE_CODING;
use crate::spec::setting::Setting;
use featurescope_sim::measure::{self, Column};

/// Shorter than this, a name is looked for as a whole word only: a `d` is in every other word.
const SHORTEST_PART: usize = 3;
/// Least similarity (Jaro–Winkler, 0 to 1) of a suggestion.
const LEAST_SIMILARITY: f64 = 0.8;

/// Data files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The claims.
    #[error(transparent)]
    Claims(#[from] ClaimError),
    /// The glossary.
    #[error("docs/glossary.toml: {0}")]
    Glossary(#[from] toml::de::Error),
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A setting of a list.
    Setting(&'static Catalogue, &'static Setting),
    /// A table of settings of a list.
    Table(&'static Catalogue, &'static str),
    /// An experiment that comes with the program.
    Experiment(&'static Experiment),
    /// A statement of a paper.
    Statement(&'static Paper, Box<Claim>),
    /// A figure that statements speak of, with what it is.
    Quantity(&'static str),
    /// A recorded column; whether there is one value per neuron.
    Column(Column, bool),
    /// A letter of the paper.
    Symbol(Symbol),
    /// A term of the project.
    Term(Term),
}

impl Subject {
    /// In a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Setting(..) => "setting",
            Self::Table(..) => "settings",
            Self::Experiment(_) => "experiment",
            Self::Statement(..) => "statement",
            Self::Quantity(_) => "quantity",
            Self::Column(..) => "column",
            Self::Symbol(_) => "letter",
            Self::Term(_) => "term",
        }
    }
}

/// Something that has a name and can be explained.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// Other names of the same.
    pub also: Vec<String>,
    /// What it is, in a sentence.
    pub sentence: String,
    /// What it stands for.
    pub subject: Subject,
}

/// How well an entry fits; smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is called so.
    Name,
    /// It is one of its other names.
    OtherName,
    /// Its name begins so.
    Beginning,
    /// It is in one of its names.
    Part,
    /// Its sentence has every word of it.
    Text,
}

/// All entries of this crate: terms, settings of runs on sparse-coding data and the experiments on it, statements,
/// quantities, columns, letters. Another crate adds its own with [`settings`] and [`experiments`].
///
/// # Errors
/// If a data file cannot be used: the tests see to it that the shipped ones can.
pub fn entries() -> Result<Vec<Entry>, ReferenceError> {
    let mut all = Vec::new();
    for term in glossary::terms()? {
        all.push(entry(&term.name, term.also.clone(), &term.meaning, Subject::Term(term.clone())));
    }
    all.extend(settings(&SPARSE_CODING));
    all.extend(experiments(all_experiments()));
    for paper in shipped() {
        for claim in claims(paper)? {
            let subject = Subject::Statement(paper, Box::new(claim.clone()));
            all.push(entry(&claim.id, Vec::new(), &claim.title, subject));
        }
        for quantity in paper.quantities.iter().copied().flatten() {
            all.push(entry(quantity.name, Vec::new(), quantity.doc, Subject::Quantity(quantity.doc)));
        }
    }
    for (column, is_of_neurons) in columns() {
        all.push(entry(column.name, Vec::new(), column.doc, Subject::Column(column, is_of_neurons)));
    }
    for symbol in symbols::symbols() {
        let names = symbol.names();
        let has_letters = !folded(&symbol.letters).is_empty();
        let name =
            if has_letters { symbol.letters.clone() } else { names.first().cloned().unwrap_or_default() };
        all.push(entry(&name, names, &symbol.meaning, Subject::Symbol(symbol.clone())));
    }
    Ok(all)
}

/// The entries of the settings of a list and of the tables that they stand in.
pub fn settings(catalogue: &'static Catalogue) -> Vec<Entry> {
    let mut all = Vec::new();
    for setting in catalogue.settings() {
        let last = setting.key.rsplit('.').next().map(ToOwned::to_owned);
        let also = last.into_iter().chain(letters(setting.doc)).collect();
        all.push(entry(setting.key, also, setting.doc, Subject::Setting(catalogue, setting)));
    }
    for table in tables(catalogue) {
        all.push(entry(table, Vec::new(), "A table of settings.", Subject::Table(catalogue, table)));
    }
    all
}

/// The entries of experiments.
pub fn experiments(all: impl IntoIterator<Item = &'static Experiment>) -> Vec<Entry> {
    let entry = |it: &'static Experiment| entry(it.name, Vec::new(), it.question(), Subject::Experiment(it));
    all.into_iter().map(entry).collect()
}

fn entry(name: &str, also: Vec<String>, text: &str, subject: Subject) -> Entry {
    Entry { name: name.to_owned(), also, sentence: first_sentence(text), subject }
}

/// The letters that a setting has in the paper, as its documentation names them: "(the paper's τ)".
fn letters(doc: &str) -> impl Iterator<Item = String> {
    let after = doc.split("(the paper's ").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(letter, _)| letter.to_owned())
}

/// The tables that settings stand in, each once.
fn tables(catalogue: &'static Catalogue) -> Vec<&'static str> {
    let mut tables: Vec<&str> = Vec::new();
    for setting in catalogue.settings() {
        for (end, _) in setting.key.match_indices('.') {
            let table = &setting.key[..end];
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
    }
    tables
}

/// The recorded columns, and whether each has one value per neuron.
fn columns() -> Vec<(Column, bool)> {
    let of_steps = measure::columns().into_iter().map(|column| (column, false));
    of_steps.chain(measure::neuron_columns().into_iter().map(|column| (column, true))).collect()
}

fn first_sentence(text: &str) -> String {
    let text = text.trim();
    text.split_once(". ").map_or(text.trim_end_matches('.'), |(first, _)| first).to_owned()
}

/// The entries that `typed` finds, best first; those whose text alone has it only where no name does.
pub fn search<'a>(entries: &'a [Entry], typed: &str) -> Vec<(Fit, &'a Entry)> {
    let (as_typed, typed) = (typed.trim(), folded(typed));
    if typed.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Fit, &Entry)> =
        entries.iter().filter_map(|entry| Some((fit(entry, &typed)?, entry))).collect();
    prefer_case(&mut found, as_typed);
    found.sort_by_key(|(fit, _)| *fit);
    if found.first().is_some_and(|(fit, _)| *fit < Fit::Text) {
        found.retain(|(fit, _)| *fit < Fit::Text);
    }
    found
}

/// A letter means something else as a capital: m is a width, M the dictionary. Where one is typed as it is
/// written somewhere, what is written otherwise only has it as a part.
fn prefer_case(found: &mut [(Fit, &Entry)], typed: &str) {
    let is_exact = |entry: &Entry| entry.name == typed || entry.also.iter().any(|name| name == typed);
    if typed.chars().count() > 1 || !found.iter().any(|(_, entry)| is_exact(entry)) {
        return;
    }
    for (fit, entry) in found {
        if *fit < Fit::Part && !is_exact(entry) {
            *fit = Fit::Part;
        }
    }
}

fn fit(entry: &Entry, typed: &str) -> Option<Fit> {
    let name = folded(&entry.name);
    let others: Vec<String> = entry.also.iter().map(|name| folded(name)).collect();
    let is_long = typed.chars().count() >= SHORTEST_PART;
    let has_part = |text: &str| {
        let is_word = format!(" {text} ").contains(&format!(" {typed} "));
        is_word || is_long && text.contains(typed)
    };
    if name == typed {
        Some(Fit::Name)
    } else if others.iter().any(|other| other == typed) {
        Some(Fit::OtherName)
    } else if is_long && name.starts_with(typed) {
        Some(Fit::Beginning)
    } else if has_part(&name) || others.iter().any(|other| has_part(other)) {
        Some(Fit::Part)
    } else {
        let text = folded(&entry.sentence);
        (is_long && typed.split(' ').all(|word| text.contains(word))).then_some(Fit::Text)
    }
}

/// Up to `most` names that `typed` was probably meant to be, best first.
pub fn suggestions<'a>(entries: &'a [Entry], typed: &str, most: usize) -> Vec<&'a str> {
    let typed = folded(typed);
    let mut found: Vec<(f64, &str)> = Vec::new();
    for entry in entries {
        let names = std::iter::once(&entry.name).chain(&entry.also).map(|name| folded(name));
        // A single letter is like anything that begins with it.
        let names = names.filter(|name| name.chars().count() >= SHORTEST_PART);
        let similarity = names.map(|name| strsim::jaro_winkler(&typed, &name)).fold(0.0, f64::max);
        if similarity >= LEAST_SIMILARITY && !found.iter().any(|(_, name)| *name == entry.name) {
            found.push((similarity, &entry.name));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(most).map(|(_, name)| name).collect()
}

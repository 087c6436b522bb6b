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

use crate::claim::quantity::QUANTITIES;
use crate::claim::{Claim, ClaimError, claims};
use crate::experiments::{EXPERIMENTS, Experiment};
use crate::spec::registry::settings;
use crate::spec::setting::Setting;
use featurescope_sim::measure::{Column, FreshSamples, LuckRule, MeasureSettings, standard};

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
    /// A setting.
    Setting(&'static Setting),
    /// A table of settings.
    Table(&'static str),
    /// An experiment that comes with the program.
    Experiment(&'static Experiment),
    /// A statement of the paper.
    Statement(Box<Claim>),
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
            Self::Setting(_) => "setting",
            Self::Table(_) => "settings",
            Self::Experiment(_) => "experiment",
            Self::Statement(_) => "statement",
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

/// All entries: terms, settings, experiments, statements, quantities, columns, letters.
///
/// # Errors
/// If a data file cannot be used: the tests see to it that the shipped ones can.
pub fn entries() -> Result<Vec<Entry>, ReferenceError> {
    let entry = |name: &str, also: Vec<String>, text: &str, subject| Entry {
        name: name.to_owned(),
        also,
        sentence: first_sentence(text),
        subject,
    };
    let mut all = Vec::new();
    for term in glossary::terms()? {
        all.push(entry(&term.name, term.also.clone(), &term.meaning, Subject::Term(term.clone())));
    }
    for setting in settings() {
        let last = setting.key.rsplit('.').next().map(ToOwned::to_owned);
        let also = last.into_iter().chain(letters(setting.doc)).collect();
        all.push(entry(setting.key, also, setting.doc, Subject::Setting(setting)));
    }
    for table in tables() {
        all.push(entry(table, Vec::new(), "A table of settings.", Subject::Table(table)));
    }
    for experiment in EXPERIMENTS {
        all.push(entry(experiment.name, Vec::new(), experiment.question(), Subject::Experiment(experiment)));
    }
    for claim in claims()? {
        all.push(entry(&claim.id, Vec::new(), &claim.title, Subject::Statement(Box::new(claim.clone()))));
    }
    for quantity in QUANTITIES.iter().copied().flatten() {
        all.push(entry(quantity.name, Vec::new(), quantity.doc, Subject::Quantity(quantity.doc)));
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

/// The letters that a setting has in the paper, as its documentation names them: "(the paper's τ)".
fn letters(doc: &str) -> impl Iterator<Item = String> {
    let after = doc.split("(the paper's ").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(letter, _)| letter.to_owned())
}

/// The tables that settings stand in, each once.
fn tables() -> Vec<&'static str> {
    let mut tables: Vec<&str> = Vec::new();
    for setting in settings() {
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
    // What is recorded does not depend on these.
    let settings = MeasureSettings {
        samples: FreshSamples { seed: 0, count: 1 },
        luck: LuckRule { lucky: 0.0, potential: 0.0 },
    };
    let measures = standard(&settings);
    let of_steps = measures.iter().flat_map(|measure| measure.columns()).map(|column| (*column, false));
    let of_neurons = measures.iter().flat_map(|measure| measure.neuron_columns());
    of_steps.chain(of_neurons.map(|column| (*column, true))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: &str) -> Vec<(Fit, String)> {
        let entries = entries().unwrap();
        search(&entries, typed).into_iter().map(|(fit, entry)| (fit, entry.name.clone())).collect()
    }

    #[test]
    fn everything_that_has_a_name_finds_itself() {
        let entries = entries().unwrap();
        assert!(entries.len() > 300, "{}", entries.len());
        for entry in &entries {
            for name in std::iter::once(&entry.name).chain(&entry.also) {
                let is_found = search(&entries, name)
                    .iter()
                    .any(|(fit, other)| *fit <= Fit::OtherName && other.name == entry.name);
                assert!(is_found, "{} {name}", entry.subject.kind());
                assert!(!entry.sentence.is_empty(), "{name} has no sentence");
            }
        }
    }

    #[test]
    fn terms_are_there_once_and_lead_to_what_can_be_explained() {
        let (terms, entries) = (glossary::terms().unwrap(), entries().unwrap());
        for (position, term) in terms.iter().enumerate() {
            assert!(terms[..position].iter().all(|other| other.name != term.name), "{} twice", term.name);
            assert!(term.meaning.ends_with('.'), "{}: {}", term.name, term.meaning);
            for name in &term.see {
                let is_there = search(&entries, name).first().is_some_and(|(fit, _)| *fit <= Fit::OtherName);
                assert!(is_there, "{} leads to `{name}`, which is nothing", term.name);
            }
        }
        assert!(terms.len() >= 50, "{}", terms.len());
    }

    #[test]
    fn a_capital_letter_is_another_letter() {
        for (typed, first, other) in [("M", "M, M_j", "m"), ("m", "m", "M, M_j"), ("B", "B", "b_i")] {
            let found = found(typed);
            let place = |wanted: &str| found.iter().position(|(_, name)| name == wanted);
            assert_eq!(found[0].1, first, "{found:?}");
            assert!(place(other).is_none_or(|place| found[place].0 >= Fit::Part), "{found:?}");
        }
    }

    #[test]
    fn what_people_type_is_found() {
        for (typed, expected) in [
            ("Theorem 3.4", "Theorem 3.4 (iii)"),
            ("theorem 3.4", "Theorem 3.4 (i), over d"),
            ("T1", "T1"),
            ("t₂", "T2"),
            ("tau", "τ"),
            ("τ", "objective.temperature"),
            ("temperature", "objective.temperature"),
            ("coverage", "coverage"),
            ("Coverage", "coverage_90"),
            ("dense energy", "dense_energy_fraction"),
            ("DENSE_ENERGY", "dense energy"),
            ("singleton", "singleton_count"),
            ("cosine", "noise_cosine"),
            ("learning rate", "training.learning_rate"),
            ("lemma b", "Lemma B.6"),
            ("sigma", "σ² (σ_ξ²)"),
            ("mask", "RandomMask"),
            ("d1", "d1"),
        ] {
            let found = found(typed);
            assert!(found.iter().any(|(_, name)| name == expected), "`{typed}` finds {found:?}");
        }
        assert_eq!(found("T1")[0], (Fit::Name, "T1".to_owned()));
        assert!(found("d").len() < 20, "{:?}", found("d"));
        assert!(found("").is_empty() && found("…").is_empty() && found("xyzzy").is_empty());
    }

    #[test]
    fn what_is_misspelt_is_suggested() {
        let entries = entries().unwrap();
        for (typed, expected) in [
            ("coverige", "coverage"),
            ("temprature", "temperature"),
            ("objective.temprature", "objective.temperature"),
            ("Theorem 3.5 (iii)", "Theorem 3.4 (iii)"),
        ] {
            let suggested = suggestions(&entries, typed, 3);
            assert!(suggested.contains(&expected), "{typed}: {suggested:?}");
        }
        assert!(suggestions(&entries, "qqqqqq", 3).is_empty());
    }
}

//! The terms of this project in plain English, from docs/glossary.toml.

use serde::Deserialize;

const FILE: &str = include_str!("../../../../docs/glossary.toml");

/// A term and what it means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// As it is used in the documents.
    pub name: String,
    /// Other names of the same.
    #[serde(default)]
    pub also: Vec<String>,
    /// A sentence or a few.
    pub meaning: String,
    /// Where to read on: anything that can be explained.
    #[serde(default)]
    pub see: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glossary {
    term: Vec<Term>,
}

/// All terms, in the order of the file.
///
/// # Errors
/// If the file is no glossary: the tests see to it that the shipped one is.
pub fn terms() -> Result<Vec<Term>, toml::de::Error> {
    toml::from_str::<Glossary>(FILE).map(|glossary| glossary.term)
}

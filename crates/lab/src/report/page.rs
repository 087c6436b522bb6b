//! A report as data: sections of figures, tables and verdicts, and where all of it comes from.

use super::figure::Figure;
use super::gallery::Gallery;

/// A report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// A few words.
    pub title: String,
    /// One line under the title.
    pub subtitle: String,
    /// What made it.
    pub provenance: Provenance,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// What could not be shown, and why.
    pub notes: Vec<String>,
}

/// Which command and which spec made a figure; every figure says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The command that gives the data again.
    pub command: String,
    /// The settings or file behind it, with their hash.
    pub source: String,
}

impl Provenance {
    /// In one line.
    pub fn line(&self) -> String {
        format!("{} · {} · featurescope {}", self.command, self.source, env!("CARGO_PKG_VERSION"))
    }
}

/// A part of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Name in links: `[a-z0-9-]+`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What it is about, in a few sentences.
    pub lead: String,
    /// What is in it.
    pub blocks: Vec<Block>,
    /// What made its figures; `None`: what made the page.
    pub provenance: Option<Provenance>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A figure.
    Figure(Figure),
    /// Small pictures.
    Gallery(Gallery),
    /// A table.
    Table(Table),
    /// Sentences of judgement.
    Verdicts(Vec<Verdict>),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// A few words.
    pub title: String,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// The rows; the first cell is their name.
    pub rows: Vec<Vec<String>>,
    /// A sentence below.
    pub note: String,
}

/// A sentence of judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is about.
    pub name: String,
    /// In a word.
    pub word: String,
    /// Why, in plain words.
    pub text: String,
    /// How it is coloured.
    pub tone: Tone,
}

/// How a verdict is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Neither.
    Neutral,
}

impl Page {
    /// Its figures, in order, with what made them.
    pub fn figures(&self) -> impl Iterator<Item = (&Figure, &Provenance)> {
        self.sections.iter().flat_map(|section| {
            let provenance = section.provenance.as_ref().unwrap_or(&self.provenance);
            section.blocks.iter().filter_map(move |block| match block {
                Block::Figure(figure) => Some((figure, provenance)),
                Block::Gallery(_) | Block::Table(_) | Block::Verdicts(_) => None,
            })
        })
    }

    /// Its galleries, in order, with what made them.
    pub fn galleries(&self) -> impl Iterator<Item = (&Gallery, &Provenance)> {
        self.sections.iter().flat_map(|section| {
            let provenance = section.provenance.as_ref().unwrap_or(&self.provenance);
            section.blocks.iter().filter_map(move |block| match block {
                Block::Gallery(gallery) => Some((gallery, provenance)),
                Block::Figure(_) | Block::Table(_) | Block::Verdicts(_) => None,
            })
        })
    }
}

/// A figure with as many digits as a reader can use; a dash where nothing is defined.
pub fn show(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if !value.is_finite() => "–".to_owned(),
        Some(value) if value == value.round() && value.abs() < 1e6 => format!("{value:.0}"),
        Some(value) if value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) if value.abs() >= 0.01 => format!("{value:.3}"),
        Some(value) => format!("{value:.1e}"),
    }
}

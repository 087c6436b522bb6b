//! A report as data: sections of figures, tables and verdicts, and where all of it comes from.

use super::figure::Figure;
use super::gallery::Gallery;
use std::path::PathBuf;

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
    /// Name in links: `[a-z0-9-]+`; empty for a part of a fold that nothing links to.
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
    /// Sections that a reader unfolds.
    Fold(Fold),
}

/// Sections that are folded away behind a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fold {
    /// Name in links: `[a-z0-9-]+`.
    pub id: String,
    /// What is in it, in a few words.
    pub title: String,
    /// What else to say on that line.
    pub note: String,
    /// The folder of a run with a report of its own, which the page links to.
    pub run: Option<PathBuf>,
    /// What is folded away.
    pub sections: Vec<Section>,
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
    /// Its figures, in order, with what made them; those that are folded away too.
    pub fn figures(&self) -> impl Iterator<Item = (&Figure, &Provenance)> {
        self.blocks().into_iter().filter_map(|(block, provenance)| match block {
            Block::Figure(figure) => Some((figure, provenance)),
            _ => None,
        })
    }

    /// Its galleries, in order, with what made them.
    pub fn galleries(&self) -> impl Iterator<Item = (&Gallery, &Provenance)> {
        self.blocks().into_iter().filter_map(|(block, provenance)| match block {
            Block::Gallery(gallery) => Some((gallery, provenance)),
            _ => None,
        })
    }

    fn blocks(&self) -> Vec<(&Block, &Provenance)> {
        let mut blocks = Vec::new();
        for section in &self.sections {
            section.collect(&self.provenance, &mut blocks);
        }
        blocks
    }
}

impl Section {
    /// The same with its blocks folded away behind a line.
    #[must_use]
    pub fn folded(self, title: &str) -> Self {
        let inside = Self { blocks: self.blocks, provenance: self.provenance.clone(), ..Self::default() };
        let fold = Fold {
            id: format!("{}-fold", self.id),
            title: title.to_owned(),
            sections: vec![inside],
            ..Fold::default()
        };
        Self { blocks: vec![Block::Fold(fold)], ..self }
    }

    /// Its blocks and those of its folds.
    fn collect<'a>(&'a self, of_page: &'a Provenance, blocks: &mut Vec<(&'a Block, &'a Provenance)>) {
        let provenance = self.provenance.as_ref().unwrap_or(of_page);
        for block in &self.blocks {
            blocks.push((block, provenance));
            if let Block::Fold(fold) = block {
                for section in &fold.sections {
                    section.collect(provenance, blocks);
                }
            }
        }
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

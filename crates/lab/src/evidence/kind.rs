//! Kinds of stored runs: how a folder of each is known and read.
//!
//! A paper says which kind its claims are about. Whoever trains on something else than sparse-coding data
//! brings a kind of its own as a value, and nothing here names it.

use super::trial::Trial;
use super::{EvidenceError, Run};
use crate::spec::Catalogue;
use crate::spec::registry::SPARSE_CODING;
use featurescope_sim::measure::{self, Column};
use std::fmt;
use std::path::Path;

/// What is shown the arms of a run, one by one.
pub type Visitor<'a> = dyn FnMut(&dyn Trial) + 'a;

/// A kind of stored runs that claims can be about.
pub struct RunKind {
    /// The settings of such runs: what roles may ask for.
    pub catalogue: &'static Catalogue,
    /// Whether the run in a folder is of this kind. What no other kind knows is taken to be on sparse-coding
    /// data.
    pub knows: fn(&Path) -> bool,
    /// Opens the run in a folder, shows its arms, and drops it.
    pub visit: fn(&Path, &mut Visitor<'_>) -> Result<(), EvidenceError>,
    /// What such runs record.
    pub columns: fn() -> Vec<Column>,
}

/// Runs on sparse-coding data.
pub static ON_SPARSE_CODES: RunKind = RunKind {
    catalogue: &SPARSE_CODING,
    knows: |_| false,
    visit: visit_sparse_codes,
    columns: measure::columns,
};

fn visit_sparse_codes(folder: &Path, visitor: &mut Visitor<'_>) -> Result<(), EvidenceError> {
    let run = Run::open(folder)?;
    run.subjects().for_each(|subject| visitor(&subject));
    Ok(())
}

impl RunKind {
    /// What a recorded column is, in a sentence; `None` where none has that name.
    pub fn column_doc(&self, name: &str) -> Option<&'static str> {
        (self.columns)().into_iter().find(|column| column.name == name).map(|column| column.doc)
    }

    /// Whether it is the other one.
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for RunKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.catalogue.subject)
    }
}

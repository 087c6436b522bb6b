//! Diagnosis of representations that any network made: what of the report's panel applies to them.
//!
//! ```text
//! files ─▶ roles ─▶ labels ─▶ which samples ─▶ their rows ─▶ Study ─▶ Findings ─▶ Page
//!                     arrays in memory ──────────────┘
//! ```
//!
//! Everything is exact for the samples that are looked at: all, or a fixed random choice of them, stratified
//! by class. Only their rows are read. Several representations of the same samples, layers or epochs, are
//! studied together. Source: docs/diagnose.md.

mod arrays;
mod figures;
mod files;
mod labels;
mod memory;
mod page;
pub mod probe;
pub mod remarks;
mod roles;
mod sampling;
mod suspects;

pub use crate::array_file::{ArrayError, file_name};
pub use arrays::{Arrays, MemoryArray};
pub use figures::figures;
pub use labels::{Classes, LabelKind, Labels};
pub use page::{Glance, glance, notes, page, table_of};
pub use roles::{LeftOut, describe_left_out};

use crate::array_file::Scalars;
use crate::host::available_memory;
use crate::identity::Digest;
use crate::report::diagnostics::Diagnosis;
use crate::report::page::Page;
use featurescope_sim::math::Matrix;
use probe::ProbeResult;
use std::path::PathBuf;

/// Samples that a diagnosis looks at if nothing else is asked for.
pub const USUAL_SAMPLES: usize = 2048;
/// Samples that it needs.
pub const FEWEST_SAMPLES: usize = 4;
/// What an error says a file should hold.
const WANTED: &str = "samples × neurons, at least 4 × 1";
/// Stands for every matrix of a file where an array is named.
pub const ALL_ARRAYS: &str = "all";

/// Which file, and which of its arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// The array, where the file holds several.
    pub array: Option<String>,
}

/// What is to be diagnosed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Representations of the same samples: layers or epochs, in their order.
    pub representations: Vec<Source>,
    /// Representations of another view of every sample: none, or as many as representations.
    pub pairs: Vec<Source>,
    /// Labels of the samples.
    pub labels: Option<Source>,
    /// Names or patterns of a table's columns that are neurons; empty: those of the rules in docs/diagnose.md.
    pub columns: Vec<String>,
    /// What labels are taken for; `None`: what they look like.
    pub label_kind: Option<LabelKind>,
    /// The value that stands for no label.
    pub unlabelled: Option<String>,
    /// Samples that are looked at, at most.
    pub samples: usize,
}

/// A request that cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum DiagnoseError {
    /// A file or array is not what is needed.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// Labels that cannot be used.
    #[error("labels: {0}")]
    Labels(String),
    /// An array in memory cannot be used.
    #[error("{name}: {problem}; expected an array of {expected}")]
    InMemory {
        /// What it is called.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// What it should be.
        expected: String,
    },
    /// Files that do not fit together.
    #[error("{0}")]
    Mismatch(String),
    /// It does not fit into the memory.
    #[error(
        "{samples} samples × {neurons} neurons take about {needed} of memory, {available} are available: \
         lower --samples"
    )]
    Memory {
        /// Samples that would be looked at.
        samples: usize,
        /// Neurons of the widest representation.
        neurons: usize,
        /// What is needed.
        needed: String,
        /// What there is.
        available: String,
    },
}

/// A representation from elsewhere, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Representation {
    /// What it is called among the others.
    pub name: String,
    /// Name of the file, or words for where else it is.
    pub file: String,
    /// SHA-256 of the file; of an array in memory that of `rows`.
    pub hash: Digest,
    /// n × m, finite.
    pub rows: Matrix,
    /// The other view of every sample, n × m, finite.
    pub pairs: Option<Matrix>,
    /// What was taken as neurons, in words.
    pub taken: String,
    /// What else the file holds.
    pub left_out: Vec<LeftOut>,
    /// What a reader should know about it.
    pub notes: Vec<String>,
}

/// Representations of the same samples, with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The representations.
    pub representations: Vec<Representation>,
    /// One label per sample.
    pub labels: Option<Labels>,
    /// What was taken as labels, in words.
    pub labels_taken: Option<String>,
    /// Positions of the samples in the files, ascending.
    pub samples: Vec<usize>,
    /// Samples in the files.
    pub samples_in_file: usize,
}

/// What was found in a representation.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Collapse, rank, spread, firing, neighbours.
    pub diagnosis: Diagnosis,
    /// What a linear rule reads off; `None` without labels.
    pub probe: Option<ProbeResult>,
}

/// What was found, and the page that shows it.
pub struct Findings {
    /// One per representation.
    pub findings: Vec<Finding>,
    /// The page.
    pub page: Page,
}

impl Request {
    /// One representation with the usual settings.
    pub fn of(representation: Source) -> Self {
        Self {
            representations: vec![representation],
            pairs: Vec::new(),
            labels: None,
            columns: Vec::new(),
            label_kind: None,
            unlabelled: None,
            samples: USUAL_SAMPLES,
        }
    }
}

/// What decides which samples are looked at.
struct Choice<'a> {
    labels: Option<&'a Scalars>,
    kind: Option<LabelKind>,
    unlabelled: Option<&'a str>,
    most: usize,
}

impl Choice<'_> {
    /// The labels of all n samples, and the samples that are looked at, of representations of these widths.
    fn make(
        &self,
        n: usize,
        widths: &[usize],
        has_pairs: bool,
    ) -> Result<(Option<Labels>, Vec<usize>), DiagnoseError> {
        let labels =
            self.labels.map(|scalars| Labels::new(scalars, self.kind, self.unlabelled)).transpose()?;
        let groups = labels.as_ref().and_then(Labels::groups);
        let samples = sampling::choose(n, self.most, groups.as_deref());
        memory::require(samples.len(), widths, has_pairs, available_memory())?;
        Ok((labels, samples))
    }
}

/// What is found, one finding per representation.
pub fn find(study: &Study) -> Vec<Finding> {
    let one = |representation: &Representation| {
        let pairs = representation.pairs.as_ref().map(|pairs| (&representation.rows, pairs));
        let mut diagnosis = Diagnosis::new(&representation.rows, pairs, None);
        if let Some(Labels::Classes(classes)) = &study.labels {
            let of: Vec<Option<i64>> = classes.of.iter().map(|class| class.map(i64::from)).collect();
            diagnosis.judge_neighbours(&representation.rows, &of);
        }
        let probe = study.labels.as_ref().map(|labels| probe::fit(&representation.rows, labels));
        Finding { diagnosis, probe }
    };
    study.representations.iter().map(one).collect()
}

/// The diagnosis. `command`: what was typed, for the provenance.
pub fn diagnose(study: &Study, command: &str) -> Findings {
    let findings = find(study);
    let page = page(study, &findings, command);
    Findings { findings, page }
}

#[cfg(test)]
mod tests;

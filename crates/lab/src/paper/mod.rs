//! What a paper is: its statements, the arms that it speaks of, its quantities and closed forms, and the
//! experiments and results that come with it.
//!
//! ```text
//! theories/NAME ─▶ Paper ─▶ ship ─▶ plan (closed forms), experiments, claim (judging), reference, report
//! ```
//!
//! A paper is a value of texts and functions, in a crate of its own. A program ships the papers that it knows
//! once, when it begins; nothing in this crate names one. What is asked of a single paper takes it as an
//! argument.

mod name;
pub mod quantity;
pub mod role;
pub mod standing;

pub use name::Name;
pub use quantity::Quantity;
pub use role::{Role, RoleError, Roles};
pub use standing::{IdleKind, Idleness, Standing};

use crate::evidence::{Gap, Moment, ON_SPARSE_CODES, RunKind, Subject, Trial};
use crate::experiments::{self, Experiment};
use crate::plan::{ClosedForms, foretell};
use crate::stats::Range;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

/// A paper, or what it says of one kind of runs: its statements are one family of tests, with a board of its
/// own.
pub struct Paper {
    /// Name of its folder, `author-author-year`, and what its board is about where it has several.
    pub name: &'static str,
    /// Authors, title, place and year.
    pub title: &'static str,
    /// The runs that its claims are about.
    pub runs: &'static RunKind,
    /// Its files of claims, name and text, in the order of the paper.
    pub claims: &'static [(&'static str, &'static str)],
    /// The arms that it speaks of.
    pub roles: RoleFile,
    /// What its claims read off stored runs, beside recorded columns.
    pub quantities: &'static [&'static [Quantity]],
    /// The values that a quantity or recorded column can have in a run.
    pub range: fn(&str, &dyn Trial) -> Range,
    /// Why arms learn nothing.
    pub idleness: &'static [IdleKind],
    /// How an arm of a role is judged.
    pub standing: fn(&dyn Trial, Role) -> Standing,
    /// What is said of the start and the end of neurons.
    pub destiny: Destiny,
    /// What it says of arms before they run.
    pub closed_forms: ClosedForms,
    /// Its questions.
    pub experiments: &'static [Experiment],
    /// Its scoreboard as it was last made, as JSON; `None` before there is one.
    pub board: Option<&'static str>,
}

/// Text of a file of roles, read the first time that somebody asks.
#[derive(Debug)]
pub struct RoleFile {
    text: &'static str,
    read: OnceLock<Result<Roles, RoleError>>,
}

/// Whether what neurons become follows from how they start.
pub struct Destiny {
    /// The neurons of an arm, start and end; `None` where the paper says nothing of them or they were not
    /// recorded.
    pub read: fn(&Subject<'_>, Role) -> Option<Vec<Fate>>,
    /// Names of the roles whose neurons end with an atom, so that it is worth telling.
    pub told: &'static [&'static str],
}

impl Destiny {
    /// That of a paper that says nothing of neurons.
    pub const NONE: Self = Self { read: |_, _| None, told: &[] };
}

/// One neuron: how lucky it started and what it became.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// How well it started; only the order matters.
    pub luck: f64,
    /// Whether it started well enough for the paper to expect that it keeps its atom.
    pub is_lucky: bool,
    /// Whether it ends with |cos| > .7 to some atom.
    pub is_aligned: bool,
    /// Whether that is the atom it pointed at most at the start.
    pub is_kept: bool,
}

impl RoleFile {
    /// The file with this text.
    pub const fn new(text: &'static str) -> Self {
        Self { text, read: OnceLock::new() }
    }
}

impl Paper {
    /// The arms that it speaks of.
    ///
    /// # Errors
    /// If its file of roles cannot be used: a test of the paper sees to it that it can.
    pub fn roles(&self) -> Result<&Roles, &RoleError> {
        self.roles.read.get_or_init(|| Roles::parse(self.roles.text, self.runs.catalogue)).as_ref()
    }

    /// The role of an arm, if it has one.
    pub fn role(&self, trial: &dyn Trial) -> Option<Role> {
        self.roles().ok()?.fitting(|key| trial.value(key)).first().copied()
    }

    /// The value of a quantity or recorded column; never a number that is not finite.
    ///
    /// # Errors
    /// If it cannot be read off this arm at this moment.
    pub fn read(&self, name: &str, trial: &dyn Trial, moment: Moment) -> Result<f64, Gap> {
        quantity::read(self.quantity(name), name, trial, moment)
    }

    /// The quantity of this name; `None` where it has none, as of recorded columns.
    pub fn quantity(&self, name: &str) -> Option<&'static Quantity> {
        self.quantities.iter().copied().flatten().find(|quantity| quantity.name == name)
    }

    /// What a quantity or recorded column is, in a sentence.
    pub fn doc(&self, name: &str) -> Option<&'static str> {
        self.quantity(name).map(|quantity| quantity.doc).or_else(|| self.runs.column_doc(name))
    }

    /// Those of these run folders that its claims are judged by: the runs of its kind.
    pub fn runs_among(&self, folders: &[PathBuf]) -> Vec<PathBuf> {
        folders.iter().filter(|folder| self.kind_of(folder).is(self.runs)).cloned().collect()
    }

    /// The kind of the run in a folder. What no kind knows as its own is taken to be on sparse-coding data,
    /// which says what is wrong with it where it is not.
    fn kind_of(&self, folder: &Path) -> &'static RunKind {
        let mut known = shipped().into_iter().map(|paper| paper.runs).chain([self.runs]);
        known.find(|kind| (kind.knows)(folder)).unwrap_or(&ON_SPARSE_CODES)
    }
}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Paper").field(&self.name).finish()
    }
}

/// The papers that this program knows.
static SHIPPED: RwLock<Vec<&'static Paper>> = RwLock::new(Vec::new());

/// Ships papers, for the rest of the process; one that is there already stays.
pub fn ship(papers: &[&'static Paper]) {
    let mut shipped = SHIPPED.write().unwrap_or_else(PoisonError::into_inner);
    for &paper in papers {
        if !shipped.iter().any(|other| other.name == paper.name) {
            shipped.push(paper);
            foretell(&paper.closed_forms);
            experiments::add(paper.experiments);
        }
    }
}

/// The papers that were shipped, in that order.
pub fn shipped() -> Vec<&'static Paper> {
    SHIPPED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The shipped paper of this name.
pub fn find(name: &str) -> Option<&'static Paper> {
    shipped().into_iter().find(|paper| paper.name == name)
}

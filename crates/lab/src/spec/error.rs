//! Everything that can be wrong with what was typed.

use super::setting::{Condition, Setting};

/// A setting as it was typed: where, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// Dotted key, with `arms.NAME.` in front if it was given for one arm.
    pub key: String,
    /// Its value, as in TOML.
    pub value: String,
    /// Where it was typed.
    pub place: String,
}

impl std::fmt::Display for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {} ({})", self.key, self.value, self.place)
    }
}

/// A spec that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The spec file cannot be read.
    #[error("cannot read the spec {path}: {source}")]
    Unreadable {
        /// Path of the file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{place} is not valid TOML: {message}")]
    Syntax {
        /// The file or override.
        place: String,
        /// What the parser says.
        message: String,
    },
    /// An argument that is not `key=value`.
    #[error("`{argument}` is not of the form key=value, for example training.steps=100")]
    NotAnOverride {
        /// The argument.
        argument: String,
    },
    /// No such setting.
    #[error("there is no setting `{key}` ({place}){}", .suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        /// What was typed.
        key: String,
        /// Where.
        place: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A setting, or a word of it, that is called something else now.
    #[error("`{earlier}` ({place}) has another name now: {now}")]
    Renamed {
        /// What was typed.
        earlier: String,
        /// Where.
        place: String,
        /// What to type instead.
        now: String,
    },
    /// No such arm.
    #[error("there is no arm `{arm}` ({place}); the arms are {}", .arms.join(", "))]
    UnknownArm {
        /// What was typed.
        arm: String,
        /// Where.
        place: String,
        /// The arms there are.
        arms: Vec<String>,
    },
    /// An arm whose name cannot name a folder.
    #[error("`{arm}` cannot name an arm ({place}): use letters, digits, `-` and `_`")]
    ArmName {
        /// The name.
        arm: String,
        /// Where it was typed.
        place: String,
    },
    /// A value of the wrong type, or out of range.
    #[error("{typed} cannot be used: expected {expected}")]
    Value {
        /// What was typed.
        typed: Box<Typed>,
        /// What would be accepted.
        expected: String,
    },
    /// A setting that all arms share was given for one.
    #[error(
        "{typed} cannot differ between arms: all arms of a run see the same data and probes. Set {setting} for the whole run"
    )]
    Shared {
        /// What was typed.
        typed: Box<Typed>,
        /// Its key without the arm.
        setting: &'static str,
    },
    /// Two values for one setting, in one place.
    #[error("{} is given twice ({}), as {} and as {second}: give one of them", .first.key, .first.place, .first.value)]
    Twice {
        /// One of them.
        first: Box<Typed>,
        /// The other value.
        second: String,
    },
    /// Two ways of saying the same.
    #[error("{first} and {second} say the same thing: give one of them")]
    Both {
        /// One.
        first: Box<Typed>,
        /// The other.
        second: Box<Typed>,
    },
    /// A setting that nothing reads.
    #[error("{typed} would change nothing: it is used only with {condition}, and {} has {found}", .arm.as_ref().map_or("this run".to_owned(), |arm| format!("arm {arm}")))]
    Unused {
        /// What was typed.
        typed: Box<Typed>,
        /// The arm in which it is not used; `None` for what arms share.
        arm: Option<String>,
        /// When it would be used.
        condition: Condition,
        /// What stands in the way.
        found: String,
    },
    /// Settings without a default were not given.
    #[error("{}", show_missing(.0))]
    Missing(Vec<Missing>),
    /// The typed form refuses what the list of settings accepts: a mistake of this program.
    #[error("the settings of {part} do not fit together: {message}")]
    Inconsistent {
        /// The arm, or "the run".
        part: String,
        /// What the deserialiser says.
        message: String,
    },
    /// A list of variants that cannot be read.
    #[error("[[variants]] of {place}: {problem}")]
    Variants {
        /// Where they were typed.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// Lists give several runs where one is expected.
    #[error("these settings describe {count} runs (lists or variants), where one run is expected")]
    SeveralRuns {
        /// How many.
        count: usize,
    },
    /// Lists that multiply to more than anyone would want.
    #[error(
        "the lists of these settings multiply to {count} runs, at most {LARGEST_SWEEP} are accepted: shorten one"
    )]
    TooManyRuns {
        /// How many.
        count: usize,
    },
}

/// A setting without a default that was not given.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The setting.
    pub setting: &'static Setting,
    /// The arms that need it; empty: all, or the run itself.
    pub arms: Vec<String>,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (key, doc) = (self.setting.key, self.setting.doc);
        match self.arms.len() {
            0 => write!(f, "{key} must be given: {doc}"),
            1 => write!(f, "{key} must be given for arm {}: {doc}", self.arms[0]),
            _ => write!(f, "{key} must be given for the arms {}: {doc}", self.arms.join(", ")),
        }
    }
}

/// All that is missing, one line each.
fn show_missing(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Runs that one command may ask for.
pub const LARGEST_SWEEP: usize = 10_000;

//! The list of settings as a page needs it, and what a page chose.

use featurescope_lab::plan::{ArmPlan, ClosedForms, Cost, Plan, foretell};
use featurescope_lab::spec::setting::{Fallback, Kind, Setting};
use featurescope_lab::spec::{Layer, Spec, registry};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Bytes that a learner of a page may take. A module of WebAssembly has 4 GiB, and while settings change it holds two.
const MEMORY: f64 = 1e9;

/// What theories say of arms before they run.
static FORMS: ClosedForms = featurescope_wen_li_2021::CLOSED_FORMS;

/// What a page chose: an experiment, what is set on top of it, and one of its arms.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The experiment in TOML.
    pub spec: String,
    /// Settings on top, `KEY=VALUE` as on the command line.
    pub overrides: Vec<String>,
    /// The arm that is trained.
    pub arm: String,
}

/// A choice whose parts are built.
pub struct Planned {
    /// Every value that the arm has, defaults included, by key.
    pub values: Vec<(String, String)>,
    /// The same as a spec, with both arms: the terminal's run of it is this one.
    pub spec: String,
    /// The run.
    pub plan: Plan,
    arm: usize,
}

impl Choice {
    /// Checks the choice and builds its parts.
    ///
    /// # Errors
    /// What the terminal says of such settings; a sentence for the page.
    pub fn plan(&self) -> Result<Planned, String> {
        let file = Layer::parse(&self.spec, "the experiment", Path::new("")).map_err(said)?;
        let over = Layer::overrides(&self.overrides).map_err(said)?;
        let spec = Spec::from_layers(&[file, over]).map_err(said)?;
        foretell(&FORMS);
        Cost::of(&spec).check_memory(Some(MEMORY)).map_err(said)?;
        let plan = Plan::new(&spec, "lab").map_err(said)?;
        let names: Vec<&str> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
        let arm = names.iter().position(|name| *name == self.arm);
        let arm =
            arm.ok_or_else(|| format!("there is no arm `{}`; the arms are {}", self.arm, names.join(", ")))?;
        if plan.arms[arm].fork.is_some() {
            return Err(format!("training.fork of arm {}: the lab trains no fork", self.arm));
        }
        let own = spec.values.arms[arm].1.in_order();
        let values = spec.values.shared.in_order().chain(own);
        let values = values.map(|(setting, value)| (setting.key.to_owned(), value.to_string())).collect();
        Ok(Planned { values, spec: spec.resolved, plan, arm })
    }
}

impl Planned {
    /// The arm that is trained.
    pub fn arm(&self) -> &ArmPlan {
        &self.plan.arms[self.arm]
    }
}

/// An error as a page shows it.
pub(crate) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A setting as a page shows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    key: &'static str,
    doc: &'static str,
    /// The values that it takes, in words.
    accepted: String,
    /// Whether it is a whole number.
    is_whole: bool,
    /// Smallest and largest number, for a number.
    ends: Option<[f64; 2]>,
    /// The words to choose from; empty for anything else.
    words: &'static [&'static str],
    /// Its default as in TOML, where it has one of its own.
    default: Option<&'static str>,
    /// When it is used: each of these settings has one of these values.
    used_when: Vec<(&'static str, &'static [&'static str])>,
    /// Other settings that say the same: at most one of them may be given.
    alternatives: &'static [&'static str],
}

impl Shown {
    fn new(setting: &Setting) -> Self {
        let (is_whole, ends, words) = match setting.kind {
            Kind::Whole(least, most) => (true, Some([least as f64, most as f64]), &[][..]),
            Kind::Number(range) => (false, Some(range.ends()), &[][..]),
            Kind::Choice(words) => (false, None, words),
            _ => (false, None, &[][..]),
        };
        let default = match setting.fallback {
            Fallback::Value(value) => Some(value),
            _ => None,
        };
        Self {
            key: setting.key,
            doc: setting.doc,
            accepted: setting.values_in_words(),
            is_whole,
            ends,
            words,
            default,
            used_when: setting.used_when.iter().map(|condition| (condition.key, condition.any_of)).collect(),
            alternatives: setting.alternatives,
        }
    }
}

/// Every setting of a run.
pub fn all() -> Vec<Shown> {
    registry::settings().iter().map(Shown::new).collect()
}

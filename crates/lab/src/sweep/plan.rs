//! Which runs a sweep makes, what they cost, and which lists change nothing.

use crate::plan::{Cost, Plan, PlanError, check_settings};
use crate::run::FORMAT_VERSION;
use crate::spec::{Choice, Point, Spec};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// Hexadecimal digits of a run's name: 48 bits, so that even ten thousand runs collide with probability 2·10⁻⁷.
const ID_DIGITS: usize = 12;

/// One run, and the points that describe it.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// Its name: a hash of its content.
    pub id: String,
    /// Name of its experiment.
    pub experiment: String,
    /// Its settings.
    pub spec: Spec,
    /// What it costs.
    pub cost: Cost,
}

impl PlannedRun {
    /// Its checked parts.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        Plan::new(&self.spec, &self.experiment)
    }
}

/// One combination of the lists' values.
#[derive(Clone, Debug)]
pub struct SweepPoint {
    /// Name of its variant.
    pub variant: Option<String>,
    /// What was chosen from the lists.
    pub choices: Vec<Choice>,
    /// Its run's name.
    pub id: String,
    /// A name for its settings without the seed: points that share it are repetitions.
    pub setting: String,
    /// d and d1, to tell the rungs of a ladder apart.
    pub dims: (usize, usize),
}

/// The runs of a sweep.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// Name of the experiment.
    pub experiment: String,
    /// What was asked for.
    pub points: Vec<SweepPoint>,
    /// Every run once, in the order in which it was first asked for.
    pub runs: Vec<PlannedRun>,
}

impl SweepPlan {
    /// Plans every point; `name` names the experiment where the spec does not.
    ///
    /// # Errors
    /// What is wrong with the first point that cannot be run. Points that differ only in the seed are checked once.
    pub fn new(points: Vec<Point>, name: &str) -> Result<Self, PlanError> {
        let experiment = points
            .first()
            .and_then(|point| point.spec.shared.experiment.clone())
            .unwrap_or_else(|| name.to_owned());
        let mut sweep = Self { experiment, points: Vec::new(), runs: Vec::new() };
        let (mut known, mut checked) = (HashSet::new(), HashSet::new());
        for Point { variant, choices, spec } in points {
            let content = spec.content.clone();
            let (id, setting) = (id_of(&content), id_of(&without_seed(&content)));
            let dims = (spec.shared.data.latent_dim, spec.shared.data.ambient_dim);
            if known.insert(id.clone()) {
                check_settings(&spec)?;
                let experiment = match &variant {
                    Some(variant) => format!("{}-{variant}", sweep.experiment),
                    None => sweep.experiment.clone(),
                };
                let run = PlannedRun { id: id.clone(), experiment, cost: Cost::of(&spec), spec };
                if checked.insert(setting.clone()) {
                    run.plan()?;
                }
                sweep.runs.push(run);
            }
            sweep.points.push(SweepPoint { variant, choices, id, setting, dims });
        }
        Ok(sweep)
    }

    /// Operations of all runs together, at most.
    pub fn operations(&self) -> f64 {
        self.runs.iter().map(|run| run.cost.operations).sum()
    }

    /// Lists whose value decides about no run: all points that differ in nothing else are one and the same run.
    pub fn idle_lists(&self) -> Vec<String> {
        self.lists_that_change_nothing(|point| point.id.as_str())
    }

    /// Lists for which `result` is the same for all points that differ in nothing else.
    pub(super) fn lists_that_change_nothing<'a>(
        &'a self,
        result: impl Fn(&'a SweepPoint) -> &'a str,
    ) -> Vec<String> {
        let mut groups: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for point in &self.points {
            for (key, _) in &point.choices {
                let others: Vec<_> = point.choices.iter().filter(|(other, _)| other != key).collect();
                let rest = format!("{:?} {others:?}", point.variant);
                groups.entry((key.clone(), rest)).or_default().push(result(point));
            }
        }
        let mut idle: BTreeMap<String, bool> = BTreeMap::new();
        for ((key, _), results) in groups {
            // A list of one value is a way of writing the value.
            let changes = results.len() < 2 || results.iter().any(|other| *other != results[0]);
            *idle.entry(key).or_insert(true) &= !changes;
        }
        idle.into_iter().filter(|(_, is_idle)| *is_idle).map(|(key, _)| key).collect()
    }
}

fn id_of(content: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let digest = Sha256::digest(format!("{FORMAT_VERSION} {version}\n{content}"));
    format!("{:016x}", leading_word(&digest))[..ID_DIGITS].to_owned()
}

/// The first 64 bits of a digest.
pub(super) fn leading_word(digest: &[u8]) -> u64 {
    digest.iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn without_seed(content: &str) -> String {
    content.lines().filter(|line| !line.starts_with("seed = ")).collect()
}

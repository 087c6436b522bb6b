//! Which runs a sweep makes, what they cost, and which lists change nothing.

use crate::identity::{Contents, Digest, Identity, RunId, SettingKey, Settings};
use crate::plan::{Cost, Plan, PlanError, check_settings};
use crate::spec::{Choice, Point, Spec};
use crate::store::RUN_FORMAT_VERSION;
use std::collections::{BTreeMap, HashSet};

/// One run, and the points that describe it.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// Its name: that of its folder.
    pub id: String,
    /// What its files held and its settings were when it was planned.
    pub run_id: RunId,
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
    /// Names its settings without the seed: points that share it are repetitions.
    pub setting: SettingKey,
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
        let mut contents = Contents::default();
        for Point { variant, choices, spec } in points {
            let identity = Identity::with(&spec, &mut contents)?;
            let (run_id, setting) = (identity.run_id(), identity.setting_key());
            let id = folder_name(run_id);
            let dims = (spec.shared.latent_dim(), spec.shared.ambient_dim());
            if known.insert(id.clone()) {
                check_settings(&spec)?;
                let experiment = match &variant {
                    Some(variant) => format!("{}-{variant}", sweep.experiment),
                    None => sweep.experiment.clone(),
                };
                let run = PlannedRun { id: id.clone(), run_id, experiment, cost: Cost::of(&spec), spec };
                if checked.insert(setting) {
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
        self.lists_that_change_nothing(|point| &point.id)
    }

    /// Lists for which `result` is the same for all points that differ in nothing else.
    pub(super) fn lists_that_change_nothing<'a, R: PartialEq>(
        &'a self,
        result: impl Fn(&'a SweepPoint) -> R,
    ) -> Vec<String> {
        let mut groups: BTreeMap<(&str, Option<&str>, Settings), Vec<R>> = BTreeMap::new();
        for point in &self.points {
            for (key, _) in &point.choices {
                let others = point.choices.iter().filter(|(other, _)| other != key);
                let rest = others.map(|(other, value)| (other.as_str(), value)).collect();
                groups.entry((key, point.variant.as_deref(), rest)).or_default().push(result(point));
            }
        }
        let mut idle: BTreeMap<&str, bool> = BTreeMap::new();
        for ((key, ..), results) in &groups {
            // A list of one value is a way of writing the value.
            let changes = results.len() < 2 || results.iter().any(|other| *other != results[0]);
            *idle.entry(key).or_insert(true) &= !changes;
        }
        idle.into_iter().filter(|(_, is_idle)| *is_idle).map(|(key, _)| key.to_owned()).collect()
    }
}

/// The folder of a run of this version of the program: another one might make other bits.
fn folder_name(run_id: RunId) -> String {
    Digest::of(format!("{RUN_FORMAT_VERSION} {} {run_id}", env!("CARGO_PKG_VERSION"))).short()
}

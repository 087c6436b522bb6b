//! Which runs a sweep makes, what they cost, and which lists change nothing.

use super::recipe::Recipe;
use crate::identity::{Contents, Digest, Identity, RunId, SettingKey, Settings};
use crate::plan::{Cost, Plan, PlanError, check_settings};
use crate::spec::{Choice, Point};
use crate::store::RUN_FORMAT_VERSION;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// One run, and the points that describe it.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// Its name: that of its folder.
    pub id: String,
    /// What its files held and its settings were when it was planned.
    pub run_id: RunId,
    /// Name of its experiment.
    pub experiment: String,
    /// How it is made.
    pub recipe: Arc<dyn Recipe>,
    /// What it costs.
    pub cost: Cost,
}

/// Where runs have to fit into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// On this machine, which makes them.
    Here,
    /// On the machines that will make them.
    Elsewhere,
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
    /// d and d1 on sparse-coding data, to tell the rungs of a ladder apart.
    pub dims: Option<(usize, usize)>,
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
        Self::fitting(points, name, Fit::Here)
    }

    /// The same, for runs that are made here or on other machines.
    ///
    /// # Errors
    /// As [`SweepPlan::new`].
    pub fn fitting(points: Vec<Point>, name: &str, fit: Fit) -> Result<Self, PlanError> {
        let experiment = points
            .first()
            .and_then(|point| point.spec.shared.experiment.clone())
            .unwrap_or_else(|| name.to_owned());
        let (mut sweep, mut checked) = (Self::empty(experiment), HashSet::new());
        let mut contents = Contents::default();
        for Point { variant, choices, spec } in points {
            let identity = Identity::with(&spec, &mut contents)?;
            let dims = (spec.shared.latent_dim(), spec.shared.ambient_dim());
            if !sweep.has(&identity) {
                let is_too_large = match check_settings(&spec) {
                    Err(PlanError::Memory { .. }) if fit == Fit::Elsewhere => true,
                    checked => checked.map(|_| false)?,
                };
                // What is too large to be built here is checked where it is made.
                if checked.insert(identity.setting_key()) && !is_too_large {
                    Plan::new(&spec, &sweep.name_of(variant.as_deref()))?;
                }
            }
            let cost = Cost::of(&spec);
            sweep.add((variant, choices), &identity, Some(dims), cost, Arc::new(spec));
        }
        Ok(sweep)
    }

    /// A sweep of no run yet.
    pub fn empty(experiment: String) -> Self {
        Self { experiment, points: Vec::new(), runs: Vec::new() }
    }

    /// Whether the run with this identity is planned already.
    pub fn has(&self, identity: &Identity) -> bool {
        let run_id = identity.run_id();
        self.runs.iter().any(|run| run.run_id == run_id)
    }

    /// Adds a point, by its variant and the values chosen from the lists, and its run unless that is planned already.
    pub fn add(
        &mut self,
        (variant, choices): (Option<String>, Vec<Choice>),
        identity: &Identity,
        dims: Option<(usize, usize)>,
        cost: Cost,
        recipe: Arc<dyn Recipe>,
    ) {
        let (run_id, setting) = (identity.run_id(), identity.setting_key());
        let id = folder_name(run_id);
        if !self.has(identity) {
            let experiment = self.name_of(variant.as_deref());
            self.runs.push(PlannedRun { id: id.clone(), run_id, experiment, recipe, cost });
        }
        self.points.push(SweepPoint { variant, choices, id, setting, dims });
    }

    /// The name of a run's experiment.
    pub fn name_of(&self, variant: Option<&str>) -> String {
        variant.map_or_else(|| self.experiment.clone(), |variant| format!("{}-{variant}", self.experiment))
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
pub(super) fn folder_name(run_id: RunId) -> String {
    Digest::of(format!("{RUN_FORMAT_VERSION} {} {run_id}", env!("CARGO_PKG_VERSION"))).short()
}

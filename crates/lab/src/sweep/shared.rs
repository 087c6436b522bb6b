//! `plan.json`: the runs of a sweep for machines that share its folder. Each run is a pure function of what stands
//! here, so a machine needs the folder and nothing else.
//!
//! ```text
//! plan.json ─▶ points/KEY.toml, files/DIGEST/NAME ─▶ KEY/, the run directory
//! ```

use super::collect::collect;
use super::error::{SweepError, io};
use super::folder::{SweepFolder, SweepFolderError};
use super::plan::{PlannedRun, SweepPlan, SweepPoint, folder_name};
use crate::identity::{Contents, Digest, FILES_FOLDER, Identity, InputError, SettingKey};
use crate::plan::{Cost, PlanError, with_copies};
use crate::spec::{Layer, Point, Spec, SpecError};
use crate::store::disk::create_folder;
use crate::store::{
    RUN_FORMAT_VERSION, StoreError, from_versioned_json, write_bytes_atomically, write_json_atomically,
    write_text_atomically,
};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the file.
pub const PLAN_FILE: &str = "plan.json";
/// Name of the folder of the settings of runs.
const POINTS_FOLDER: &str = "points";

/// A plan that cannot be shared.
#[derive(Debug, thiserror::Error)]
pub enum SharedPlanError {
    /// There is none.
    #[error("{} holds no plan for several machines: `featurescope sweep plan SPEC --out {}` makes one", .0.display(), .0.display())]
    None(PathBuf),
    /// It was made by another version.
    #[error(
        "{} was planned by featurescope {theirs}; this is {ours}, which might not make the same bits. Use {theirs} on \
         every machine, or plan the sweep again with {ours}: its runs get folders of their own", path.display()
    )]
    OtherVersion {
        /// The folder of the sweep.
        path: PathBuf,
        /// The version that planned it.
        theirs: String,
        /// This one.
        ours: &'static str,
    },
    /// It is not the one that a job was made for.
    #[error(
        "the sweep in {} is not the one that this job is for: its plan is {found}, the job's {expected}. It was \
         planned again since; make new jobs for it", path.display()
    )]
    OtherPlan {
        /// The folder of the sweep.
        path: PathBuf,
        /// Digest of the plan there.
        found: String,
        /// That of the job's.
        expected: String,
    },
    /// There is no such run.
    #[error("the sweep in {} has no run {asked}: it has {known}", path.display())]
    NoRun {
        /// The folder of the sweep.
        path: PathBuf,
        /// Which was asked for.
        asked: String,
        /// Which there are.
        known: String,
    },
    /// Settings or files of a run are not those that it was planned with.
    #[error(
        "{} and the files that it names are those of run {found}, not of run {planned}: plan the sweep again", path.display()
    )]
    Changed {
        /// The settings.
        path: PathBuf,
        /// Which run they describe.
        found: String,
        /// Which one was planned.
        planned: String,
    },
    /// A run cannot be planned from its settings.
    #[error("{}: {source}", path.display())]
    Spec {
        /// The settings.
        path: PathBuf,
        /// What is wrong with them.
        source: SpecError,
    },
    /// A run cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file that settings name cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file of the folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] SweepFolderError),
    /// The sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

/// `plan.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SharedPlan {
    /// Version of the layout of the folder.
    pub format_version: u32,
    /// Version of the program that planned it: every machine has to use this one.
    pub featurescope_version: String,
    /// Name of the experiment.
    pub experiment: String,
    /// Every run once. A run's place, from 0 on, is its index.
    pub runs: Vec<SharedRun>,
    /// What was asked for.
    points: Vec<SharedPoint>,
}

/// A run of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SharedRun {
    /// Its key, the name of its folder.
    pub key: String,
    /// Name of its experiment.
    pub experiment: String,
    /// Its seed.
    pub seed: u64,
    /// Operations of its training steps, at most.
    pub operations: f64,
    /// Bytes of memory at its peak.
    pub memory_bytes: f64,
    /// The phase that needs most of it.
    pub memory_for: String,
    /// Bytes of the largest files that it leaves, at most; `None` where nobody has counted.
    pub file_bytes: Option<f64>,
}

/// A point of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SharedPoint {
    key: String,
    variant: Option<String>,
    choices: Vec<(String, toml::Value)>,
    setting: SettingKey,
    dims: Option<(usize, usize)>,
}

impl SharedPlan {
    /// Leaves everything that another machine needs of the sweep `plan`, made of `points`, in its folder.
    ///
    /// # Errors
    /// If a file cannot be read or written, or was changed meanwhile.
    pub fn write(plan: &SweepPlan, points: &[Point], folder: &SweepFolder) -> Result<Self, SharedPlanError> {
        // First of all: a folder without it is no sweep.
        collect(plan, folder)?;
        let mut contents = Contents::default();
        let mut runs = Vec::new();
        for run in &plan.runs {
            let place = plan.points.iter().position(|point| point.id == run.id).unwrap_or_default();
            keep(run, &points[place].spec, folder.path(), &mut contents)?;
            runs.push(SharedRun {
                key: run.id.clone(),
                experiment: run.experiment.clone(),
                seed: run.recipe.seed(),
                operations: run.cost.operations,
                memory_bytes: run.cost.memory,
                memory_for: run.cost.largest.clone(),
                file_bytes: run.cost.files,
            });
        }
        let point = |point: &SweepPoint| SharedPoint {
            key: point.id.clone(),
            variant: point.variant.clone(),
            choices: point.choices.clone(),
            setting: point.setting,
            dims: point.dims,
        };
        let shared = Self {
            format_version: RUN_FORMAT_VERSION,
            featurescope_version: env!("CARGO_PKG_VERSION").to_owned(),
            experiment: plan.experiment.clone(),
            runs,
            points: plan.points.iter().map(point).collect(),
        };
        write_json_atomically(&folder.path().join(PLAN_FILE), &shared)?;
        Ok(shared)
    }

    /// The plan in the folder `sweep`.
    ///
    /// # Errors
    /// If there is none, or another version made it.
    pub fn read(sweep: &Path) -> Result<Self, SharedPlanError> {
        let path = sweep.join(PLAN_FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(SharedPlanError::None(sweep.to_path_buf()));
            }
            text => text.map_err(StoreError::io(&path, "read"))?,
        };
        let plan: Self = from_versioned_json((&path, "it"), &text, RUN_FORMAT_VERSION)?;
        let ours = env!("CARGO_PKG_VERSION");
        if plan.featurescope_version != ours {
            let (path, theirs) = (sweep.to_path_buf(), plan.featurescope_version);
            return Err(SharedPlanError::OtherVersion { path, theirs, ours });
        }
        let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_hexdigit());
        let keys = plan.runs.iter().map(|run| &run.key).chain(plan.points.iter().map(|point| &point.key));
        if let Some(key) = keys.into_iter().find(|key| !is_key(key)) {
            return Err(StoreError::content(&path, format!("`{key}` is not the key of a run")).into());
        }
        if let Some(point) =
            plan.points.iter().find(|point| !plan.runs.iter().any(|run| run.key == point.key))
        {
            return Err(StoreError::content(&path, format!("it lacks run {}", point.key)).into());
        }
        Ok(plan)
    }

    /// Names the plan: jobs for another one have other indices.
    pub fn digest(&self) -> Digest {
        let keys: Vec<&str> = self.runs.iter().map(|run| run.key.as_str()).collect();
        Digest::of(keys.join(" "))
    }

    /// An error unless this is the plan that a job was made for.
    ///
    /// # Errors
    /// [`SharedPlanError::OtherPlan`].
    pub fn require(&self, digest: &str, sweep: &Path) -> Result<(), SharedPlanError> {
        let (found, path) = (self.digest().short(), sweep.to_path_buf());
        if found == digest {
            return Ok(());
        }
        Err(SharedPlanError::OtherPlan { path, found, expected: digest.to_owned() })
    }

    /// The run with this index.
    ///
    /// # Errors
    /// If there is none.
    pub fn at(&self, index: usize, sweep: &Path) -> Result<&SharedRun, SharedPlanError> {
        let known = match self.runs.len() {
            0 => "none".to_owned(),
            count => format!("0 to {}", count - 1),
        };
        self.runs.get(index).ok_or(SharedPlanError::NoRun {
            path: sweep.to_path_buf(),
            asked: index.to_string(),
            known,
        })
    }

    /// The run with this key.
    ///
    /// # Errors
    /// If there is none.
    pub fn with_key(&self, key: &str, sweep: &Path) -> Result<&SharedRun, SharedPlanError> {
        let known = || match self.runs.first() {
            None => "none".to_owned(),
            Some(first) => format!("{} runs, the first of them {}", self.runs.len(), first.key),
        };
        self.runs.iter().find(|run| run.key == key).ok_or_else(|| SharedPlanError::NoRun {
            path: sweep.to_path_buf(),
            asked: key.to_owned(),
            known: known(),
        })
    }

    /// The run as it is made, from what lies in the folder `sweep`.
    ///
    /// # Errors
    /// If its settings, or files that they name, are not those that it was planned with.
    pub fn planned(
        &self,
        run: &SharedRun,
        sweep: &Path,
        contents: &mut Contents,
    ) -> Result<PlannedRun, SharedPlanError> {
        let path = settings_file(sweep, &run.key);
        let text = fs::read_to_string(&path).map_err(StoreError::io(&path, "read"))?;
        let wrong = |source| SharedPlanError::Spec { path: path.clone(), source };
        let layer = Layer::parse(&text, &path.display().to_string(), sweep).map_err(wrong)?;
        let spec = Spec::from_layers(&[layer]).map_err(wrong)?;
        let run_id = Identity::with(&spec, contents)?.run_id();
        let found = folder_name(run_id);
        if found != run.key {
            return Err(SharedPlanError::Changed { path, found, planned: run.key.clone() });
        }
        let (cost, experiment) = (Cost::of(&spec), run.experiment.clone());
        Ok(PlannedRun { id: found, run_id, experiment, recipe: Arc::new(spec), cost })
    }

    /// The whole sweep, from what lies in the folder `sweep`.
    ///
    /// # Errors
    /// As [`SharedPlan::planned`].
    pub fn sweep(&self, sweep: &Path) -> Result<SweepPlan, SharedPlanError> {
        let mut contents = Contents::default();
        let mut plan = SweepPlan::empty(self.experiment.clone());
        for run in &self.runs {
            plan.runs.push(self.planned(run, sweep, &mut contents)?);
        }
        plan.points = (self.points.iter())
            .map(|point| SweepPoint {
                variant: point.variant.clone(),
                choices: point.choices.clone(),
                id: point.key.clone(),
                setting: point.setting,
                dims: point.dims,
            })
            .collect();
        Ok(plan)
    }
}

fn settings_file(sweep: &Path, key: &str) -> PathBuf {
    sweep.join(POINTS_FOLDER).join(format!("{key}.toml"))
}

/// Leaves the settings of a run and copies of the files that they name. Both are named by content, so what is there
/// stays.
fn keep(run: &PlannedRun, spec: &Spec, sweep: &Path, contents: &mut Contents) -> Result<(), SharedPlanError> {
    let identity = Identity::with(spec, contents)?;
    let path = settings_file(sweep, &run.id);
    if identity.run_id() != run.run_id {
        let (found, planned) = (folder_name(identity.run_id()), run.id.clone());
        return Err(SharedPlanError::Changed { path, found, planned });
    }
    for file in &identity.files {
        let copy = sweep.join(copy_of(file.digest, &file.name));
        if !Digest::of_file(&copy).is_ok_and(|there| there == file.digest) {
            let folder = copy.parent().unwrap_or(sweep);
            create_folder(folder).map_err(io(folder))?;
            write_bytes_atomically(&copy, &file.read()?)?;
        }
    }
    let text = with_copies(spec, &identity.files, |file| copy_of(file.digest, &file.name))?;
    if !fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
        let folder = sweep.join(POINTS_FOLDER);
        create_folder(&folder).map_err(io(&folder))?;
        write_text_atomically(&path, &text)?;
    }
    Ok(())
}

/// Where the copy of a file lies in the folder of a sweep: under its own name, which runs take over.
fn copy_of(digest: Digest, name: &str) -> String {
    format!("{FILES_FOLDER}/{}/{name}", digest.short())
}

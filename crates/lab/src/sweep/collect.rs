//! What the folder of a sweep holds of its runs: `sweep.json`, and what is missing, half made or failed.

use super::error::{SweepError, io};
use super::folder::{SweepEntry, SweepFolder, SweepIndex};
use super::lease::{LeaseState, Leases};
use super::make::{PARTIAL, check_identity, clear};
use super::plan::{PlannedRun, SweepPlan, SweepPoint};
use crate::identity::Digest;
use crate::run::SUMMARY_FILE;
use crate::status::Status;
use crate::store::RUN_FORMAT_VERSION;
use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How a run of a sweep stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has begun it.
    Missing,
    /// A process makes it: which.
    Held(String),
    /// It was begun and saved, and nobody makes it now, as far as a lease says.
    HalfMade,
    /// It failed: what went wrong.
    Failed(String),
    /// It has ended: how, and the hash of what was recorded.
    Ended(Status, Digest),
}

/// How the runs of a sweep stand.
#[derive(Debug)]
pub struct Collected {
    /// What `sweep.json` says from now on.
    pub index: SweepIndex,
    /// Every run, in the order in which it was first asked for.
    pub runs: Vec<(String, Standing)>,
}

impl Collected {
    /// Whether every run has ended.
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(|(_, standing)| matches!(standing, Standing::Ended(..)))
    }
}

/// Reads how every run of `plan` stands and leaves it in `sweep.json`. Where all have ended, what was needed to
/// share them is removed. A run that cannot be read counts as failed and hides no other.
///
/// # Errors
/// If the folder cannot be read or written.
pub fn collect(plan: &SweepPlan, folder: &SweepFolder) -> Result<Collected, SweepError> {
    let leases = folder.leases();
    let newest = leases.newest().map_err(SweepError::Lease)?;
    let of = |run: &PlannedRun| {
        let generation = newest.get(&run.id).copied();
        let found = ended(run, folder).and_then(|ended| match ended {
            Some(ended) => Ok(ended),
            None => unfinished(&run.id, folder, &leases, generation),
        });
        (run.id.clone(), found.unwrap_or_else(|error| Standing::Failed(error.to_string())))
    };
    let runs: Vec<(String, Standing)> = plan.runs.iter().map(of).collect();
    let mut collected = Collected { index: index_of(plan, &runs), runs };
    if collected.is_complete() {
        collected.index.warnings.extend(lists_without_effect(plan, &collected.index));
        tidy(plan, folder);
    }
    folder.write(&collected.index)?;
    Ok(collected)
}

/// The index of a sweep of which only what has ended counts.
///
/// # Errors
/// If a run that has ended cannot be read, or is another.
pub(super) fn index(plan: &SweepPlan, folder: &SweepFolder) -> Result<SweepIndex, SweepError> {
    let of = |run: &PlannedRun| Ok((run.id.clone(), ended(run, folder)?.unwrap_or(Standing::Missing)));
    Ok(index_of(plan, &plan.runs.iter().map(of).collect::<Result<Vec<_>, SweepError>>()?))
}

/// Removes what processes needed to share the runs of `plan`, which have all ended.
pub(super) fn tidy(plan: &SweepPlan, folder: &SweepFolder) {
    for run in &plan.runs {
        clear(folder.path(), &run.id);
    }
    folder.leases().clear(plan.runs.iter().map(|run| run.id.as_str()));
}

/// How a run has ended, if it has.
fn ended(run: &PlannedRun, folder: &SweepFolder) -> Result<Option<Standing>, SweepError> {
    let path = folder.run(&run.id);
    if !path.is_dir() {
        return Ok(None);
    }
    check_identity(run, &path)?;
    Ok(Some(Standing::Ended(status(&path)?, fingerprint(&path)?)))
}

/// How a run stands that has not ended.
fn unfinished(
    run: &str,
    folder: &SweepFolder,
    leases: &Leases,
    generation: Option<u64>,
) -> Result<Standing, SweepError> {
    let entry = generation.and_then(|generation| leases.entry(run, generation));
    match entry.map(|entry| (entry.state, entry.holder)) {
        Some((LeaseState::Failed { error, .. }, _)) => return Ok(Standing::Failed(error)),
        Some((LeaseState::Held, holder)) if !leases.is_gone(&holder) => {
            return Ok(Standing::Held(holder.to_string()));
        }
        _ => {}
    }
    let mut entries = fs::read_dir(folder.path()).map_err(io(folder.path()))?;
    let is_begun = entries.any(|entry| {
        let name = entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).unwrap_or_default();
        name.strip_prefix(run).is_some_and(|rest| rest.starts_with(PARTIAL))
    });
    Ok(if is_begun { Standing::HalfMade } else { Standing::Missing })
}

fn index_of(plan: &SweepPlan, runs: &[(String, Standing)]) -> SweepIndex {
    let known: HashMap<&str, &Standing> =
        runs.iter().map(|(run, standing)| (run.as_str(), standing)).collect();
    let entry = |point: &SweepPoint| {
        let (mut status, mut fingerprint, mut problem) = (Status::Planned, None, None);
        match known[point.id.as_str()] {
            Standing::Missing => {}
            Standing::Held(_) => status = Status::Running,
            Standing::HalfMade => status = Status::Interrupted,
            Standing::Failed(error) => problem = Some(error.clone()),
            Standing::Ended(ended, digest) => (status, fingerprint) = (*ended, Some(*digest)),
        }
        let json = |value: &toml::Value| serde_json::to_value(value).unwrap_or_default();
        SweepEntry {
            run: point.id.clone(),
            setting: point.setting,
            latent_dim: point.dims.map(|dims| dims.0),
            ambient_dim: point.dims.map(|dims| dims.1),
            variant: point.variant.clone(),
            choices: point.choices.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
            status,
            problem,
            fingerprint,
        }
    };
    let idle = plan.idle_lists().into_iter();
    let warnings = idle.map(|key| format!("{key} changes no setting of any run: its list was of no use"));
    SweepIndex {
        format_version: RUN_FORMAT_VERSION,
        experiment: plan.experiment.clone(),
        points: plan.points.iter().map(entry).collect(),
        warnings: warnings.collect(),
    }
}

/// Lists that made different settings but not one different result.
pub(super) fn lists_without_effect(plan: &SweepPlan, index: &SweepIndex) -> Vec<String> {
    let by_run: HashMap<&str, Option<Digest>> =
        index.points.iter().map(|point| (point.run.as_str(), point.fingerprint)).collect();
    let idle = plan.idle_lists();
    let same = plan.lists_that_change_nothing(|point| by_run[point.id.as_str()]);
    let news = same.into_iter().filter(|key| !idle.contains(key));
    news.map(|key| format!("{key} changed no recorded figure of any run")).collect()
}

fn status(run: &Path) -> Result<Status, SweepError> {
    #[derive(serde::Deserialize)]
    struct Stored {
        status: Status,
    }
    let path = run.join(SUMMARY_FILE);
    let text = fs::read_to_string(&path).map_err(io(&path))?;
    let stored: Stored =
        serde_json::from_str(&text).map_err(|error| io(&path)(std::io::Error::other(error.to_string())))?;
    Ok(stored.status)
}

/// Digest of the records and scores of every arm, in the order of their names. It does not depend on the
/// clock.
fn fingerprint(run: &Path) -> Result<Digest, SweepError> {
    let arms = run.join("arms");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&arms).map_err(io(&arms))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    let mut lines = String::new();
    for folder in folders {
        let arm = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in ["records.parquet", "neurons.parquet", "probes.json"] {
            let path = folder.join(file);
            match Digest::of_file(&path) {
                Ok(digest) => lines.extend([&arm, "/", file, " ", &digest.to_string(), "\n"]),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(io(&path)(error)),
            }
        }
    }
    Ok(Digest::of(lines))
}

//! The run folder of a watched training: the common layout, with a layer for an arm.
//!
//! ```text
//! spec.toml                     how it is watched
//! manifest.json                 identity, program, machine, how it stands
//! summary.json                  what was told, and the last figures of every layer
//! arms/LAYER/records.parquet    a row per reading
//! report.html, figures/
//! ```

use super::course::{Course, Layer, Settings, SettingsError, TABLE};
use super::notice::Notice;
use super::page::page;
use super::record;
use super::several::{Named, page_of_several};
use crate::identity::{Identity, Settings as Canonical};
use crate::report::{FigureData, ReportError, write_with};
use crate::run::{DirectoryError, MANIFEST_FILE, Manifest, RunDirectory, SPEC_FILE, StoredManifest};
use crate::status::{ArmEnd, ProductInputs, Status, StopReason};
use crate::store::{
    RECORDS_FILE, RUN_FORMAT_VERSION, StoreError, read_records, write_json_atomically, write_records,
    write_text_atomically,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Name of the file.
const SUMMARY_FILE: &str = "summary.json";
/// What such runs are called.
const EXPERIMENT: &str = "monitor";

/// A folder of a watched training that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// Settings that cannot be.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The folder cannot take a run.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The page cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A page cannot show watched trainings beside other runs.
    #[error(
        "{watched} is a watched training and {other} is not: make a report for each",
        watched = watched.display(), other = other.display()
    )]
    Mixed {
        /// One that is.
        watched: PathBuf,
        /// One that is not.
        other: PathBuf,
    },
    /// A command that does not take watched trainings.
    #[error(
        "{path} is a training of another program that was watched: `{command}` cannot use it, because its folder \
         holds readings of layers and no learner of ours. `featurescope report` shows it, beside others as well",
        path = path.display()
    )]
    Watched {
        /// The folder.
        path: PathBuf,
        /// The command.
        command: String,
    },
}

/// `spec.toml`.
#[derive(Deserialize)]
struct Spec {
    monitor: Settings,
}

/// `summary.json`.
#[derive(Serialize, Deserialize)]
struct Summary {
    format_version: u32,
    experiment: String,
    status: Status,
    wall_seconds: f64,
    notices: Vec<Notice>,
    arms: Map<String, Value>,
}

/// The folder of a training that goes on; no other process can open it meanwhile.
#[derive(Debug)]
pub struct MonitorFolder {
    directory: RunDirectory,
    manifest: Manifest,
    begun: Instant,
}

/// Whether the folder at `path` holds a watched training.
pub fn is_one(path: &Path) -> bool {
    let spec = fs::read_to_string(path.join(SPEC_FILE));
    let table = spec.ok().and_then(|spec| spec.parse::<toml::Table>().ok());
    table.is_some_and(|table| table.get(TABLE).is_some_and(toml::Value::is_table))
}

/// Whether all of these folders hold watched trainings.
///
/// # Errors
/// If some do and some do not.
pub fn are_all(folders: &[PathBuf]) -> Result<bool, MonitorError> {
    let found = |wanted: bool| folders.iter().find(|path| is_one(path) == wanted).cloned();
    match (found(true), found(false)) {
        (Some(watched), Some(other)) => Err(MonitorError::Mixed { watched, other }),
        (watched, _) => Ok(watched.is_some()),
    }
}

/// # Errors
/// If one of these folders holds a watched training, for a command that needs a learner of ours.
pub fn refuse<'a>(folders: impl IntoIterator<Item = &'a PathBuf>, command: &str) -> Result<(), MonitorError> {
    match folders.into_iter().find(|path| is_one(path)) {
        Some(path) => Err(MonitorError::Watched { path: path.clone(), command: command.to_owned() }),
        None => Ok(()),
    }
}

impl MonitorFolder {
    /// Begins the folder `out`, or the next free one under `parent`.
    ///
    /// # Errors
    /// If it holds something already, or the disk refuses.
    pub fn begin(out: Option<&Path>, parent: &Path, settings: &Settings) -> Result<Self, MonitorError> {
        let directory = match out {
            Some(path) => RunDirectory::create(path)?,
            None => RunDirectory::create_next(parent, EXPERIMENT)?,
        };
        let path = directory.file(SPEC_FILE);
        let spec = settings.spec();
        let mut canonical = Canonical::default();
        for (key, value) in &settings.values() {
            canonical.insert(&format!("{TABLE}.{key}"), value);
        }
        let identity = Identity { settings: canonical, files: Vec::new() };
        let manifest = Manifest::begun(EXPERIMENT, 0, &identity, &spec);
        write_text_atomically(&path, &spec)?;
        write_json_atomically(&directory.file(MANIFEST_FILE), &manifest)?;
        Ok(Self { directory, manifest, begun: Instant::now() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes what was read so far.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&mut self, course: &Course, status: Status) -> Result<(), MonitorError> {
        for layer in &course.layers {
            let path = self.directory.arm(&layer.name)?.join(RECORDS_FILE);
            write_records(&path, &record::columns(), &layer.records)?;
        }
        self.manifest.status = status;
        self.manifest.wall_seconds = self.begun.elapsed().as_secs_f64();
        if status != Status::Running {
            self.manifest.arms =
                course.layers.iter().map(|layer| (layer.name.clone(), end(layer, status))).collect();
        }
        write_json_atomically(&self.directory.file(SUMMARY_FILE), &self.summary(course, status))?;
        Ok(write_json_atomically(&self.directory.file(MANIFEST_FILE), &self.manifest)?)
    }

    fn summary(&self, course: &Course, status: Status) -> Summary {
        let of = |layer: &Layer| {
            let last = layer.records.last();
            let values = record::columns().into_iter().enumerate().map(|(at, column)| {
                let value = last.map(|(_, values)| values[at]).filter(|value| value.is_finite());
                (column.name.to_owned(), Value::from(value))
            });
            let step = ("step".to_owned(), Value::from(last.map(|(step, _)| *step)));
            (layer.name.clone(), Value::Object([step].into_iter().chain(values).collect()))
        };
        Summary {
            format_version: RUN_FORMAT_VERSION,
            experiment: EXPERIMENT.to_owned(),
            status,
            wall_seconds: self.manifest.wall_seconds,
            notices: course.notices.clone(),
            arms: course.layers.iter().map(of).collect(),
        }
    }
}

fn end(layer: &Layer, status: Status) -> ArmEnd {
    ArmEnd {
        stop_reason: if status == Status::Finished { StopReason::Finished } else { StopReason::Interrupted },
        stop_detail: None,
        product_inputs: ProductInputs::Single,
        steps: layer.records.last().map_or(0, |(step, _)| *step),
        training_seconds: 0.0,
        probe_seconds: layer.records.iter().filter_map(|(_, values)| values.last()).sum(),
        probe_problem: None,
    }
}

/// What the folder at `path` says of a watched training.
///
/// # Errors
/// If a file is missing or damaged, or of another format version.
pub fn read(path: &Path) -> Result<Course, MonitorError> {
    StoredManifest::read(path)?;
    let damaged = |path: &Path, error: &dyn std::fmt::Display| StoreError::content(path, error.to_string());
    let text = |path: &Path| fs::read_to_string(path).map_err(StoreError::io(path, "read"));
    let (spec_path, summary_path) = (path.join(SPEC_FILE), path.join(SUMMARY_FILE));
    let spec: Spec = toml::from_str(&text(&spec_path)?).map_err(|error| damaged(&spec_path, &error))?;
    let summary: Summary =
        serde_json::from_str(&text(&summary_path)?).map_err(|error| damaged(&summary_path, &error))?;
    let mut course = Course::new(spec.monitor)?;
    for layer in &mut course.layers {
        let file = path.join("arms").join(&layer.name).join(RECORDS_FILE);
        *layer = Layer::stored(layer.name.clone(), rows(&file)?);
    }
    course.notices = summary.notices;
    Ok(course)
}

/// The records of a layer, in the order of our columns.
fn rows(file: &Path) -> Result<Vec<(u64, Vec<f64>)>, StoreError> {
    let table = read_records(file)?;
    let column = |name: &str| {
        let found = table.column(name);
        found.ok_or_else(|| StoreError::content(file, format!("it has no column `{name}`")))
    };
    let columns = record::columns().iter().map(|of| column(of.name)).collect::<Result<Vec<_>, _>>()?;
    let row = |(at, &step): (usize, &u64)| (step, columns.iter().map(|values| values[at]).collect());
    Ok(table.steps.iter().enumerate().map(row).collect())
}

/// Writes the page of the watched trainings in these folders into `out`, a page of comparison where there are
/// several; the page's path.
///
/// # Errors
/// If a folder cannot be read or a file cannot be written.
pub fn report(folders: &[PathBuf], out: &Path, data: FigureData) -> Result<PathBuf, MonitorError> {
    let page = match folders {
        [only] => page(&read(only)?),
        several => page_of_several(&named(several)?),
    };
    Ok(write_with(&page, out, data)?)
}

/// The trainings under the names of their folders, or under whole paths where names repeat.
fn named(folders: &[PathBuf]) -> Result<Vec<Named>, MonitorError> {
    let short = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<Option<String>> = folders.iter().map(short).collect();
    names.sort();
    let is_clear = names.iter().all(Option::is_some) && names.windows(2).all(|pair| pair[0] != pair[1]);
    let name = |path: &PathBuf| match short(path) {
        Some(name) if is_clear => name,
        _ => path.display().to_string(),
    };
    folders.iter().map(|path| Ok(Named { name: name(path), course: read(path)? })).collect()
}

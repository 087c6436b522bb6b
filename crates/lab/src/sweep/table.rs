//! What the runs of a sweep found, on one page: a row per setting and arm, each figure with its interval over seeds.

use super::error::{SweepError, io};
use super::folder::{SweepEntry, SweepFolder, SweepIndex};
use crate::stats::{Estimate, Located};
use crate::summary::{other_columns, title};
use featurescope_sim::measure::Place;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;

/// Level of the intervals.
pub const LEVEL: f64 = 0.95;

/// Where a figure stands in an arm's part of `summary.json`.
#[derive(Clone, Copy, Debug)]
pub enum Reader {
    /// Under this key.
    Key(&'static str),
    /// Where this function finds it.
    Function(fn(&Value) -> Option<f64>),
}

impl Reader {
    fn read(self, arm: &Value) -> Option<f64> {
        match self {
            Self::Key(key) => arm[key].as_f64(),
            Self::Function(read) => read(arm),
        }
    }
}

/// The figures of a row on sparse-coding data, heading and where it stands: the most telling ones, and what
/// other measurements put first.
pub fn figures() -> Vec<(&'static str, Reader)> {
    let headed = |column| (title(column).unwrap_or(column), Reader::Key(column));
    let mut figures = vec![
        headed("dense_energy_fraction"),
        // Its title is too wide for a column of a terminal.
        ("covered >.9", Reader::Function(|arm| arm["coverage"]["0.9"].as_f64())),
        headed("signal_cosine"),
        headed("noise_cosine"),
        ("R²", Reader::Function(|arm| probe(arm, "regression"))),
        ("accuracy", Reader::Function(|arm| probe(arm, "classification"))),
    ];
    let first = other_columns().filter(|(_, shown)| shown.place == Place::Headline);
    figures.extend(first.map(|(column, _)| headed(column.name)));
    figures
}

/// The score of the probe with the most labels.
fn probe(arm: &Value, task: &str) -> Option<f64> {
    let scores = arm["probes"].as_array()?.iter().filter(|p| p["features"] == "learned" && p["task"] == task);
    scores.max_by_key(|score| score["labels"].as_u64())?["score"].as_f64()
}

/// One arm at one setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the variant.
    pub variant: Option<String>,
    /// d, on sparse-coding data.
    pub latent_dim: Option<usize>,
    /// d1, on sparse-coding data.
    pub ambient_dim: Option<usize>,
    /// What was chosen from the lists, without the seed.
    pub choices: Vec<(String, Value)>,
    /// The arm.
    pub arm: String,
    /// Runs behind the figures: seeds.
    pub seeds: usize,
    /// By figure: its mean over seeds; `None` where no run has it.
    pub figures: Vec<(&'static str, Option<MeanOverSeeds>)>,
}

/// A figure over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanOverSeeds {
    /// Mean over seeds.
    pub mean: f64,
    /// Its interval; `None` with a single seed.
    pub interval: Option<Estimate>,
}

/// The rows of a sweep with these figures, in the order in which its points were asked for. Runs that have
/// not ended are left out.
pub fn rows(
    index: &SweepIndex,
    folder: &SweepFolder,
    figures: &[(&'static str, Reader)],
) -> Result<Vec<Row>, SweepError> {
    let mut groups: Vec<(&SweepEntry, Vec<Value>)> = Vec::new();
    let mut read = HashSet::new();
    for entry in index.points.iter().filter(|entry| entry.fingerprint.is_some()) {
        // A run that several points share counts once.
        if !read.insert(&entry.run) {
            continue;
        }
        let path = folder.run(&entry.run).join("summary.json");
        let text = fs::read_to_string(&path).map_err(io(&path))?;
        let summary: Value = serde_json::from_str(&text)
            .map_err(|error| io(&path)(std::io::Error::other(error.to_string())))?;
        match groups.iter_mut().find(|(first, _)| first.setting == entry.setting) {
            Some((_, summaries)) => summaries.push(summary),
            None => groups.push((entry, vec![summary])),
        }
    }
    Ok(groups.iter().flat_map(|(entry, summaries)| rows_of(entry, summaries, figures)).collect())
}

fn rows_of(entry: &SweepEntry, summaries: &[Value], figures: &[(&'static str, Reader)]) -> Vec<Row> {
    let arms = summaries.first().and_then(|summary| summary["arms"].as_object());
    let names = arms.into_iter().flat_map(|arms| arms.keys());
    let row = |arm: &String| {
        let figures = figures.iter().map(|&(name, read)| {
            let values: Vec<f64> =
                summaries.iter().filter_map(|summary| read.read(&summary["arms"][arm])).collect();
            (name, figure(&values))
        });
        let choices = entry.choices.iter().filter(|(key, _)| *key != "seed");
        Row {
            variant: entry.variant.clone(),
            latent_dim: entry.latent_dim,
            ambient_dim: entry.ambient_dim,
            choices: choices.map(|(key, value)| (key.clone(), value.clone())).collect(),
            arm: arm.clone(),
            seeds: summaries.len(),
            figures: figures.collect(),
        }
    };
    names.map(row).collect()
}

fn figure(values: &[f64]) -> Option<MeanOverSeeds> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let interval = Located::mean(values).map(|located| located.interval(LEVEL));
    (!values.is_empty()).then_some(MeanOverSeeds { mean, interval })
}

//! What the runs of a sweep found, on one page: a row per setting and arm, each figure with its interval over seeds.

use super::execute::SweepError;
use super::folder::{SweepEntry, SweepFolder, SweepIndex};
use crate::stats::{Estimate, Located};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;

/// Level of the intervals.
pub const LEVEL: f64 = 0.95;

/// Where a figure stands in an arm's part of `summary.json`.
pub type Reader = fn(&Value) -> Option<f64>;

/// The figures of a row on sparse-coding data: heading and where it stands.
pub const FIGURES: &[(&str, Reader)] = &[
    ("dense energy", |arm| arm["dense_energy_fraction"].as_f64()),
    ("covered >.9", |arm| arm["coverage"]["0.9"].as_f64()),
    ("signal", |arm| arm["signal_cosine"].as_f64()),
    ("noise", |arm| arm["noise_cosine"].as_f64()),
    ("R²", |arm| probe(arm, "regression")),
    ("accuracy", |arm| probe(arm, "classification")),
];

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
        let text = fs::read_to_string(&path).map_err(super::execute::io(&path))?;
        let summary: Value = serde_json::from_str(&text)
            .map_err(|error| super::execute::io(&path)(std::io::Error::other(error.to_string())))?;
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
                summaries.iter().filter_map(|summary| read(&summary["arms"][arm])).collect();
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

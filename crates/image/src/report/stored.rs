//! A run's folder, read for its report.

use super::ImageReportError;
use crate::arrays::{self, Array};
use crate::measure::chroma;
use crate::run::{self, FIGURES, Folder, Reading, Record};
use crate::settings::{Arm, Network, Settings};
use std::path::Path;

/// Everything that a report is made of.
pub struct StoredRun {
    /// Name of its folder.
    pub name: String,
    /// What was asked for.
    pub settings: Settings,
    /// Arms of which at least one seed has ended.
    pub arms: Vec<StoredArm>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// What could not be read.
    pub notes: Vec<String>,
}

/// An arm with the seeds that have ended.
pub struct StoredArm {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub arm: Arm,
    /// Its place among the arms, which gives its colour.
    pub place: usize,
    /// Its seeds.
    pub seeds: Vec<StoredSeed>,
}

/// One seed of an arm.
pub struct StoredSeed {
    /// The seed.
    pub seed: u64,
    /// One per epoch.
    pub records: Vec<Record>,
    /// Pictures per second of training.
    pub speed: Option<f64>,
    /// First-layer filters, by epoch.
    pub filters: Vec<(usize, Array)>,
    /// What was read at the end.
    pub end: Vec<Array>,
}

/// What a seed says at its end.
pub type EndFigure = (&'static str, fn(&StoredSeed) -> Option<f64>);

/// Figures of the table.
pub const END_FIGURES: [EndFigure; 10] = [
    ("linear probe", |seed| seed.reading()?.probe),
    ("nearest neighbours", |seed| seed.reading()?.neighbours),
    ("firing density", |seed| seed.reading()?.firing_density),
    ("alignment", |seed| seed.reading()?.alignment),
    ("uniformity", |seed| seed.reading()?.uniformity),
    ("effective rank", |seed| seed.reading()?.effective_rank),
    ("chroma of filters", |seed| seed.reading()?.filter_chroma),
    ("single cosine atoms", |seed| seed.reading()?.cosine_atoms),
    ("chroma of units", StoredSeed::unit_chroma),
    ("loss", |seed| seed.records.last()?.loss),
];

impl StoredRun {
    /// Reads the run in `path`.
    ///
    /// # Errors
    /// If it is none, or no arm has ended.
    pub fn open(path: &Path) -> Result<Self, ImageReportError> {
        let folder = Folder::existing(path)?;
        let settings = folder.settings()?;
        let (mut arms, mut notes, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (name, arm)) in settings.arms.iter().enumerate() {
            let mut seeds = Vec::new();
            for &seed in &settings.seeds {
                if !folder.is_complete(name, seed) {
                    notes.push(format!("{name}, seed {seed}: not trained to its end"));
                    continue;
                }
                let (stored, names) = read(&folder, name, seed)?;
                classes = names;
                seeds.push(stored);
            }
            if !seeds.is_empty() {
                arms.push(StoredArm { name: name.to_owned(), arm: arm.clone(), place, seeds });
            }
        }
        if arms.is_empty() {
            return Err(ImageReportError::Empty(path.to_path_buf()));
        }
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let name = absolute.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, settings, arms, classes, notes })
    }

    /// The network in a few words.
    pub fn network(&self) -> String {
        match self.settings.network {
            Network::AlexNet { width, kernel, features, .. } => {
                format!("AlexNet-style network, {width} filters of {kernel} × {kernel}, {features} features")
            }
            Network::WideResNet { depth, width, .. } => format!("Wide-ResNet {depth}-{width}"),
            Network::Patches { neurons, patch } => {
                format!("symmetric ReLU learner, {neurons} neurons on whitened patches of {patch} × {patch}")
            }
        }
    }
}

fn read(folder: &Folder, name: &str, seed: u64) -> Result<(StoredSeed, Vec<String>), ImageReportError> {
    let place = folder.arm(name, seed);
    let timing = folder.timing(name, seed)?;
    let (filters, _) = arrays::read(&place.join(run::FILTERS_FILE)).map_err(run::FolderError::from)?;
    let epoch = |array: &Array| array.name.trim_start_matches("epoch-").parse().unwrap_or(0);
    let (end, about) = arrays::read(&place.join(run::FINAL_FILE)).map_err(run::FolderError::from)?;
    let about: serde_json::Value = serde_json::from_str(&about).unwrap_or_default();
    let classes = about["classes"].as_array().into_iter().flatten();
    let classes = classes.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let stored = StoredSeed {
        seed,
        records: folder.records(name, seed)?,
        speed: (timing.seconds > 0.0).then(|| timing.pictures as f64 / timing.seconds),
        filters: filters.into_iter().map(|array| (epoch(&array), array)).collect(),
        end,
    };
    Ok((stored, classes))
}

impl StoredSeed {
    /// The last reading.
    pub fn reading(&self) -> Option<&Reading> {
        self.records.iter().rev().find_map(|record| record.reading.as_ref())
    }

    /// An array of the end.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.end.iter().find(|array| array.name == name)
    }

    /// Mean chroma energy share of the units' pictures.
    pub fn unit_chroma(&self) -> Option<f64> {
        let shares: Vec<f64> =
            self.array("units")?.parts().map(chroma::of_picture).filter(|share| share.is_finite()).collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    }
}

impl StoredArm {
    /// A figure of the end, of every seed that has it.
    pub fn at_end(&self, read: fn(&StoredSeed) -> Option<f64>) -> Vec<f64> {
        self.seeds.iter().filter_map(read).collect()
    }

    /// Pictures per second, mean over seeds.
    pub fn speed(&self) -> Option<f64> {
        let speeds: Vec<f64> = self.seeds.iter().filter_map(|seed| seed.speed).collect();
        (!speeds.is_empty()).then(|| speeds.iter().sum::<f64>() / speeds.len() as f64)
    }

    /// A measured figure over epochs: (epoch, the value of every seed).
    pub fn curve(&self, figure: usize) -> Vec<(usize, Vec<f64>)> {
        let read = FIGURES[figure].2;
        let mut points: Vec<(usize, Vec<f64>)> = Vec::new();
        for record in self.seeds.iter().flat_map(|seed| &seed.records) {
            let Some(value) = record.reading.as_ref().and_then(read) else { continue };
            match points.iter_mut().find(|(epoch, _)| *epoch == record.epoch) {
                Some((_, values)) => values.push(value),
                None => points.push((record.epoch, vec![value])),
            }
        }
        points.sort_by_key(|point| point.0);
        points
    }
}

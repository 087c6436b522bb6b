//! Stored runs on pictures as the judge reads them: settings, records, and what was read at the end.

use super::record::{LOSS, MEASUREMENTS, Record};
use super::{FINAL_FILE, Folder, FolderError, identity, is_one};
use crate::arrays::{self, Array};
use crate::measure::chroma;
use crate::settings::CATALOGUE;
use featurescope_lab::evidence::{EvidenceError, Gap, Moment, RunKind, Trial, Visitor};
use featurescope_lab::identity::Settings;
use featurescope_lab::run::MANIFEST_FILE;
use featurescope_lab::status::StopReason;
use featurescope_lab::store::StoreError;
use featurescope_sim::measure::Column;
use std::path::Path;
use toml::Value;

/// How often an arm was looked at, which changes nothing of what it is.
const CADENCE: &str = "measure.every";
/// What is read off the pictures of units at the end; no column of `records.parquet`.
const UNIT_CHROMA: Column = Column::new(
    "unit_chroma",
    "share of energy",
    "Mean share of the energy of the pictures of units that is colour, read at the end.",
);

/// Runs on pictures.
pub static ON_PICTURES: RunKind = RunKind { catalogue: &CATALOGUE, knows: is_one, visit, columns };

fn columns() -> Vec<Column> {
    [LOSS, UNIT_CHROMA].into_iter().chain(MEASUREMENTS.iter().map(|one| one.column)).collect()
}

fn visit(path: &Path, visitor: &mut Visitor<'_>) -> Result<(), EvidenceError> {
    let run = OpenRun::open(path).map_err(|error| EvidenceError::OtherKind(Box::new(error)))?;
    run.arms().for_each(|arm| visitor(&arm));
    Ok(())
}

/// A stored run with the records of the arms that have ended.
struct OpenRun {
    folder: Folder,
    settings: Settings,
    arms: Vec<Ended>,
}

/// An arm that has ended.
struct Ended {
    name: String,
    records: Vec<Record>,
    stop_reason: StopReason,
}

/// One of them in its run.
struct ArmOfRun<'a> {
    run: &'a OpenRun,
    arm: &'a Ended,
}

impl OpenRun {
    fn open(path: &Path) -> Result<Self, FolderError> {
        let folder = Folder::read(path)?;
        let Some(manifest) = &folder.manifest else {
            let problem = "there is none: this is no run directory";
            return Err(StoreError::content(&path.join(MANIFEST_FILE), problem).into());
        };
        let pictures = manifest.files.first().map(|file| file.sha256);
        let settings = identity(&folder.settings, pictures).settings;
        let mut arms = Vec::new();
        for (name, _) in &folder.settings.arms {
            let Some(end) = folder.end(name) else { continue };
            let records = folder.records(name)?;
            arms.push(Ended { name: name.clone(), records, stop_reason: end.stop_reason });
        }
        Ok(Self { folder, settings, arms })
    }

    fn arms(&self) -> impl Iterator<Item = ArmOfRun<'_>> {
        self.arms.iter().map(|arm| ArmOfRun { run: self, arm })
    }
}

impl ArmOfRun<'_> {
    /// The records that a moment stands for: at the end all of them, of which the last with a value counts.
    fn records(&self, moment: Moment) -> Result<&[Record], Gap> {
        let records = &self.arm.records[..];
        let is_late = matches!(moment, Moment::End | Moment::Window);
        if is_late && self.arm.stop_reason == StopReason::Diverged {
            return Err(Gap::Diverged);
        }
        let last = records.last().ok_or(Gap::Nothing("records"))?;
        match moment {
            Moment::Start => Ok(&records[..1]),
            Moment::T1 => Err(Gap::NotReached("T1")),
            Moment::T2 => Err(Gap::NotReached("T2")),
            Moment::End => Ok(records),
            Moment::Window => {
                let first = records.iter().position(|record| 2 * record.step >= last.step);
                Ok(&records[first.unwrap_or_default()..])
            }
        }
    }

    fn unit_chroma(&self, moment: Moment) -> Result<f64, Gap> {
        if moment != Moment::End {
            return Err(Gap::NotDefined(UNIT_CHROMA.name.to_owned()));
        }
        self.records(moment)?;
        let path = self.run.folder.arm(&self.arm.name).join(FINAL_FILE);
        let (arrays, _) = arrays::read(&path).map_err(|error| Gap::Unusable(error.to_string()))?;
        let units = arrays.iter().find(|array| array.name == "units").filter(|it| it.is_of_pictures());
        let share = units.map(Array::parts).and_then(chroma::of_pictures);
        share.ok_or_else(|| Gap::Missing("picture of a unit: measure.feature_steps makes them".to_owned()))
    }
}

impl Trial for ArmOfRun<'_> {
    fn name(&self) -> &str {
        &self.arm.name
    }

    fn experiment(&self) -> &str {
        self.run.folder.manifest.as_ref().map_or("", |manifest| &manifest.experiment)
    }

    fn seed(&self) -> u64 {
        self.run.folder.settings.seed
    }

    fn settings(&self) -> Settings {
        self.run.settings.of_arm(&self.arm.name).without(&["seed", CADENCE])
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.run.folder.settings.values.value(&self.arm.name, key)
    }

    fn column(&self, name: &str, moment: Moment) -> Result<f64, Gap> {
        if name == UNIT_CHROMA.name {
            return self.unit_chroma(moment);
        }
        let one = MEASUREMENTS.iter().find(|one| one.column.name == name);
        let read = |record: &Record| match one {
            Some(one) => record.measured.as_ref().and_then(one.read),
            None => record.loss,
        };
        if one.is_none() && name != LOSS.name {
            return Err(Gap::NotRecorded(name.to_owned()));
        }
        let mut values: Vec<f64> = self.records(moment)?.iter().filter_map(read).collect();
        // Not every epoch is measured.
        if moment == Moment::End {
            values.drain(..values.len().saturating_sub(1));
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if mean.is_finite() { Ok(mean) } else { Err(Gap::NotDefined(name.to_owned())) }
    }

    fn arms(&self) -> Vec<Box<dyn Trial + '_>> {
        self.run.arms().map(|arm| Box::new(arm) as Box<dyn Trial>).collect()
    }
}

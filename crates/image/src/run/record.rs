//! What one epoch left behind: a row of `records.parquet`.

use featurescope_lab::store::{self, StoreError};
use featurescope_sim::measure::Column;
use std::path::Path;

/// One epoch of one arm; `None`: not measured, or not defined.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Record {
    /// Epochs made.
    pub epoch: usize,
    /// Steps made.
    pub step: u64,
    /// Mean loss of its steps; none before the first.
    pub loss: Option<f64>,
    /// What was read off the representations, where it was due.
    pub measured: Option<Measurements>,
}

/// What [`crate::measure`] reads off an arm after an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measurements {
    /// Accuracy of a linear rule on test pictures.
    pub probe: Option<f64>,
    /// Accuracy of the nearest neighbours.
    pub neighbours: Option<f64>,
    /// E ‖u(x⁺) − u(x⁺⁺)‖² under crop, flip and colour distortion.
    pub alignment: Option<f64>,
    /// ln E exp(−2 ‖u(x) − u(x')‖²).
    pub uniformity: Option<f64>,
    /// Effective rank of the features.
    pub effective_rank: Option<f64>,
    /// Share of activations that are not zero.
    pub firing_density: Option<f64>,
    /// Mean chroma energy share of the first layer's filters.
    pub filter_chroma: Option<f64>,
    /// Share of filters on whitened patches that are single atoms of the cosine basis; other networks have none.
    pub cosine_atoms: Option<f64>,
}

/// One of them: everything that is said of it anywhere.
#[derive(Clone, Copy)]
pub struct Measurement {
    /// Its name in pictures and tables for people.
    pub title: &'static str,
    /// Its name, unit and meaning in `records.parquet`.
    pub column: Column,
    /// Its value.
    pub read: fn(&Measurements) -> Option<f64>,
    write: fn(&mut Measurements, Option<f64>),
}

macro_rules! measurement {
    ($field:ident, $title:literal, $unit:literal, $doc:literal) => {
        Measurement {
            title: $title,
            column: Column::new(stringify!($field), $unit, $doc),
            read: |measured| measured.$field,
            write: |measured, value| measured.$field = value,
        }
    };
}

/// What is read.
pub const MEASUREMENTS: [Measurement; 8] = [
    measurement!(probe, "linear probe", "accuracy", "Accuracy of a linear rule on test pictures."),
    measurement!(
        neighbours,
        "nearest neighbours",
        "accuracy",
        "Accuracy of the nearest neighbours on test pictures."
    ),
    measurement!(
        firing_density,
        "firing density",
        "share of activations",
        "Share of the last rectified layer's activations that are not zero."
    ),
    measurement!(
        alignment,
        "alignment",
        "squared distance",
        "Mean squared distance of two views' normalised features under crop, flip and colour distortion."
    ),
    measurement!(
        uniformity,
        "uniformity",
        "log potential",
        "Logarithm of the mean Gaussian potential of normalised features."
    ),
    measurement!(effective_rank, "effective rank", "directions", "Effective rank of the centred features."),
    measurement!(
        filter_chroma,
        "chroma of first-layer filters",
        "share of energy",
        "Mean share of the first layer's filters' energy that is colour."
    ),
    measurement!(
        cosine_atoms,
        "single atoms of the cosine basis",
        "share of filters",
        "Share of filters on whitened patches that are single atoms of the cosine basis; other networks have none."
    ),
];

/// The epoch, as a column.
const EPOCH: Column = Column::new("epoch", "epochs", "Epochs made.");
/// The loss, as a column.
pub(super) const LOSS: Column =
    Column::new("loss", "1", "Mean loss of the epoch's steps; not defined before the first.");

/// Writes the records of an arm, replacing what stands at `path`; what was not measured is NaN.
///
/// # Errors
/// If the disk refuses.
pub fn write(path: &Path, records: &[Record]) -> Result<(), StoreError> {
    let columns: Vec<Column> =
        [EPOCH, LOSS].into_iter().chain(MEASUREMENTS.iter().map(|measurement| measurement.column)).collect();
    let row = |record: &Record| {
        let measured = record.measured.unwrap_or_default();
        let own = [Some(record.epoch as f64), record.loss];
        let measurements = MEASUREMENTS.iter().map(|measurement| (measurement.read)(&measured));
        (record.step, own.into_iter().chain(measurements).map(|value| value.unwrap_or(f64::NAN)).collect())
    };
    store::write_records(path, &columns, &records.iter().map(row).collect::<Vec<_>>())
}

/// Reads the records of an arm.
///
/// # Errors
/// If the file is missing, damaged, or another table.
pub fn read(path: &Path) -> Result<Vec<Record>, StoreError> {
    let table = store::read_records(path)?;
    let column = |name: &str| {
        let found = table.column(name);
        found.ok_or_else(|| StoreError::content(path, format!("it has no column `{name}`")))
    };
    let (epochs, losses) = (column(EPOCH.name)?, column(LOSS.name)?);
    let measurements =
        MEASUREMENTS.iter().map(|measurement| Ok((measurement, column(measurement.column.name)?)));
    let measurements = measurements.collect::<Result<Vec<_>, StoreError>>()?;
    let finite = |value: f64| value.is_finite().then_some(value);
    let record = |(row, &step): (usize, &u64)| {
        let mut measured = Measurements::default();
        for (measurement, values) in &measurements {
            (measurement.write)(&mut measured, finite(values[row]));
        }
        let is_measured = measured != Measurements::default();
        Record {
            epoch: epochs[row] as usize,
            step,
            loss: finite(losses[row]),
            measured: is_measured.then_some(measured),
        }
    };
    Ok(table.steps.iter().enumerate().map(record).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.parquet");
        let mut measured = Measurements::default();
        for (i, measurement) in MEASUREMENTS.iter().enumerate() {
            (measurement.write)(&mut measured, (i != 7).then_some(0.5 + i as f64));
        }
        let records = [
            Record { epoch: 0, step: 0, loss: None, measured: Some(measured) },
            Record { epoch: 1, step: 7, loss: Some(2.5), measured: None },
        ];
        write(&path, &records).unwrap();
        assert_eq!(read(&path).unwrap(), records);
    }
}

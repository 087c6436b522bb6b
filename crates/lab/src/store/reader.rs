//! Reads the tables back: what plots, claims and reports start from. What stands in them is checked before
//! anybody counts or looks up by it: steps ascend, neurons are in order, atoms exist.

use super::{NEURONS_FILE, RECORDS_FILE, StoreError, guarded, open_table};
use bytes::Bytes;
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::{Neuron, Shape};
use parquet::basic::Type as Physical;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs;
use std::path::Path;

/// The table of recorded steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    /// Recorded steps, ascending.
    pub steps: Vec<u64>,
    /// Column by column in the order of the file: name, one value per recorded step; NaN: not defined.
    pub columns: Vec<(String, Vec<f64>)>,
}

impl Records {
    /// The column `name`.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, values)| &values[..])
    }
}

/// The table of neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Neurons {
    /// Recorded steps, ascending.
    pub steps: Vec<u64>,
    /// Column by column in the order of the file: name, recorded steps × m.
    pub columns: Vec<(String, Matrix)>,
}

impl Neurons {
    /// The column `name`, recorded steps × m.
    pub fn column(&self, name: &str) -> Option<&Matrix> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, values)| values)
    }

    /// Every neuron at the position `row` of `steps`, in the basis of the data. `None` where there is no such
    /// row, or where a column that it needs was not recorded.
    pub fn at(&self, row: usize) -> Option<Vec<Neuron>> {
        let values = |name: &str| self.column(name).filter(|of| row < of.rows()).map(|of| of.row(row));
        let (best, norm) = (values("best_atom")?, values("norm")?);
        let (first, second) = (values("alignment")?, values("second_alignment")?);
        let (sparse, dense) = (values("sparse_energy")?, values("dense_energy")?);
        let neuron = |i: usize| Neuron {
            best_atom: best[i] as usize,
            largest: f64::from(first[i]) * f64::from(norm[i]),
            second: f64::from(second[i]) * f64::from(norm[i]),
            sparse_energy: f64::from(sparse[i]),
            dense_energy: f64::from(dense[i]),
        };
        Some((0..best.len()).map(neuron).collect())
    }

    /// The first row and number of a column that counts atoms, but holds something else.
    fn misfit(&self, latent_dim: usize) -> Option<String> {
        let atoms = latent_dim as f32;
        let columns: [(&str, f32, &str); 2] =
            [("best_atom", atoms - 1.0, "an atom"), ("atom_count", atoms, "a number of atoms")];
        columns.iter().find_map(|&(name, last, what)| {
            let fits = |value: f32| value.fract() == 0.0 && (0.0..=last).contains(&value);
            let values = self.column(name)?;
            let (at, value) = values.as_slice().iter().enumerate().find(|(_, value)| !fits(**value))?;
            let (step, neuron) = (self.steps[at / values.cols()], at % values.cols());
            Some(format!(
                "`{name}` of neuron {neuron} at step {step} is {value}; {what} is a whole number from 0 to \
                 {last}"
            ))
        })
    }
}

/// Reads both tables of the arm in folder `arm`, which is of this shape.
///
/// # Errors
/// If a file is missing, cut short, or another table, or if they are not of the same arm.
pub fn read_tables(arm: &Path, shape: Shape) -> Result<(Records, Neurons), StoreError> {
    let path = arm.join(NEURONS_FILE);
    let (records, neurons) = (read_records(&arm.join(RECORDS_FILE))?, read_neurons(&path)?);
    if neurons.steps != records.steps {
        return Err(StoreError::content(&path, format!("its steps are not those of {RECORDS_FILE}")));
    }
    if let Some((_, values)) =
        neurons.columns.first().filter(|(_, v)| v.rows() > 0 && v.cols() != shape.width)
    {
        let problem = format!("it holds {} neurons, the settings ask for {}", values.cols(), shape.width);
        return Err(StoreError::content(&path, problem));
    }
    match neurons.misfit(shape.latent_dim) {
        Some(problem) => Err(StoreError::content(&path, problem)),
        None => Ok((records, neurons)),
    }
}

/// Reads a `records.parquet`.
///
/// # Errors
/// If the file is missing, cut short, or another table.
pub fn read_records(path: &Path) -> Result<Records, StoreError> {
    guard(path, || records(path))
}

fn records(path: &Path) -> Result<Records, StoreError> {
    let table = Table::open(path)?;
    let steps = table.column::<Int64Type>(0, "step")?;
    let names = table.names().into_iter().enumerate().skip(1);
    let columns = names.map(|(c, name)| Ok((name.clone(), table.column::<DoubleType>(c, &name)?)));
    Ok(Records { columns: columns.collect::<Result<_, StoreError>>()?, steps: ascending(path, &steps)? })
}

/// Reads a `neurons.parquet`.
///
/// # Errors
/// If the file is missing, cut short, or another table.
pub fn read_neurons(path: &Path) -> Result<Neurons, StoreError> {
    guard(path, || neurons(path))
}

fn neurons(path: &Path) -> Result<Neurons, StoreError> {
    let table = Table::open(path)?;
    let steps = table.column::<Int64Type>(0, "step")?;
    let neurons = table.column::<Int32Type>(1, "neuron")?;
    let width = neurons.iter().skip(1).position(|&i| i == 0).map_or(neurons.len(), |last| last + 1);
    let in_order = neurons.iter().enumerate().all(|(row, &i)| usize::try_from(i) == Ok(row % width));
    let together = steps.chunks(width.max(1)).all(|of_record| of_record.iter().all(|s| *s == of_record[0]));
    if !in_order || !together || (width > 0 && !neurons.len().is_multiple_of(width)) {
        return Err(StoreError::content(path, "its neurons are not in order"));
    }
    let records = neurons.len().checked_div(width).unwrap_or(0);
    let names = table.names().into_iter().enumerate().skip(2);
    let columns = names.map(|(c, name)| {
        let values = table.column::<FloatType>(c, &name)?;
        Ok((name, Matrix::from_vec(records, width, values)))
    });
    let columns = columns.collect::<Result<_, StoreError>>()?;
    let steps: Vec<i64> = steps.into_iter().step_by(width.max(1)).collect();
    Ok(Neurons { steps: ascending(path, &steps)?, columns })
}

/// Turns a panic of the library below into an error that names the file.
fn guard<T>(path: &Path, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    guarded(read)
        .unwrap_or_else(|problem| Err(StoreError::content(path, format!("it is damaged ({problem})"))))
}

/// The steps as they are counted.
fn ascending(path: &Path, steps: &[i64]) -> Result<Vec<u64>, StoreError> {
    let is_ascending = steps.first().is_none_or(|&first| first >= 0) && steps.is_sorted_by(|a, b| a < b);
    if !is_ascending {
        return Err(StoreError::content(path, "its steps do not ascend from 0 or more"));
    }
    Ok(steps.iter().map(|&step| step.cast_unsigned()).collect())
}

struct Table<'a> {
    path: &'a Path,
    file: SerializedFileReader<Bytes>,
}

impl<'a> Table<'a> {
    fn open(path: &'a Path) -> Result<Self, StoreError> {
        let bytes = fs::read(path).map_err(StoreError::io(path, "opened"))?;
        let file = open_table(Bytes::from(bytes)).map_err(StoreError::table(path, "read"))?;
        Ok(Self { path, file })
    }

    fn names(&self) -> Vec<String> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        schema.columns().iter().map(|column| column.name().to_owned()).collect()
    }

    /// Column `c`, which has to be called `name` and hold values of type `T`, over all row groups.
    fn column<T: DataType>(&self, c: usize, name: &str) -> Result<Vec<T::T>, StoreError> {
        let expected: Physical = T::get_physical_type();
        let schema = self.file.metadata().file_metadata().schema_descr();
        let found = schema.columns().get(c);
        let fits = |column: &parquet::schema::types::ColumnDescPtr| {
            column.name() == name && column.physical_type() == expected && column.max_def_level() == 0
        };
        if !found.is_some_and(fits) {
            let problem = format!("column {c} should be `{name}` of type {expected}, without nulls");
            return Err(StoreError::content(self.path, problem));
        }
        self.values::<T>(c).map_err(StoreError::table(self.path, "read"))
    }

    fn values<T: DataType>(&self, c: usize) -> ParquetResult<Vec<T::T>> {
        let mut values = Vec::new();
        for group in 0..self.file.num_row_groups() {
            let group = self.file.get_row_group(group)?;
            let rows = group.metadata().num_rows() as usize;
            let mut reader = get_typed_column_reader::<T>(group.get_column_reader(c)?);
            let end = values.len() + rows;
            while values.len() < end {
                let (read, ..) = reader.read_records(end - values.len(), None, None, &mut values)?;
                if read == 0 {
                    let problem = format!("column {c} ends {} values early", end - values.len());
                    return Err(parquet::errors::ParquetError::EOF(problem));
                }
            }
        }
        Ok(values)
    }
}

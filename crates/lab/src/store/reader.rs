//! Reads the tables back: what plots, claims and reports start from.

use super::{StoreError, guarded, open_table};
use bytes::Bytes;
use featurescope_sim::math::Matrix;
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
    Ok(Records { columns: columns.collect::<Result<_, StoreError>>()?, steps: unsigned(&steps) })
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
    let width = neurons.iter().max().map_or(0, |&last| last as usize + 1);
    let in_order = neurons.iter().enumerate().all(|(row, &i)| i as usize == row % width);
    if !in_order || (width > 0 && !neurons.len().is_multiple_of(width)) {
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
    Ok(Neurons { steps: unsigned(&steps), columns })
}

/// Turns a panic of the library below into an error that names the file.
fn guard<T>(path: &Path, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    guarded(read)
        .unwrap_or_else(|problem| Err(StoreError::content(path, format!("it is damaged ({problem})"))))
}

fn unsigned(steps: &[i64]) -> Vec<u64> {
    steps.iter().map(|&step| step.cast_unsigned()).collect()
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

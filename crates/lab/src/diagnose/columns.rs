//! Reading a matrix or a vector from .parquet: every numeric column is one neuron, or one column of lists of equal
//! length is the whole representation.
//!
//! Missing values are refused. Values are read as they come, and no more of them than a file of this size can hold
//! honestly.

use super::Source;
use super::arrays::{Array, ArrayError, entries};
use super::formats::{Context, choose};
use crate::store::{guarded, open_table};
use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{FileReader, SerializedFileReader};

/// Name under which all plain numeric columns together are one array.
const ALL: &str = "all numeric columns";
/// Values read at a time.
const CHUNK: usize = 65_536;
/// Values per byte of the file beyond which it is taken for an attempt to fill the memory.
const MOST_VALUES_PER_BYTE: usize = 64;

/// A leaf column.
struct Leaf {
    index: usize,
    name: String,
    is_list: bool,
    physical: Physical,
}

/// Loads the array that was named, or the one that fits.
pub(super) fn parquet(
    context: &Context<'_>,
    source: &Source,
    bytes: &[u8],
    rank: usize,
) -> Result<Array, ArrayError> {
    let damaged = |problem| Err(context.damaged(format!("it is damaged ({problem})")));
    guarded(|| load(context, source, bytes, rank)).unwrap_or_else(damaged)
}

fn load(context: &Context<'_>, source: &Source, bytes: &[u8], rank: usize) -> Result<Array, ArrayError> {
    let damaged = |error: parquet::errors::ParquetError| {
        context.damaged(format!("it is cut short or no Parquet file that this program reads ({error})"))
    };
    let file = open_table(bytes.to_vec()).map_err(damaged)?;
    let rows = usize::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(usize::MAX);
    let leaves = numeric_leaves(&file);
    let plain: Vec<&Leaf> = leaves.iter().filter(|leaf| !leaf.is_list).collect();
    let most = bytes.len().saturating_mul(MOST_VALUES_PER_BYTE);
    let is_too_much = |count: Option<usize>| count.is_none_or(|count| count > most);
    if is_too_much(entries(&[rows, plain.len().max(1)])) {
        return Err(context.damaged(format!("it claims {rows} rows in {} bytes", bytes.len())));
    }
    // Lists stand with the shape rows × ?: their length shows when they are read.
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    if rank == 2 && !plain.is_empty() {
        found.push((ALL.to_owned(), vec![rows, plain.len()]));
    }
    found.extend(
        leaves.iter().map(|leaf| (leaf.name.clone(), if leaf.is_list { vec![rows, 0] } else { vec![rows] })),
    );
    let asked = source.array.as_deref();
    let lists = leaves.iter().filter(|leaf| leaf.is_list).count();
    let asked =
        if asked.is_none() && rank == 2 && lists == 0 && !plain.is_empty() { Some(ALL) } else { asked };
    let chosen = choose(context, asked, &found, rank)?;
    let name = found[chosen].0.clone();
    let read = |leaf: &Leaf| {
        read_leaf(&file, leaf, most).map_err(|error| match error {
            LeafError::Parquet(error) => damaged(error),
            LeafError::Content(problem) => context.damaged(format!("array `{}`: {problem}", leaf.name)),
        })
    };
    let (shape, values) = if name == ALL {
        let columns: Vec<Vec<f64>> =
            plain.iter().map(|leaf| read(leaf).map(|column| column.values)).collect::<Result<_, _>>()?;
        if let Some(short) = columns.iter().position(|column| column.len() != rows) {
            return Err(context.damaged(format!(
                "column `{}` has {} of {rows} values",
                plain[short].name,
                columns[short].len()
            )));
        }
        let values = (0..rows).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
        (vec![rows, columns.len()], values)
    } else {
        let Some(leaf) = leaves.iter().find(|leaf| leaf.name == name) else {
            return Err(context.damaged(format!("there is no column `{name}`")));
        };
        let column = read(leaf)?;
        let shape = if leaf.is_list { vec![rows, column.length] } else { vec![rows] };
        if entries(&shape) != Some(column.values.len()) {
            return Err(
                context.damaged(format!("array `{name}`: {} values for {rows} rows", column.values.len()))
            );
        }
        (shape, column.values)
    };
    Ok(Array { path: context.path.to_path_buf(), name, shape, values })
}

fn numeric_leaves(file: &SerializedFileReader<Bytes>) -> Vec<Leaf> {
    let schema = file.metadata().file_metadata().schema_descr();
    let leaf = |(index, column): (usize, &parquet::schema::types::ColumnDescPtr)| {
        let physical = column.physical_type();
        let is_number =
            matches!(physical, Physical::FLOAT | Physical::DOUBLE | Physical::INT32 | Physical::INT64);
        let levels = column.max_rep_level();
        // A list's leaf is called `name.list.element` or the like: its column is the first part.
        let name = column.path().parts().first().cloned().unwrap_or_default();
        (is_number && levels <= 1).then_some(Leaf { index, name, is_list: levels == 1, physical })
    };
    schema.columns().iter().enumerate().filter_map(leaf).collect()
}

enum LeafError {
    Parquet(parquet::errors::ParquetError),
    Content(String),
}

struct ColumnValues {
    values: Vec<f64>,
    /// Length of every list; 1 without lists.
    length: usize,
}

fn read_leaf(
    file: &SerializedFileReader<Bytes>,
    leaf: &Leaf,
    most: usize,
) -> Result<ColumnValues, LeafError> {
    let read = match leaf.physical {
        Physical::FLOAT => read_typed::<FloatType>(file, leaf.index, most, f64::from),
        Physical::DOUBLE => read_typed::<DoubleType>(file, leaf.index, most, |v| v),
        Physical::INT32 => read_typed::<Int32Type>(file, leaf.index, most, f64::from),
        _ => read_typed::<Int64Type>(file, leaf.index, most, |v| v as f64),
    };
    let Typed { values, definition, repetition, full } = read.map_err(LeafError::Parquet)?;
    if values.len() > most {
        return Err(LeafError::Content("it grows far beyond what a file of this size holds".to_owned()));
    }
    if definition.iter().any(|&level| level != full) {
        return Err(LeafError::Content("it has missing values or empty lists".to_owned()));
    }
    if !leaf.is_list {
        return Ok(ColumnValues { values, length: 1 });
    }
    let starts: Vec<usize> = (0..repetition.len()).filter(|&at| repetition[at] == 0).collect();
    let ends = starts.iter().skip(1).copied().chain([repetition.len()]);
    let lengths: Vec<usize> = starts.iter().zip(ends).map(|(start, end)| end - start).collect();
    let length = lengths.first().copied().unwrap_or(0);
    match lengths.iter().position(|&other| other != length) {
        None => Ok(ColumnValues { values, length }),
        Some(row) => Err(LeafError::Content(format!(
            "its lists should all be as long as the first, {length}; that of row {row} has {}",
            lengths[row]
        ))),
    }
}

/// Values with their levels.
struct Typed {
    values: Vec<f64>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    full: i16,
}

fn read_typed<T: DataType>(
    file: &SerializedFileReader<Bytes>,
    index: usize,
    most: usize,
    convert: impl Fn(T::T) -> f64,
) -> ParquetResult<Typed> {
    let column = file.metadata().file_metadata().schema_descr().column(index);
    let mut all = Typed {
        values: Vec::new(),
        definition: Vec::new(),
        repetition: Vec::new(),
        full: column.max_def_level(),
    };
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group)?;
        let mut reader = get_typed_column_reader::<T>(group.get_column_reader(index)?);
        loop {
            let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
            let read =
                reader.read_records(CHUNK, Some(&mut definition), Some(&mut repetition), &mut values)?;
            all.values.extend(values.into_iter().map(&convert));
            all.definition.extend(definition);
            all.repetition.extend(repetition);
            if read.0 == 0 || all.values.len() > most {
                break;
            }
        }
    }
    Ok(all)
}

//! Tables in .parquet: what each column holds, and reading rows of one.
//!
//! A column of numbers is one value per row or a list per row. What a column *means* stands in its logical
//! type: a date is stored as a whole number and is none. Rows that are not used are skipped, whole pages of
//! them without being unpacked.

use super::Content;
use super::element::Entry;
use crate::store::open_table;
use half::f16;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, Type};
use std::fs::File;

/// Records read at a time.
const BATCH: usize = 65_536;
/// Values per byte of the file beyond which it is taken for an attempt to fill the memory.
const MOST_VALUES_PER_BYTE: u64 = 64;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Floating-point numbers of so many bytes.
    Real(usize),
    /// Whole numbers, stored in words that may have to be read without their sign.
    Whole {
        /// Whether the highest bit is a sign.
        is_signed: bool,
    },
    /// Truth values.
    Boolean,
    /// Text.
    Text,
    /// Something that is neither number nor text, in words: `dates`.
    Other(&'static str),
}

/// How many values a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// One.
    One,
    /// A list of this length.
    Lists(usize),
    /// Lists of several lengths.
    UnevenLists,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; of a field of a structure the names on the way, with dots.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// How many a row has.
    pub cells: Cells,
    /// Whether the file says that it numbers the rows.
    pub is_index: bool,
    leaf: usize,
}

/// A table that is open.
pub struct Table {
    file: SerializedFileReader<File>,
    /// Rows.
    pub rows: usize,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    most: u64,
}

/// Why a column cannot be read.
pub(super) enum ColumnError {
    /// The file is damaged.
    Damaged(ParquetError),
    /// What it holds cannot be used.
    Content(String),
}

impl From<ParquetError> for ColumnError {
    fn from(error: ParquetError) -> Self {
        Self::Damaged(error)
    }
}

impl Table {
    /// Reads what the file says about itself.
    pub(super) fn open(file: File, bytes: u64) -> ParquetResult<Self> {
        let file = open_table(file)?;
        let metadata = file.metadata().file_metadata();
        let rows = usize::try_from(metadata.num_rows())
            .map_err(|_| ParquetError::General("a negative number of rows".to_owned()))?;
        let counted: i128 =
            file.metadata().row_groups().iter().map(|group| i128::from(group.num_rows())).sum();
        if counted != rows as i128 {
            let problem = format!("it says {rows} rows, and its parts have {counted}");
            return Err(ParquetError::General(problem));
        }
        let most = bytes.saturating_mul(MOST_VALUES_PER_BYTE);
        let named = index_columns(&file);
        let schema = metadata.schema_descr();
        let column = |(leaf, column): (usize, &parquet::schema::types::ColumnDescPtr)| {
            let (name, is_plain) = name_of(column, schema.get_column_root(leaf));
            let groups = file.metadata().row_groups().iter();
            let values: i128 = groups.map(|group| i128::from(group.column(leaf).num_values())).sum();
            let cells = match (column.max_rep_level(), usize::try_from(values)) {
                (0, _) => Cells::One,
                (_, Ok(values)) if rows > 0 && values % rows == 0 && values as u64 <= most => {
                    Cells::Lists(values / rows)
                }
                _ => Cells::UnevenLists,
            };
            let kind = match column.max_rep_level() {
                0 | 1 if is_plain => kind_of(column),
                0 | 1 => ColumnKind::Other("maps"),
                _ => ColumnKind::Other("lists of lists"),
            };
            let is_index = named.contains(&name) || is_index_level(&name);
            Column { name, kind, cells, is_index, leaf }
        };
        let columns = schema.columns().iter().enumerate().map(column).collect();
        Ok(Self { file, rows, columns, most })
    }

    /// Hands the values of these rows (ascending) of a column to `take`, each with the place of its row among
    /// `rows`. A missing value is `None`, and so is an empty or missing list.
    pub(super) fn visit(
        &self,
        column: &Column,
        rows: &[usize],
        mut take: impl FnMut(usize, Option<Entry>) -> Result<(), String>,
    ) -> Result<(), ColumnError> {
        let leaf = self.file.metadata().file_metadata().schema_descr().column(column.leaf);
        match (column.kind, leaf.physical_type()) {
            (ColumnKind::Real(_), Physical::FLOAT) => {
                self.read::<FloatType>(column, rows, &mut take, |&v| Entry::Real(f64::from(v)))
            }
            (ColumnKind::Real(_), Physical::DOUBLE) => {
                self.read::<DoubleType>(column, rows, &mut take, |&v| Entry::Real(v))
            }
            (ColumnKind::Real(_), Physical::FIXED_LEN_BYTE_ARRAY) => {
                let half = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]).to_f64();
                self.read::<FixedLenByteArrayType>(column, rows, &mut take, |v| Entry::Real(half(v.data())))
            }
            (ColumnKind::Whole { is_signed: true }, Physical::INT32) => {
                self.read::<Int32Type>(column, rows, &mut take, |&v| Entry::Whole(v.into()))
            }
            (ColumnKind::Whole { is_signed: false }, Physical::INT32) => {
                self.read::<Int32Type>(column, rows, &mut take, |&v| Entry::Whole(v.cast_unsigned().into()))
            }
            (ColumnKind::Whole { is_signed: true }, Physical::INT64) => {
                self.read::<Int64Type>(column, rows, &mut take, |&v| Entry::Whole(v.into()))
            }
            (ColumnKind::Whole { is_signed: false }, Physical::INT64) => {
                self.read::<Int64Type>(column, rows, &mut take, |&v| Entry::Whole(v.cast_unsigned().into()))
            }
            (ColumnKind::Boolean, _) => {
                self.read::<BoolType>(column, rows, &mut take, |&v| Entry::Whole(v.into()))
            }
            (ColumnKind::Text, _) => {
                let text = |bytes: &[u8]| Entry::Text(String::from_utf8_lossy(bytes).into_owned());
                self.read::<ByteArrayType>(column, rows, &mut take, |v| text(v.data()))
            }
            (kind, _) => Err(ColumnError::Content(format!("it holds {}, which are not read", kind.word()))),
        }
    }

    fn read<T: DataType>(
        &self,
        column: &Column,
        rows: &[usize],
        take: &mut dyn FnMut(usize, Option<Entry>) -> Result<(), String>,
        entry: impl Fn(&T::T) -> Entry,
    ) -> Result<(), ColumnError> {
        let full = self.file.metadata().file_metadata().schema_descr().column(column.leaf).max_def_level();
        let is_list = column.cells != Cells::One;
        let (mut seen, mut place, mut first) = (0u64, 0, 0);
        for group in 0..self.file.num_row_groups() {
            let group = self.file.get_row_group(group)?;
            let end = first + usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let inside = rows[place..].partition_point(|&row| row < end);
            let wanted = &rows[place..place + inside];
            if !wanted.is_empty() {
                let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column.leaf)?);
                let mut position = first;
                for run in runs(wanted) {
                    let start = wanted[run.start];
                    let skipped = reader.skip_records(start - position)?;
                    let (mut values, mut present, mut begins) = (Vec::new(), Vec::new(), Vec::new());
                    let (read, _, levels) =
                        reader.read_records(run.len(), Some(&mut present), Some(&mut begins), &mut values)?;
                    seen = seen.saturating_add(levels as u64);
                    if skipped != start - position || read != run.len() {
                        return Err(ColumnError::Content(format!(
                            "it ends before row {}",
                            start + run.len()
                        )));
                    }
                    if seen > self.most {
                        let problem = "it grows far beyond what a file of this size holds";
                        return Err(ColumnError::Content(problem.to_owned()));
                    }
                    position = start + run.len();
                    let mut values = values.iter();
                    let mut at = place + run.start;
                    for level in 0..levels {
                        at += usize::from(level > 0 && (!is_list || begins[level] == 0));
                        let value = if full == 0 || present[level] == full { values.next() } else { None };
                        take(at, value.map(&entry)).map_err(ColumnError::Content)?;
                    }
                }
            }
            place += inside;
            first = end;
        }
        if place == rows.len() { Ok(()) } else { Err(ColumnError::Content("it ends early".to_owned())) }
    }
}

impl ColumnKind {
    /// What it can be used for.
    pub fn content(self) -> Content {
        match self {
            Self::Real(_) => Content::Reals,
            Self::Whole { .. } | Self::Boolean => Content::Wholes,
            Self::Text => Content::Text,
            Self::Other(_) => Content::Other,
        }
    }

    /// What the values are, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Real(2) => "half-precision numbers",
            Self::Real(4) => "single-precision numbers",
            Self::Real(_) => "double-precision numbers",
            Self::Whole { .. } => "whole numbers",
            Self::Boolean => "truth values",
            Self::Text => "text",
            Self::Other(word) => word,
        }
    }
}

/// Neighbouring rows, at most [`BATCH`] at a time, as ranges of positions.
fn runs(rows: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, &row) in rows.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if rows[run.end - 1] + 1 == row && run.len() < BATCH => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// The column's name without the layers that make it a list, and whether it is a value or a list and no part
/// of a map.
fn name_of(column: &ColumnDescriptor, root: &Type) -> (String, bool) {
    let parts = column.path().parts();
    let mut is_plain = true;
    let mut node = root;
    let mut named = parts.len();
    for depth in 0..parts.len() {
        let info = node.get_basic_info();
        let is_map = info.logical_type_ref() == Some(&LogicalType::Map)
            || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
        is_plain &= !is_map;
        let is_repeated = info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED;
        if is_repeated {
            // A list is a named group around a repeated one; without a group around it the repeated field is
            // the list.
            named = depth.max(1);
            break;
        }
        let Some(next) = parts.get(depth + 1).filter(|_| node.is_group()) else { break };
        let Some(child) = node.get_fields().iter().find(|field| field.name() == next) else { break };
        node = child;
    }
    (parts[..named].join("."), is_plain)
}

fn kind_of(column: &ColumnDescriptor) -> ColumnKind {
    let physical = column.physical_type();
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(_)), _) | (_, ConvertedType::DECIMAL) => ColumnKind::Other("decimals"),
        (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => ColumnKind::Other("dates"),
        (Some(LogicalType::Time(_)), _) | (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => {
            ColumnKind::Other("times of day")
        }
        (Some(LogicalType::Timestamp(_)), _)
        | (_, ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS) => {
            ColumnKind::Other("points in time")
        }
        (_, ConvertedType::INTERVAL) => ColumnKind::Other("spans of time"),
        (Some(LogicalType::Float16), _) if column.type_length() == 2 => ColumnKind::Real(2),
        (Some(LogicalType::Integer(integer)), _) => ColumnKind::Whole { is_signed: integer.is_signed },
        (
            None,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64,
        ) => ColumnKind::Whole { is_signed: false },
        (None | Some(LogicalType::String | LogicalType::Enum), _) => match physical {
            Physical::FLOAT => ColumnKind::Real(4),
            Physical::DOUBLE => ColumnKind::Real(8),
            Physical::INT32 | Physical::INT64 => ColumnKind::Whole { is_signed: true },
            Physical::BOOLEAN => ColumnKind::Boolean,
            Physical::BYTE_ARRAY => ColumnKind::Text,
            Physical::INT96 => ColumnKind::Other("points in time"),
            Physical::FIXED_LEN_BYTE_ARRAY => ColumnKind::Other("bytes"),
        },
        (Some(LogicalType::Uuid), _) => ColumnKind::Other("identifiers (UUID)"),
        _ => ColumnKind::Other("values of another kind"),
    }
}

/// The columns that pandas wrote its index to, from the file's metadata.
fn index_columns(file: &SerializedFileReader<File>) -> Vec<String> {
    let metadata = file.metadata().file_metadata().key_value_metadata();
    let text =
        metadata.into_iter().flatten().find(|pair| pair.key == "pandas").and_then(|pair| pair.value.clone());
    let Some(text) = text else { return Vec::new() };
    let Ok(pandas) = serde_json::from_str::<serde_json::Value>(&text) else { return Vec::new() };
    // An index that is a range is no column: it is described here by an object instead of a name.
    let names = pandas["index_columns"].as_array().into_iter().flatten();
    names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// The name that pandas and Arrow give to an index without a name.
fn is_index_level(name: &str) -> bool {
    let level = name.strip_prefix("__index_level_").and_then(|rest| rest.strip_suffix("__"));
    level.is_some_and(|level| !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_rows_are_read_at_once() {
        assert_eq!(runs(&[0, 1, 2, 5, 7, 8]), [0..3, 3..4, 4..6]);
        assert_eq!(runs(&(0..70_000).collect::<Vec<_>>()), [0..65_536, 65_536..70_000]);
        assert!(runs(&[]).is_empty());
        assert!(is_index_level("__index_level_12__"));
        assert!(!is_index_level("__index_level___") && !is_index_level("index_level_0"));
    }
}

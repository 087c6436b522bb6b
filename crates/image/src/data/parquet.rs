//! Hugging Face's picture tables: a struct `img` or `image` with the encoded picture in `bytes`, and an integer `label`.
//!
//! Class names come from the table's metadata (`huggingface`: `info.features.label.names`) where it has them, else they
//! are the labels. Row groups are read on all threads, then pictures are decoded on all threads.

use super::ImageSet;
use super::rows::{CommonSize, Origin, append_decoded, check_label};
use crate::error::DataError;
use bytes::Bytes;
use featurescope_lab::store::{guarded, open_table};
use featurescope_sim::math::parallel::for_each_piece;
use parquet::basic::Type as Physical;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{AsBytes, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::path::{Path, PathBuf};

const EXPECTED: &str =
    "a column `img` or `image` of structs with the encoded picture in `bytes`, and an integer column `label`";
/// Names under which Hugging Face's sets keep the class.
const LABELS: [&str; 4] = ["label", "labels", "fine_label", "fine_labels"];
/// Rows per byte of a file, and decoded bytes per byte, beyond which it is taken for an attempt to fill the memory:
/// dictionary pages could repeat one picture for ever.
const MOST_ROWS_PER_BYTE: usize = 64;
const MOST_EXPANSION: usize = 1032;
/// Rows read at a time.
const CHUNK: usize = 1024;

/// The columns that matter.
#[derive(Clone, Copy)]
struct Columns {
    bytes: usize,
    label: usize,
    label_is_wide: bool,
}

/// Encoded pictures and labels as they are stored, in the order of the file.
struct Stored {
    bytes: Vec<ByteArray>,
    labels: Vec<i64>,
}

/// Reads tables of the same set, one after the other.
pub(super) fn read(paths: &[PathBuf]) -> Result<ImageSet, DataError> {
    let mut set = ImageSet::default();
    let mut size: Option<CommonSize> = None;
    let mut named: Option<Vec<String>> = None;
    for path in paths {
        let length = std::fs::metadata(path).map_err(|source| DataError::unreadable(path, source))?.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let file = open(path)?;
        let columns = columns(path, &file)?;
        if let Some(names) = class_names(&file, columns) {
            match &named {
                None => named = Some(names),
                Some(known) if *known != names => {
                    let problem = format!("its classes are {}", names.join(", "));
                    return Err(DataError::damaged(
                        path,
                        problem,
                        format!("those of {}", paths[0].display()),
                    ));
                }
                Some(_) => {}
            }
        }
        let stored = stored(path, &file, columns, length)?;
        append(&mut set, &mut size, path, length, &stored, named.as_deref())?;
    }
    let Some(size) = size else {
        let path = paths.first().cloned().unwrap_or_default();
        return Err(DataError::damaged(&path, "there is no row", "at least one picture"));
    };
    (set.width, set.height) = (size.width, size.height);
    set.classes = named.unwrap_or_else(|| {
        let count = set.labels.iter().max().map_or(0, |label| label + 1);
        (0..count).map(|label| label.to_string()).collect()
    });
    Ok(set)
}

/// Decodes the pictures of one table behind those that are there.
fn append(
    set: &mut ImageSet,
    size: &mut Option<CommonSize>,
    path: &Path,
    length: usize,
    stored: &Stored,
    classes: Option<&[String]>,
) -> Result<(), DataError> {
    for (row, &label) in stored.labels.iter().enumerate() {
        let label = match classes {
            Some(classes) => check_label(path, row, label, classes)?,
            // Labels without names: one more than the largest is the number of classes, and it has to be plausible.
            None => match u32::try_from(label) {
                Ok(label) if (label as usize) < length => label,
                _ => {
                    let problem = format!("the label is {label}");
                    return Err(DataError::row(path, row, problem, "the number of a class, from 0"));
                }
            },
        };
        set.labels.push(label);
    }
    let Some(first) = stored.bytes.first() else { return Ok(()) };
    let size = match size {
        Some(size) => size,
        None => size.insert(CommonSize::of(&Origin { path, row: 0 }, first.as_bytes())?),
    };
    let decoded = stored.bytes.len().saturating_mul(size.width * size.height * 3);
    if decoded > length.saturating_mul(MOST_EXPANSION) {
        let problem = format!("it claims {decoded} bytes of pictures in {length} bytes");
        return Err(DataError::damaged(path, problem, "at most a thousand times its length"));
    }
    append_decoded(set, size, stored.bytes.len(), |row| {
        (Origin { path, row }, Ok::<_, DataError>(stored.bytes[row].as_bytes()))
    })
}

fn damaged(path: &Path, error: &impl std::fmt::Display) -> DataError {
    DataError::damaged(
        path,
        format!("it is cut short or no Parquet file that this program reads ({error})"),
        EXPECTED,
    )
}

/// The whole file in memory, whose pages have been looked through.
fn open(path: &Path) -> Result<SerializedFileReader<Bytes>, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::unreadable(path, source))?;
    match guarded(|| open_table(Bytes::from(bytes))) {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(error)) => Err(damaged(path, &error)),
        Err(panic) => Err(damaged(path, &panic)),
    }
}

fn columns(path: &Path, file: &SerializedFileReader<Bytes>) -> Result<Columns, DataError> {
    let schema = file.metadata().file_metadata().schema_descr();
    let leaves: Vec<(String, Physical, bool)> = (schema.columns().iter())
        .map(|leaf| (leaf.path().string(), leaf.physical_type(), leaf.max_rep_level() > 0))
        .collect();
    let is_integer = |kind: Physical| matches!(kind, Physical::INT32 | Physical::INT64);
    let bytes = leaves.iter().position(|(name, kind, is_list)| {
        matches!(name.as_str(), "img.bytes" | "image.bytes") && *kind == Physical::BYTE_ARRAY && !is_list
    });
    let label = LABELS.iter().find_map(|wanted| {
        leaves.iter().position(|(name, kind, is_list)| name == wanted && is_integer(*kind) && !is_list)
    });
    let (Some(bytes), Some(label)) = (bytes, label) else {
        let names: Vec<&str> = leaves.iter().take(20).map(|(name, ..)| name.as_str()).collect();
        return Err(DataError::damaged(path, format!("its columns are {}", names.join(", ")), EXPECTED));
    };
    Ok(Columns { bytes, label, label_is_wide: leaves[label].1 == Physical::INT64 })
}

/// `info.features.<label column>.names` of the metadata that Hugging Face's `datasets` writes.
fn class_names(file: &SerializedFileReader<Bytes>, columns: Columns) -> Option<Vec<String>> {
    let metadata = file.metadata().file_metadata();
    let column = metadata.schema_descr().column(columns.label).path().string();
    let stored = metadata.key_value_metadata()?.iter().find(|entry| entry.key == "huggingface")?;
    let parsed: serde_json::Value = serde_json::from_str(stored.value.as_deref()?).ok()?;
    let names = parsed.get("info")?.get("features")?.get(column)?.get("names")?.as_array()?;
    names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Both columns of all row groups.
fn stored(
    path: &Path,
    file: &SerializedFileReader<Bytes>,
    columns: Columns,
    length: usize,
) -> Result<Stored, DataError> {
    let rows = usize::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(usize::MAX);
    if rows > length.saturating_mul(MOST_ROWS_PER_BYTE) {
        return Err(DataError::damaged(path, format!("it claims {rows} rows in {length} bytes"), EXPECTED));
    }
    let mut groups: Vec<Option<Result<Group, DataError>>> = Vec::new();
    groups.resize_with(file.num_row_groups(), || None);
    for_each_piece(groups.iter_mut().enumerate(), |(number, slot)| {
        let read = guarded(|| group(path, file, columns, number, rows));
        *slot = Some(read.unwrap_or_else(|panic| Err(damaged(path, &panic))));
    });
    let mut all = Stored { bytes: Vec::new(), labels: Vec::new() };
    for group in groups.into_iter().flatten() {
        let group = group?;
        let first = all.labels.len();
        let (pictures, labels) = (group.bytes.present.len(), group.labels.present.len());
        if pictures != labels {
            let problem = format!("a row group has {pictures} pictures and {labels} labels");
            return Err(DataError::damaged(path, problem, EXPECTED));
        }
        let missing = (0..labels).find(|&row| !(group.bytes.present[row] && group.labels.present[row]));
        if let Some(row) = missing {
            let what = if group.bytes.present[row] { "label" } else { "picture" };
            let expected = "the bytes of a picture (not only its path) and a label in every row";
            return Err(DataError::row(path, first + row, format!("there is no {what}"), expected));
        }
        all.bytes.extend(group.bytes.values);
        all.labels.extend(group.labels.values);
    }
    if all.labels.len() != rows {
        let problem = format!("it claims {rows} rows and has {}", all.labels.len());
        return Err(DataError::damaged(path, problem, EXPECTED));
    }
    Ok(all)
}

/// Both columns of one row group.
struct Group {
    bytes: Flat<ByteArray>,
    labels: Flat<i64>,
}

/// A column without lists: its values, and for every row whether it has one.
struct Flat<T> {
    values: Vec<T>,
    present: Vec<bool>,
}

fn group(
    path: &Path,
    file: &SerializedFileReader<Bytes>,
    columns: Columns,
    number: usize,
    most_rows: usize,
) -> Result<Group, DataError> {
    let read = |error: ParquetError| damaged(path, &error);
    let bytes = flat::<ByteArrayType, _>(file, number, columns.bytes, most_rows, |v| v).map_err(read)?;
    let labels = if columns.label_is_wide {
        flat::<Int64Type, _>(file, number, columns.label, most_rows, |v| v)
    } else {
        flat::<Int32Type, _>(file, number, columns.label, most_rows, i64::from)
    };
    Ok(Group { bytes, labels: labels.map_err(read)? })
}

fn flat<T: DataType, V>(
    file: &SerializedFileReader<Bytes>,
    group: usize,
    column: usize,
    most_rows: usize,
    convert: impl Fn(T::T) -> V,
) -> Result<Flat<V>, ParquetError> {
    let full = file.metadata().file_metadata().schema_descr().column(column).max_def_level();
    let group = file.get_row_group(group)?;
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column)?);
    let mut flat = Flat { values: Vec::new(), present: Vec::new() };
    loop {
        let (mut values, mut definition) = (Vec::new(), Vec::new());
        let (records, ..) = reader.read_records(CHUNK, Some(&mut definition), None, &mut values)?;
        if full == 0 {
            definition = vec![0; records];
        }
        flat.values.extend(values.into_iter().map(&convert));
        flat.present.extend(definition.iter().map(|&level| level == full));
        if records == 0 {
            return Ok(flat);
        }
        if flat.present.len() > most_rows {
            return Err(ParquetError::General("a row group has more rows than the file claims".to_owned()));
        }
    }
}

//! Well-formed files with odd contents. Behind compression and checksums a flipped bit seldom makes a number
//! that is negative, huge or none, a table without a column, or a tensor of another shape; here they are
//! written as the program itself would.

use bytes::Bytes;
use parquet::basic::{Repetition, Type as Physical};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Numbers that a reader may not expect.
const ODD: [f64; 16] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -1.0,
    -0.0,
    0.0,
    0.5,
    1.0,
    7.0,
    1e9,
    2_147_483_648.0,
    9_007_199_254_740_993.0,
    1e38,
    -1e38,
    1e300,
    f64::MIN_POSITIVE,
];

/// What the bytes of an input choose, two at a time.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    /// A number below `below`; 0 when the bytes have been used up.
    pub fn next(&mut self, below: usize) -> usize {
        let (head, rest) = self.0.split_at(self.0.len().min(2));
        self.0 = rest;
        head.iter().fold(0, |number, &byte| 256 * number + usize::from(byte)) % below.max(1)
    }

    fn odd(&mut self) -> f64 {
        ODD[self.next(ODD.len())]
    }
}

/// The file `name` with one to three changes; `None` where no change can be written down.
pub fn changed(name: &str, content: &[u8], choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let changes = 1 + choices.next(3);
    match Path::new(name).extension()?.to_str()? {
        "parquet" => {
            let mut table = Table::read(content);
            (0..changes).for_each(|_| table.change(choices));
            Some(table.write())
        }
        "safetensors" => {
            let mut arrays = Arrays::read(content);
            (0..changes).for_each(|_| arrays.change(choices));
            arrays.write()
        }
        "json" => {
            let mut value: Value = serde_json::from_slice(content).ok()?;
            (0..changes).for_each(|_| change_value(&mut value, choices));
            serde_json::to_vec(&value).ok()
        }
        "toml" => {
            let mut value: Value = toml::from_str(std::str::from_utf8(content).ok()?).ok()?;
            (0..changes).for_each(|_| change_value(&mut value, choices));
            toml::to_string(&value).ok().map(String::into_bytes)
        }
        _ => None,
    }
}

/// Replaces one node of a tree, or takes it away.
fn change_value(root: &mut Value, choices: &mut Choices<'_>) {
    let mut place = choices.next(count(root));
    let new = match choices.next(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(""),
        3 => json!("NaN"),
        4 => json!([]),
        5 => json!({}),
        6 => json!(u64::MAX),
        7 => json!(i64::MIN),
        8 => json!([1, "two", null]),
        _ => json!(choices.odd()),
    };
    let takes_away = choices.next(4) == 0;
    replace(root, &mut place, &new, takes_away);
}

/// Nodes of a tree.
fn count(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    };
    1 + inside
}

/// Counts down to the node in question; true when it was found.
fn replace(value: &mut Value, place: &mut usize, new: &Value, takes_away: bool) -> bool {
    if *place == 0 {
        value.clone_from(new);
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(items) => {
            let found = items.iter_mut().position(|item| replace(item, place, new, takes_away));
            if takes_away && let Some(at) = found.filter(|&at| items[at] == *new) {
                items.remove(at);
            }
            found.is_some()
        }
        Value::Object(map) => {
            let found = map.iter_mut().find_map(|(key, item)| {
                replace(item, place, new, takes_away).then(|| (key.clone(), item == new))
            });
            if let Some((key, _)) = found.as_ref().filter(|(_, is_here)| takes_away && *is_here) {
                map.remove(key);
            }
            found.is_some()
        }
        _ => false,
    }
}

enum Column {
    Long(Vec<i64>),
    Int(Vec<i32>),
    Double(Vec<f64>),
    Float(Vec<f32>),
}

/// A whole table of plain columns.
struct Table(Vec<(String, Column)>);

impl Table {
    fn read(content: &[u8]) -> Self {
        let file = SerializedFileReader::new(Bytes::copy_from_slice(content)).unwrap();
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let column = |(c, column): (usize, &parquet::schema::types::ColumnDescPtr)| {
            let values = match column.physical_type() {
                Physical::INT64 => Column::Long(values::<Int64Type>(&file, c)),
                Physical::INT32 => Column::Int(values::<Int32Type>(&file, c)),
                Physical::DOUBLE => Column::Double(values::<DoubleType>(&file, c)),
                _ => Column::Float(values::<FloatType>(&file, c)),
            };
            (column.name().to_owned(), values)
        };
        Self(schema.columns().iter().enumerate().map(column).collect())
    }

    fn rows(&self) -> usize {
        self.0.first().map_or(0, |(_, column)| column.len())
    }

    fn change(&mut self, choices: &mut Choices<'_>) {
        let (at, other) = (choices.next(self.0.len()), choices.next(self.0.len()));
        let (row, odd) = (choices.next(self.rows()), choices.odd());
        match choices.next(12) {
            0 if self.0.len() > 1 => drop(self.0.remove(at)),
            1 => self.0[at].0 = format!("{}?", self.0[at].0),
            2 => self.0.iter_mut().for_each(|(_, column)| column.truncate(row)),
            3 => self.0.iter_mut().for_each(|(_, column)| column.repeat(row)),
            4 => {
                let rows = self.rows();
                (0..rows).for_each(|row| self.0[at].1.set(row, odd));
            }
            5 => self.0[at].1 = Column::Double(vec![odd; self.rows()]),
            6 => {
                let names = (self.0[at].0.clone(), self.0[other].0.clone());
                (self.0[other].0, self.0[at].0) = names;
            }
            _ if row < self.rows() => self.0[at].1.set(row, odd),
            _ => {}
        }
    }

    fn write(&self) -> Vec<u8> {
        let field = |(name, column): &(String, Column)| {
            let field = Type::primitive_type_builder(name, column.physical());
            Arc::new(field.with_repetition(Repetition::REQUIRED).build().unwrap())
        };
        let schema = Type::group_type_builder("schema").with_fields(self.0.iter().map(field).collect());
        let (schema, mut file) = (Arc::new(schema.build().unwrap()), Vec::new());
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(&mut file, schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for (_, column) in &self.0 {
            match column {
                Column::Long(values) => put::<Int64Type>(&mut group, values),
                Column::Int(values) => put::<Int32Type>(&mut group, values),
                Column::Double(values) => put::<DoubleType>(&mut group, values),
                Column::Float(values) => put::<FloatType>(&mut group, values),
            }
        }
        group.close().unwrap();
        writer.close().unwrap();
        file
    }
}

impl Column {
    fn physical(&self) -> Physical {
        match self {
            Self::Long(_) => Physical::INT64,
            Self::Int(_) => Physical::INT32,
            Self::Double(_) => Physical::DOUBLE,
            Self::Float(_) => Physical::FLOAT,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Long(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Float(values) => values.len(),
        }
    }

    fn set(&mut self, row: usize, odd: f64) {
        match self {
            Self::Long(values) => values[row] = odd as i64,
            Self::Int(values) => values[row] = odd as i32,
            Self::Double(values) => values[row] = odd,
            Self::Float(values) => values[row] = odd as f32,
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Long(values) => values.truncate(rows),
            Self::Int(values) => values.truncate(rows),
            Self::Double(values) => values.truncate(rows),
            Self::Float(values) => values.truncate(rows),
        }
    }

    /// Appends the rows from `row` on once more.
    fn repeat(&mut self, row: usize) {
        match self {
            Self::Long(values) => values.extend_from_within(row.min(values.len())..),
            Self::Int(values) => values.extend_from_within(row.min(values.len())..),
            Self::Double(values) => values.extend_from_within(row.min(values.len())..),
            Self::Float(values) => values.extend_from_within(row.min(values.len())..),
        }
    }
}

fn values<T: DataType>(file: &SerializedFileReader<Bytes>, c: usize) -> Vec<T::T> {
    let mut values = Vec::new();
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).unwrap();
        let rows = group.metadata().num_rows() as usize;
        let mut reader = get_typed_column_reader::<T>(group.get_column_reader(c).unwrap());
        reader.read_records(rows, None, None, &mut values).unwrap();
    }
    values
}

fn put<T: DataType>(group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>, values: &[T::T]) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, None, None).unwrap();
    column.close().unwrap();
}

/// Named tensors and their metadata.
struct Arrays {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    metadata: Option<std::collections::HashMap<String, String>>,
}

impl Arrays {
    fn read(content: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(content).unwrap();
        let tensors = SafeTensors::deserialize(content).unwrap();
        let mut tensors: Vec<_> = (tensors.tensors().into_iter())
            .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        Self { tensors, metadata: header.metadata().clone() }
    }

    fn change(&mut self, choices: &mut Choices<'_>) {
        let at = choices.next(self.tensors.len());
        let odd = (choices.odd() as f32).to_le_bytes();
        let Some((name, dtype, shape, data)) = self.tensors.get_mut(at) else { return };
        let place = choices.next(data.len());
        match choices.next(8) {
            0 => drop(self.tensors.remove(at)),
            1 => name.push('?'),
            2 => shape.reverse(),
            3 => *shape = vec![shape.iter().product()],
            4 if !shape.is_empty() => {
                // One slice less of the first dimension, down to none.
                let rows = choices.next(shape[0]);
                data.truncate(data.len() / shape[0].max(1) * rows);
                shape[0] = rows;
            }
            5 if *dtype == Dtype::F32 => *dtype = Dtype::I32,
            6 => {
                if let Some(text) = self.metadata.as_mut().and_then(|entries| entries.values_mut().next()) {
                    let mut value: Value = serde_json::from_str(text).unwrap_or_default();
                    change_value(&mut value, choices);
                    *text = value.to_string();
                }
            }
            _ => {
                let place = place - place % 4;
                let size = 4.min(data.len() - place);
                data[place..place + size].copy_from_slice(&odd[..size]);
            }
        }
    }

    fn write(&self) -> Option<Vec<u8>> {
        let views = self.tensors.iter().map(|(name, dtype, shape, data)| {
            TensorView::new(*dtype, shape.clone(), data).map(|view| (name, view)).ok()
        });
        safetensors::serialize(views.collect::<Option<Vec<_>>>()?, self.metadata.clone()).ok()
    }
}

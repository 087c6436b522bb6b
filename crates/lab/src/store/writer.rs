//! The tables of one arm, written in row groups from its journal, so that memory stays flat.
//!
//! Both files carry two metadata entries: `featurescope.format_version`, and `featurescope.columns`, a JSON object from
//! column name to unit and meaning.

use super::atomic::{ASIDE, place, with_suffix};
use super::disk::DiskFile;
use super::{NEURONS_FILE, RECORDS_FILE, StoreError};
use featurescope_sim::measure::{Column, Record};
use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::data_type::{DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Recorded steps in one row group.
pub(super) const RECORDS_PER_GROUP: usize = 64;
/// Version of the layout of both tables.
const FORMAT_VERSION: &str = "1";

/// Writes `records.parquet` and `neurons.parquet` of one arm. They replace what stands there when they are finished.
pub struct ArmWriter {
    scalars: usize,
    neuron_columns: usize,
    width: usize,
    pending: Vec<Record>,
    records: Table,
    neurons: Table,
}

impl ArmWriter {
    /// Opens both files in the existing folder `dir`, for a learner of `width` neurons.
    ///
    /// # Errors
    /// If `dir` cannot be written to.
    pub fn create(
        dir: &Path,
        columns: &[Column],
        neuron_columns: &[Column],
        width: usize,
    ) -> Result<Self, StoreError> {
        let (step, neuron) = (("step", Physical::INT64), ("neuron", Physical::INT32));
        Ok(Self {
            scalars: columns.len(),
            neuron_columns: neuron_columns.len(),
            width,
            pending: Vec::new(),
            records: Table::create(dir.join(RECORDS_FILE), &[step], columns, Physical::DOUBLE)?,
            neurons: Table::create(dir.join(NEURONS_FILE), &[step, neuron], neuron_columns, Physical::FLOAT)?,
        })
    }

    /// Adds one record.
    ///
    /// # Errors
    /// If the record does not have the columns and the width that the writer was created with, or if the disk refuses.
    pub fn write(&mut self, record: &Record) -> Result<(), StoreError> {
        let fits = record.scalars.len() == self.scalars
            && record.neurons.len() == self.neuron_columns
            && record.neurons.iter().all(|values| values.len() == self.width);
        if !fits {
            let problem = format!("the record of step {} has other columns than the table", record.step);
            return Err(StoreError::content(&self.records.path, problem));
        }
        self.pending.push(record.clone());
        if self.pending.len() == RECORDS_PER_GROUP { self.flush() } else { Ok(()) }
    }

    /// Writes the rest and gives both files their final names.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.records.place()?;
        self.neurons.place()
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let (scalars, neuron_columns, width) = (self.scalars, self.neuron_columns, self.width);
        self.records.write_group(|group| {
            write_column::<Int64Type>(group, pending.iter().map(|r| r.step.cast_signed()))?;
            (0..scalars)
                .try_for_each(|c| write_column::<DoubleType>(group, pending.iter().map(|r| r.scalars[c])))
        })?;
        self.neurons.write_group(|group| {
            let steps = pending.iter().flat_map(|r| std::iter::repeat_n(r.step.cast_signed(), width));
            write_column::<Int64Type>(group, steps)?;
            write_column::<Int32Type>(group, pending.iter().flat_map(|_| (0i32..).take(width)))?;
            let column = |c: usize| pending.iter().flat_map(move |r| r.neurons[c].iter().copied());
            (0..neuron_columns).try_for_each(|c| write_column::<FloatType>(group, column(c)))
        })
    }
}

/// Writes the table of recorded steps of an arm without neurons, replacing what stands at `path`: by step,
/// one value for
/// every column.
///
/// # Errors
/// If a record has another number of values, or the disk refuses.
pub fn write_records(path: &Path, columns: &[Column], records: &[(u64, Vec<f64>)]) -> Result<(), StoreError> {
    if let Some((step, _)) = records.iter().find(|(_, values)| values.len() != columns.len()) {
        let problem = format!("the record of step {step} has other columns than the table");
        return Err(StoreError::content(path, problem));
    }
    let mut table =
        Table::create(path.to_path_buf(), &[("step", Physical::INT64)], columns, Physical::DOUBLE)?;
    for group in records.chunks(RECORDS_PER_GROUP) {
        table.write_group(|writer| {
            write_column::<Int64Type>(writer, group.iter().map(|(step, _)| step.cast_signed()))?;
            let mut columns = 0..columns.len();
            columns.try_for_each(|c| {
                write_column::<DoubleType>(writer, group.iter().map(|(_, values)| values[c]))
            })
        })?;
    }
    table.place()
}

/// One Parquet file under way.
struct Table {
    path: PathBuf,
    aside: PathBuf,
    writer: SerializedFileWriter<DiskFile>,
}

impl Table {
    /// A table of `keys` followed by `columns`, all of the one `physical` type.
    fn create(
        path: PathBuf,
        keys: &[(&str, Physical)],
        columns: &[Column],
        physical: Physical,
    ) -> Result<Self, StoreError> {
        let aside = with_suffix(&path, ASIDE);
        let file = DiskFile::create(&aside).map_err(StoreError::io(&aside, "created"))?;
        let fields = keys.iter().copied().chain(columns.iter().map(|column| (column.name, physical)));
        let writer = schema(fields).and_then(|schema| {
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties(columns)))
        });
        let writer = writer.map_err(StoreError::table(&aside, "written"))?;
        Ok(Self { path, aside, writer })
    }

    fn write_group(
        &mut self,
        write: impl FnOnce(&mut SerializedRowGroupWriter<'_, DiskFile>) -> ParquetResult<()>,
    ) -> Result<(), StoreError> {
        let written = self.writer.next_row_group().and_then(|mut group| {
            write(&mut group)?;
            group.close().map(drop)
        });
        written.map_err(StoreError::table(&self.aside, "written"))
    }

    fn place(mut self) -> Result<(), StoreError> {
        self.writer.finish().map_err(StoreError::table(&self.aside, "written"))?;
        place(self.writer.inner(), &self.aside, &self.path)
    }
}

fn schema<'a>(fields: impl Iterator<Item = (&'a str, Physical)>) -> ParquetResult<Type> {
    let field = |(name, physical)| {
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
        field.build().map(Arc::new)
    };
    let fields: ParquetResult<Vec<_>> = fields.map(field).collect();
    Type::group_type_builder("schema").with_fields(fields?).build()
}

fn properties(columns: &[Column]) -> WriterProperties {
    let notes: Map<String, Value> = (columns.iter())
        .map(|column| (column.name.to_owned(), json!({ "unit": column.unit, "doc": column.doc })))
        .collect();
    let entries = vec![
        KeyValue::new("featurescope.format_version".to_owned(), FORMAT_VERSION.to_owned()),
        KeyValue::new("featurescope.columns".to_owned(), Value::Object(notes).to_string()),
    ];
    WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(entries))
        .build()
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, DiskFile>,
    values: impl Iterator<Item = T::T>,
) -> ParquetResult<()> {
    let values: Vec<T::T> = values.collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&values, None, None)?;
        column.close()?;
    }
    Ok(())
}

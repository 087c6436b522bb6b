//! Tables: columns by name, as NumPy arrays and as an Arrow stream that pandas, Polars and DuckDB read
//! without a copy.

use crate::error;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use featurescope_lab::store::{Neurons, Records};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// A table in memory. Its columns do not change.
#[derive(Default)]
#[pyclass(frozen, module = "featurescope._featurescope")]
pub struct Columns {
    names: Vec<String>,
    columns: Vec<ArrayRef>,
}

impl Columns {
    /// The table of recorded steps.
    pub fn of_records(records: Records) -> Self {
        let mut table = Self::default();
        table.add("step", whole(records.steps.iter().copied()));
        for (name, values) in records.columns {
            table.add(name, Arc::new(Float64Array::from(values)));
        }
        table
    }

    /// The table of neurons: a row per recorded step and neuron.
    pub fn of_neurons(neurons: Neurons) -> Self {
        let mut table = Self::default();
        let width = neurons.columns.first().map_or(0, |(_, values)| values.cols()) as u64;
        table.add("step", whole(neurons.steps.iter().flat_map(|&step| (0..width).map(move |_| step))));
        table.add("neuron", whole(neurons.steps.iter().flat_map(|_| 0..width)));
        for (name, values) in neurons.columns {
            table.add(name, Arc::new(Float32Array::from(values.into_vec())));
        }
        table
    }

    fn add(&mut self, name: impl Into<String>, column: ArrayRef) {
        self.names.push(name.into());
        self.columns.push(column);
    }
}

fn whole(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(values.map(u64::cast_signed).collect::<Int64Array>())
}

/// A column that somebody brings.
#[derive(FromPyObject)]
enum Brought {
    Whole(Vec<i64>),
    Number(Vec<f64>),
    Text(Vec<String>),
}

#[pymethods]
impl Columns {
    /// A table of columns by name: lists of whole numbers, numbers or texts, all of one length.
    #[new]
    fn new(columns: Vec<(String, Brought)>) -> PyResult<Self> {
        let mut table = Self::default();
        for (name, values) in columns {
            let column: ArrayRef = match values {
                Brought::Whole(values) => Arc::new(Int64Array::from(values)),
                Brought::Number(values) => Arc::new(Float64Array::from(values)),
                Brought::Text(values) => Arc::new(StringArray::from(values)),
            };
            table.add(name, column);
        }
        table.batch().map(|_| table)
    }

    /// Names of the columns, in order.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn __len__(&self) -> usize {
        self.columns.first().map_or(0, Array::len)
    }

    /// The column as a NumPy array; texts as a list.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(position) = self.names.iter().position(|known| known == name) else { return Ok(None) };
        let column = self.columns[position].as_any();
        if let Some(numbers) = column.downcast_ref::<Float64Array>() {
            return Ok(Some(PyArray1::from_slice(py, numbers.values()).into_any()));
        }
        if let Some(numbers) = column.downcast_ref::<Float32Array>() {
            return Ok(Some(PyArray1::from_slice(py, numbers.values()).into_any()));
        }
        if let Some(numbers) = column.downcast_ref::<Int64Array>() {
            return Ok(Some(PyArray1::from_slice(py, numbers.values()).into_any()));
        }
        let texts = column.downcast_ref::<StringArray>().into_iter().flatten();
        let texts: Vec<&str> = texts.map(Option::unwrap_or_default).collect();
        Ok(Some(texts.into_pyobject(py)?.into_any()))
    }

    /// The table as an Arrow stream, by the PyCapsule interface. A schema that is asked for is left to the
    /// reader.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol leaves it open whether a wish is met.
        drop(requested_schema);
        let batch = self.batch()?;
        let schema = batch.schema();
        let reader = RecordBatchIterator::new(std::iter::once(Ok(batch)), schema);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }
}

impl Columns {
    fn batch(&self) -> PyResult<RecordBatch> {
        let field = |(name, column): (&String, &ArrayRef)| Field::new(name, data_type(column), false);
        let fields: Vec<Field> = self.names.iter().zip(&self.columns).map(field).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), self.columns.clone()).map_err(error::run)
    }
}

fn data_type(column: &ArrayRef) -> DataType {
    column.data_type().clone()
}

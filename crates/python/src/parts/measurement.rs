//! Measurements: the state at a recorded step to figures that stand in the records beside those of the
//! program.

use super::{FUNCTION, Function};
use crate::array::{of_matrix, read_only_vector};
use featurescope_sim::math::{ParameterError, require};
use featurescope_sim::measure::{Column, Measure, MeasureSettings, Reading, Values, columns, standard};
use featurescope_sim::part::{Given, Part};
use numpy::PyArray1;
use pyo3::prelude::*;
use std::sync::{PoisonError, RwLock};

/// The declaration.
pub(super) const PART: Part<Vec<Box<dyn Measure>>, MeasureSettings> = Part {
    kind: "python",
    summary: "every measurement of the program, and functions in Python",
    settings: &[FUNCTION],
    build: |given, settings| {
        let mut measures = standard(settings);
        for name in given.text(FUNCTION.name)?.split(", ") {
            measures.push(Box::new(InPython::new(name)?));
        }
        Ok(measures)
    },
};

/// What functions write, by their names; the program knows columns for as long as it runs.
static COLUMNS: RwLock<Vec<(String, &'static [Column])>> = RwLock::new(Vec::new());

/// Says which columns the measurement of this name writes: name, unit, meaning.
#[pyfunction]
pub fn declare_columns(name: String, declared: Vec<(String, String, String)>) -> PyResult<()> {
    let taken = columns();
    if let Some((column, ..)) = declared.iter().find(|(new, ..)| taken.iter().any(|known| known.name == new))
    {
        return Err(crate::error::setting(format!(
            "the program measures `{column}` itself: give the column another name"
        )));
    }
    let mut known = COLUMNS.write().unwrap_or_else(PoisonError::into_inner);
    if known.iter().all(|(other, _)| *other != name) {
        let leak = |text: String| -> &'static str { String::leak(text) };
        let new = |(column, unit, doc)| Column::new(leak(column), leak(unit), leak(doc));
        known.push((name, declared.into_iter().map(new).collect::<Vec<_>>().leak()));
    }
    Ok(())
}

/// A measurement in Python.
struct InPython {
    function: Function,
    columns: &'static [Column],
}

impl InPython {
    fn new(name: &str) -> Result<Self, ParameterError> {
        let given = Given::new(&[FUNCTION], vec![(FUNCTION.name, name.into())])?;
        let function = Function::given("measurement", &given)?;
        let known = COLUMNS.read().unwrap_or_else(PoisonError::into_inner);
        let columns = known.iter().find(|(other, _)| other == name).map(|(_, columns)| *columns);
        require(columns.is_some(), "function", name, "a measurement whose columns were declared")?;
        Ok(Self { function, columns: columns.unwrap_or_default() })
    }
}

impl Measure for InPython {
    fn columns(&self) -> &'static [Column] {
        self.columns
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let (view, coordinates) = (reading.view, reading.coordinates);
        let figures: Vec<f64> = self.function.call(|py, function| {
            let loss = view.batch.map_or(f64::NAN, |batch| batch.loss);
            let sparse = of_matrix(py, coordinates.sparse.clone())?;
            let dense = PyArray1::from_slice(py, &coordinates.dense_energy);
            let (bias, norms) =
                (read_only_vector(py, view.bias.to_vec())?, read_only_vector(py, view.norms.to_vec())?);
            let figures: Vec<f64> =
                function.call1((view.step, loss, bias, norms, sparse, dense))?.extract()?;
            Ok(figures)
        });
        for (column, figure) in self.columns.iter().zip(figures) {
            out.scalar(column.name, figure);
        }
    }
}

//! Measurements: the state at a recorded step to figures that stand in the records beside those of the
//! program.

use super::{FUNCTION, Function};
use crate::array::{of_matrix, read_only_vector};
use featurescope_sim::math::{ParameterError, require};
use featurescope_sim::measure::{
    Column, Measure, MeasureSettings, Reading, Values, columns, neuron_columns, standard,
};
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

/// What a function writes.
#[derive(Clone, Copy)]
struct Declared {
    /// Once per recorded step.
    columns: &'static [Column],
    /// Once per recorded step and neuron.
    neuron_columns: &'static [Column],
}

/// What functions write, by their names; the program knows columns for as long as it runs.
static COLUMNS: RwLock<Vec<(String, Declared)>> = RwLock::new(Vec::new());

/// A column in Python: name, unit, meaning.
type Line = (String, String, String);

/// Says which columns the measurement of this name writes once per recorded step, and which once per recorded
/// step and neuron.
#[pyfunction]
pub fn declare_columns(name: String, declared: Vec<Line>, of_neurons: Vec<Line>) -> PyResult<()> {
    refuse_known(&declared, &columns())?;
    refuse_known(&of_neurons, &neuron_columns())?;
    let mut known = COLUMNS.write().unwrap_or_else(PoisonError::into_inner);
    if known.iter().all(|(other, _)| *other != name) {
        known.push((name, Declared { columns: leaked(declared), neuron_columns: leaked(of_neurons) }));
    }
    Ok(())
}

/// An error if the program writes one of these columns itself.
fn refuse_known(declared: &[Line], taken: &[Column]) -> PyResult<()> {
    match declared.iter().find(|(new, ..)| taken.iter().any(|known| known.name == new)) {
        Some((column, ..)) => Err(crate::error::setting(format!(
            "the program measures `{column}` itself: give the column another name"
        ))),
        None => Ok(()),
    }
}

fn leaked(lines: Vec<Line>) -> &'static [Column] {
    let leak = |text: String| -> &'static str { String::leak(text) };
    let new = |(column, unit, doc)| Column::new(leak(column), leak(unit), leak(doc));
    lines.into_iter().map(new).collect::<Vec<_>>().leak()
}

/// A measurement in Python.
struct InPython {
    function: Function,
    declared: Declared,
}

impl InPython {
    fn new(name: &str) -> Result<Self, ParameterError> {
        let given = Given::new(&[FUNCTION], vec![(FUNCTION.name, name.into())])?;
        let function = Function::given("measurement", &given)?;
        let known = COLUMNS.read().unwrap_or_else(PoisonError::into_inner);
        let declared = known.iter().find(|(other, _)| other == name).map(|(_, declared)| *declared);
        require(declared.is_some(), "function", name, "a measurement whose columns were declared")?;
        let nothing = Declared { columns: &[], neuron_columns: &[] };
        Ok(Self { function, declared: declared.unwrap_or(nothing) })
    }
}

impl Measure for InPython {
    fn columns(&self) -> &'static [Column] {
        self.declared.columns
    }

    fn neuron_columns(&self) -> &'static [Column] {
        self.declared.neuron_columns
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let (view, coordinates) = (reading.view, reading.coordinates);
        let (figures, of_neurons): (Vec<f64>, Vec<Vec<f32>>) = self.function.call(|py, function| {
            let loss = view.batch.map_or(f64::NAN, |batch| batch.loss);
            let sparse = of_matrix(py, coordinates.sparse.clone())?;
            let dense = PyArray1::from_slice(py, &coordinates.dense_energy);
            let (bias, norms) =
                (read_only_vector(py, view.bias.to_vec())?, read_only_vector(py, view.norms.to_vec())?);
            function.call1((view.step, loss, bias, norms, sparse, dense))?.extract()
        });
        for (column, figure) in self.declared.columns.iter().zip(figures) {
            out.scalar(column.name, figure);
        }
        for (column, values) in self.declared.neuron_columns.iter().zip(of_neurons) {
            out.neurons(column.name, values);
        }
    }
}

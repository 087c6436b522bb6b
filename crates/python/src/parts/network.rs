//! Networks: pre-activations and thresholds to as many features, and gradients back.

use super::{FUNCTION, Function, not_finite};
use crate::array::{copy_into, of_matrix, to_matrix};
use featurescope_sim::math::Matrix;
use featurescope_sim::network::{
    INITIAL_NORM, Network, OUTPUT, ParameterGradients, Parameters, Tape, WIDTH, with_output,
};
use featurescope_sim::part::Part;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::types::PyAnyMethods;

/// The declaration.
pub(super) const PART: Part<Box<dyn Network>> = Part {
    kind: "python",
    summary: "a function in Python from pre-activations and thresholds to as many features",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT, FUNCTION],
    build: |given, ()| {
        let network = InPython {
            forward: Function::given("network", given)?,
            backward: Function::given("network.backward", given)?,
        };
        with_output(network, given)
    },
};

/// A network in Python.
struct InPython {
    forward: Function,
    backward: Function,
}

impl Network for InPython {
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, _tape: &mut Tape, features: &mut Matrix) {
        self.forward.call(|py, function| {
            let arguments = (of_matrix(py, pre.clone())?, PyArray1::from_slice(py, at.bias));
            let found: PyReadonlyArray2<'_, f32> = function.call1(arguments)?.extract()?;
            features.resize(pre.rows(), pre.cols());
            if copy_into(features, &found) { Ok(()) } else { Err(not_finite("a feature")) }
        });
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        self.backward.call(|py, function| {
            let bias = PyArray1::from_slice(py, at.bias);
            let arguments = (of_matrix(py, pre.clone())?, bias, of_matrix(py, gradient.clone())?);
            let found = function.call1(arguments)?;
            let (of_pre, of_bias): (PyReadonlyArray2<'_, f32>, PyReadonlyArray1<'_, f64>) =
                found.extract()?;
            *gradient = to_matrix(&of_pre);
            for (sum, more) in sums.bias.iter_mut().zip(of_bias.as_array()) {
                *sum += more;
            }
            let is_finite = gradient.as_slice().iter().all(|g| g.is_finite());
            if is_finite { Ok(()) } else { Err(not_finite("a gradient")) }
        });
    }

    fn shows_neurons(&self) -> bool {
        true
    }
}

//! Bias rules: where the thresholds go at the end of a step.

use super::{FUNCTION, Function, not_finite};
use featurescope_sim::math::Matrix;
use featurescope_sim::part::Part;
use featurescope_sim::train::{BiasRule, BiasStep};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::types::PyAnyMethods;
use std::sync::Arc;

/// The declaration.
pub(super) const PART: Part<Arc<dyn BiasRule>> = Part {
    kind: "python",
    summary: "a function in Python from thresholds and a step to thresholds",
    settings: &[FUNCTION],
    build: |given, ()| Ok(Arc::new(InPython(Function::given("bias_rule", given)?))),
};

/// A bias rule in Python. It remembers nothing: thresholds are all that it sees of earlier steps.
#[derive(Debug)]
struct InPython(Function);

impl BiasRule for InPython {
    fn advance(&self, bias: &mut [f32], _memory: &mut [Matrix], step: &BiasStep<'_>) {
        self.0.call(|py, function| {
            let sizes = (step.step, step.stages.first, step.learning_rate, step.latent_dim);
            let vector = |values: &[f32]| PyArray1::from_slice(py, values);
            let state = (vector(bias), vector(step.old_norms), vector(step.norms));
            let gradient = PyArray1::from_slice(py, step.gradient);
            let moved: PyReadonlyArray1<'_, f32> = function.call1((sizes, state, gradient))?.extract()?;
            for (bias, moved) in bias.iter_mut().zip(moved.as_array()) {
                *bias = *moved;
            }
            if bias.iter().all(|b| b.is_finite()) { Ok(()) } else { Err(not_finite("a threshold")) }
        });
    }
}

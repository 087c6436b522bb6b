//! Objectives: the features of a step to the loss and its gradients.

use super::{FUNCTION, Function, fail, not_finite};
use crate::array::{copy_into, of_matrix};
use crate::error;
use featurescope_sim::math::{Matrix, ParameterError};
use featurescope_sim::objective::{Batch, Beginning, Gradients, LossReading, Needs, Objective, Problem};
use featurescope_sim::part::{Given, ParameterArray, Part};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

/// What an objective asks of a batch may not depend on its settings: a part for each kind of signature.
pub(super) const CONTRAST: Part<Box<dyn Objective>> = Part {
    kind: "python",
    summary: "a function in Python of anchors, positives and negatives",
    settings: &[FUNCTION],
    build: |given, ()| {
        Ok(InPython::new(given, Needs { two_views: true, negatives: true, ..Needs::default() }))
    },
};

/// The same without negatives.
pub(super) const PAIRS: Part<Box<dyn Objective>> = Part {
    kind: "python_pairs",
    summary: "a function in Python of anchors and positives",
    settings: &[FUNCTION],
    build: |given, ()| Ok(InPython::new(given, Needs { two_views: true, ..Needs::default() })),
};

/// The same on plain samples and their codes.
pub(super) const LABELS: Part<Box<dyn Objective>> = Part {
    kind: "python_labels",
    summary: "a function in Python of features and codes",
    settings: &[FUNCTION],
    build: |given, ()| Ok(InPython::new(given, Needs { codes: true, ..Needs::default() })),
};

/// An objective in Python.
struct InPython {
    /// The list of settings asks parts what they need before any function is known; a plan asks for arrays,
    /// and so finds out.
    function: Result<Function, ParameterError>,
    needs: Needs,
}

/// A gradient that a function returned; `None` behind StopGrad.
type Gradient<'py> = Option<PyReadonlyArray2<'py, f32>>;

impl InPython {
    #[allow(clippy::new_ret_no_self, reason = "what fills the slot is a box")]
    fn new(given: &Given, needs: Needs) -> Box<dyn Objective> {
        Box::new(Self { function: Function::given("objective", given), needs })
    }
}

impl Objective for InPython {
    fn needs(&self) -> Needs {
        self.needs
    }

    fn arrays(&self, _run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        self.function.as_ref().map(|_| Vec::new()).map_err(Clone::clone)
    }

    fn evaluate(&mut self, batch: &Batch<'_>, _arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        let needs = self.needs;
        let function = match &self.function {
            Ok(function) => function,
            Err(error) => fail("objective", error::setting(error)),
        };
        function.call(|py, function| {
            let array = |matrix: &Matrix| of_matrix(py, matrix.clone());
            let mut arguments = vec![array(batch.anchor)?];
            if needs.two_views {
                arguments.push(array(batch.positive)?);
            }
            if needs.negatives {
                arguments.push(array(batch.negatives)?);
            }
            if needs.codes {
                arguments.push(array(batch.codes)?);
            }
            let (loss, found): (f64, Vec<Gradient<'_>>) = function.call1((arguments,))?.extract()?;
            let mut found = found.into_iter();
            gradients.arrays.clear();
            let mut is_finite = true;
            let mut take = |like: &Matrix, gradient: Gradient<'_>, into: &mut Matrix| {
                into.resize(like.rows(), like.cols());
                match gradient {
                    Some(gradient) => is_finite &= copy_into(into, &gradient),
                    None => into.as_mut_slice().fill(0.0),
                }
            };
            take(batch.anchor, found.next().flatten(), &mut gradients.anchor);
            let mut others = |like: &Matrix, asked: bool, into: &mut Option<Matrix>| match found
                .next()
                .flatten()
                .filter(|_| asked)
            {
                Some(gradient) => take(like, Some(gradient), into.get_or_insert_default()),
                None => *into = None,
            };
            others(batch.positive, needs.two_views, &mut gradients.positive);
            others(batch.negatives, needs.negatives, &mut gradients.negatives);
            if is_finite {
                Ok(LossReading::of_loss(loss))
            } else {
                Err(not_finite("a gradient that it returned"))
            }
        })
    }

    /// Nobody knows.
    fn at_rest(&self, _problem: &Problem) -> f64 {
        f64::NAN
    }

    fn lowest(&self, _features: usize) -> f64 {
        f64::NEG_INFINITY
    }
}

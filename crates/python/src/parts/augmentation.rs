//! Augmentations: a batch of samples and a generator to two batches of views.

use super::{FUNCTION, Function, not_finite};
use crate::array::{copy_into, of_matrix};
use featurescope_sim::augment::{Augmentation, Origin, WholeBatches};
use featurescope_sim::math::{Matrix, Stream};
use featurescope_sim::part::Part;
use numpy::PyReadonlyArray2;
use pyo3::types::PyAnyMethods;

/// The declaration.
pub(super) const PART: Part<Box<dyn Augmentation>> = Part {
    kind: "python",
    summary: "a function in Python from a batch of samples to two batches of views",
    settings: &[FUNCTION],
    build: |given, ()| Ok(Box::new(InPython(Function::given("augmentation", given)?))),
};

/// An augmentation in Python.
struct InPython(Function);

impl InPython {
    /// Both views of the rows of `samples`: the first takes their place, the second goes where it is asked
    /// for.
    fn pair(&self, stream: &Stream, first_row: u32, samples: &mut Matrix, positives: Option<&mut Matrix>) {
        self.0.call(|py, function| {
            let name = stream.words_of_name();
            let views = function.call1((of_matrix(py, samples.clone())?, name, first_row))?;
            let (anchor, positive): (PyReadonlyArray2<'_, f32>, PyReadonlyArray2<'_, f32>) =
                views.extract()?;
            let mut is_finite = copy_into(samples, &anchor);
            if let Some(positives) = positives {
                is_finite &= copy_into(positives, &positive);
            }
            if is_finite { Ok(()) } else { Err(not_finite("what it returned")) }
        });
    }

    /// A batch of one row.
    fn row(&self, stream: &Stream, row: u32, sample: &mut [f32], positive: Option<&mut [f32]>) {
        let mut samples = Matrix::from_vec(1, sample.len(), sample.to_vec());
        let mut other = Matrix::zeros(1, sample.len());
        self.pair(stream, row, &mut samples, Some(&mut other));
        sample.copy_from_slice(samples.as_slice());
        if let Some(positive) = positive {
            positive.copy_from_slice(other.as_slice());
        }
    }
}

impl Augmentation for InPython {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        self.row(from.stream, from.row, sample, Some(positive));
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.row(from.stream, from.row, sample, None);
    }

    fn whole_batches(&self) -> Option<&dyn WholeBatches> {
        Some(self)
    }
}

impl WholeBatches for InPython {
    fn views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix, positives: &mut Matrix) {
        self.pair(stream, first_row, samples, Some(positives));
    }

    fn single_views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix) {
        self.pair(stream, first_row, samples, None);
    }
}

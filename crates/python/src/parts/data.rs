//! Data laws: codes z and noise ξ of whole batches; the dictionary is drawn as for the paper's data.

use super::{FUNCTION, Function, not_finite};
use crate::array::to_matrix;
use featurescope_sim::data::{
    AMBIENT_DIM, DataLaw, DataModel, Dictionary, DictionaryError, Drawing, LATENT_DIM, Samples, Sizes,
    WholeSamples,
};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::part::Part;
use numpy::PyReadonlyArray2;
use pyo3::types::PyAnyMethods;
use std::sync::Arc;

/// Samples that activity and noise are measured on.
const MEASURED: usize = 4096;

/// The declaration.
pub(super) const PART: Part<Box<dyn DataLaw>> = Part {
    kind: "python",
    summary: "x = M z + ξ with a Haar dictionary M, and z and ξ from a function in Python",
    settings: &[LATENT_DIM, AMBIENT_DIM, FUNCTION],
    build: |given, ()| {
        let (sizes, function) = (Sizes::of(given)?, Arc::new(Function::given("data_law", given)?));
        Ok(Box::new(move |drawing: &Drawing<'_>| -> Result<Arc<dyn DataModel>, DictionaryError> {
            let dictionary = Dictionary::haar(sizes.ambient_dim, sizes.latent_dim, drawing.seed)?;
            Ok(Arc::new(InPython::measured(dictionary, Arc::clone(&function), drawing.seed)))
        }))
    },
};

/// Data in Python.
#[derive(Debug)]
struct InPython {
    dictionary: Dictionary,
    function: Arc<Function>,
    activity: f64,
    noise_variance: f64,
}

impl InPython {
    /// The law with what it says of itself only by its samples: E z² and E ξ², averaged over entries.
    fn measured(dictionary: Dictionary, function: Arc<Function>, seed: u64) -> Self {
        let mut law = Self { dictionary, function, activity: f64::NAN, noise_variance: f64::NAN };
        let (latent, noise) = law.parts(&Stream::new(seed, Purpose::MONTE_CARLO, 0), 0, MEASURED);
        let mean_square = |matrix: &Matrix| {
            let squares = matrix.as_slice().iter().map(|&value| f64::from(value).powi(2));
            squares.sum::<f64>() / matrix.as_slice().len() as f64
        };
        (law.activity, law.noise_variance) = (mean_square(&latent), mean_square(&noise));
        law
    }

    /// z and ξ of so many rows.
    fn parts(&self, stream: &Stream, first_row: u32, rows: usize) -> (Matrix, Matrix) {
        let sizes = (rows, self.latent_dim(), self.ambient_dim());
        self.function.call(|_, function| {
            let found = function.call1((sizes, stream.words_of_name(), first_row))?;
            let (latent, noise): (PyReadonlyArray2<'_, f32>, PyReadonlyArray2<'_, f32>) = found.extract()?;
            let parts = (to_matrix(&latent), to_matrix(&noise));
            let is_finite = |matrix: &Matrix| matrix.as_slice().iter().all(|value| value.is_finite());
            if is_finite(&parts.0) && is_finite(&parts.1) {
                Ok(parts)
            } else {
                Err(not_finite("what it returned"))
            }
        })
    }

    /// x = M z + ξ, row by row, ξ turning into x.
    fn add_atoms(&self, latent: &Matrix, noise: &mut Matrix) {
        for row in 0..latent.rows() {
            self.dictionary.add_combination(latent.row(row), noise.row_mut(row));
        }
    }
}

impl DataModel for InPython {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        latent.copy_from_slice(self.parts(stream, row, 1).0.as_slice());
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        noise.copy_from_slice(self.parts(stream, row, 1).1.as_slice());
    }

    fn activity(&self) -> f64 {
        self.activity
    }

    fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    fn whole_batches(&self) -> Option<&dyn WholeSamples> {
        Some(self)
    }

    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        let (latent, noise) = self.parts(stream, first_row as u32, rows);
        let mut x = noise.clone();
        self.add_atoms(&latent, &mut x);
        Samples { x, latent, noise }
    }
}

impl WholeSamples for InPython {
    fn draw_batch(&self, stream: &Stream, first_row: u32, x: &mut Matrix, latent: &mut Matrix) {
        (*latent, *x) = self.parts(stream, first_row, x.rows());
        self.add_atoms(latent, x);
    }
}

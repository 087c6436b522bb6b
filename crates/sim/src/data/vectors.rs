//! Vectors of a file: some of them are a finite training set, and the others stay fresh.
//!
//! Nobody knows the atoms of such data. The leading eigenvectors of the second moments of the training vectors take
//! their place: M has as columns the d orthonormal directions in which (1/n) Σ x xᵀ is largest, and every vector is
//!
//! ```text
//! x = M z + ξ,   z = Mᵀ x,   ξ = x − M z
//! ```
//!
//! So codes are real numbers, all atoms are active in every sample, and ξ lies outside of the atoms. What is measured
//! against atoms is measured against these directions.
//!
//! Which vectors are trained on is drawn from the seed. Training goes through them in epochs ([`super::FiniteSet`]), and
//! probes are fitted on them. Measurements and the tests of probes take others, and the validation of probes takes those
//! that are left. A stream that asks for more rows than there are gets the same rows again.

use super::finite::shuffled;
use super::{
    AMBIENT_DIM, DataLaw, DataModel, DataPart, DataTraits, Dictionary, DictionaryError, Drawing, LATENT_DIM,
    MatrixFile, Samples, Sizes,
};
use crate::math::linalg::{add_transposed_times, symmetric_eigen};
use crate::math::{Matrix, Purpose, Stream, require};
use crate::part::{Fallback, Kind, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: DataPart = DataPart {
    kind: "vectors",
    summary: "the vectors in a file, a part of them to train on; atoms are their principal directions",
    settings: &[
        LATENT_DIM,
        AMBIENT_DIM,
        PartSetting::new(
            "path",
            Kind::File,
            Fallback::Required,
            "File with one vector per row, ambient_dim columns, as .npy, as .parquet or as text.",
        ),
        PartSetting::new(
            "training_vectors",
            Kind::count(1),
            Fallback::Required,
            "Vectors that training goes through in epochs, drawn from those of the file. Probes are fitted on them too.",
        ),
        PartSetting::new(
            "test_vectors",
            Kind::count(1),
            Fallback::Required,
            "Other vectors of the file, for measurements and for the tests of probes. What is left, at least one \
             vector, is for the validation of probes.",
        ),
    ],
    build: |given, ()| {
        let [training, test] = [given.whole("training_vectors")? as u32, given.whole("test_vectors")? as u32];
        Ok(Box::new(VectorsInFile { sizes: Sizes::of(given)?, training, test }))
    },
};

/// The full key of the file.
const PATH: &str = "data.path";
/// The full key of the size of the training set.
const TRAINING: &str = "data.training_vectors";

struct VectorsInFile {
    sizes: Sizes,
    training: u32,
    test: u32,
}

impl DataLaw for VectorsInFile {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Arc<dyn DataModel>, DictionaryError> {
        let all = drawing.matrix(PATH)?;
        let count = all.rows() as u64;
        let others = u64::from(self.test) + 1;
        let accepted = format!(
            "at most {}: the file has {count} vectors, {} of them are for tests, and validation takes one at least",
            count.saturating_sub(others),
            self.test
        );
        require(u64::from(self.training) + others <= count, TRAINING, self.training, accepted)?;
        let largest = u64::from(u32::MAX);
        require(count <= largest, PATH, format!("{count} vectors"), format!("at most {largest}"))?;
        Ok(Arc::new(Vectors::new(all, self, drawing.seed)?))
    }

    fn files(&self) -> Vec<MatrixFile> {
        vec![MatrixFile { setting: PATH, rows: None, columns: self.sizes.ambient_dim }]
    }

    fn traits(&self) -> DataTraits {
        let (training_samples, fresh_samples) = (Some(self.training), Some(self.test));
        DataTraits { training_samples, fresh_samples, ..DataTraits::default() }
    }
}

/// Vectors and what they are made of.
#[derive(Debug)]
struct Vectors {
    dictionary: Dictionary,
    /// x: the training set, then what tests take, then what is left.
    x: Matrix,
    /// z = Mᵀ x.
    latent: Matrix,
    training: u32,
    test: u32,
    mean_square: f64,
    noise_variance: f64,
}

impl Vectors {
    fn new(all: &Matrix, law: &VectorsInFile, seed: u64) -> Result<Self, DictionaryError> {
        let Sizes { ambient_dim, latent_dim } = law.sizes;
        let order = Stream::new(seed, Purpose::TRAINING_SET, 1);
        let mut x = Matrix::zeros(all.rows(), ambient_dim);
        for row in 0..all.rows() {
            let from = shuffled(&order, 0, all.rows() as u32, row as u32) as usize;
            x.row_mut(row).copy_from_slice(all.row(from));
        }
        let training = Matrix::from_fn(law.training as usize, ambient_dim, |r, c| x[(r, c)]);
        let dictionary = Dictionary::from_columns(&principal_directions(&training, latent_dim)?)?;
        let latent = dictionary.coordinates(&x);
        let mean_square = |matrix: &Matrix| {
            let squares = matrix.as_slice().iter().map(|&value| f64::from(value).powi(2));
            squares.sum::<f64>() / matrix.rows() as f64
        };
        let (total, signal) = (mean_square(&x), mean_square(&latent));
        // ξ has no part along the atoms, so its energy is spread over the other directions.
        let others = ambient_dim - latent_dim;
        let noise_variance = if others == 0 { 0.0 } else { (total - signal).max(0.0) / others as f64 };
        let mean_square = signal / latent_dim as f64;
        let VectorsInFile { training, test, .. } = *law;
        Ok(Self { dictionary, x, latent, training, test, mean_square, noise_variance })
    }

    /// The row of x that a row of a stream is.
    fn source(&self, stream: &Stream, row: u32) -> usize {
        let [training, test] = [self.training as usize, self.test as usize];
        let (first, count) = match stream.purpose() {
            Purpose::TRAINING_SET | Purpose::PROBE_TRAINING => (0, training),
            Purpose::PROBE_VALIDATION => (training + test, self.x.rows() - training - test),
            _ => (training, test),
        };
        first + row as usize % count
    }
}

/// The d directions in which the second moments of the rows are largest, as columns, the largest first. Of the two signs
/// the one whose largest entry is positive.
fn principal_directions(rows: &Matrix, latent_dim: usize) -> Result<Matrix, DictionaryError> {
    let rows = rows.to_f64();
    let mut moments = Matrix::<f64>::zeros(rows.cols(), rows.cols());
    add_transposed_times(&mut moments, &rows, &rows);
    let found = symmetric_eigen(&moments).filter(|(values, _)| values.iter().all(|value| value.is_finite()));
    let is_there = found.is_some();
    require(is_there, PATH, "vectors without principal directions", "numbers whose squares are finite")?;
    let Some((values, vectors)) = found else { return Ok(Matrix::default()) };
    let last = rows.cols() - 1;
    let smallest = values[last + 1 - latent_dim];
    let accepted = format!("training vectors that span at least data.latent_dim = {latent_dim} directions");
    require(smallest > 1e-10 * values[last], PATH, "vectors in fewer directions", accepted)?;
    let sign = |column: usize| {
        let larger = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
        vectors.column(column).into_iter().fold(0.0, larger).signum()
    };
    let signs: Vec<f64> = (0..latent_dim).map(|j| sign(last - j)).collect();
    Ok(Matrix::from_fn(rows.cols(), latent_dim, |r, j| (signs[j] * vectors[(r, last - j)]) as f32))
}

impl DataModel for Vectors {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        latent.copy_from_slice(self.latent.row(self.source(stream, row)));
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        let source = self.source(stream, row);
        noise.fill(0.0);
        self.dictionary.add_combination(self.latent.row(source), noise);
        noise.iter_mut().zip(self.x.row(source)).for_each(|(noise, x)| *noise = x - *noise);
    }

    fn activity(&self) -> f64 {
        1.0
    }

    fn mean_square(&self) -> f64 {
        self.mean_square
    }

    fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    fn training_samples(&self) -> Option<u32> {
        Some(self.training)
    }

    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        x.copy_from_slice(self.x.row(self.source(stream, row)));
        self.draw_latent(stream, row, latent);
    }

    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        let (d1, d) = (self.ambient_dim(), self.latent_dim());
        let mut samples = Samples {
            x: Matrix::zeros(rows, d1),
            latent: Matrix::zeros(rows, d),
            noise: Matrix::zeros(rows, d1),
        };
        for r in 0..rows {
            let row = (first_row + r) as u32;
            self.draw(stream, row, samples.x.row_mut(r), samples.latent.row_mut(r));
            self.draw_noise(stream, row, samples.noise.row_mut(r));
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::FiniteSet;
    use crate::part::Chosen;

    const ROWS: usize = 40;

    fn law(training: i64) -> Box<dyn DataLaw> {
        use crate::part::Value::Whole;
        let sizes = [("latent_dim", Whole(3)), ("ambient_dim", Whole(6))];
        let own =
            [("path", "v.csv".into()), ("training_vectors", Whole(training)), ("test_vectors", Whole(5))];
        let given = sizes.into_iter().chain(own).collect();
        Chosen::<Box<dyn DataLaw>>::new("vectors", given).unwrap().build(&()).unwrap()
    }

    /// Vectors that are large in coordinates 4, 2 and 1, in this order, and of which no two are equal.
    fn vectors() -> Matrix {
        let scales = [0.1, 1.0, 2.0, 0.05, 4.0, 0.2];
        Matrix::from_fn(ROWS, 6, |r, c| scales[c] * (0.7 * (r * (c + 1) + c) as f32).sin())
    }

    fn drawn(training: i64, matrix: Matrix) -> Result<Arc<dyn DataModel>, DictionaryError> {
        law(training).draw(&Drawing { seed: 5, matrices: &[(PATH, matrix)] })
    }

    #[test]
    fn samples_are_the_vectors_of_the_file_and_their_parts_add_up() {
        let model = drawn(30, vectors()).unwrap();
        let stream = Stream::new(5, Purpose::MEASUREMENT, 0);
        let samples = model.sample(&stream, 0, 5);
        let again = model.dictionary().combine(&samples.latent);
        for r in 0..5 {
            assert!(vectors().iter_rows().any(|row| row == samples.x.row(r)), "{r}");
            for c in 0..6 {
                let sum = again[(r, c)] + samples.noise[(r, c)];
                assert!((sum - samples.x[(r, c)]).abs() < 1e-5, "{r}, {c}: {sum}");
            }
            let outside = model.dictionary().coordinates(&samples.noise);
            assert!(
                outside.as_slice().iter().all(|value| value.abs() < 1e-5),
                "ξ has no part along the atoms"
            );
        }
        for (atom, axis) in [4, 2, 1].into_iter().enumerate() {
            let entry = model.dictionary().atoms()[(atom, axis)];
            assert!(entry > 0.9, "atom {atom} is coordinate {axis} up to a little: {entry}");
        }
    }

    /// Training, validation and test share no vector, whatever the seed makes of the order.
    #[test]
    fn what_is_trained_on_is_neither_measured_nor_tested() {
        let model = drawn(30, vectors()).unwrap();
        let of = |purpose: Purpose, count: usize| {
            let x = model.sample(&Stream::new(5, purpose, 0), 0, count).x;
            let find = |row: &[f32]| vectors().iter_rows().position(|other| other == row).unwrap();
            let mut found: Vec<usize> = x.iter_rows().map(find).collect();
            found.sort_unstable();
            found
        };
        let training = of(Purpose::TRAINING_SET, 30);
        assert_eq!(of(Purpose::PROBE_TRAINING, 30), training);
        let (validation, test) = (of(Purpose::PROBE_VALIDATION, 5), of(Purpose::PROBE_TEST, 5));
        assert_eq!(of(Purpose::MEASUREMENT, 5), test);
        let mut all = [training, validation, test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..ROWS).collect::<Vec<_>>());

        let set = FiniteSet::new(Box::new(Arc::clone(&model)), 30, 5, [10, 4]);
        let steps = (0..3).map(|step| set.sample(&Stream::new(5, Purpose::POSITIVES, step), 0, 10).x);
        let epoch: Vec<f32> = steps.flat_map(Matrix::into_vec).collect();
        let mut epoch: Vec<&[f32]> = epoch.chunks(6).collect();
        epoch.sort_by(|a, b| a.partial_cmp(b).unwrap());
        epoch.dedup();
        assert_eq!(epoch.len(), 30, "three steps of ten are one epoch");
    }

    #[test]
    fn sets_that_cannot_be_are_refused() {
        let message = |training, matrix| drawn(training, matrix).unwrap_err().to_string();
        assert!(message(35, vectors()).contains("data.training_vectors = 35 cannot be used: at most 34"));
        let flat = Matrix::from_fn(ROWS, 6, |r, c| if c < 2 { (r * 2 + c) as f32 + 1.0 } else { 0.0 });
        assert!(message(30, flat).contains("data.latent_dim = 3"));
    }
}

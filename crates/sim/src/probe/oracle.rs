//! What the tests of closed forms share: running means with their standard errors, and samples drawn one number at a
//! time. The tests of papers' crates include this file, so it names this crate as they do.

use featurescope_sim::data::Population;
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::orthonormal_columns;
use featurescope_sim::math::random::{Part, Purpose, Stream};

/// Mean of independent numbers and the standard error of that mean.
#[derive(Clone, Copy, Default)]
pub struct RunningMean {
    count: f64,
    sum: f64,
    squares: f64,
}

impl RunningMean {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.push(value));
        mean
    }

    pub fn push(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    pub fn standard_error(&self) -> f64 {
        ((self.squares / self.count - self.mean().powi(2)) / (self.count - 1.0)).sqrt()
    }

    /// Fails unless `expected` lies within `errors` standard errors plus `bias` of the mean.
    pub fn assert_near(&self, expected: f64, errors: f64, bias: f64, what: &str) {
        let allowed = errors * self.standard_error() + bias;
        let distance = (self.mean() - expected).abs();
        assert!(distance <= allowed, "{what}: {} against {expected}, allowed ±{allowed}", self.mean());
    }
}

/// A Haar-distributed dictionary, d1 × d.
pub fn haar_dictionary(population: &Population, seed: u64) -> Matrix<f64> {
    let stream = Stream::new(seed, Purpose::MONTE_CARLO, 0);
    let mut reader = stream.reader(Part::Directions, 0);
    orthonormal_columns(&Matrix::from_fn(population.ambient_dim, population.latent_dim, |_, _| {
        reader.normal()
    }))
}

/// A latent code z.
pub fn latent(population: &Population, stream: &Stream, row: u32) -> Vec<f64> {
    let mut reader = stream.reader(Part::Latent, row);
    (0..population.latent_dim)
        .map(|_| if reader.uniform() < population.activity { f64::from(reader.sign()) } else { 0.0 })
        .collect()
}

pub fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A vector of independent standard normal numbers.
pub fn normal_vector(len: usize, seed: u64, row: u32) -> Vec<f64> {
    let stream = Stream::new(seed, Purpose::MONTE_CARLO, 2);
    let mut reader = stream.reader(Part::Dense, row);
    (0..len).map(|_| reader.normal()).collect()
}

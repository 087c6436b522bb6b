//! What the tests of closed forms share: the means and draws of the library's own tests, and the parts of a
//! positive sample.

use featurescope_sim::data::Population;
use featurescope_sim::math::random::{Part, Purpose, Stream};
use featurescope_sim::math::{Matrix, gaussian};

#[path = "../../../../crates/sim/src/probe/oracle.rs"]
mod shared;

pub use shared::{RunningMean, haar_dictionary, inner, latent, normal_vector};

/// One draw of everything that a positive sample is made of.
pub struct Draw {
    /// M z, without the noise.
    pub signal: Vec<f64>,
    pub noise: Vec<f64>,
    /// Diagonal of D with keep rate ½, entries 0 or 1.
    pub mask: Vec<f64>,
}

impl Draw {
    pub fn new(population: &Population, dictionary: &Matrix<f64>, seed: u64, row: u32) -> Self {
        let stream = Stream::new(seed, Purpose::MONTE_CARLO, 1);
        let z = latent(population, &stream, row);
        let mut noise = vec![0.0f32; population.ambient_dim];
        gaussian::fill_normal(&mut noise, population.noise_variance.sqrt() as f32, &stream, Part::Dense, row);
        let mut bits = stream.reader(Part::Mask, row);
        Self {
            signal: dictionary.iter_rows().map(|entries| inner(entries, &z)).collect(),
            noise: noise.into_iter().map(f64::from).collect(),
            mask: (0..population.ambient_dim).map(|_| f64::from(bits.word() & 1)).collect(),
        }
    }

    /// x = M z + ξ.
    pub fn sample(&self) -> Vec<f64> {
        self.signal.iter().zip(&self.noise).map(|(s, n)| s + n).collect()
    }

    /// (2 D x, 2 (I − D) x).
    pub fn masked_views(&self) -> (Vec<f64>, Vec<f64>) {
        self.sample().iter().zip(&self.mask).map(|(x, kept)| (2.0 * kept * x, 2.0 * (1.0 - kept) * x)).unzip()
    }
}

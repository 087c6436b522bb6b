//! Samples for this module's tests, drawn without the data module.

use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream, gaussian::fill_normal, linalg};

/// n × k standard normal features.
pub fn gaussian(n: usize, k: usize, seed: u64) -> Matrix<f32> {
    let stream = Stream::new(seed, Purpose::MONTE_CARLO, 0);
    let mut x = Matrix::zeros(n, k);
    (0..n).for_each(|i| fill_normal(x.row_mut(i), 1.0, &stream, Part::Dense, i as u32));
    x
}

/// targets × n standard normal labels.
pub fn labels_of(targets: usize, n: usize, seed: u64) -> Matrix<f64> {
    gaussian(targets, n, seed).to_f64()
}

/// Inputs x = M z + ξ and codes z.
pub struct Sparse {
    pub x: Matrix<f32>,
    pub z: Matrix<f32>,
}

/// The law of the samples: atoms as columns of `dictionary`, activity p, noise variance σ².
pub struct SparseLaw {
    pub dictionary: Matrix<f32>,
    pub activity: f64,
    pub noise_variance: f64,
}

impl SparseLaw {
    pub fn new(ambient_dim: usize, latent_dim: usize, activity: f64, noise_variance: f64) -> Self {
        let dictionary = linalg::orthonormal_columns(&gaussian(ambient_dim, latent_dim, 1).to_f64()).to_f32();
        Self { dictionary, activity, noise_variance }
    }

    pub fn draw(&self, n: usize, seed: u64) -> Sparse {
        let stream = Stream::new(seed, Purpose::MONTE_CARLO, 1);
        let mut z = Matrix::zeros(n, self.dictionary.cols());
        for i in 0..n {
            let mut reader = stream.reader(Part::Latent, i as u32);
            for entry in z.row_mut(i) {
                *entry = if reader.uniform() < self.activity { reader.sign() } else { 0.0 };
            }
        }
        let mut x = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut x, &z, &self.dictionary);
        let noise = gaussian(n, self.dictionary.rows(), seed + 1);
        let sigma = self.noise_variance.sqrt() as f32;
        x.as_mut_slice().iter_mut().zip(noise.as_slice()).for_each(|(x, xi)| *x += sigma * xi);
        Sparse { x, z }
    }
}

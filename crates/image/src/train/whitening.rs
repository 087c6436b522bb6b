//! What is fitted to the training pictures before training: mean and deviation of every channel, and for networks on
//! patches the symmetric whitening W = (C + ε)^{-1/2} of their covariance C (ZCA, Bell & Sejnowski 1997).

use crate::data::ImageSet;
use crate::network::parameters::vector;
use crate::network::{Network, Parameters};
use burn::tensor::Device;
use featurescope_sim::math::{Matrix, linalg};

/// Patches that the covariance is read off.
const MOST_PATCHES: usize = 20_000;
/// ε as a share of the mean eigenvalue.
const FLOOR: f64 = 1e-2;

/// Fits both.
pub fn fit(network: &Network, parameters: &mut Parameters, pictures: &ImageSet, device: &Device) {
    let (mean, deviation) = channels(pictures);
    for (handle, values) in network.standardisation().into_iter().zip([mean, deviation]) {
        parameters.set(handle, vector(values.map(|v| v as f32).to_vec(), device));
    }
    if let Some((filters, shift, patch)) = network.encoder.whitening() {
        let patches = patches(pictures, patch, mean, deviation);
        let (whitening, centre) = zca(&patches);
        let shifted: Vec<f32> = (0..centre.len())
            .map(|i| -whitening.row(i).iter().zip(&centre).map(|(w, c)| w * c).sum::<f64>() as f32)
            .collect();
        parameters.set(filters, vector(whitening.to_f32().into_vec(), device));
        parameters.set(shift, vector(shifted, device));
    }
}

/// Mean and standard deviation of every channel on 0 … 1.
fn channels(pictures: &ImageSet) -> ([f64; 3], [f64; 3]) {
    let (mut sum, mut squares) = ([0.0; 3], [0.0; 3]);
    for pixel in pictures.pixels.chunks_exact(3) {
        for c in 0..3 {
            let value = f64::from(pixel[c]) / 255.0;
            sum[c] += value;
            squares[c] += value * value;
        }
    }
    let count = (pictures.pixels.len() / 3).max(1) as f64;
    let mean = sum.map(|sum| sum / count);
    let deviation = std::array::from_fn(|c| (squares[c] / count - mean[c] * mean[c]).max(1e-8).sqrt());
    (mean, deviation)
}

/// Standardised patches without overlap, one row each, channel first.
fn patches(pictures: &ImageSet, patch: usize, mean: [f64; 3], deviation: [f64; 3]) -> Matrix<f64> {
    let (across, down) = (pictures.width / patch, pictures.height / patch);
    let per_picture = (across * down).max(1);
    let chosen = pictures.len().min(MOST_PATCHES / per_picture);
    let dim = 3 * patch * patch;
    Matrix::from_fn(chosen * per_picture, dim, |row, entry| {
        let (picture, place) = (row / per_picture, row % per_picture);
        let (c, y, x) = (entry / (patch * patch), entry / patch % patch, entry % patch);
        let (y, x) = (place / across * patch + y, place % across * patch + x);
        let value = pictures.image(picture)[(y * pictures.width + x) * 3 + c];
        (f64::from(value) / 255.0 - mean[c]) / deviation[c]
    })
}

/// W and the mean of the rows.
fn zca(rows: &Matrix<f64>) -> (Matrix<f64>, Vec<f64>) {
    let (n, dim) = (rows.rows(), rows.cols());
    let mut centre = vec![0.0; dim];
    rows.iter_rows().for_each(|row| centre.iter_mut().zip(row).for_each(|(c, v)| *c += v / n as f64));
    let centred = Matrix::from_fn(n, dim, |i, j| (rows[(i, j)] - centre[j]) / (n as f64).sqrt());
    let mut covariance = Matrix::zeros(dim, dim);
    linalg::add_transposed_times(&mut covariance, &centred, &centred);
    let floor = FLOOR * (0..dim).map(|i| covariance[(i, i)]).sum::<f64>() / dim as f64;
    // A matrix of finite entries has eigenvectors; without them patches stay as they are.
    let Some((values, vectors)) = linalg::symmetric_eigen(&covariance) else {
        return (Matrix::from_fn(dim, dim, |i, j| f64::from(u8::from(i == j))), centre);
    };
    let scaled = Matrix::from_fn(dim, dim, |i, k| vectors[(i, k)] / (values[k].max(0.0) + floor).sqrt());
    let mut whitening = Matrix::zeros(dim, dim);
    linalg::times_transposed(&mut whitening, &scaled, &vectors);
    (whitening, centre)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W C W is the identity where eigenvalues stand far above ε.
    #[test]
    fn whitened_rows_have_unit_covariance() {
        let rows = Matrix::from_fn(400, 3, |i, j| {
            let (a, b, c) = ((i % 20) as f64, (i / 20) as f64, ((i * 7) % 11) as f64);
            [a, 0.5 * a + b, c - b][j] + 3.0
        });
        let (w, centre) = zca(&rows);
        let mut whitened = Matrix::zeros(0, 0);
        let centred = Matrix::from_fn(400, 3, |i, j| rows[(i, j)] - centre[j]);
        linalg::times_transposed(&mut whitened, &centred, &w);
        for a in 0..3 {
            for b in 0..3 {
                let covariance = (0..400).map(|i| whitened[(i, a)] * whitened[(i, b)]).sum::<f64>() / 400.0;
                assert!((covariance - f64::from(u8::from(a == b))).abs() < 0.1, "{a} {b} {covariance}");
                assert!((w[(a, b)] - w[(b, a)]).abs() < 1e-9);
            }
        }
    }
}

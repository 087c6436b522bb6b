//! The paper's learner on patches of pictures: h_i(x) = ReLU(⟨w_i, x⟩ − b_i) − ReLU(−⟨w_i, x⟩ − b_i) of every patch x,
//! with thresholds b_i that are learned from 0 on.
//!
//! Patches do not overlap and are whitened by fixed symmetric filters, so that the 1/f spectrum of natural pictures
//! does not decide which filters grow. A patch is a sample of its own for the loss; the representation of a picture is
//! the mean of |h| over its patches. RandomMask acts on whitened patches, as the paper's acts on x.

use super::layers::product;
use super::{Blueprint, Encoder, Footprint, Handle, Pass, Representation, Role};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, activation::relu};

/// Standard deviation of an initial weight, in units of the inverse root of the patch's dimension.
const INITIAL_NORM: f64 = 1.0;

/// The learner.
pub struct Patches {
    whitening: Handle,
    whitening_shift: Handle,
    weight: Handle,
    threshold: Handle,
    neurons: usize,
    patch: usize,
}

impl Patches {
    /// `neurons` on patches of `patch` pixels.
    pub fn new(b: &mut Blueprint, neurons: usize, patch: usize) -> Self {
        let dim = 3 * patch * patch;
        Self {
            whitening: b.constant("whitening.weight", &[dim, 3, patch, patch], Role::Statistic, 0.0),
            whitening_shift: b.constant("whitening.bias", &[dim], Role::Statistic, 0.0),
            weight: b.normal(
                "neurons.weight",
                &[neurons, 3, patch, patch],
                INITIAL_NORM / (dim as f64).sqrt(),
            ),
            threshold: b.constant("neurons.threshold", &[neurons], Role::Shift, 0.0),
            neurons,
            patch,
        }
    }
}

impl Encoder for Patches {
    fn forward(&self, pass: &mut Pass<'_>, pictures: Tensor<4>) -> Representation {
        let tiles = ConvOptions::new([self.patch; 2], [0; 2], [1; 2], 1);
        let mut x = conv2d(pictures, pass.get(self.whitening), Some(pass.get(self.whitening_shift)), tiles);
        if let Some(mask) = pass.take_mask() {
            x = x * mask;
        }
        let [n, dim, rows, columns] = x.dims();
        let samples = x.permute([0, 2, 3, 1]).reshape([n * rows * columns, dim]);
        let weight = pass.get::<4>(self.weight).reshape([self.neurons, dim]);
        let drive = product(pass, samples, weight);
        let threshold = pass.get::<1>(self.threshold).unsqueeze::<2>();
        let h = relu(drive.clone() - threshold.clone()) - relu(-drive - threshold);
        let at_place = h.clone().reshape([n, rows, columns, self.neurons]).permute([0, 3, 1, 2]);
        pass.tap("neurons", &at_place);
        let features = h.clone().abs().reshape([n, rows * columns, self.neurons]).mean_dim(1);
        Representation {
            features: features.reshape([n, self.neurons]),
            firing: h.clone().reshape([n, rows * columns * self.neurons]),
            samples: Some(h),
        }
    }

    fn features(&self) -> usize {
        self.neurons
    }

    fn layers(&self) -> Vec<(String, usize)> {
        vec![("neurons".to_owned(), self.neurons)]
    }

    fn footprint(&self, side: usize) -> Footprint {
        let samples = (side / self.patch).pow(2);
        let dim = 3 * self.patch * self.patch;
        // The picture, its whitened patches as channels, masked, and as rows; W x, both its shifted signs and what they
        // rectify to, h and |h|.
        Footprint { kept: samples * (4 * dim + 8 * self.neurons), firing: samples * self.neurons, samples }
    }

    fn first_layer(&self) -> Handle {
        self.weight
    }

    fn masked(&self, side: usize) -> Option<[usize; 3]> {
        let tiles = side / self.patch;
        Some([3 * self.patch * self.patch, tiles, tiles])
    }

    fn whitening(&self) -> Option<(Handle, Handle, usize)> {
        Some((self.whitening, self.whitening_shift, self.patch))
    }
}

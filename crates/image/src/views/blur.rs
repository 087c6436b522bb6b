//! Gaussian blur with reflected borders, as torchvision's `gaussian_blur`.

use super::{Scratch, Size};

/// Blurs 3 × height × width values with a kernel of `kernel` (odd) pixels and standard deviation `sigma` in pixels.
pub(super) fn gaussian(picture: &mut [f32], size: Size, kernel: usize, sigma: f32, scratch: &mut Scratch) {
    let Size { width, height } = size;
    let weights = weights(kernel, sigma);
    // Along the lines into the scratch, then along the columns back.
    scratch.picture.resize(picture.len(), 0.0);
    for (from, to) in picture.chunks_exact(width).zip(scratch.picture.chunks_exact_mut(width)) {
        for (x, value) in to.iter_mut().enumerate() {
            *value = taps(&weights, x, width).map(|(weight, at)| weight * from[at]).sum();
        }
    }
    let planes = scratch.picture.chunks_exact(width * height).zip(picture.chunks_exact_mut(width * height));
    for (from, to) in planes {
        for (y, line) in to.chunks_exact_mut(width).enumerate() {
            line.fill(0.0);
            for (weight, at) in taps(&weights, y, height) {
                line.iter_mut().zip(&from[at * width..][..width]).for_each(|(v, w)| *v += weight * w);
            }
        }
    }
}

fn weights(kernel: usize, sigma: f32) -> Vec<f32> {
    let middle = (kernel / 2) as f32;
    let bell = |i: usize| (-0.5 * ((i as f32 - middle) / sigma).powi(2)).exp();
    let sum: f32 = (0..kernel).map(bell).sum();
    (0..kernel).map(|i| bell(i) / sum).collect()
}

/// The weights around `centre`, each with the pixel it belongs to.
fn taps(weights: &[f32], centre: usize, extent: usize) -> impl Iterator<Item = (f32, usize)> + '_ {
    let reach = weights.len() as isize / 2;
    (weights.iter().enumerate())
        .map(move |(i, &weight)| (weight, reflected(centre as isize + i as isize - reach, extent)))
}

/// … 2 1 | 0 1 2 … n−1 | n−2 …: the border pixel is not repeated.
fn reflected(at: isize, extent: usize) -> usize {
    let last = extent as isize - 1;
    if last == 0 {
        return 0;
    }
    let folded = at.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

//! Crop, resize and flip.

use super::{Scratch, Size, between};
use featurescope_sim::math::random::Reader;

/// A rectangle of pixels inside a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

/// Draws until it fits, this often; then takes the middle.
const ATTEMPTS: usize = 10;

/// torchvision's law (`RandomResizedCrop.get_params`): area uniform, ratio log-uniform, sides rounded, place uniform.
pub(super) fn draw_crop(reader: &mut Reader<'_>, size: Size, scale: (f32, f32), ratio: (f32, f32)) -> Crop {
    let Size { width, height } = size;
    let area = (width * height) as f32;
    for _ in 0..ATTEMPTS {
        let target = area * between(reader, scale);
        let ratio = between(reader, (ratio.0.ln(), ratio.1.ln())).exp();
        let wide = (target * ratio).sqrt().round_ties_even() as usize;
        let high = (target / ratio).sqrt().round_ties_even() as usize;
        if (1..=width).contains(&wide) && (1..=height).contains(&high) {
            let top = reader.below((height - high + 1) as u32) as usize;
            let left = reader.below((width - wide + 1) as u32) as usize;
            return Crop { top, left, height: high, width: wide };
        }
    }
    // The largest part in the middle whose ratio is allowed.
    let own = width as f32 / height as f32;
    let (wide, high) = if own < ratio.0 {
        (width, (width as f32 / ratio.0).round_ties_even() as usize)
    } else if own > ratio.1 {
        ((height as f32 * ratio.1).round_ties_even() as usize, height)
    } else {
        (width, height)
    };
    let (wide, high) = (wide.clamp(1, width), high.clamp(1, height));
    Crop { top: (height - high) / 2, left: (width - wide) / 2, height: high, width: wide }
}

/// Where a pixel of the resized picture comes from along one axis: between two pixels, with the weight of the second.
fn sources(start: usize, extent: usize, whole: usize) -> impl Iterator<Item = (usize, usize, f32)> + Clone {
    let step = extent as f32 / whole as f32;
    (0..whole).map(move |i| {
        // Pixels are squares with their values in the middle.
        let place = (step * (i as f32 + 0.5) - 0.5).max(0.0);
        let first = (place as usize).min(extent - 1);
        (start + first, start + (first + 1).min(extent - 1), place - first as f32)
    })
}

/// The part resized to the whole picture, bilinear, as `torch.nn.functional.interpolate` without `align_corners`.
pub(super) fn resized_crop(picture: &mut [f32], size: Size, part: Crop, scratch: &mut Scratch) {
    let Size { width, height } = size;
    if part == (Crop { top: 0, left: 0, height, width }) {
        return;
    }
    scratch.picture.clear();
    scratch.picture.extend_from_slice(picture);
    let columns = sources(part.left, part.width, width);
    let planes = scratch.picture.chunks_exact(width * height).zip(picture.chunks_exact_mut(width * height));
    for (from, to) in planes {
        for ((upper, lower, down), line) in
            sources(part.top, part.height, height).zip(to.chunks_exact_mut(width))
        {
            let (upper, lower) = (&from[upper * width..][..width], &from[lower * width..][..width]);
            for ((left, right, across), value) in columns.clone().zip(line) {
                let above = (1.0 - across) * upper[left] + across * upper[right];
                let below = (1.0 - across) * lower[left] + across * lower[right];
                *value = (1.0 - down) * above + down * below;
            }
        }
    }
}

/// Left and right exchanged.
pub(super) fn flip(picture: &mut [f32], size: Size) {
    picture.chunks_exact_mut(size.width).for_each(<[f32]>::reverse);
}

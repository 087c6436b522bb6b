//! Colours: brightness, contrast, saturation, hue, grey, as torchvision defines them on float tensors.

use super::between;
use featurescope_sim::math::random::Reader;

/// Weights of red, green and blue in grey (ITU-R 601-2, torchvision's digits).
const GREY: [f32; 3] = [0.2989, 0.587, 0.114];

/// One change of all colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// v ↦ f v.
    Brightness(f32),
    /// v ↦ mean + f (v − mean), with the mean grey of the picture.
    Contrast(f32),
    /// v ↦ grey + f (v − grey), with the grey of the pixel.
    Saturation(f32),
    /// Turns the colour circle by this share of it.
    Hue(f32),
}

/// Draws the four changes in their random order. All numbers are always drawn.
pub(super) fn draw(reader: &mut Reader<'_>, amplitude: [f32; 3], hue: f32) -> [Change; 4] {
    let mut factor = |amplitude: f32| between(reader, ((1.0 - amplitude).max(0.0), 1.0 + amplitude));
    let factors = amplitude.map(&mut factor);
    let mut changes = [
        Change::Brightness(factors[0]),
        Change::Contrast(factors[1]),
        Change::Saturation(factors[2]),
        Change::Hue(between(reader, (-hue, hue))),
    ];
    for last in (1..changes.len()).rev() {
        changes.swap(last, reader.below(last as u32 + 1) as usize);
    }
    changes
}

impl Change {
    /// Applies the change to 3 × height × width values in 0..1, and keeps them there.
    pub(super) fn apply(self, picture: &mut [f32]) {
        match self {
            Self::Brightness(factor) => {
                for v in picture {
                    *v = (factor * *v).clamp(0.0, 1.0);
                }
            }
            Self::Contrast(factor) => {
                let mean = mean_grey(picture);
                for v in picture {
                    *v = blend(factor, *v, mean);
                }
            }
            Self::Saturation(factor) => on_pixels(picture, |rgb| {
                let grey = grey_of(rgb);
                rgb.map(|v| blend(factor, v, grey))
            }),
            Self::Hue(turn) => on_pixels(picture, |rgb| turn_hue(rgb, turn)),
        }
    }
}

/// Three equal channels.
pub(super) fn grey(picture: &mut [f32]) {
    on_pixels(picture, |rgb| [grey_of(rgb); 3]);
}

fn blend(factor: f32, value: f32, other: f32) -> f32 {
    (factor * value + (1.0 - factor) * other).clamp(0.0, 1.0)
}

fn grey_of([r, g, b]: [f32; 3]) -> f32 {
    GREY[0] * r + GREY[1] * g + GREY[2] * b
}

fn mean_grey(picture: &[f32]) -> f32 {
    let pixels = picture.len() / 3;
    let sums = [0, 1, 2].map(|c| picture[c * pixels..][..pixels].iter().map(|&v| f64::from(v)).sum::<f64>());
    (sums.iter().zip(GREY).map(|(sum, weight)| sum * f64::from(weight)).sum::<f64>() / pixels as f64) as f32
}

/// Replaces the colour of every pixel.
fn on_pixels(picture: &mut [f32], change: impl Fn([f32; 3]) -> [f32; 3]) {
    let pixels = picture.len() / 3;
    let (red, rest) = picture.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        [*r, *g, *b] = change([*r, *g, *b]);
    }
}

/// To hue, saturation and value, on by `turn`, and back. Selections instead of branches, so that many pixels go at once.
#[inline(always)]
fn turn_hue([r, g, b]: [f32; 3], turn: f32) -> [f32; 3] {
    let value = r.max(g).max(b);
    let chroma = value - r.min(g).min(b);
    let divisor = if chroma == 0.0 { 1.0 } else { chroma };
    // In sixths of the circle, from red.
    let sixths = if value == r {
        (g - b) / divisor
    } else if value == g {
        2.0 + (b - r) / divisor
    } else {
        4.0 + (r - g) / divisor
    };
    let sixths = sixths + 6.0 * turn;
    let sixths = sixths - 6.0 * (sixths / 6.0).floor();
    // A channel is full on two sixths of the circle, empty on two, and linear between.
    [5.0, 3.0, 1.0].map(|start| {
        let place = start + sixths;
        let place = if place >= 6.0 { place - 6.0 } else { place };
        (value - chroma * place.min(4.0 - place).clamp(0.0, 1.0)).clamp(0.0, 1.0)
    })
}

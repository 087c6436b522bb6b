//! Random views of pictures: what contrastive learning calls similar.
//!
//! A view is a chain of steps in SimCLR's order: random resized crop, flip, colour jitter, grey, blur; or a mask in the
//! manner of RandomMask. Each step follows torchvision's definition of the transform of that name on float tensors.
//!
//! Source: Chen, Kornblith, Norouzi, Hinton, "A simple framework for contrastive learning of visual representations" (ICML
//! 2020), section 2 and appendix A; the paper's Definition 2.3 for the masks.

pub mod augmentation;
mod blur;
mod colour;
mod geometry;
mod mask;
#[cfg(test)]
mod tests;

use crate::data::ImageSet;
pub use augmentation::{AUGMENTATIONS, Augmentation};
use featurescope_sim::math::parallel::for_each_piece;
use featurescope_sim::math::random::{Part, Reader};
use featurescope_sim::math::{ParameterError, Stream, require};
pub use mask::MaskPair;

/// One step of a view. Pictures are in 0..1; every step but [`ViewStep::Mask`] keeps them there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ViewStep {
    /// A random part of the picture, resized to the whole, bilinear. The part is never larger than the picture, so nothing
    /// is shrunk and there is nothing to smooth before (antialiasing would change nothing).
    RandomResizedCrop {
        /// Least and greatest share of the area, in (0, 1].
        scale: (f32, f32),
        /// Least and greatest width/height, log-uniform.
        ratio: (f32, f32),
    },
    /// Left and right exchanged.
    Flip {
        /// How often, in \[0, 1\].
        probability: f32,
    },
    /// Brightness, contrast, saturation and hue changed by random factors, in random order.
    ColourJitter {
        /// Factor uniform on \[max(0, 1 − b), 1 + b\].
        brightness: f32,
        /// Factor uniform on \[max(0, 1 − c), 1 + c\], around the picture's mean grey.
        contrast: f32,
        /// Factor uniform on \[max(0, 1 − s), 1 + s\], around each pixel's grey.
        saturation: f32,
        /// Turn of the colour circle, uniform on \[−h, h\], h in \[0, 1/2\].
        hue: f32,
        /// How often, in \[0, 1\].
        probability: f32,
    },
    /// Three equal channels.
    Grayscale {
        /// How often, in \[0, 1\].
        probability: f32,
    },
    /// Gaussian blur, reflected at the borders.
    Blur {
        /// Pixels across the kernel, odd.
        kernel: usize,
        /// Least and greatest standard deviation in pixels, uniform.
        sigma: (f32, f32),
        /// How often, in \[0, 1\].
        probability: f32,
    },
    /// A random set of square patches is kept, the rest becomes middle grey: v ↦ 1/2 + gain·m·(v − 1/2) with m ∈ {0, 1}, the
    /// same for the three channels. Middle grey stands for the zero of the paper's centred data.
    ///
    /// [`MaskPair::Complementary`] with `keep_rate` 1/2, `patch` 1 and `gain` 2 is RandomMask (Definition 2.3) on pixels: the
    /// views are 2 D x and 2 (I − D) x. Its values reach from −1/2 to 3/2.
    Mask {
        /// Probability that the anchor keeps a patch, in \[0, 1\].
        keep_rate: f32,
        /// Side of a patch in pixels; 1 masks pixels.
        patch: usize,
        /// How the positive's mask goes with the anchor's.
        pair: MaskPair,
        /// What kept values are multiplied by: 2 in the paper, 1 to leave them.
        gain: f32,
    },
}

impl ViewStep {
    /// # Errors
    /// A parameter out of the range that its documentation names.
    pub fn check(&self) -> Result<(), ParameterError> {
        let share = |name, value: f32| require((0.0..=1.0).contains(&value), name, value, "in [0, 1]");
        match *self {
            Self::RandomResizedCrop { scale: (least, most), ratio: (low, high) } => {
                let holds = least > 0.0 && least <= most && most <= 1.0;
                require(holds, "scale", format!("{least} to {most}"), "an interval in (0, 1]")?;
                let holds = low > 0.0 && low <= high && high.is_finite();
                require(holds, "ratio", format!("{low} to {high}"), "an interval of positive numbers")
            }
            Self::Flip { probability } | Self::Grayscale { probability } => share("probability", probability),
            Self::ColourJitter { brightness, contrast, saturation, hue, probability } => {
                for (name, value) in
                    [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)]
                {
                    require(value >= 0.0 && value.is_finite(), name, value, "not negative")?;
                }
                require((0.0..=0.5).contains(&hue), "hue", hue, "in [0, 1/2]")?;
                share("probability", probability)
            }
            Self::Blur { kernel, sigma: (least, most), probability } => {
                require(kernel % 2 == 1, "kernel", kernel, "odd")?;
                let holds = least > 0.0 && least <= most && most.is_finite();
                require(holds, "sigma", format!("{least} to {most}"), "an interval of positive numbers")?;
                share("probability", probability)
            }
            Self::Mask { keep_rate, patch, gain, .. } => {
                share("keep_rate", keep_rate)?;
                require(patch > 0, "patch", patch, "at least 1 pixel")?;
                require(gain > 0.0 && gain.is_finite(), "gain", gain, "positive")
            }
        }
    }
}

/// Which of the two views of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// x⁺, the one that is compared with all others.
    Anchor,
    /// x⁺⁺, the one that it should be similar to.
    Positive,
}

/// The steps that make a view of a picture, in order. Without steps the view is the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewPipeline {
    /// First to last.
    pub steps: Vec<ViewStep>,
}

/// SimCLR's least share of the area.
const LEAST_AREA: f32 = 0.08;
/// SimCLR's range of width/height: 3/4 to 4/3.
const WIDEST: f32 = 4.0 / 3.0;
/// Blocks of random numbers that a step may use: the numbers of one step do not depend on what the others draw.
const BLOCKS_PER_STEP: u32 = 1 << 20;
/// Pictures that a thread takes at a time.
const ROWS_PER_PIECE: usize = 4;

impl ViewPipeline {
    /// No augmentation: both views are the picture.
    pub fn none() -> Self {
        Self::default()
    }

    /// Random resized crop alone. `strength` in \[0, 1\]: 1 is SimCLR's (area 8 % to 100 %, width/height 3/4 to 4/3), 0 leaves
    /// square pictures as they are; between, the least area is 1 − 0.92·strength and the ratio's logarithm is scaled.
    pub fn crop(strength: f32) -> Self {
        let widest = WIDEST.powf(strength);
        let scale = (1.0 - (1.0 - LEAST_AREA) * strength, 1.0);
        Self { steps: vec![ViewStep::RandomResizedCrop { scale, ratio: (1.0 / widest, widest) }] }
    }

    /// Crop, flip and colour distortion: SimCLR's views for small pictures (without blur). `strength` s in \[0, 1\]: the crop of
    /// [`ViewPipeline::crop`]; flipped with probability s/2; with probability 0.8 jittered by 0.8 s in brightness,
    /// contrast and saturation and 0.2 s in hue; grey with probability 0.2 s.
    pub fn full(strength: f32) -> Self {
        let mut pipeline = Self::crop(strength);
        pipeline.steps.extend([
            ViewStep::Flip { probability: 0.5 * strength },
            ViewStep::ColourJitter {
                brightness: 0.8 * strength,
                contrast: 0.8 * strength,
                saturation: 0.8 * strength,
                hue: 0.2 * strength,
                probability: 0.8,
            },
            ViewStep::Grayscale { probability: 0.2 * strength },
        ]);
        pipeline
    }

    /// The same and then blurred with this probability, as in SimCLR: a kernel of a tenth of `side` pixels, standard deviation 0.1
    /// to 2 pixels. With probability 0 nothing is added.
    #[must_use]
    pub fn blurred(mut self, probability: f32, side: usize) -> Self {
        if probability > 0.0 {
            // Odd, and at least the three pixels that blur anything.
            let kernel = (side / 10).max(2) / 2 * 2 + 1;
            self.steps.push(ViewStep::Blur { kernel, sigma: (0.1, 2.0), probability });
        }
        self
    }

    /// RandomMask on patches of `patch` pixels: complementary masks, kept values doubled.
    pub fn mask(keep_rate: f32, patch: usize) -> Self {
        let step = ViewStep::Mask { keep_rate, patch, pair: MaskPair::Complementary, gain: 2.0 };
        Self { steps: vec![step] }
    }

    /// # Errors
    /// The first parameter that is out of range. Views of a pipeline that fails here are defined but mean nothing.
    pub fn check(&self) -> Result<(), ParameterError> {
        self.steps.iter().try_for_each(ViewStep::check)
    }

    /// Both views of the pictures `rows` of the set, each n × 3·height·width, channel first. The views of rows\[i\] are a pure
    /// function of (picture, stream, i), on any number of threads.
    ///
    /// # Panics
    /// If a row is not in the set or a buffer has another length.
    pub fn pairs(
        &self,
        set: &ImageSet,
        rows: &[usize],
        stream: &Stream,
        anchor: &mut [f32],
        positive: &mut [f32],
    ) {
        let length = set.bytes_per_image();
        assert_eq!(anchor.len(), rows.len() * length, "one view of every row");
        assert_eq!(positive.len(), rows.len() * length, "one view of every row");
        let piece = (ROWS_PER_PIECE * length).max(1);
        let pieces = anchor.chunks_mut(piece).zip(positive.chunks_mut(piece)).enumerate();
        for_each_piece(pieces, |(number, (anchor, positive))| {
            let mut scratch = Scratch::default();
            let views = anchor.chunks_exact_mut(length).zip(positive.chunks_exact_mut(length));
            for (offset, (anchor, positive)) in views.enumerate() {
                let i = number * ROWS_PER_PIECE + offset;
                for (view, out) in [(View::Anchor, anchor), (View::Positive, positive)] {
                    to_planes(set.image(rows[i]), out);
                    let size = Size { width: set.width, height: set.height };
                    self.transform(size, stream, i as u32, view, out, &mut scratch);
                }
            }
        });
    }

    /// Turns a picture, 3 × height × width in 0..1, into one of its views.
    fn transform(
        &self,
        size: Size,
        stream: &Stream,
        row: u32,
        view: View,
        picture: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let part = match view {
            View::Anchor => Part::AnchorView,
            View::Positive => Part::PositiveView,
        };
        for (number, step) in self.steps.iter().enumerate() {
            let first_block = number as u32 * BLOCKS_PER_STEP;
            let mut reader = stream.reader_from(part, row, first_block);
            match *step {
                ViewStep::RandomResizedCrop { scale, ratio } => {
                    let part = geometry::draw_crop(&mut reader, size, scale, ratio);
                    geometry::resized_crop(picture, size, part, scratch);
                }
                ViewStep::Flip { probability } => {
                    if happens(&mut reader, probability) {
                        geometry::flip(picture, size);
                    }
                }
                ViewStep::ColourJitter { brightness, contrast, saturation, hue, probability } => {
                    if happens(&mut reader, probability) {
                        let drawn = colour::draw(&mut reader, [brightness, contrast, saturation], hue);
                        for change in drawn {
                            change.apply(picture);
                        }
                    }
                }
                ViewStep::Grayscale { probability } => {
                    if happens(&mut reader, probability) {
                        colour::grey(picture);
                    }
                }
                ViewStep::Blur { kernel, sigma, probability } => {
                    if happens(&mut reader, probability) {
                        blur::gaussian(picture, size, kernel, between(&mut reader, sigma), scratch);
                    }
                }
                ViewStep::Mask { keep_rate, patch, pair, gain } => {
                    let words = mask::Words { stream, row, first_block, part };
                    mask::apply(
                        picture,
                        size,
                        &mask::Mask { keep_rate, patch, pair, gain },
                        view,
                        &words,
                        scratch,
                    );
                }
            }
        }
    }
}

/// Pictures as they are, n × 3·height·width, channel first, in 0..1.
///
/// # Panics
/// If a row is not in the set or the buffer has another length.
pub fn plain(set: &ImageSet, rows: &[usize], out: &mut [f32]) {
    let length = set.bytes_per_image();
    assert_eq!(out.len(), rows.len() * length, "one picture of every row");
    let piece = (ROWS_PER_PIECE * length).max(1);
    for_each_piece(out.chunks_mut(piece).zip(rows.chunks(ROWS_PER_PIECE)), |(pictures, rows)| {
        for (picture, &row) in pictures.chunks_exact_mut(length).zip(rows) {
            to_planes(set.image(row), picture);
        }
    });
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: usize,
    height: usize,
}

/// Buffers that are kept from picture to picture.
#[derive(Default)]
struct Scratch {
    picture: Vec<f32>,
    words: Vec<u32>,
}

/// Channel last in bytes to channel first in 0..1.
fn to_planes(picture: &[u8], planes: &mut [f32]) {
    let pixels = picture.len() / 3;
    let (red, rest) = planes.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    for (i, rgb) in picture.chunks_exact(3).enumerate() {
        red[i] = f32::from(rgb[0]) / 255.0;
        green[i] = f32::from(rgb[1]) / 255.0;
        blue[i] = f32::from(rgb[2]) / 255.0;
    }
}

fn between(reader: &mut Reader<'_>, (low, high): (f32, f32)) -> f32 {
    low + (high - low) * reader.uniform() as f32
}

fn happens(reader: &mut Reader<'_>, probability: f32) -> bool {
    reader.uniform() < f64::from(probability)
}

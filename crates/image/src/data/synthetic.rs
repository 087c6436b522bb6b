//! Pictures whose class is a shape and nothing else.
//!
//! A picture is a background and one shape on it, both under the same light. What the class is told by is sparse: the shape's
//! outline, a few edges somewhere in the picture. All else is dense, touches every pixel, and is drawn independently of
//! the class: two colours, the tint of the light and its fall-off, a texture of two waves, pixel noise; and place, size
//! and tilt of the shape. So a representation that keeps colour and texture can tell pictures apart without knowing
//! their class: the shortcut that strong augmentation is to take away (docs/theory.md 2.4 has the same in the sparse
//! coding model).

use super::shapes::{SHAPES, Shape};
use super::{ImageSet, Split};
use crate::error::DataError;
use crate::purpose;
use featurescope_sim::math::gaussian::fill_normal;
use featurescope_sim::math::parallel::for_each_piece;
use featurescope_sim::math::random::{Part, Reader};
use featurescope_sim::math::{Stream, require};
use std::f32::consts::PI;

/// How large a synthetic set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntheticSpec {
    /// Width and height in pixels, 16 to 512.
    pub size: usize,
    /// Number of classes, 2 to 10.
    pub classes: usize,
    /// Training pictures.
    pub train: usize,
    /// Test pictures.
    pub test: usize,
}

/// Draws a set of shapes. Row i has class i mod `classes`, so that any run of rows is balanced; picture i of a part is
/// a pure function of (`size`, `classes`, `seed`, i).
///
/// # Errors
/// [`DataError::Setting`] for a size or number of classes out of range.
pub fn synthetic(spec: SyntheticSpec, seed: u64) -> Result<Split, DataError> {
    require((16..=512).contains(&spec.size), "size", spec.size, "16 to 512 pixels")?;
    require(
        (2..=SHAPES.len()).contains(&spec.classes),
        "classes",
        spec.classes,
        format!("2 to {}", SHAPES.len()),
    )?;
    let classes: Vec<String> = SHAPES[..spec.classes].iter().map(|(name, _)| (*name).to_owned()).collect();
    let part = |number: u32, count: usize| {
        let stream = Stream::new(seed, purpose::PICTURES, number);
        let labels: Vec<u32> = (0..count).map(|i| (i % spec.classes) as u32).collect();
        let length = spec.size * spec.size * 3;
        let mut pixels = vec![0; count * length];
        for_each_piece(pixels.chunks_exact_mut(length).enumerate(), |(i, picture)| {
            draw(picture, spec.size, labels[i] as usize, &stream, i as u32);
        });
        ImageSet { width: spec.size, height: spec.size, pixels, labels, classes: classes.clone() }
    };
    Ok(Split { train: part(0, spec.train), test: part(1, spec.test), notes: Vec::new() })
}

/// Standard deviation of the pixel noise, of the range 0..1.
const NOISE: f32 = 0.03;
/// The shape's circle as a fraction of the picture's width.
const RADIUS: (f32, f32) = (0.24, 0.40);
/// Largest tilt in radians: less than what would turn a square's side into its corner, or a chevron around.
const TILT: f32 = 0.35;
/// The shape differs from its background in brightness by a fraction in this range.
const CONTRAST: (f32, f32) = (0.25, 0.5);
/// Weights of brightness in RGB, those that views use for grey.
const BRIGHTNESS: [f32; 3] = [0.2989, 0.587, 0.114];

fn between(reader: &mut Reader<'_>, (low, high): (f32, f32)) -> f32 {
    low + (high - low) * reader.uniform() as f32
}

/// A wave over the picture: amplitude · sin(kx·x + ky·y + phase), per channel amplitude.
struct Wave {
    frequency: [f32; 2],
    phase: f32,
    amplitude: [f32; 3],
}

impl Wave {
    /// `cycles` across the picture in any direction.
    fn draw(reader: &mut Reader<'_>, cycles: (f32, f32), amplitude: (f32, f32)) -> Self {
        let (angle, cycles) = (between(reader, (0.0, PI)), between(reader, cycles));
        let height = between(reader, amplitude);
        Self {
            frequency: [2.0 * PI * cycles * angle.cos(), 2.0 * PI * cycles * angle.sin()],
            phase: between(reader, (0.0, 2.0 * PI)),
            amplitude: std::array::from_fn(|_| height * between(reader, (0.4, 1.0))),
        }
    }

    fn at(&self, u: f32, v: f32) -> f32 {
        (self.frequency[0] * u + self.frequency[1] * v + self.phase).sin()
    }
}

/// Everything about a picture but its class and its noise.
struct Scene {
    centre: [f32; 2],
    radius: f32,
    /// Cosine and sine of the tilt.
    tilt: [f32; 2],
    background: [f32; 3],
    foreground: [f32; 3],
    textures: [Wave; 2],
    light: [f32; 3],
    fall_off: [f32; 2],
}

impl Scene {
    fn draw(reader: &mut Reader<'_>) -> Self {
        let radius = between(reader, RADIUS);
        // The circle that no shape leaves by more than a fifth stays inside.
        let margin = (1.05 * radius, 1.0 - 1.05 * radius);
        let centre = [between(reader, margin), between(reader, margin)];
        let tilt = between(reader, (-TILT, TILT));
        // Both sides of the outline get any hue, and differ in brightness: a grey picture still shows the shape.
        let contrast = between(reader, CONTRAST) * reader.sign();
        let middle = between(reader, (0.35, 0.65));
        let background = colour(reader, middle - 0.5 * contrast);
        let foreground = colour(reader, middle + 0.5 * contrast);
        Self {
            centre,
            radius,
            tilt: [tilt.cos(), tilt.sin()],
            background,
            foreground,
            textures: [
                Wave::draw(reader, (3.0, 9.0), (0.0, 0.10)),
                Wave::draw(reader, (0.5, 2.0), (0.0, 0.10)),
            ],
            light: std::array::from_fn(|_| between(reader, (0.7, 1.3))),
            fall_off: [between(reader, (-0.3, 0.3)), between(reader, (-0.3, 0.3))],
        }
    }

    /// The colour at (u, v) in 0..1, and the sides of a pixel being `pixel`.
    fn at(&self, shape: Shape, u: f32, v: f32, pixel: f32) -> [f32; 3] {
        let [dx, dy] = [(u - self.centre[0]) / self.radius, (v - self.centre[1]) / self.radius];
        let [cos, sin] = self.tilt;
        let distance = shape(cos * dx + sin * dy, cos * dy - sin * dx) * self.radius;
        // The share of the pixel inside, to first order in the distance: edges without stairs.
        let inside = (0.5 - distance / pixel).clamp(0.0, 1.0);
        let waves = [self.textures[0].at(u, v), self.textures[1].at(u, v)];
        let brightness = 1.0 + self.fall_off[0] * (u - 0.5) + self.fall_off[1] * (v - 0.5);
        std::array::from_fn(|c| {
            let surface = self.background[c] + inside * (self.foreground[c] - self.background[c]);
            let texture = waves[0] * self.textures[0].amplitude[c] + waves[1] * self.textures[1].amplitude[c];
            (surface + texture) * self.light[c] * brightness
        })
    }
}

/// A random hue with this brightness.
fn colour(reader: &mut Reader<'_>, brightness: f32) -> [f32; 3] {
    let raw: [f32; 3] = std::array::from_fn(|_| between(reader, (-0.25, 0.25)));
    let offset: f32 = raw.iter().zip(BRIGHTNESS).map(|(value, weight)| value * weight).sum();
    raw.map(|value| value - offset + brightness)
}

fn draw(picture: &mut [u8], size: usize, class: usize, stream: &Stream, row: u32) {
    let scene = Scene::draw(&mut stream.reader(Part::Latent, row));
    let shape = SHAPES[class].1;
    let mut noise = vec![0.0; picture.len()];
    fill_normal(&mut noise, NOISE, stream, Part::Dense, row);
    let pixel = 1.0 / size as f32;
    for (i, (rgb, noise)) in picture.chunks_exact_mut(3).zip(noise.chunks_exact(3)).enumerate() {
        let (u, v) = ((i % size) as f32 * pixel + 0.5 * pixel, (i / size) as f32 * pixel + 0.5 * pixel);
        let colour = scene.at(shape, u, v, pixel);
        for c in 0..3 {
            rgb[c] = ((colour[c] + noise[c]).clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }
}

//! Batch normalisation, rectification and pooling in one go over memory for the statistics and one for the values.
//!
//! ```text
//! z = scale (x − m)/√(v + ε) + shift,   y = max(0, z), the largest of 2 × 2 where pooled
//! g = ∂z, from ∂y where z won and is positive
//! ∂x = scale/√(v + ε) · (g − ⟨g⟩ − (x − m)/(v + ε) ⟨g (x − m)⟩)      ⟨·⟩: the mean over pictures and places
//! ```
//! (Ioffe & Szegedy 2015.) Sums run over a channel of a picture in single precision, sixteen lanes side by side, and over
//! pictures in double precision in their order: same bits on any number of threads.

use featurescope_sim::math::fresh::Fresh;
use featurescope_sim::math::parallel::for_each_piece;
use multiversion::multiversion;

const LANES: usize = 16;

/// What is normalised, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows and columns.
    pub size: [usize; 2],
    /// What follows.
    pub then: Then,
}

/// What follows the normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Linear,
    /// max(0, ·).
    Rectify,
    /// max(0, ·), and the largest of every 2 × 2 block.
    RectifyPool,
}

impl Shape {
    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        match self.then {
            Then::RectifyPool => self.size.map(|side| side / 2),
            Then::Linear | Then::Rectify => self.size,
        }
    }

    fn places(&self) -> usize {
        self.size[0] * self.size[1]
    }

    fn output_places(&self) -> usize {
        self.output()[0] * self.output()[1]
    }
}

/// Mean and variance (of the population) of every channel.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Means.
    pub mean: Vec<f32>,
    /// Variances.
    pub variance: Vec<f32>,
}

/// z = factor (x − mean) + shift of one channel.
#[derive(Clone, Copy)]
struct Affine {
    mean: f32,
    factor: f32,
    shift: f32,
}

impl Affine {
    #[inline(always)]
    fn apply(self, x: f32) -> f32 {
        self.factor * (x - self.mean) + self.shift
    }
}

fn affine(moments: &Moments, scale: &[f32], shift: &[f32], epsilon: f64) -> Vec<Affine> {
    let channels = moments.mean.iter().zip(&moments.variance).zip(scale.iter().zip(shift));
    let affine = |((&mean, &variance), (&scale, &shift)): ((&f32, &f32), (&f32, &f32))| {
        let deviation = (f64::from(variance) + epsilon).sqrt();
        Affine { mean, factor: (f64::from(scale) / deviation) as f32, shift }
    };
    channels.map(affine).collect()
}

/// max(0, z), not hiding what is no number.
#[inline(always)]
fn rectified(z: f32) -> f32 {
    if z <= 0.0 { 0.0 } else { z }
}

/// The output (n × c × h' × w') of x (n × c × h × w), and the moments of the batch.
pub fn forward(shape: Shape, x: &[f32], scale: &[f32], shift: &[f32], epsilon: f64) -> (Vec<f32>, Moments) {
    let moments = moments(shape, x);
    let channels = affine(&moments, scale, shift, epsilon);
    let picture = shape.channels * shape.places();
    let output = shape.channels * shape.output_places();
    let mut y = Fresh::new(x.len() / picture * output);
    for_each_piece(x.chunks(picture).zip(y.pieces(output.max(1))), |(x, y)| {
        normalise(shape, &channels, x, y.zeros());
    });
    (y.into_vec(), moments)
}

/// By Chan, Golub & LeVeque's rule from those of every channel of every picture: nothing cancels.
fn moments(shape: Shape, x: &[f32]) -> Moments {
    let (channels, places) = (shape.channels, shape.places());
    let picture = channels * places;
    let mut parts = vec![[0.0; 2]; x.len() / places];
    for_each_piece(x.chunks(picture).zip(parts.chunks_mut(channels)), |(x, parts)| {
        part_moments(places, x, parts);
    });
    let count = (parts.len() / channels) as f64;
    let of_channel = |channel: usize| {
        let parts = || parts[channel..].iter().step_by(channels);
        let mean = parts().map(|part| f64::from(part[0])).sum::<f64>() / count;
        let within = parts().map(|part| f64::from(part[1])).sum::<f64>() / (count * places as f64);
        let between = parts().map(|part| (f64::from(part[0]) - mean).powi(2)).sum::<f64>() / count;
        [mean as f32, (within + between) as f32]
    };
    let both: Vec<[f32; 2]> = (0..channels).map(of_channel).collect();
    Moments { mean: both.iter().map(|m| m[0]).collect(), variance: both.iter().map(|m| m[1]).collect() }
}

/// Mean and summed squares around it of every channel of a picture.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn part_moments(places: usize, x: &[f32], parts: &mut [[f32; 2]]) {
    for (x, part) in x.chunks(places).zip(parts) {
        let mean = sum(x, |x| x) / places as f32;
        *part = [mean, sum(x, |x| (x - mean) * (x - mean))];
    }
}

#[inline(always)]
fn sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for lanes in whole {
        sums.iter_mut().zip(lanes).for_each(|(sum, &x)| *sum += term(x));
    }
    sums.iter_mut().zip(rest).for_each(|(sum, &x)| *sum += term(x));
    sums.iter().sum()
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn normalise(shape: Shape, channels: &[Affine], x: &[f32], y: &mut [f32]) {
    let (width, [rows, columns]) = (shape.size[1], shape.output());
    let maps = x.chunks(shape.places()).zip(y.chunks_mut((rows * columns).max(1)));
    for (&channel, (x, y)) in channels.iter().zip(maps) {
        match shape.then {
            Then::Linear => x.iter().zip(y).for_each(|(&x, y)| *y = channel.apply(x)),
            Then::Rectify => x.iter().zip(y).for_each(|(&x, y)| *y = rectified(channel.apply(x))),
            Then::RectifyPool => {
                for (pair, y) in x.chunks_exact(2 * width).zip(y.chunks_mut(columns.max(1))) {
                    let (upper, lower) = pair.split_at(width);
                    let blocks = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
                    for ((upper, lower), y) in blocks.zip(y) {
                        let [a, b] = upper.map(|x| channel.apply(x));
                        let [c, d] = lower.map(|x| channel.apply(x));
                        *y = rectified(a.max(b).max(c.max(d)));
                    }
                }
            }
        }
    }
}

/// What is derived by what.
pub struct Gradients {
    /// By x.
    pub x: Vec<f32>,
    /// By the scale of every channel.
    pub scale: Vec<f32>,
    /// By its shift.
    pub shift: Vec<f32>,
}

/// The gradients of a loss whose gradient by the output is `dy`.
pub fn backward(
    shape: Shape,
    x: &[f32],
    moments: &Moments,
    [scale, shift]: [&[f32]; 2],
    epsilon: f64,
    dy: &[f32],
) -> Gradients {
    let affine = affine(moments, scale, shift, epsilon);
    let (channels, places) = (shape.channels, shape.places());
    let (picture, output) = (channels * places, channels * shape.output_places());
    let mut dx = Fresh::new(x.len());
    let mut parts = vec![[0.0; 2]; x.len() / places];
    let pictures = x.chunks(picture).zip(dy.chunks(output.max(1)));
    // g goes where ∂x will be.
    for_each_piece(
        pictures.zip(dx.pieces(picture).zip(parts.chunks_mut(channels))),
        |((x, dy), (g, parts))| {
            pull_back(shape, &affine, x, dy, g.zeros(), parts);
        },
    );
    let mut dx = dx.into_vec();
    let count = (x.len() / channels) as f64;
    let of_channel = |channel: usize| -> [f64; 2] {
        let parts = || parts[channel..].iter().step_by(channels);
        std::array::from_fn(|i| parts().map(|part| f64::from(part[i])).sum())
    };
    let sums: Vec<[f64; 2]> = (0..channels).map(of_channel).collect();
    let variances = || moments.variance.iter().map(|&variance| f64::from(variance) + epsilon);
    let means = sums.iter().zip(variances());
    let means: Vec<[f32; 2]> = means
        .map(|(sum, variance)| [sum[0] / count, sum[1] / (count * variance)].map(|x| x as f32))
        .collect();
    for_each_piece(x.chunks(picture).zip(dx.chunks_mut(picture)), |(x, dx)| {
        centre(places, &affine, &means, x, dx);
    });
    let by_scale = |(sum, variance): (&[f64; 2], f64)| (sum[1] / variance.sqrt()) as f32;
    Gradients {
        x: dx,
        scale: sums.iter().zip(variances()).map(by_scale).collect(),
        shift: sums.iter().map(|sum| sum[0] as f32).collect(),
    }
}

/// g, and Σ g and Σ g (x − m) of every channel of a picture.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn pull_back(
    shape: Shape,
    channels: &[Affine],
    x: &[f32],
    dy: &[f32],
    g: &mut [f32],
    parts: &mut [[f32; 2]],
) {
    let (places, output) = (shape.places(), shape.output_places());
    let maps = x.chunks(places).zip(dy.chunks(output.max(1))).zip(g.chunks_mut(places)).zip(parts);
    for (&channel, (((x, dy), g), part)) in channels.iter().zip(maps) {
        match shape.then {
            Then::Linear => g.copy_from_slice(dy),
            Then::Rectify => {
                for ((g, &x), &dy) in g.iter_mut().zip(x).zip(dy) {
                    *g = if channel.apply(x) > 0.0 { dy } else { 0.0 };
                }
            }
            Then::RectifyPool => pull_back_pooled(shape, channel, x, dy, g),
        }
        *part = sums_with(x, g, channel.mean);
    }
}

/// Σ g and Σ g (x − m).
#[inline(always)]
fn sums_with(x: &[f32], g: &[f32], mean: f32) -> [f32; 2] {
    let ((x, last_x), (g, last_g)) = (x.as_chunks::<LANES>(), g.as_chunks::<LANES>());
    let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
    for (x, g) in x.iter().zip(g) {
        sums.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
        products.iter_mut().zip(x.iter().zip(g)).for_each(|(sum, (x, g))| *sum += g * (x - mean));
    }
    sums.iter_mut().zip(last_g).for_each(|(sum, g)| *sum += g);
    products.iter_mut().zip(last_x.iter().zip(last_g)).for_each(|(sum, (x, g))| *sum += g * (x - mean));
    [sums.iter().sum(), products.iter().sum()]
}

/// The gradient goes to the first of the largest of a block.
#[inline(always)]
fn pull_back_pooled(shape: Shape, channel: Affine, x: &[f32], dy: &[f32], g: &mut [f32]) {
    let (width, columns) = (shape.size[1], shape.output()[1]);
    let pairs = x.chunks_exact(2 * width).zip(g.chunks_exact_mut(2 * width));
    for ((x, g), dy) in pairs.zip(dy.chunks(columns.max(1))) {
        let (upper, lower) = x.split_at(width);
        let (to_upper, to_lower) = g.split_at_mut(width);
        pull_back_rows(channel, [upper, lower], [to_upper, to_lower], dy);
    }
}

#[inline(always)]
fn pull_back_rows(channel: Affine, [upper, lower]: [&[f32]; 2], g: [&mut [f32]; 2], dy: &[f32]) {
    let [to_upper, to_lower] = g;
    let blocks = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
    let to = to_upper.as_chunks_mut::<2>().0.iter_mut().zip(to_lower.as_chunks_mut::<2>().0);
    for (((upper, lower), (to_upper, to_lower)), &dy) in blocks.zip(to).zip(dy) {
        let [a, b] = upper.map(|x| channel.apply(x));
        let [c, d] = lower.map(|x| channel.apply(x));
        let largest = a.max(b).max(c.max(d));
        let left = if largest > 0.0 { dy } else { 0.0 };
        let (to_a, left) = if a == largest { (left, 0.0) } else { (0.0, left) };
        let (to_b, left) = if b == largest { (left, 0.0) } else { (0.0, left) };
        let (to_c, left) = if c == largest { (left, 0.0) } else { (0.0, left) };
        *to_upper = [to_a, to_b];
        *to_lower = [to_c, left];
    }
}

/// dx = factor (g − ⟨g⟩ − (x − m) ⟨g (x − m)⟩/(v + ε)), g being in `dx`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn centre(places: usize, channels: &[Affine], means: &[[f32; 2]], x: &[f32], dx: &mut [f32]) {
    let maps = x.chunks(places).zip(dx.chunks_mut(places));
    for ((channel, &[mean, slope]), (x, dx)) in channels.iter().zip(means).zip(maps) {
        for (dx, &x) in dx.iter_mut().zip(x) {
            *dx = channel.factor * (*dx - mean - (x - channel.mean) * slope);
        }
    }
}

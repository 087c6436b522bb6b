//! What a unit looks for: pictures that make it fire, by gradient ascent on the picture (Erhan et al. 2009; Olah et al. 2017).
//!
//! A picture is sigmoid(A C): C are coefficients of a cosine basis, divided by their frequency, so that all scales move
//! alike; A mixes three channels as the colours of natural pictures are correlated; the root mean square of A C is held below
//! a bound, the picture's contrast, without which many units end at a white or black square. The ascent (Adam) is on the mean
//! of one channel before it is rectified, after a random shift of a few pixels at each step, less a multiple of the total
//! variation.
//!
//! So a picture shows what a unit answers to among smooth pictures: how much colour it has is compared between networks
//! ([`crate::measure::chroma`]), with the same steps from the same start.

use crate::network::parameters::numbers;
use crate::network::{Network, Parameters, Pass};
use crate::purpose;
use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};
use featurescope_sim::math::Stream;
use featurescope_sim::math::random::Part;

/// Square root of the correlation of red, green and blue in natural pictures, over the largest norm of a column (as
/// measured on ImageNet by Olah et al. 2017).
const COLOURS: [[f32; 3]; 3] = [[0.563, 0.195, 0.043], [0.585, 0.0, -0.108], [0.585, -0.195, 0.065]];
/// Bound on the root mean square of what the sigmoid sees.
const CONTRAST: f64 = 1.5;
const INITIAL_SPREAD: f64 = 0.05;
/// Largest shift in pixels along each axis.
const JITTER: i64 = 2;
const VARIATION_WEIGHT: f64 = 0.05;
const RATE: f64 = 0.05;
const BETAS: [f64; 2] = [0.9, 0.999];
/// Units whose pictures ascend together.
const BATCH: usize = 32;

/// Pictures of units, each 3 · side · side in 0 … 1, and the activation that each reached.
pub struct UnitPictures {
    /// One per unit.
    pub pictures: Vec<Vec<f32>>,
    /// One per unit.
    pub activations: Vec<f32>,
}

/// Pictures of these channels of a layer. `None` if the network has no layer of this name.
pub fn maximise(
    (network, parameters): (&Network, &Parameters),
    layer: &str,
    channels: &[usize],
    side: usize,
    steps: usize,
    device: &Device,
) -> Option<UnitPictures> {
    network.encoder.layers().iter().find(|(name, _)| name == layer)?;
    let mut found = UnitPictures { pictures: Vec::new(), activations: Vec::new() };
    for channels in channels.chunks(BATCH) {
        let mut ascent = Ascent::new(channels, side, device);
        for step in 0..steps {
            ascent.step(network, parameters, layer, step);
        }
        let pictures = ascent.pictures(&ascent.coefficients);
        let mut pass = Pass::evaluation(parameters).wanting(layer);
        network.represent(&mut pass, pictures.clone());
        let activations = numbers(ascent.activations(pass.take_tapped()?));
        let length = 3 * side * side;
        found.pictures.extend(numbers(pictures).chunks(length).map(<[f32]>::to_vec));
        found.activations.extend(activations);
    }
    Some(found)
}

struct Ascent<'a> {
    channels: &'a [usize],
    side: usize,
    device: &'a Device,
    /// n · 3 × side × side.
    coefficients: Tensor<3>,
    moments: Option<[Tensor<3>; 2]>,
    /// side × side, one cosine a row.
    basis: Tensor<2>,
    /// 1 over frequency.
    scales: Tensor<3>,
    colours: Tensor<2>,
}

impl<'a> Ascent<'a> {
    fn new(channels: &'a [usize], side: usize, device: &'a Device) -> Self {
        let stream = Stream::new(0, purpose::FEATURE_PICTURES, 0);
        let mut start = Vec::new();
        for &channel in channels {
            let mut reader = stream.reader(Part::Dense, channel as u32);
            start.extend((0..3 * side * side).map(|_| (INITIAL_SPREAD * reader.normal()) as f32));
        }
        let cosine = |k: usize, x: usize| {
            let norm = if k == 0 { 1.0 } else { std::f64::consts::SQRT_2 } / (side as f64).sqrt();
            norm * (std::f64::consts::PI * k as f64 * (x as f64 + 0.5) / side as f64).cos()
        };
        let square = |entry: &dyn Fn(usize, usize) -> f64| -> Vec<f32> {
            (0..side * side).map(|i| entry(i / side, i % side) as f32).collect()
        };
        // The root of the size keeps the spread of pixels whatever the side.
        let scale = |u: usize, v: usize| side as f64 / ((u * u + v * v) as f64).sqrt().max(1.0);
        Self {
            channels,
            side,
            device,
            coefficients: Tensor::from_data(TensorData::new(start, [channels.len() * 3, side, side]), device),
            moments: None,
            basis: Tensor::from_data(TensorData::new(square(&cosine), [side, side]), device),
            scales: Tensor::from_data(TensorData::new(square(&scale), [1, side, side]), device),
            colours: Tensor::from_data(TensorData::new(COLOURS.concat(), [3, 3]), device),
        }
    }

    /// n × 3 × side × side in 0 … 1.
    fn pictures(&self, coefficients: &Tensor<3>) -> Tensor<4> {
        let (n, side) = (self.channels.len(), self.side);
        let rows = (coefficients.clone() * self.scales.clone()).reshape([n * 3 * side, side]);
        let half = rows.matmul(self.basis.clone()).reshape([n * 3, side, side]).swap_dims(1, 2);
        let whole =
            half.reshape([n * 3 * side, side]).matmul(self.basis.clone()).reshape([n * 3, side, side]);
        let planes =
            whole.swap_dims(1, 2).reshape([n, 3, side * side]).swap_dims(0, 1).reshape([3, n * side * side]);
        let mixed = self.colours.clone().matmul(planes).reshape([3, n, side * side]).swap_dims(0, 1);
        let mixed = mixed.reshape([n, 3 * side * side]) * 4.0;
        let spread = (mixed.clone().square().mean_dim(1) + 1e-12).sqrt();
        let within = mixed * (spread.recip() * CONTRAST).clamp_max(1.0);
        sigmoid(within.reshape([n, 3, side, side]))
    }

    /// The mean of every picture's own channel.
    fn activations(&self, output: Tensor<4>) -> Tensor<1> {
        let [n, channels, h, w] = output.dims();
        let mut own = vec![0.0f32; n * channels];
        self.channels.iter().enumerate().for_each(|(i, &channel)| own[i * channels + channel] = 1.0);
        let own = Tensor::<2>::from_data(TensorData::new(own, [n, channels]), self.device);
        let means = output.reshape([n, channels, h * w]).mean_dim(2).reshape([n, channels]);
        (means * own).sum_dim(1).reshape([n])
    }

    fn step(&mut self, network: &Network, parameters: &Parameters, layer: &str, step: usize) {
        let coefficients = self.coefficients.clone().autodiff().require_grad();
        let pictures = self.pictures(&coefficients);
        let stream = Stream::new(0, purpose::FEATURE_PICTURES, 1 + step as u32);
        let mut draw = stream.reader(Part::Mask, 0);
        let mut shift = || i64::from(draw.below((2 * JITTER + 1) as u32)) - JITTER;
        let shifted = pictures.clone().roll(&[shift(), shift()], &[2i64, 3]);
        let mut pass = Pass::evaluation(parameters).wanting(layer);
        network.represent(&mut pass, shifted);
        let Some(output) = pass.take_tapped() else { return };
        let gain = self.activations(output).sum() - total_variation(pictures) * VARIATION_WEIGHT;
        let mut gradients = gain.backward();
        if let Some(gradient) = coefficients.grad_remove(&mut gradients) {
            self.ascend(gradient, step);
        }
    }

    /// One step of Adam (Kingma & Ba 2015), upwards.
    fn ascend(&mut self, gradient: Tensor<3>, step: usize) {
        let [first, second] = match self.moments.take() {
            Some([first, second]) => [
                first * BETAS[0] + gradient.clone() * (1.0 - BETAS[0]),
                second * BETAS[1] + gradient.square() * (1.0 - BETAS[1]),
            ],
            None => [gradient.clone() * (1.0 - BETAS[0]), gradient.square() * (1.0 - BETAS[1])],
        };
        let corrected = |moment: Tensor<3>, beta: f64| moment / (1.0 - beta.powi(step as i32 + 1));
        let direction =
            corrected(first.clone(), BETAS[0]) / (corrected(second.clone(), BETAS[1]).sqrt() + 1e-8);
        self.coefficients = self.coefficients.clone() + direction * RATE;
        self.moments = Some([first, second]);
    }
}

/// Σ over pictures of the mean absolute step between neighbouring pixels.
fn total_variation(pictures: Tensor<4>) -> Tensor<1> {
    let [n, _, h, w] = pictures.dims();
    let down = pictures.clone().narrow(2, 1, h - 1) - pictures.clone().narrow(2, 0, h - 1);
    let across = pictures.clone().narrow(3, 1, w - 1) - pictures.narrow(3, 0, w - 1);
    (down.abs().mean() + across.abs().mean()) * n as f64
}

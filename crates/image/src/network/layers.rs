//! Layers: where their arrays are, and what is done with them.

use super::kernels::{self, Then};
use super::{Blueprint, Handle, Mode, Pass, Role};
use crate::network::Arithmetic;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module;
use burn::tensor::ops::MaxPoolOptions;

/// Weight of a new batch in the running statistics, as in PyTorch.
const STATISTIC_MOMENTUM: f64 = 0.1;
const EPSILON: f64 = 1e-5;

/// Convolution with a square kernel.
pub struct Convolution {
    weight: Handle,
    stride: usize,
    padding: usize,
}

impl Convolution {
    /// `from` to `to` channels; half the kernel is padded, so that stride 1 keeps the size. The initial variance is PyTorch's
    /// default, 1/(3 fan-in).
    pub fn new(b: &mut Blueprint, name: &str, [from, to]: [usize; 2], kernel: usize, stride: usize) -> Self {
        let fan_in = (from * kernel * kernel) as f64;
        let deviation = (3.0 * fan_in).sqrt().recip();
        let weight = b.normal(&format!("{name}.weight"), &[to, from, kernel, kernel], deviation);
        Self { weight, stride, padding: kernel / 2 }
    }

    /// Its filters.
    pub fn weight(&self) -> Handle {
        self.weight
    }

    /// n × from × h × w → n × to × ⌈h/stride⌉ × ⌈w/stride⌉.
    pub fn forward(&self, pass: &Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        kernels::convolution(x, pass.get(self.weight), self.stride, self.padding, pass.arithmetic())
    }
}

/// Batch normalisation per channel (Ioffe & Szegedy 2015).
pub struct BatchNorm {
    scale: Handle,
    shift: Handle,
    mean: Handle,
    variance: Handle,
}

impl BatchNorm {
    /// Of so many channels.
    pub fn new(b: &mut Blueprint, name: &str, channels: usize) -> Self {
        let shape = [channels];
        Self {
            scale: b.constant(&format!("{name}.weight"), &shape, Role::Shift, 1.0),
            shift: b.constant(&format!("{name}.bias"), &shape, Role::Shift, 0.0),
            mean: b.constant(&format!("{name}.running_mean"), &shape, Role::Statistic, 0.0),
            variance: b.constant(&format!("{name}.running_var"), &shape, Role::Statistic, 1.0),
        }
    }

    /// Normalised by the batch while training, by the running statistics otherwise.
    pub fn forward<const D: usize>(&self, pass: &mut Pass<'_>, x: Tensor<D>) -> Tensor<D> {
        let (scale, shift) = (pass.get(self.scale), pass.get(self.shift));
        if pass.mode() == Mode::Evaluation {
            return module::batch_norm(
                x,
                scale,
                shift,
                pass.get(self.mean),
                pass.get(self.variance),
                EPSILON,
            );
        }
        let dims = x.dims();
        let normalised = module::batch_norm_train(x, scale, shift, EPSILON);
        self.note(pass, normalised.mean, normalised.variance, dims.iter().product::<usize>() / dims[1]);
        normalised.output
    }

    /// The same, rectified. What is rectified is offered as `layer`.
    pub fn forward_rectified(&self, pass: &mut Pass<'_>, x: Tensor<4>, layer: Option<&str>) -> Tensor<4> {
        if pass.mode() == Mode::Evaluation {
            return relu(self.offered(pass, x, layer));
        }
        self.train(pass, x, Then::Rectify)
    }

    /// The same, rectified and the largest of every 2 × 2 block. What is rectified is offered as `layer`.
    pub fn forward_pooled(&self, pass: &mut Pass<'_>, x: Tensor<4>, layer: Option<&str>) -> Tensor<4> {
        if pass.mode() == Mode::Evaluation {
            return max_pool(relu(self.offered(pass, x, layer)));
        }
        self.train(pass, x, Then::RectifyPool)
    }

    fn offered(&self, pass: &mut Pass<'_>, x: Tensor<4>, layer: Option<&str>) -> Tensor<4> {
        let drive = self.forward(pass, x);
        if let Some(layer) = layer {
            pass.tap(layer, &drive);
        }
        drive
    }

    fn train(&self, pass: &mut Pass<'_>, x: Tensor<4>, then: Then) -> Tensor<4> {
        let [n, _, h, w] = x.dims();
        let both = [pass.get(self.scale), pass.get(self.shift)];
        let normalised = kernels::normalised(x, both, EPSILON, then);
        self.note(pass, normalised.mean, normalised.variance, n * h * w);
        normalised.output
    }

    fn note(&self, pass: &mut Pass<'_>, mean: Tensor<1>, variance: Tensor<1>, samples: usize) {
        let samples = samples as f64;
        pass.note(self.mean, mean.inner());
        // PyTorch keeps the unbiased variance.
        pass.note(self.variance, variance.inner() * (samples / (samples - 1.0).max(1.0)));
    }

    /// How far a statistic moves to its batch's.
    pub fn momentum() -> f64 {
        STATISTIC_MOMENTUM
    }
}

/// A matrix and a shift.
pub struct Linear {
    weight: Handle,
    bias: Handle,
}

impl Linear {
    /// `from` to `to` entries. He initialisation.
    pub fn new(b: &mut Blueprint, name: &str, [from, to]: [usize; 2]) -> Self {
        Self {
            weight: b.normal(&format!("{name}.weight"), &[to, from], (2.0 / from as f64).sqrt()),
            bias: b.constant(&format!("{name}.bias"), &[to], Role::Shift, 0.0),
        }
    }

    /// n × from → n × to.
    pub fn forward(&self, pass: &Pass<'_>, x: Tensor<2>) -> Tensor<2> {
        product(pass, x, pass.get(self.weight)) + pass.get::<1>(self.bias).unsqueeze::<2>()
    }
}

/// x Wᵀ of x (n × from) and W (to × from), in the arithmetic of the pass.
pub fn product(pass: &Pass<'_>, x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    match pass.arithmetic() {
        Arithmetic::Single => x.matmul(weight.transpose()),
        Arithmetic::Mixed => kernels::product_of_halves(x, weight),
    }
}

/// The largest of every 2 × 2 block.
pub fn max_pool(x: Tensor<4>) -> Tensor<4> {
    module::max_pool2d(x, MaxPoolOptions::new([2, 2]))
}

/// The mean of every channel: n × c.
pub fn mean_pool(x: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c])
}

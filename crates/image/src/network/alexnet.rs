//! A small network in the style of AlexNet (Krizhevsky et al. 2012) for pictures of 32 pixels or so: wide filters with a
//! stride first, two convolutions with pooling, a rectified fully connected layer as the representation.
//!
//! Convolutions are normalised by the batch; the representation is not, so that its thresholds decide how often it fires.

use super::layers::{BatchNorm, Convolution, Linear};
use super::{Blueprint, Encoder, Footprint, Handle, Pass, Representation};
use burn::tensor::{Tensor, activation::relu};

/// The network.
pub struct AlexNet {
    convolutions: [(Convolution, BatchNorm, usize); 3],
    last: Linear,
    features: usize,
}

impl AlexNet {
    /// For pictures of `side` pixels.
    pub fn new(b: &mut Blueprint, side: usize, width: usize, kernel: usize, features: usize) -> Self {
        let mut layer = |n: usize, channels: [usize; 2], kernel: usize, stride: usize| {
            let convolution = Convolution::new(b, &format!("conv{n}"), channels, kernel, stride);
            (convolution, BatchNorm::new(b, &format!("bn{n}"), channels[1]), channels[1])
        };
        let convolutions = [
            layer(1, [3, width], kernel, 2),
            layer(2, [width, 2 * width], 3, 1),
            layer(3, [2 * width, 2 * width], 3, 1),
        ];
        let end = side.div_ceil(2) / 2 / 2;
        let last = Linear::new(b, "fc", [2 * width * end * end, features]);
        Self { convolutions, last, features }
    }
}

impl Encoder for AlexNet {
    fn forward(&self, pass: &mut Pass<'_>, pictures: Tensor<4>) -> Representation {
        let mut x = pictures;
        for (index, (convolution, norm, _)) in self.convolutions.iter().enumerate() {
            let (name, output) = (format!("conv{}", index + 1), convolution.forward(pass, x));
            x = if index == 0 {
                norm.forward_rectified(pass, output, Some(&name))
            } else {
                norm.forward_pooled(pass, output, Some(&name))
            };
        }
        let [n, c, h, w] = x.dims();
        let drive = self.last.forward(pass, x.reshape([n, c * h * w]));
        pass.tap("fc", &drive.clone().reshape([n, self.features, 1, 1]));
        let features = relu(drive);
        Representation { firing: features.clone(), features, samples: None }
    }

    fn features(&self) -> usize {
        self.features
    }

    fn layers(&self) -> Vec<(String, usize)> {
        let convolutions = self.convolutions.iter().enumerate();
        let convolutions = convolutions.map(|(index, layer)| (format!("conv{}", index + 1), layer.2));
        convolutions.chain([("fc".to_owned(), self.features)]).collect()
    }

    fn footprint(&self, side: usize) -> Footprint {
        let (mut side, mut kept) = (side.div_ceil(2), 3 * side * side + 2 * self.features);
        for (index, layer) in self.convolutions.iter().enumerate() {
            kept += layer.2 * side * side;
            side = if index == 0 { side } else { side / 2 };
            kept += layer.2 * side * side;
        }
        Footprint { kept, firing: self.features, samples: 1 }
    }

    fn first_layer(&self) -> Handle {
        self.convolutions[0].0.weight()
    }
}

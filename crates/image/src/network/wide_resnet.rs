//! Wide-ResNet (Zagoruyko & Komodakis 2016): three groups of n pre-activation blocks with 16 k, 32 k and 64 k channels,
//! depth 6 n + 4; names as in the authors' PyTorch port (`block1.0.conv1.weight`).

use super::layers::{BatchNorm, Convolution, mean_pool};
use super::{Blueprint, Encoder, Footprint, Handle, Pass, Representation};
use burn::tensor::Tensor;

struct Block {
    name: String,
    norms: [BatchNorm; 2],
    convolutions: [Convolution; 2],
    /// A 1 × 1 convolution where the shape changes.
    shortcut: Option<Convolution>,
    /// In and out.
    channels: [usize; 2],
    stride: usize,
}

/// The network.
pub struct WideResNet {
    first: Convolution,
    blocks: Vec<Block>,
    last: BatchNorm,
    features: usize,
}

impl Block {
    fn new(b: &mut Blueprint, name: &str, [from, to]: [usize; 2], stride: usize) -> Self {
        let is_equal = from == to && stride == 1;
        Self {
            name: name.to_owned(),
            norms: [
                BatchNorm::new(b, &format!("{name}.bn1"), from),
                BatchNorm::new(b, &format!("{name}.bn2"), to),
            ],
            convolutions: [
                Convolution::new(b, &format!("{name}.conv1"), [from, to], 3, stride),
                Convolution::new(b, &format!("{name}.conv2"), [to, to], 3, 1),
            ],
            shortcut: (!is_equal)
                .then(|| Convolution::new(b, &format!("{name}.convShortcut"), [from, to], 1, stride)),
            channels: [from, to],
            stride,
        }
    }

    fn forward(&self, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        let open = self.norms[0].forward_rectified(pass, x.clone(), None);
        let short = match &self.shortcut {
            Some(shortcut) => shortcut.forward(pass, open.clone()),
            None => x,
        };
        let inner = self.convolutions[0].forward(pass, open);
        let inner = self.norms[1].forward_rectified(pass, inner, None);
        let output = self.convolutions[1].forward(pass, inner) + short;
        pass.tap(&self.name, &output);
        output
    }
}

impl WideResNet {
    /// `depth` = 6 n + 4 layers, `width` = k.
    pub fn new(b: &mut Blueprint, depth: usize, width: usize) -> Self {
        let first = Convolution::new(b, "conv1", [3, 16], 3, 1);
        let mut blocks = Vec::new();
        let mut from = 16;
        for group in 0..3 {
            let to = (16 << group) * width;
            for index in 0..(depth - 4) / 6 {
                let stride = if group > 0 && index == 0 { 2 } else { 1 };
                let name = format!("block{}.{index}", group + 1);
                blocks.push(Block::new(b, &name, [from, to], stride));
                from = to;
            }
        }
        Self { first, blocks, last: BatchNorm::new(b, "bn1", from), features: from }
    }
}

impl Encoder for WideResNet {
    fn forward(&self, pass: &mut Pass<'_>, pictures: Tensor<4>) -> Representation {
        let mut x = self.first.forward(pass, pictures);
        pass.tap("conv1", &x);
        for block in &self.blocks {
            x = block.forward(pass, x);
        }
        let last = self.last.forward_rectified(pass, x, Some("bn1"));
        let [n, c, h, w] = last.dims();
        Representation {
            features: mean_pool(last.clone()),
            firing: last.reshape([n, c * h * w]),
            samples: None,
        }
    }

    fn features(&self) -> usize {
        self.features
    }

    fn layers(&self) -> Vec<(String, usize)> {
        let blocks = self.blocks.iter().map(|block| (block.name.clone(), block.channels[1]));
        [("conv1".to_owned(), 16)]
            .into_iter()
            .chain(blocks)
            .chain([("bn1".to_owned(), self.features)])
            .collect()
    }

    fn footprint(&self, side: usize) -> Footprint {
        let (mut side, mut kept) = (side, (3 + 16) * side * side);
        for Block { channels: [from, to], stride, shortcut, .. } in &self.blocks {
            kept += from * side * side;
            side = side.div_ceil(*stride);
            // Both convolutions, the normalised values between them, the sum.
            kept += (4 + usize::from(shortcut.is_some())) * to * side * side;
        }
        let firing = self.features * side * side;
        Footprint { kept: kept + firing, firing, samples: 1 }
    }

    fn first_layer(&self) -> Handle {
        self.first.weight()
    }
}

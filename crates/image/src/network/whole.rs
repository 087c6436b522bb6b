//! A whole network, laid out from its sizes.

use super::{Architecture, Blueprint, Encoder, Handle, Head, Pass, Representation, Role};
use super::{alexnet, patches, wide_resnet};
use crate::objective::Objective;
use burn::tensor::Tensor;

/// A whole network: standardisation of the input, encoder, head.
pub struct Network {
    mean: Handle,
    deviation: Handle,
    /// From pictures to representations.
    pub encoder: Box<dyn Encoder>,
    /// From representations to what the loss reads.
    pub head: Head,
}

impl Network {
    /// Lays out a network for pictures of `side` pixels and `classes` classes, with its initial parameters.
    pub fn new(
        architecture: &Architecture,
        objective: &Objective,
        [side, classes]: [usize; 2],
        seed: u64,
    ) -> (Self, Blueprint) {
        let mut b = Blueprint::new(seed);
        let mean = b.constant("input.mean", &[3], Role::Statistic, 0.0);
        let deviation = b.constant("input.deviation", &[3], Role::Statistic, 1.0);
        let (encoder, projection): (Box<dyn Encoder>, _) = match *architecture {
            Architecture::AlexNet { width, kernel, features, projection } => {
                (Box::new(alexnet::AlexNet::new(&mut b, side, width, kernel, features)), Some(projection))
            }
            Architecture::WideResNet { depth, widening_factor, projection } => {
                (Box::new(wide_resnet::WideResNet::new(&mut b, depth, widening_factor)), Some(projection))
            }
            Architecture::Patches { neurons, patch } => {
                (Box::new(patches::Patches::new(&mut b, neurons, patch)), None)
            }
        };
        let head = Head::new(&mut b, objective, encoder.features(), projection, classes);
        (Self { mean, deviation, encoder, head }, b)
    }

    /// The representations of n × 3 × h × w pictures with values in 0 … 1.
    pub fn represent(&self, pass: &mut Pass<'_>, pictures: Tensor<4>) -> Representation {
        let per_channel = |handle| pass.get::<1>(handle).reshape([1, 3, 1, 1]);
        let standard = (pictures - per_channel(self.mean)) / per_channel(self.deviation);
        self.encoder.forward(pass, standard)
    }

    /// Where mean and standard deviation of the channels are.
    pub fn standardisation(&self) -> [Handle; 2] {
        [self.mean, self.deviation]
    }
}

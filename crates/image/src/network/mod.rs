//! Networks: parameters in the open, layers as plain functions of them.
//!
//! A network is a list of named arrays ([`Parameters`]: the names and layouts of a PyTorch `state_dict`) and a structure
//! that says what is done with them ([`Encoder`], [`Head`]). A [`Pass`] carries the values of one forward pass. So the
//! optimiser, the checkpoints and the measurements deal with flat named arrays and know nothing of layers.

pub mod parameters;
pub mod kernels;
pub mod layers;
pub mod alexnet;
pub mod wide_resnet;
pub mod patches;
pub mod head;

pub use head::Head;
pub use parameters::{Blueprint, Handle, Parameters, Role, Slot};

use crate::settings::{Arithmetic, Network as Kind, Objective};
use burn::tensor::Tensor;

/// Whether a pass learns or looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Normalisation by the batch, whose statistics are collected.
    Training,
    /// Normalisation by the running statistics.
    Evaluation,
}

/// One forward pass: the values of the parameters, and what it leaves behind.
pub struct Pass<'a> {
    parameters: &'a Parameters,
    values: Vec<Tensor<1>>,
    mode: Mode,
    arithmetic: Arithmetic,
    /// Batch means and variances, under the statistic that they move.
    statistics: Vec<(Handle, Tensor<1>)>,
    /// The layer whose output is wanted.
    wanted: Option<String>,
    tapped: Option<Tensor<4>>,
    /// What [`Encoder::masked`] multiplies by.
    mask: Option<Tensor<4>>,
}

/// What an encoder makes of pictures.
pub struct Representation {
    /// n × k: what probes, neighbours and the projection head read.
    pub features: Tensor<2>,
    /// n × m: the activations whose firing is counted: those of the last rectified layer.
    pub firing: Tensor<2>,
    /// What the contrastive loss reads instead of a projection, one row a sample, where a picture is several samples.
    pub samples: Option<Tensor<2>>,
}

/// How much a picture is to an encoder, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Entries that a pass which learns keeps for the way back.
    pub kept: usize,
    /// Activations whose firing is counted.
    pub firing: usize,
    /// Samples that the contrastive loss reads.
    pub samples: usize,
}

/// From pictures to representations.
pub trait Encoder {
    /// The representations of n × 3 × h × w pictures, standardised per channel.
    fn forward(&self, pass: &mut Pass<'_>, pictures: Tensor<4>) -> Representation;
    /// Entries of a representation.
    fn features(&self) -> usize;
    /// Layers that [`Pass::tap`] offers, with their channels, from the input on: what they give before it is rectified,
    /// so that a unit that does not fire has a gradient too. Channel c of the last is entry c of the representation.
    fn layers(&self) -> Vec<(String, usize)>;
    /// What a picture of `side` pixels takes.
    fn footprint(&self, side: usize) -> Footprint;
    /// The first layer's weights, whose filters can be shown.
    fn first_layer(&self) -> Handle;
    /// Channels, rows and columns of what RandomMask covers inside the network for pictures of `side` pixels; `None`: it
    /// covers pixels, outside.
    fn masked(&self, _side: usize) -> Option<[usize; 3]> {
        None
    }
    /// Filters (dim × 3 × p × p), shift and p of a whitening that is fitted to pictures, if there is one.
    fn whitening(&self) -> Option<(Handle, Handle, usize)> {
        None
    }
}

impl<'a> Pass<'a> {
    /// A pass over fixed values, in single precision.
    pub fn evaluation(parameters: &'a Parameters) -> Self {
        Self::new(parameters, parameters.values().to_vec(), Mode::Evaluation)
    }

    /// A pass over leaves whose gradients are wanted, with its layers' products in this arithmetic.
    pub fn training(parameters: &'a Parameters, leaves: Vec<Tensor<1>>, arithmetic: Arithmetic) -> Self {
        Self { arithmetic, ..Self::new(parameters, leaves, Mode::Training) }
    }

    fn new(parameters: &'a Parameters, values: Vec<Tensor<1>>, mode: Mode) -> Self {
        Self {
            parameters,
            values,
            mode,
            arithmetic: Arithmetic::Single,
            statistics: Vec::new(),
            wanted: None,
            tapped: None,
            mask: None,
        }
    }

    /// Whether it learns or looks.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How products are computed.
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// A parameter in its shape.
    pub fn get<const D: usize>(&self, handle: Handle) -> Tensor<D> {
        let shape: [usize; D] = std::array::from_fn(|axis| self.parameters.slot(handle).shape[axis]);
        self.values[handle.0].clone().reshape(shape)
    }

    /// Notes what the running statistic `handle` should move to.
    pub fn note(&mut self, handle: Handle, value: Tensor<1>) {
        self.statistics.push((handle, value));
    }

    /// The noted statistics.
    pub fn into_statistics(self) -> Vec<(Handle, Tensor<1>)> {
        self.statistics
    }

    /// Asks for the output of a layer.
    #[must_use]
    pub fn wanting(mut self, layer: &str) -> Self {
        self.wanted = Some(layer.to_owned());
        self
    }

    /// Covers what [`Encoder::masked`] says.
    pub fn set_mask(&mut self, mask: Option<Tensor<4>>) {
        self.mask = mask;
    }

    /// The mask, once.
    pub fn take_mask(&mut self) -> Option<Tensor<4>> {
        self.mask.take()
    }

    /// Offers the output of a layer.
    pub fn tap(&mut self, layer: &str, output: &Tensor<4>) {
        if self.wanted.as_deref() == Some(layer) {
            self.tapped = Some(output.clone());
        }
    }

    /// The output that was asked for.
    pub fn take_tapped(&mut self) -> Option<Tensor<4>> {
        self.tapped.take()
    }
}

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
        kind: &Kind,
        objective: &Objective,
        [side, classes]: [usize; 2],
        seed: u64,
    ) -> (Self, Blueprint) {
        let mut b = Blueprint::new(seed);
        let mean = b.constant("input.mean", &[3], Role::Statistic, 0.0);
        let deviation = b.constant("input.deviation", &[3], Role::Statistic, 1.0);
        let (encoder, projection): (Box<dyn Encoder>, _) = match *kind {
            Kind::AlexNet { width, kernel, features, projection } => {
                (Box::new(alexnet::AlexNet::new(&mut b, side, width, kernel, features)), Some(projection))
            }
            Kind::WideResNet { depth, width, projection } => {
                (Box::new(wide_resnet::WideResNet::new(&mut b, depth, width)), Some(projection))
            }
            Kind::Patches { neurons, patch } => {
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

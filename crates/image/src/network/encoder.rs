//! What every network does: from pictures to representations.

use super::{Handle, Pass};
use burn::tensor::Tensor;

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
    /// Channels, rows and columns of what RandomMask covers inside the network for pictures of `side` pixels;
    /// `None`: there
    /// is nothing to cover.
    fn masked(&self, _side: usize) -> Option<[usize; 3]> {
        None
    }
    /// Filters (dim × 3 × p × p), shift and p of a whitening that is fitted to pictures, if there is one.
    fn whitening(&self) -> Option<(Handle, Handle, usize)> {
        None
    }
}

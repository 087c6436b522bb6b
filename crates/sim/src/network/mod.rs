//! The learner above its first layer: features from pre-activations a = W x and thresholds b, forward and
//! backward side by side.
//!
//! The first layer, W (m × input) and b, belongs to the training process: measurements, bias rules and stages
//! speak of it. A network is everything above. It sees x only through W x, so the same network serves every
//! dynamics. It may have parameter arrays of its own, those of upper layers for example ([`crate::layer`]).
//!
//! To add a network: one file with a type that implements [`Network`] and the [`Part`] that declares it;
//! below, its line in the list. `examples/extend/network.rs` is such a file.

mod normalised;

pub use crate::layer::{Statistics, Tape};
pub use cubic::Cubic;
pub use linear::Linear;
pub use normalised::Normalised;
pub use relu::Relu;
pub use sym_relu::SymRelu;
pub use upper_layers::UpperLayers;

use crate::math::{Matrix, ParameterError};
use crate::part::{
    Fallback, Given, Kind, Mover, ParameterArray, Part, PartSetting, Range, Slot, Slotted, parts,
};

parts! {
    /// The networks.
    NETWORKS: Slot<Box<dyn Network>> =
        ("network", "What turns pre-activations into features.", "sym_relu");
    sym_relu;
    relu;
    linear;
    cubic;
    upper_layers { TWO_LAYERS, THREE_LAYERS };
}

/// A part that is a network.
type NetworkPart = Part<Box<dyn Network>>;

impl Slotted for Box<dyn Network> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &NETWORKS
    }
}

/// Number of neurons of the first layer: every network has this setting.
pub const WIDTH: PartSetting =
    PartSetting::new("width", Kind::count(1), Fallback::Required, "Number of neurons (the paper's m).");
/// Size of the initial weights: every network has this setting.
pub const INITIAL_NORM: PartSetting = PartSetting::number(
    "initial_norm",
    Range::SQUARABLE,
    "0.05",
    "Expected norm of a neuron at the start, σ_0·√d1. Too large a value saturates stage I.",
);
/// What is done to the features of a sample in the end: every network has this setting.
pub const OUTPUT: PartSetting = PartSetting::word(
    "output",
    &["plain", "normalised"],
    "\"plain\"",
    "plain: features as they are (the paper). normalised: the features of every sample are divided by \
     their norm, so that similarities are cosines.",
);

/// The network as its setting `output` asks for it: what a part's `build` ends with.
///
/// # Errors
/// If the setting is not declared.
pub fn with_output(
    network: impl Network + 'static,
    given: &Given,
) -> Result<Box<dyn Network>, ParameterError> {
    Ok(match given.text(OUTPUT.name)? {
        "normalised" => Box::new(Normalised::new(network)),
        _ => Box::new(network),
    })
}

/// Everything above the pre-activations of the first layer.
pub trait Network: Send + Sync {
    /// Number of features K that it has on so many neurons m ≥ 1.
    fn feature_count(&self, neurons: usize) -> usize {
        neurons
    }

    /// Whether its features depend on the thresholds. If not, only a rule that leaves them at zero fits it.
    fn has_thresholds(&self) -> bool {
        true
    }

    /// Its own parameter arrays on so many neurons.
    fn arrays(&self, _neurons: usize) -> Vec<ParameterArray> {
        Vec::new()
    }

    /// Who moves its own array of this number.
    fn mover(&self, _array: usize) -> Mover {
        Mover::Optimizer
    }

    /// Features of a batch.
    ///
    /// # Shapes
    /// `pre`: n × m pre-activations ⟨w_i, x⟩; `features` becomes n × K. `tape` takes what
    /// [`Network::backward`] needs of this pass.
    fn forward(&self, pre: &Matrix, at: Parameters<'_>, tape: &mut Tape, features: &mut Matrix);

    /// Turns the gradient with respect to the features into the one with respect to the pre-activations, in
    /// place, and adds the gradients with respect to thresholds and own arrays, summed over the batch, to
    /// `sums`.
    ///
    /// # Shapes
    /// `pre`: n × m; `gradient`: n × K in, ∂L/∂pre, n × m, out. `at` and `tape` are those of the forward
    /// pass, and `tape` still serves another backward pass afterwards.
    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    );

    /// Moves the running averages among its arrays by a batch that training has seen; `tape` is that of the
    /// batch's forward pass.
    fn observe(&self, _tape: &mut Tape, _arrays: &mut [Matrix]) {}

    /// Whether feature i is zero exactly where neuron i of the first layer sends nothing: then it tells how
    /// often that neuron fires.
    fn shows_neurons(&self) -> bool {
        self.activation().is_some()
    }

    /// Its activation, where feature i is a function of pre-activation and threshold of neuron i alone.
    fn activation(&self) -> Option<&dyn Activation> {
        None
    }

    /// Its gates, where neurons can be closed.
    fn gates(&self) -> Option<&dyn Gates> {
        None
    }

    /// Whether it is the paper's network, which closed forms speak of: symmetric ReLU and nothing above.
    fn is_symmetric_relu(&self) -> bool {
        false
    }
}

/// The activation h of a network whose features are h(a_i, b_i).
pub trait Activation {
    /// h(a, b) of one neuron in double precision, for whoever looks at single numbers.
    fn value(&self, pre: f64, bias: f64) -> f64;
}

/// What tells closed neurons: they neither send anything forward nor receive any gradient.
pub trait Gates {
    /// Appends the neurons of one sample that are open.
    ///
    /// # Shapes
    /// `pre`: m pre-activations of the sample; `bias`: m.
    fn push_open(&self, pre: &[f32], bias: &[f32], open: &mut Vec<u32>);
}

/// The parameters that a network is evaluated at.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// The thresholds of the first layer, m entries.
    pub bias: &'a [f32],
    /// The network's own arrays, in the order of [`Network::arrays`].
    pub arrays: &'a [Matrix],
    /// What batch normalisation normalises by.
    pub statistics: Statistics,
}

/// ∂L with respect to the parameters of a network.
#[derive(Clone, Debug, Default)]
pub struct ParameterGradients {
    /// With respect to the thresholds, m entries.
    pub bias: Vec<f64>,
    /// With respect to the network's own arrays, each of the shape of its array.
    pub arrays: Vec<Matrix>,
}

impl ParameterGradients {
    /// Zeros in the shapes of these parameters, in the buffers of the last step.
    pub fn clear(&mut self, at: Parameters<'_>) {
        self.bias.clear();
        self.bias.resize(at.bias.len(), 0.0);
        self.arrays.resize_with(at.arrays.len(), Matrix::default);
        for (sum, array) in self.arrays.iter_mut().zip(at.arrays) {
            sum.resize(array.rows(), array.cols());
            sum.as_mut_slice().fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests;

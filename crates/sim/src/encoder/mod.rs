//! The learner's activation: embeddings from pre-activations a = W x and biases b, forward and backward side by side.
//!
//! An encoder sees x only through W x; the product is the training process's work. So the same encoder serves every
//! dynamics.
//!
//! To add an encoder: one file with a type that implements [`Encoder`] and the [`Part`] that declares it;
//! below, its `mod` and its line in [`ENCODERS`].

pub mod sym_relu;

pub use sym_relu::SymRelu;

use crate::math::Matrix;
use crate::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted};

/// The activation of the learner's one hidden layer.
pub static ENCODERS: Slot<Box<dyn Encoder>> =
    Slot::new("encoder", "The activation.", "sym_relu", &[&sym_relu::PART]);

/// A part that is an activation.
type EncoderPart = Part<Box<dyn Encoder>>;

impl Slotted for Box<dyn Encoder> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &ENCODERS
    }
}

/// Number of neurons: every encoder has this setting.
pub const WIDTH: PartSetting =
    PartSetting::new("width", Kind::count(1), Fallback::Required, "Number of neurons (the paper's m).");
/// Size of the initial weights: every encoder has this setting.
pub const INITIAL_NORM: PartSetting = PartSetting::number(
    "initial_norm",
    Range::SQUARABLE,
    "0.05",
    "Expected norm of a neuron at the start, σ_0·√d1. Too large a value saturates stage I.",
);

/// A coordinate-wise map h_i(x) = h(⟨w_i, x⟩, b_i).
pub trait Encoder: Send + Sync {
    /// h(a, b) of one neuron in double precision, for whoever looks at single numbers.
    fn value(&self, pre: f64, bias: f64) -> f64;

    /// Embeddings of a batch.
    ///
    /// # Shapes
    /// `pre`: n × m pre-activations ⟨w_i, x⟩; `bias`: m; `embeddings` becomes n × m.
    fn forward(&self, pre: &Matrix, bias: &[f32], embeddings: &mut Matrix);

    /// Turns the gradient with respect to the embeddings into the one with respect to the pre-activations, in place,
    /// and adds the gradient with respect to the biases, summed over the batch, to `d_bias`.
    ///
    /// # Shapes
    /// `pre`: n × m; `bias`, `d_bias`: m; `d_embeddings`: n × m in, ∂L/∂pre out.
    fn backward(&self, pre: &Matrix, bias: &[f32], d_embeddings: &mut Matrix, d_bias: &mut [f64]);

    /// Appends the neurons whose embedding or slope is non-zero for one sample. A closed neuron neither sends
    /// anything forward nor receives any gradient.
    ///
    /// # Shapes
    /// `pre`: m pre-activations of the sample; `bias`: m.
    fn push_open(&self, pre: &[f32], bias: &[f32], open: &mut Vec<u32>);
}

//! Dense layers on one another, h_ℓ = φ_ℓ(v_ℓ, b_ℓ), with the arrays of all of them in one list.

use super::unit_norm;
use super::{At, Layer, Tape};
use crate::math::Matrix;
use crate::part::{Mover, ParameterArray};

/// A multi-layer perceptron: what a deeper network, a head or a predictor is.
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<Layer>,
    output: Output,
}

/// What is done to the outputs of a sample in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing.
    Plain,
    /// They are divided by their norm.
    Normalised,
}

impl Mlp {
    /// These layers, from the lowest to the highest. Each one's inputs are the outputs of the one below.
    pub fn new(layers: Vec<Layer>, output: Output) -> Self {
        Self { layers, output }
    }

    /// Number of outputs on so many inputs.
    pub fn output_count(&self, inputs: usize) -> usize {
        self.layers.last().map_or(inputs, |layer| layer.outputs)
    }

    /// The arrays of all layers on so many inputs.
    pub fn arrays(&self, mut inputs: usize) -> Vec<ParameterArray> {
        let mut arrays = Vec::new();
        for layer in &self.layers {
            arrays.extend(layer.arrays(inputs));
            inputs = layer.outputs;
        }
        arrays
    }

    /// Who moves the array of this number.
    pub fn mover(&self, array: usize) -> Mover {
        let mut first = 0;
        for layer in &self.layers {
            if array < first + layer.array_count() {
                return layer.mover(array - first, first);
            }
            first += layer.array_count();
        }
        Mover::Optimizer
    }

    /// Outputs of a batch.
    ///
    /// # Shapes
    /// `input`: n × inputs; `out` becomes n × outputs. `tape` takes what [`Mlp::backward`] needs of this
    /// pass.
    pub fn forward(&self, input: &Matrix, at: At<'_>, tape: &mut Tape, out: &mut Matrix) {
        let ([output, inverses], inner) = tape.nested();
        forward(&self.layers, input, at, inner, out);
        if self.output == Output::Normalised {
            unit_norm::forward(out, output, inverses);
        }
    }

    /// Turns the gradient with respect to the outputs into the one with respect to the inputs, in place, and
    /// adds the gradients of the arrays, summed over the batch, to `sums`.
    ///
    /// # Shapes
    /// `gradient`: n × outputs in, n × inputs out; `sums`: as the arrays. `input`, `at` and `tape` are those
    /// of the forward pass, and `tape` still serves another backward pass afterwards.
    pub fn backward(
        &self,
        input: &Matrix,
        at: At<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut [Matrix],
    ) {
        let ([output, inverses], inner) = tape.nested();
        if self.output == Output::Normalised {
            unit_norm::backward(output, inverses, gradient);
        }
        backward(&self.layers, (input, at), inner, gradient, sums);
    }

    /// Moves the running averages by the batch that `tape` has seen in training.
    pub fn observe(&self, tape: &mut Tape, mut arrays: &mut [Matrix]) {
        let mut tape = tape.nested::<0>().1;
        for layer in &self.layers {
            let (own, others) = arrays.split_at_mut(layer.array_count());
            let of_layer = tape.nested::<1>().1;
            layer.observe(of_layer, own);
            (arrays, tape) = (others, of_layer.nested::<0>().1);
        }
    }
}

/// Every layer takes two tapes: its output and what is above, then its own.
fn forward(layers: &[Layer], input: &Matrix, at: At<'_>, tape: &mut Tape, out: &mut Matrix) {
    let Some((layer, above)) = layers.split_first() else {
        out.resize(input.rows(), input.cols());
        return out.as_mut_slice().copy_from_slice(input.as_slice());
    };
    let ([output], of_layer) = tape.nested();
    if above.is_empty() {
        return layer.forward(input, at, of_layer, out);
    }
    layer.forward(input, at, of_layer, output);
    let at = At { arrays: &at.arrays[layer.array_count()..], ..at };
    forward(above, output, at, of_layer.nested::<0>().1, out);
}

fn backward(
    layers: &[Layer],
    (input, at): (&Matrix, At<'_>),
    tape: &mut Tape,
    gradient: &mut Matrix,
    sums: &mut [Matrix],
) {
    let Some((layer, above)) = layers.split_first() else { return };
    let ([output], of_layer) = tape.nested();
    let (own, others) = sums.split_at_mut(layer.array_count());
    if !above.is_empty() {
        let at = At { arrays: &at.arrays[layer.array_count()..], ..at };
        backward(above, (output, at), of_layer.nested::<0>().1, gradient, others);
    }
    layer.backward(input, at, of_layer, gradient, own);
}

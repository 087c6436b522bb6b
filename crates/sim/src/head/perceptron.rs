//! Heads of dense layers: g(f) = V f, or g(f) = V ReLU(U f − b), U f or its batch normalisation.
//!
//! Source: Chen et al. (arXiv 2002.05709), Section 4.2 and Figure 8, which compare no head, a linear one and
//! one with a hidden layer.

use super::{At, Head, HeadPart, OUTPUT, Tape};
use crate::layer::{Layer, Mlp, Normalisation, Output, Pointwise, Position, Thresholds};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Given, Kind, Mover, ParameterArray, PartSetting};

const OUTPUTS: PartSetting =
    PartSetting::new("outputs", Kind::count(1), Fallback::Required, "Number of outputs that the loss reads.");

/// The declaration of a linear head.
pub(super) static LINEAR: HeadPart = HeadPart {
    kind: "linear",
    summary: "a dense layer without thresholds",
    settings: &[OUTPUTS, OUTPUT],
    build: |given, ()| {
        let last = last(Position::First, Normalisation::None, given)?;
        Ok(Some(Box::new(Perceptron::new(Mlp::new(vec![last], output(given)?)))))
    },
};

/// The declaration of a head with a hidden layer.
pub(super) static MLP: HeadPart = HeadPart {
    kind: "mlp",
    summary: "a hidden layer of ReLUs and a dense layer on it",
    settings: &[
        OUTPUTS,
        OUTPUT,
        PartSetting::new(
            "hidden",
            Kind::count(1),
            Fallback::Required,
            "Number of ReLUs of the hidden layer.",
        ),
        PartSetting::word(
            "thresholds",
            &["zero", "trained"],
            "\"zero\"",
            "Thresholds of the hidden layer. zero: none. trained: by the optimiser, along their gradient, \
             with the learning rate and weight decay of the weights.",
        ),
        PartSetting::word(
            "batch_norm",
            &["nowhere", "hidden", "everywhere"],
            "\"nowhere\"",
            "Where pre-activations are normalised over the batch, with a learned scale and shift. hidden: \
             before the ReLUs. everywhere: also the outputs. Every branch is normalised by its own \
             statistics.",
        ),
    ],
    build: |given, ()| {
        let (hidden, above) = match given.text("batch_norm")? {
            "hidden" => (Normalisation::Batch, Normalisation::None),
            "everywhere" => (Normalisation::Batch, Normalisation::Batch),
            _ => (Normalisation::None, Normalisation::None),
        };
        let trained = given.text("thresholds")? == "trained";
        let hidden = Layer {
            position: Position::First,
            outputs: given.whole("hidden")? as usize,
            activation: Pointwise::Relu,
            thresholds: if trained { Thresholds::Trained } else { Thresholds::Zero },
            normalisation: hidden,
        };
        let layers = vec![hidden, last(Position::Second, above, given)?];
        Ok(Some(Box::new(Perceptron::new(Mlp::new(layers, output(given)?)))))
    },
};

fn last(position: Position, normalisation: Normalisation, given: &Given) -> Result<Layer, ParameterError> {
    let outputs = given.whole(OUTPUTS.name)? as usize;
    let (activation, thresholds) = (Pointwise::Linear, Thresholds::Zero);
    Ok(Layer { position, outputs, activation, thresholds, normalisation })
}

fn output(given: &Given) -> Result<Output, ParameterError> {
    Ok(if given.text(OUTPUT.name)? == "normalised" { Output::Normalised } else { Output::Plain })
}

/// A head of dense layers.
#[derive(Clone, Debug)]
pub struct Perceptron {
    layers: Mlp,
}

impl Perceptron {
    /// These layers.
    pub fn new(layers: Mlp) -> Self {
        Self { layers }
    }
}

impl Head for Perceptron {
    fn output_count(&self, features: usize) -> usize {
        self.layers.output_count(features)
    }

    fn arrays(&self, features: usize) -> Vec<ParameterArray> {
        self.layers.arrays(features)
    }

    fn mover(&self, array: usize) -> Mover {
        self.layers.mover(array)
    }

    fn forward(&self, features: &Matrix, at: At<'_>, tape: &mut Tape, output: &mut Matrix) {
        self.layers.forward(features, at, tape, output);
    }

    fn backward(
        &self,
        features: &Matrix,
        at: At<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut [Matrix],
    ) {
        self.layers.backward(features, at, tape, gradient, sums);
    }

    fn observe(&self, tape: &mut Tape, arrays: &mut [Matrix]) {
        self.layers.observe(tape, arrays);
    }
}

//! Two or three layers: f(x) = h_L, h_ℓ = φ(v_ℓ, b_ℓ), v_ℓ = U_ℓ h_{ℓ−1} or the batch normalisation of it, on
//! h_1 = φ(W x, b).
//!
//! φ is the same in every layer. W and b are the first layer and belong to the training process, as in every
//! network. The thresholds of upper layers stay at zero, are trained by the optimiser, or follow the rule of
//! the first layer's: with the norms of their own rows, the same d and the same stage times.
//!
//! Source: the learner of the paper (Section 2). Deeper learners are its open direction.

use super::{
    Gates, INITIAL_NORM, Network, NetworkPart, OUTPUT, ParameterGradients, Parameters, Relu, SymRelu, Tape,
    WIDTH, with_output,
};
use crate::layer::{At, Layer, Mlp, Normalisation, Output, Pointwise, Position, Thresholds};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Given, Kind, Mover, ParameterArray, PartSetting};

const ACTIVATION: PartSetting = PartSetting::word(
    "activation",
    &["sym_relu", "relu"],
    "\"sym_relu\"",
    "φ of every layer. sym_relu: ReLU(a − b) − ReLU(−a − b). relu: ReLU(a − b).",
);
const HIDDEN: PartSetting = PartSetting::new(
    "hidden",
    Kind::count(1),
    Fallback::Required,
    "Number of neurons of the second of three layers.",
);
const FEATURES: PartSetting = PartSetting::new(
    "features",
    Kind::count(1),
    Fallback::Required,
    "Number of features of the last layer (K).",
);
const UPPER_THRESHOLDS: PartSetting = PartSetting::word(
    "upper_thresholds",
    &["zero", "trained", "ruled"],
    "\"zero\"",
    "How thresholds above the first layer move. zero: never. trained: by the optimiser, along their \
     gradient, with the learning rate and weight decay of the weights. ruled: by the rule `bias`, with the \
     norms of their own rows and the stage times of the first layer.",
);
const BATCH_NORM: PartSetting = PartSetting::word(
    "batch_norm",
    &["nowhere", "upper"],
    "\"nowhere\"",
    "Where pre-activations are normalised over the batch, with a learned scale and shift. upper: in every \
     layer but the first. Training normalises by the statistics of each branch, measurements and probes by \
     running averages of them.",
);

/// The declaration of two layers.
pub(super) static TWO_LAYERS: NetworkPart = NetworkPart {
    kind: "two_layers",
    summary: "a dense layer on neurons ⟨w,x⟩ with thresholds",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT, ACTIVATION, FEATURES, UPPER_THRESHOLDS, BATCH_NORM],
    build: |given, ()| {
        let upper = vec![layer(Position::Second, FEATURES.name, given)?];
        with_output(UpperLayers::new(activation(given)?, upper), given)
    },
};

/// The declaration of three layers.
pub(super) static THREE_LAYERS: NetworkPart = NetworkPart {
    kind: "three_layers",
    summary: "two dense layers on neurons ⟨w,x⟩ with thresholds",
    settings: &[WIDTH, INITIAL_NORM, OUTPUT, ACTIVATION, HIDDEN, FEATURES, UPPER_THRESHOLDS, BATCH_NORM],
    build: |given, ()| {
        let upper =
            vec![layer(Position::Second, HIDDEN.name, given)?, layer(Position::Third, FEATURES.name, given)?];
        with_output(UpperLayers::new(activation(given)?, upper), given)
    },
};

fn activation(given: &Given) -> Result<Pointwise, ParameterError> {
    Ok(if given.text(ACTIVATION.name)? == "relu" { Pointwise::Relu } else { Pointwise::SymRelu })
}

/// A layer above the first, whose number of outputs is the setting `outputs`.
fn layer(position: Position, outputs: &'static str, given: &Given) -> Result<Layer, ParameterError> {
    Ok(Layer {
        position,
        outputs: given.whole(outputs)? as usize,
        activation: activation(given)?,
        thresholds: match given.text(UPPER_THRESHOLDS.name)? {
            "trained" => Thresholds::Trained,
            "ruled" => Thresholds::Ruled,
            _ => Thresholds::Zero,
        },
        normalisation: match given.text(BATCH_NORM.name)? {
            "upper" => Normalisation::Batch,
            _ => Normalisation::None,
        },
    })
}

/// Layers on the first.
#[derive(Clone, Debug)]
pub struct UpperLayers {
    first: Pointwise,
    upper: Mlp,
}

impl UpperLayers {
    /// These layers on a first one with the activation `first`.
    pub fn new(first: Pointwise, upper: Vec<Layer>) -> Self {
        Self { first, upper: Mlp::new(upper, Output::Plain) }
    }
}

fn above(at: Parameters<'_>) -> At<'_> {
    At { arrays: at.arrays, statistics: at.statistics }
}

impl Network for UpperLayers {
    fn feature_count(&self, neurons: usize) -> usize {
        self.upper.output_count(neurons)
    }

    fn arrays(&self, neurons: usize) -> Vec<ParameterArray> {
        self.upper.arrays(neurons)
    }

    fn mover(&self, array: usize) -> Mover {
        self.upper.mover(array)
    }

    fn forward(&self, pre: &Matrix, at: Parameters<'_>, tape: &mut Tape, features: &mut Matrix) {
        let ([neurons], inner) = tape.nested();
        self.first.forward(pre, at.bias, neurons);
        self.upper.forward(neurons, above(at), inner, features);
    }

    fn backward(
        &self,
        pre: &Matrix,
        at: Parameters<'_>,
        tape: &mut Tape,
        gradient: &mut Matrix,
        sums: &mut ParameterGradients,
    ) {
        let ([neurons], inner) = tape.nested();
        self.upper.backward(neurons, above(at), inner, gradient, &mut sums.arrays);
        self.first.backward(pre, at.bias, gradient, &mut sums.bias);
    }

    fn observe(&self, tape: &mut Tape, arrays: &mut [Matrix]) {
        self.upper.observe(tape.nested::<1>().1, arrays);
    }

    fn gates(&self) -> Option<&dyn Gates> {
        match self.first {
            Pointwise::SymRelu => Some(&SymRelu),
            Pointwise::Relu => Some(&Relu),
            Pointwise::Linear => None,
        }
    }
}

//! From representations to what the loss reads; thrown away after training.

use super::layers::{BatchNorm, Linear};
use super::{Blueprint, Pass, Representation};
use crate::objective::Objective;
use burn::tensor::{Tensor, activation::relu};

/// The predictor of SimSiam is this much narrower than its projection.
const BOTTLENECK: usize = 4;

/// A head.
pub enum Head {
    /// The representation itself.
    Identity,
    /// Two layers, the first rectified (Chen et al. 2020).
    Projection([Linear; 2]),
    /// A projection normalised by the batch, and a predictor (Chen & He 2021).
    Predicting {
        /// Both layers of the projection.
        projection: [(Linear, BatchNorm); 2],
        /// Its first layer, normalised and rectified.
        narrow: (Linear, BatchNorm),
        /// Its second.
        wide: Linear,
    },
    /// One score per class.
    Classes(Linear),
}

impl Head {
    /// The head that `objective` needs on `features` entries.
    pub fn new(
        b: &mut Blueprint,
        objective: &Objective,
        features: usize,
        projection: Option<usize>,
        classes: usize,
    ) -> Self {
        match (objective, projection) {
            (Objective::CrossEntropy, _) => {
                Self::Classes(Linear::new(b, "head.classes", [features, classes]))
            }
            (_, None) => Self::Identity,
            (Objective::SimSiam, Some(width)) => {
                let mut normed = |name: &str, shape: [usize; 2]| {
                    let linear = Linear::new(b, &format!("head.{name}"), shape);
                    (linear, BatchNorm::new(b, &format!("head.{name}_bn"), shape[1]))
                };
                let bottleneck = (width / BOTTLENECK).max(1);
                let projection = [normed("0", [features, features]), normed("1", [features, width])];
                let narrow = normed("predictor0", [width, bottleneck]);
                Self::Predicting {
                    projection,
                    narrow,
                    wide: Linear::new(b, "head.predictor1", [bottleneck, width]),
                }
            }
            (_, Some(width)) => Self::Projection([
                Linear::new(b, "head.0", [features, features]),
                Linear::new(b, "head.1", [features, width]),
            ]),
        }
    }

    /// What the loss reads: n × projection, or n × classes.
    pub fn forward(&self, pass: &mut Pass<'_>, representation: Representation) -> Tensor<2> {
        let features = representation.features;
        match self {
            Self::Identity => representation.samples.unwrap_or(features),
            Self::Projection([first, second]) => second.forward(pass, relu(first.forward(pass, features))),
            Self::Predicting { projection: [(first, norm), (second, last)], .. } => {
                let hidden = first.forward(pass, features);
                let hidden = relu(norm.forward(pass, hidden));
                let output = second.forward(pass, hidden);
                last.forward(pass, output)
            }
            Self::Classes(linear) => linear.forward(pass, features),
        }
    }

    /// What a view's projection predicts the other's to be; `None` if the head does not predict.
    pub fn predict(&self, pass: &mut Pass<'_>, projected: Tensor<2>) -> Option<Tensor<2>> {
        let Self::Predicting { narrow: (linear, norm), wide, .. } = self else { return None };
        let hidden = linear.forward(pass, projected);
        let hidden = relu(norm.forward(pass, hidden));
        Some(wide.forward(pass, hidden))
    }
}

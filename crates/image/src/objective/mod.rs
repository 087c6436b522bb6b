//! What training minimises: the parts and their settings; with the feature `train` the functions themselves, in `loss`.

#[cfg(feature = "train")]
pub mod loss;

use featurescope_sim::math::ParameterError;
use featurescope_sim::part::{Given, Part, PartSetting, Range, Slot, Slotted};
use serde::{Deserialize, Serialize};

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// NT-Xent (Chen et al. 2020): each of the 2 N views must find its partner among the 2 N − 1 others.
    NtXent {
        /// τ > 0.
        temperature: f64,
        /// How two representations are compared.
        similarity: Similarity,
    },
    /// InfoNCE as in the paper: each anchor must find its positive among the N positives of the batch.
    InfoNce {
        /// τ > 0.
        temperature: f64,
        /// How two representations are compared.
        similarity: Similarity,
        /// Where the gradient ends.
        stop_gradient: StopGradient,
    },
    #[serde(rename = "simsiam")]
    /// SimSiam (Chen & He 2021): no negatives, a predictor, and no gradient into the target.
    SimSiam,
    /// Labels: cross-entropy of a linear head.
    CrossEntropy,
}

/// How two representations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// The cosine.
    Cosine,
    /// The inner product, as in the paper's theory.
    InnerProduct,
}

/// Where the gradient of InfoNCE ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopGradient {
    /// At the positives and negatives: only the anchor learns, as in the paper's theory.
    Targets,
    /// Nowhere.
    Nowhere,
}

/// What training minimises.
pub static OBJECTIVES: Slot<Objective> = Slot::new(
    "objective",
    "What training minimises.",
    "nt_xent",
    &[&[&NT_XENT, &INFO_NCE, &SIMSIAM, &CROSS_ENTROPY]],
);

impl Slotted for Objective {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &OBJECTIVES
    }
}

const TEMPERATURE: PartSetting =
    PartSetting::number("temperature", Range::POSITIVE, "0.2", "Temperature of the softmax (the paper's τ).");
const SIMILARITY: PartSetting = PartSetting::word(
    "similarity",
    &["cosine", "inner_product"],
    "\"cosine\"",
    "How two representations are compared. The paper's theory has the inner product.",
);

static NT_XENT: Part<Objective> = Part {
    kind: "nt_xent",
    summary: "each of the 2 N views finds its partner among the 2 N − 1 others (Chen et al. 2020)",
    settings: &[TEMPERATURE, SIMILARITY],
    build: |given, ()| {
        Ok(Objective::NtXent {
            temperature: given.number("temperature")?,
            similarity: Similarity::of(given)?,
        })
    },
};
static INFO_NCE: Part<Objective> = Part {
    kind: "info_nce",
    summary: "each anchor finds its positive among the N positives of the batch, as in the paper",
    settings: &[
        TEMPERATURE,
        SIMILARITY,
        PartSetting::word(
            "stop_gradient",
            &["targets", "nowhere"],
            "\"targets\"",
            "targets: no gradient flows into positives and negatives (the paper's StopGrad). nowhere: it flows \
             everywhere.",
        ),
    ],
    build: |given, ()| {
        Ok(Objective::InfoNce {
            temperature: given.number("temperature")?,
            similarity: Similarity::of(given)?,
            stop_gradient: StopGradient::of(given)?,
        })
    },
};
static SIMSIAM: Part<Objective> = Part {
    kind: "simsiam",
    summary: "a predictor and no negatives, no gradient into the target (Chen & He 2021)",
    settings: &[],
    build: |_, ()| Ok(Objective::SimSiam),
};
static CROSS_ENTROPY: Part<Objective> = Part {
    kind: "cross_entropy",
    summary: "labels, by a linear head",
    settings: &[],
    build: |_, ()| Ok(Objective::CrossEntropy),
};

impl Objective {
    /// Whether it reads labels.
    pub fn is_supervised(&self) -> bool {
        matches!(self, Self::CrossEntropy)
    }
}

impl Similarity {
    /// As a part's settings say it.
    fn of(given: &Given) -> Result<Self, ParameterError> {
        Ok(if given.text("similarity")? == "cosine" { Self::Cosine } else { Self::InnerProduct })
    }
}

impl StopGradient {
    /// As a part's settings say it.
    fn of(given: &Given) -> Result<Self, ParameterError> {
        Ok(if given.text("stop_gradient")? == "nowhere" { Self::Nowhere } else { Self::Targets })
    }
}

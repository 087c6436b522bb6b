//! One way to train, beside others: its views and its objective.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The arms by name, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arms(pub Vec<(String, Arm)>);

/// One way to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// What the two views of a picture have in common.
    pub views: Views,
    /// How strong the views are: 1 as in SimCLR, 0 none at all.
    #[serde(default = "one")]
    pub strength: f32,
    /// How often a view of `full` is blurred, in \[0, 1\]; SimCLR takes 0.5 for large pictures, none for small ones.
    #[serde(default)]
    pub blur: f32,
    /// Share of the pixels or patches that a mask keeps, in (0, 1).
    #[serde(default = "half")]
    pub keep_rate: f32,
    /// Side in pixels of what a mask covers at once; 1 masks single pixels.
    #[serde(default = "four")]
    pub patch: usize,
    /// Changes of the pictures that make the loss large, which the network is trained to bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversary: Option<Adversary>,
    /// What is minimised, where it is not what `training.objective` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
}

/// Projected gradient ascent on the loss, within a cube around each picture (Madry et al. 2018).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// Largest change of a channel of a pixel, which is in 0 … 1; in (0, 1).
    pub radius: f64,
    /// Steps of the ascent, ≥ 1; each costs as much as a step of training.
    pub steps: usize,
}

/// What happens to a picture before the network sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Views {
    /// Nothing: both views are the picture.
    None,
    /// Random resized crop.
    Crop,
    /// Random resized crop, flip, colour distortion, grey.
    Full,
    /// RandomMask: one view sees what the other does not.
    Mask,
}

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
    /// Nowhere.
    None,
    /// At the positives and negatives: only the anchor learns, as in the paper's theory.
    Candidates,
}

fn one() -> f32 {
    1.0
}

fn half() -> f32 {
    0.5
}

fn four() -> usize {
    4
}

impl Objective {
    /// Whether it reads labels.
    pub fn is_supervised(&self) -> bool {
        matches!(self, Self::CrossEntropy)
    }
}

impl Arms {
    /// Names and arms, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arm)> {
        self.0.iter().map(|(name, arm)| (name.as_str(), arm))
    }
}

impl Serialize for Arms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, arm) in &self.0 {
            map.serialize_entry(name, arm)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Arms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Arms;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table of arms by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Arms, A::Error> {
                let mut arms = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    arms.push(entry);
                }
                Ok(Arms(arms))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

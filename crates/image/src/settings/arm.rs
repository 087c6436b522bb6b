//! One way to train, beside others: its views and its objective.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The arms by name, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arms(pub Vec<(String, Arm)>);

/// One way to train. In TOML its views and their settings stand side by side: `views = "crop"`,
/// `strength = 0.7`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ArmTable", into = "ArmTable")]
pub struct Arm {
    /// What the two views of a picture have in common.
    pub views: Views,
    /// Changes of the pictures that make the loss large, which the network is trained to bear.
    pub adversary: Option<Adversary>,
    /// What is minimised, where it is not what `training.objective` says.
    pub objective: Option<Objective>,
}

/// An arm as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmTable {
    views: ViewKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blur: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adversary: Option<Adversary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objective: Option<Objective>,
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

/// What happens to a picture before the network sees it, with the settings that this kind of views uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Views {
    /// Nothing: both views are the picture.
    None,
    /// Random resized crop.
    Crop {
        /// How strong it is, in \[0, 1\]: 1 as in SimCLR, 0 none at all.
        strength: f32,
    },
    /// Random resized crop, flip, colour distortion, grey.
    Full {
        /// How strong they are, in \[0, 1\]: 1 as in SimCLR, 0 none at all.
        strength: f32,
        /// How often a view is blurred, in \[0, 1\]; SimCLR takes 0.5 for large pictures, none for small
        /// ones.
        blur: f32,
    },
    /// RandomMask: one view sees what the other does not.
    Mask {
        /// Share of the pixels or patches that a mask keeps, in (0, 1).
        keep_rate: f32,
        /// Side in pixels of what a mask covers at once; 1 masks single pixels. Masks of the network
        /// `patches` cover single coordinates of a whitened patch, whatever this says, so it is refused
        /// there.
        patch: usize,
    },
}

/// The word after `views =`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ViewKind {
    #[default]
    None,
    Crop,
    Full,
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

/// Strength of views that name none.
const FULL_STRENGTH: f32 = 1.0;
/// Share that a mask keeps where the arm names none.
const HALF: f32 = 0.5;
/// Side of what a mask covers where the arm names none, in pixels.
const MASKED_SIDE: usize = 4;

impl TryFrom<ArmTable> for Arm {
    type Error = String;

    fn try_from(table: ArmTable) -> Result<Self, String> {
        let ArmTable { views, strength, blur, keep_rate, patch, adversary, objective } = table;
        let given = [
            ("strength", strength.is_some()),
            ("blur", blur.is_some()),
            ("keep_rate", keep_rate.is_some()),
            ("patch", patch.is_some()),
        ];
        let views = match views {
            ViewKind::None => Views::None,
            ViewKind::Crop => Views::Crop { strength: strength.unwrap_or(FULL_STRENGTH) },
            ViewKind::Full => {
                Views::Full { strength: strength.unwrap_or(FULL_STRENGTH), blur: blur.unwrap_or_default() }
            }
            ViewKind::Mask => {
                Views::Mask { keep_rate: keep_rate.unwrap_or(HALF), patch: patch.unwrap_or(MASKED_SIDE) }
            }
        };
        match given.iter().find(|(key, is_given)| *is_given && !views.settings().contains(key)) {
            Some((key, _)) => Err(format!("`{key}` is not used by views = \"{}\"", views.word())),
            None => Ok(Self { views, adversary, objective }),
        }
    }
}

impl From<Arm> for ArmTable {
    fn from(Arm { views, adversary, objective }: Arm) -> Self {
        let rest = Self { adversary, objective, ..Self::default() };
        match views {
            Views::None => rest,
            Views::Crop { strength } => Self { views: ViewKind::Crop, strength: Some(strength), ..rest },
            Views::Full { strength, blur } => {
                Self { views: ViewKind::Full, strength: Some(strength), blur: Some(blur), ..rest }
            }
            Views::Mask { keep_rate, patch } => {
                Self { views: ViewKind::Mask, keep_rate: Some(keep_rate), patch: Some(patch), ..rest }
            }
        }
    }
}

impl Views {
    /// The word after `views =`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Crop { .. } => "crop",
            Self::Full { .. } => "full",
            Self::Mask { .. } => "mask",
        }
    }

    /// The settings of an arm that these views use.
    pub(super) fn settings(&self) -> &'static [&'static str] {
        used_settings(self.word())
    }

    /// 1 as in SimCLR, 0 none at all; `None` where views have no strength.
    pub fn strength(&self) -> Option<f32> {
        match *self {
            Self::Crop { strength } | Self::Full { strength, .. } => Some(strength),
            Self::None | Self::Mask { .. } => None,
        }
    }
}

/// The settings of an arm that views of this name use; none for a name that is not known.
pub(super) fn used_settings(views: &str) -> &'static [&'static str] {
    match views {
        "crop" => &["strength"],
        "full" => &["strength", "blur"],
        "mask" => &["keep_rate", "patch"],
        _ => &[],
    }
}

/// The names of views.
pub(super) const VIEWS: [&str; 4] = ["none", "crop", "full", "mask"];

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

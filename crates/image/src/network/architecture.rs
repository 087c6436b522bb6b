//! Which network, as parts with settings: the sizes that lay one out.

use featurescope_sim::math::{ParameterError, require};
use featurescope_sim::part::{Fallback, Given, Kind, Part, PartSetting, Slot, Slotted};
use serde::{Deserialize, Serialize};

/// Which network, with its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Architecture {
    #[serde(rename = "alexnet")]
    /// Three convolutions and a fully connected layer, for pictures of 32 pixels or so.
    AlexNet {
        /// Filters of the first layer.
        width: usize,
        /// Side of the first layer's filters in pixels, odd.
        kernel: usize,
        /// Entries of the representation.
        features: usize,
        /// Outputs of the projection head, which the contrastive loss reads.
        projection: usize,
    },
    #[serde(rename = "wide_resnet")]
    /// Wide-ResNet (Zagoruyko & Komodakis 2016): 6 n + 4 layers.
    WideResNet {
        /// 10, 16, 22, 28, …
        depth: usize,
        /// Factor on the 16, 32 and 64 channels of its three groups.
        widening_factor: usize,
        /// Outputs of the projection head.
        projection: usize,
    },
    /// The paper's learner on whitened patches: symmetric ReLU features with thresholds, no projection head.
    Patches {
        /// Neurons m.
        neurons: usize,
        /// Side of a patch in pixels; patches do not overlap.
        patch: usize,
    },
}

/// Which network is trained.
pub static NETWORKS: Slot<Architecture> =
    Slot::new("network", "Which network is trained.", "alexnet", &[&[&ALEXNET, &WIDE_RESNET, &PATCHES]]);

impl Slotted for Architecture {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &NETWORKS
    }
}

/// Widths that a computer holds.
const SIZE: Kind = Kind::Whole(1, 65_536);

const fn size(name: &'static str, default: &'static str, doc: &'static str) -> PartSetting {
    PartSetting::new(name, SIZE, Fallback::Value(default), doc)
}

const PROJECTION: PartSetting =
    size("projection", "32", "Outputs of the projection head, which the contrastive loss reads.");

static ALEXNET: Part<Architecture> = Part {
    kind: "alexnet",
    summary: "three convolutions and a fully connected layer, for pictures of 32 pixels or so",
    settings: &[
        size("width", "24", "Filters of the first layer."),
        PartSetting::new(
            "kernel",
            Kind::Whole(1, 15),
            Fallback::Value("7"),
            "Side of the first layer's filters in pixels, an odd number.",
        ),
        size("features", "128", "Entries of the representation."),
        PROJECTION,
    ],
    build: |given, ()| {
        checked(Architecture::AlexNet {
            width: whole(given, "width")?,
            kernel: whole(given, "kernel")?,
            features: whole(given, "features")?,
            projection: whole(given, "projection")?,
        })
    },
};
static WIDE_RESNET: Part<Architecture> = Part {
    kind: "wide_resnet",
    summary: "Wide-ResNet (Zagoruyko & Komodakis 2016)",
    settings: &[
        PartSetting::new(
            "depth",
            Kind::Whole(10, 1000),
            Fallback::Value("10"),
            "Number of layers: 6 n + 4, that is 10, 16, 22, 28, …",
        ),
        size("widening_factor", "1", "Factor on the 16, 32 and 64 channels of the three groups."),
        PROJECTION,
    ],
    build: |given, ()| {
        checked(Architecture::WideResNet {
            depth: whole(given, "depth")?,
            widening_factor: whole(given, "widening_factor")?,
            projection: whole(given, "projection")?,
        })
    },
};
static PATCHES: Part<Architecture> = Part {
    kind: "patches",
    summary: "the paper's learner, symmetric ReLU with thresholds that are learned, on whitened patches",
    settings: &[
        size("neurons", "128", "Number of neurons (the paper's m)."),
        PartSetting::new(
            "patch",
            Kind::Whole(2, 16),
            Fallback::Value("8"),
            "Side of a patch in pixels; patches do not overlap and tile the picture.",
        ),
    ],
    build: |given, ()| {
        checked(Architecture::Patches { neurons: whole(given, "neurons")?, patch: whole(given, "patch")? })
    },
};

fn whole(given: &Given, name: &'static str) -> Result<usize, ParameterError> {
    Ok(given.whole(name)? as usize)
}

fn checked(architecture: Architecture) -> Result<Architecture, ParameterError> {
    architecture.check()?;
    Ok(architecture)
}

impl Architecture {
    /// Why it cannot read pictures of `side` pixels, if it cannot.
    pub fn misfit(&self, side: usize) -> Option<String> {
        match *self {
            Self::Patches { patch, .. } if side == 0 || !side.is_multiple_of(patch) => {
                Some(format!("patches of {patch} pixels do not tile it"))
            }
            Self::AlexNet { .. } | Self::WideResNet { .. } if side < 8 => {
                Some("the network needs pictures of at least 8 pixels".to_owned())
            }
            _ => None,
        }
    }

    /// Whether a mask can cover coordinates inside it.
    pub fn takes_inner_mask(&self) -> bool {
        matches!(self, Self::Patches { .. })
    }

    /// Whether it has a projection head.
    pub fn has_projection(&self) -> bool {
        !matches!(self, Self::Patches { .. })
    }

    /// # Errors
    /// If a size is out of its range: stored networks are checked by this too.
    pub fn check(&self) -> Result<(), ParameterError> {
        let size = |name, value: usize| {
            require((1..=65_536).contains(&value), name, value, "a number from 1 to 65536")
        };
        match *self {
            Self::AlexNet { width, kernel, features, projection } => {
                let is_odd = kernel % 2 == 1 && kernel <= 15;
                require(is_odd, "network.kernel", kernel, "an odd number up to 15")?;
                size("network.width", width)?;
                size("network.features", features)?;
                size("network.projection", projection)
            }
            Self::WideResNet { depth, widening_factor, projection } => {
                let fits = (10..1000).contains(&depth) && depth % 6 == 4;
                require(fits, "network.depth", depth, "6 n + 4 below 1000: 10, 16, 22, 28, …")?;
                size("network.widening_factor", widening_factor)?;
                size("network.projection", projection)
            }
            Self::Patches { neurons, patch } => {
                size("network.neurons", neurons)?;
                require((2..=16).contains(&patch), "network.patch", patch, "2 to 16 pixels")
            }
        }
    }
}

//! How a picture becomes two views, as parts with settings: which [`ViewPipeline`] a word in a spec stands for.

use super::ViewPipeline;
use featurescope_sim::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted};

/// What happens to a picture before the network sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Augmentation {
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
    /// Masks on the picture: one view sees what the other does not.
    Mask {
        /// Share of the squares that the anchor keeps, in (0, 1).
        keep_rate: f32,
        /// Side in pixels of what a mask covers at once; 1 masks single pixels.
        patch: usize,
    },
    /// RandomMask (Definition 2.3) on what a network whitens: single coordinates of its patches.
    RandomMask {
        /// Share of the coordinates that the anchor keeps, in (0, 1).
        keep_rate: f32,
    },
}

/// How a picture becomes two views.
pub static AUGMENTATIONS: Slot<Augmentation> = Slot::new(
    "augmentation",
    "How a picture becomes two views. Labels are learned from one of them.",
    "full",
    &[&[&NONE, &CROP, &FULL, &MASK, &RANDOM_MASK]],
);

impl Slotted for Augmentation {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &AUGMENTATIONS
    }
}

const STRENGTH: PartSetting = PartSetting::number(
    "strength",
    Range::FRACTION,
    "1.0",
    "How strong crop, flip and colour distortion are: 1 as in SimCLR, 0 none at all.",
);
const KEEP_RATE: PartSetting = PartSetting::number(
    "keep_rate",
    Range::OPEN_FRACTION,
    "0.5",
    "Probability that the anchor keeps a square or a coordinate. The paper has 1/2.",
);

static NONE: Part<Augmentation> = Part {
    kind: "none",
    summary: "both views are the picture itself",
    settings: &[],
    build: |_, ()| Ok(Augmentation::None),
};
static CROP: Part<Augmentation> = Part {
    kind: "crop",
    summary: "a random part, resized to the whole",
    settings: &[STRENGTH],
    build: |given, ()| Ok(Augmentation::Crop { strength: given.number("strength")? as f32 }),
};
static FULL: Part<Augmentation> = Part {
    kind: "full",
    summary: "crop, flip, colour jitter and grey, as in SimCLR (Chen et al. 2020)",
    settings: &[
        STRENGTH,
        PartSetting::number(
            "blur",
            Range::FRACTION,
            "0.0",
            "How often a view is blurred. SimCLR takes 0.5 for large pictures and none for small ones.",
        ),
    ],
    build: |given, ()| {
        Ok(Augmentation::Full {
            strength: given.number("strength")? as f32,
            blur: given.number("blur")? as f32,
        })
    },
};
static MASK: Part<Augmentation> = Part {
    kind: "mask",
    summary: "complementary masks on squares of the picture, kept values doubled around middle grey",
    settings: &[
        KEEP_RATE,
        PartSetting::new(
            "patch",
            Kind::count(1),
            Fallback::Value("4"),
            "Side in pixels of what a mask covers at once; 1 masks single pixels.",
        ),
    ],
    build: |given, ()| {
        Ok(Augmentation::Mask {
            keep_rate: given.number("keep_rate")? as f32,
            patch: given.whole("patch")? as usize,
        })
    },
};
static RANDOM_MASK: Part<Augmentation> = Part {
    kind: "random_mask",
    summary: "complementary masks 2 D and 2 (I − D) on the whitened coordinates of network.kind = patches \
              (Definition 2.3)",
    settings: &[KEEP_RATE],
    build: |given, ()| Ok(Augmentation::RandomMask { keep_rate: given.number("keep_rate")? as f32 }),
};

impl Augmentation {
    /// What specs call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => NONE.kind,
            Self::Crop { .. } => CROP.kind,
            Self::Full { .. } => FULL.kind,
            Self::Mask { .. } => MASK.kind,
            Self::RandomMask { .. } => RANDOM_MASK.kind,
        }
    }

    /// 1 as in SimCLR, 0 none at all; `None` where it has no strength.
    pub fn strength(&self) -> Option<f32> {
        match *self {
            Self::Crop { strength } | Self::Full { strength, .. } => Some(strength),
            Self::None | Self::Mask { .. } | Self::RandomMask { .. } => None,
        }
    }

    /// The share that a mask inside the network keeps, where there is one.
    pub fn inner_mask(&self) -> Option<f32> {
        match *self {
            Self::RandomMask { keep_rate } => Some(keep_rate),
            _ => None,
        }
    }

    /// What it does to pictures of `side` pixels before the network sees them.
    pub fn pipeline(&self, side: usize) -> ViewPipeline {
        match *self {
            Self::None | Self::RandomMask { .. } => ViewPipeline::none(),
            Self::Crop { strength } => ViewPipeline::crop(strength),
            Self::Full { strength, blur } => ViewPipeline::full(strength).blurred(blur, side),
            Self::Mask { keep_rate, patch } => ViewPipeline::mask(keep_rate, patch),
        }
    }
}

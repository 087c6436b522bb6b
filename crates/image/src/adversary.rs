//! Changes of the pictures that make the loss large, which a network can be trained to bear.

use featurescope_sim::part::{Fallback, Kind, Part, PartSetting, Range, Slot, Slotted};

/// What changes the pictures before a step of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Adversary {
    /// Nothing.
    None,
    /// Projected gradient ascent on the loss, within a cube around each picture (Madry et al. 2018).
    ProjectedGradient {
        /// Largest change of a channel of a pixel, which is in 0 … 1; in (0, 1).
        radius: f64,
        /// Steps of the ascent, ≥ 1; each costs as much as a step of training.
        steps: usize,
    },
}

/// What changes the pictures before a step of training.
pub static ADVERSARIES: Slot<Adversary> = Slot::new(
    "adversary",
    "Changes of the pictures that make the loss large, which the network is trained to bear.",
    "none",
    &[&[&NONE, &PROJECTED_GRADIENT]],
);

impl Slotted for Adversary {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &ADVERSARIES
    }
}

static NONE: Part<Adversary> = Part {
    kind: "none",
    summary: "the pictures stay as they are",
    settings: &[],
    build: |_, ()| Ok(Adversary::None),
};
static PROJECTED_GRADIENT: Part<Adversary> = Part {
    kind: "projected_gradient",
    summary: "gradient ascent on the loss within a cube around each picture (Madry et al. 2018)",
    settings: &[
        PartSetting::new(
            "radius",
            Kind::Number(Range::OPEN_FRACTION),
            Fallback::Required,
            "Largest change of a channel of a pixel, which lies between 0 and 1.",
        ),
        PartSetting::new(
            "steps",
            Kind::count(1),
            Fallback::Value("3"),
            "Steps of the ascent; each costs as much as a step of training.",
        ),
    ],
    build: |given, ()| {
        Ok(Adversary::ProjectedGradient {
            radius: given.number("radius")?,
            steps: given.whole("steps")? as usize,
        })
    },
};

//! Adversaries: what changes the input of an anchor so that its loss grows, before the learner takes its step.
//!
//! A step trains on x⁺ + δ in place of x⁺. Positives and negatives stay as they were drawn, and so do labels:
//!
//! ```text
//! δ₀ = 0,   δ ← Π(δ + s·direction(∂L/∂x⁺)),   Π: back into the ball of the radius around x⁺
//! ```
//!
//! ∂L/∂x⁺ = C W with C = ∂L/∂(W x⁺), rows × m. An objective that takes labels gets adversarial training of Madry et al.
//! (arXiv 1706.06083). One that takes two views gets that of Kim, Tack, Hwang (arXiv 2006.07589), in which the anchor
//! moves away from its positive.
//!
//! To add one: a file with a type that implements [`Adversary`] and the [`Part`] that declares it; below, its line
//! in the list.

pub use l2::EuclideanBall;
pub use linf::Cube;
pub use none::NoAdversary;
pub use random::RandomDirection;

use crate::math::{ParameterError, require};
use crate::part::{Fallback, Given, Kind, Part, PartSetting, Range, Slot, Slotted, parts};

parts! {
    /// The adversaries.
    ADVERSARIES: Slot<Box<dyn Adversary>> =
        ("adversary", "What changes the inputs of anchors so that their loss grows, before every step.", "none");
    none;
    l2;
    linf;
    random;
}

/// A part that is an adversary.
type AdversaryPart = Part<Box<dyn Adversary>>;

impl Slotted for Box<dyn Adversary> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &ADVERSARIES
    }
}

/// How far a sample is moved at most.
const RADIUS: PartSetting = PartSetting::new(
    "radius",
    Kind::Number(Range::SQUARABLE),
    Fallback::Required,
    "Largest change of a sample in units of x: of its Euclidean norm (l2) or of a coordinate (linf). A sample has the \
     mean square norm activity · latent_dim + noise_variance · ambient_dim.",
);
/// How often the gradient is asked.
const STEPS: PartSetting = PartSetting::new(
    "steps",
    Kind::count(1),
    Fallback::Value("3"),
    "Steps of the ascent. Each costs a pass through the network forward and backward.",
);
/// How far one step goes.
const STEP_SIZE: PartSetting = PartSetting::new(
    "step_size",
    Kind::Number(Range::SQUARABLE),
    Fallback::Absent("2.5 · radius/steps, with which the border can be reached from anywhere (Madry et al.)"),
    "Length of one step of the ascent, in the norm and the units of the radius.",
);
/// When it begins.
const FROM_STEP: PartSetting = PartSetting::new(
    "from_step",
    Kind::count(0),
    Fallback::Unwritten("0"),
    "Steps of training on unchanged inputs before the adversary begins.",
);
/// What every ascent has.
const ASCENT: &[PartSetting] = &[RADIUS, STEPS, STEP_SIZE, FROM_STEP];

/// How many radii all steps together go by default.
const REACH: f64 = 2.5;

/// A rule that moves inputs.
pub trait Adversary: Send + Sync {
    /// How often a sample is moved before a step; 0: not at all.
    fn steps(&self) -> usize;

    /// Steps of training that are taken before it begins.
    fn first_step(&self) -> u64 {
        0
    }

    /// Whether it asks for the gradient of the loss; else it is given standard normal numbers in its place.
    fn follows_loss(&self) -> bool {
        true
    }

    /// Moves one sample up its loss and back into the ball around where it started.
    ///
    /// # Shapes
    /// All d1 entries: `start` is the sample as it was drawn, `gradient` that of the loss with respect to `sample`.
    fn advance(&self, start: &[f32], gradient: &[f32], sample: &mut [f32]);

    /// Whether it does the same in every orthonormal basis, so that it may act on the coordinates that a learner sees
    /// (reduced dynamics).
    fn is_rotation_invariant(&self) -> bool {
        false
    }
}

/// How far an ascent goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ascent {
    /// Largest change of a sample, in [1e-18, 1e18].
    radius: f32,
    /// ≥ 1.
    steps: usize,
    /// Length of a step, in [1e-18, 1e18].
    step_size: f32,
    /// Steps of training before it begins.
    from_step: u64,
}

impl Ascent {
    /// An ascent of `steps` ≥ 1 steps within `radius`; without a step size the steps together go 2.5 radii.
    pub fn new(radius: f64, steps: usize, step_size: Option<f64>) -> Result<Self, ParameterError> {
        require(Range::SQUARABLE.contains(radius), "radius", radius, Range::SQUARABLE)?;
        require(steps >= 1, "steps", steps, "at least 1")?;
        let step_size = step_size.unwrap_or((REACH * radius / steps as f64).max(Range::SQUARABLE.ends()[0]));
        require(Range::SQUARABLE.contains(step_size), "step_size", step_size, Range::SQUARABLE)?;
        Ok(Self { radius: radius as f32, steps, step_size: step_size as f32, from_step: 0 })
    }

    /// As a part's settings say it.
    fn of(given: &Given) -> Result<Self, ParameterError> {
        let step_size = given.optional_number(STEP_SIZE.name);
        let ascent = Self::new(given.number(RADIUS.name)?, given.whole(STEPS.name)? as usize, step_size)?;
        Ok(ascent.from_step(given.whole(FROM_STEP.name)?))
    }

    /// The same after so many steps of training.
    #[must_use]
    pub fn from_step(self, step: u64) -> Self {
        Self { from_step: step, ..self }
    }
}

#[cfg(test)]
mod tests;

//! No ascent: every sample moves as far as an adversary would, in a direction that is drawn anew in every step.
//!
//! δ = radius · n/‖n‖ with n standard normal. What an adversary does to training and this does not is owed to its
//! direction, not to the size of the change.
//!
//! Source: the law of a normal vector's direction, which is uniform on the sphere.

use super::{Adversary, AdversaryPart, Ascent, EuclideanBall, FROM_STEP, RADIUS};
use crate::math::ParameterError;

/// The declaration.
pub(super) static PART: AdversaryPart = AdversaryPart {
    kind: "random",
    summary: "no ascent: a random direction, as far as the radius says (a control)",
    settings: &[RADIUS, FROM_STEP],
    build: |given, ()| {
        let direction = RandomDirection::new(given.number(RADIUS.name)?)?;
        Ok(Box::new(direction.from_step(given.whole(FROM_STEP.name)?)))
    },
};

/// Moves along random directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomDirection(EuclideanBall);

impl RandomDirection {
    /// Moves every sample by `radius`, in [1e-18, 1e18].
    pub fn new(radius: f64) -> Result<Self, ParameterError> {
        Ascent::new(radius, 1, None).map(|ascent| Self(EuclideanBall(ascent)))
    }

    /// The same after so many steps of training.
    #[must_use]
    pub fn from_step(self, step: u64) -> Self {
        Self(EuclideanBall(self.0.0.from_step(step)))
    }
}

impl Adversary for RandomDirection {
    fn steps(&self) -> usize {
        1
    }

    fn first_step(&self) -> u64 {
        self.0.first_step()
    }

    fn follows_loss(&self) -> bool {
        false
    }

    fn advance(&self, start: &[f32], gradient: &[f32], sample: &mut [f32]) {
        self.0.advance(start, gradient, sample);
    }
}

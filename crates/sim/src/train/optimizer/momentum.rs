//! Gradient descent with momentum μ: v ← μ v + ∇L + λ w, w ← w − η v.
//!
//! λ belongs to what is minimised, as in the paper, so it goes through the velocity.
//!
//! Source: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).

use super::{Optimizer, OptimizerPart, Pace};
use crate::math::{Matrix, ParameterError, require};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: OptimizerPart = OptimizerPart {
    kind: "momentum",
    summary: "v ← μ v + ∇L + λ w, w ← w − η v",
    settings: &[PartSetting::number(
        "momentum",
        Range::BELOW_ONE,
        "0.9",
        "Share of its velocity that a weight keeps (μ). In the end it moves η/(1 − μ) times the gradient.",
    )],
    build: |given, ()| Ok(Box::new(Momentum::new(given.number("momentum")?)?)),
};

/// Heavy-ball momentum.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    momentum: f32,
}

impl Momentum {
    /// Momentum μ in [0, 1).
    pub fn new(momentum: f64) -> Result<Self, ParameterError> {
        require(Range::BELOW_ONE.contains(momentum), "momentum", momentum, Range::BELOW_ONE)?;
        Ok(Self { momentum: momentum as f32 })
    }
}

impl Optimizer for Momentum {
    fn memory(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    fn advance(&self, values: &mut Matrix, gradient: &Matrix, memory: &mut [Matrix], pace: Pace) {
        let (rate, decay) = (pace.rate as f32, pace.decay as f32);
        let entries = values.as_mut_slice().iter_mut().zip(gradient.as_slice());
        for ((w, g), v) in entries.zip(memory[0].as_mut_slice()) {
            *v = self.momentum * *v + (g + decay * *w);
            *w -= rate * *v;
        }
    }
}

//! Adam, with weight decay apart from the gradient (AdamW): with the moving means m of ∇L and s of its square,
//!
//! ```text
//! m ← β1 m + (1 − β1) ∇L    s ← β2 s + (1 − β2) ∇L²    w ← (1 − ηλ) w − η m̂/(√ŝ + ε)    m̂ = m/(1 − β1ᵗ), ŝ = s/(1 − β2ᵗ)
//! ```
//!
//! Source: Kingma and Ba, "Adam" (ICLR 2015); Loshchilov and Hutter, "Decoupled weight decay regularization"
//! (ICLR 2019).

use super::{Optimizer, OptimizerPart, Pace};
use crate::math::{Matrix, ParameterError, require, require_positive};
use crate::part::{PartSetting, Range};

/// The declaration.
pub(super) static PART: OptimizerPart = OptimizerPart {
    kind: "adam",
    summary: "Adam, with weight decay apart from the gradient (AdamW)",
    settings: &[
        PartSetting::number("beta1", Range::BELOW_ONE, "0.9", "Memory of the mean gradient (β1)."),
        PartSetting::number("beta2", Range::BELOW_ONE, "0.999", "Memory of the mean squared gradient (β2)."),
        PartSetting::number(
            "epsilon",
            Range::POSITIVE,
            "1e-8",
            "What is added to the root of the mean squared gradient (ε).",
        ),
    ],
    build: |given, ()| {
        let betas = [given.number("beta1")?, given.number("beta2")?];
        Ok(Box::new(Adam::new(betas, given.number("epsilon")?)?))
    },
};

/// Adam with decoupled weight decay.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    betas: [f64; 2],
    epsilon: f32,
}

impl Adam {
    /// β1 and β2 in [0, 1) and ε > 0.
    pub fn new(betas: [f64; 2], epsilon: f64) -> Result<Self, ParameterError> {
        for (name, beta) in ["beta1", "beta2"].into_iter().zip(betas) {
            require(Range::BELOW_ONE.contains(beta), name, beta, Range::BELOW_ONE)?;
        }
        require_positive("epsilon", epsilon)?;
        Ok(Self { betas, epsilon: epsilon as f32 })
    }
}

impl Optimizer for Adam {
    fn memory(&self) -> &'static [&'static str] {
        &["mean_gradient", "mean_squared_gradient"]
    }

    fn advance(&self, values: &mut Matrix, gradient: &Matrix, memory: &mut [Matrix], pace: Pace) {
        let [first, second] = self.betas.map(|beta| beta as f32);
        // Both means start at zero; this is the share of a mean that is there by now.
        let there = self.betas.map(|beta| 1.0 - beta.powf(pace.step as f64));
        let (rate, scale) = ((pace.rate / there[0]) as f32, (1.0 / there[1]) as f32);
        let keep = pace.descent().keep;
        let (means, squares) = memory.split_at_mut(1);
        let moments = means[0].as_mut_slice().iter_mut().zip(squares[0].as_mut_slice());
        let entries = values.as_mut_slice().iter_mut().zip(gradient.as_slice());
        for ((w, g), (mean, square)) in entries.zip(moments) {
            *mean = first * *mean + (1.0 - first) * g;
            *square = second * *square + (1.0 - second) * (g * g);
            *w = keep * *w - rate * *mean / ((scale * *square).sqrt() + self.epsilon);
        }
    }
}

//! Gradient ascent within a Euclidean ball: δ ← Π(δ + s·g/‖g‖), Π(δ) = δ·min(1, radius/‖δ‖).
//!
//! Source: Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks"
//! (arXiv 1706.06083), in the norm of Allen-Zhu and Li, "Feature Purification" (arXiv 2005.10190).

use super::{ASCENT, Adversary, AdversaryPart, Ascent};
use crate::math::linalg::squared_norm;

/// The declaration.
pub(super) static PART: AdversaryPart = AdversaryPart {
    kind: "l2",
    summary: "gradient ascent on the loss within a Euclidean ball around each sample (Madry et al. 2018)",
    settings: ASCENT,
    build: |given, ()| Ok(Box::new(EuclideanBall(Ascent::of(given)?))),
};

/// Ascent within a Euclidean ball.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EuclideanBall(pub Ascent);

impl Adversary for EuclideanBall {
    fn steps(&self) -> usize {
        self.0.steps
    }

    fn first_step(&self) -> u64 {
        self.0.from_step
    }

    fn advance(&self, start: &[f32], gradient: &[f32], sample: &mut [f32]) {
        let norm = squared_norm(gradient).sqrt();
        // Where no gate is open no direction is better than another.
        if norm == 0.0 {
            return;
        }
        let rate = f64::from(self.0.step_size) / norm;
        let mut change = 0.0;
        for ((x, g), from) in sample.iter_mut().zip(gradient).zip(start) {
            *x = (f64::from(*x) + rate * f64::from(*g)) as f32;
            change += f64::from(*x - from).powi(2);
        }
        let keep = f64::from(self.0.radius) / change.sqrt();
        if keep < 1.0 {
            for (x, from) in sample.iter_mut().zip(start) {
                *x = (f64::from(*from) + keep * f64::from(*x - from)) as f32;
            }
        }
    }

    fn is_rotation_invariant(&self) -> bool {
        true
    }
}

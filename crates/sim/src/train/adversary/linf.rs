//! Gradient ascent within a cube: δ ← Π(δ + s·sign g), Π cuts every coordinate at ± radius.
//!
//! Source: Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards Deep Learning Models Resistant to Adversarial Attacks"
//! (arXiv 1706.06083).

use super::{ASCENT, Adversary, AdversaryPart, Ascent};

/// The declaration.
pub(super) static PART: AdversaryPart = AdversaryPart {
    kind: "linf",
    summary: "gradient ascent on the loss within a cube around each sample (Madry et al. 2018)",
    settings: ASCENT,
    build: |given, ()| Ok(Box::new(Cube(Ascent::of(given)?))),
};

/// Ascent within a cube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cube(pub Ascent);

impl Adversary for Cube {
    fn steps(&self) -> usize {
        self.0.steps
    }

    fn first_step(&self) -> u64 {
        self.0.from_step
    }

    fn advance(&self, start: &[f32], gradient: &[f32], sample: &mut [f32]) {
        let Ascent { radius, step_size, .. } = self.0;
        for ((x, &g), &from) in sample.iter_mut().zip(gradient).zip(start) {
            // The sign of zero is zero: no direction is better than another.
            let step = if g == 0.0 { 0.0 } else { step_size.copysign(g) };
            // No `clamp`, which does not take a start that is not finite.
            *x = (*x + step).min(from + radius).max(from - radius);
        }
    }
}

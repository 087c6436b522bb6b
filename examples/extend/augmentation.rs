//! Random scaling: x⁺ = f x and x⁺⁺ = f′ x, with independent log-normal factors f and f′ of mean 1.
//!
//! A view has one factor for all of its coordinates. So views keep the direction of their sample, and share its
//! whole noise ξ. Theory expects them to help no more than no augmentation does.

use super::{Augmentation, AugmentationPart, Origin};
use crate::math::random::{Part, Reader};
use crate::part::{PartSetting, Range};

/// The declaration: what a spec writes, what its settings are, and how it is built.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "random_scale",
    summary: "each view is multiplied by a random factor of its own",
    settings: &[PartSetting::number(
        "spread",
        Range::POSITIVE_FRACTION,
        "0.2",
        "Standard deviation of the logarithm of a view's factor, whose mean is 1.",
    )],
    build: |given, ()| Ok(Box::new(RandomScale { spread: given.number("spread")? })),
};

/// A random factor for each view.
#[derive(Clone, Copy, Debug)]
pub struct RandomScale {
    spread: f64,
}

impl RandomScale {
    /// e^(s g − s²/2) with a standard normal g: its mean is 1, its mean square e^(s²).
    fn factor(self, reader: &mut Reader<'_>) -> f32 {
        (self.spread * reader.normal() - 0.5 * self.spread * self.spread).exp() as f32
    }
}

impl Augmentation for RandomScale {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        // The stream knows seed, purpose and step. With the row that names every number that is drawn, so that
        // a view is the same on any number of threads.
        let mut reader = from.stream.reader(Part::Mask, from.row);
        let factors = [self.factor(&mut reader), self.factor(&mut reader)];
        for (x, y) in sample.iter_mut().zip(positive) {
            *y = factors[1] * *x;
            *x *= factors[0];
        }
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        let factor = self.factor(&mut from.stream.reader(Part::Mask, from.row));
        sample.iter_mut().for_each(|x| *x *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Purpose, Stream};

    /// Rows that means are taken over.
    const ROWS: u32 = 20_000;

    #[test]
    fn the_factors_of_the_two_views_are_independent_and_have_their_moments() {
        let (scale, atoms) = (RandomScale { spread: 0.3 }, Matrix::default());
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let mut sums = [0.0; 3];
        for row in 0..ROWS {
            let (mut anchor, mut positive) = ([2.0, -1.0], [0.0; 2]);
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &[] };
            scale.views(&from, &mut anchor, &mut positive);
            assert!(anchor[0] == -2.0 * anchor[1] && positive[0] == -2.0 * positive[1]);
            let factors = [anchor[1], positive[1]].map(|x| -f64::from(x));
            let values = [factors[0], factors[0].powi(2), factors[0] * factors[1]];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        // E f^k = e^(k (k − 1) s²/2).
        let moment = |k: f64| (0.5 * k * (k - 1.0) * 0.09f64).exp();
        let variances = [moment(2.0) - 1.0, moment(4.0) - moment(2.0).powi(2), moment(2.0).powi(2) - 1.0];
        for ((sum, variance), expected) in sums.into_iter().zip(variances).zip([1.0, moment(2.0), 1.0]) {
            let (mean, error) = (sum / f64::from(ROWS), 5.0 * (variance / f64::from(ROWS)).sqrt());
            assert!((mean - expected).abs() < error, "{mean} {expected}");
        }
    }
}

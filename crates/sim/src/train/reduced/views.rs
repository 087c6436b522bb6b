//! The two views of a sample as a learner sees them.
//!
//! A mask turns x into D x = a x + (D − a) x with a = E D_rr. Seen through inner products with vectors that are spread over
//! many coordinates, the second term is a Gaussian vector whose coordinates are independent, with variance Var(D_rr) times
//! the mean square of a coordinate of x, and the second terms of two views have the covariance of D_rr and D'_rr:
//!
//! ```text
//! x⁺ = a x + e,   x⁺⁺ = a' x + e',   (e, e') ~ N(0, v·Cov(D_rr, D'_rr) ⊗ I),   v = ‖x‖²/d1 = σ² + ‖z‖²/d1
//! ```
//!
//! Additive noise is the same with a = a' = 1, independent e and e', and its own variance in place of v. Views that
//! change the code alone have e = e' = 0: they act on x̃ as they act on x, because the atoms are axes there. Both are
//! exact for every d1.
//!
//! RandomMask has a = a' = 1 and e' = −e. The noise σ² of v decouples the dense parts; the signal ‖z‖²/d1 of v is the first
//! order in d/d1: it is what makes E[x⁺ x⁺⁺ᵀ] = p(M Mᵀ − (d/d1) I) of p M Mᵀ.
//!
//! Source: docs/derivations/reduced.md 4 and 5; docs/theory.md 2.4, 4.3.

use crate::augment::{Augmentation, FactorMoments};
use crate::data::SparseCodingLaw;
use crate::math::gaussian::fill_normal;
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require};

/// Smallest d1/d at which masks are taken to first order in d/d1. At 8 what is left out is (d/d1)² < 2 %.
pub const LEAST_DIMENSION_RATIO: usize = 8;

/// What is kept of the masks' effect on the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskJitter {
    /// The first order in d/d1.
    Kept,
    /// Nothing: the limit d/d1 → 0.
    Dropped,
}

/// The joint law of the views.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianViews {
    moments: FactorMoments,
    /// Standard deviation of D_rr.
    deviation: f64,
    /// Regression of D'_rr on D_rr.
    slope: f64,
    /// Standard deviation of what is left of D'_rr.
    rest: f64,
    /// σ².
    noise_variance: f64,
    /// Share of ‖z‖² that every coordinate of x carries: 1/d1, or 0.
    signal_share: f64,
    /// Energy of the noise directions beyond σ².
    directions_energy: f64,
    /// Variance per coordinate of normal noise that views add: it then takes the place of v.
    added: Option<f64>,
}

impl GaussianViews {
    /// The law that `augmentation` has on samples of `law`.
    ///
    /// # Errors
    /// For views that are none of what is named above, and for masks where d1 < 8 d.
    pub fn new(
        augmentation: &dyn Augmentation,
        law: &SparseCodingLaw,
        jitter: MaskJitter,
    ) -> Result<Self, ParameterError> {
        let accepted = "masks of independent coordinates, additive noise, dropout of atoms, or none: only of these \
                        is known what a learner sees of them. Sampled dynamics takes every augmentation";
        let added = augmentation.added_variance();
        let is_exact = added.is_some() || augmentation.moves_code_alone();
        let whole = FactorMoments { means: [1.0; 2], squares: [1.0; 2], product: 1.0 };
        let moments = if is_exact { Some(whole) } else { augmentation.moments() };
        require(moments.is_some(), "augmentation", "another kind of views", accepted)?;
        let moments = moments.unwrap_or(whole);
        let [a, b] = moments.means;
        let variance = (moments.squares[0] - a * a).max(0.0);
        let covariance = moments.product - a * b;
        let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
        let rest = (moments.squares[1] - b * b - slope * covariance).max(0.0);
        if variance > 0.0 || rest > 0.0 {
            let least = LEAST_DIMENSION_RATIO * law.latent_dim;
            let accepted = format!(
                "at least {LEAST_DIMENSION_RATIO} latent_dim = {least} with masks, whose effect is known to first order \
                 in latent_dim/ambient_dim; sampled dynamics has no such bound"
            );
            require(law.ambient_dim >= least, "ambient_dim", law.ambient_dim, accepted)?;
        }
        let extra = (law.direction_variance - law.noise_variance).max(0.0);
        Ok(Self {
            moments,
            // Noise that is added is as large in both views, and independent.
            deviation: if added.is_some() { 1.0 } else { variance.sqrt() },
            slope,
            // Rounding leaves about 1e-16 where D' is a function of D.
            rest: match added {
                Some(_) => 1.0,
                None if rest > 1e-12 => rest.sqrt(),
                None => 0.0,
            },
            noise_variance: law.noise_variance,
            signal_share: match jitter {
                MaskJitter::Kept => 1.0 / law.ambient_dim as f64,
                MaskJitter::Dropped => 0.0,
            },
            directions_energy: law.direction_count as f64 * extra,
            added,
        })
    }

    /// v, the mean square of a coordinate of x, or the variance of noise that is added.
    pub fn mean_square(&self, latent: &[f32]) -> f64 {
        if let Some(variance) = self.added {
            return variance;
        }
        let signal: f64 = latent.iter().map(|&z| f64::from(z) * f64::from(z)).sum();
        self.noise_variance + self.signal_share * (signal + self.directions_energy)
    }

    /// Turns the sample x̃ in place into its anchor and writes the positive. `mean_square` is that of the sample; the
    /// row of `stream` says which mask.
    ///
    /// # Shapes
    /// `sample` and `positive` have one entry per coordinate that is looked at.
    pub fn pair(
        &self,
        stream: &Stream,
        row: u32,
        mean_square: f64,
        sample: &mut [f32],
        positive: &mut [f32],
    ) {
        let scale = mean_square.sqrt();
        fill_normal(positive, (self.deviation * scale) as f32, stream, Part::MaskLimit, row);
        let [a, b] = self.moments.means.map(|mean| mean as f32);
        let slope = self.slope as f32;
        for (x, y) in sample.iter_mut().zip(positive.iter_mut()) {
            (*x, *y) = (a * *x + *y, b * *x + slope * *y);
        }
        if self.rest > 0.0 {
            let mut rest = vec![0.0; positive.len()];
            fill_normal(&mut rest, (self.rest * scale) as f32, stream, Part::MaskLimitRest, row);
            positive.iter_mut().zip(&rest).for_each(|(y, e)| *y += e);
        }
    }

    /// Turns the sample in place into a single view with the law of the anchor.
    pub fn single(&self, stream: &Stream, row: u32, mean_square: f64, sample: &mut [f32]) {
        let mut noise = vec![0.0; sample.len()];
        fill_normal(&mut noise, (self.deviation * mean_square.sqrt()) as f32, stream, Part::MaskLimit, row);
        let a = self.moments.means[0] as f32;
        sample.iter_mut().zip(&noise).for_each(|(x, e)| *x = a * *x + e);
    }

    /// a, the mean factor of the anchor.
    pub fn anchor_mean(&self) -> f64 {
        self.moments.means[0]
    }

    /// What [`mean_square`](Self::mean_square) is, to the last bit, of a sample without a signal: σ² with masks.
    pub fn noise_variance(&self) -> f64 {
        self.added.unwrap_or(self.noise_variance)
    }

    /// σ, the standard deviation of an unmasked sample along a direction that the learner does not know.
    pub fn raw_deviation(&self) -> f64 {
        self.noise_variance.sqrt()
    }

    /// Variance of an anchor's coordinate along a direction that the learner does not know: a² σ² + Var(D_rr) v.
    pub fn anchor_variance(&self, mean_square: f64) -> f64 {
        self.moments.means[0].powi(2) * self.noise_variance + self.deviation.powi(2) * mean_square
    }

    /// How the three independent standard normal numbers behind a pair of views, those of ξ, e and the rest of e', enter
    /// the two views along a direction that the learner does not know.
    pub fn unknown_factors(&self, mean_square: f64) -> [[f64; 2]; 3] {
        let (sigma, scale) = (self.noise_variance.sqrt(), mean_square.sqrt());
        let [a, b] = self.moments.means;
        [
            [a * sigma, b * sigma],
            [self.deviation * scale, self.slope * self.deviation * scale],
            [0.0, self.rest * scale],
        ]
    }
}

//! What is known of cubic features on inputs in patches: their second moments, and what training without a
//! head conserves.
//!
//! B_iℓ = ⟨w_i, M_ℓ⟩ is the coefficient of neuron i along feature ℓ, and α_ℓ is the amplitude of the feature.
//!
//! Source: theory.md 3 and 4.

use featurescope_sim::math::Matrix;

/// The law of inputs in patches, as far as second moments ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// P.
    pub patches: f64,
    /// P_0.
    pub feature_patches: f64,
    /// α_1, …, α_k.
    pub amplitudes: Vec<f64>,
    /// σ², of the noise in a patch, in a direction outside of the atoms.
    pub noise_variance: f64,
}

impl Inputs {
    /// K_ij = E f_i(x⁺) f_j(x⁺⁺): theory.md (3.2a).
    ///
    /// # Shapes
    /// `along`: B, m × k or wider.
    pub fn between_views(&self, along: &Matrix<f64>, i: usize, j: usize) -> f64 {
        let pairs = self.feature_patches * (self.feature_patches - 1.0) / 4.0;
        pairs * self.signal(along, i, j)
    }

    /// G_ij = E f_i(x⁺) f_j(x⁺): theory.md (3.2b).
    ///
    /// # Shapes
    /// `along`: as above. `outside`: products of what neurons have outside of the atoms, m × m.
    pub fn within_view(&self, along: &Matrix<f64>, outside: &Matrix<f64>, i: usize, j: usize) -> f64 {
        let squares = self.feature_patches * (self.feature_patches + 1.0) / 4.0;
        let [own, other, shared] = [outside[(i, i)], outside[(j, j)], outside[(i, j)]];
        // E g³ h³ of two normal numbers.
        let noise = 9.0 * own * other * shared + 6.0 * shared.powi(3);
        let noisy = (self.patches - self.feature_patches) / 2.0;
        squares * self.signal(along, i, j) + noisy * self.noise_variance.powi(3) * noise
    }

    /// Mean over features of α_ℓ⁶ B_iℓ³ B_jℓ³.
    fn signal(&self, along: &Matrix<f64>, i: usize, j: usize) -> f64 {
        let features = self.amplitudes.iter().enumerate();
        let sum: f64 = features.map(|(l, a)| a.powi(6) * (along[(i, l)] * along[(j, l)]).powi(3)).sum();
        sum / self.amplitudes.len() as f64
    }
}

/// α⁶ B⁴: of two features the one of which this is larger grows faster, and stays the larger one: theory.md
/// (4.2a).
pub fn preference(amplitude: f64, along: f64) -> f64 {
    amplitude.powi(6) * along.powi(4)
}

/// The feature that a neuron prefers; `None` of no features.
///
/// # Shapes
/// `along`: B of one neuron, k entries as `amplitudes`.
pub fn preferred(amplitudes: &[f64], along: &[f64]) -> Option<usize> {
    let preferences = amplitudes.iter().zip(along).map(|(&a, &b)| preference(a, b));
    preferences.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(feature, _)| feature)
}

/// The largest |B| along a feature that a neuron without a head can ever have, while it prefers another one:
/// theory.md (4.2b). `None` where it prefers this one.
///
/// Each feature is [α, B at the start].
pub fn largest_along([amplitude, along]: [f64; 2], [other, along_other]: [f64; 2]) -> Option<f64> {
    let left = 1.0 / preference(amplitude, along) - 1.0 / preference(other, along_other);
    (left > 0.0).then(|| (left * amplitude.powi(6)).powf(-0.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_feature_is_preferred_unless_the_neuron_lies_far_from_it() {
        assert_eq!(preferred(&[2.0, 1.0], &[0.1, -0.2]), Some(0));
        assert_eq!(preferred(&[2.0, 1.0], &[0.1, -0.3]), Some(1));
        assert_eq!(preferred(&[], &[]), None);
    }

    #[test]
    fn the_bound_lies_above_the_start_and_is_there_for_what_is_not_preferred_alone() {
        let (strong, weak) = ([2.0, 0.3], [1.0, 0.4]);
        let bound = largest_along(weak, strong).unwrap();
        assert!(bound > 0.4 && largest_along(strong, weak).is_none());
        // Where the other feature has grown without limit all that can be gained has been gained.
        let left = 1.0 / preference(1.0, 0.4) - 1.0 / preference(2.0, 0.3);
        assert!((1.0 / preference(1.0, bound) - left).abs() < 1e-9 * left);
    }
}

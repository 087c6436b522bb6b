//! Stage I (thresholds at zero): how fast sparse and dense directions grow, when T1 comes, and what disturbs it.
//!
//! Near initialisation every logit is 1/(N+1) and negatives average to zero, so one step multiplies a direction by
//! 1 + η [N/(N+1)·rate − λ], the rate being that of E[x⁺ x⁺⁺ᵀ] along it. With Σ = p M Mᵀ + σ² I and
//! h_r = Σ_j M_rj², complementary masks give E[x⁺ x⁺⁺ᵀ] = 4q(1−q)·p·(M Mᵀ − diag h): the noise drops out.
//!
//! Source: theory.md 4.3 (paper: A.2, Theorem C.1, Lemmas C.2 and C.4, F.1).

use super::falling_root;
use featurescope_sim::data::{LeverageOverlap, Population};
use featurescope_sim::math::special::beta_tail;

/// A second moment of views, E[u vᵀ] = off_diagonal·(Σ − diag Σ) + diagonal·diag Σ with Σ = E[x xᵀ]: every mask with
/// independent coordinates has this form (theory.md 4.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecondMoment {
    /// Factor on the entries Σ_rs, r ≠ s.
    pub off_diagonal: f64,
    /// Factor on the entries Σ_rr.
    pub diagonal: f64,
}

impl SecondMoment {
    /// Mean of M_jᵀ E[u vᵀ] M_j over atoms, whose leverage overlap is `overlap`: theory.md (4.3b).
    pub fn along_atoms(&self, population: &Population, overlap: f64) -> f64 {
        let p = population.activity;
        self.off_diagonal * p * (1.0 - overlap) + self.diagonal * (p * overlap + population.noise_variance)
    }

    /// Mean of uᵀ E[u vᵀ] u over unit vectors of the complement of span(M), with leverage overlap `overlap`.
    pub fn along_complement(&self, population: &Population, overlap: f64) -> f64 {
        let leakage = population.activity * overlap;
        self.diagonal * (leakage + population.noise_variance) - self.off_diagonal * leakage
    }
}

/// The second moments of the two views of a positive sample, which is all that stage I sees of an augmentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Views {
    /// E[x⁺ x⁺⁺ᵀ].
    pub pair: SecondMoment,
    /// E[x⁺ x⁺ᵀ].
    pub anchor: SecondMoment,
    /// E[x⁺⁺ x⁺⁺ᵀ].
    pub positive: SecondMoment,
}

impl Views {
    /// No augmentation: x⁺ = x⁺⁺ = x.
    pub fn same() -> Self {
        let sigma = SecondMoment { off_diagonal: 1.0, diagonal: 1.0 };
        Self { pair: sigma, anchor: sigma, positive: sigma }
    }

    /// RandomMask (Definition 2.3): x⁺ = 2 D x, x⁺⁺ = 2 (I − D) x, `keep_rate` = Pr(D_rr = 1) in [0, 1]. The pair
    /// moment is 4q(1−q)(Σ − diag Σ).
    pub fn complementary_masks(keep_rate: f64) -> Self {
        let q = keep_rate;
        let view = |q: f64| SecondMoment { off_diagonal: 4.0 * q * q, diagonal: 4.0 * q };
        Self {
            pair: SecondMoment { off_diagonal: 4.0 * q * (1.0 - q), diagonal: 0.0 },
            anchor: view(q),
            positive: view(1.0 - q),
        }
    }

    /// Two independent masks, x⁺ = D x/q and x⁺⁺ = D′ x/q, `keep_rate` q in (0, 1]: the pair moment is Σ itself, as
    /// without augmentation. Stage I decouples nothing unless the masks are complementary.
    pub fn independent_masks(keep_rate: f64) -> Self {
        let view = SecondMoment { off_diagonal: 1.0, diagonal: 1.0 / keep_rate };
        Self { anchor: view, positive: view, ..Self::same() }
    }

    /// Maximally disjoint masks, each keeping a coordinate with probability `keep_rate` r in (0, 1] and both of them with
    /// probability max(0, 2r−1), views scaled by 1/r: no augmentation at r = 1, RandomMask at r = ½. The dense part of the
    /// pair moment is cut by max(0, 2r−1)/r².
    pub fn disjoint_masks(keep_rate: f64) -> Self {
        let shared = (2.0 * keep_rate - 1.0).max(0.0) / keep_rate.powi(2);
        Self {
            pair: SecondMoment { off_diagonal: 1.0, diagonal: shared },
            ..Self::independent_masks(keep_rate)
        }
    }
}

/// One number for the sparse directions (atoms) and one for the dense ones (complement of span(M)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SparseDense {
    /// Along the atoms.
    pub sparse: f64,
    /// Along the complement of span(M).
    pub dense: f64,
}

/// Everything that the population dynamics of stage I depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageOne {
    /// The data.
    pub population: Population,
    /// The augmentation.
    pub views: Views,
    /// The dictionary, as far as masks see it.
    pub overlap: LeverageOverlap,
    /// η > 0.
    pub learning_rate: f64,
    /// λ ≥ 0.
    pub weight_decay: f64,
    /// N ≥ 1 negatives per anchor.
    pub negatives: usize,
}

impl StageOne {
    /// Mean rates of E[x⁺ x⁺⁺ᵀ] per unit learning rate, without weight decay (theory.md 4.3, table): the
    /// sparse one is p(1 − d/d1) with RandomMask and p + σ² without, the dense one −p·d/d1 and σ².
    pub fn rates(&self) -> SparseDense {
        SparseDense {
            sparse: self.views.pair.along_atoms(&self.population, self.overlap.atoms),
            dense: self.views.pair.along_complement(&self.population, self.overlap.complement),
        }
    }

    /// Factors by which one step multiplies coefficients, 1 + η [N/(N+1)·rate − λ] (theory.md 4.3; Lemma C.4b).
    pub fn growth_factors(&self) -> SparseDense {
        let SparseDense { sparse, dense } = self.rates();
        let n = self.negatives as f64;
        let factor = |rate: f64| 1.0 + self.learning_rate * (n / (n + 1.0) * rate - self.weight_decay);
        SparseDense { sparse: factor(sparse), dense: factor(dense) }
    }

    /// ‖w(t)‖²/‖w(0)‖² split into its sparse and its dense part, for a neuron that starts with the share
    /// `initial_sparse_fraction` of its energy in span(M) (d/d1 for the average neuron).
    pub fn energy(&self, step: f64, initial_sparse_fraction: f64) -> SparseDense {
        let growth = self.growth_factors();
        SparseDense {
            sparse: initial_sparse_fraction * growth.sparse.powi(2).powf(step),
            dense: (1.0 - initial_sparse_fraction) * growth.dense.powi(2).powf(step),
        }
    }

    /// The time (in steps, not rounded) at which ‖w‖² reaches `norm_multiple`·‖w(0)‖², the T1 rule of one neuron.
    ///
    /// With `initial_sparse_fraction` = d/d1 this is the average neuron; with
    /// [`median_smallest_sparse_fraction`] it is the slowest of them, which is the one that the rule waits for.
    /// For RandomMask and small η it is ln[(K d1 − (d1−d))/d]/(2 η p′), p′ = p(1 − d/d1) − λ (theory.md 3.1).
    /// `norm_multiple` K must exceed 1. `None` if the norm never gets there.
    pub fn norm_multiple_step(&self, norm_multiple: f64, initial_sparse_fraction: f64) -> Option<f64> {
        let growth = self.growth_factors();
        let parts = [(initial_sparse_fraction, growth.sparse), (1.0 - initial_sparse_fraction, growth.dense)];
        // Each growing part alone would reach K at this time, the sum of both reaches it no later.
        let latest = parts
            .iter()
            .filter(|(share, factor)| *share > 0.0 && factor.abs() > 1.0)
            .map(|(share, factor)| (norm_multiple / share).ln() / factor.powi(2).ln())
            .fold(f64::INFINITY, f64::min);
        latest.is_finite().then(|| {
            falling_root(0.0, latest, |step| {
                let energy = self.energy(step, initial_sparse_fraction);
                norm_multiple - energy.sparse - energy.dense
            })
        })
    }

    /// Where SGD noise holds the dense part with `positives` P fresh anchors a step: the stationary
    /// ‖w⊥‖²/‖Mᵀw‖² = n_s/(g_s² − g_d² − n_d), where g are the growth factors and n_s, n_d the energy that one step's
    /// gradient noise adds to the complement for a unit w in span(M) and in the complement.
    ///
    /// With RandomMask, many negatives and small noise about η (d1−d) σ² (p+2σ²)/(P p). `None` if sparse directions
    /// do not outgrow dense ones together with the noise they feed themselves, n_d ≈ 4 η² (d1−d) σ⁴/P: then noise
    /// takes over. Source: theory.md (4.3c), the finite meaning of Fact A.1.
    pub fn dense_noise_floor(&self, positives: usize) -> Option<f64> {
        let (growth, noise) = (self.growth_factors(), self.noise_energy(positives));
        let gap = growth.sparse.powi(2) - growth.dense.powi(2) - noise.dense;
        (gap > 0.0).then(|| noise.sparse / gap)
    }

    /// P at which [`Self::dense_noise_floor`] is `ratio` > 0: (n_s/ratio + n_d)/(g_s² − g_d²) with the noise
    /// of a single anchor. `None` if sparse directions do not outgrow dense ones for any P. Source:
    /// theory.md (4.3c).
    pub fn positives_for_noise_floor(&self, ratio: f64) -> Option<f64> {
        let (growth, noise) = (self.growth_factors(), self.noise_energy(1));
        let gap = growth.sparse.powi(2) - growth.dense.powi(2);
        (gap > 0.0).then(|| (noise.sparse / ratio + noise.dense) / gap)
    }

    /// Energy that one step's gradient noise adds to the complement, for a unit w in span(M) (`sparse`) and in the
    /// complement (`dense`): η² (d1−d)/P·E⟨u, x⁺⟩²·E G², G = N/(N+1)·⟨w, x⁺⁺⟩ − Σ_s ⟨w, x_s⟩/(N+1).
    fn noise_energy(&self, positives: usize) -> SparseDense {
        let (population, views, n) = (&self.population, &self.views, self.negatives as f64);
        let complement_dim = (population.ambient_dim - population.latent_dim) as f64;
        let anchor = views.anchor.along_complement(population, self.overlap.complement);
        let scale = self.learning_rate.powi(2) * complement_dim * anchor / positives as f64;
        let energy = |positive, negative| scale * (n * n * positive + n * negative) / (n + 1.0).powi(2);
        SparseDense {
            sparse: energy(
                views.positive.along_atoms(population, self.overlap.atoms),
                population.activity + population.noise_variance,
            ),
            dense: energy(
                views.positive.along_complement(population, self.overlap.complement),
                population.noise_variance,
            ),
        }
    }

    /// c such that Wᵀ W = c·M Mᵀ balances alignment and contrast to first order in 1/τ with thresholds at zero:
    /// c = τ·rate/(E⟨x⁺, M_j⟩²·(p+σ²)), with RandomMask τ p(1−d/d1)/[(p + 2σ² + p d/d1)(p + σ²)].
    ///
    /// Source: theory.md (4.3d).
    pub fn linear_saturation(&self, temperature: f64) -> f64 {
        let population = &self.population;
        let anchor = self.views.anchor.along_atoms(population, self.overlap.atoms);
        temperature * self.rates().sparse / (anchor * (population.activity + population.noise_variance))
    }

    /// Initial-scale check: the share of [`Self::linear_saturation`] that Wᵀ W has reached along atoms when
    /// ‖w‖² = K‖w(0)‖², if dense parts stay put: m σ₀² (K − 1 + d/d1)(d1/d)/c. Stage I is as predicted while this is
    /// well below 1; at 1 or above T1 is never reached.
    ///
    /// `initial_variance` is σ₀² per coordinate of w, `width` is m, `norm_multiple` is K.
    pub fn saturation_share(
        &self,
        initial_variance: f64,
        width: usize,
        norm_multiple: f64,
        temperature: f64,
    ) -> f64 {
        let ratio = self.population.dimension_ratio();
        let scale = width as f64 * initial_variance * (norm_multiple - 1.0 + ratio) / ratio;
        scale / self.linear_saturation(temperature)
    }
}

/// ‖M Mᵀ w‖²/‖w‖² when ‖w‖² = K‖w(0)‖² and the dense part has not moved: 1 − (1 − d/d1)/K (C.1a; theory.md 3).
///
/// `norm_multiple` K ≥ 1.
pub fn sparse_fraction_at_norm_multiple(population: &Population, norm_multiple: f64) -> f64 {
    1.0 - (1.0 - population.dimension_ratio()) / norm_multiple
}

/// Median of the smallest initial sparse energy fraction among `width` Gaussian neurons: x with
/// Pr(Beta(d/2, (d1−d)/2) ≥ x)^m = ½. The neuron that has it is the last to grow (theory.md 3.1; Lemma B.2b).
pub fn median_smallest_sparse_fraction(population: &Population, width: usize) -> f64 {
    let (d1, d) = (population.ambient_dim as f64, population.latent_dim as f64);
    if population.ambient_dim == population.latent_dim {
        return 1.0;
    }
    let all_above = 0.5f64.powf(1.0 / width as f64);
    falling_root(0.0, 1.0, |x| beta_tail(0.5 * d, 0.5 * (d1 - d), x) - all_above)
}

#[cfg(test)]
mod tests;

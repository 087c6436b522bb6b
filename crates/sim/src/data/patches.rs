//! Inputs in patches, with strong and weak features: P rows of a batch are the patches of one input.
//!
//! An input has one feature ℓ, drawn evenly from k of the atoms, and one fair sign s. P_0 of its patches, a
//! random subset, show the feature. The others are noise:
//!
//! ```text
//! x_p = s α_ℓ M_ℓ                     p in the subset
//! x_p = ξ_p, ξ_p ~ N(0, σ² (I − M Mᵀ))   else
//! ```
//!
//! So x = M z + ξ row by row, with z = s α_ℓ e_ℓ or 0. Features differ in their amplitudes α_ℓ alone: one is
//! strong and another weak. Atoms beyond the k amplitudes never appear. The noise is orthogonal to all atoms.
//!
//! Moments of a row: Pr(z_ℓ ≠ 0) = P_0/(P k) and E z_ℓ² = P_0 α_ℓ²/(P k) for ℓ ≤ k. Features of both views of
//! an input hang together through ℓ and s alone.
//!
//! Source: Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning"
//! (NeurIPS 2022), the data with a strong and a weak feature.

use super::{
    AMBIENT_DIM, DataModel, DataPart, DenseNoise, Dictionary, DictionaryError, Drawing, LATENT_DIM,
    NOISE_CONSTANT, NOISE_VARIANCE, Sizes,
};
use crate::math::linalg::dot;
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require};
use crate::part::{Fallback, Given, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: DataPart = DataPart {
    kind: "patches",
    summary: "inputs of several patches: some show a strong or a weak feature, the others noise",
    settings: &[
        LATENT_DIM,
        AMBIENT_DIM,
        PartSetting::new(
            "patches",
            Kind::count(2),
            Fallback::Value("8"),
            "Number of patches of an input (P). They are consecutive rows of a batch.",
        ),
        PartSetting::new(
            "feature_patches",
            Kind::count(1),
            Fallback::Value("4"),
            "Number of its patches that show the feature of the input (P_0), at most patches.",
        ),
        PartSetting::new(
            "amplitudes",
            Kind::NumberList(Range::SQUARABLE),
            Fallback::Value("[2.0, 1.0]"),
            "Size of each feature in a patch (α), a list of at most latent_dim numbers. Atoms beyond it never appear.",
        ),
        NOISE_VARIANCE,
        NOISE_CONSTANT,
    ],
    build: |given, ()| {
        let (sizes, law) = (Sizes::of(given)?, PatchLaw::of(given)?);
        let noise = DenseNoise::isotropic(DenseNoise::variance_of(given, sizes)?)?;
        Ok(Box::new(move |drawing: &Drawing<'_>| -> Result<Arc<dyn DataModel>, DictionaryError> {
            let dictionary = Dictionary::haar(sizes.ambient_dim, sizes.latent_dim, drawing.seed)?;
            Ok(Arc::new(Patches::new(dictionary, law.clone(), noise.clone())?))
        }))
    },
};

/// Which patches show which feature.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchLaw {
    /// P ≥ 2.
    pub patches: usize,
    /// P_0, from 1 to P.
    pub feature_patches: usize,
    /// α_1, …, α_k, positive.
    pub amplitudes: Vec<f64>,
}

impl PatchLaw {
    fn of(given: &Given) -> Result<Self, ParameterError> {
        let law = Self {
            patches: given.whole("patches")? as usize,
            feature_patches: given.whole("feature_patches")? as usize,
            amplitudes: given.numbers("amplitudes")?.to_vec(),
        };
        law.check(Sizes::of(given)?.latent_dim)?;
        Ok(law)
    }

    /// Checks the ranges, with d = `latent_dim` atoms.
    pub fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        require(self.patches >= 2, "data.patches", self.patches, "at least 2")?;
        let accepted = format!("from 1 to data.patches = {}", self.patches);
        let fits = (1..=self.patches).contains(&self.feature_patches);
        require(fits, "data.feature_patches", self.feature_patches, accepted)?;
        let count = self.amplitudes.len();
        let accepted = format!("a list of 1 to data.latent_dim = {latent_dim} numbers");
        require(
            (1..=latent_dim).contains(&count),
            "data.amplitudes",
            format!("a list of {count}"),
            accepted,
        )?;
        self.amplitudes.iter().try_for_each(|&amplitude| {
            require(Range::SQUARABLE.contains(amplitude), "data.amplitudes", amplitude, Range::SQUARABLE)
        })
    }

    /// The feature that a patch shows, and s α of it; `None` for a patch of noise.
    fn shown(&self, stream: &Stream, row: u32) -> Option<(usize, f32)> {
        let patches = self.patches as u32;
        // All patches of an input read the same numbers.
        let mut reader = stream.reader(Part::Latent, row / patches);
        let (feature, sign) = (reader.below(self.amplitudes.len() as u32) as usize, reader.sign());
        // Patch by patch, what is left of P_0 over what is left of P: every subset has the same probability.
        let (own, mut left) = (row % patches, self.feature_patches as u32);
        let mut is_shown = false;
        for patch in 0..=own {
            is_shown = reader.below(patches - patch) < left;
            left -= u32::from(is_shown);
        }
        is_shown.then(|| (feature, sign * self.amplitudes[feature] as f32))
    }

    /// P_0/P, the share of patches that show a feature.
    fn share(&self) -> f64 {
        self.feature_patches as f64 / self.patches as f64
    }
}

/// Inputs in patches with a dictionary.
#[derive(Clone, Debug)]
pub struct Patches {
    dictionary: Dictionary,
    law: PatchLaw,
    noise: DenseNoise,
}

impl Patches {
    /// Joins the three parts.
    ///
    /// # Errors
    /// If the law does not fit the number of atoms.
    pub fn new(dictionary: Dictionary, law: PatchLaw, noise: DenseNoise) -> Result<Self, ParameterError> {
        law.check(dictionary.latent_dim())?;
        Ok(Self { dictionary, law, noise })
    }
}

impl DataModel for Patches {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        latent.fill(0.0);
        if let Some((feature, amplitude)) = self.law.shown(stream, row) {
            latent[feature] = amplitude;
        }
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        if self.law.shown(stream, row).is_some() {
            return noise.fill(0.0);
        }
        self.noise.draw(stream, row, noise);
        for atom in self.dictionary.atoms().iter_rows() {
            let along = dot(atom, noise);
            noise.iter_mut().zip(atom).for_each(|(v, m)| *v -= along * m);
        }
    }

    fn activity(&self) -> f64 {
        self.law.share() / self.latent_dim() as f64
    }

    fn mean_square(&self) -> f64 {
        let squares: f64 = self.law.amplitudes.iter().map(|amplitude| amplitude * amplitude).sum();
        self.law.share() * squares / (self.law.amplitudes.len() * self.latent_dim()) as f64
    }

    /// The mean over patches and directions: patches with a feature have no noise, and atoms have none.
    fn noise_variance(&self) -> f64 {
        let outside = 1.0 - self.latent_dim() as f64 / self.ambient_dim() as f64;
        self.noise.variance() * (1.0 - self.law.share()) * outside
    }

    fn patches(&self) -> usize {
        self.law.patches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    const INPUTS: u32 = 20_000;

    fn law() -> PatchLaw {
        PatchLaw { patches: 5, feature_patches: 3, amplitudes: vec![2.0, 0.5] }
    }

    fn model() -> Patches {
        let noise = DenseNoise::isotropic(0.4).unwrap();
        Patches::new(Dictionary::haar(16, 3, 7).unwrap(), law(), noise).unwrap()
    }

    /// One feature and one sign for an input, every patch as often as any other, every pair as often as any
    /// other, at five standard errors.
    #[test]
    fn an_input_shows_one_feature_in_a_random_subset_of_its_patches() {
        let (model, stream) = (model(), Stream::new(1, Purpose::MONTE_CARLO, 0));
        let mut latent = [f32::NAN; 3];
        let (mut strong, mut positive, mut shown, mut pairs) = (0.0, 0.0, [0.0; 5], [[0.0; 5]; 5]);
        for input in 0..INPUTS {
            let codes: Vec<[f32; 3]> = (0..5)
                .map(|patch| {
                    model.draw_latent(&stream, 5 * input + patch, &mut latent);
                    latent
                })
                .collect();
            let active: Vec<usize> = (0..5).filter(|&p| codes[p].iter().any(|&z| z != 0.0)).collect();
            assert_eq!(active.len(), 3);
            assert!(active.iter().all(|&p| codes[p] == codes[active[0]]) && codes[active[0]][2] == 0.0);
            let code = codes[active[0]];
            assert!([2.0, 0.5].contains(&(code[0] + code[1]).abs()) && code[0] * code[1] == 0.0);
            strong += f64::from(u8::from(code[0] != 0.0));
            positive += f64::from(u8::from(code[0] + code[1] > 0.0));
            for &p in &active {
                shown[p] += 1.0;
                for &q in &active {
                    pairs[p][q] += 1.0;
                }
            }
        }
        let near = |count: f64, expected: f64| {
            let error = (expected * (1.0 - expected) / f64::from(INPUTS)).sqrt();
            assert!((count / f64::from(INPUTS) - expected).abs() < 5.0 * error, "{count} {expected}");
        };
        near(strong, 0.5);
        near(positive, 0.5);
        for p in 0..5 {
            near(shown[p], 0.6);
            // (3/5)(2/4)
            (0..p).for_each(|q| near(pairs[p][q], 0.3));
        }
    }

    /// The noise is where no feature is, has the given variance in every direction outside of the atoms, and
    /// none along them.
    #[test]
    fn noise_is_where_no_feature_is_and_orthogonal_to_atoms() {
        let (model, stream) = (model(), Stream::new(2, Purpose::MONTE_CARLO, 0));
        let (mut x, mut latent, mut noise) = ([0.0; 16], [0.0; 3], [0.0; 16]);
        let (mut energy, mut square, mut noisy) = (0.0, 0.0, 0.0);
        for row in 0..INPUTS {
            model.draw(&stream, row, &mut x, &mut latent);
            model.draw_noise(&stream, row, &mut noise);
            let is_silent = latent.iter().all(|&z| z == 0.0);
            assert_eq!(is_silent, noise.iter().any(|&v| v != 0.0));
            assert!(model.dictionary().atoms().iter_rows().all(|atom| dot(atom, &noise).abs() < 1e-5));
            if is_silent {
                let norm: f64 = noise.iter().map(|&v| f64::from(v).powi(2)).sum();
                (energy, square, noisy) = (energy + norm, square + norm * norm, noisy + 1.0);
            }
        }
        let mean = energy / noisy;
        let error = 5.0 * ((square / noisy - mean * mean) / noisy).sqrt();
        assert!((mean - 0.4 * 13.0).abs() < error, "{mean}");
        assert!((model.noise_variance() - 0.4 * 0.4 * 13.0 / 16.0).abs() < 1e-12);
        assert!((model.activity() - 0.2).abs() < 1e-12);
        assert!((model.mean_square() - 0.6 * 4.25 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn laws_that_do_not_fit_are_refused_by_name() {
        let message = |law: PatchLaw| law.check(3).unwrap_err().to_string();
        assert!(message(PatchLaw { patches: 1, ..law() }).contains("data.patches = 1"));
        assert!(message(PatchLaw { feature_patches: 6, ..law() }).contains("from 1 to data.patches = 5"));
        let long = PatchLaw { amplitudes: vec![1.0; 4], ..law() };
        assert!(message(long).contains("data.amplitudes = a list of 4 cannot be used: a list of 1 to"));
        assert!(message(PatchLaw { amplitudes: vec![f64::NAN], ..law() }).contains("data.amplitudes = NaN"));
    }
}

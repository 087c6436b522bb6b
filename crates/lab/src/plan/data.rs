//! The data of a run: its law, and the model in the ambient space where some arm needs it.
//!
//! Reduced arms need no dictionary: what they see does not depend on it, except that masks are taken in the limit of
//! dictionaries spread over many coordinates. So M is drawn only for the others, and one from a file is checked.

use super::PlanError;
use crate::matrix_file::read_matrix;
use crate::spec::Spec;
use crate::spec::typed::{
    ArmSpec, AugmentationSpec, DataSpec, DictionarySpec, EncoderSpec, NoiseDirectionsSpec,
};
use featurescope_sim::data::{
    DenseNoise, Dictionary, DictionaryError, LatentLaw, SparseCoding, SparseCodingLaw,
};
use featurescope_sim::math::{Matrix, ParameterError, require};

/// Largest Σ_r M_rj⁴ in units of 1/d1 at which a dictionary counts as spread out. A Haar dictionary has 3; the error of a
/// masked sample's inner product with M_j is the root.
const MOST_CONCENTRATED: f64 = 10.0;

/// What every arm of a run is trained on.
#[derive(Clone, Debug)]
pub struct PlannedData {
    law: SparseCodingLaw,
    ambient: Option<SparseCoding>,
}

impl PlannedData {
    /// The law of the samples.
    pub fn law(&self) -> &SparseCodingLaw {
        &self.law
    }

    /// The model in the ambient space; `None` where every arm is reduced.
    pub fn ambient(&self) -> Option<&SparseCoding> {
        self.ambient.as_ref()
    }

    /// d.
    pub fn latent_dim(&self) -> usize {
        self.law.latent_dim
    }

    /// d1.
    pub fn ambient_dim(&self) -> usize {
        self.law.ambient_dim
    }

    /// Pr(z_j ≠ 0).
    pub fn activity(&self) -> f64 {
        self.law.activity()
    }

    /// σ².
    pub fn noise_variance(&self) -> f64 {
        self.law.noise_variance
    }
}

/// Whether the dictionary has to be there.
pub(super) fn needs_ambient_space(spec: &Spec) -> bool {
    let is_given = matches!(spec.shared.data.dictionary, DictionarySpec::File { .. });
    is_given || spec.arms.iter().any(|(_, arm)| !arm.training.dynamics.is_reduced())
}

/// The checks that come before the memory estimate: they need no memory themselves.
pub(super) fn check_sizes(spec: &DataSpec) -> Result<(), PlanError> {
    let DataSpec { latent_dim: d, ambient_dim: d1, .. } = *spec;
    let accepted = format!("at least data.latent_dim = {d}, atoms are orthonormal");
    require(d1 >= d, "data.ambient_dim", d1, accepted).map_err(PlanError::parameter("data"))
}

/// Builds the law, and the model in the ambient space if that is needed.
pub(super) fn build(spec: &Spec) -> Result<PlannedData, PlanError> {
    let (data, seed) = (&spec.shared.data, spec.shared.seed);
    refuse_directions_in_a_file(spec)?;
    let latent = latent_law(data)?;
    let variance = data
        .noise_variance
        .unwrap_or_else(|| DenseNoise::paper_variance(data.noise_constant.unwrap_or(1.0), data.latent_dim));
    let law = |directions: Option<(usize, f64)>| SparseCodingLaw {
        ambient_dim: data.ambient_dim,
        latent_dim: data.latent_dim,
        latent,
        noise_variance: variance,
        direction_count: directions.map_or(0, |(count, _)| count),
        direction_variance: directions.map_or(variance, |(_, variance)| variance),
    };
    if !needs_ambient_space(spec) {
        check_hadamard(data)?;
        let law =
            law(direction_variance(data, variance).zip(random_count(data)).map(|(v, count)| (count, v)));
        law.check().map_err(PlanError::parameter("data"))?;
        return Ok(PlannedData { law, ambient: None });
    }
    let dictionary = dictionary(data, seed)?;
    refuse_concentrated_atoms(spec, &dictionary)?;
    let noise = noise(data, variance, &dictionary, seed)?;
    let law = law(direction_variance(data, variance).map(|v| (noise.direction_count(), v)));
    let ambient = SparseCoding::new(dictionary, latent, noise).map_err(PlanError::parameter("data"))?;
    Ok(PlannedData { law, ambient: Some(ambient) })
}

fn latent_law(spec: &DataSpec) -> Result<LatentLaw, PlanError> {
    Ok(match (spec.active_count, spec.activity) {
        (Some(count), _) => LatentLaw::FixedCount { count },
        (None, Some(activity)) => LatentLaw::Symmetric { activity },
        (None, None) => {
            let constant = spec.activity_constant.unwrap_or(1.0);
            let activity = LatentLaw::paper_activity(constant, spec.latent_dim);
            let accepted =
                format!("C_z·ln ln d/d = {activity:.3} must be in (0, 1], or give data.activity itself");
            require(activity > 0.0 && activity <= 1.0, "data.activity_constant", constant, accepted)
                .map_err(PlanError::parameter("data"))?;
            LatentLaw::Symmetric { activity }
        }
    })
}

fn reduced_arms(spec: &Spec) -> impl Iterator<Item = &(String, ArmSpec)> {
    spec.arms.iter().filter(|(_, arm)| arm.training.dynamics.is_reduced())
}

/// A reduced arm never meets the space that the file's directions lie in.
fn refuse_directions_in_a_file(spec: &Spec) -> Result<(), PlanError> {
    let is_given = matches!(spec.shared.data.noise_directions, NoiseDirectionsSpec::File { .. });
    let Some((name, _)) = reduced_arms(spec).next().filter(|_| is_given) else { return Ok(()) };
    let accepted = "reduced dynamics takes `none` or `random`: it never draws the space that the file's directions \
                    lie in. Use sampled dynamics for them";
    require(false, "data.noise_directions.kind", "file", accepted)
        .map_err(PlanError::parameter(format!("arm {name}")))
}

/// Masks on a dictionary that sits on few coordinates have another limit than the one reduced arms take.
fn refuse_concentrated_atoms(spec: &Spec, dictionary: &Dictionary) -> Result<(), PlanError> {
    let is_masked = |(_, arm): &&(String, ArmSpec)| {
        arm.augmentation.as_ref().is_some_and(|kind| *kind != AugmentationSpec::None {})
    };
    let Some((name, _)) = reduced_arms(spec).find(is_masked) else { return Ok(()) };
    let fourth = |atom: &[f32]| atom.iter().map(|&v| f64::from(v).powi(4)).sum::<f64>();
    let most = dictionary.atoms().iter_rows().map(fourth).fold(0.0, f64::max);
    let scaled = most * dictionary.ambient_dim() as f64;
    let accepted = format!(
        "reduced dynamics with masks needs atoms spread over many coordinates, Σ_r M_rj⁴ at most {MOST_CONCENTRATED}/d1; \
         this dictionary has {scaled:.1}/d1. Use sampled dynamics for it"
    );
    require(scaled <= MOST_CONCENTRATED, "data.dictionary", "this one", accepted)
        .map_err(PlanError::parameter(format!("arm {name}")))
}

/// What making the dictionary would have refused.
fn check_hadamard(spec: &DataSpec) -> Result<(), PlanError> {
    let is_fine = spec.dictionary != DictionarySpec::Hadamard {} || spec.ambient_dim.is_power_of_two();
    let accepted = "a randomised Hadamard dictionary needs a power of two";
    require(is_fine, "ambient_dim", spec.ambient_dim, accepted).map_err(PlanError::parameter("data"))
}

fn dictionary(spec: &DataSpec, seed: u64) -> Result<Dictionary, PlanError> {
    let (d1, d) = (spec.ambient_dim, spec.latent_dim);
    let dictionary = match &spec.dictionary {
        DictionarySpec::Haar {} => Dictionary::haar(d1, d, seed),
        DictionarySpec::Hadamard {} => Dictionary::hadamard(d1, d, seed),
        DictionarySpec::Axes {} => Dictionary::axes(d1, d).map_err(DictionaryError::Parameter),
        DictionarySpec::File { path } => {
            let columns = read_matrix(path, Some(d1), d)
                .map_err(|source| PlanError::MatrixFile { setting: "data.dictionary.path", source })?;
            Dictionary::from_columns(&columns)
        }
    };
    dictionary.map_err(|error| match error {
        DictionaryError::Parameter(source) => PlanError::Parameter { part: "data".to_owned(), source },
        other @ DictionaryError::NotOrthonormal { .. } => PlanError::Dictionary(other),
    })
}

/// Number of random noise directions.
fn random_count(spec: &DataSpec) -> Option<usize> {
    match spec.noise_directions {
        NoiseDirectionsSpec::Random { count, .. } => Some(count),
        _ => None,
    }
}

/// Variance along the noise directions, if there are any.
fn direction_variance(spec: &DataSpec, sigma2: f64) -> Option<f64> {
    match spec.noise_directions {
        NoiseDirectionsSpec::None {} => None,
        NoiseDirectionsSpec::Random { variance, variance_ratio, .. }
        | NoiseDirectionsSpec::File { variance, variance_ratio, .. } => {
            Some(variance.unwrap_or_else(|| variance_ratio.unwrap_or(1.0) * sigma2))
        }
    }
}

fn noise(spec: &DataSpec, sigma2: f64, dictionary: &Dictionary, seed: u64) -> Result<DenseNoise, PlanError> {
    let part = || PlanError::parameter("data.noise_directions");
    let directions: Matrix = match &spec.noise_directions {
        NoiseDirectionsSpec::None {} => {
            return DenseNoise::isotropic(sigma2).map_err(PlanError::parameter("data"));
        }
        NoiseDirectionsSpec::Random { count, .. } => {
            DenseNoise::random_directions(*count, dictionary.atoms(), seed).map_err(part())?
        }
        NoiseDirectionsSpec::File { path, .. } => read_matrix(path, None, spec.ambient_dim)
            .map_err(|source| PlanError::MatrixFile { setting: "data.noise_directions.path", source })?,
    };
    let along = direction_variance(spec, sigma2).unwrap_or(sigma2);
    DenseNoise::with_directions(sigma2, directions, along).map_err(part())
}

/// The model in the coordinates of a reduced arm's learner.
pub(super) fn coordinates(data: &PlannedData, arm: &ArmSpec) -> Result<SparseCoding, ParameterError> {
    let EncoderSpec::SymRelu { width, .. } = arm.encoder;
    let law = data.law();
    law.in_coordinates(width.min(law.ambient_dim - law.known_dim()))
}

//! The data model of a run.

use super::PlanError;
use crate::matrix_file::read_matrix;
use crate::spec::typed::{DataSpec, DictionarySpec, NoiseDirectionsSpec};
use featurescope_sim::data::{DenseNoise, Dictionary, DictionaryError, LatentLaw, SparseCoding};
use featurescope_sim::math::{Matrix, require};

/// The checks that come before the memory estimate: they need no memory themselves.
pub fn check_sizes(spec: &DataSpec) -> Result<(), PlanError> {
    let DataSpec { latent_dim: d, ambient_dim: d1, .. } = *spec;
    let accepted = format!("at least data.latent_dim = {d}, atoms are orthonormal");
    require(d1 >= d, "data.ambient_dim", d1, accepted).map_err(PlanError::parameter("data"))
}

/// Builds dictionary, latent law and noise.
pub fn build(spec: &DataSpec, seed: u64) -> Result<SparseCoding, PlanError> {
    let dictionary = dictionary(spec, seed)?;
    let latent = match (spec.active_count, spec.activity) {
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
    };
    let variance = spec
        .noise_variance
        .unwrap_or_else(|| DenseNoise::paper_variance(spec.noise_constant.unwrap_or(1.0), spec.latent_dim));
    let noise = noise(spec, variance, &dictionary, seed)?;
    SparseCoding::new(dictionary, latent, noise).map_err(PlanError::parameter("data"))
}

fn dictionary(spec: &DataSpec, seed: u64) -> Result<Dictionary, PlanError> {
    let (d1, d) = (spec.ambient_dim, spec.latent_dim);
    let dictionary = match &spec.dictionary {
        DictionarySpec::Haar {} => Dictionary::haar(d1, d, seed),
        DictionarySpec::Hadamard {} => Dictionary::hadamard(d1, d, seed),
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

fn noise(spec: &DataSpec, sigma2: f64, dictionary: &Dictionary, seed: u64) -> Result<DenseNoise, PlanError> {
    let part = || PlanError::parameter("data.noise_directions");
    let (directions, variance, ratio): (Matrix, _, _) = match &spec.noise_directions {
        NoiseDirectionsSpec::None {} => {
            return DenseNoise::isotropic(sigma2).map_err(PlanError::parameter("data"));
        }
        NoiseDirectionsSpec::Random { count, variance, variance_ratio } => {
            let directions =
                DenseNoise::random_directions(*count, dictionary.atoms(), seed).map_err(part())?;
            (directions, variance, variance_ratio)
        }
        NoiseDirectionsSpec::File { path, variance, variance_ratio } => {
            let directions = read_matrix(path, None, spec.ambient_dim)
                .map_err(|source| PlanError::MatrixFile { setting: "data.noise_directions.path", source })?;
            (directions, variance, variance_ratio)
        }
    };
    let along = variance.unwrap_or_else(|| ratio.unwrap_or(1.0) * sigma2);
    DenseNoise::with_directions(sigma2, directions, along).map_err(part())
}

//! The data of a run: its law, and the model in the ambient space where some arm needs it.
//!
//! Reduced arms need no dictionary: what they see does not depend on it, except that masks are taken in the limit of
//! dictionaries spread over many coordinates. So M is drawn only for the others, and one from a file is checked.

use super::PlanError;
use crate::identity::InputFile;
use crate::matrix_file::decode_matrix;
use crate::spec::Spec;
use crate::spec::typed::{ArmSpec, DataSpec, DictionarySpec, NoiseDirectionsSpec, SharedSpec};
use featurescope_sim::data::{
    DataModel, DenseNoise, Dictionary, DictionaryError, LatentLaw, LeverageOverlap, Population, SparseCoding,
    SparseCodingLaw,
};
use featurescope_sim::math::linalg::times_transposed;
use featurescope_sim::math::{Matrix, ParameterError, SMALLEST_DRAWN, require};
use featurescope_sim::probe::code_noise::CodeNoise;

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
    /// A law, and the model that follows it in the ambient space where there is one.
    pub(crate) fn new(law: SparseCodingLaw, ambient: Option<SparseCoding>) -> Self {
        Self { law, ambient }
    }

    /// The law of the samples.
    pub fn law(&self) -> &SparseCodingLaw {
        &self.law
    }

    /// The model in the ambient space; `None` where every arm is reduced.
    pub fn ambient(&self) -> Option<&SparseCoding> {
        self.ambient.as_ref()
    }
}

/// What closed forms ask of the parts of the data that are drawn or given: read off once, and kept with a
/// stored run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataFacts {
    /// How much leverage the directions see.
    pub overlap: LeverageOverlap,
    /// Number of noise directions.
    pub direction_count: usize,
    /// What the noise leaves a linear rule to know of z; `None` where nobody knows how the noise lies.
    pub code_noise: Option<CodeNoise>,
}

impl DataFacts {
    /// Those of data that are there.
    pub(crate) fn of(data: &PlannedData, spec: &DataSpec) -> Self {
        let known = Self::without_ambient_space(spec);
        let Some(model) = data.ambient() else { return known };
        let overlap = match spec.dictionary {
            DictionarySpec::Haar {} | DictionarySpec::File { .. } => {
                LeverageOverlap::of_dictionary(&model.dictionary().atoms().transposed().to_f64())
            }
            DictionarySpec::Hadamard {} | DictionarySpec::Axes {} => known.overlap,
        };
        let (atoms, directions) = (model.dictionary().atoms(), model.noise().directions());
        Self {
            overlap,
            direction_count: model.noise().direction_count(),
            code_noise: code_noise(spec, Some((atoms, directions))),
        }
    }

    /// Those of data that no arm draws in the ambient space: evenly spread.
    pub(crate) fn without_ambient_space(spec: &DataSpec) -> Self {
        Self {
            overlap: LeverageOverlap::uniform(&Population {
                ambient_dim: spec.ambient_dim,
                latent_dim: spec.latent_dim,
                activity: 0.0,
                noise_variance: 0.0,
            }),
            direction_count: random_count(spec).unwrap_or_default(),
            code_noise: code_noise(spec, None),
        }
    }
}

/// What the noise leaves a linear rule to know of z, given the atoms (d × d1) and the noise directions (k ×
/// d1) where they are at hand. Random directions are orthogonal to the atoms, so that only those from a file
/// have to be.
pub(crate) fn code_noise(spec: &DataSpec, arrays: Option<(&Matrix, &Matrix)>) -> Option<CodeNoise> {
    let variance = noise_variance(spec);
    if !matches!(spec.noise_directions, NoiseDirectionsSpec::File { .. }) {
        return Some(CodeNoise::isotropic(variance));
    }
    let (atoms, directions) = arrays?;
    let mut overlaps = Matrix::zeros(0, 0);
    times_transposed(&mut overlaps, &directions.to_f64(), &atoms.to_f64());
    CodeNoise::with_directions(variance, direction_variance(spec, variance)?, &overlaps)
}

/// Whether the dictionary has to be there.
pub(crate) fn needs_ambient_space(spec: &Spec) -> bool {
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
pub(super) fn build(spec: &Spec, files: &[InputFile]) -> Result<PlannedData, PlanError> {
    let data = &spec.shared.data;
    refuse_directions_in_a_file(spec)?;
    if !needs_ambient_space(spec) {
        check_hadamard(data)?;
        let law = law(data, random_count(data).unwrap_or_default())?;
        law.check().map_err(PlanError::parameter("data"))?;
        return Ok(PlannedData::new(law, None));
    }
    let ambient = ambient(&spec.shared, files)?;
    refuse_concentrated_atoms(spec, ambient.dictionary())?;
    let law = law(data, ambient.noise().direction_count())?;
    Ok(PlannedData::new(law, Some(ambient)))
}

/// The law of the samples, with so many noise directions. It needs no memory.
pub(super) fn law(spec: &DataSpec, direction_count: usize) -> Result<SparseCodingLaw, PlanError> {
    let variance = noise_variance(spec);
    Ok(SparseCodingLaw {
        ambient_dim: spec.ambient_dim,
        latent_dim: spec.latent_dim,
        latent: latent_law(spec)?,
        noise_variance: variance,
        direction_count,
        direction_variance: direction_variance(spec, variance).unwrap_or(variance),
    })
}

/// The model in the ambient space, drawn or read from the `files` that the settings name.
pub(crate) fn ambient(shared: &SharedSpec, files: &[InputFile]) -> Result<SparseCoding, PlanError> {
    let (data, seed) = (&shared.data, shared.seed);
    let latent = latent_law(data)?;
    let dictionary = dictionary(data, files, seed)?;
    let noise = noise(data, files, &dictionary, seed)?;
    SparseCoding::new(dictionary, latent, noise).map_err(PlanError::parameter("data"))
}

/// The model in the ambient space made of given parts.
///
/// # Shapes
/// `columns`: d1 × d, `directions`: k × d1.
pub(crate) fn ambient_of_parts(
    shared: &SharedSpec,
    columns: &Matrix,
    directions: Option<Matrix>,
) -> Result<SparseCoding, PlanError> {
    let (data, variance) = (&shared.data, noise_variance(&shared.data));
    let dictionary = Dictionary::from_columns(columns).map_err(PlanError::Dictionary)?;
    let noise = match directions {
        None => DenseNoise::isotropic(variance),
        Some(directions) => {
            let along = direction_variance(data, variance).unwrap_or(variance);
            DenseNoise::with_directions(variance, directions, along)
        }
    };
    let noise = noise.map_err(PlanError::parameter("data"))?;
    SparseCoding::new(dictionary, latent_law(data)?, noise).map_err(PlanError::parameter("data"))
}

/// σ².
fn noise_variance(spec: &DataSpec) -> f64 {
    let constant = spec.noise_constant.unwrap_or(1.0);
    spec.noise_variance.unwrap_or_else(|| DenseNoise::paper_variance(constant, spec.latent_dim))
}

fn latent_law(spec: &DataSpec) -> Result<LatentLaw, PlanError> {
    Ok(match (spec.active_count, spec.activity) {
        (Some(count), _) => LatentLaw::FixedCount { count },
        (None, Some(activity)) => LatentLaw::Symmetric { activity },
        (None, None) => {
            let constant = spec.activity_constant.unwrap_or(1.0);
            let activity = LatentLaw::paper_activity(constant, spec.latent_dim);
            let accepted = format!(
                "C_z·ln ln d/d = {activity:.3e} must be a number in [{SMALLEST_DRAWN:e}, 1], or give \
                 data.activity itself"
            );
            let holds = (SMALLEST_DRAWN..=1.0).contains(&activity);
            require(holds, "data.activity_constant", constant, accepted)
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
    let is_masked = |(_, arm): &&(String, ArmSpec)| arm.augmentation.is_some() && !arm.has_equal_views();
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

fn dictionary(spec: &DataSpec, files: &[InputFile], seed: u64) -> Result<Dictionary, PlanError> {
    let (d1, d) = (spec.ambient_dim, spec.latent_dim);
    let dictionary = match &spec.dictionary {
        DictionarySpec::Haar {} => Dictionary::haar(d1, d, seed),
        DictionarySpec::Hadamard {} => Dictionary::hadamard(d1, d, seed),
        DictionarySpec::Axes {} => Dictionary::axes(d1, d).map_err(DictionaryError::Parameter),
        DictionarySpec::File { .. } => {
            Dictionary::from_columns(&matrix("data.dictionary.path", files, (Some(d1), d))?)
        }
    };
    dictionary.map_err(|error| match error {
        DictionaryError::Parameter(source) => PlanError::Parameter { part: "data".to_owned(), source },
        other @ DictionaryError::NotOrthonormal { .. } => PlanError::Dictionary(other),
    })
}

/// Number of random noise directions.
pub(super) fn random_count(spec: &DataSpec) -> Option<usize> {
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

/// The matrix in the file that `setting` names, with so many rows, `None` standing for any number, and
/// columns.
fn matrix(
    setting: &'static str,
    files: &[InputFile],
    (rows, cols): (Option<usize>, usize),
) -> Result<Matrix, PlanError> {
    let file = files.iter().find(|file| file.setting == setting);
    let file = file.ok_or_else(|| ParameterError {
        name: setting,
        value: "a file that is not known".to_owned(),
        accepted: "the files of this run".to_owned(),
    });
    let file = file.map_err(PlanError::parameter("data"))?;
    decode_matrix(&file.path, &file.read()?, rows, cols)
        .map_err(|source| PlanError::MatrixFile { setting, source })
}

fn noise(
    spec: &DataSpec,
    files: &[InputFile],
    dictionary: &Dictionary,
    seed: u64,
) -> Result<DenseNoise, PlanError> {
    let sigma2 = noise_variance(spec);
    let part = || PlanError::parameter("data.noise_directions");
    let directions: Matrix = match &spec.noise_directions {
        NoiseDirectionsSpec::None {} => {
            return DenseNoise::isotropic(sigma2).map_err(PlanError::parameter("data"));
        }
        NoiseDirectionsSpec::Random { count, .. } => {
            DenseNoise::random_directions(*count, dictionary.atoms(), seed).map_err(part())?
        }
        NoiseDirectionsSpec::File { .. } => {
            matrix("data.noise_directions.path", files, (None, spec.ambient_dim))?
        }
    };
    let along = direction_variance(spec, sigma2).unwrap_or(sigma2);
    DenseNoise::with_directions(sigma2, directions, along).map_err(part())
}

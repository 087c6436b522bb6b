//! The data of a run: its law, and the model in the ambient space where some arm needs it.
//!
//! Reduced arms need no dictionary: what they see does not depend on it, except that masks are taken in the limit of
//! dictionaries spread over many coordinates. So M is drawn only for the others, and one from a file is checked.

use super::PlanError;
use crate::identity::InputFile;
use crate::matrix_file::decode_matrix;
use crate::spec::Spec;
use crate::spec::typed::{ArmSpec, SharedSpec};
use featurescope_sim::data::noise_directions::NoiseDirections;
use featurescope_sim::data::{
    DataLaw, DataModel, Dictionary, DictionaryError, Drawing, LeverageOverlap, MatrixFile, Population,
    SparseCodingLaw, SparseCodingParts,
};
use featurescope_sim::math::linalg::{orthonormal_columns, times_transposed};
use featurescope_sim::math::{Matrix, ParameterError, require};
use featurescope_sim::probe::code_noise::CodeNoise;
use std::sync::Arc;

/// Largest Σ_r M_rj⁴ in units of 1/d1 at which a dictionary counts as spread out. A Haar dictionary has 3; the error of a
/// masked sample's inner product with M_j is the root.
const MOST_CONCENTRATED: f64 = 10.0;

/// What every arm of a run is trained on.
#[derive(Clone, Debug)]
pub struct PlannedData {
    law: Option<SparseCodingLaw>,
    ambient: Option<Arc<dyn DataModel>>,
}

impl PlannedData {
    /// A law, and the model that follows it in the ambient space where there is one.
    pub(crate) fn new(law: Option<SparseCodingLaw>, ambient: Option<Arc<dyn DataModel>>) -> Self {
        Self { law, ambient }
    }

    /// The law of the samples; `None` for data that are no sparse coding.
    pub fn law(&self) -> Option<&SparseCodingLaw> {
        self.law.as_ref()
    }

    /// The model in the ambient space; `None` where every arm is reduced.
    pub fn ambient(&self) -> Option<&Arc<dyn DataModel>> {
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
    pub(crate) fn of(data: &PlannedData, shared: &SharedSpec) -> Result<Self, PlanError> {
        let known = Self::without_ambient_space(shared)?;
        let Some(model) = data.ambient() else { return Ok(known) };
        let law = data_law(shared)?;
        let parts = law.sparse_coding();
        let overlap = if parts.is_some_and(|parts| parts.dictionary().is_taken_as_even()) {
            known.overlap
        } else {
            overlap_of(model.dictionary())
        };
        let none = Matrix::zeros(0, 0);
        let (atoms, directions) = (model.dictionary().atoms(), model.noise_directions().unwrap_or(&none));
        Ok(Self {
            overlap,
            direction_count: directions.rows(),
            code_noise: parts.and_then(|parts| code_noise(parts, Some((atoms, directions)))),
        })
    }

    /// Those of data that no arm draws in the ambient space: evenly spread.
    pub(crate) fn without_ambient_space(shared: &SharedSpec) -> Result<Self, PlanError> {
        let law = data_law(shared)?;
        let parts = law.sparse_coding();
        Ok(Self {
            overlap: LeverageOverlap::uniform(&Population {
                ambient_dim: shared.ambient_dim(),
                latent_dim: shared.latent_dim(),
                activity: 0.0,
                noise_variance: 0.0,
            }),
            direction_count: parts.and_then(|parts| parts.directions().count()).unwrap_or_default(),
            code_noise: parts.and_then(|parts| code_noise(parts, None)),
        })
    }
}

/// How much leverage the directions see. Of atoms that are not orthonormal the leverages are those of their span: an
/// orthonormal basis of it takes the place of M.
fn overlap_of(dictionary: &Dictionary) -> LeverageOverlap {
    let columns = dictionary.atoms().transposed().to_f64();
    if dictionary.is_orthonormal() {
        return LeverageOverlap::of_dictionary(&columns);
    }
    if columns.cols() >= columns.rows() {
        return LeverageOverlap { atoms: 1.0, complement: 0.0 };
    }
    LeverageOverlap::of_dictionary(&orthonormal_columns(&columns))
}

/// What the noise leaves a linear rule to know of z, given the atoms (d × d1) and the noise directions (k ×
/// d1) where they are at hand. Only directions that may overlap with atoms have to be.
pub(crate) fn code_noise(parts: &SparseCodingParts, arrays: Option<(&Matrix, &Matrix)>) -> Option<CodeNoise> {
    let variance = parts.noise_variance();
    if parts.directions().are_outside_atoms() {
        return Some(CodeNoise::isotropic(variance));
    }
    let (atoms, directions) = arrays?;
    let mut overlaps = Matrix::zeros(0, 0);
    times_transposed(&mut overlaps, &directions.to_f64(), &atoms.to_f64());
    CodeNoise::with_directions(variance, parts.directions().variance(variance), &overlaps)
}

/// What the settings say of the data. It checks what can be checked without memory.
pub(crate) fn data_law(shared: &SharedSpec) -> Result<Box<dyn DataLaw>, PlanError> {
    shared.data.build(&()).map_err(PlanError::shared)
}

/// Whether the dictionary has to be there.
pub(crate) fn needs_ambient_space(spec: &Spec) -> bool {
    let is_looked_at = spec.shared.built_data().is_some_and(|law| match law.sparse_coding() {
        Some(parts) => parts.dictionary().file().is_some(),
        None => true,
    });
    is_looked_at || spec.arms.iter().any(|(_, arm)| !arm.training.dynamics.is_reduced())
}

/// Builds the law, and the model in the ambient space if that is needed.
pub(super) fn build(spec: &Spec, files: &[InputFile]) -> Result<PlannedData, PlanError> {
    let law = data_law(&spec.shared)?;
    refuse_unknown_coordinates(spec, law.as_ref())?;
    if !needs_ambient_space(spec) {
        let numbers = law.sparse_coding().map(|parts| {
            let numbers = parts.law(parts.directions().count().unwrap_or_default());
            numbers.check().map(|()| numbers)
        });
        let numbers = numbers.transpose().map_err(PlanError::shared)?;
        return Ok(PlannedData::new(numbers, None));
    }
    let ambient = ambient(&spec.shared, files)?;
    refuse_concentrated_atoms(spec, ambient.dictionary())?;
    let direction_count = ambient.noise_directions().map_or(0, Matrix::rows);
    Ok(PlannedData::new(law.sparse_coding().map(|parts| parts.law(direction_count)), Some(ambient)))
}

/// The model in the ambient space, drawn or read from the `files` that the settings name.
pub(crate) fn ambient(shared: &SharedSpec, files: &[InputFile]) -> Result<Arc<dyn DataModel>, PlanError> {
    let law = data_law(shared)?;
    let matrices: Vec<_> = (law.files().into_iter())
        .map(|file| Ok((file.setting, matrix(file, files)?)))
        .collect::<Result<_, PlanError>>()?;
    law.draw(&Drawing { seed: shared.seed, matrices: &matrices }).map_err(unusable)
}

/// The model in the ambient space made of given parts.
///
/// # Shapes
/// `columns`: d1 × d, `directions`: k × d1.
pub(crate) fn ambient_of_parts(
    parts: &SparseCodingParts,
    columns: &Matrix,
    directions: Option<Matrix>,
) -> Result<Arc<dyn DataModel>, PlanError> {
    let dictionary = Dictionary::from_columns(columns).map_err(PlanError::Dictionary)?;
    let model = parts.with(dictionary, directions.unwrap_or_default());
    Ok(Arc::new(model.map_err(PlanError::shared)?))
}

fn unusable(error: DictionaryError) -> PlanError {
    match error {
        DictionaryError::Parameter(source) => PlanError::shared(source),
        other @ DictionaryError::NotOrthonormal { .. } => PlanError::Dictionary(other),
    }
}

fn reduced_arms(spec: &Spec) -> impl Iterator<Item = &(String, ArmSpec)> {
    spec.arms.iter().filter(|(_, arm)| arm.training.dynamics.is_reduced())
}

/// A reduced arm lives in coordinates along atoms and noise directions: it never meets the space that given
/// directions lie in, and knows no coordinates of data that are no sparse coding.
fn refuse_unknown_coordinates(spec: &Spec, law: &dyn DataLaw) -> Result<(), PlanError> {
    let Some((name, _)) = reduced_arms(spec).next() else { return Ok(()) };
    if let Some(departure) = law.departure() {
        let accepted = format!(
            "{} what reduced dynamics takes: it knows no law of what a learner sees of other data. Use sampled \
             dynamics for them",
            departure.accepted
        );
        let source = ParameterError { accepted, ..departure };
        return Err(PlanError::arm(name)(source));
    }
    let refused = match law.sparse_coding() {
        None => require(
            false,
            "data.kind",
            spec.shared.data.kind(),
            "reduced dynamics takes `sparse_coding`: it knows no law of what a learner sees of other data. Use \
             sampled dynamics for them",
        ),
        Some(parts) => require(
            parts.directions().can_be_reduced(),
            "data.noise_directions.kind",
            spec.shared.kind_of::<Box<dyn NoiseDirections>>("noise_directions").unwrap_or_default(),
            "reduced dynamics takes `none` or `random`: it never draws the space that given directions lie in. Use \
             sampled dynamics for them",
        ),
    };
    refused.map_err(PlanError::arm(name))
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
        .map_err(PlanError::arm(name))
}

/// The matrix in a file that the settings name.
fn matrix(wanted: MatrixFile, files: &[InputFile]) -> Result<Matrix, PlanError> {
    let setting = wanted.setting;
    let file = files.iter().find(|file| file.setting == setting);
    let file = file.ok_or_else(|| ParameterError {
        name: setting,
        value: "a file that is not known".to_owned(),
        accepted: "the files of this run".to_owned(),
    });
    let file = file.map_err(PlanError::shared)?;
    decode_matrix(&file.path, &file.read()?, wanted.rows, wanted.columns)
        .map_err(|source| PlanError::MatrixFile { setting, source })
}

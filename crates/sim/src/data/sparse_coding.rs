//! The paper's data: x = M z + ξ with a dictionary, a latent law and dense noise of one's choice.
//!
//! Source: Definition 2.1; docs/theory.md 2.1.

use super::dictionary::{DICTIONARIES, DictionarySource};
use super::latent::LATENT_LAWS;
use super::noise_directions::{NOISE_DIRECTIONS, NoiseDirections};
use super::noise_law::{NOISE_LAWS, NoiseLaw};
use super::{
    AMBIENT_DIM, DataLaw, DataModel, DataPart, DataTraits, DenseNoise, Dictionary, DictionaryError, Drawing,
    LATENT_DIM, LatentLaw, MatrixFile, NOISE_CONSTANT, NOISE_VARIANCE, Sizes, SparseCodingLaw,
    TRAINING_SAMPLES,
};
use crate::math::{Matrix, ParameterError, Stream};
use crate::part::{Given, PartSetting};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: DataPart = DataPart {
    kind: "sparse_coding",
    summary: "x = M z + ξ, a sparse combination of atoms in dense noise (Definition 2.1)",
    settings: &[
        LATENT_DIM,
        AMBIENT_DIM,
        PartSetting::part("dictionary", &DICTIONARIES, "Where M comes from."),
        PartSetting::part("latent", &LATENT_LAWS, "The law of z."),
        NOISE_VARIANCE,
        NOISE_CONSTANT,
        PartSetting::part("noise_directions", &NOISE_DIRECTIONS, "Where the noise is larger."),
        PartSetting::later_part("noise", &NOISE_LAWS, "The law of the noise."),
        TRAINING_SAMPLES,
    ],
    build: |given, ()| Ok(Box::new(SparseCodingParts::of(given)?)),
};

/// The full key of [`TRAINING_SAMPLES`].
const TRAINING_KEY: &str = "data.training_samples";

/// The sparse coding model as settings describe it, with nothing drawn yet.
#[derive(Debug)]
pub struct SparseCodingParts {
    sizes: Sizes,
    dictionary: Box<dyn DictionarySource>,
    latent: Arc<dyn LatentLaw>,
    noise_variance: f64,
    directions: Box<dyn NoiseDirections>,
    noise: Arc<dyn NoiseLaw>,
    training_samples: Option<u32>,
    /// See [`DataLaw::departure`].
    departure: Option<ParameterError>,
}

impl SparseCodingParts {
    fn of(given: &Given) -> Result<Self, ParameterError> {
        let sizes = Sizes::of_any(given)?;
        let dictionary = given.part::<Box<dyn DictionarySource>>("dictionary")?;
        let noise = given.part::<Arc<dyn NoiseLaw>>("noise")?;
        let (dictionary_kind, noise_kind) = (dictionary.kind(), noise.kind());
        let (dictionary, noise) = (dictionary.build(&sizes)?, noise.build(&())?);
        let training_samples = given.optional_whole(TRAINING_SAMPLES.name).map(|samples| samples as u32);
        let departs = |name, value: String, accepted: &str| {
            Some(ParameterError { name, value, accepted: accepted.to_owned() })
        };
        let departure = if !dictionary.is_orthonormal() {
            departs("data.dictionary.kind", dictionary_kind.to_owned(), "orthonormal atoms are")
        } else if !noise.is_gaussian() {
            departs("data.noise.kind", noise_kind.to_owned(), "gaussian noise is")
        } else {
            training_samples.and_then(|samples| {
                departs(TRAINING_KEY, samples.to_string(), "fresh samples at every step are")
            })
        };
        Ok(Self {
            sizes,
            dictionary,
            noise,
            training_samples,
            departure,
            latent: given.part::<Arc<dyn LatentLaw>>("latent")?.build(&sizes)?,
            noise_variance: DenseNoise::variance_of(given, sizes)?,
            directions: given.part::<Box<dyn NoiseDirections>>("noise_directions")?.build(&sizes)?,
        })
    }

    /// Where M comes from.
    pub fn dictionary(&self) -> &dyn DictionarySource {
        self.dictionary.as_ref()
    }

    /// σ².
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// Where the noise is larger.
    pub fn directions(&self) -> &dyn NoiseDirections {
        self.directions.as_ref()
    }

    /// The law of the samples with so many noise directions.
    pub fn law(&self, direction_count: usize) -> SparseCodingLaw {
        SparseCodingLaw {
            ambient_dim: self.sizes.ambient_dim,
            latent_dim: self.sizes.latent_dim,
            latent: Arc::clone(&self.latent),
            noise_variance: self.noise_variance,
            direction_count,
            direction_variance: self.directions.variance(self.noise_variance),
        }
    }

    /// The model with a given dictionary and given noise directions.
    ///
    /// # Shapes
    /// `directions`: k × d1; 0 × 0 without any.
    ///
    /// # Errors
    /// If the directions are not orthonormal, or the noise along them is smaller than elsewhere.
    pub fn with(&self, dictionary: Dictionary, directions: Matrix) -> Result<SparseCoding, ParameterError> {
        let along = self.directions.variance(self.noise_variance);
        let noise = DenseNoise::with_directions(self.noise_variance, directions, along)?;
        let noise = noise.with_law(Arc::clone(&self.noise));
        let model = SparseCoding::new(dictionary, Arc::clone(&self.latent), noise)?;
        Ok(SparseCoding { training_samples: self.training_samples, ..model })
    }
}

impl DataLaw for SparseCodingParts {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Arc<dyn DataModel>, DictionaryError> {
        let dictionary = self.dictionary.draw(drawing)?;
        let directions = self.directions.draw(dictionary.atoms(), drawing)?;
        Ok(Arc::new(self.with(dictionary, directions)?))
    }

    fn files(&self) -> Vec<MatrixFile> {
        self.dictionary.file().into_iter().chain(self.directions.file()).collect()
    }

    fn sparse_coding(&self) -> Option<&SparseCodingParts> {
        self.departure.is_none().then_some(self)
    }

    fn departure(&self) -> Option<ParameterError> {
        self.departure.clone()
    }

    fn traits(&self) -> DataTraits {
        DataTraits {
            levels: self.latent.levels(self.sizes.latent_dim),
            has_oblique_atoms: !self.dictionary.is_orthonormal(),
            training_samples: self.training_samples,
            fresh_samples: None,
        }
    }
}

/// The sparse coding model.
#[derive(Clone, Debug)]
pub struct SparseCoding {
    dictionary: Dictionary,
    latent: Arc<dyn LatentLaw>,
    noise: DenseNoise,
    training_samples: Option<u32>,
}

impl SparseCoding {
    /// Joins the three parts.
    ///
    /// # Errors
    /// If the latent law does not fit the number of atoms.
    pub fn new(
        dictionary: Dictionary,
        latent: Arc<dyn LatentLaw>,
        noise: DenseNoise,
    ) -> Result<Self, ParameterError> {
        latent.check(dictionary.latent_dim())?;
        Ok(Self { dictionary, latent, noise, training_samples: None })
    }
}

impl DataModel for SparseCoding {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.latent.draw(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        self.noise.draw(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.latent.activity(self.dictionary.latent_dim())
    }

    fn mean_square(&self) -> f64 {
        self.latent.mean_square(self.dictionary.latent_dim())
    }

    fn class_count(&self) -> usize {
        self.latent.class_count()
    }

    fn class_of(&self, latent: &[f32]) -> Option<u32> {
        self.latent.class_of(latent)
    }

    fn noise_variance(&self) -> f64 {
        self.noise.variance()
    }

    fn training_samples(&self) -> Option<u32> {
        self.training_samples
    }

    fn noise_directions(&self) -> Option<&Matrix> {
        Some(self.noise.directions()).filter(|directions| directions.rows() > 0)
    }
}

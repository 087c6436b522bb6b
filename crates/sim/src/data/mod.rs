//! What a sample is: x = M z + ξ, a sparse combination of dictionary atoms in dense noise.
//!
//! ```text
//! DataLaw     what settings say; takes no memory      DATA_LAWS: the slot `data` and its parts
//!   │ draw
//!   ▼
//! DataModel   the same with its dictionary, ready to draw samples
//! ```
//!
//! Source: Definition 2.1; docs/theory.md 2.1.
//!
//! To add a data law: one file with a type that implements [`DataModel`] and the [`Part`] that declares it;
//! below, its line in the list. A law that differs in the dictionary, in the code or in the
//! noise directions alone is a part of [`dictionary`], [`latent`] or [`noise_directions`].

pub mod dictionary;
pub mod finite;
pub mod latent;
pub mod leverage;
pub mod levels;
pub mod noise;
pub mod noise_law;
pub mod noise_directions;
pub mod population;
pub mod law;

pub use dictionary::{Dictionary, DictionaryError};
pub use finite::{FiniteSet, TRAINING_SAMPLES};
pub use latent::{FixedCount, Independent, LatentLaw};
pub use law::SparseCodingLaw;
pub use levels::{DataTraits, Level};
pub use leverage::LeverageOverlap;
pub use noise::{DenseNoise, NOISE_CONSTANT, NOISE_VARIANCE};
pub use noise_law::{NOISE_LAWS, NoiseLaw};
pub use patches::{PatchLaw, Patches};
pub use population::Population;
pub use sparse_coding::{SparseCoding, SparseCodingParts};

use crate::math::{Matrix, ParameterError, Stream, parallel, require};
use crate::part::{Fallback, Given, Kind, Part, PartSetting, Slot, Slotted, parts};
use std::fmt;
use std::sync::Arc;

parts! {
    /// What a sample is.
    DATA_LAWS: Slot<Box<dyn DataLaw>> = ("data", "What a sample is.", "sparse_coding");
    sparse_coding;
    vectors;
    patches;
}

/// A part that is a law of samples.
type DataPart = Part<Box<dyn DataLaw>>;

impl Slotted for Box<dyn DataLaw> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &DATA_LAWS
    }
}

/// Dimensions are counted in double precision, which tells neighbouring whole numbers apart up to here.
const LARGEST_DIMENSION: i64 = 1 << 53;

/// Number of atoms: every data law has this setting.
pub const LATENT_DIM: PartSetting = PartSetting::new(
    "latent_dim",
    Kind::count(3),
    Fallback::Required,
    "Number of atoms of the dictionary M (the paper's d).",
);
/// Dimension of a sample: every data law has this setting.
pub const AMBIENT_DIM: PartSetting = PartSetting::new(
    "ambient_dim",
    Kind::Whole(3, LARGEST_DIMENSION),
    Fallback::Required,
    "Dimension of a sample x (the paper's d1), at least latent_dim where atoms are orthonormal or at one angle.",
);

/// d1 and d.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// d1, the dimension of a sample.
    pub ambient_dim: usize,
    /// d, the number of atoms.
    pub latent_dim: usize,
}

impl Sizes {
    /// As the settings of a data law with orthonormal atoms say them.
    ///
    /// # Errors
    /// If there are more atoms than dimensions.
    pub fn of(given: &Given) -> Result<Self, ParameterError> {
        let sizes = Self::of_any(given)?;
        sizes.require_room()?;
        Ok(sizes)
    }

    /// As the settings of any data law say them.
    ///
    /// # Errors
    /// If the law has no such settings.
    pub fn of_any(given: &Given) -> Result<Self, ParameterError> {
        let [ambient_dim, latent_dim] = [given.whole(AMBIENT_DIM.name)?, given.whole(LATENT_DIM.name)?];
        Ok(Self { ambient_dim: ambient_dim as usize, latent_dim: latent_dim as usize })
    }

    /// An error if there are more atoms than dimensions.
    pub fn require_room(&self) -> Result<(), ParameterError> {
        let accepted = format!("at least data.latent_dim = {}, atoms are orthonormal", self.latent_dim);
        require(self.ambient_dim >= self.latent_dim, "data.ambient_dim", self.ambient_dim, accepted)
    }
}

/// A file that a setting names and that holds a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixFile {
    /// The setting's full key.
    pub setting: &'static str,
    /// Its rows; `None`: any number.
    pub rows: Option<usize>,
    /// Its columns.
    pub columns: usize,
}

/// What drawing a model takes besides its settings.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// Seed of everything random.
    pub seed: u64,
    /// What the files hold that settings name, by full key.
    pub matrices: &'a [(&'static str, Matrix)],
}

impl Drawing<'_> {
    /// The matrix in the file that `setting` names.
    ///
    /// # Errors
    /// If nobody has read it.
    pub fn matrix(&self, setting: &'static str) -> Result<&Matrix, ParameterError> {
        let found = self.matrices.iter().find(|(name, _)| *name == setting).map(|(_, matrix)| matrix);
        found.ok_or_else(|| ParameterError {
            name: setting,
            value: "a file that was not read".to_owned(),
            accepted: "the files of this run".to_owned(),
        })
    }
}

/// What settings say of the data, before anything is drawn: it takes no memory of the size of the data.
///
/// A law that can only be drawn is a closure `|&Drawing| -> Result<Arc<dyn DataModel>, DictionaryError>`.
pub trait DataLaw: Send + Sync {
    /// Draws what all samples share, above all M.
    ///
    /// # Errors
    /// If M cannot be had, or what is given is no dictionary.
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Arc<dyn DataModel>, DictionaryError>;

    /// The files that drawing asks for.
    fn files(&self) -> Vec<MatrixFile> {
        Vec::new()
    }

    /// The parts of a sparse coding model, which closed forms and reduced dynamics speak of; `None` for another
    /// law: closed forms then say nothing, and only sampled dynamics runs.
    fn sparse_coding(&self) -> Option<&SparseCodingParts> {
        None
    }

    /// The setting by which a law that has [`SparseCodingParts`] departs from what closed forms and reduced dynamics
    /// speak of: its key, its value, and what they take.
    fn departure(&self) -> Option<ParameterError> {
        None
    }

    /// What decides which measurements make sense.
    fn traits(&self) -> DataTraits {
        DataTraits::default()
    }
}

impl<Draw> DataLaw for Draw
where
    Draw: Fn(&Drawing<'_>) -> Result<Arc<dyn DataModel>, DictionaryError> + Send + Sync,
{
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Arc<dyn DataModel>, DictionaryError> {
        self(drawing)
    }
}

/// Rows that one thread draws at a time.
const ROWS_PER_PIECE: usize = 32;

/// Samples with everything they were made of.
#[derive(Clone, Debug)]
pub struct Samples {
    /// x = M z + ξ, n × `ambient_dim`.
    pub x: Matrix,
    /// Sparse codes z, n × `latent_dim`.
    pub latent: Matrix,
    /// Dense noise ξ, n × `ambient_dim`.
    pub noise: Matrix,
}

/// A population of samples x = M z + ξ with a known dictionary M.
///
/// Row r of a stream is a pure function of (stream, r): batches may be drawn in any order and any pieces.
pub trait DataModel: fmt::Debug + Send + Sync {
    /// The dictionary M whose atoms measurements look for.
    fn dictionary(&self) -> &Dictionary;

    /// Writes the sparse code z of `row`; `latent` has length `latent_dim`.
    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]);

    /// Writes the noise ξ of `row`; `noise` has length `ambient_dim`.
    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]);

    /// Pr(z_j ≠ 0), averaged over the atoms.
    fn activity(&self) -> f64;

    /// E z_j², averaged over the atoms: the activity where active entries are ±1.
    fn mean_square(&self) -> f64 {
        self.activity()
    }

    /// σ², the variance of the noise in a direction that is not singled out.
    fn noise_variance(&self) -> f64;

    /// Orthonormal directions in which the noise is larger, k × d1; `None` for noise without any.
    fn noise_directions(&self) -> Option<&Matrix> {
        None
    }

    /// Number of classes that samples belong to; 0 for data without classes.
    fn class_count(&self) -> usize {
        0
    }

    /// The class of the sample with this code z, d entries; `None` if it has none.
    fn class_of(&self, _latent: &[f32]) -> Option<u32> {
        None
    }

    /// d1, the dimension of x.
    fn ambient_dim(&self) -> usize {
        self.dictionary().ambient_dim()
    }

    /// d, the number of atoms.
    fn latent_dim(&self) -> usize {
        self.dictionary().latent_dim()
    }

    /// n, the number of samples that training goes through in epochs; `None`: training draws fresh ones for ever.
    fn training_samples(&self) -> Option<u32> {
        None
    }

    /// P, the number of consecutive rows that are the patches of one input; 1 where every row is an input.
    fn patches(&self) -> usize {
        1
    }

    /// The same for whole batches, for a law that is asked for them; `None`: batches are drawn row by row.
    fn whole_batches(&self) -> Option<&dyn WholeSamples> {
        None
    }

    /// Draws x and z of `row` into the given slices: the training path, which needs no separate ξ.
    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        self.draw_latent(stream, row, latent);
        self.draw_noise(stream, row, x);
        self.dictionary().add_combination(latent, x);
    }

    /// Draws rows `first_row..first_row + rows` with x, z and ξ kept apart. Bit for bit the same x as [`DataModel::draw`].
    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        let (d1, d) = (self.ambient_dim(), self.latent_dim());
        let mut samples = Samples {
            x: Matrix::zeros(rows, d1),
            latent: Matrix::zeros(rows, d),
            noise: Matrix::zeros(rows, d1),
        };
        let pieces = (samples.x.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
            .zip(samples.latent.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d))
            .zip(samples.noise.as_mut_slice().chunks_mut(ROWS_PER_PIECE * d1))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, ((x, latent), noise))| {
            let rows = x.chunks_mut(d1).zip(latent.chunks_mut(d)).zip(noise.chunks_mut(d1));
            for (i, ((x, latent), noise)) in rows.enumerate() {
                let row = (first_row + piece * ROWS_PER_PIECE + i) as u32;
                self.draw_latent(stream, row, latent);
                self.draw_noise(stream, row, noise);
                x.copy_from_slice(noise);
                self.dictionary().add_combination(latent, x);
            }
        });
        samples
    }
}

/// Samples of whole batches: for a law whose every call is dear, a function of another language for instance.
///
/// They may be other draws than those of single rows, as long as they are a pure function of (stream, first
/// row, rows).
pub trait WholeSamples {
    /// x and z of the rows `first_row..first_row + n` of a stream, as training sees them.
    ///
    /// # Shapes
    /// `x`: n × d1, `latent`: n × d, whose contents are written over.
    fn draw_batch(&self, stream: &Stream, first_row: u32, x: &mut Matrix, latent: &mut Matrix);
}

/// A model that several processes share.
impl DataModel for Arc<dyn DataModel> {
    fn dictionary(&self) -> &Dictionary {
        (**self).dictionary()
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        (**self).draw_latent(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        (**self).draw_noise(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        (**self).activity()
    }

    fn mean_square(&self) -> f64 {
        (**self).mean_square()
    }

    fn class_count(&self) -> usize {
        (**self).class_count()
    }

    fn class_of(&self, latent: &[f32]) -> Option<u32> {
        (**self).class_of(latent)
    }

    fn noise_variance(&self) -> f64 {
        (**self).noise_variance()
    }

    fn noise_directions(&self) -> Option<&Matrix> {
        (**self).noise_directions()
    }

    fn training_samples(&self) -> Option<u32> {
        (**self).training_samples()
    }

    fn patches(&self) -> usize {
        (**self).patches()
    }

    fn whole_batches(&self) -> Option<&dyn WholeSamples> {
        (**self).whole_batches()
    }

    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        (**self).draw(stream, row, x, latent);
    }

    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        (**self).sample(stream, first_row, rows)
    }
}

#[cfg(test)]
mod tests;

/// The guide's example of a law is a law.
#[cfg(test)]
#[path = "../../../../examples/extend/data.rs"]
mod example;

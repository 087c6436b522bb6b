//! Named arrays of numbers in a safetensors file, with one line of JSON about them.

use featurescope_lab::store::{StoreError, write_bytes_atomically};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The one entry of the metadata: the order of several is not fixed, and equal arrays should give equal bytes.
const ENTRY: &str = "featurescope";

/// An array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its entries, the last axis fastest.
    pub values: Vec<f32>,
}

/// Why arrays cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArraysError {
    /// The file is no file of arrays of ours.
    #[error("{path} cannot be used: {problem}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArraysError {
    /// A file with this problem.
    pub fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_path_buf(), problem: problem.into() }
    }
}

impl Array {
    /// An array of this name and shape.
    pub fn new(name: impl Into<String>, shape: &[usize], values: Vec<f32>) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), values }
    }

    /// Whether its parts along the first axis are pictures: three planes of height × width each.
    pub fn is_of_pictures(&self) -> bool {
        matches!(self.shape[..], [_, 3, height, width] if height > 0 && width > 0)
    }

    /// Its parts along the first axis.
    pub fn parts(&self) -> impl Iterator<Item = &[f32]> {
        let length = self.shape.iter().skip(1).product::<usize>().max(1);
        self.values.chunks(length)
    }
}

/// Writes the arrays in F32 and `about` beside them, replacing what stands there.
pub fn write(path: &Path, arrays: &[Array], about: &str) -> Result<(), ArraysError> {
    let unusable = |error| ArraysError::content(path, format!("it cannot be encoded ({error})"));
    let bytes: Vec<Vec<u8>> =
        arrays.iter().map(|array| array.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views: Result<Vec<_>, _> = (arrays.iter().zip(&bytes))
        .map(|(array, bytes)| {
            TensorView::new(Dtype::F32, array.shape.clone(), bytes).map(|view| (&array.name, view))
        })
        .collect();
    let metadata = HashMap::from([(ENTRY.to_owned(), about.to_owned())]);
    let encoded = views.and_then(|views| safetensors::serialize(views, Some(metadata))).map_err(unusable)?;
    Ok(write_bytes_atomically(path, &encoded)?)
}

/// Reads the arrays, by name, and what stands beside them.
///
/// # Errors
/// If the file is missing, cut short, or not written by [`write()`].
pub fn read(path: &Path) -> Result<(Vec<Array>, String), ArraysError> {
    let content = |problem: String| ArraysError::content(path, problem);
    let bytes = fs::read(path).map_err(|error| content(error.to_string()))?;
    let damaged = |error| content(format!("it is cut short or no safetensors file ({error})"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let about = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
    let about = about.ok_or_else(|| content(format!("it has no metadata `{ENTRY}`")))?;
    let mut arrays = Vec::new();
    for (name, view) in SafeTensors::deserialize(&bytes).map_err(damaged)?.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(content(format!("`{name}` holds {:?}, expected F32", view.dtype())));
        }
        let (words, _) = view.data().as_chunks::<4>();
        let values = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
        arrays.push(Array { name, shape: view.shape().to_vec(), values });
    }
    arrays.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((arrays, about.clone()))
}

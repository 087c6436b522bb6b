//! Named arrays for pictures as safetensors: what tables of scalars cannot hold.
//!
//! `alignment.safetensors`: `steps` (r, I64), `cosines` (r × m × d, I8: round(127·cos(w_i, M_j))).
//! `representation.safetensors`: `features` f(x) (n × m, F32), `latent` z (n × d, F32), and where views are contrasted
//! `anchor` f(x⁺) and `positive` f(x⁺⁺) (n' × m, F32).

use super::StoreError;
use super::atomic::write_bytes_atomically;
use super::checkpoint::{ENTRY, from_little_endian, little_endian};
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::Shape;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Full scale of a stored cosine.
const FULL_SCALE: f32 = 127.0;

/// cos(w_i, M_j) at some recorded steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlignmentHistory {
    /// The steps, ascending.
    pub steps: Vec<u64>,
    /// m.
    pub width: usize,
    /// d.
    pub latent_dim: usize,
    /// Step by step an m × d matrix of round(127·cos).
    pub cosines: Vec<i8>,
}

impl AlignmentHistory {
    /// Adds the cosines of one step, m × d.
    pub fn push(&mut self, step: u64, cosines: &Matrix) {
        (self.width, self.latent_dim) = (cosines.rows(), cosines.cols());
        self.steps.push(step);
        self.cosines.extend(cosines.as_slice().iter().map(|cosine| (FULL_SCALE * cosine).round() as i8));
    }

    /// |cos(w_i, M_j)| of every neuron and atom at the position `frame` of `steps`, row by row.
    pub fn absolute(&self, frame: usize) -> impl Iterator<Item = f32> {
        let size = self.width * self.latent_dim;
        let stored = &self.cosines[frame * size..(frame + 1) * size];
        stored.iter().map(|&cosine| f32::from(cosine).abs() / FULL_SCALE)
    }

    /// Keeps the steps that `keep` accepts.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        let size = self.width * self.latent_dim;
        let kept: Vec<usize> = (0..self.steps.len()).filter(|&frame| keep(self.steps[frame])).collect();
        self.cosines = kept.iter().flat_map(|&f| &self.cosines[f * size..(f + 1) * size]).copied().collect();
        self.steps = kept.iter().map(|&frame| self.steps[frame]).collect();
    }
}

/// Representations of fresh samples at the end of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRepresentation {
    /// f(x), n × m.
    pub features: Matrix,
    /// z, n × d.
    pub latent: Matrix,
    /// f(x⁺) and f(x⁺⁺), n' × m each.
    pub pairs: Option<(Matrix, Matrix)>,
}

/// Stores an alignment history, replacing what stands at `path`.
pub fn write_alignment(path: &Path, history: &AlignmentHistory) -> Result<(), StoreError> {
    let steps: Vec<u8> = history.steps.iter().flat_map(|step| step.cast_signed().to_le_bytes()).collect();
    let cosines: Vec<u8> = history.cosines.iter().map(|cosine| cosine.cast_unsigned()).collect();
    let count = history.steps.len();
    write(
        path,
        &[
            ("cosines", Dtype::I8, vec![count, history.width, history.latent_dim], cosines),
            ("steps", Dtype::I64, vec![count], steps),
        ],
        None,
    )
}

/// Reads an alignment history.
///
/// # Errors
/// If the file is missing, cut short or another file.
pub fn read_alignment(path: &Path) -> Result<AlignmentHistory, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io(path, "read"))?;
    let tensors = tensors(path, &bytes)?;
    let steps = tensor(path, &tensors, "steps", Dtype::I64)?;
    let cosines = tensor(path, &tensors, "cosines", Dtype::I8)?;
    let (&[count], &[frames, width, latent_dim]) = (steps.shape(), cosines.shape()) else {
        return Err(StoreError::content(path, "`steps` should be a vector and `cosines` steps × m × d"));
    };
    if count != frames {
        return Err(StoreError::content(path, format!("{count} steps for {frames} matrices of cosines")));
    }
    let (words, _) = steps.data().as_chunks::<8>();
    Ok(AlignmentHistory {
        steps: words.iter().map(|&word| i64::from_le_bytes(word).cast_unsigned()).collect(),
        width,
        latent_dim,
        cosines: cosines.data().iter().map(|byte| byte.cast_signed()).collect(),
    })
}

/// Reads the alignment history of an arm of this shape.
///
/// # Errors
/// Also if it is that of another one.
pub fn read_alignment_of(path: &Path, shape: Shape) -> Result<AlignmentHistory, StoreError> {
    let history = read_alignment(path)?;
    let ascends = history.steps.is_sorted_by(|a, b| a < b);
    if ascends && (history.width, history.latent_dim) == (shape.width, shape.latent_dim) {
        return Ok(history);
    }
    let (width, latent_dim) = (history.width, history.latent_dim);
    let found = format!("it holds {width} neurons × {latent_dim} atoms");
    Err(StoreError::content(path, format!("{found}; ascending steps of {shape} are expected")))
}

/// Stores representations, replacing what stands at `path`.
pub fn write_representation(path: &Path, stored: &StoredRepresentation) -> Result<(), StoreError> {
    let mut arrays = vec![("features", &stored.features), ("latent", &stored.latent)];
    if let Some((anchor, positive)) = &stored.pairs {
        arrays.extend([("anchor", anchor), ("positive", positive)]);
    }
    let tensors: Vec<_> = arrays.iter().map(|(name, array)| matrix_tensor(name, array)).collect();
    write(path, &tensors, None)
}

/// Reads representations.
///
/// # Errors
/// If the file is missing, cut short or another file.
pub fn read_representation(path: &Path) -> Result<StoredRepresentation, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io(path, "read"))?;
    let tensors = tensors(path, &bytes)?;
    let matrix = |name: &str| matrix(path, &tensors, name);
    let (features, latent) = (matrix("features")?, matrix("latent")?);
    if features.rows() != latent.rows() {
        return Err(StoreError::content(path, "`features` and `latent` should have as many rows"));
    }
    let pairs = if tensors.names().contains(&"anchor") {
        Some((matrix("anchor")?, matrix("positive")?))
    } else {
        None
    };
    if pairs.as_ref().is_some_and(|(a, b)| (a.rows(), a.cols()) != (b.rows(), b.cols())) {
        return Err(StoreError::content(path, "`anchor` and `positive` should have the same shape"));
    }
    Ok(StoredRepresentation { features, latent, pairs })
}

/// Reads the representations of an arm of this shape.
///
/// # Errors
/// Also if they are those of another one.
pub fn read_representation_of(path: &Path, shape: Shape) -> Result<StoredRepresentation, StoreError> {
    let stored = read_representation(path)?;
    let (width, latent_dim) = (stored.features.cols(), stored.latent.cols());
    let pairs_fit = stored.pairs.as_ref().is_none_or(|(anchor, _)| anchor.cols() == width);
    if pairs_fit && (width, latent_dim) == (shape.width, shape.latent_dim) {
        return Ok(stored);
    }
    let found = format!("it holds features of {width} neurons and codes of {latent_dim} atoms");
    Err(StoreError::content(path, format!("{found}, all of {shape} are expected")))
}

/// Name, type, shape and bytes.
pub(super) type Tensor<'a> = (&'a str, Dtype, Vec<usize>, Vec<u8>);

/// A matrix as a tensor.
pub(super) fn matrix_tensor<'a>(name: &'a str, array: &Matrix) -> Tensor<'a> {
    (name, Dtype::F32, vec![array.rows(), array.cols()], little_endian(array))
}

/// Stores tensors, and a text under `featurescope` in the metadata.
pub(super) fn write(path: &Path, tensors: &[Tensor<'_>], entry: Option<String>) -> Result<(), StoreError> {
    let unusable = |error| StoreError::content(path, format!("it cannot be encoded ({error})"));
    let views: Result<Vec<_>, _> = (tensors.iter())
        .map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (*name, view))
        })
        .collect();
    let metadata = entry.map(|text| HashMap::from([(ENTRY.to_owned(), text)]));
    let encoded = views.and_then(|views| safetensors::serialize(views, metadata)).map_err(unusable)?;
    write_bytes_atomically(path, &encoded)
}

pub(super) fn tensors<'a>(path: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>, StoreError> {
    SafeTensors::deserialize(bytes).map_err(|error| {
        StoreError::content(path, format!("it is cut short or no safetensors file ({error})"))
    })
}

/// The matrix in the tensor `name`.
pub(super) fn matrix(path: &Path, tensors: &SafeTensors<'_>, name: &str) -> Result<Matrix, StoreError> {
    let view = tensor(path, tensors, name, Dtype::F32)?;
    let &[rows, cols] = view.shape() else {
        return Err(StoreError::content(path, format!("tensor `{name}` should be a matrix")));
    };
    Ok(Matrix::from_vec(rows, cols, from_little_endian(view.data())))
}

fn tensor<'a>(
    path: &Path,
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Result<TensorView<'a>, StoreError> {
    let missing = |error| StoreError::content(path, format!("it has no tensor `{name}` ({error})"));
    let view = tensors.tensor(name).map_err(missing)?;
    if view.dtype() == dtype {
        Ok(view)
    } else {
        let problem = format!("tensor `{name}` holds {:?}, not {dtype:?}", view.dtype());
        Err(StoreError::content(path, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let mut history = AlignmentHistory::default();
        for step in [0, 5, 9] {
            history.push(step, &Matrix::from_vec(2, 3, vec![1.0, -1.0, 0.5, 0.0, -0.25, step as f32 / 9.0]));
        }
        write_alignment(&path, &history).unwrap();
        let mut read = read_alignment(&path).unwrap();
        assert_eq!(read, history);
        let last: Vec<f32> = read.absolute(2).collect();
        assert_eq!((last[1], last[5]), (1.0, 1.0));
        assert!((last[2] - 0.5).abs() < 0.5 / FULL_SCALE);
        read.retain(|step| step != 5);
        assert_eq!((read.steps.as_slice(), read.cosines.len()), (&[0, 9][..], 12));

        let features = Matrix::from_fn(4, 3, |i, j| (i + j) as f32);
        let pairs = Some((features.clone(), features.map(|v| -v)));
        let stored = StoredRepresentation { latent: Matrix::zeros(4, 2), features, pairs };
        write_representation(&path, &stored).unwrap();
        assert_eq!(read_representation(&path).unwrap(), stored);
        let shape = |width, latent_dim| Shape { width, latent_dim };
        assert_eq!(read_representation_of(&path, shape(3, 2)).unwrap(), stored);
        for other in [shape(2, 2), shape(3, 3)] {
            let error = read_representation_of(&path, other).unwrap_err().to_string();
            assert!(error.contains("features of 3 neurons and codes of 2 atoms"), "{error}");
        }
        write_alignment(&path, &history).unwrap();
        assert_eq!(read_alignment_of(&path, shape(2, 3)).unwrap(), history);
        let error = read_alignment_of(&path, shape(3, 3)).unwrap_err().to_string();
        assert!(error.contains("2 neurons × 3 atoms; ascending steps of 3 neurons × 3 atoms"), "{error}");
        history.steps.swap(0, 1);
        write_alignment(&path, &history).unwrap();
        assert!(read_alignment_of(&path, shape(2, 3)).is_err(), "steps that do not ascend");
        write_representation(&path, &stored).unwrap();
        assert!(read_alignment(&path).unwrap_err().to_string().contains("`steps`"));
        fs::write(&path, &fs::read(&path).unwrap()[..40]).unwrap();
        assert!(read_representation(&path).unwrap_err().to_string().contains("a.safetensors"));
    }
}

//! An array as it stands in a file, and what can be wrong with it.

use super::FEWEST_SAMPLES;
use featurescope_sim::math::Matrix;
use half::{bf16, f16};
use std::path::PathBuf;

/// A file or array that cannot be used. Every message names the file, and the array and the expected shape where there
/// is one.
#[derive(Debug, thiserror::Error)]
pub enum ArrayError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Its name says nothing about its format.
    #[error("{}: the name should end in .npy, .npz, .safetensors or .parquet", .0.display())]
    UnknownFormat(PathBuf),
    /// The bytes are not of that format, or end early.
    #[error("{}: {problem}; expected an array of {expected}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What it should hold.
        expected: String,
    },
    /// The file holds several arrays, or not the one that was asked for.
    #[error("{}: {problem}; expected an array of {expected}; the file holds {found}", path.display())]
    Choice {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What it should hold.
        expected: String,
        /// Its arrays with their shapes.
        found: String,
    },
    /// An array of another shape.
    #[error("{}, array `{array}`: its shape is {found}, expected {expected}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Its shape.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// An entry that is no number.
    #[error("{}, array `{array}`: the entry at row {row}, column {column} is {value}; expected {expected}, all of them finite", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Where.
        row: usize,
        /// Where.
        column: usize,
        /// What it is.
        value: f64,
        /// What it should be part of.
        expected: String,
    },
}

/// The kind of number an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IEEE half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Signed, of so many bytes.
    Signed(usize),
    /// Unsigned, of so many bytes; a truth value is one byte.
    Unsigned(usize),
}

impl Kind {
    /// Bytes of an entry.
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Signed(size) | Self::Unsigned(size) => size,
        }
    }

    /// The number in these bytes, lowest byte first.
    fn decode(self, bytes: &[u8]) -> f64 {
        let mut wide = [0u8; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let word = u64::from_le_bytes(wide);
        match self {
            Self::F16 => f16::from_bits(word as u16).to_f64(),
            Self::Bf16 => bf16::from_bits(word as u16).to_f64(),
            Self::F32 => f64::from(f32::from_bits(word as u32)),
            Self::F64 => f64::from_bits(word),
            Self::Unsigned(_) => word as f64,
            Self::Signed(size) => {
                let unused = 64 - 8 * size as u32;
                ((word << unused).cast_signed() >> unused) as f64
            }
        }
    }
}

/// An array of numbers with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The file.
    pub path: PathBuf,
    /// Its name in the file, or the file's own.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its entries, the last index running fastest.
    pub values: Vec<f64>,
}

/// How entries lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What an entry is.
    pub kind: Kind,
    /// Whether the highest byte comes first.
    pub is_big_endian: bool,
    /// Whether the first index runs fastest.
    pub is_column_major: bool,
}

/// Entries of a shape; `None` if their number is beyond counting.
pub fn entries(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent))
}

/// Decodes the bytes of an array, whose length was checked before.
pub fn decode(shape: &[usize], bytes: &[u8], layout: Layout) -> Vec<f64> {
    let size = layout.kind.size();
    let read = |chunk: &[u8]| {
        if layout.is_big_endian {
            let mut turned = [0u8; 8];
            turned[..size].copy_from_slice(chunk);
            turned[..size].reverse();
            layout.kind.decode(&turned[..size])
        } else {
            layout.kind.decode(chunk)
        }
    };
    let values: Vec<f64> = bytes.chunks_exact(size).map(read).collect();
    match shape {
        &[rows, cols] if layout.is_column_major => {
            (0..rows * cols).map(|at| values[(at % cols) * rows + at / cols]).collect()
        }
        _ => values,
    }
}

/// A shape as it reads: `3 × 4`.
pub fn show_shape(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".to_owned();
    }
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
}

impl Array {
    /// The error that its shape is not as expected.
    pub fn shape_error(&self, expected: &str) -> ArrayError {
        ArrayError::Shape {
            path: self.path.clone(),
            array: self.name.clone(),
            found: show_shape(&self.shape),
            expected: expected.to_owned(),
        }
    }

    /// The array as a matrix of finite single-precision numbers.
    pub fn matrix(&self, expected: &str) -> Result<Matrix, ArrayError> {
        let &[rows, cols] = &self.shape[..] else { return Err(self.shape_error(expected)) };
        if rows < FEWEST_SAMPLES || cols == 0 {
            return Err(self.shape_error(expected));
        }
        // What single precision cannot hold becomes infinite and is refused like the rest.
        let values: Vec<f32> = self.values.iter().map(|&value| value as f32).collect();
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(Matrix::from_vec(rows, cols, values)),
            Some(at) => Err(self.not_finite(at, cols, expected)),
        }
    }

    /// The array as a vector of `length` finite numbers; n × 1 and 1 × n are vectors too.
    pub fn vector(&self, length: usize, expected: &str) -> Result<Vec<f64>, ArrayError> {
        let is_vector = self.shape.iter().filter(|&&extent| extent != 1).count() <= 1;
        if !is_vector || self.values.len() != length {
            return Err(self.shape_error(expected));
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            None => Ok(self.values.clone()),
            Some(at) => Err(self.not_finite(at, 1, expected)),
        }
    }

    fn not_finite(&self, at: usize, cols: usize, expected: &str) -> ArrayError {
        ArrayError::NotFinite {
            path: self.path.clone(),
            array: self.name.clone(),
            row: at / cols,
            column: at % cols,
            value: self.values[at],
            expected: expected.to_owned(),
        }
    }
}

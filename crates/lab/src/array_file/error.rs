//! What can be wrong with an array in a file.

use std::path::PathBuf;

/// A file or array that cannot be used. Every message names the file, and the array and what is expected
/// where there is one.
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
    /// Entries that cannot be used.
    #[error("{}, array `{array}`: {problem}; expected an array of {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Which entry, and what is wrong with it.
        problem: String,
        /// What it should be part of.
        expected: String,
    },
    /// A request that does not fit together.
    #[error("{0}")]
    Request(String),
}

//! Which pictures: those of a file or a folder, or the built-in synthetic set.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which pictures, and how many of them. In TOML everything stands side by side under `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DataTable", into = "DataTable")]
pub struct Data {
    /// Where they come from.
    pub pictures: Pictures,
    /// Pictures that are trained on.
    pub train: usize,
    /// Pictures that probes are scored on.
    pub test: usize,
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// A file or a folder, which says their size and classes itself.
    Stored(PathBuf),
    /// The built-in synthetic set.
    Synthetic {
        /// Side in pixels, 16 to 512.
        size: usize,
        /// Classes, 2 to 10.
        classes: usize,
    },
}

/// `[data]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<usize>,
    train: usize,
    test: usize,
}

impl TryFrom<DataTable> for Data {
    type Error = &'static str;

    fn try_from(table: DataTable) -> Result<Self, Self::Error> {
        let DataTable { path, size, classes, train, test } = table;
        let pictures = match (path, size, classes) {
            (Some(path), None, None) => Pictures::Stored(path),
            (None, Some(size), Some(classes)) => Pictures::Synthetic { size, classes },
            (Some(_), ..) => return Err("`size` and `classes` are not used with `path`"),
            (None, ..) => return Err("either `path` or both `size` and `classes` are needed"),
        };
        Ok(Self { pictures, train, test })
    }
}

impl From<Data> for DataTable {
    fn from(Data { pictures, train, test }: Data) -> Self {
        let (path, size, classes) = match pictures {
            Pictures::Stored(path) => (Some(path), None, None),
            Pictures::Synthetic { size, classes } => (None, Some(size), Some(classes)),
        };
        Self { path, size, classes, train, test }
    }
}

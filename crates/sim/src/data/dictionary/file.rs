//! A dictionary that is given as a matrix.

use super::{Dictionary, DictionaryError, DictionaryPart, DictionarySource};
use crate::data::{Drawing, MatrixFile, Sizes};
use crate::part::{Fallback, Kind, PartSetting};

/// The declaration.
pub(super) static PART: DictionaryPart = DictionaryPart {
    kind: "file",
    summary: "the matrix in a file",
    settings: &[PartSetting::new(
        "path",
        Kind::File,
        Fallback::Required,
        "File that holds M: ambient_dim rows and latent_dim orthonormal columns, as .npy or as text.",
    )],
    build: |_, sizes| {
        sizes.require_room()?;
        Ok(Box::new(InFile { sizes: *sizes }))
    },
};

/// The full key of the setting.
const PATH: &str = "data.dictionary.path";

#[derive(Debug)]
struct InFile {
    sizes: Sizes,
}

impl DictionarySource for InFile {
    fn draw(&self, drawing: &Drawing<'_>) -> Result<Dictionary, DictionaryError> {
        Dictionary::from_columns(drawing.matrix(PATH)?)
    }

    fn file(&self) -> Option<MatrixFile> {
        let Sizes { ambient_dim, latent_dim } = self.sizes;
        Some(MatrixFile { setting: PATH, rows: Some(ambient_dim), columns: latent_dim })
    }
}

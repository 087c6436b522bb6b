//! Many encoded pictures to one [`ImageSet`](super::ImageSet), on all threads, and the rules that hold for every set.

use super::ImageSet;
use super::decode::{decode_into, size_of};
use crate::error::DataError;
use featurescope_sim::math::parallel::for_each_piece;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where a picture comes from: a row of a file, or a file of its own.
#[derive(Clone, Debug)]
pub(super) struct Origin<'a> {
    pub path: &'a Path,
    /// Row in a file of many, counted from 0; 0 where the picture is the file.
    pub row: usize,
}

impl Origin<'_> {
    pub fn error(&self, problem: impl Into<String>, expected: impl Into<String>) -> DataError {
        DataError::row(self.path, self.row, problem, expected)
    }
}

/// The size that all pictures of a set must have, and the picture that set it.
#[derive(Clone, Debug)]
pub(super) struct CommonSize {
    pub width: usize,
    pub height: usize,
    path: PathBuf,
    row: usize,
}

impl CommonSize {
    /// Reads the size off the first picture.
    pub fn of(origin: &Origin<'_>, bytes: &[u8]) -> Result<Self, DataError> {
        let (width, height) =
            size_of(bytes).map_err(|problem| origin.error(problem, "a JPEG or PNG picture"))?;
        Ok(Self { width, height, path: origin.path.to_path_buf(), row: origin.row })
    }

    fn expected(&self) -> String {
        format!(
            "{} × {} pixels like {}, row {}: all pictures of a set have one size",
            self.width,
            self.height,
            self.path.display(),
            self.row
        )
    }
}

/// Pictures decoded at a time by a thread.
const PIECE: usize = 16;

/// Appends the pictures of `rows` to `set`. The first bad one, by row, is the error.
///
/// `fetch(i)` gives the origin and the encoded bytes of picture i < `count`; it may read a file.
pub(super) fn append_decoded<'a, B: AsRef<[u8]>>(
    set: &mut ImageSet,
    size: &CommonSize,
    count: usize,
    fetch: impl Fn(usize) -> (Origin<'a>, Result<B, DataError>) + Sync,
) -> Result<(), DataError> {
    let length = size.width * size.height * 3;
    let start = set.pixels.len();
    set.pixels.resize(start + count * length, 0);
    let first_error: Mutex<Option<(usize, DataError)>> = Mutex::new(None);
    for_each_piece(set.pixels[start..].chunks_mut(PIECE * length).enumerate(), |(piece, pictures)| {
        for (offset, picture) in pictures.chunks_exact_mut(length).enumerate() {
            let row = piece * PIECE + offset;
            let (origin, bytes) = fetch(row);
            let decoded = bytes.and_then(|bytes| decode_one(&origin, size, bytes.as_ref(), picture));
            if let (Err(error), Ok(mut first)) = (decoded, first_error.lock()) {
                if first.as_ref().is_none_or(|(earlier, _)| row < *earlier) {
                    *first = Some((row, error));
                }
                return;
            }
        }
    });
    match first_error.into_inner() {
        Ok(Some((_, error))) => Err(error),
        _ => Ok(()),
    }
}

fn decode_one(origin: &Origin<'_>, size: &CommonSize, bytes: &[u8], rgb: &mut [u8]) -> Result<(), DataError> {
    let found = size_of(bytes).map_err(|problem| origin.error(problem, "a JPEG or PNG picture"))?;
    if found != (size.width, size.height) {
        return Err(
            origin.error(format!("the picture has {} × {} pixels", found.0, found.1), size.expected())
        );
    }
    decode_into(bytes, rgb).map_err(|problem| origin.error(problem, "a whole JPEG or PNG picture"))
}

/// A label as it was stored, if it names one of `classes`.
pub(super) fn check_label(path: &Path, row: usize, label: i64, classes: &[String]) -> Result<u32, DataError> {
    match u32::try_from(label) {
        Ok(label) if (label as usize) < classes.len() => Ok(label),
        _ => Err(DataError::row(
            path,
            row,
            format!("the label is {label}"),
            format!("0 to {}, one of {} classes", classes.len().saturating_sub(1), classes.len()),
        )),
    }
}

/// A file's content.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|source| DataError::unreadable(path, source))
}

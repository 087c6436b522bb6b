//! Matrices given as files: NumPy's `.npy` (what `numpy.save` writes), a table in `.parquet` with a column of numbers per
//! column or one column of lists, or text with one row per line.

#[cfg(feature = "native")]
use crate::array_file::{ArrayError, ArrayFile, Cells, Selection, npy_matrix};
use featurescope_sim::math::Matrix;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A page in a browser has no files, so nothing that reads those of NumPy.
#[cfg(not(feature = "native"))]
fn npy_matrix(_bytes: &[u8]) -> Result<Matrix, String> {
    Err("this build of the program reads no NumPy files".to_owned())
}

/// What a table is to hold, for messages.
#[cfg(feature = "native")]
const TABLE: &str = "numbers: a table of columns of numbers, or of one column of lists";

/// The matrix in a table.
#[cfg(feature = "native")]
fn table_matrix(path: &Path) -> Result<Matrix, ArrayError> {
    let mut file = ArrayFile::open(path, TABLE)?;
    let columns = file.table().map_or(&[][..], |table| &table.columns);
    let selection = match columns {
        [only] if only.cells != Cells::One => Selection::Array(0),
        _ => Selection::Columns((0..columns.len()).collect()),
    };
    let [rows, _] = file.extents(&selection, TABLE)?;
    file.matrix(&selection, &(0..rows).collect::<Vec<_>>(), TABLE)
}

/// A file that does not hold the matrix that was expected.
#[derive(Debug, thiserror::Error)]
pub enum MatrixFileError {
    /// The system refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The contents are no matrix.
    #[error("{} does not hold a matrix: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A table that is none, or holds something else than numbers.
    #[cfg(feature = "native")]
    #[error(transparent)]
    Table(Box<ArrayError>),
    /// A matrix of another shape.
    #[error("{} holds a {found} matrix, {expected} is needed", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Its shape.
        found: String,
        /// The shape the settings ask for.
        expected: String,
    },
}

/// Reads the matrix in `path` and checks its shape, `None` standing for any number.
///
/// # Errors
/// If it cannot be read, is no matrix of finite numbers, or has another shape.
pub fn read_matrix(path: &Path, rows: Option<usize>, cols: usize) -> Result<Matrix, MatrixFileError> {
    let bytes =
        std::fs::read(path).map_err(|source| MatrixFileError::Io { path: path.to_path_buf(), source })?;
    decode_matrix(path, &bytes, rows, cols)
}

/// The same for a file whose `bytes` have been read already.
pub fn decode_matrix(
    path: &Path,
    bytes: &[u8],
    rows: Option<usize>,
    cols: usize,
) -> Result<Matrix, MatrixFileError> {
    let wrong = |problem| MatrixFileError::Content { path: path.to_path_buf(), problem };
    let matrix = match path.extension().and_then(OsStr::to_str) {
        Some("npy") => npy_matrix(bytes).map_err(wrong)?,
        #[cfg(feature = "native")]
        Some("parquet") => table_matrix(path).map_err(|error| MatrixFileError::Table(Box::new(error)))?,
        _ => parse_text(&String::from_utf8_lossy(bytes)).map_err(wrong)?,
    };
    if rows.is_some_and(|rows| rows != matrix.rows()) || matrix.cols() != cols {
        return Err(MatrixFileError::Shape {
            path: path.to_path_buf(),
            found: format!("{} × {}", matrix.rows(), matrix.cols()),
            expected: rows.map_or(format!("one with {cols} columns"), |rows| format!("{rows} × {cols}")),
        });
    }
    Ok(matrix)
}

/// Numbers separated by commas or blanks, one row per line; lines that start with `#` are comments.
fn parse_text(text: &str) -> Result<Matrix, String> {
    let (mut values, mut rows, mut cols) = (Vec::new(), 0, 0);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let before = values.len();
        for word in line.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()) {
            let value = word.parse::<f32>().ok().filter(|value| value.is_finite());
            values.push(value.ok_or_else(|| format!("line {number}: `{word}` is not a finite number"))?);
        }
        let found = values.len() - before;
        if rows > 0 && found != cols {
            return Err(format!("line {number} has {found} numbers, the lines before have {cols}"));
        }
        (rows, cols) = (rows + 1, found);
    }
    Ok(Matrix::from_vec(rows, cols, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Matrix {
        Matrix::from_vec(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    }

    /// What `numpy.save` writes for [[1, 2, 3], [4, 5, 6]].
    #[test]
    fn numpy_files_of_any_precision_byte_order_and_layout() {
        let folder = tempfile::tempdir().unwrap();
        let read = |descr: &str, fortran: &str, shape: &str, numbers: &[u8]| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.as_bytes());
            bytes.extend(numbers);
            let path = folder.path().join("m.npy");
            std::fs::write(&path, bytes).unwrap();
            read_matrix(&path, Some(2), 3)
        };
        let by_rows = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
        let by_columns = [1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0];
        let singles: Vec<u8> = by_rows.iter().flat_map(|v| v.to_le_bytes()).collect();
        let big: Vec<u8> = by_columns.iter().flat_map(|v| v.to_be_bytes()).collect();
        let halves: Vec<u8> = by_rows.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect();
        assert_eq!(read("<f4", "False", "(2, 3)", &singles).unwrap(), expected());
        assert_eq!(read(">f8", "True", "(2, 3)", &big).unwrap(), expected());
        assert_eq!(read("<f2", "False", "(2, 3)", &halves).unwrap(), expected());
        assert_eq!(read("|u1", "False", "(2, 3)", &[1, 2, 3, 4, 5, 6]).unwrap(), expected());
        let problem =
            |descr, shape, bytes: &[u8]| read(descr, "False", shape, bytes).unwrap_err().to_string();
        assert!(problem("<f4", "(2, 3)", &singles[4..]).contains("20 follow"));
        assert!(problem("<f4", "(3, 2)", &singles).contains("2 × 3 is needed"));
        assert!(problem("<f4", "(6,)", &singles).contains("its shape is 6, not that of a matrix"));
        assert!(problem("<c8", "(1, 3)", &singles).contains("m.npy"));
        assert!(problem("<f4", "(1000000000000, 0)", &[]).contains("it is empty"));
    }

    #[test]
    fn text_with_commas_blanks_and_comments() {
        assert_eq!(parse_text("# M\n1, 2, 3\n\n4 5\t6\n"), Ok(expected()));
        assert!(parse_text("1 2\n3\n").unwrap_err().contains("line 2 has 1"));
        for word in ["x", "nan", "inf", "1e39"] {
            assert!(parse_text(&format!("1 {word}\n")).unwrap_err().contains(&format!("line 1: `{word}`")));
        }
    }

    #[test]
    fn the_shape_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.csv");
        std::fs::write(&path, "1,2,3\n4,5,6\n").unwrap();
        assert_eq!(read_matrix(&path, Some(2), 3).unwrap(), expected());
        assert_eq!(read_matrix(&path, None, 3).unwrap(), expected());
        let text = read_matrix(&path, Some(3), 3).unwrap_err().to_string();
        assert!(text.contains("2 × 3") && text.contains("3 × 3"), "{text}");
        assert!(read_matrix(&folder.path().join("no"), None, 3).is_err());
    }
}

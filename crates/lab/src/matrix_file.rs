//! Matrices given as files: NumPy's `.npy` (what `numpy.save` writes), or text with one row per line.

use featurescope_sim::math::Matrix;
use std::path::{Path, PathBuf};

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
    let is_npy = path.extension().is_some_and(|extension| extension == "npy");
    let matrix = if is_npy { parse_npy(bytes) } else { parse_text(&String::from_utf8_lossy(bytes)) };
    let matrix = matrix.map_err(|problem| MatrixFileError::Content { path: path.to_path_buf(), problem })?;
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
            values.push(word.parse::<f32>().map_err(|_| format!("line {number}: `{word}` is not a number"))?);
        }
        let found = values.len() - before;
        if rows > 0 && found != cols {
            return Err(format!("line {number} has {found} numbers, the lines before have {cols}"));
        }
        (rows, cols) = (rows + 1, found);
    }
    Ok(Matrix::from_vec(rows, cols, values))
}

/// The array format of NumPy, version 1 to 3: magic, version, header length, a Python dictionary, the numbers.
///
/// Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
fn parse_npy(bytes: &[u8]) -> Result<Matrix, String> {
    let cut = || "it is cut short".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("it does not start like an .npy file")?;
    let (&[major, _minor], rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (length, rest) = if major == 1 {
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    let values: Vec<f32> = match quoted_after(&header, "'descr'") {
        Some("<f4") => data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        Some("<f8") => data.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b) as f32).collect(),
        other => {
            return Err(format!("its type is {}, float32 or float64 is needed", other.unwrap_or("missing")));
        }
    };
    let shape = header.split_once("'shape':").and_then(|(_, rest)| rest.split_once('(')?.1.split_once(')'));
    let shape: Option<Vec<usize>> = shape.and_then(|(shape, _)| {
        shape.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect()
    });
    let Some(&[rows, cols]) = shape.as_deref() else { return Err("it is not two-dimensional".to_owned()) };
    if values.len() != rows.saturating_mul(cols) {
        return Err(format!(
            "it has {} numbers, its shape {rows} × {cols} needs {}",
            values.len(),
            rows.saturating_mul(cols)
        ));
    }
    let by_columns =
        header.split_once("'fortran_order':").is_some_and(|(_, rest)| rest.trim().starts_with("True"));
    if by_columns {
        Ok(Matrix::from_vec(cols, rows, values).transposed())
    } else {
        Ok(Matrix::from_vec(rows, cols, values))
    }
}

/// The text between the first two quotes after `key:`.
fn quoted_after<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    header.split_once(key)?.1.split('\'').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `numpy.save` writes for [[1, 2, 3], [4, 5, 6]].
    fn npy(descr: &str, fortran: &str, numbers: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': (2, 3), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(numbers);
        bytes
    }

    fn expected() -> Matrix {
        Matrix::from_vec(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    }

    #[test]
    fn numpy_files_of_both_precisions_and_orders() {
        let singles: Vec<u8> =
            [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let columns: Vec<u8> =
            [1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(parse_npy(&npy("<f4", "False", &singles)), Ok(expected()));
        assert_eq!(parse_npy(&npy("<f8", "True", &columns)), Ok(expected()));
        assert!(parse_npy(&npy("<i8", "False", &columns)).unwrap_err().contains("<i8"));
        assert!(parse_npy(&npy("<f4", "False", &singles[4..])).unwrap_err().contains("5 numbers"));
        assert!(parse_npy(b"\x93NUMPY\x01").is_err() && parse_npy(b"text").is_err());
    }

    #[test]
    fn text_with_commas_blanks_and_comments() {
        assert_eq!(parse_text("# M\n1, 2, 3\n\n4 5\t6\n"), Ok(expected()));
        assert!(parse_text("1 2\n3\n").unwrap_err().contains("line 2 has 1"));
        assert!(parse_text("1 x\n").unwrap_err().contains("`x`"));
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

//! A list of numbers given as a file: text, or an array that another program has stored.

#[cfg(feature = "native")]
use crate::array_file::ArrayFile;
use std::path::Path;

/// What such a file holds, for messages.
#[cfg(feature = "native")]
const EXPECTED: &str = "numbers, one after another";

/// The numbers in a file, in their order. Text has them separated by commas, blanks or lines, and lines that start with
/// `#` are comments. NumPy's `.npy` and `.npz`, `.safetensors` and `.parquet` hold one array or column.
///
/// # Errors
/// What is wrong with the file.
pub fn read_numbers(path: &Path) -> Result<Vec<f64>, String> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    if extension.is_some_and(|found| ["npy", "npz", "safetensors", "parquet"].contains(&found.as_str())) {
        return stored_numbers(path);
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    parse_numbers(&text).map_err(|problem| format!("{} holds something else: {problem}", path.display()))
}

#[cfg(feature = "native")]
fn stored_numbers(path: &Path) -> Result<Vec<f64>, String> {
    let mut file = ArrayFile::open(path, EXPECTED).map_err(|error| error.to_string())?;
    let offers = file.offers();
    let [offer] = &offers[..] else {
        return Err(file.choice("it does not hold one array", EXPECTED).to_string());
    };
    let length: Option<usize> =
        offer.shape.iter().try_fold(1usize, |count, extent| count.checked_mul((*extent)?));
    let length = length.ok_or_else(|| file.shape_error(offer, EXPECTED).to_string())?;
    let scalars = file.scalars(0, length, EXPECTED).map_err(|error| error.to_string())?;
    let number = |row: usize| {
        let missing = || format!("{}: row {} holds no number", path.display(), row + 1);
        scalars.number(row).ok_or_else(missing)
    };
    (0..length).map(number).collect()
}

/// A page in a browser has no files, so nothing that reads those of other programs.
#[cfg(not(feature = "native"))]
fn stored_numbers(_path: &Path) -> Result<Vec<f64>, String> {
    Err("this build of the program reads no arrays of other programs".to_owned())
}

fn parse_numbers(text: &str) -> Result<Vec<f64>, String> {
    let mut numbers = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for word in line.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()) {
            numbers.push(word.parse().map_err(|_| format!("line {number}: `{word}` is not a number"))?);
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_text_and_of_numpy_are_read_and_others_named() {
        assert_eq!(parse_numbers("# p\n0.5\n.25, 1e-1\n"), Ok(vec![0.5, 0.25, 0.1]));
        assert_eq!(parse_numbers("0.5\n\nx\n"), Err("line 3: `x` is not a number".to_owned()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.npy");
        let store = |shape: &str, numbers: &[f64]| {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.as_bytes());
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            std::fs::write(&path, bytes).unwrap();
            read_numbers(&path)
        };
        assert_eq!(store("(3,)", &[0.1, 0.2, 0.3]), Ok(vec![0.1, 0.2, 0.3]));
        assert_eq!(store("(2, 1)", &[0.1, 0.2]), Ok(vec![0.1, 0.2]));
        let message = store("(2, 2)", &[0.1; 4]).unwrap_err();
        assert!(message.contains("2 × 2") && message.contains("p.npy"), "{message}");
        let message = read_numbers(&folder.path().join("none.csv")).unwrap_err();
        assert!(message.starts_with("cannot read") && message.contains("none.csv"), "{message}");
    }
}

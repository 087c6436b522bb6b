//! The header of a .safetensors file.
//!
//! Source: <https://github.com/huggingface/safetensors>: eight bytes with the length of a JSON text, that
//! text, the entries.

use super::element::Element;
use super::raw::StoredArray;
use safetensors::tensor::{Dtype, Metadata};
use std::cmp::Ordering;
use std::io::Read;

/// The longest header that the format allows.
const LONGEST_HEADER: u64 = 100_000_000;

/// The arrays of a file of `length` bytes by name, `layer2` before `layer10`.
///
/// # Errors
/// If this is no such file, or its entries are not as many as the header says.
pub(super) fn header(source: &mut dyn Read, length: u64) -> Result<Vec<StoredArray>, String> {
    let broken =
        |problem: &dyn std::fmt::Display| format!("it is cut short or no safetensors file ({problem})");
    let mut count = [0; 8];
    source.read_exact(&mut count).map_err(|error| broken(&error))?;
    let text = u64::from_le_bytes(count);
    let offset = text.saturating_add(8);
    if offset > length || text > LONGEST_HEADER {
        return Err(broken(&format!("its header has {text} bytes, the file {length}")));
    }
    let mut header = vec![0; text as usize];
    source.read_exact(&mut header).map_err(|error| broken(&error))?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| broken(&error))?;
    // The lengths of all arrays add up to this: the library has compared each with its shape.
    let needed = offset.checked_add(metadata.data_len() as u64);
    if needed != Some(length) {
        return Err(broken(&format!(
            "its arrays take {} bytes, but {} follow",
            metadata.data_len(),
            length - offset
        )));
    }
    let tensors = metadata.tensors();
    let mut names: Vec<&String> = tensors.keys().collect();
    names.sort_by(|a, b| by_number(a, b));
    let array = |name: &String| StoredArray {
        name: name.clone(),
        shape: tensors[name].shape.clone(),
        element: element(tensors[name].dtype),
        is_big_endian: false,
        is_column_major: false,
        offset: offset + tensors[name].data_offsets.0 as u64,
    };
    Ok(names.into_iter().map(array).collect())
}

fn element(dtype: Dtype) -> Result<Element, String> {
    Ok(match dtype {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        Dtype::I8 => Element::Signed(1),
        Dtype::I16 => Element::Signed(2),
        Dtype::I32 => Element::Signed(4),
        Dtype::I64 => Element::Signed(8),
        Dtype::U8 | Dtype::BOOL => Element::Unsigned(1),
        Dtype::U16 => Element::Unsigned(2),
        Dtype::U32 => Element::Unsigned(4),
        Dtype::U64 => Element::Unsigned(8),
        other => return Err(format!("its type {other:?} is not supported")),
    })
}

/// Compares names piece by piece, digits as numbers.
fn by_number(a: &str, b: &str) -> Ordering {
    let pieces = |text: &str| -> Vec<(u128, String)> {
        let bytes: Vec<char> = text.chars().collect();
        let groups = bytes.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
        groups
            .map(|group| {
                let text: String = group.iter().collect();
                // What is no number stands behind every number, as letters stand behind digits.
                (text.parse().unwrap_or(u128::MAX), text)
            })
            .collect()
    };
    pieces(a).cmp(&pieces(b)).then(a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_in_the_order_of_their_numbers() {
        let mut names = ["layer10.weight", "layer2.weight", "layer2.bias", "b", "3", "layer1"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["3", "b", "layer1", "layer2.bias", "layer2.weight", "layer10.weight"]);
    }
}

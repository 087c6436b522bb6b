//! NumPy's formats: .npy, one array, and .npz, an archive of them.
//!
//! Files may be damaged or hostile: a header is believed only as far as the bytes behind it reach, and what a
//! compressed entry may grow to is bounded by what its compression could have made of it.
//!
//! Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".

use super::element::Element;
use super::raw::{BUFFER, StoredArray, Unpacking};
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// The most that deflate makes of a byte.
const MOST_EXPANSION: u64 = 1032;
/// The longest header that is read. NumPy writes 128 bytes, and more only for records of very many fields.
const LONGEST_HEADER: usize = 1 << 20;

/// What the beginning of an array says about it. `length`: bytes there are, header included.
///
/// # Errors
/// If this is no array, or its entries are not as many as the header says.
pub(super) fn header(name: &str, source: &mut dyn Read, length: u64) -> Result<StoredArray, String> {
    let no_array = || "this is no NumPy array, or it is cut short".to_owned();
    let mut start = [0; 10];
    source.read_exact(&mut start).map_err(|_| no_array())?;
    let mut head = start.to_vec();
    let text = match start {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high] => usize::from(u16::from_le_bytes([low, high])),
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, low, high] => {
            let mut upper = [0; 2];
            source.read_exact(&mut upper).map_err(|_| no_array())?;
            head.extend(upper);
            u32::from_le_bytes([low, high, upper[0], upper[1]]) as usize
        }
        _ => return Err(no_array()),
    };
    let offset = (head.len() + text) as u64;
    if offset > length || text > LONGEST_HEADER {
        return Err(format!("its header has {offset} bytes, the file {length}"));
    }
    let before = head.len();
    head.resize(before + text, 0);
    source.read_exact(&mut head[before..]).map_err(|error| format!("its header cannot be read ({error})"))?;
    let header = NpyHeader::from_reader(Cursor::new(&head))
        .map_err(|error| format!("its header cannot be read ({error})"))?;
    let mut array = StoredArray {
        name: name.to_owned(),
        shape: header.shape().iter().map(|&extent| usize::try_from(extent).unwrap_or(usize::MAX)).collect(),
        element: Err("it holds records, not plain numbers".to_owned()),
        is_big_endian: false,
        is_column_major: header.order() == Order::Fortran,
        offset,
    };
    if let DType::Plain(dtype) = header.dtype() {
        array.element = element(&dtype);
        array.is_big_endian = dtype.endianness() == Endianness::Big;
        if array.element.is_ok() && array.bytes() != Some(length - offset) {
            let needed = array.bytes().map_or("more than there can be".to_owned(), |bytes| bytes.to_string());
            return Err(format!(
                "its header says {} of type {dtype}, which takes {needed} bytes, but {} follow",
                super::show_shape(&array.shape),
                length - offset
            ));
        }
    }
    Ok(array)
}

fn element(dtype: &TypeStr) -> Result<Element, String> {
    let size = usize::try_from(dtype.size_field()).unwrap_or(usize::MAX);
    match (dtype.type_char(), size) {
        (TypeChar::Float, 2) => Ok(Element::F16),
        (TypeChar::Float, 4) => Ok(Element::F32),
        (TypeChar::Float, 8) => Ok(Element::F64),
        (TypeChar::Int, 1 | 2 | 4 | 8) => Ok(Element::Signed(size)),
        (TypeChar::Uint, 1 | 2 | 4 | 8) | (TypeChar::Bool, 1) => Ok(Element::Unsigned(size)),
        (TypeChar::UnicodeStr, 1..) => Ok(Element::Unicode(size)),
        (TypeChar::ByteStr, 1..) => Ok(Element::Bytes(size)),
        _ => Err(format!("its type {dtype} is no real number (object arrays are never loaded)")),
    }
}

/// The arrays of an archive, in the order in which they were written, each with the name of its entry. What
/// is wrong with one of them matters only if it is asked for.
pub(super) fn archive(archive: &mut ZipArchive<BufReader<File>>) -> Vec<(String, StoredArray)> {
    let entries: Vec<String> = (archive.file_names())
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "npy"))
        .collect();
    let head = |entry: String| {
        let name = entry.trim_end_matches(".npy").to_owned();
        let broken = |problem| StoredArray {
            name: name.clone(),
            shape: Vec::new(),
            element: Err(problem),
            is_big_endian: false,
            is_column_major: false,
            offset: 0,
        };
        let array = head_of_entry(archive, &entry, &name).unwrap_or_else(broken);
        (entry, array)
    };
    entries.into_iter().map(head).collect()
}

fn head_of_entry(
    archive: &mut ZipArchive<BufReader<File>>,
    entry: &str,
    name: &str,
) -> Result<StoredArray, String> {
    let mut file = archive.by_name(entry).map_err(|error| format!("it cannot be unpacked ({error})"))?;
    let (size, compressed) = (file.size(), file.compressed_size());
    if size > compressed.saturating_mul(MOST_EXPANSION).saturating_add(1024) {
        return Err(format!("it claims {size} bytes, more than its {compressed} compressed ones can hold"));
    }
    header(name, &mut file, size)
}

/// The entry of an archive, to be read from its beginning.
pub(super) fn unpacked<'a>(
    archive: &'a mut ZipArchive<BufReader<File>>,
    entry: &str,
) -> Result<Unpacking<impl Read + 'a>, String> {
    let file = archive.by_name(entry).map_err(|error| format!("it cannot be unpacked ({error})"))?;
    Ok(Unpacking(BufReader::with_capacity(BUFFER, file)))
}

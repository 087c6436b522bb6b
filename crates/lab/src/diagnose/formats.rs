//! Reading arrays from .npy, .npz and .safetensors; .parquet is in [`columns`].
//!
//! Files may be damaged or hostile: a header is believed only as far as the bytes behind it reach, and what a compressed
//! entry may grow to is bounded by what its compression could have made of it.

use super::arrays::{Array, ArrayError, Kind, Layout, decode, entries, show_shape};
use super::{Source, columns};
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};
use safetensors::tensor::{Dtype, SafeTensors};
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// The most that deflate makes of a byte.
const MOST_EXPANSION: u64 = 1032;
/// Arrays that an error lists.
const MOST_LISTED: usize = 20;

/// The whole file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ArrayError> {
    fs::read(path).map_err(|source| ArrayError::Unreadable { path: path.to_path_buf(), source })
}

/// What a file's reader needs to know for its errors.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub path: &'a Path,
    pub expected: &'a str,
}

impl Context<'_> {
    pub fn damaged(&self, problem: impl Into<String>) -> ArrayError {
        ArrayError::Damaged {
            path: self.path.to_path_buf(),
            problem: problem.into(),
            expected: self.expected.to_owned(),
        }
    }
}

/// Loads the matrix of a source.
pub fn load(source: &Source, bytes: &[u8], expected: &str) -> Result<Array, ArrayError> {
    load_rank(source, bytes, expected, 2)
}

/// Loads the vector of a source.
pub fn load_vector(source: &Source, bytes: &[u8], expected: &str) -> Result<Array, ArrayError> {
    load_rank(source, bytes, expected, 1)
}

/// Loads the array that was named, or the only one, or the only one with so many indices.
fn load_rank(source: &Source, bytes: &[u8], expected: &str, rank: usize) -> Result<Array, ArrayError> {
    let context = Context { path: &source.path, expected };
    let extension = source.path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("npy") => {
            let name = super::file_name(&source.path);
            match &source.array {
                Some(asked) if *asked != name => Err(ArrayError::Choice {
                    path: source.path.clone(),
                    problem: format!("a .npy file holds one array without a name, not `{asked}`"),
                    expected: expected.to_owned(),
                    found: "one array".to_owned(),
                }),
                _ => npy(&context, &name, bytes),
            }
        }
        Some("npz") => npz(&context, source, bytes, rank),
        Some("safetensors") => safetensors(&context, source, bytes, rank),
        Some("parquet") => columns::parquet(&context, source, bytes, rank),
        _ => Err(ArrayError::UnknownFormat(source.path.clone())),
    }
}

/// Picks one of the arrays of a file.
pub(super) fn choose(
    context: &Context<'_>,
    asked: Option<&str>,
    found: &[(String, Vec<usize>)],
    rank: usize,
) -> Result<usize, ArrayError> {
    let listed: Vec<String> = (found.iter().take(MOST_LISTED))
        .map(|(name, shape)| format!("`{name}` ({})", show_shape(shape)))
        .collect();
    let more = if found.len() > MOST_LISTED {
        format!(" and {} more", found.len() - MOST_LISTED)
    } else {
        String::new()
    };
    let problem = |problem: String| ArrayError::Choice {
        path: context.path.to_path_buf(),
        problem,
        expected: context.expected.to_owned(),
        found: if listed.is_empty() { "no array".to_owned() } else { listed.join(", ") + &more },
    };
    if let Some(asked) = asked {
        let position = found.iter().position(|(name, _)| name == asked);
        return position.ok_or_else(|| problem(format!("there is no array `{asked}`")));
    }
    let fitting: Vec<usize> = (0..found.len()).filter(|&i| found[i].1.len() == rank).collect();
    match (&fitting[..], found.len()) {
        (&[only], _) => Ok(only),
        (_, 1) => Ok(0),
        _ => Err(problem(
            "it is not clear which array is meant; name one with --array, --pairs-array or --labels-array"
                .to_owned(),
        )),
    }
}

/// One array in NumPy's format.
fn npy(context: &Context<'_>, name: &str, bytes: &[u8]) -> Result<Array, ArrayError> {
    let damaged = |problem: String| context.damaged(format!("array `{name}`: {problem}"));
    // The length of the header, which is allocated as it stands, must lie inside the file.
    let header_length = match bytes.get(..12) {
        Some([0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..]) => {
            10 + usize::from(u16::from_le_bytes([*low, *high]))
        }
        Some([0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d]) => {
            12 + u32::from_le_bytes([*a, *b, *c, *d]) as usize
        }
        _ => return Err(damaged("this is no NumPy array, or it is cut short".to_owned())),
    };
    if header_length > bytes.len() {
        return Err(damaged(format!("its header has {header_length} bytes, the file {}", bytes.len())));
    }
    let header = NpyHeader::from_reader(Cursor::new(&bytes[..header_length]))
        .map_err(|error| damaged(format!("its header cannot be read ({error})")))?;
    let DType::Plain(dtype) = header.dtype() else {
        return Err(damaged("it holds records, not plain numbers".to_owned()));
    };
    let size = usize::try_from(dtype.size_field()).unwrap_or(usize::MAX);
    let kind = match (dtype.type_char(), size) {
        (TypeChar::Float, 2) => Kind::F16,
        (TypeChar::Float, 4) => Kind::F32,
        (TypeChar::Float, 8) => Kind::F64,
        (TypeChar::Int, 1 | 2 | 4 | 8) => Kind::Signed(size),
        (TypeChar::Uint, 1 | 2 | 4 | 8) | (TypeChar::Bool, 1) => Kind::Unsigned(size),
        _ => {
            return Err(damaged(format!(
                "its type {dtype} is no real number (object arrays are never loaded)"
            )));
        }
    };
    let shape: Vec<usize> =
        header.shape().iter().map(|&extent| usize::try_from(extent).unwrap_or(usize::MAX)).collect();
    let layout = Layout {
        kind,
        is_big_endian: dtype.endianness() == Endianness::Big,
        is_column_major: header.order() == Order::Fortran,
    };
    let data = &bytes[header_length..];
    let needed = entries(&shape).and_then(|entries| entries.checked_mul(kind.size()));
    if needed != Some(data.len()) {
        let needed = needed.map_or("more than there can be".to_owned(), |bytes| bytes.to_string());
        let problem = format!(
            "its header says {} of type {dtype}, which takes {needed} bytes, but {} follow",
            show_shape(&shape),
            data.len()
        );
        return Err(damaged(problem));
    }
    let values = decode(&shape, data, layout);
    Ok(Array { path: context.path.to_path_buf(), name: name.to_owned(), shape, values })
}

/// An archive of NumPy arrays.
fn npz(context: &Context<'_>, source: &Source, bytes: &[u8], rank: usize) -> Result<Array, ArrayError> {
    let damaged = |problem: String| context.damaged(problem);
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| damaged(format!("it is cut short or no .npz archive ({error})")))?;
    let mut names: Vec<String> = (archive.file_names())
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "npy"))
        .collect();
    names.sort();
    // Shapes are needed to choose among several and to list them: headers are short.
    let mut found = Vec::new();
    for name in &names {
        let head = entry(&mut archive, name, Some(4096)).unwrap_or_default();
        let shape =
            NpyHeader::from_reader(Cursor::new(short_header(&head))).map(|header| header.shape().to_vec());
        let shape = shape.unwrap_or_default().iter().map(|&extent| extent as usize).collect();
        found.push((name.trim_end_matches(".npy").to_owned(), shape));
    }
    let chosen = choose(context, source.array.as_deref(), &found, rank)?;
    let content = entry(&mut archive, &names[chosen], None)
        .map_err(|problem| damaged(format!("array `{}`: {problem}", found[chosen].0)))?;
    npy(context, &found[chosen].0, &content)
}

/// The bytes if their header is at most as long as they are, else nothing.
fn short_header(head: &[u8]) -> &[u8] {
    let length = match head.get(..12) {
        Some([_, _, _, _, _, _, 1, _, low, high, ..]) => 10 + usize::from(u16::from_le_bytes([*low, *high])),
        Some([_, _, _, _, _, _, 2 | 3, _, a, b, c, d]) => 12 + u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => usize::MAX,
    };
    head.get(..length).unwrap_or_default()
}

/// The content of an archive's entry, or its first bytes.
fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, first: Option<u64>) -> Result<Vec<u8>, String> {
    let file = archive.by_name(name).map_err(|error| format!("it cannot be unpacked ({error})"))?;
    let (size, compressed) = (file.size(), file.compressed_size());
    if size > compressed.saturating_mul(MOST_EXPANSION).saturating_add(1024) {
        return Err(format!("it claims {size} bytes, more than its {compressed} compressed ones can hold"));
    }
    let mut content = Vec::new();
    let read = file.take(first.unwrap_or(size)).read_to_end(&mut content);
    read.map_err(|error| format!("it cannot be unpacked ({error})"))?;
    Ok(content)
}

fn safetensors(
    context: &Context<'_>,
    source: &Source,
    bytes: &[u8],
    rank: usize,
) -> Result<Array, ArrayError> {
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| context.damaged(format!("it is cut short or no safetensors file ({error})")))?;
    let mut all = tensors.tensors();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let found: Vec<(String, Vec<usize>)> =
        all.iter().map(|(name, view)| (name.clone(), view.shape().to_vec())).collect();
    let chosen = choose(context, source.array.as_deref(), &found, rank)?;
    let (name, view) = &all[chosen];
    let kind = match view.dtype() {
        Dtype::F16 => Kind::F16,
        Dtype::BF16 => Kind::Bf16,
        Dtype::F32 => Kind::F32,
        Dtype::F64 => Kind::F64,
        Dtype::I8 => Kind::Signed(1),
        Dtype::I16 => Kind::Signed(2),
        Dtype::I32 => Kind::Signed(4),
        Dtype::I64 => Kind::Signed(8),
        Dtype::U8 | Dtype::BOOL => Kind::Unsigned(1),
        Dtype::U16 => Kind::Unsigned(2),
        Dtype::U32 => Kind::Unsigned(4),
        Dtype::U64 => Kind::Unsigned(8),
        other => return Err(context.damaged(format!("array `{name}`: its type {other:?} is not supported"))),
    };
    let layout = Layout { kind, is_big_endian: false, is_column_major: false };
    let values = decode(view.shape(), view.data(), layout);
    Ok(Array { path: context.path.to_path_buf(), name: name.clone(), shape: view.shape().to_vec(), values })
}

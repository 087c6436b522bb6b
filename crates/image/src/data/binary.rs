//! Formats with bare pixels: CIFAR's binary files and IDX (MNIST).
//!
//! CIFAR-10: every row is a label and 3 × 32 × 32 bytes, channel first. CIFAR-100: coarse label, fine label, the same; the
//! fine one is taken. IDX: a magic number, big-endian extents, bytes; grey becomes three equal channels.

use super::ImageSet;
use super::rows::{check_label, read_file};
use crate::error::DataError;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
/// Class names of CIFAR-10, for copies without `batches.meta.txt`.
const CIFAR_10: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Which of the two sets a CIFAR file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cifar {
    /// One label.
    Ten,
    /// A coarse and a fine label.
    Hundred,
}

impl Cifar {
    fn labels(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    /// By the names of the published files, else by the length: rows of 3073 or of 3074 bytes.
    pub(super) fn of_file(path: &Path, length: u64) -> Result<Self, DataError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("data_batch") || name.starts_with("test_batch") {
            return Ok(Self::Ten);
        }
        if name == "train.bin" || name == "test.bin" {
            return Ok(Self::Hundred);
        }
        let divides = |rows: usize| length > 0 && length.is_multiple_of(rows as u64);
        match (divides(3 * PLANE + 1), divides(3 * PLANE + 2)) {
            (true, false) => Ok(Self::Ten),
            (false, true) => Ok(Self::Hundred),
            (found, _) => {
                let which = if found { "both" } else { "neither" };
                let problem = format!("its {length} bytes are a multiple of {which} of the row lengths");
                let expected =
                    "CIFAR-10 (rows of 3073 bytes) or CIFAR-100 (3074), or their published file names";
                Err(DataError::damaged(path, problem, expected))
            }
        }
    }

    /// Names in a text file beside the binary ones, else the known ones, else numbers.
    fn classes(self, beside: &Path) -> Vec<String> {
        let (file, count) = match self {
            Self::Ten => ("batches.meta.txt", 10),
            Self::Hundred => ("fine_label_names.txt", 100),
        };
        let listed = std::fs::read_to_string(beside.with_file_name(file)).unwrap_or_default();
        let names: Vec<String> =
            listed.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        match self {
            _ if names.len() == count => names,
            Self::Ten => CIFAR_10.map(str::to_owned).to_vec(),
            Self::Hundred => (0..count).map(|label| label.to_string()).collect(),
        }
    }
}

/// Reads CIFAR files, one after the other.
pub(super) fn read_cifar(kind: Cifar, paths: &[PathBuf]) -> Result<ImageSet, DataError> {
    let Some(first) = paths.first() else { return Ok(ImageSet::default()) };
    let mut set = ImageSet { width: SIDE, height: SIDE, classes: kind.classes(first), ..ImageSet::default() };
    let (labels, length) = (kind.labels(), kind.labels() + 3 * PLANE);
    for path in paths {
        let bytes = read_file(path)?;
        if bytes.is_empty() || bytes.len() % length != 0 {
            let problem = format!(
                "its {} bytes are {} whole rows and {} bytes more",
                bytes.len(),
                bytes.len() / length,
                bytes.len() % length
            );
            return Err(DataError::damaged(
                path,
                problem,
                format!("a whole number of rows of {length} bytes"),
            ));
        }
        for (row, record) in bytes.chunks_exact(length).enumerate() {
            set.labels.push(check_label(path, row, i64::from(record[labels - 1]), &set.classes)?);
            let planes = &record[labels..];
            set.pixels.extend((0..PLANE).flat_map(|i| [planes[i], planes[PLANE + i], planes[2 * PLANE + i]]));
        }
    }
    Ok(set)
}

/// The most that deflate makes of a byte.
const MOST_EXPANSION: u64 = 1032;

/// Reads a pair of IDX files, each as it is or compressed with gzip (`.gz`).
pub(super) fn read_idx(images: &Path, labels: &Path) -> Result<ImageSet, DataError> {
    let pictures = idx(images, 3, "pictures: magic number 00 00 08 03, count, height, width, then bytes")?;
    let classes = idx(labels, 1, "labels: magic number 00 00 08 01, count, then bytes")?;
    let (count, height, width) = (pictures.extents[0], pictures.extents[1], pictures.extents[2]);
    if classes.extents[0] != count {
        let problem = format!("it has {} labels", classes.extents[0]);
        return Err(DataError::damaged(
            labels,
            problem,
            format!("{count}, one for each of {}", images.display()),
        ));
    }
    if pictures.values().is_empty() {
        let problem = format!("it has {count} pictures of {width} × {height} pixels");
        return Err(DataError::damaged(images, problem, "at least one picture and pixel"));
    }
    let names = classes.values().iter().max().map_or(0, |&label| u32::from(label) + 1);
    Ok(ImageSet {
        width,
        height,
        pixels: pictures.values().iter().flat_map(|&grey| [grey; 3]).collect(),
        labels: classes.values().iter().map(|&label| u32::from(label)).collect(),
        classes: (0..names).map(|label| label.to_string()).collect(),
    })
}

/// An array of bytes with its extents.
struct Idx {
    extents: Vec<usize>,
    content: Vec<u8>,
    header: usize,
}

impl Idx {
    fn values(&self) -> &[u8] {
        &self.content[self.header..]
    }
}

fn idx(path: &Path, rank: usize, expected: &str) -> Result<Idx, DataError> {
    let damaged = |problem: String| DataError::damaged(path, problem, expected);
    let content = unpacked(path)?;
    let header = 4 + 4 * rank;
    if content.len() < header {
        return Err(damaged(format!(
            "it has {} bytes, fewer than the {header} of its header",
            content.len()
        )));
    }
    if content[..4] != [0, 0, 8, rank as u8] {
        let magic: Vec<String> = content[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(damaged(format!("its magic number is {}", magic.join(" "))));
    }
    let extents: Vec<usize> = (content[4..header].chunks_exact(4))
        .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]) as usize)
        .collect();
    let declared = extents.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent));
    if declared != Some(content.len() - header) {
        let shown: Vec<String> = extents.iter().map(ToString::to_string).collect();
        let follow = content.len() - header;
        return Err(damaged(format!("its header says {}, but {follow} bytes follow", shown.join(" × "))));
    }
    Ok(Idx { extents, content, header })
}

fn unpacked(path: &Path) -> Result<Vec<u8>, DataError> {
    let stored = read_file(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(stored);
    }
    let mut content = Vec::new();
    let most = (stored.len() as u64).saturating_mul(MOST_EXPANSION);
    match GzDecoder::new(&stored[..]).take(most).read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(error) => {
            Err(DataError::damaged(path, format!("it cannot be unpacked ({error})"), "a whole gzip file"))
        }
    }
}

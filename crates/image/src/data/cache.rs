//! Decoded pictures in one file, so that the next run starts at once.
//!
//! Layout: 8 bytes of magic, the length of the header (little-endian, 8 bytes), the header in JSON, the pixels of training
//! and of testing, and the SHA-256 of everything before it. The header has the fingerprint of the sources: names, lengths
//! and times of change of their files. A cache that does not fit its sources, its length or its hash is not used.

use super::open::{open, sources};
use super::{ImageSet, Split};
use crate::error::DataError;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const MAGIC: &[u8; 8] = b"FSIMAGE1";
const HASH: usize = 32;

/// [`open`], through a cache: reads `cache` where it holds the pictures of `path` as it is now, else decodes and writes
/// it. A cache that cannot be written is no error: a note says so.
pub fn open_cached(path: &Path, cache: &Path) -> Result<Split, DataError> {
    let fingerprint = fingerprint(path)?;
    if let Some(split) = fs::read(cache).ok().and_then(|content| decode(content, &fingerprint)) {
        return Ok(split);
    }
    let mut split = open(path)?;
    if let Err(error) = write(cache, &split, &fingerprint) {
        split.notes.push(format!("the decoded pictures could not be kept in {}: {error}", cache.display()));
    }
    Ok(split)
}

/// Changes whenever a file of the set does, as far as names, lengths and times tell.
fn fingerprint(path: &Path) -> Result<String, DataError> {
    let describe = |source: &PathBuf| -> Result<String, DataError> {
        let metadata = fs::metadata(source).map_err(|error| DataError::unreadable(source, error))?;
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed = changed.map_or(0, |since| since.as_nanos());
        Ok(format!("{} {} {changed}\n", source.display(), metadata.len()))
    };
    let described = sources(path)?.iter().map(describe).collect::<Result<String, _>>()?;
    Ok(featurescope_lab::identity::Digest::of(described).to_string())
}

fn header(split: &Split, fingerprint: &str) -> Value {
    json!({
        "sources": fingerprint,
        "width": split.train.width,
        "height": split.train.height,
        "classes": split.train.classes,
        "train": split.train.labels,
        "test": split.test.labels,
        "notes": split.notes,
    })
}

/// Written beside its place and moved there whole.
fn write(cache: &Path, split: &Split, fingerprint: &str) -> std::io::Result<()> {
    let header = header(split, fingerprint).to_string();
    let length = (header.len() as u64).to_le_bytes();
    let parts: [&[u8]; 5] = [MAGIC, &length, header.as_bytes(), &split.train.pixels, &split.test.pixels];
    let mut hash = Sha256::new();
    let unfinished = PathBuf::from(format!("{}.{}.unfinished", cache.display(), std::process::id()));
    let mut file = File::create(&unfinished)?;
    for part in parts {
        hash.update(part);
        file.write_all(part)?;
    }
    file.write_all(&hash.finalize())?;
    file.sync_all()?;
    fs::rename(unfinished, cache)
}

/// The split, if every byte is as it was written and the sources are those of then.
fn decode(content: Vec<u8>, fingerprint: &str) -> Option<Split> {
    let body = content.len().checked_sub(HASH)?;
    if content.get(..8)? != MAGIC || Sha256::digest(&content[..body])[..] != content[body..] {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(content.get(8..16)?.try_into().ok()?)).ok()?;
    let pixels_from = length.checked_add(16)?;
    let header: Value = serde_json::from_slice(content.get(16..pixels_from)?).ok()?;
    if header.get("sources")?.as_str()? != fingerprint {
        return None;
    }
    let number = |key: &str| header.get(key)?.as_u64().map(|value| value as usize);
    let texts = |key: &str| -> Option<Vec<String>> {
        header.get(key)?.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let labels = |key: &str| -> Option<Vec<u32>> {
        let numbers = header.get(key)?.as_array()?;
        numbers.iter().map(|label| u32::try_from(label.as_u64()?).ok()).collect()
    };
    let set = |labels: Vec<u32>, pixels: Vec<u8>| -> Option<ImageSet> {
        let set = ImageSet {
            width: number("width")?,
            height: number("height")?,
            pixels,
            labels,
            classes: texts("classes")?,
        };
        (set.pixels.len() == set.len() * set.bytes_per_image()).then_some(set)
    };
    let (train, test) = (labels("train")?, labels("test")?);
    let middle = pixels_from + train.len() * number("width")? * number("height")? * 3;
    let test_pixels = content.get(middle..body)?.to_vec();
    let mut train_pixels = content;
    train_pixels.truncate(middle);
    train_pixels.drain(..pixels_from);
    Some(Split { train: set(train, train_pixels)?, test: set(test, test_pixels)?, notes: texts("notes")? })
}

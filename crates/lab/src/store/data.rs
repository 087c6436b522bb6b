//! The data of a run as arrays, `data.safetensors`: M and some samples x = M z + ξ, all F32.
//!
//! `dictionary` M (d1 × d), `noise_directions` (k × d1) where there are any, `x` (n × d1), `latent` z (n × d)
//! and `noise` ξ (n × d1). The metadata has the single entry `featurescope`, a JSON object: a [`DataHead`].

use super::arrays::{matrix, matrix_tensor, tensors, write};
use super::checkpoint::{ENTRY, PART};
use super::{StoreError, from_versioned_json};
use featurescope_sim::data::Samples;
use featurescope_sim::math::Matrix;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Version of the layout described above.
const FORMAT_VERSION: u32 = 1;
const DICTIONARY: &str = "dictionary";
const DIRECTIONS: &str = "noise_directions";
/// A header beyond this is none of ours: it names five tensors.
const LONGEST_HEADER: u64 = 1 << 16;

/// What the metadata say: what reading a run asks of its data without the arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataHead {
    /// Version of the layout.
    pub format_version: u32,
    /// Where M comes from: a value of the setting `data.dictionary.kind`.
    pub dictionary_kind: String,
    /// The seed that M, the noise directions and the samples were drawn with.
    pub seed: u64,
    /// Name of the tensor that holds M; null where M is larger than what is kept.
    pub dictionary: Option<String>,
    /// Name of the tensor that holds the noise directions; null where there are none, or larger than what is
    /// kept.
    pub noise_directions: Option<String>,
    /// Number of noise directions.
    pub direction_count: usize,
    /// How much leverage the directions see.
    pub leverage_overlap: StoredOverlap,
}

/// Σ_r u_r² h_r averaged over directions u, h_r = Σ_j M_rj² (docs/theory.md 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredOverlap {
    /// Over the atoms.
    pub atoms: f64,
    /// Over a basis of what is orthogonal to them.
    pub complement: f64,
}

/// The arrays that say how noise and signal lie.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredData {
    /// M, d1 × d, where it was kept.
    pub dictionary: Option<Matrix>,
    /// The noise directions, k × d1, where there are any and they were kept.
    pub noise_directions: Option<Matrix>,
}

impl DataHead {
    /// The head of a file with the given arrays.
    pub fn new(
        arrays: &StoredData,
        (dictionary_kind, seed): (&str, u64),
        direction_count: usize,
        leverage_overlap: StoredOverlap,
    ) -> Self {
        let name = |array: &Option<Matrix>, name: &str| array.as_ref().map(|_| name.to_owned());
        Self {
            format_version: FORMAT_VERSION,
            dictionary_kind: dictionary_kind.to_owned(),
            seed,
            dictionary: name(&arrays.dictionary, DICTIONARY),
            noise_directions: name(&arrays.noise_directions, DIRECTIONS),
            direction_count,
            leverage_overlap,
        }
    }
}

/// Stores the data of a run, replacing what stands at `path`.
pub fn write_data(
    path: &Path,
    head: &DataHead,
    arrays: &StoredData,
    samples: &Samples,
) -> Result<(), StoreError> {
    let entry = serde_json::to_string(head)
        .map_err(|source| StoreError::Json { path: path.to_path_buf(), source })?;
    let kept = [(DICTIONARY, &arrays.dictionary), (DIRECTIONS, &arrays.noise_directions)];
    let kept = kept.into_iter().filter_map(|(name, array)| Some((name, array.as_ref()?)));
    let drawn = [("x", &samples.x), ("latent", &samples.latent), ("noise", &samples.noise)];
    let all: Vec<_> = kept.chain(drawn).map(|(name, array)| matrix_tensor(name, array)).collect();
    write(path, &all, Some(entry))
}

/// Reads what the metadata say, and nothing else of the file.
///
/// # Errors
/// If the file is missing, cut short or another file.
pub fn read_data_head(path: &Path) -> Result<DataHead, StoreError> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__")]
        metadata: HashMap<String, String>,
    }
    let unusable = || StoreError::content(path, "it is cut short or no safetensors file of ours");
    let mut file = File::open(path).map_err(StoreError::io(path, "read"))?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| unusable())?;
    let length = u64::from_le_bytes(length);
    let mut header = Vec::new();
    file.take(length.min(LONGEST_HEADER)).read_to_end(&mut header).map_err(StoreError::io(path, "read"))?;
    if header.len() as u64 != length {
        return Err(unusable());
    }
    let unreadable =
        |error| StoreError::content(path, format!("it is no safetensors file of ours ({error})"));
    let Header { metadata } = serde_json::from_slice(&header).map_err(unreadable)?;
    let entry = metadata.get(ENTRY).ok_or_else(unusable)?;
    from_versioned_json((path, PART), entry.as_bytes(), FORMAT_VERSION)
}

/// Reads the arrays.
///
/// # Errors
/// If the file is missing, cut short or another file.
pub fn read_data(path: &Path) -> Result<StoredData, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io(path, "read"))?;
    let tensors = tensors(path, &bytes)?;
    let kept = |name: &str| tensors.names().contains(&name).then(|| matrix(path, &tensors, name)).transpose();
    Ok(StoredData { dictionary: kept(DICTIONARY)?, noise_directions: kept(DIRECTIONS)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.safetensors");
        let arrays = StoredData {
            dictionary: Some(Matrix::from_fn(4, 2, |i, j| (i + j) as f32)),
            noise_directions: None,
        };
        let overlap = StoredOverlap { atoms: 0.1 + 0.2, complement: 1.0 / 3.0 };
        let head = DataHead::new(&arrays, ("haar", 7), 0, overlap);
        let samples =
            Samples { x: Matrix::zeros(3, 4), latent: Matrix::zeros(3, 2), noise: Matrix::zeros(3, 4) };
        write_data(&path, &head, &arrays, &samples).unwrap();
        assert_eq!(read_data_head(&path).unwrap(), head, "numbers come back exactly");
        assert_eq!(read_data(&path).unwrap(), arrays);
        assert_eq!((head.dictionary.as_deref(), head.noise_directions), (Some("dictionary"), None));

        let bytes = fs::read(&path).unwrap();
        for cut in [0, 4, 8, 40, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            let message = read_data(&path).unwrap_err().to_string();
            assert!(message.contains("data.safetensors"), "{message}");
        }
        fs::write(&path, [&u64::MAX.to_le_bytes()[..], &bytes[8..]].concat()).unwrap();
        assert!(read_data_head(&path).unwrap_err().to_string().contains("cut short"));
        fs::write(&path, b"\x02\0\0\0\0\0\0\0{}").unwrap();
        assert!(read_data_head(&path).unwrap_err().to_string().contains("data.safetensors"));
        assert!(read_data_head(&folder.path().join("none")).is_err());
    }
}

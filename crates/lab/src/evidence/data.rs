//! The data of a stored run: what it kept of them, and what they take to be there again.

use super::Gap;
use crate::host::{available_memory, show_bytes};
use crate::identity::InputFile;
use crate::plan::Outline;
use crate::plan::data::{DataFacts, ambient, ambient_of_parts, code_noise, needs_ambient_space};
use crate::spec::Spec;
use crate::spec::typed::{DataSpec, NoiseDirectionsSpec};
use crate::store::{DATA_FILE, DataHead, StoreError, StoredOverlap, read_data, read_data_head};
use featurescope_sim::data::{LeverageOverlap, SparseCoding};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Bytes per entry of M while it is read: the file, its columns, the atoms.
const BYTES_PER_KEPT_ENTRY: f64 = 3.0 * 4.0;
/// Bytes per entry of M while it is drawn: Gaussian numbers and their QR in double precision, and the atoms.
const BYTES_PER_DRAWN_ENTRY: f64 = 3.0 * 8.0 + 2.0 * 4.0;
/// What an overlap with leverages can be, and a little for rounding.
const OVERLAPS: RangeInclusive<f64> = -1e-6..=1.0 + 1e-6;

/// What a run kept of its data.
pub(super) struct KeptData {
    path: PathBuf,
    head: DataHead,
}

impl KeptData {
    /// That of the run in folder `run`; `None` where no arm drew the data in the ambient space.
    ///
    /// # Errors
    /// If the file is missing, damaged, or not that of these settings.
    pub fn open(run: &Path, spec: &Spec) -> Result<Option<Self>, StoreError> {
        if !needs_ambient_space(spec) {
            return Ok(None);
        }
        let path = run.join(DATA_FILE);
        let head = read_data_head(&path)?;
        let StoredOverlap { atoms, complement } = head.leverage_overlap;
        let data = &spec.shared.data;
        let most = if is_from_file(data) {
            data.ambient_dim
        } else {
            data.ambient_dim.saturating_sub(data.latent_dim)
        };
        if head.direction_count > most || [atoms, complement].iter().any(|share| !OVERLAPS.contains(share)) {
            return Err(StoreError::content(&path, "its metadata do not fit the settings"));
        }
        Ok(Some(Self { path, head }))
    }

    /// What closed forms ask of them. Only noise directions from a file have to be read for it.
    pub fn facts(&self, spec: &DataSpec) -> Result<DataFacts, StoreError> {
        let StoredOverlap { atoms, complement } = self.head.leverage_overlap;
        let overlap = LeverageOverlap { atoms, complement };
        let direction_count = self.head.direction_count;
        let kept = if is_from_file(spec) { Some(read_data(&self.path)?) } else { None };
        let shapes = ((spec.ambient_dim, spec.latent_dim), (direction_count, spec.ambient_dim));
        let arrays = kept.and_then(|kept| kept.dictionary.zip(kept.noise_directions));
        let arrays = arrays.filter(|(m, u)| ((m.rows(), m.cols()), (u.rows(), u.cols())) == shapes);
        let arrays = arrays.map(|(columns, directions)| (columns.transposed(), directions));
        let code_noise = code_noise(spec, arrays.as_ref().map(|(atoms, directions)| (atoms, directions)));
        Ok(DataFacts { overlap, direction_count, code_noise })
    }

    /// The model in the ambient space: of M as it was kept, or drawn again where it was too large for that.
    pub fn load(&self, plan: &Outline, files: &[InputFile]) -> Result<SparseCoding, Gap> {
        let unusable = |error: &dyn Display| Gap::Unusable(error.to_string());
        let (d1, d, k) = (plan.law.ambient_dim, plan.law.latent_dim, self.head.direction_count);
        let entries = (d + k) as f64 * d1 as f64;
        if self.head.dictionary.is_none() {
            require_memory(entries * BYTES_PER_DRAWN_ENTRY)?;
            return ambient(&plan.shared, files).map_err(|error| unusable(&error));
        }
        require_memory(entries * BYTES_PER_KEPT_ENTRY)?;
        let stored = read_data(&self.path).map_err(|error| unusable(&error))?;
        let columns = stored.dictionary.filter(|m| (m.rows(), m.cols()) == (d1, d));
        let columns = columns.ok_or_else(|| Gap::Missing(format!("M of {d1} × {d} in {DATA_FILE}")))?;
        let directions = stored.noise_directions.as_ref().map_or((0, d1), |u| (u.rows(), u.cols()));
        if directions != (k, d1) {
            return Err(Gap::Missing(format!("{k} noise directions in {DATA_FILE}")));
        }
        ambient_of_parts(&plan.shared, &columns, stored.noise_directions).map_err(|error| unusable(&error))
    }
}

fn is_from_file(spec: &DataSpec) -> bool {
    matches!(spec.noise_directions, NoiseDirectionsSpec::File { .. })
}

/// An error where so many bytes are not there.
pub(super) fn require_memory(bytes: f64) -> Result<(), Gap> {
    match available_memory() {
        Some(available) if bytes > available => {
            Err(Gap::Memory { needed: show_bytes(bytes), available: show_bytes(available) })
        }
        _ => Ok(()),
    }
}

//! The data of a stored run: what it kept of them, and what they take to be there again.

use super::Gap;
use crate::host::{available_memory, show_bytes};
use crate::identity::InputFile;
use crate::plan::Outline;
use crate::plan::data::{DataFacts, ambient, ambient_of_parts, code_noise, data_law, needs_ambient_space};
use crate::spec::Spec;
use crate::spec::typed::SharedSpec;
use crate::store::{DATA_FILE, DataHead, StoreError, StoredOverlap, read_data, read_data_head};
use featurescope_sim::data::{DataModel, LeverageOverlap};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let shared = &spec.shared;
        let are_outside = shared.built_data().is_some_and(|law| {
            law.sparse_coding().is_some_and(|parts| parts.directions().are_outside_atoms())
        });
        let taken = if are_outside { shared.latent_dim() } else { 0 };
        if head.direction_count > shared.ambient_dim().saturating_sub(taken)
            || [atoms, complement].iter().any(|share| !OVERLAPS.contains(share))
        {
            return Err(StoreError::content(&path, "its metadata do not fit the settings"));
        }
        Ok(Some(Self { path, head }))
    }

    /// What closed forms ask of them. Only noise directions that may overlap with atoms have to be read for it.
    pub fn facts(&self, shared: &SharedSpec) -> Result<DataFacts, StoreError> {
        let StoredOverlap { atoms, complement } = self.head.leverage_overlap;
        let overlap = LeverageOverlap { atoms, complement };
        let direction_count = self.head.direction_count;
        let kept = if may_overlap(shared) { Some(read_data(&self.path)?) } else { None };
        let (d1, d) = (shared.ambient_dim(), shared.latent_dim());
        let arrays = kept.and_then(|kept| kept.dictionary.zip(kept.noise_directions));
        let arrays = arrays.filter(|(m, u)| {
            ((m.rows(), m.cols()), (u.rows(), u.cols())) == ((d1, d), (direction_count, d1))
        });
        let arrays = arrays.map(|(columns, directions)| (columns.transposed(), directions));
        let arrays = arrays.as_ref().map(|(atoms, directions)| (atoms, directions));
        let law = shared.built_data();
        let parts = law.as_ref().and_then(|law| law.sparse_coding());
        let code_noise = parts.and_then(|parts| code_noise(parts, arrays));
        Ok(DataFacts { overlap, direction_count, code_noise })
    }

    /// The model in the ambient space: of M as it was kept, or drawn again where it was too large for that.
    pub fn load(&self, plan: &Outline, files: &[InputFile]) -> Result<Arc<dyn DataModel>, Gap> {
        let unusable = |error: &dyn Display| Gap::Unusable(error.to_string());
        let (d1, d) = (plan.shared.ambient_dim(), plan.shared.latent_dim());
        let k = self.head.direction_count;
        let entries = (d + k) as f64 * d1 as f64;
        let law = data_law(&plan.shared).map_err(|error| unusable(&error))?;
        let Some(parts) = law.sparse_coding().filter(|_| self.head.dictionary.is_some()) else {
            require_memory(entries * BYTES_PER_DRAWN_ENTRY)?;
            return ambient(&plan.shared, files).map_err(|error| unusable(&error));
        };
        require_memory(entries * BYTES_PER_KEPT_ENTRY)?;
        let stored = read_data(&self.path).map_err(|error| unusable(&error))?;
        let columns = stored.dictionary.filter(|m| (m.rows(), m.cols()) == (d1, d));
        let columns = columns.ok_or_else(|| Gap::Missing(format!("M of {d1} × {d} in {DATA_FILE}")))?;
        let directions = stored.noise_directions.as_ref().map_or((0, d1), |u| (u.rows(), u.cols()));
        if directions != (k, d1) {
            return Err(Gap::Missing(format!("{k} noise directions in {DATA_FILE}")));
        }
        ambient_of_parts(parts, &columns, stored.noise_directions).map_err(|error| unusable(&error))
    }
}

/// Whether noise directions may lie along atoms.
fn may_overlap(shared: &SharedSpec) -> bool {
    let law = shared.built_data();
    let parts = law.as_ref().and_then(|law| law.sparse_coding());
    parts.is_some_and(|parts| !parts.directions().are_outside_atoms())
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

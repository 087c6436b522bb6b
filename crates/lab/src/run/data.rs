//! The data that a run is trained on, kept beside its results: M and the first of the fresh samples that
//! every arm represents, so that a stored run can be read and used without drawing anything again.

use super::RunDirectory;
use super::pictures::fresh_samples;
use crate::plan::Plan;
use crate::store::{DATA_FILE, DataHead, StoreError, StoredData, StoredOverlap, write_data};
use featurescope_sim::data::DataModel;
use featurescope_sim::math::Matrix;

/// Samples that are kept, where they are not too large.
const SAMPLES: usize = 64;
/// Bytes up to which M and the noise directions are kept: all shipped experiments are below it.
const LARGEST_DICTIONARY: usize = 32 << 20;
/// Bytes up to which samples are kept: fewer of them where one is long.
const LARGEST_SAMPLES: usize = 8 << 20;

/// Leaves the data in the run directory; nothing where no arm draws them in the ambient space.
pub(super) fn keep(plan: &Plan, directory: &RunDirectory) -> Result<(), StoreError> {
    let path = directory.file(DATA_FILE);
    let Some(model) = plan.data.ambient().filter(|_| !path.exists()) else { return Ok(()) };
    let arrays = arrays(model.as_ref());
    let facts = &plan.facts;
    let overlap = StoredOverlap { atoms: facts.overlap.atoms, complement: facts.overlap.complement };
    let kind = plan.shared.dictionary_kind();
    let head = DataHead::new(&arrays, (kind, plan.seed), facts.direction_count, overlap);
    let bytes_per_sample = size_of::<f32>() * (2 * model.ambient_dim() + model.latent_dim());
    let count = SAMPLES.min(LARGEST_SAMPLES / bytes_per_sample);
    let samples = model.sample(&fresh_samples(plan.seed), 0, count);
    write_data(&path, &head, &arrays, &samples)
}

fn arrays(model: &dyn DataModel) -> StoredData {
    let (atoms, directions) = (model.dictionary().atoms(), model.noise_directions());
    let bytes = |array: &Matrix| size_of::<f32>() * array.rows() * array.cols();
    let is_kept = bytes(atoms) + directions.map_or(0, bytes) <= LARGEST_DICTIONARY;
    StoredData {
        dictionary: is_kept.then(|| atoms.transposed()),
        noise_directions: directions.filter(|_| is_kept).cloned(),
    }
}

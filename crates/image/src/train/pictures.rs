//! The pictures that a run trains on and is measured on.

use super::error::ExecuteError;
use crate::data::{ImageSet, Pictures, Split, SyntheticSpec, open, open_cached, synthetic};
use crate::settings::Data;
use featurescope_lab::identity::Digest;
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Purpose, Stream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where pictures come from, and what was found there. Runs on the same pictures can share it.
#[derive(Clone, Debug)]
pub struct Source {
    data: Data,
    found: Found,
}

/// What was found.
#[derive(Clone, Debug)]
enum Found {
    /// What was read.
    Stored(Arc<Read>),
    /// Every seed draws its own, of this size and so many classes.
    Synthetic { size: usize, classes: usize },
}

/// Pictures in memory, with their digest.
#[derive(Debug)]
struct Read {
    split: Split,
    digest: Digest,
}

impl Source {
    /// Reads what `data` names, through the cache of decoded pictures in the folder `cache` if there is one.
    ///
    /// # Errors
    /// If pictures cannot be read, or are fewer than the settings ask for.
    pub fn open(data: &Data, cache: Option<&Path>) -> Result<Self, ExecuteError> {
        let path = match &data.pictures {
            Pictures::Stored(path) => path,
            &Pictures::Synthetic { size, classes } => {
                return Ok(Self { data: data.clone(), found: Found::Synthetic { size, classes } });
            }
        };
        let split = match cache {
            Some(folder) => open_cached(path, &cache_file(folder, path))?,
            None => open(path)?,
        };
        for (setting, wanted, set) in
            [("data.train", data.train, &split.train), ("data.test", data.test, &split.test)]
        {
            if set.len() < wanted {
                let problem = format!("{} holds {} of them", path.display(), set.len());
                return Err(ExecuteError::Misfit { setting, value: wanted, problem });
            }
        }
        let digest = split.digest();
        Ok(Self { data: data.clone(), found: Found::Stored(Arc::new(Read { split, digest })) })
    }

    /// Height and width of the pictures.
    pub fn size(&self) -> [usize; 2] {
        match &self.found {
            Found::Stored(read) => [read.split.train.height, read.split.train.width],
            Found::Synthetic { size, .. } => [*size; 2],
        }
    }

    /// Classes of the pictures.
    pub fn classes(&self) -> usize {
        match &self.found {
            Found::Stored(read) => read.split.train.classes.len(),
            Found::Synthetic { classes, .. } => *classes,
        }
    }

    /// What the pictures are: a digest of every pixel, label and class, whatever their files are called and
    /// wherever they lie. `None` where they are drawn, since settings and seed say everything then.
    pub fn digest(&self) -> Option<Digest> {
        match &self.found {
            Found::Stored(read) => Some(read.digest),
            Found::Synthetic { .. } => None,
        }
    }

    /// What a user should know about the pictures.
    pub fn notes(&self) -> &[String] {
        match &self.found {
            Found::Stored(read) => &read.split.notes,
            Found::Synthetic { .. } => &[],
        }
    }

    /// The pictures of a seed: drawn from it, or `data.train` and `data.test` of those that were read, chosen at random by
    /// it and in random order. So intervals over seeds include the choice of pictures, and a set that is sorted by class
    /// does no harm.
    pub fn of_seed(&self, seed: u64) -> Result<Split, ExecuteError> {
        let data = &self.data;
        let read = match &self.found {
            Found::Stored(read) => &read.split,
            &Found::Synthetic { size, classes } => {
                let spec = SyntheticSpec { size, classes, train: data.train, test: data.test };
                return Ok(synthetic(spec, seed)?);
            }
        };
        let stream = Stream::new(seed, Purpose::ORDER, 0);
        let chosen = |set: &ImageSet, count: usize, part: Part| {
            set.pick(shuffled(set.len(), &stream, part).into_iter().take(count))
        };
        Ok(Split {
            train: chosen(&read.train, data.train, Part::Dense),
            test: chosen(&read.test, data.test, Part::Latent),
            notes: Vec::new(),
        })
    }
}

/// One file per place that pictures are read from.
fn cache_file(folder: &Path, pictures: &Path) -> PathBuf {
    let place = std::path::absolute(pictures).unwrap_or_else(|_| pictures.to_path_buf());
    folder.join(format!("pictures-{}.cache", Digest::of(place.as_os_str().as_encoded_bytes()).short()))
}

/// The numbers below `count` in random order.
pub(super) fn shuffled(count: usize, stream: &Stream, part: Part) -> Vec<usize> {
    let mut keys: Vec<([u32; 4], usize)> = (0..count).map(|i| (stream.words(part, i as u32, 0), i)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key.1).collect()
}

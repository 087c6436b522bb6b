//! Carries an experiment out into its folder: every seed, every arm, from where it stands.

use super::memory::{self, MemoryError};
use super::pictures::Source;
use super::{EpochEnd, Represented, Trainer, checkpoint, pipeline};
use crate::DataError;
use crate::arrays::{self, Array, ArraysError};
use crate::data::Split;
use crate::device::{self, DeviceError};
use crate::feature;
use crate::measure::{self, Labelled, chroma, cosine_atoms};
use crate::network::parameters::numbers;
use crate::purpose;
use crate::run::{self, Folder, FolderError, Reading, Record, Timing};
use crate::settings::{Arm, Pictures, Settings};
use crate::views::ViewPipeline;
use burn::tensor::Device;
use featurescope_lab::host::available_memory;
use featurescope_lab::store::{StoreError, write_json_atomically};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Test pictures whose pairs of views are looked at.
const PAIRS: usize = 400;
/// Pictures whose views are stored as a sample.
const SAMPLE_VIEWS: usize = 8;
/// Test pictures whose representations are stored.
const STORED: usize = 600;
/// Columns of activations that are stored: more add nothing to a picture.
const STORED_ACTIVATIONS: usize = 1024;

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The pictures.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Arrays on disk.
    #[error(transparent)]
    Arrays(#[from] ArraysError),
    /// Tables on disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A device that lacks what the settings ask for.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Memory that is not there.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Settings that do not fit the pictures.
    #[error("{setting} = {value}, but {problem}")]
    Misfit {
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: usize,
        /// What is wrong.
        problem: String,
    },
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A word about the pictures.
    Note(&'a str),
    /// An arm begins, or goes on after `epoch` epochs; a run has `pictures` training pictures in all.
    Started {
        /// The arm.
        arm: &'a str,
        /// Its seed.
        seed: u64,
        /// Epochs made.
        epoch: usize,
        /// Pictures that go through its steps from here on.
        pictures: u64,
    },
    /// A step.
    Stepped {
        /// Pictures since the start.
        pictures: u64,
        /// Its loss.
        loss: f64,
    },
    /// An epoch has been measured.
    Measured(&'a Record),
    /// An arm has ended.
    Ended {
        /// The arm.
        arm: &'a str,
        /// Its seed.
        seed: u64,
        /// Its last record.
        record: &'a Record,
        /// How long it took.
        timing: Timing,
        /// Whether its loss stopped being a number.
        is_diverged: bool,
    },
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Complete,
    /// An arm diverged; the others are there.
    Diverged,
    /// It was stopped; the same command goes on.
    Interrupted,
}

/// Runs all that is not there yet.
///
/// # Errors
/// Those of [`require_feasible`]; if pictures cannot be drawn, a stored state cannot be used, or a file cannot be written.
pub fn execute(
    settings: &Settings,
    source: &Source<'_>,
    folder: &Folder,
    device: &Device,
    interrupt: &AtomicBool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Ending, ExecuteError> {
    require_feasible(settings, source, device)?;
    let mut ending = Ending::Complete;
    source.notes().iter().for_each(|note| tell(Event::Note(note)));
    for &seed in &settings.seeds {
        if settings.arms.iter().all(|(name, _)| folder.is_complete(name, seed)) {
            continue;
        }
        let split = source.of_seed(seed)?;
        for (name, arm) in settings.arms.iter() {
            if folder.is_complete(name, seed) {
                continue;
            }
            let one = ArmRun { settings, folder, device, name, arm, seed, split: &split };
            match one.run(interrupt, tell)? {
                Ending::Interrupted => return Ok(Ending::Interrupted),
                Ending::Diverged => ending = Ending::Diverged,
                Ending::Complete => {}
            }
        }
    }
    Ok(ending)
}

/// Whether [`execute`] can do what is asked: to be found out before anything is made.
///
/// # Errors
/// [`ExecuteError::Device`], [`ExecuteError::Misfit`] and [`ExecuteError::Memory`].
pub fn require_feasible(
    settings: &Settings,
    source: &Source<'_>,
    device: &Device,
) -> Result<(), ExecuteError> {
    device::require(device, settings.training.arithmetic)?;
    require_fitting(settings, source)?;
    Ok(memory::require(settings, source.size(), source.classes(), available_memory())?)
}

fn require_fitting(settings: &Settings, source: &Source<'_>) -> Result<(), ExecuteError> {
    let [height, side] = source.size();
    let setting = match settings.data.pictures {
        Pictures::Stored(_) => "the pictures' side",
        Pictures::Synthetic { .. } => "data.size",
    };
    let not_square = || format!("pictures must be square, these are {side} × {height}");
    match (side != height).then(not_square).or_else(|| settings.network.misfit(side)) {
        Some(problem) => Err(ExecuteError::Misfit { setting, value: side, problem }),
        None => Ok(()),
    }
}

struct ArmRun<'a> {
    settings: &'a Settings,
    folder: &'a Folder,
    device: &'a Device,
    name: &'a str,
    arm: &'a Arm,
    seed: u64,
    split: &'a Split,
}

impl ArmRun<'_> {
    fn run(&self, interrupt: &AtomicBool, tell: &mut dyn FnMut(Event<'_>)) -> Result<Ending, ExecuteError> {
        let place = self.folder.arm(self.name, self.seed);
        fs::create_dir_all(&place)
            .map_err(|error| FolderError::Unusable { path: place.clone(), problem: error.to_string() })?;
        let mut trainer = Trainer::new(self.settings, self.arm, self.seed, &self.split.train, self.device);
        let mut records = self.resume(&mut trainer, &place)?;
        let mut filters = stored_filters(&place, &records)?;
        if records.is_empty() {
            self.measure(&trainer, None, &mut records, &mut filters);
            self.save(&place, &trainer, &records, &filters, Timing::default())?;
        }
        let mut timing = self.folder.timing(self.name, self.seed)?;
        let epochs = self.settings.training.epochs;
        let batch = self.settings.training.batch as u64;
        let per_epoch = trainer.steps_per_epoch(&self.split.train) as u64 * batch;
        let mut is_diverged = false;
        tell(Event::Started {
            arm: self.name,
            seed: self.seed,
            epoch: trainer.epoch(),
            pictures: per_epoch.saturating_mul((epochs - trainer.epoch()) as u64),
        });
        let mut pictures = 0;
        while trainer.epoch() < epochs {
            let start = Instant::now();
            let ended = trainer.train_epoch(&self.split.train, &mut |_, loss| {
                pictures += batch;
                tell(Event::Stepped { pictures, loss });
                !interrupt.load(Ordering::Relaxed)
            });
            let loss = match ended {
                EpochEnd::Done(loss) => loss,
                EpochEnd::Interrupted => return Ok(Ending::Interrupted),
                EpochEnd::Diverged => {
                    is_diverged = true;
                    break;
                }
            };
            timing.pictures += per_epoch;
            timing.seconds += start.elapsed().as_secs_f64();
            self.measure(&trainer, Some(loss), &mut records, &mut filters);
            self.save(&place, &trainer, &records, &filters, timing)?;
            if let Some(record) = records.last().filter(|record| record.reading.is_some()) {
                tell(Event::Measured(record));
            }
        }
        self.finish(&place, &trainer)?;
        if let Some(record) = records.last() {
            tell(Event::Ended { arm: self.name, seed: self.seed, record, timing, is_diverged });
        }
        Ok(if is_diverged { Ending::Diverged } else { Ending::Complete })
    }

    /// Takes the stored state over, and the records up to it.
    fn resume(&self, trainer: &mut Trainer, place: &Path) -> Result<Vec<Record>, ExecuteError> {
        let path = place.join(run::CHECKPOINT_FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let stored = checkpoint::read(&path)?;
        let epoch = stored.about.epoch;
        trainer.restore(epoch, stored.values, stored.velocities);
        let mut records = self.folder.records(self.name, self.seed)?;
        records.retain(|record| record.epoch <= epoch);
        Ok(records)
    }

    /// A record of this epoch, with a reading where it is due.
    fn measure(
        &self,
        trainer: &Trainer,
        loss: Option<f64>,
        records: &mut Vec<Record>,
        filters: &mut Vec<Array>,
    ) {
        let (epoch, epochs) = (trainer.epoch(), self.settings.training.epochs);
        let is_due = epoch.is_multiple_of(self.settings.measure.every) || epoch == epochs;
        let reading = is_due.then(|| self.read(trainer));
        records.push(Record { epoch, loss: loss.and_then(finite), reading });
        if is_due {
            let handle = trainer.network.encoder.first_layer();
            let shape = &trainer.parameters.slot(handle).shape;
            let values = numbers(trainer.parameters.value(handle).clone());
            filters.push(Array::new(epoch_name(epoch), shape, values));
        }
    }

    fn read(&self, trainer: &Trainer) -> Reading {
        let Split { train, test, .. } = self.split;
        let rows = |count: usize| (0..count).collect::<Vec<_>>();
        let fitted = trainer.represent(train, &rows(self.settings.measure.probe));
        let held = trainer.represent(test, &rows(test.len()));
        let is_finite = |m: &Matrix| m.as_slice().iter().all(|h| h.is_finite());
        if !is_finite(&fitted.features) || !is_finite(&held.features) {
            // The last step left weights that are no numbers; nothing can be read off them.
            return Reading::default();
        }
        let fit = Labelled { features: &fitted.features, labels: &train.labels[..fitted.features.rows()] };
        let score = Labelled { features: &held.features, labels: &test.labels };
        let stream = Stream::new(self.seed, Purpose::MEASUREMENT, 0);
        let pairs = rows(test.len().min(PAIRS));
        let pairs = trainer.represent_pairs(test, &pairs, &ViewPipeline::full(1.0), &stream);
        let [alignment, uniformity] = measure::alignment_and_uniformity(&pairs);
        let handle = trainer.network.encoder.first_layer();
        let filters = Array::new(
            "",
            &trainer.parameters.slot(handle).shape,
            numbers(trainer.parameters.value(handle).clone()),
        );
        let chroma: Vec<f64> = filters.parts().map(chroma::of_filter).collect();
        // For networks on patches, whose filters stand for atoms.
        let whitening = trainer.network.encoder.whitening();
        let of_atoms = whitening.and_then(|(_, _, side)| finite(cosine_atoms::share(filters.parts(), side)));
        Reading {
            probe: finite(measure::linear_probe(fit, score, train.classes.len())),
            neighbours: finite(measure::nearest_neighbours(fit, score, self.settings.measure.neighbours)),
            alignment: finite(alignment),
            uniformity: finite(uniformity),
            effective_rank: finite(measure::effective_rank(&held.features)),
            firing_density: finite(measure::firing_density(&held.firing)),
            cosine_atoms: of_atoms,
            filter_chroma: finite(chroma.iter().sum::<f64>() / chroma.len() as f64),
        }
    }

    fn save(
        &self,
        place: &Path,
        trainer: &Trainer,
        records: &[Record],
        filters: &[Array],
        timing: Timing,
    ) -> Result<(), ExecuteError> {
        write_json_atomically(&place.join(run::RECORDS_FILE), &records)?;
        write_json_atomically(&place.join(run::TIMING_FILE), &timing)?;
        arrays::write(&place.join(run::FILTERS_FILE), filters, "{}")?;
        let train = &self.split.train;
        let about = checkpoint::About::of(trainer, self.name, train.width, &train.classes);
        Ok(checkpoint::write(&place.join(run::CHECKPOINT_FILE), &about, trainer)?)
    }

    /// What is read once, at the end.
    fn finish(&self, place: &Path, trainer: &Trainer) -> Result<(), ExecuteError> {
        let Split { train, test, .. } = self.split;
        let count = test.len().min(STORED);
        let Represented { features, firing } = trainer.represent(test, &(0..count).collect::<Vec<_>>());
        let width = firing.cols().min(STORED_ACTIVATIONS);
        let stride = firing.cols() / width;
        let kept = (0..count).flat_map(|i| (0..width).map(move |j| (i, j * stride)));
        let kept: Vec<f32> = kept.map(|at| firing[at]).collect();
        let labels = test.labels[..count].iter().map(|&label| label as f32).collect();
        let mut stored = vec![
            Array::new("features", &[count, features.cols()], features.as_slice().to_vec()),
            Array::new("firing", &[count, width], kept),
            Array::new("labels", &[count], labels),
        ];
        let measure = &self.settings.measure;
        if measure.feature_steps > 0 {
            let layers = trainer.network.encoder.layers();
            if let Some((layer, _)) = layers.last() {
                let channels = measure::most_varying(&features, measure.features);
                let both = (&trainer.network, &trainer.parameters);
                let steps = measure.feature_steps;
                if let Some(found) =
                    feature::maximise(both, layer, &channels, train.width, steps, self.device)
                {
                    let numbers = channels.iter().map(|&channel| channel as f32).collect();
                    stored.push(Array::new("unit_channels", &[channels.len()], numbers));
                    let shape = [channels.len(), 3, train.width, train.width];
                    stored.push(Array::new("units", &shape, found.pictures.concat()));
                    stored.push(Array::new("unit_activations", &[channels.len()], found.activations));
                }
            }
        }
        let rows: Vec<usize> = (0..train.len().min(SAMPLE_VIEWS)).collect();
        let size = rows.len() * train.bytes_per_image();
        let mut views = vec![0.0; 2 * size];
        let (anchor, positive) = views.split_at_mut(size);
        let stream = Stream::new(self.seed, purpose::VIEWS, 0);
        pipeline(self.arm, train.width).pairs(train, &rows, &stream, anchor, positive);
        stored.push(Array::new("views", &[2 * rows.len(), 3, train.height, train.width], views));
        let about = serde_json::json!({ "classes": train.classes }).to_string();
        Ok(arrays::write(&place.join(run::FINAL_FILE), &stored, &about)?)
    }
}

/// Filters stored so far, up to the last record.
fn stored_filters(place: &Path, records: &[Record]) -> Result<Vec<Array>, ExecuteError> {
    let path = place.join(run::FILTERS_FILE);
    if records.is_empty() || !path.exists() {
        return Ok(Vec::new());
    }
    let last = records.last().map_or(0, |record| record.epoch);
    let (mut filters, _) = arrays::read(&path)?;
    filters.retain(|array| array.name <= epoch_name(last));
    Ok(filters)
}

/// A name that sorts as its number.
fn epoch_name(epoch: usize) -> String {
    format!("epoch-{epoch:06}")
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

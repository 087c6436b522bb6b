//! One arm of a run, from where it stands to its end: trained, measured, saved epoch by epoch.

use super::checkpoint;
use super::error::ExecuteError;
use super::event::Event;
use super::plan::Plan;
use super::{EpochEnd, Represented, Trainer};
use crate::arrays::{self, Array};
use crate::data::Split;
use crate::feature;
use crate::measure::{self, Labelled, chroma, cosine_atoms};
use crate::network::parameters::numbers;
use crate::purpose;
use crate::run::{self, Measurements, Record, Timing, record};
use crate::settings::Arm;
use crate::views::ViewPipeline;
use featurescope_lab::status::{ArmEnd, ProductInputs, StopReason};
use featurescope_lab::store::{RECORDS_FILE, write_json_atomically};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use std::fs;
use std::path::{Path, PathBuf};
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

/// An arm that is carried out.
pub(super) struct ArmRun<'a> {
    pub(super) plan: &'a Plan,
    pub(super) name: &'a str,
    pub(super) arm: &'a Arm,
    pub(super) place: PathBuf,
    pub(super) split: &'a Split,
}

impl ArmRun<'_> {
    /// How the arm ended, with its records; `None` where it was interrupted.
    pub(super) fn run(
        &self,
        interrupt: &AtomicBool,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<(ArmEnd, Vec<Record>)>, ExecuteError> {
        let mut trainer =
            Trainer::new(self.arm, self.plan.settings.seed, &self.split.train, &self.plan.device);
        let mut records = self.resume(&mut trainer)?;
        let mut filters = stored_filters(&self.place, &records)?;
        let mut timing = stored_timing(&self.place, &records);
        if records.is_empty() {
            self.measure(&trainer, None, &mut records, &mut filters);
            self.save(&trainer, &records, &filters, timing)?;
        }
        let epochs = self.arm.training.epochs;
        let batch = self.arm.training.batch as u64;
        let per_epoch = trainer.steps_per_epoch(&self.split.train) as u64 * batch;
        let mut stop_reason = StopReason::Finished;
        tell(Event::Started {
            arm: self.name,
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
                EpochEnd::Interrupted => return Ok(None),
                EpochEnd::Diverged => {
                    stop_reason = StopReason::Diverged;
                    break;
                }
            };
            timing.seconds += start.elapsed().as_secs_f64();
            self.measure(&trainer, Some(loss), &mut records, &mut filters);
            self.save(&trainer, &records, &filters, timing)?;
            if let Some(record) = records.last().filter(|record| record.measured.is_some()) {
                tell(Event::Measured(record));
            }
        }
        self.finish(&trainer)?;
        let end = self.end(&trainer, stop_reason, timing);
        if let Some(record) = records.last() {
            let pictures = per_epoch * trainer.epoch() as u64;
            tell(Event::Ended { arm: self.name, record, end: &end, pictures });
        }
        Ok(Some((end, records)))
    }

    fn end(&self, trainer: &Trainer, stop_reason: StopReason, timing: Timing) -> ArmEnd {
        let is_diverged = stop_reason == StopReason::Diverged;
        ArmEnd {
            stop_reason,
            stop_detail: is_diverged.then(|| "the loss is no number".to_owned()),
            product_inputs: match self.arm.training.arithmetic {
                Arithmetic::Single => ProductInputs::Single,
                Arithmetic::Mixed => ProductInputs::Bfloat16,
            },
            steps: self.steps(trainer),
            training_seconds: timing.seconds,
            probe_seconds: 0.0,
            probe_problem: None,
        }
    }

    /// Steps of the epochs that were made.
    fn steps(&self, trainer: &Trainer) -> u64 {
        (trainer.epoch() * trainer.steps_per_epoch(&self.split.train)) as u64
    }

    /// Takes the stored state over, and the records up to it.
    fn resume(&self, trainer: &mut Trainer) -> Result<Vec<Record>, ExecuteError> {
        let path = self.place.join(run::CHECKPOINT_FILE);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let stored = checkpoint::read(&path)?;
        let epoch = stored.about.epoch;
        trainer.restore(epoch, stored.values, stored.velocities);
        let mut records = record::read(&self.place.join(RECORDS_FILE))?;
        records.retain(|record| record.epoch <= epoch);
        Ok(records)
    }

    /// A record of this epoch, measured where it is due.
    fn measure(
        &self,
        trainer: &Trainer,
        loss: Option<f64>,
        records: &mut Vec<Record>,
        filters: &mut Vec<Array>,
    ) {
        let (epoch, epochs) = (trainer.epoch(), self.arm.training.epochs);
        let is_due = epoch.is_multiple_of(self.arm.measure.every) || epoch == epochs;
        let measured = is_due.then(|| self.read(trainer));
        let step = self.steps(trainer);
        records.push(Record { epoch, step, loss: loss.and_then(finite), measured });
        if is_due {
            let handle = trainer.network.encoder.first_layer();
            let shape = &trainer.parameters.slot(handle).shape;
            let values = numbers(trainer.parameters.value(handle).clone());
            filters.push(Array::new(epoch_name(epoch), shape, values));
        }
    }

    fn read(&self, trainer: &Trainer) -> Measurements {
        let Split { train, test, .. } = self.split;
        let rows = |count: usize| (0..count).collect::<Vec<_>>();
        let fitted = trainer.represent(train, &rows(self.plan.settings.probe.pictures));
        let held = trainer.represent(test, &rows(test.len()));
        let is_finite = |m: &Matrix| m.as_slice().iter().all(|h| h.is_finite());
        if !is_finite(&fitted.features) || !is_finite(&held.features) {
            // The last step left weights that are no numbers; nothing can be read off them.
            return Measurements::default();
        }
        let fit = Labelled { features: &fitted.features, labels: &train.labels[..fitted.features.rows()] };
        let score = Labelled { features: &held.features, labels: &test.labels };
        let stream = Stream::new(self.plan.settings.seed, Purpose::MEASUREMENT, 0);
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
        Measurements {
            probe: finite(measure::linear_probe(fit, score, train.classes.len())),
            neighbours: finite(measure::nearest_neighbours(fit, score, self.plan.settings.probe.neighbours)),
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
        trainer: &Trainer,
        records: &[Record],
        filters: &[Array],
        timing: Timing,
    ) -> Result<(), ExecuteError> {
        record::write(&self.place.join(RECORDS_FILE), records)?;
        write_json_atomically(&self.place.join(run::TIMING_FILE), &timing)?;
        arrays::write(&self.place.join(run::FILTERS_FILE), filters, "{}")?;
        let train = &self.split.train;
        let about = checkpoint::About::of(trainer, self.name, train.width, &train.classes);
        Ok(checkpoint::write(&self.place.join(run::CHECKPOINT_FILE), &about, trainer)?)
    }

    /// What is read once, at the end.
    fn finish(&self, trainer: &Trainer) -> Result<(), ExecuteError> {
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
        let measure = &self.arm.measure;
        if measure.feature_steps > 0 {
            let layers = trainer.network.encoder.layers();
            if let Some((layer, _)) = layers.last() {
                let channels = measure::most_varying(&features, measure.features);
                let both = (&trainer.network, &trainer.parameters);
                let steps = measure.feature_steps;
                if let Some(found) =
                    feature::maximise(both, layer, &channels, train.width, steps, &self.plan.device)
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
        let stream = Stream::new(self.plan.settings.seed, purpose::VIEWS, 0);
        self.arm.augmentation.pipeline(train.width).pairs(train, &rows, &stream, anchor, positive);
        stored.push(Array::new("views", &[2 * rows.len(), 3, train.height, train.width], views));
        let about = serde_json::json!({ "classes": train.classes }).to_string();
        Ok(arrays::write(&self.place.join(run::FINAL_FILE), &stored, &about)?)
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

/// Seconds so far; what cannot be read is lost, and nothing else with it.
fn stored_timing(place: &Path, records: &[Record]) -> Timing {
    let text = fs::read_to_string(place.join(run::TIMING_FILE)).ok().filter(|_| !records.is_empty());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A name that sorts as its number.
fn epoch_name(epoch: usize) -> String {
    format!("epoch-{epoch:06}")
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

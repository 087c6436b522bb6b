//! Training one arm from one seed, epoch by epoch.

pub mod optimizer;
pub mod checkpoint;
pub mod whitening;
pub mod memory;
pub mod error;
pub mod event;
pub mod pictures;
pub mod plan;
mod arm;
pub mod execute;
mod recipe;

pub use error::ExecuteError;
pub use event::Event;
pub use execute::execute;
pub use pictures::Source;
pub use plan::Plan;

use crate::adversary::Adversary;
use crate::data::ImageSet;
use crate::network::layers::BatchNorm;
use crate::network::parameters::{numbers, vector};
use crate::network::{Network, Parameters, Pass, Representation, Role};
use crate::objective::{Objective, loss};
use crate::purpose;
use crate::settings::Arm;
use crate::views::{Augmentation, ViewPipeline, plain};
use burn::tensor::{Device, Tensor, TensorData};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use optimizer::{Descent, cosine_rate};

/// Pictures of one pass that only looks.
const LOOKING_BATCH: usize = 128;

/// A network in training.
pub struct Trainer {
    /// The structure.
    pub network: Network,
    /// The arrays.
    pub parameters: Parameters,
    arm: Arm,
    seed: u64,
    descent: Descent,
    epoch: usize,
    device: Device,
}

/// How an epoch went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EpochEnd {
    /// All steps were made; the mean loss.
    Done(f64),
    /// Someone asked for an end in the middle; the state is of no use any more.
    Interrupted,
    /// The loss is no number any more.
    Diverged,
}

/// What a step reads.
struct Drawn {
    /// Anchors, then positives; the anchors alone if both are equal or only one is needed.
    pictures: Tensor<4>,
    /// What RandomMask inside the network multiplies by.
    mask: Option<Tensor<4>>,
    are_equal: bool,
    labels: Vec<u32>,
}

/// What representations a set of pictures has.
pub struct Represented {
    /// n × k features.
    pub features: Matrix,
    /// n × m activations of the last rectified layer.
    pub firing: Matrix,
}

impl Trainer {
    /// Before the first step: initial weights, standardisation and whitening fitted to the training pictures.
    pub fn new(arm: &Arm, seed: u64, pictures: &ImageSet, device: &Device) -> Self {
        let sizes = [pictures.width, pictures.classes.len()];
        let (network, blueprint) = Network::new(&arm.network, &arm.objective, sizes, seed);
        let mut parameters = blueprint.build(device);
        whitening::fit(&network, &mut parameters, pictures, device);
        let descent = Descent::new(arm.training.momentum, arm.training.weight_decay, &parameters);
        Self { network, parameters, arm: arm.clone(), seed, descent, epoch: 0, device: device.clone() }
    }

    /// Epochs made.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Steps of an epoch; pictures that do not fill a batch wait for another epoch's order.
    pub fn steps_per_epoch(&self, pictures: &ImageSet) -> usize {
        pictures.len() / self.arm.training.batch
    }

    /// One epoch. `each_step` is told (steps done, loss) and answers whether to go on.
    pub fn train_epoch(
        &mut self,
        pictures: &ImageSet,
        each_step: &mut dyn FnMut(usize, f64) -> bool,
    ) -> EpochEnd {
        // Number 0 chose the pictures.
        let order = Stream::new(self.seed, Purpose::ORDER, 1 + self.epoch as u32);
        let order = pictures::shuffled(pictures.len(), &order, Part::Dense);
        let steps = self.steps_per_epoch(pictures);
        let training = &self.arm.training;
        let (batch, epochs, warmup, largest) =
            (training.batch, training.epochs as f64, training.warmup, training.learning_rate);
        let mut sum = 0.0;
        for step in 0..steps {
            let progress = self.epoch as f64 + (step as f64 + 1.0) / steps as f64;
            let rate = cosine_rate(largest, warmup, epochs, progress - 0.5 / steps as f64);
            let loss = self.step(pictures, &order[step * batch..][..batch], step, rate);
            if !loss.is_finite() {
                return EpochEnd::Diverged;
            }
            sum += loss;
            if !each_step(step + 1, loss) {
                return EpochEnd::Interrupted;
            }
        }
        self.epoch += 1;
        EpochEnd::Done(sum / steps as f64)
    }

    fn step(&mut self, pictures: &ImageSet, rows: &[usize], step: usize, rate: f64) -> f64 {
        let count = (self.epoch * self.steps_per_epoch(pictures) + step) as u32;
        let stream = Stream::new(self.seed, purpose::VIEWS, count);
        let mut drawn = self.draw(pictures, rows, &stream);
        if let Adversary::ProjectedGradient { radius, steps } = self.arm.adversary {
            drawn.pictures = self.attacked(&drawn, radius, steps);
        }
        let leaves: Vec<Tensor<1>> = (self.parameters.values().iter().zip(self.parameters.slots()))
            .map(|(value, slot)| match slot.role {
                Role::Statistic => value.clone().autodiff(),
                Role::Weight | Role::Shift => value.clone().autodiff().require_grad(),
            })
            .collect();
        let mut pass = Pass::training(&self.parameters, leaves.clone(), self.arm.training.arithmetic);
        let loss = self.loss(&mut pass, &drawn, drawn.pictures.clone());
        let statistics = pass.into_statistics();
        let value = f64::from(numbers(loss.clone().inner())[0]);
        let mut gradients = loss.backward();
        let gradients = leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients)).collect();
        for (handle, target) in statistics {
            self.parameters.move_statistic(handle, target, BatchNorm::momentum());
        }
        self.descent.step(&mut self.parameters, gradients, rate);
        value
    }

    /// The views of these rows. Both go through the network together, so that one batch normalises both.
    fn draw(&self, pictures: &ImageSet, rows: &[usize], stream: &Stream) -> Drawn {
        let is_supervised = self.arm.objective.is_supervised();
        let n = rows.len();
        let length = pictures.bytes_per_image();
        let inner = self.arm.augmentation.inner_mask();
        let inside =
            inner.and_then(|keep_rate| Some((self.network.encoder.masked(pictures.width)?, keep_rate)));
        let pipeline = self.arm.augmentation.pipeline(pictures.width);
        // Two equal views are embedded once.
        let are_equal = self.arm.augmentation == Augmentation::None || is_supervised;
        let mut views = vec![0.0; 2 * n * length];
        let (anchor, positive) = views.split_at_mut(n * length);
        pipeline.pairs(pictures, rows, stream, anchor, positive);
        let count = if are_equal { n } else { 2 * n };
        views.truncate(count * length);
        Drawn {
            pictures: self.batch(views, count, pictures),
            mask: inside.map(|(shape, keep_rate)| self.mask(count, n, (shape, keep_rate), stream)),
            are_equal,
            labels: rows.iter().map(|&row| pictures.labels[row]).collect(),
        }
    }

    /// The pictures, changed step by step so that the loss grows.
    fn attacked(&self, drawn: &Drawn, radius: f64, steps: usize) -> Tensor<4> {
        // A little farther than the border in all, so that the ascent can turn on its way (Madry et al. 2018).
        let stride = 1.25 * radius / steps as f64;
        let (least, most) = (drawn.pictures.clone() - radius, drawn.pictures.clone() + radius);
        let mut pictures = drawn.pictures.clone();
        for _ in 0..steps {
            let leaf = pictures.clone().autodiff().require_grad();
            let values = self.parameters.values().iter().map(|value| value.clone().autodiff()).collect();
            let mut pass = Pass::training(&self.parameters, values, self.arm.training.arithmetic);
            let mut gradients = self.loss(&mut pass, drawn, leaf.clone()).backward();
            let Some(gradient) = leaf.grad_remove(&mut gradients) else { return pictures };
            let moved = pictures + gradient.sign() * stride;
            pictures = moved.max_pair(least.clone()).min_pair(most.clone());
        }
        pictures
    }

    /// The loss of what was drawn, on `pictures` in place of its own.
    fn loss(&self, pass: &mut Pass<'_>, drawn: &Drawn, pictures: Tensor<4>) -> Tensor<1> {
        pass.set_mask(drawn.mask.clone());
        let representation = self.network.represent(pass, pictures);
        let output = self.network.head.forward(pass, representation);
        let both = |whole: &Tensor<2>| {
            let rows = whole.dims()[0];
            if drawn.are_equal {
                return [whole.clone(), whole.clone()];
            }
            [whole.clone().narrow(0, 0, rows / 2), whole.clone().narrow(0, rows / 2, rows / 2)]
        };
        match self.arm.objective {
            Objective::CrossEntropy => loss::cross_entropy(output, &drawn.labels),
            Objective::NtXent { temperature, similarity } => {
                let [a, b] = both(&output);
                loss::nt_xent(a, b, temperature, similarity)
            }
            Objective::InfoNce { temperature, similarity, stop_gradient } => {
                let [a, b] = both(&output);
                loss::info_nce(a, b, temperature, similarity, stop_gradient)
            }
            Objective::SimSiam => {
                let predicted = self.network.head.predict(pass, output.clone()).unwrap_or(output.clone());
                loss::simsiam(both(&predicted), both(&output))
            }
        }
    }

    fn batch(&self, views: Vec<f32>, count: usize, pictures: &ImageSet) -> Tensor<4> {
        let shape = [count, 3, pictures.height, pictures.width];
        Tensor::from_data(TensorData::new(views, shape), &self.device)
    }

    /// RandomMask inside the network: 2 D for the anchors, 2 (I − D) for the positives, one D per patch.
    /// `count` of the views of `n` pictures go through the network: anchors first, and where labels are
    /// learned no positives.
    fn mask(
        &self,
        count: usize,
        n: usize,
        ([channels, rows, columns], keep_rate): ([usize; 3], f32),
        stream: &Stream,
    ) -> Tensor<4> {
        let size = channels * rows * columns;
        let mut mask = vec![0.0f32; 2 * n * size];
        let (anchor, positive) = mask.split_at_mut(n * size);
        for (i, (a, b)) in anchor.chunks_mut(size).zip(positive.chunks_mut(size)).enumerate() {
            let mut reader = stream.reader(Part::Mask, i as u32);
            for (a, b) in a.iter_mut().zip(b) {
                *a = if reader.uniform() < f64::from(keep_rate) { 2.0 } else { 0.0 };
                *b = 2.0 - *a;
            }
        }
        mask.truncate(count * size);
        let shape = [count, channels, rows, columns];
        Tensor::from_data(TensorData::new(mask, shape), &self.device)
    }

    /// The representations of pictures as they are.
    pub fn represent(&self, pictures: &ImageSet, rows: &[usize]) -> Represented {
        self.represent_with(pictures, rows, &mut |rows, out| plain(pictures, rows, out))
    }

    /// The features of both views of pictures.
    pub fn represent_pairs(
        &self,
        pictures: &ImageSet,
        rows: &[usize],
        pipeline: &ViewPipeline,
        stream: &Stream,
    ) -> [Matrix; 2] {
        let length = pictures.bytes_per_image();
        let mut anchor = vec![0.0; rows.len() * length];
        let mut positive = anchor.clone();
        pipeline.pairs(pictures, rows, stream, &mut anchor, &mut positive);
        let all: Vec<usize> = (0..rows.len()).collect();
        [anchor, positive].map(|view| {
            let copy = &mut |rows: &[usize], out: &mut [f32]| {
                let pictures = rows.iter().flat_map(|row| &view[row * length..][..length]);
                out.iter_mut().zip(pictures).for_each(|(out, &value)| *out = value);
            };
            self.represent_with(pictures, &all, copy).features
        })
    }

    fn represent_with(
        &self,
        pictures: &ImageSet,
        rows: &[usize],
        fill: &mut dyn FnMut(&[usize], &mut [f32]),
    ) -> Represented {
        let (mut features, mut firing) = (Vec::new(), Vec::new());
        for rows in rows.chunks(LOOKING_BATCH) {
            let mut batch = vec![0.0; rows.len() * pictures.bytes_per_image()];
            fill(rows, &mut batch);
            let mut pass = Pass::evaluation(&self.parameters);
            let Representation { features: k, firing: m, .. } =
                self.network.represent(&mut pass, self.batch(batch, rows.len(), pictures));
            features.extend(numbers(k));
            firing.extend(numbers(m));
        }
        let matrix =
            |values: Vec<f32>| Matrix::from_vec(rows.len(), values.len() / rows.len().max(1), values);
        Represented { features: matrix(features), firing: matrix(firing) }
    }

    /// Velocities of the descent, with the arrays and the epoch all that goes on from here.
    pub fn velocities(&self) -> Vec<Option<Vec<f32>>> {
        let velocities = self.descent.velocities().iter();
        velocities.map(|velocity| velocity.clone().map(numbers)).collect()
    }

    /// Goes on from a stored state.
    pub fn restore(&mut self, epoch: usize, values: Vec<Vec<f32>>, velocities: Vec<Option<Vec<f32>>>) {
        self.epoch = epoch;
        for (old, new) in self.parameters.values_mut().iter_mut().zip(values) {
            *old = vector(new, &self.device);
        }
        let velocities = velocities.into_iter().map(|v| v.map(|v| vector(v, &self.device))).collect();
        self.descent.set_velocities(velocities);
    }
}

#[cfg(test)]
mod tests;

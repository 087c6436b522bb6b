//! A finite training set: n samples, gone through in epochs.
//!
//! The set is drawn once. A step takes the next samples of it: the r-th anchor's sample of step t is number k = t P + r of
//! a sequence that goes through all n samples in epochs, in another random order in each. Fresh negatives go through the
//! same set in an order of their own. What is measured and probed stays fresh, so that over-fitting shows.
//!
//! The order of an epoch is a pure function of (seed, epoch, position): a Feistel network on ⌈log₂ n⌉ bits, rounded up to
//! an even number, is a permutation of 0 … 2^bits − 1, whatever its rounds compute; a position that it takes beyond n is
//! taken on until it is below (cycle walking). So nothing is stored, and a step can be drawn by any number of threads.
//!
//! Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (CT-RSA 2002).

use super::{DataModel, Dictionary, Samples};
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};
use crate::part::{Fallback, Kind, PartSetting};

/// n: a setting of data laws that can be drawn row by row.
pub const TRAINING_SAMPLES: PartSetting = PartSetting::new(
    "training_samples",
    Kind::count(1),
    Fallback::Absent("every training sample is fresh"),
    "Samples that training goes through in epochs, in another order in each. Measurements and probes draw fresh ones.",
);

/// Rounds of the Feistel network. With six, orders of ten samples are visibly uneven; from eight on they are not.
const ROUNDS: u32 = 12;

/// A data model whose training samples are those of a finite set.
#[derive(Debug)]
pub struct FiniteSet {
    model: Box<dyn DataModel>,
    samples: u32,
    seed: u64,
    anchors: usize,
    negatives: usize,
}

impl FiniteSet {
    /// `samples` ≥ 1 samples of `model`, for steps with so many anchors and fresh negatives.
    pub fn new(model: Box<dyn DataModel>, samples: u32, seed: u64, [anchors, negatives]: [usize; 2]) -> Self {
        Self { model, samples: samples.max(1), seed, anchors, negatives }
    }

    /// The stream whose rows 0 … n − 1 are the set.
    pub fn stream(seed: u64) -> Stream {
        Stream::new(seed, Purpose::TRAINING_SET, 0)
    }

    /// Where the sample for `row` of a stream is drawn from.
    fn source(&self, stream: &Stream, row: u32) -> (Stream, u32) {
        let (rows, order) = match stream.purpose() {
            Purpose::POSITIVES => (self.anchors, 0),
            Purpose::NEGATIVES => (self.negatives, 1),
            _ => return (*stream, row),
        };
        let number = u64::from(stream.step()) * rows as u64 + u64::from(row);
        let (epoch, position) = (number / u64::from(self.samples), number % u64::from(self.samples));
        let order = Stream::new(self.seed, Purpose::ORDER, order);
        (Self::stream(self.seed), shuffled(&order, epoch as u32, self.samples, position as u32))
    }
}

/// Where the order of this epoch takes `position` < `length`.
pub(super) fn shuffled(order: &Stream, epoch: u32, length: u32, position: u32) -> u32 {
    let bits = u32::BITS - (length - 1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1u32 << half) - 1;
    let mut at = position;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..ROUNDS {
            // A half has 16 bits at most, so round and half fit into the number of a block.
            let word = order.words(Part::Latent, epoch, (round << 16) | right)[0];
            (left, right) = (right, left ^ (word & mask));
        }
        at = (left << half) | right;
        if at < length {
            return at;
        }
    }
}

impl DataModel for FiniteSet {
    fn dictionary(&self) -> &Dictionary {
        self.model.dictionary()
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let (stream, row) = self.source(stream, row);
        self.model.draw_latent(&stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        let (stream, row) = self.source(stream, row);
        self.model.draw_noise(&stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.model.activity()
    }

    fn mean_square(&self) -> f64 {
        self.model.mean_square()
    }

    fn noise_variance(&self) -> f64 {
        self.model.noise_variance()
    }

    fn noise_directions(&self) -> Option<&Matrix> {
        self.model.noise_directions()
    }

    fn class_count(&self) -> usize {
        self.model.class_count()
    }

    fn class_of(&self, latent: &[f32]) -> Option<u32> {
        self.model.class_of(latent)
    }

    fn training_samples(&self) -> Option<u32> {
        Some(self.samples)
    }

    fn draw(&self, stream: &Stream, row: u32, x: &mut [f32], latent: &mut [f32]) {
        let (stream, row) = self.source(stream, row);
        self.model.draw(&stream, row, x, latent);
    }

    fn sample(&self, stream: &Stream, first_row: usize, rows: usize) -> Samples {
        let is_fresh = ![Purpose::POSITIVES, Purpose::NEGATIVES].contains(&stream.purpose());
        if is_fresh {
            return self.model.sample(stream, first_row, rows);
        }
        let (d1, d) = (self.ambient_dim(), self.latent_dim());
        let mut samples = Samples {
            x: Matrix::zeros(rows, d1),
            latent: Matrix::zeros(rows, d),
            noise: Matrix::zeros(rows, d1),
        };
        for r in 0..rows {
            let row = (first_row + r) as u32;
            self.draw(stream, row, samples.x.row_mut(r), samples.latent.row_mut(r));
            self.draw_noise(stream, row, samples.noise.row_mut(r));
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DenseNoise, Independent, SparseCoding};
    use std::sync::Arc;

    fn model() -> SparseCoding {
        let dictionary = Dictionary::haar(16, 4, 1).unwrap();
        let noise = DenseNoise::isotropic(0.1).unwrap();
        SparseCoding::new(dictionary, Arc::new(Independent { activity: 0.4 }), noise).unwrap()
    }

    #[test]
    fn every_order_is_a_permutation() {
        let order = Stream::new(3, Purpose::ORDER, 0);
        for length in [1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097] {
            for epoch in [0, 1, 77] {
                let mut all: Vec<u32> = (0..length).map(|at| shuffled(&order, epoch, length, at)).collect();
                let is_shuffled = length < 16 || all.iter().enumerate().any(|(at, &to)| at as u32 != to);
                assert!(is_shuffled, "{length}, {epoch}");
                all.sort_unstable();
                assert!(all.iter().enumerate().all(|(at, &to)| at as u32 == to), "{length}, {epoch}");
            }
        }
        assert!(shuffled(&order, 0, u32::MAX, u32::MAX - 1) < u32::MAX);
    }

    /// Every position goes everywhere equally often, and so do pairs of positions; five standard errors over epochs.
    #[test]
    fn orders_of_epochs_are_uniform() {
        const LENGTH: u32 = 10;
        const EPOCHS: u32 = 20_000;
        let order = Stream::new(3, Purpose::ORDER, 1);
        let (mut singles, mut pairs) = (Matrix::<f64>::zeros(10, 10), Matrix::<f64>::zeros(10, 10));
        for epoch in 0..EPOCHS {
            let all: Vec<usize> =
                (0..LENGTH).map(|at| shuffled(&order, epoch, LENGTH, at) as usize).collect();
            all.iter().enumerate().for_each(|(at, &to)| singles[(at, to)] += 1.0 / f64::from(EPOCHS));
            pairs[(all[2], all[3])] += 1.0 / f64::from(EPOCHS);
        }
        let mut compared = 0;
        for i in 0..10 {
            for j in 0..10 {
                let error = |p: f64| 5.0 * (p / f64::from(EPOCHS)).sqrt();
                assert!((singles[(i, j)] - 0.1).abs() < error(0.1), "{i} to {j}: {}", singles[(i, j)]);
                let expected = if i == j { 0.0 } else { 1.0 / 90.0 };
                assert!((pairs[(i, j)] - expected).abs() < error(1.0 / 90.0), "{i}, {j}: {}", pairs[(i, j)]);
                compared += 1;
            }
        }
        assert_eq!(compared, 100);
    }

    /// Steps of 6 anchors through 8 samples: four steps are three epochs, each of which has every sample once.
    #[test]
    fn steps_go_through_the_set_in_epochs_and_fresh_streams_stay_fresh() {
        let set = FiniteSet::new(Box::new(model()), 8, 5, [6, 4]);
        let (mut x, mut z, mut fixed) = (vec![0.0; 16], vec![0.0; 4], Vec::new());
        for row in 0..8 {
            model().draw(&FiniteSet::stream(5), row, &mut x, &mut z);
            fixed.push(x.clone());
        }
        for (purpose, rows, steps) in [(Purpose::POSITIVES, 6, 4), (Purpose::NEGATIVES, 4, 6)] {
            let mut drawn = Vec::new();
            for step in 0..steps {
                let stream = Stream::new(5, purpose, step);
                let samples = set.sample(&stream, 0, rows);
                for row in 0..rows {
                    set.draw(&stream, row as u32, &mut x, &mut z);
                    assert_eq!((samples.x.row(row), samples.latent.row(row)), (&x[..], &z[..]));
                    drawn.push(fixed.iter().position(|other| *other == x).unwrap());
                }
            }
            let epochs: Vec<&[usize]> = drawn.chunks_exact(8).collect();
            assert_eq!(epochs.len(), 3);
            for epoch in &epochs {
                assert!((0..8).all(|sample| epoch.contains(&sample)), "{epoch:?}");
            }
            assert!(epochs[0] != epochs[1] || epochs[1] != epochs[2]);
        }
        let fresh = Stream::new(5, Purpose::MEASUREMENT, 0);
        assert_eq!(set.sample(&fresh, 3, 5).x, model().sample(&fresh, 3, 5).x);
        assert_eq!(set.training_samples(), Some(8));
    }
}

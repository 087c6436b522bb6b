//! A stored network at its end, with what its neurons have on their own atoms and beside them.
//!
//! Source: theory.md 3.

use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_sim::data::DataModel;
use featurescope_sim::layer::Statistics;
use featurescope_sim::math::linalg::{squared_norm, times_transposed};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream, gaussian};
use featurescope_sim::measure::robustness::mixture;
use featurescope_sim::network::{Network, Parameters, Tape};
use featurescope_sim::objective::{Logistic, label_of};

/// Samples that expectations are taken over: a share has a standard error of .011 at most.
pub const SAMPLES: usize = 2048;

/// A classifier of one layer, g(x) = Σ_i h_i(⟨w_i, x⟩), on data with orthonormal atoms.
pub struct Trained {
    /// W, m × d1.
    weights: Matrix,
    /// What W has on the neurons' own atoms, m × d1.
    own: Matrix,
    /// v̄, the mean over neurons of what they have on other atoms; d1 entries.
    common: Vec<f32>,
    bias: Vec<f32>,
    network: Box<dyn Network>,
    /// w*, d entries.
    target: Vec<f32>,
}

/// Samples with their labels.
pub struct Labelled {
    /// x, n × d1.
    pub x: Matrix,
    /// y, n entries.
    pub labels: Vec<f64>,
}

impl Trained {
    /// A network of these weights and thresholds.
    ///
    /// # Shapes
    /// `weights`: m × d1; `bias`: m; `target`: w*, d.
    pub fn new(
        weights: Matrix,
        bias: Vec<f32>,
        network: Box<dyn Network>,
        (data, target): (&dyn DataModel, Vec<f32>),
    ) -> Self {
        let sparse = data.dictionary().coordinates(&weights);
        let mut own = sparse.clone();
        let mut common = Matrix::zeros(1, sparse.cols());
        let share = 1.0 / sparse.rows() as f32;
        for i in 0..sparse.rows() {
            let mixture = mixture(sparse.row(i));
            own.row_mut(i).iter_mut().zip(&mixture).for_each(|(own, v)| *own -= v);
            common.row_mut(0).iter_mut().zip(&mixture).for_each(|(sum, v)| *sum += v * share);
        }
        let (own, common) = (data.dictionary().combine(&own), data.dictionary().combine(&common));
        Self { weights, own, common: common.into_vec(), bias, network, target }
    }

    /// The network of an arm at its end.
    ///
    /// # Errors
    /// If the arm did not finish, is no such classifier, or its data have other atoms.
    pub fn of(subject: &Subject<'_>) -> Result<Self, Gap> {
        let spec = subject.spec();
        let plain = !spec.has_head() && spec.objective.kind() == "logistic";
        let network = spec.network.build(&()).ok().filter(|network| plain && network.activation().is_some());
        let network =
            network.ok_or(Gap::NoForm("another learner than a layer whose features are added up"))?;
        let state = State::of(subject, Moment::End)?;
        let data = subject.space()?;
        if !data.dictionary().is_orthonormal() {
            return Err(Gap::NoForm("atoms that are not orthonormal"));
        }
        let target = Logistic::target(data.latent_dim(), subject.run.plan.seed);
        Ok(Self::new(state.weights.clone(), state.bias.clone(), network, (data.as_ref(), target)))
    }

    /// Samples that no step of training uses.
    pub fn samples(&self, data: &dyn DataModel, seed: u64) -> Labelled {
        let stream = Stream::new(seed, Purpose::MONTE_CARLO, 0);
        let samples = data.sample(&stream, 0, SAMPLES);
        let labels = samples.latent.iter_rows().map(|code| label_of(&self.target, code)).collect();
        Labelled { x: samples.x, labels }
    }

    /// Share of the samples whose label the network tells.
    pub fn accuracy(&self, samples: &Labelled) -> f64 {
        let (mut pre, mut features) = (Matrix::default(), Matrix::default());
        times_transposed(&mut pre, &samples.x, &self.weights);
        let at = Parameters { bias: &self.bias, arrays: &[], statistics: Statistics::OfBatch };
        self.network.forward(&pre, at, &mut Tape::default(), &mut features);
        let outputs = features.iter_rows().map(|row| row.iter().map(|&f| f64::from(f)).sum::<f64>());
        let right = outputs.zip(&samples.labels).filter(|(output, label)| output * *label > 0.0).count();
        right as f64 / samples.labels.len() as f64
    }

    /// The samples after a change of norm `radius` against their label along the common mixture.
    pub fn moved_along_mixture(&self, samples: &Labelled, radius: f64) -> Labelled {
        let norm = squared_norm(&self.common).sqrt();
        let mut x = samples.x.clone();
        for (r, &label) in samples.labels.iter().enumerate() {
            let step = if norm > 0.0 { -label * radius / norm } else { 0.0 };
            x.row_mut(r).iter_mut().zip(&self.common).for_each(|(x, v)| *x += step as f32 * v);
        }
        Labelled { x, labels: samples.labels.clone() }
    }

    /// G: the root mean square over samples of ‖Σ w_i‖ over that of ‖Σ own part of w_i‖, sums over open neurons.
    ///
    /// # Errors
    /// Where a network has no gates.
    pub fn gradient_gain(&self, samples: &Labelled) -> Result<f64, Gap> {
        let gates = self.network.gates().ok_or(Gap::NoForm("a network without gates"))?;
        let mut pre = Matrix::default();
        times_transposed(&mut pre, &samples.x, &self.weights);
        let (mut whole, mut own, mut open) = (0.0, 0.0, Vec::new());
        for row in pre.iter_rows() {
            open.clear();
            gates.push_open(row, &self.bias, &mut open);
            whole += squared_norm(&sum_of_rows(&self.weights, &open));
            own += squared_norm(&sum_of_rows(&self.own, &open));
        }
        if own > 0.0 { Ok((whole / own).sqrt()) } else { Err(Gap::Nothing("open neurons")) }
    }
}

/// The samples after a change of norm `radius` in a random direction each.
pub fn moved_at_random(samples: &Labelled, radius: f64, seed: u64) -> Labelled {
    let stream = Stream::new(seed, Purpose::MONTE_CARLO, 1);
    let mut x = samples.x.clone();
    let mut direction = vec![0.0; x.cols()];
    for r in 0..x.rows() {
        gaussian::fill_normal(&mut direction, 1.0, &stream, Part::Dense, r as u32);
        let step = (radius / squared_norm(&direction).sqrt()) as f32;
        x.row_mut(r).iter_mut().zip(&direction).for_each(|(x, n)| *x += step * n);
    }
    Labelled { x, labels: samples.labels.clone() }
}

fn sum_of_rows(matrix: &Matrix, rows: &[u32]) -> Vec<f32> {
    let mut sum = vec![0.0; matrix.cols()];
    for &row in rows {
        sum.iter_mut().zip(matrix.row(row as usize)).for_each(|(sum, v)| *sum += v);
    }
    sum
}

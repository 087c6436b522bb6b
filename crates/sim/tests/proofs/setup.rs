//! Small runs, and the batches that they draw, drawn again from the same public streams.

use super::oracle::{Batch, Kind, State};
use featurescope_sim::augment::{Augmentation, Identity, IndependentMasks, IntervalMasks, Origin};
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, Independent, SparseCoding};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::network::SymRelu;
use featurescope_sim::objective::{InfoNce, NegativeSet, Objective, Spectral, StopGrad};
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, NegativeViews, NoAdversary, Parts, RateRule, Sampled, Sgd, Snapshot,
    StageRule, TrainedBias, TrainingRule,
};
use std::sync::Arc;

/// How the views are made.
#[derive(Clone, Copy, Debug)]
pub enum Views {
    RandomMask,
    Disjoint(f64),
    Independent(f64),
    None,
}

impl Views {
    pub fn build(self) -> Box<dyn Augmentation> {
        match self {
            Self::RandomMask => Box::new(IntervalMasks::complementary(0.5).unwrap()),
            Self::Disjoint(keep_rate) => Box::new(IntervalMasks::disjoint(keep_rate).unwrap()),
            Self::Independent(keep_rate) => Box::new(IndependentMasks::new(keep_rate).unwrap()),
            Self::None => Box::new(Identity),
        }
    }
}

/// A contrastive run, small enough for naive loops.
#[derive(Clone, Debug)]
pub struct Run {
    pub latent_dim: usize,
    pub ambient_dim: usize,
    pub activity: f64,
    pub noise_variance: f64,
    pub views: Views,
    pub kind: Kind,
    pub stop_grad: StopGrad,
    pub batch: BatchPlan,
    pub rule: TrainingRule,
    pub seed: u64,
}

impl Default for Run {
    /// d = 6, d1 = 48, m = 10, P = 12, N = 7 at a scale where the softmax is far from uniform; biases trained.
    fn default() -> Self {
        Self {
            latent_dim: 6,
            ambient_dim: 48,
            activity: 0.3,
            noise_variance: 0.1,
            views: Views::RandomMask,
            kind: Kind::InfoNce(1.0),
            stop_grad: StopGrad::Targets,
            batch: BatchPlan {
                anchors: 12,
                negatives: 7,
                negative_set: NegativeSet::Fresh,
                negative_views: NegativeViews::Raw,
            },
            rule: TrainingRule {
                width: 10,
                initial_norm: 2.0,
                rate: RateRule { learning_rate: 0.5, schedule: Arc::new(ConstantRate), weight_decay: 0.02 },
                bias: Arc::new(TrainedBias { learning_rate: BIAS_RATE, reset: None }),
                stages: NO_STAGES,
                steps: 1000,
            },
            seed: 7,
        }
    }
}

/// η_b of [`Run::default`].
pub const BIAS_RATE: f64 = 0.25;
/// Borders that no run here reaches.
pub const NO_STAGES: StageRule = StageRule { first_energy_ratio: 1e9, second_energy_ratio: 1e9 };

impl Run {
    pub fn data(&self) -> SparseCoding {
        let dictionary = if self.ambient_dim.is_power_of_two() {
            Dictionary::hadamard(self.ambient_dim, self.latent_dim, self.seed)
        } else {
            Dictionary::haar(self.ambient_dim, self.latent_dim, self.seed)
        };
        let latent = Arc::new(Independent { activity: self.activity });
        SparseCoding::new(dictionary.unwrap(), latent, DenseNoise::isotropic(self.noise_variance).unwrap())
            .unwrap()
    }

    pub fn start(&self) -> Sampled {
        let objective: Box<dyn Objective> = match self.kind {
            Kind::InfoNce(temperature) => Box::new(InfoNce::new(temperature, self.stop_grad).unwrap()),
            Kind::Spectral => Box::new(Spectral::new(self.stop_grad)),
        };
        Sampled::new(
            Box::new(self.data()),
            Parts {
                optimizer: Box::new(Sgd),
                head: None,
                adversary: Box::new(NoAdversary),
                augmentation: self.views.build(),
                network: Box::new(SymRelu),
                objective,
                batch: self.batch,
                rule: self.rule.clone(),
                seed: self.seed,
            },
        )
        .unwrap()
    }

    /// The samples and views of `step` (0-based).
    pub fn draw(&self, step: u32) -> Batch {
        let (data, augmentation) = (self.data(), self.views.build());
        let stream = |purpose| Stream::new(self.seed, purpose, step);
        let atoms = data.dictionary().atoms();
        let samples = data.sample(&stream(Purpose::POSITIVES), 0, self.batch.anchors);
        let mut negatives = match self.batch.negative_set {
            NegativeSet::Fresh => data.sample(&stream(Purpose::NEGATIVES), 0, self.batch.negatives),
            NegativeSet::InBatch => samples.clone(),
        };
        if self.batch.negative_views == NegativeViews::Augmented {
            let masks = stream(Purpose::NEGATIVE_MASKS);
            for s in 0..negatives.x.rows() {
                let from = Origin { stream: &masks, row: s as u32, atoms, code: negatives.latent.row(s) };
                augmentation.single_view(&from, negatives.x.row_mut(s));
            }
        }
        let masks = stream(Purpose::MASKS);
        let (mut anchors, mut positives) = (samples.x.clone(), samples.x);
        for p in 0..anchors.rows() {
            let from = Origin { stream: &masks, row: p as u32, atoms, code: samples.latent.row(p) };
            augmentation.views(&from, anchors.row_mut(p), positives.row_mut(p));
        }
        Batch {
            anchors: anchors.to_f64(),
            positives: positives.to_f64(),
            negatives: negatives.x.to_f64(),
            set: self.batch.negative_set,
        }
    }
}

/// W and b of a snapshot.
pub fn state_of(snapshot: &Snapshot) -> State {
    let array = |name: &str| &snapshot.arrays.iter().find(|(n, _)| n == name).unwrap().1;
    State { weights: array("weights").to_f64(), bias: array("bias").to_f64().into_vec() }
}

/// Gives the learner these biases.
pub fn set_biases(dynamics: &mut dyn Dynamics, bias: &[f64]) {
    let mut snapshot = dynamics.snapshot();
    let slot = snapshot.arrays.iter_mut().find(|(name, _)| name == "bias").unwrap();
    slot.1 = Matrix::from_vec(1, bias.len(), bias.to_vec()).to_f32();
    dynamics.restore(&snapshot).unwrap();
}

/// max |v|.
pub fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0f64, |top, v| top.max(v.abs()))
}

/// Asserts |found − expected| ≤ tolerance · scale, entry by entry.
pub fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64, scale: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (f, e)) in found.iter().zip(expected).enumerate() {
        let off = (f - e).abs() / scale;
        assert!(off <= tolerance, "{what}, entry {at}: {f} against {e}, off by {off:e} of {scale}");
    }
}

/// One descent step new = (1 − rate·decay) old − rate·gradient.
pub struct Descent<'a> {
    pub old: &'a [f64],
    pub new: &'a [f64],
    pub rate: f64,
    pub decay: f64,
}

impl Descent<'_> {
    /// Asserts that the gradient in the step is `expected` within tolerance · scale, and within the rounding of the
    /// parameters themselves to single precision, twice.
    pub fn assert_along(&self, what: &str, expected: &[f64], tolerance: f64, scale: f64) {
        assert_eq!(expected.len(), self.new.len());
        let keep = 1.0 - self.rate * self.decay;
        for (at, ((old, new), g)) in self.old.iter().zip(self.new).zip(expected).enumerate() {
            let rounding = 2.0 * f64::from(f32::EPSILON) * old.abs().max(new.abs()) / self.rate;
            let found = (keep * old - new) / self.rate;
            let allowed = tolerance * scale + rounding;
            assert!(
                (found - g).abs() <= allowed,
                "{what}, entry {at}: {found} against {g} within {allowed:e}"
            );
        }
    }
}

//! A slower copy of the learner: the target of objectives that predict what the learner was a while ago.
//!
//! After every step θ̄ ← ϱ θ̄ + (1 − ϱ) θ for every number θ of W, of the thresholds and of the network's
//! arrays, with the objective's decay ϱ. It starts as the learner.
//!
//! Source: Grill et al., "Bootstrap your own latent" (NeurIPS 2020), eq. (1).

use super::arrays::Arrays;
use super::{Snapshot, SnapshotError};
use crate::math::{Matrix, parallel};
use crate::network::Parameters;

/// Numbers that one thread moves at a time.
const ENTRIES_PER_PIECE: usize = 1 << 14;

/// W, b and the network's arrays as a moving average.
#[derive(Clone, Debug)]
pub(super) struct Target {
    decay: f64,
    weights: Matrix,
    bias: Vec<f32>,
    arrays: Vec<Matrix>,
    /// Names under which stored states keep the arrays: `target.network.NAME`.
    names: Vec<String>,
}

impl Target {
    /// The copy of a learner with ϱ = `decay` in [0, 1].
    pub fn new(decay: f64, weights: &Matrix, bias: &[f32], network: &Arrays) -> Self {
        let names = network.names().map(|name| format!("target.{name}")).collect();
        Self { decay, weights: weights.clone(), bias: bias.to_vec(), arrays: network.values.clone(), names }
    }

    /// W̄, m × input dimension.
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// What the network is evaluated at.
    pub fn parameters(&self) -> Parameters<'_> {
        Parameters { bias: &self.bias, arrays: &self.arrays }
    }

    /// Moves towards the learner as it is now.
    pub fn follow(&mut self, weights: &Matrix, bias: &[f32], network: &Arrays) {
        let follow = |average: &mut [f32], now: &[f32]| follow(self.decay, average, now);
        follow(self.weights.as_mut_slice(), weights.as_slice());
        follow(&mut self.bias, bias);
        for (average, now) in self.arrays.iter_mut().zip(&network.values) {
            follow(average.as_mut_slice(), now.as_slice());
        }
    }

    /// Adds to a snapshot what is to be stored.
    pub fn store(&self, snapshot: &mut Snapshot) {
        let bias = Matrix::from_vec(1, self.bias.len(), self.bias.clone());
        snapshot.arrays.push(("target.weights".into(), self.weights.clone()));
        snapshot.arrays.push(("target.bias".into(), bias));
        snapshot.arrays.extend(self.names.iter().cloned().zip(self.arrays.iter().cloned()));
    }

    /// The target as a snapshot has stored it, if it fits.
    pub fn stored(&self, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        let stored = |name: &str, like: &Matrix| snapshot.array(name, (like.rows(), like.cols())).cloned();
        let arrays = self.names.iter().zip(&self.arrays).map(|(name, array)| stored(name, array));
        Ok(Self {
            decay: self.decay,
            weights: stored("target.weights", &self.weights)?,
            bias: snapshot.array("target.bias", (1, self.bias.len()))?.as_slice().to_vec(),
            arrays: arrays.collect::<Result<_, _>>()?,
            names: self.names.clone(),
        })
    }
}

/// θ̄ ← ϱ θ̄ + (1 − ϱ) θ.
fn follow(decay: f64, average: &mut [f32], now: &[f32]) {
    let (keep, take) = (decay as f32, (1.0 - decay) as f32);
    let pieces = average.chunks_mut(ENTRIES_PER_PIECE).zip(now.chunks(ENTRIES_PER_PIECE));
    parallel::for_each_piece(pieces, |(average, now)| {
        for (average, &now) in average.iter_mut().zip(now) {
            *average = keep * *average + take * now;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::{
        BatchPlan, Dynamics, MaskJitter, Parts, RateRule, Reduced, Sampled, TrainedBias, TrainingRule,
    };
    use super::*;
    use crate::augment::IntervalMasks;
    use crate::data::{DenseNoise, Dictionary, Independent, SparseCoding, SparseCodingLaw};
    use crate::objective::{Byol, Objective, PredictionDistance, PredictorSettings, SimSiam};
    use std::sync::Arc;

    const PREDICTOR: PredictorSettings = PredictorSettings {
        hidden: Some(Some(5)),
        rate_ratio: 0.5,
        distance: PredictionDistance::Cosine,
        predicts_both: true,
    };

    fn parts(objective: impl Objective + 'static, learning_rate: f64) -> Parts {
        let rule = TrainingRule {
            width: 4,
            initial_norm: 1.0,
            rate: RateRule { learning_rate, weight_decay: 0.0, ..RateRule::default() },
            bias: Arc::new(TrainedBias { learning_rate, reset: None }),
            steps: 20,
            ..TrainingRule::default()
        };
        let batch = BatchPlan { anchors: 6, ..BatchPlan::default() };
        let augmentation = Box::new(IntervalMasks::default());
        Parts { augmentation, objective: Box::new(objective), batch, rule, ..Parts::default() }
    }

    fn start(objective: impl Objective + 'static, learning_rate: f64) -> Sampled {
        let latent = Arc::new(Independent { activity: 0.3 });
        let noise = DenseNoise::isotropic(0.1).unwrap();
        let data = SparseCoding::new(Dictionary::haar(24, 5, 1).unwrap(), latent, noise).unwrap();
        Sampled::new(Box::new(data), parts(objective, learning_rate)).unwrap()
    }

    fn array<'a>(snapshot: &'a Snapshot, name: &str) -> &'a [f32] {
        snapshot.arrays.iter().find(|(other, _)| other == name).unwrap().1.as_slice()
    }

    #[test]
    fn the_target_is_the_moving_average_of_the_learner() {
        let decay = 0.75;
        let mut process = start(Byol::new(PREDICTOR, decay).unwrap(), 0.5);
        let mut before = process.snapshot();
        assert_eq!(array(&before, "target.weights"), array(&before, "weights"));
        let mut moved = 0;
        for _ in 0..5 {
            assert!(process.step().is_some());
            let after = process.snapshot();
            for (of_target, of_learner) in [("target.weights", "weights"), ("target.bias", "bias")] {
                let old = array(&before, of_target).iter().zip(array(&after, of_learner));
                let expected: Vec<f32> = old.map(|(old, now)| 0.75 * old + 0.25 * now).collect();
                assert_eq!(array(&after, of_target), expected);
                moved += usize::from(array(&after, of_target) != array(&before, of_target));
            }
            before = after;
        }
        assert_eq!(moved, 10);
    }

    /// A target without memory is the learner itself: BYOL is then SimSiam, whose loss is a quarter, bit for
    /// bit.
    #[test]
    fn without_memory_byol_is_simsiam() {
        let mut byol = start(Byol::new(PREDICTOR, 0.0).unwrap(), 0.125);
        let mut simsiam = start(SimSiam::new(PREDICTOR), 0.5);
        let first = simsiam.snapshot();
        for _ in 0..5 {
            assert!(byol.step().is_some() && simsiam.step().is_some());
        }
        let (a, b) = (byol.snapshot(), simsiam.snapshot());
        for name in ["weights", "bias", "objective.predictor", "objective.predictor_hidden"] {
            assert_eq!(array(&a, name), array(&b, name), "{name}");
            assert_ne!(array(&b, name), array(&first, name), "{name}");
        }
    }

    #[test]
    fn a_target_is_stored_and_taken_up_again() {
        let byol = || start(Byol::new(PREDICTOR, 0.9).unwrap(), 0.5);
        let mut whole = byol();
        for _ in 0..3 {
            assert!(whole.step().is_some());
        }
        let stored = whole.snapshot();
        let mut resumed = byol();
        resumed.restore(&stored).unwrap();
        for _ in 0..3 {
            assert!(whole.step().is_some() && resumed.step().is_some());
        }
        assert!(whole.snapshot() == resumed.snapshot());
        let error = resumed.restore(&start(SimSiam::new(PREDICTOR), 0.5).snapshot()).unwrap_err();
        assert_eq!((error.array.as_str(), error.found.as_str()), ("target.weights", "nothing"));
        assert!(whole.snapshot() == resumed.snapshot(), "a refused state changes nothing");
    }

    #[test]
    fn reduced_dynamics_refuses_a_target() {
        let law = SparseCodingLaw {
            ambient_dim: 400,
            latent_dim: 5,
            latent: Arc::new(Independent { activity: 0.3 }),
            noise_variance: 0.1,
            direction_count: 0,
            direction_variance: 0.1,
        };
        let of = |parts| Reduced::new(&law, MaskJitter::Kept, parts);
        let error = of(parts(Byol::new(PREDICTOR, 0.9).unwrap(), 0.5)).err().unwrap();
        assert!(error.name == "objective" && error.accepted.contains("slower copy"), "{error}");
        assert!(of(parts(SimSiam::new(PREDICTOR), 0.5)).is_ok());
    }
}

//! One arm: how its training process and its recorder are built.

use super::data::PlannedData;
use super::prediction::{Model, Prediction};
use super::{Fork, PlanError};
use crate::spec::typed::{
    ArithmeticSpec, ArmSpec, MaskJitterSpec, NegativeSetSpec, NegativeViewsSpec, SharedSpec,
};
use crate::status::ProductInputs;
use featurescope_sim::augment::{Augmentation, Identity};
use featurescope_sim::data::{DataModel, DataTraits, SparseCodingLaw};
use featurescope_sim::math::ParameterError;
use featurescope_sim::measure::{Cadence, FreshSamples, LuckRule, MeasureSettings, Recorder, Shape};
use featurescope_sim::network::Network;
use featurescope_sim::objective::{NegativeSet, Problem};
use featurescope_sim::train::reduced::GaussianViews;
use featurescope_sim::train::{
    Arithmetic, BatchPlan, Dynamics, MaskJitter, NegativeViews, Parts, RateRule, Reduced, Sampled, StageRule,
    TrainingRule,
};
use std::sync::Arc;

/// One arm of a run, as its settings describe it.
#[derive(Clone, Debug)]
pub struct ArmPlan {
    /// Its name, also that of its folder.
    pub name: String,
    /// Its settings.
    pub spec: ArmSpec,
    /// Which arm it is until when, if it is a fork.
    pub fork: Option<Fork>,
    /// What theories say about it.
    pub prediction: Prediction,
    seed: u64,
    latent_dim: usize,
    law: Option<SparseCodingLaw>,
    traits: DataTraits,
    cadence: Arc<dyn Cadence>,
}

impl ArmPlan {
    /// An arm of a run with what all its arms share and the law of its data.
    pub(super) fn new(
        (name, spec): (&str, &ArmSpec),
        fork: Option<Fork>,
        (shared, law): (&SharedSpec, Option<SparseCodingLaw>),
        model: Option<&Model>,
    ) -> Result<Self, PlanError> {
        let cadence = spec.measure.cadence.build(&()).map_err(PlanError::arm(name))?;
        let (name, prediction) = (name.to_owned(), Prediction::new(spec, model));
        let (seed, latent_dim) = (shared.seed, shared.latent_dim());
        let traits = shared.built_data().map_or_else(DataTraits::default, |data| data.traits());
        Ok(Self { name, spec: spec.clone(), fork, prediction, seed, latent_dim, law, traits, cadence })
    }

    /// Checks the arm by building its training process and its recorder once.
    pub(super) fn check(&self, data: &PlannedData) -> Result<(), PlanError> {
        let built = self.space(data).and_then(|_| self.dynamics(data)).and_then(|_| self.recorder());
        built.map(drop).map_err(PlanError::arm(&self.name))
    }

    /// m.
    pub fn width(&self) -> usize {
        self.spec.width()
    }

    /// The loss of neurons that never fire: τ ln(N + 1), 0 for spectral contrast, half of E‖y‖² for labels y of
    /// sparse codes; `None` for labels of other data, and for heads, which may answer silence with something.
    pub fn silent_loss(&self) -> Option<f64> {
        if self.spec.has_head() {
            return None;
        }
        let problem = Problem {
            negatives: self.spec.negatives(),
            latent_dim: self.latent_dim,
            activity: self.law.as_ref().map_or(f64::NAN, SparseCodingLaw::mean_square),
            anchors: self.spec.batch.anchors,
            features: self.spec.output_count(),
        };
        let loss = self.spec.built_objective()?.at_rest(&problem);
        loss.is_finite().then_some(loss)
    }

    /// Neurons and atoms.
    pub fn shape(&self) -> Shape {
        Shape { width: self.width(), latent_dim: self.latent_dim }
    }

    /// The data model in the space that the arm's weights live in: the ambient space, or the learner's coordinates.
    pub fn space(&self, data: &PlannedData) -> Result<Arc<dyn DataModel>, ParameterError> {
        if self.is_reduced() {
            return self.coordinates();
        }
        data.ambient().cloned().ok_or_else(|| ParameterError {
            name: "data",
            value: "without ambient space".to_owned(),
            accepted: "a plan whose data were drawn for this arm".to_owned(),
        })
    }

    /// The data model in the coordinates of a reduced arm's learner: along the atoms, along the noise
    /// directions, and along as many others as it has neurons.
    pub fn coordinates(&self) -> Result<Arc<dyn DataModel>, ParameterError> {
        let law = self.reduced_law()?;
        let others = law.ambient_dim.saturating_sub(law.known_dim());
        Ok(Arc::new(law.in_coordinates(self.width().min(others))?))
    }

    /// The law that reduced dynamics follows.
    fn reduced_law(&self) -> Result<&SparseCodingLaw, ParameterError> {
        self.law.as_ref().ok_or_else(|| ParameterError {
            name: "training.dynamics",
            value: "reduced".to_owned(),
            accepted: "sampled or supervised: these data are no sparse coding".to_owned(),
        })
    }

    /// Whether the arm leaves the ambient space out.
    pub fn is_reduced(&self) -> bool {
        self.spec.training.dynamics.is_reduced()
    }

    /// The training process in its initial state.
    pub fn dynamics(&self, data: &PlannedData) -> Result<Box<dyn Dynamics>, ParameterError> {
        let spec = &self.spec;
        let parts = Parts {
            augmentation: self.augmentation()?.unwrap_or_else(|| Box::new(Identity)),
            network: self.network()?,
            head: spec.head.build(&())?,
            objective: spec.objective.build(&())?,
            optimizer: spec.training.optimizer.build(&())?,
            adversary: spec.adversary.build(&())?,
            batch: self.batch(),
            rule: self.training_rule()?,
            seed: self.seed,
        };
        if self.is_reduced() {
            return Ok(Box::new(Reduced::new(self.reduced_law()?, self.jitter(), parts)?));
        }
        let process = Sampled::new(Box::new(self.space(data)?), parts)?;
        Ok(Box::new(process.with_arithmetic(self.arithmetic())?))
    }

    /// How products are computed.
    fn arithmetic(&self) -> Arithmetic {
        match self.spec.training.arithmetic {
            Some(ArithmeticSpec::Mixed) => Arithmetic::Mixed,
            Some(ArithmeticSpec::Single) | None => Arithmetic::Single,
        }
    }

    /// What the inputs of products are rounded to.
    pub fn product_inputs(&self) -> ProductInputs {
        self.arithmetic().precision().into()
    }

    fn jitter(&self) -> MaskJitter {
        match self.spec.training.mask_jitter {
            Some(MaskJitterSpec::Dropped) => MaskJitter::Dropped,
            Some(MaskJitterSpec::Kept) | None => MaskJitter::Kept,
        }
    }

    /// The views of a reduced arm as its learner sees them; `None` in the ambient space, where the objective takes
    /// one view, and where views change the code alone: they act on coordinates as they act on samples.
    pub fn gaussian_views(&self) -> Result<Option<GaussianViews>, ParameterError> {
        let augmentation = self.augmentation()?.filter(|kind| self.is_reduced() && !kind.moves_code_alone());
        let views = |kind: Box<dyn Augmentation>| {
            GaussianViews::new(kind.as_ref(), self.reduced_law()?, self.jitter())
        };
        augmentation.map(views).transpose()
    }

    /// What turns pre-activations into features.
    pub fn network(&self) -> Result<Box<dyn Network>, ParameterError> {
        self.spec.network.build(&())
    }

    /// How samples become views; `None` where the objective takes one view.
    pub fn augmentation(&self) -> Result<Option<Box<dyn Augmentation>>, ParameterError> {
        self.spec.augmentation.as_ref().map(|augmentation| augmentation.build(&())).transpose()
    }

    /// Reads the arm while it runs.
    pub fn recorder(&self) -> Result<Recorder, ParameterError> {
        let measure = &self.spec.measure;
        let settings = MeasureSettings {
            samples: FreshSamples { seed: self.seed, count: measure.samples },
            luck: LuckRule::per_atom(self.latent_dim, self.width(), measure.potential_per_atom),
            data: self.traits.clone(),
        };
        let measures = measure.measurement.build(&settings)?;
        Ok(Recorder::new(measures, Arc::clone(&self.cadence), self.spec.training.steps))
    }

    fn batch(&self) -> BatchPlan {
        let batch = &self.spec.batch;
        BatchPlan {
            anchors: batch.anchors,
            negatives: batch.negatives.unwrap_or_default(),
            negative_set: match batch.negative_set {
                Some(NegativeSetSpec::InBatch) => NegativeSet::InBatch,
                Some(NegativeSetSpec::Fresh) | None => NegativeSet::Fresh,
            },
            negative_views: match batch.negative_views {
                Some(NegativeViewsSpec::Augmented) => NegativeViews::Augmented,
                Some(NegativeViewsSpec::Raw) | None => NegativeViews::Raw,
            },
        }
    }

    fn training_rule(&self) -> Result<TrainingRule, ParameterError> {
        let training = &self.spec.training;
        Ok(TrainingRule {
            width: self.width(),
            initial_norm: self.spec.initial_norm(),
            rate: RateRule {
                learning_rate: training.learning_rate,
                schedule: training.schedule.build(&training.steps)?,
                weight_decay: training.weight_decay,
            },
            bias: self.spec.bias.build(&())?,
            stages: StageRule {
                first_energy_ratio: training.first_energy_ratio,
                second_energy_ratio: training.second_energy_ratio,
            },
            steps: training.steps,
        })
    }
}

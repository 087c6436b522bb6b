//! What a training process is made of, whatever its dynamics: parts, batch, and how products are computed.

use super::adversary::{Adversary, NoAdversary};
use super::optimizer::{Optimizer, Sgd};
use super::pass::Above;
use super::{Learner, TrainingRule};
use crate::augment::{Augmentation, FactorMoments, IntervalMasks};
use crate::head::Head;
use crate::math::kernel::Precision;
use crate::math::{Matrix, ParameterError, Purpose, Stream, require};
use crate::network::{Network, SymRelu};
use crate::objective::{Beginning, InfoNce, Needs, NegativeSet, Objective};
use crate::part::{Mover, ParameterArray};

/// How many samples a step draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlan {
    /// P ≥ 1.
    pub anchors: usize,
    /// N ≥ 1 fresh negatives; ignored when they come from the batch (then N = P − 1) and when the objective needs none.
    pub negatives: usize,
    /// Where negatives come from.
    pub negative_set: NegativeSet,
    /// Whether negatives are raw samples (the paper) or single views (Remark 2.4).
    pub negative_views: NegativeViews,
}

/// What is done to negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NegativeViews {
    /// Raw samples.
    #[default]
    Raw,
    /// One view each, like an anchor.
    Augmented,
}

impl Default for BatchPlan {
    fn default() -> Self {
        Self {
            anchors: 256,
            negatives: 128,
            negative_set: NegativeSet::default(),
            negative_views: NegativeViews::default(),
        }
    }
}

impl BatchPlan {
    fn check(&self, needs: Needs) -> Result<(), ParameterError> {
        require(self.anchors >= 1, "batch.anchors", self.anchors, "at least 1")?;
        let accepted = "at least 2: the objective compares the samples of a batch with each other";
        require(self.anchors >= 2 || !needs.other_anchors, "batch.anchors", self.anchors, accepted)?;
        match self.negative_set {
            _ if !needs.negatives => Ok(()),
            NegativeSet::Fresh => require(self.negatives >= 1, "negatives", self.negatives, "at least 1"),
            NegativeSet::InBatch => {
                let accepted = "at least 2 when the negatives come from the batch";
                require(self.anchors >= 2, "batch.anchors", self.anchors, accepted)
            }
        }
    }
}

/// How the products with W are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// In single precision.
    #[default]
    Single,
    /// Inputs rounded to bfloat16 and sums in single precision. Where the negatives are the batch's own raw samples and
    /// the masks are complementary, W x⁺⁺ = s·W x − W x⁺ takes the place of a product. Parameters, loss and
    /// biases stay in
    /// single precision.
    Mixed,
}

impl Arithmetic {
    /// What the inputs of products are rounded to.
    pub fn precision(self) -> Precision {
        match self {
            Self::Single => Precision::Single,
            Self::Mixed => Precision::Half,
        }
    }
}

/// The parts of a training process besides its data.
pub struct Parts {
    /// What the views of a sample are, where the objective needs two; else [`Identity`](crate::augment::Identity).
    pub augmentation: Box<dyn Augmentation>,
    /// What turns pre-activations into features.
    pub network: Box<dyn Network>,
    /// What stands between features and objective, if anything does.
    pub head: Option<Box<dyn Head>>,
    /// What training minimises.
    pub objective: Box<dyn Objective>,
    /// How weights move along their gradients.
    pub optimizer: Box<dyn Optimizer>,
    /// What changes the anchors' inputs before a step.
    pub adversary: Box<dyn Adversary>,
    /// The batch.
    pub batch: BatchPlan,
    /// How the learner moves.
    pub rule: TrainingRule,
    /// The seed of everything random.
    pub seed: u64,
}

/// The parts of a step, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// Samples and their views.
    Samples,
    /// W x for anchors, positives and negatives, and the features.
    PreActivations,
    /// Similarities, loss and its gradients with respect to the features.
    Similarity,
    /// Gradients with respect to pre-activations and biases.
    Activation,
    /// The weight gradient and the step along it.
    Update,
}

impl Default for Parts {
    /// The paper's parts.
    fn default() -> Self {
        Self {
            augmentation: Box::new(IntervalMasks::default()),
            network: Box::new(SymRelu),
            head: None,
            objective: Box::new(InfoNce::default()),
            optimizer: Box::new(Sgd),
            adversary: Box::new(NoAdversary),
            batch: BatchPlan::default(),
            rule: TrainingRule::default(),
            seed: 1,
        }
    }
}

impl Parts {
    /// Checks the parts, prepares the objective, and gives the learner that starts with W = `weights`,
    /// m × input dimension; d is `latent_dim`.
    pub(super) fn begin(&mut self, weights: Matrix, latent_dim: usize) -> Result<Learner, ParameterError> {
        let needs = self.objective.needs();
        self.batch.check(needs)?;
        let accepted = "none, for the objective takes one view of a sample";
        require(needs.two_views || self.has_one_view(), "augmentation.kind", "two views", accepted)?;
        self.check_masks(needs)?;
        let stay_at_zero = || self.rule.bias.course().is_some_and(|course| course.stays_at_zero());
        let accepted = "zero, for the network has no thresholds that a rule could move";
        let fits = self.network.has_thresholds() || stay_at_zero();
        require(fits, "bias.kind", "a rule that moves thresholds", accepted)?;
        let (views, accepted) = (self.objective.views(), "2, or an augmentation whose two views differ");
        require(views == 2 || !self.has_one_view(), "objective.views", views, accepted)?;
        let input_dim = weights.cols();
        let mut learner = Learner::new(self.rule.clone(), weights, latent_dim, self.seed)?;
        let neurons = self.rule.width;
        let features = self.network.feature_count(neurons);
        let (initial_norm, seed) = (self.rule.initial_norm, self.seed);
        let beginning = Beginning { features: self.outputs(), latent_dim, input_dim, initial_norm, seed };
        let own = |arrays: &[ParameterArray], purpose, number| {
            ParameterArray::draw(arrays, &Stream::new(seed, purpose, number))
        };
        let arrays = self.network.arrays(neurons);
        let values = own(&arrays, Purpose::NETWORK_ARRAYS, 0);
        learner.network.bring("network", &arrays, values, |array| self.network.mover(array));
        if let Some(head) = &self.head {
            let arrays = head.arrays(features);
            let values = own(&arrays, Purpose::NETWORK_ARRAYS, 1);
            learner.head.bring("head", &arrays, values, |array| head.mover(array));
        }
        let arrays = self.objective.arrays(&beginning)?;
        self.objective.begin(&beginning);
        let values = own(&arrays, Purpose::INITIALISATION, 1);
        learner.objective.bring("objective", &arrays, values, |_| Mover::Optimizer);
        self.check_batches(&learner)?;
        self.check_patches(needs)?;
        learner.remember(self.optimizer.as_ref());
        if needs.target {
            learner.keep_target(self.objective.target_decay());
        }
        Ok(learner)
    }

    /// Batch normalisation of one sample leaves nothing of it.
    fn check_batches(&self, learner: &Learner) -> Result<(), ParameterError> {
        let is_normalised = learner.network.are_moved_by_batches() || learner.head.are_moved_by_batches();
        if !is_normalised && !self.objective.standardises() {
            return Ok(());
        }
        let accepted = format!("at least {} where batches are normalised", 2 * self.patches());
        require(self.batch.anchors >= 2 * self.patches(), "batch.anchors", self.batch.anchors, &accepted)?;
        let negatives = self.negative_rows();
        require(negatives != 1, "batch.negatives", negatives, accepted)
    }

    /// An error if the patches of an input do not fit into a batch, or the objective asks for what a patch has and an
    /// input has not.
    fn check_patches(&self, needs: Needs) -> Result<(), ParameterError> {
        let patches = self.patches();
        let accepted = format!("a multiple of head.patches = {patches}");
        for (name, rows) in [("batch.anchors", self.batch.anchors), ("batch.negatives", self.negative_rows())]
        {
            require(rows.is_multiple_of(patches), name, rows, &accepted)?;
        }
        let accepted = "another one: the objective asks for the code, the class or the entries of every row";
        let asks = needs.codes || needs.classes || needs.inputs;
        require(patches == 1 || !asks, "head.kind", "patch_sum", accepted)
    }

    /// P, rows that the head makes one of.
    pub(super) fn patches(&self) -> usize {
        self.head.as_ref().map_or(1, |head| head.patches())
    }

    /// An error if the objective asks for what masks remove and there are none.
    fn check_masks(&self, needs: Needs) -> Result<(), ParameterError> {
        // A factor without variance keeps every coordinate.
        let removes = |moments: FactorMoments| moments.squares[0] > moments.means[0].powi(2);
        let has_masks = self.augmentation.moments().is_some_and(removes);
        let accepted = "one that masks coordinates, because the objective fills in what masks have removed";
        require(has_masks || !needs.inputs, "augmentation.kind", "one without masks", accepted)
    }

    /// What the objective reads of a sample: K features, or the outputs of a head on them.
    fn outputs(&self) -> usize {
        let features = self.network.feature_count(self.rule.width);
        self.head.as_ref().map_or(features, |head| head.output_count(features))
    }

    /// The matrix by which the objective predicts.
    pub(super) fn prediction(&self, learner: &Learner) -> Option<Matrix> {
        self.objective.prediction(self.outputs(), learner.objective_arrays())
    }

    /// What stands above the pre-activations.
    pub(super) fn above(&self) -> Above<'_> {
        Above { network: self.network.as_ref(), head: self.head.as_deref() }
    }

    /// Whether the positive is the anchor itself.
    pub(super) fn has_one_view(&self) -> bool {
        self.augmentation.positive_is_anchor()
    }

    /// Whether something moves the anchors' inputs.
    pub(super) fn has_adversary(&self) -> bool {
        self.adversary.steps() > 0
    }

    /// Whether the positive needs no embedding of its own. An adversary moves the anchor away from it.
    pub(super) fn embeds_one_view(&self) -> bool {
        self.has_one_view() && !(self.objective.needs().two_views && self.has_adversary())
    }

    /// Rows of the negatives.
    pub(super) fn negative_rows(&self) -> usize {
        match self.batch.negative_set {
            _ if !self.objective.needs().negatives => 0,
            NegativeSet::Fresh => self.batch.negatives,
            NegativeSet::InBatch => self.batch.anchors,
        }
    }
}

/// The streams of one training step.
#[derive(Clone, Copy)]
pub(super) struct StepStreams {
    pub positives: Stream,
    pub masks: Stream,
    pub negatives: Stream,
    pub negative_masks: Stream,
    pub labels: Stream,
    pub further_views: Stream,
}

impl StepStreams {
    /// Those of the step that `learner` takes next.
    pub fn new(seed: u64, learner: &Learner) -> Self {
        let stream = |purpose| Stream::new(seed, purpose, learner.step() as u32);
        Self {
            positives: stream(Purpose::POSITIVES),
            masks: stream(Purpose::MASKS),
            negatives: stream(Purpose::NEGATIVES),
            negative_masks: stream(Purpose::NEGATIVE_MASKS),
            labels: stream(Purpose::LABELS),
            further_views: stream(Purpose::FURTHER_VIEWS),
        }
    }
}

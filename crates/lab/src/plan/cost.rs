//! What a run costs: memory, checked before anything is allocated, and arithmetic.
//!
//! A contrastive step takes at most 2·m·n·(3P + N) + 4·P·N·m operations, n = d1 or, in reduced dynamics, the learner's
//! coordinates d + k + m, where two QR decompositions come on top; once gates close it takes less.
//!
//! Source: docs/theory.md 4.1 for the products of a step.

use super::PlanError;
use super::data::needs_ambient_space;
use crate::host::show_bytes;
use crate::spec::Spec;
use crate::spec::typed::{ArmSpec, NegativeSetSpec, OwnArrays};
use featurescope_sim::part::ParameterArray;

const SINGLE: f64 = 4.0;
const DOUBLE: f64 = 8.0;
/// Samples that are represented at a time when a probe set is drawn.
const ROWS_PER_REPRESENTATION: f64 = 1024.0;
/// Matrices of rows × dimension that one piece of samples consists of: x, ξ, and M z.
const PARTS_OF_A_SAMPLE: f64 = 3.0;
/// Embeddings, pre-activations and their gradients per sample and neuron.
const ARRAYS_PER_EMBEDDING: f64 = 3.0;
/// Pre-activations, normalised ones, outputs and gradients per sample and neuron of an upper layer or a head.
const ARRAYS_PER_UPPER_VALUE: f64 = 5.0;
/// Copies of its training features that a probe makes: scaled in double precision, and rotated.
const COPIES_PER_PROBE: f64 = 2.0;

/// Rows of M z + ξ that a run keeps, of f(x), and of pairs.
const KEPT_ROWS: [f64; 3] = [64.0, 2048.0, 512.0];
/// A larger dictionary is not kept: bytes.
const LARGEST_DICTIONARY: f64 = (32 << 20) as f64;
/// Checkpoints that an arm keeps: at T1, at T2 and at its end.
const CHECKPOINTS: f64 = 3.0;

/// An estimate of what a run takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Bytes at the peak of the most demanding phase.
    pub memory: f64,
    /// The phase that needs most.
    pub largest: String,
    /// Operations of all training steps together, at most.
    pub operations: f64,
    /// Bytes of the largest files that it leaves, at most: M and samples, checkpoints, representations. Tables,
    /// which are small beside them, come on top. `None` where nobody has counted.
    pub files: Option<f64>,
}

impl Cost {
    /// The cost of a spec. Nothing is allocated.
    pub fn of(spec: &Spec) -> Self {
        let (d, d1) = (spec.shared.latent_dim() as f64, spec.shared.ambient_dim() as f64);
        let law = spec.shared.built_data();
        let parts = law.as_ref().and_then(|law| law.sparse_coding());
        let directions = parts.and_then(|parts| parts.directions().count()).unwrap_or_default();
        // Atoms and noise directions. In the plan and in the arm; making them takes Gaussians and their QR in
        // double precision.
        let is_drawn = needs_ambient_space(spec);
        let known = d + directions as f64;
        let dictionary = if is_drawn { (2.0 * SINGLE + 3.0 * DOUBLE) * known * d1 } else { 0.0 };
        let probes = &spec.shared.probe;
        let labels = probes.labels.iter().copied().max().map_or(0.0, |labels| labels as f64);
        let rows = labels + (probes.validation_rows + probes.test_rows) as f64;
        let targets = DOUBLE * probes.targets as f64 * (d + rows);
        let mut phases = vec![];
        if labels > 0.0 {
            // Without the ambient space x is seen in the directions of the labelled samples.
            let seen = if is_drawn { d1 } else { d1.min(known + labels) };
            let yardstick = targets
                + SINGLE * (rows * (seen + d) + known * seen)
                + COPIES_PER_PROBE * DOUBLE * labels * seen;
            phases.push(("the linear probe on raw x".to_owned(), yardstick));
        }
        let mut operations = 0.0;
        let [samples_kept, rows_represented, pairs] = KEPT_ROWS;
        let matrices =
            Some(SINGLE * known * d1).filter(|bytes| *bytes <= LARGEST_DICTIONARY).unwrap_or_default();
        let mut files = if is_drawn { matrices + SINGLE * samples_kept * (2.0 * d1 + d) } else { 0.0 };
        for (name, arm) in &spec.arms {
            let size = ArmSize::new(arm, spec.shared.latent_dim(), d1);
            let is_reduced = arm.training.dynamics.is_reduced();
            let n = if is_reduced { (known + size.width).min(d1) } else { d1 };
            operations += (size.operations(n) + if is_reduced { size.factorisations() } else { 0.0 })
                * arm.training.steps as f64;
            files += SINGLE * CHECKPOINTS * (size.width * n + size.own_entries);
            files += SINGLE * (rows_represented * (size.width + d) + 2.0 * pairs * size.width);
            let learner = 2.0 * SINGLE * size.width * n
                + if is_reduced {
                    SINGLE * (size.width * (size.anchors + 7.0 * size.width) + known * n)
                } else {
                    0.0
                };
            let samples = PARTS_OF_A_SAMPLE * SINGLE * ROWS_PER_REPRESENTATION.min(rows) * n;
            let features = arm.feature_count() as f64;
            let probing =
                targets + SINGLE * rows * (features + d) + COPIES_PER_PROBE * DOUBLE * labels * features;
            // f(x), f(M z), f(ξ) and z of the fresh samples.
            let measured = SINGLE * arm.measure.samples as f64 * (PARTS_OF_A_SAMPLE * features + d);
            phases.push((format!("a step of arm {name}"), learner + size.step_memory(d, n)));
            phases.push((format!("the measurements of arm {name}"), learner + measured));
            phases.push((format!("the probes of arm {name}"), learner + samples + probing));
        }
        let (largest, most) = phases.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        Self { memory: dictionary + most, largest, operations, files: Some(files) }
    }

    /// An error if more is needed than `available` bytes.
    pub fn check_memory(&self, available: Option<f64>) -> Result<(), PlanError> {
        match available {
            Some(available) if self.memory > available => Err(PlanError::Memory {
                needed: show_bytes(self.memory),
                largest: self.largest.clone(),
                available: show_bytes(available),
                remedy: "data.ambient_dim, network.width, batch.anchors, probe.labels or measure.samples",
            }),
            _ => Ok(()),
        }
    }
}

/// The sizes of one arm as numbers.
struct ArmSize {
    width: f64,
    anchors: f64,
    positives: f64,
    negatives: f64,
    /// Entries of the parameter arrays of network and head, which every sample passes through.
    upper_entries: f64,
    /// Rows of such arrays: what they compute for every sample.
    upper_values: f64,
    /// Entries of the parameter arrays of the objective.
    own_entries: f64,
    /// Rows of such arrays: what is computed for every anchor besides features.
    own_values: f64,
    /// Entries of the matrices in which the views of a batch, or their features, meet each other.
    met: f64,
    /// Entries of the slower copy of W.
    target: f64,
    /// Copies of samples and views that the objective sees.
    raw: f64,
    /// Steps of an adversary before each step.
    ascents: f64,
}

impl ArmSize {
    fn new(arm: &ArmSpec, latent_dim: usize, ambient_dim: f64) -> Self {
        let anchors = arm.batch.anchors as f64;
        let needs = arm.needs();
        let ascents = arm.adversary_steps() as f64;
        // An adversary moves the anchor away from its positive.
        let same = !needs.two_views || (arm.has_equal_views() && ascents == 0.0);
        let negatives = match arm.batch.negative_set {
            _ if !needs.negatives => 0.0,
            Some(NegativeSetSpec::InBatch) => anchors,
            _ => arm.batch.negatives.unwrap_or_default() as f64,
        };
        let views = arm.built_objective().map_or(2, |objective| objective.views());
        let positives = if same { 0.0 } else { anchors * (views - 1) as f64 };
        let OwnArrays { network, head, objective } = arm.own_arrays(latent_dim, ambient_dim as usize);
        let entries = |arrays: &[ParameterArray]| -> f64 {
            arrays.iter().map(|array| array.rows as f64 * array.cols as f64).sum()
        };
        let values =
            |arrays: &[ParameterArray]| -> f64 { arrays.iter().map(|array| array.rows as f64).sum() };
        let (width, upper_entries) = (arm.width() as f64, entries(&network) + entries(&head));
        let outputs = arm.output_count() as f64;
        Self {
            width,
            anchors,
            positives,
            negatives,
            upper_entries,
            upper_values: values(&network) + values(&head),
            own_entries: entries(&objective),
            own_values: values(&objective),
            met: if needs.other_anchors { 4.0 * anchors * anchors + outputs * outputs } else { 0.0 },
            target: if needs.target { width * ambient_dim + upper_entries } else { 0.0 },
            raw: if needs.inputs { 2.0 * anchors } else { 0.0 },
            ascents,
        }
    }

    /// Samples, embeddings and logits of one step.
    fn step_memory(&self, d: f64, d1: f64) -> f64 {
        let moved = if self.ascents > 0.0 { 2.0 * self.anchors } else { 0.0 };
        let samples = self.anchors + self.positives + self.negatives;
        let drawn = samples + self.raw;
        let above = ARRAYS_PER_UPPER_VALUE * self.upper_values;
        let embeddings = samples * (ARRAYS_PER_EMBEDDING * self.width + above);
        let logits = self.anchors * self.negatives.max(2.0 * self.own_values);
        // Arrays of their own and their gradients, and what a task asks for.
        let own =
            2.0 * (self.own_entries + self.upper_entries) + self.own_values * d + self.met + self.target;
        let rows = drawn + moved;
        SINGLE * (rows * d1 + embeddings + logits + own + self.anchors.max(self.negatives) * d)
    }

    fn operations(&self, d1: f64) -> f64 {
        // Forward for every sample, backward for the anchors.
        let products = 2.0 * self.width * d1 * (2.0 * self.anchors + self.positives + self.negatives);
        let branches = 3.0 * self.anchors + self.positives + self.negatives;
        let targets =
            if self.target > 0.0 { 2.0 * self.target * (self.anchors + self.positives) } else { 0.0 };
        let met = 4.0 * self.width.max(self.anchors) * self.met;
        let logits = 4.0 * self.anchors * (self.width * self.negatives + self.own_entries);
        let above = 2.0 * self.upper_entries;
        // An ascent embeds the anchors, evaluates the loss, and takes the gradient back to the samples.
        let ascent = self.anchors * (4.0 * self.width * d1 + 3.0 * above) + logits + met;
        products + targets + met + logits + branches * above + self.ascents * ascent
    }

    /// A reduced step's QR of the noise and of [L | noise], with W(0) rotated along (docs/derivations/reduced.md 6).
    fn factorisations(&self) -> f64 {
        let m = self.width;
        let rank = m.min(self.anchors);
        2.0 * rank * rank * (m.max(self.anchors) - rank / 3.0) + 12.0 * m * m * m
    }
}

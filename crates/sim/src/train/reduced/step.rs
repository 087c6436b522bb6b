//! Training in the d + k + m coordinates that the learner sees.
//!
//! One step draws x̃ for P anchors and N negatives, takes the same forward and backward pass as in the ambient space
//! (docs/theory.md 4.1), and adds the noise outside (`outside`). With StopGrad only the anchors' noise enters the weights;
//! without it the views of one sample do so together, and B has a row for each independent source of noise:
//!
//! ```text
//! B = [ σ (a C⁺ + a' C⁺⁺ + c C_s) ;  √v·std(D) (C⁺ + slope·C⁺⁺) ;  √v·rest·C⁺⁺ ;  negatives ]
//! ```
//!
//! Cost: 2·m·(d+k+m)·(3P + N) + 4·P·N·m + O(m²(P + m)) FLOP while most gates are open.
//!
//! Source: docs/derivations/reduced.md; Section 3 of the paper.

use super::super::climb::Climb;
use super::super::drawing::{ROWS_PER_PIECE, Views, draw_rows};
use super::super::fast::{self, gated::Gate};
use super::super::labels;
use super::super::learner::StepGradients;
use super::super::pass::{Above, Pass};
use super::super::process::{BatchPlan, NegativeViews, Parts, StepStreams};
use super::super::reading::{coordinates, decompose, embed, represent};
use super::super::view::{BiasForces, Coordinates, Decomposed, Growth, Pairs, Represented, StepView};
use super::super::{Dynamics, Learner, Snapshot, SnapshotError, StopReason};
use super::{GaussianViews, MaskJitter, Outside};
use crate::data::{DataModel, SparseCoding, SparseCodingLaw};
use crate::math::descent::Descent;
use crate::math::linalg::{add_transposed_times, times_transposed};
use crate::math::panels::Panels;
use crate::math::{Matrix, ParameterError, Stream, parallel, require};
use crate::network::Network;
use crate::objective::{LossReading, NegativeSet};

/// Neurons whose coefficients one thread transposes at a time.
const NEURONS_PER_PIECE: usize = 16;
/// Samples that [`gather`] takes at a time.
const SAMPLES_PER_LINE: usize = 16;

/// The samples of a step.
#[derive(Default)]
struct Batch {
    anchor: Matrix,
    positive: Matrix,
    negatives: Matrix,
    latent: Matrix,
    /// z of fresh negatives.
    negative_latent: Matrix,
    /// v of each positive sample.
    mean_squares: Vec<f64>,
    /// v of each fresh negative.
    negative_mean_squares: Vec<f64>,
}

/// Buffers of one step, allocated once.
#[derive(Default)]
struct Scratch {
    batch: Batch,
    pass: Pass,
    climb: Climb,
    d_weights: Matrix,
    gate: Gate,
    /// A view in the layout of the gated kernels.
    panels: Panels,
    noise: Matrix,
}

/// Training without the ambient space.
pub struct Reduced {
    parts: Parts,
    views: GaussianViews,
    /// The samples in the coordinates of the learner.
    data: SparseCoding,
    learner: Learner,
    outside: Outside,
    /// Whether closed gates are left out, and then whether features of the positive are read there.
    gated: Option<bool>,
    scratch: Scratch,
    batch: Option<(LossReading, f64)>,
}

impl Reduced {
    /// Sets the learner to its initial state.
    ///
    /// # Errors
    /// Parameters out of range, an optimiser that is not plain descent, and what the reduction is not exact for: see
    /// [`GaussianViews::new`].
    pub fn new(law: &SparseCodingLaw, jitter: MaskJitter, mut parts: Parts) -> Result<Self, ParameterError> {
        let accepted = "sgd in reduced dynamics: another optimiser remembers gradients outside the coordinates that \
                        the learner sees. Sampled dynamics takes every optimiser";
        require(parts.optimizer.is_plain(), "optimizer", "another one", accepted)?;
        let accepted = "an objective without a slower copy of the learner in reduced dynamics: the copy has parts \
                        outside of the coordinates that the learner sees now. Sampled dynamics takes every objective";
        require(!parts.objective.needs().target, "objective", "one with a target", accepted)?;
        let views = parts.objective.views();
        let accepted = "2 in reduced dynamics, which draws pairs of views. Sampled dynamics takes more";
        require(views == 2, "objective.views", views, accepted)?;
        let accepted = "an objective on features in reduced dynamics: there are no samples to fill in. Sampled \
                        dynamics takes every objective";
        require(!parts.objective.needs().inputs, "objective", "one on samples", accepted)?;
        let accepted = "none or l2 in reduced dynamics: another adversary acts on the coordinates of the ambient \
                        space. Sampled dynamics takes every adversary";
        require(parts.adversary.is_rotation_invariant(), "adversary", "another one", accepted)?;
        let views = GaussianViews::new(parts.augmentation.as_ref(), law, jitter)?;
        let (outside, weights) = Outside::start(&parts.rule, law.clone(), parts.seed)?;
        let learner = parts.begin(weights, law.latent_dim)?;
        let data = law.in_coordinates(outside.rest_dim())?;
        labels::check(&data, parts.objective.as_ref())?;
        let mut scratch = Scratch::default();
        scratch.pass.one_view = parts.embeds_one_view();
        let gated = fast::accepts(&mut parts)
            .then(|| parts.objective.fast().is_none_or(|objective| objective.reads_closed_positives()));
        Ok(Self { parts, views, data, learner, outside, gated, scratch, batch: None })
    }

    /// The learner in its coordinates: weights m × (d + k + m), the first d along the atoms.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    fn has_one_view(&self) -> bool {
        self.scratch.pass.one_view
    }

    /// Draws the step's samples and views.
    fn draw_batch(&mut self) {
        let streams = StepStreams::new(self.parts.seed, &self.learner);
        let StepStreams { positives, masks, negatives, negative_masks, labels: redrawn, .. } = streams;
        let BatchPlan { anchors, negatives: fresh, negative_set, negative_views } = self.parts.batch;
        let needs = self.parts.objective.needs();
        let n = self.data.ambient_dim();
        let (same, views, data) = (self.has_one_view(), self.views, &self.data);
        let Batch {
            anchor,
            positive,
            negatives: negative,
            latent,
            negative_latent,
            mean_squares,
            negative_mean_squares,
        } = &mut self.scratch.batch;
        let squares = |latent: &Matrix| latent.iter_rows().map(|z| views.mean_square(z)).collect::<Vec<_>>();

        if needs.negatives && negative_set == NegativeSet::Fresh {
            draw_rows(data, &negatives, fresh, negative, negative_latent);
            *negative_mean_squares = squares(negative_latent);
        }
        draw_rows(data, &positives, anchors, anchor, latent);
        *mean_squares = squares(latent);
        if needs.codes {
            self.scratch.pass.codes.clone_from(latent);
            labels::label(data, &self.parts, &redrawn, &mut self.scratch.pass);
        }
        if needs.negatives && negative_set == NegativeSet::InBatch {
            negative.clone_from(anchor);
            negative_mean_squares.clone_from(mean_squares);
        }
        let seen = SeenViews::of(views, &self.parts, data);
        if negative_views == NegativeViews::Augmented && !same {
            let codes = if negative_set == NegativeSet::Fresh { &*negative_latent } else { &*latent };
            parallel::for_each_row_group(negative.as_mut_slice(), n, ROWS_PER_PIECE, |first, rows| {
                for (i, row) in rows.chunks_mut(n).enumerate() {
                    let r = first + i;
                    seen.single(&negative_masks, r as u32, codes.row(r), row);
                }
            });
        }
        positive.resize(if same { 0 } else { anchors }, n);
        let pieces = (anchor.as_mut_slice().chunks_mut(ROWS_PER_PIECE * n))
            .zip(positive.as_mut_slice().chunks_mut(ROWS_PER_PIECE * n))
            .enumerate();
        parallel::for_each_piece(pieces, |(piece, (xs, ys))| {
            for (i, (x, y)) in xs.chunks_mut(n).zip(ys.chunks_mut(n)).enumerate() {
                let row = piece * ROWS_PER_PIECE + i;
                seen.pair(&masks, row as u32, latent.row(row), x, y);
            }
        });
    }

    /// Embeds the batch. The positives are computed only where they are read.
    fn forward(&mut self) {
        let (weights, bias) = (self.learner.weights(), self.learner.bias());
        let network = self.parts.network.as_ref();
        let above = Above { network, head: self.parts.head.as_deref() };
        let Scratch { batch, pass, gate, panels, .. } = &mut self.scratch;
        times_transposed(&mut pass.anchor.pre, &batch.anchor, weights);
        if batch.negatives.rows() > 0 {
            times_transposed(&mut pass.negatives.pre, &batch.negatives, weights);
        }
        pass.embed_anchors_and_negatives(above, &self.learner);
        if let Some(gates) = network.gates().filter(|_| self.gated.is_some()) {
            gate.read(&pass.anchor.pre, |pre, open| gates.push_open(pre, bias, open));
        }
        if pass.one_view {
            return;
        }
        if gate.is_worth_it() && self.gated == Some(false) {
            panels.set(&batch.positive);
            gate.products(&mut pass.positive.pre, panels, weights);
        } else {
            times_transposed(&mut pass.positive.pre, &batch.positive, weights);
        }
        pass.embed_positives(above);
    }

    /// The gradient with respect to the weights, from those with respect to the pre-activations.
    fn gather_gradient(&mut self) {
        let Scratch { batch, pass, d_weights, gate, panels, .. } = &mut self.scratch;
        d_weights.resize(self.learner.weights().rows(), self.learner.weights().cols());
        d_weights.as_mut_slice().fill(0.0);
        if gate.is_worth_it() {
            panels.set(&batch.anchor);
            let add = Descent { keep: 1.0, rate: -1.0 };
            gate.descend(d_weights, add, &pass.gradients.anchor, panels);
        } else {
            add_transposed_times(d_weights, &pass.gradients.anchor, &batch.anchor);
        }
        if let Some(d_positive) = &pass.gradients.positive {
            let x = if pass.one_view { &batch.anchor } else { &batch.positive };
            add_transposed_times(d_weights, d_positive, x);
        }
        if let Some(d_negatives) = &pass.gradients.negatives {
            add_transposed_times(d_weights, d_negatives, &batch.negatives);
        }
    }

    /// Bᵀ, m × rows: every independent source of noise along an unknown direction with its coefficient.
    fn weigh_noise(&mut self) {
        let BatchPlan { negative_set, negative_views, .. } = self.parts.batch;
        let (same, views) = (self.has_one_view(), self.views);
        let raw = negative_views == NegativeViews::Raw || same;
        let Scratch { batch, pass: Pass { gradients: grads, .. }, noise, .. } = &mut self.scratch;
        let deviation = |v: &f64| views.anchor_variance(*v).sqrt() as f32;
        let mut sources = Vec::new();
        match &grads.positive {
            None => sources.push(Source::one(&grads.anchor, batch.mean_squares.iter().map(deviation))),
            Some(positive) => {
                let factors: Vec<_> = batch.mean_squares.iter().map(|v| views.unknown_factors(*v)).collect();
                // Without masks ξ is all the noise there is.
                for source in 0..if same { 1 } else { 3 } {
                    let of = |view: usize| factors.iter().map(|f| f[source][view] as f32).collect();
                    sources.push(Source(vec![(&grads.anchor, of(0)), (positive, of(1))]));
                }
            }
        }
        if let Some(negatives) = &grads.negatives {
            let sigma = views.raw_deviation() as f32;
            let squares = batch.negative_mean_squares.iter();
            match (negative_set, raw) {
                (NegativeSet::Fresh, true) => sources.push(Source::one(negatives, squares.map(|_| sigma))),
                (NegativeSet::Fresh, false) => sources.push(Source::one(negatives, squares.map(deviation))),
                (NegativeSet::InBatch, _) => {
                    // The negative is the sample itself, or a view of it with a mask of its own.
                    let mean = if raw { 1.0 } else { views.anchor_mean() as f32 };
                    sources[0].0.push((negatives, squares.clone().map(|_| mean * sigma).collect()));
                    if !raw {
                        let own = |v: &f64| views.unknown_factors(*v)[1][0] as f32;
                        sources.push(Source::one(negatives, squares.map(own)));
                    }
                }
            }
        }
        gather(noise, &sources);
    }
}

/// The views of samples in the coordinates of the learner, where the atoms are axes.
struct SeenViews<'a> {
    gaussian: GaussianViews,
    /// Views that change the code alone are what they are in the ambient space.
    on_codes: Option<Views<'a>>,
}

impl<'a> SeenViews<'a> {
    fn of(gaussian: GaussianViews, parts: &'a Parts, data: &'a SparseCoding) -> Self {
        let augmentation = parts.augmentation.as_ref();
        let views = Views { augmentation, atoms: data.dictionary().atoms() };
        Self { gaussian, on_codes: augmentation.moves_code_alone().then_some(views) }
    }

    fn pair(&self, stream: &Stream, row: u32, code: &[f32], sample: &mut [f32], positive: &mut [f32]) {
        match &self.on_codes {
            Some(views) => views.augmentation.views(&views.origin(stream, row, code), sample, positive),
            None => self.gaussian.pair(stream, row, self.gaussian.mean_square(code), sample, positive),
        }
    }

    fn single(&self, stream: &Stream, row: u32, code: &[f32], sample: &mut [f32]) {
        match &self.on_codes {
            Some(views) => views.augmentation.single_view(&views.origin(stream, row, code), sample),
            None => self.gaussian.single(stream, row, self.gaussian.mean_square(code), sample),
        }
    }
}

/// One independent source of noise per row: the coefficients of the views that it enters, with its share of each.
struct Source<'a>(Vec<(&'a Matrix, Vec<f32>)>);

impl<'a> Source<'a> {
    fn one(coefficients: &'a Matrix, shares: impl Iterator<Item = f32>) -> Self {
        Self(vec![(coefficients, shares.collect())])
    }

    fn rows(&self) -> usize {
        self.0[0].1.len()
    }
}

/// Sums each source's coefficients and puts the sources side by side, neuron by neuron.
fn gather(noise: &mut Matrix, sources: &[Source<'_>]) {
    let width = sources[0].0[0].0.cols();
    let rows: usize = sources.iter().map(Source::rows).sum();
    noise.resize(width, rows);
    noise.as_mut_slice().fill(0.0);
    parallel::for_each_row_group(noise.as_mut_slice(), rows, NEURONS_PER_PIECE, |first, group| {
        let mut start = 0;
        for source in sources {
            for (coefficients, shares) in &source.0 {
                // As many samples as fill a cache line: sample by sample would write to one line of every
                // neuron in turn, and these push each other out of the cache where the number of samples is a
                // power of two.
                for (piece, shares) in shares.chunks(SAMPLES_PER_LINE).enumerate() {
                    let r = piece * SAMPLES_PER_LINE;
                    for (i, noise) in group.chunks_mut(rows).enumerate() {
                        for (k, (sum, share)) in noise[start + r..].iter_mut().zip(shares).enumerate() {
                            *sum += share * coefficients[(r + k, first + i)];
                        }
                    }
                }
            }
            start += source.rows();
        }
    });
}

impl Dynamics for Reduced {
    fn step(&mut self) -> Option<StepView<'_>> {
        if !self.learner.may_step() {
            return None;
        }
        self.draw_batch();
        self.forward();
        let Scratch { batch, pass, climb, .. } = &mut self.scratch;
        climb.climb(&mut self.parts, &self.learner, pass, &mut batch.anchor);
        let (parts, pass) = (&mut self.parts, &mut self.scratch.pass);
        let reading = pass.evaluate(parts.objective.as_mut(), parts.batch.negative_set, &self.learner);
        let above = parts.above();
        pass.backward(above);
        pass.observe(above, &mut self.learner);
        self.batch = Some((reading, pass.firing_rate()));
        self.gather_gradient();
        self.weigh_noise();
        let s = &mut self.scratch;
        let gradients = StepGradients {
            weights: &s.d_weights,
            parameters: &s.pass.parameter_gradients.network,
            head: &s.pass.parameter_gradients.head,
            objective: &s.pass.gradients.arrays,
            rate_ratio: self.parts.objective.rate_ratio(),
        };
        self.outside.advance(&mut self.learner, &gradients, reading.loss, &mut s.noise);
        Some(self.view())
    }

    fn view(&self) -> StepView<'_> {
        self.learner.view(self.batch, self)
    }

    fn stop_reason(&self) -> Option<&StopReason> {
        self.learner.stop_reason()
    }

    fn network(&self) -> &dyn Network {
        self.parts.network.as_ref()
    }

    fn prediction(&self) -> Option<Matrix> {
        self.parts.prediction(&self.learner)
    }

    fn coordinates(&self) -> Coordinates {
        coordinates(self.learner.weights(), &self.data)
    }

    fn growth(&self) -> Growth {
        self.outside.growth(self.learner.weights())
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        self.batch?;
        let above = self.parts.above();
        self.scratch.pass.bias_forces(above, self.parts.objective.as_ref())
    }

    fn embed(&self, x: &Matrix) -> Matrix {
        embed(&self.learner, self.parts.network.as_ref(), x)
    }

    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented {
        represent(&self.data, stream, first_row, rows, |x| self.embed(x))
    }

    fn represent_pairs(&self, stream: &Stream, first_row: usize, rows: usize) -> Option<Pairs> {
        if !self.parts.objective.needs().two_views {
            return None;
        }
        let samples = self.data.sample(stream, first_row, rows);
        let mut anchor = samples.x;
        if self.has_one_view() {
            let anchor = self.embed(&anchor);
            return Some(Pairs { positive: anchor.clone(), anchor });
        }
        let mut positive = Matrix::zeros(rows, anchor.cols());
        let seen = SeenViews::of(self.views, &self.parts, &self.data);
        for i in 0..rows {
            let row = (first_row + i) as u32;
            seen.pair(stream, row, samples.latent.row(i), anchor.row_mut(i), positive.row_mut(i));
        }
        Some(Pairs { anchor: self.embed(&anchor), positive: self.embed(&positive) })
    }

    fn decompose(&self, stream: &Stream, first_row: usize, rows: usize) -> Decomposed {
        decompose(&self.data, stream, first_row, rows, |x| self.embed(x))
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.learner.snapshot();
        self.outside.store(&mut snapshot);
        snapshot
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let initial_rest = self.outside.stored(snapshot)?;
        self.learner.restore(snapshot)?;
        self.outside.restore(initial_rest);
        self.batch = None;
        Ok(())
    }
}

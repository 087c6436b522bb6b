//! Contrastive training in the d + k + m coordinates that the learner sees.
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

use super::super::contrastive::{BatchPlan, NegativeViews};
use super::super::drawing::{ROWS_PER_PIECE, draw_rows};
use super::super::gated::Gate;
use super::super::pass::Pass;
use super::super::reading::{coordinates, decompose, embed, represent};
use super::super::view::{BiasForces, Coordinates, Decomposed, Growth, Pairs, Represented, StepView};
use super::super::{Dynamics, Learner, Snapshot, SnapshotError, StopReason, TrainingRule};
use super::{GaussianViews, MaskJitter, Outside};
use crate::augment::Augmentation;
use crate::data::{DataModel, SparseCoding, SparseCodingLaw};
use crate::encoder::Encoder;
use crate::loss::{Loss, LossReading, NegativeSet};
use crate::math::descent::Descent;
use crate::math::linalg::{add_transposed_times, times_transposed};
use crate::math::panels::Panels;
use crate::math::{Matrix, ParameterError, Purpose, Stream, parallel};

/// Neurons whose coefficients one thread transposes at a time.
const NEURONS_PER_PIECE: usize = 16;

/// The parts that a reduced contrastive run is made of.
pub struct ReducedParts {
    /// What a sample is.
    pub law: SparseCodingLaw,
    /// What its views are.
    pub augmentation: Box<dyn Augmentation>,
    /// What is kept of the masks' effect on the signal.
    pub jitter: MaskJitter,
    /// The activation.
    pub encoder: Box<dyn Encoder>,
    /// The loss.
    pub loss: Box<dyn Loss>,
    /// The batch.
    pub batch: BatchPlan,
    /// How the learner moves.
    pub rule: TrainingRule,
    /// The seed of everything random.
    pub seed: u64,
}

/// The samples of a step.
#[derive(Default)]
struct Batch {
    anchor: Matrix,
    positive: Matrix,
    negatives: Matrix,
    latent: Matrix,
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
    d_weights: Matrix,
    gate: Gate,
    /// A view in the layout of the gated kernels.
    panels: Panels,
    noise: Matrix,
}

/// Contrastive learning without the ambient space.
pub struct Reduced {
    parts: ReducedParts,
    views: GaussianViews,
    /// The samples in the coordinates of the learner.
    data: SparseCoding,
    learner: Learner,
    outside: Outside,
    scratch: Scratch,
    batch: Option<(LossReading, f64)>,
}

impl Reduced {
    /// Sets the learner to its initial state.
    ///
    /// # Errors
    /// Parameters out of range, and what the reduction is not exact for: see [`GaussianViews::new`].
    pub fn new(parts: ReducedParts) -> Result<Self, ParameterError> {
        parts.batch.check()?;
        let views = GaussianViews::new(parts.augmentation.as_ref(), &parts.law, parts.jitter)?;
        let (outside, learner) = Outside::start(parts.rule.clone(), parts.law, parts.seed)?;
        let data = parts.law.in_coordinates(outside.rest_dim())?;
        let mut scratch = Scratch::default();
        scratch.pass.one_view = parts.augmentation.positive_is_anchor();
        Ok(Self { parts, views, data, learner, outside, scratch, batch: None })
    }

    /// The learner in its coordinates: weights m × (d + k + m), the first d along the atoms.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    fn stream(&self, purpose: Purpose) -> Stream {
        Stream::new(self.parts.seed, purpose, self.learner.step() as u32)
    }

    fn has_one_view(&self) -> bool {
        self.scratch.pass.one_view
    }

    /// Draws the step's samples and views.
    fn draw_batch(&mut self) {
        let (positives, masks) = (self.stream(Purpose::POSITIVES), self.stream(Purpose::MASKS));
        let (negatives, negative_masks) =
            (self.stream(Purpose::NEGATIVES), self.stream(Purpose::NEGATIVE_MASKS));
        let BatchPlan { anchors, negatives: fresh, negative_set, negative_views } = self.parts.batch;
        let (n, d) = (self.data.ambient_dim(), self.data.latent_dim());
        let (same, views, data) = (self.has_one_view(), self.views, &self.data);
        let Batch { anchor, positive, negatives: negative, latent, mean_squares, negative_mean_squares } =
            &mut self.scratch.batch;
        let squares = |latent: &Matrix| latent.iter_rows().map(|z| views.mean_square(z)).collect::<Vec<_>>();

        if negative_set == NegativeSet::Fresh {
            negative.resize(fresh, n);
            latent.resize(fresh, d);
            draw_rows(data, &negatives, negative, latent);
            *negative_mean_squares = squares(latent);
        }
        anchor.resize(anchors, n);
        latent.resize(anchors, d);
        draw_rows(data, &positives, anchor, latent);
        *mean_squares = squares(latent);
        if negative_set == NegativeSet::InBatch {
            negative.clone_from(anchor);
            negative_mean_squares.clone_from(mean_squares);
        }
        if negative_views == NegativeViews::Augmented && !same {
            parallel::for_each_row_group(negative.as_mut_slice(), n, ROWS_PER_PIECE, |first, rows| {
                for (i, row) in rows.chunks_mut(n).enumerate() {
                    let r = first + i;
                    views.single(&negative_masks, r as u32, negative_mean_squares[r], row);
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
                views.pair(&masks, row as u32, mean_squares[row], x, y);
            }
        });
    }

    /// Embeds the batch. The positives are computed only where they are read.
    fn forward(&mut self) {
        let (weights, bias) = (self.learner.weights(), self.learner.bias());
        let encoder = self.parts.encoder.as_ref();
        let everywhere = self.parts.loss.reads_positive_where_anchor_is_zero();
        let Scratch { batch, pass, gate, panels, .. } = &mut self.scratch;
        times_transposed(&mut pass.pre_anchor, &batch.anchor, weights);
        times_transposed(&mut pass.pre_negatives, &batch.negatives, weights);
        pass.embed_anchors_and_negatives(encoder, bias);
        gate.read(&pass.pre_anchor, |pre, open| encoder.push_open(pre, bias, open));
        if pass.one_view {
            return;
        }
        if gate.is_worth_it() && !everywhere {
            panels.set(&batch.positive);
            gate.products(&mut pass.pre_positive, panels, weights);
        } else {
            times_transposed(&mut pass.pre_positive, &batch.positive, weights);
        }
        pass.embed_positives(encoder);
    }

    /// The gradient with respect to the weights, from those with respect to the pre-activations.
    fn gather_gradient(&mut self) {
        let Scratch { batch, pass, d_weights, gate, panels, .. } = &mut self.scratch;
        d_weights.resize(self.learner.weights().rows(), self.learner.weights().cols());
        d_weights.as_mut_slice().fill(0.0);
        if gate.is_worth_it() {
            panels.set(&batch.anchor);
            let add = Descent { keep: 1.0, rate: -1.0 };
            gate.descend(d_weights, add, &pass.grads.anchor, panels);
        } else {
            add_transposed_times(d_weights, &pass.grads.anchor, &batch.anchor);
        }
        if let Some(d_positive) = &pass.grads.positive {
            let x = if pass.one_view { &batch.anchor } else { &batch.positive };
            add_transposed_times(d_weights, d_positive, x);
        }
        if let Some(d_negatives) = &pass.grads.negatives {
            add_transposed_times(d_weights, d_negatives, &batch.negatives);
        }
    }

    /// Bᵀ, m × rows: every independent source of noise along an unknown direction with its coefficient.
    fn weigh_noise(&mut self) {
        let BatchPlan { negative_set, negative_views, .. } = self.parts.batch;
        let (same, views) = (self.has_one_view(), self.views);
        let raw = negative_views == NegativeViews::Raw || same;
        let Scratch { batch, pass: Pass { grads, .. }, noise, .. } = &mut self.scratch;
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

    /// f of given samples in the learner's coordinates, rows × (d + k + m) to rows × m.
    fn embed(&self, x: &Matrix) -> Matrix {
        embed(&self.learner, self.parts.encoder.as_ref(), x)
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
                for (r, (row, share)) in coefficients.iter_rows().zip(shares).enumerate() {
                    for (i, c) in row[first..].iter().take(group.len() / rows).enumerate() {
                        group[i * rows + start + r] += share * c;
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
        let pass = &mut self.scratch.pass;
        let reading = pass.evaluate(self.parts.loss.as_mut(), self.parts.batch.negative_set);
        pass.backward(self.parts.encoder.as_ref());
        self.batch = Some((reading, pass.firing_rate()));
        self.gather_gradient();
        self.weigh_noise();
        let s = &mut self.scratch;
        self.outside.advance(&mut self.learner, (&s.d_weights, &s.pass.d_bias), reading.loss, &mut s.noise);
        Some(self.view())
    }

    fn view(&self) -> StepView<'_> {
        self.learner.view(self.batch, self)
    }

    fn stop_reason(&self) -> Option<&StopReason> {
        self.learner.stop_reason()
    }

    fn encoder(&self) -> &dyn Encoder {
        self.parts.encoder.as_ref()
    }

    fn coordinates(&self) -> Coordinates {
        coordinates(self.learner.weights(), &self.data)
    }

    fn growth(&self) -> Growth {
        self.outside.growth(self.learner.weights())
    }

    fn bias_forces(&self) -> Option<BiasForces> {
        self.batch?;
        Some(self.scratch.pass.bias_forces(self.parts.encoder.as_ref()))
    }

    fn represent(&self, stream: &Stream, first_row: usize, rows: usize) -> Represented {
        represent(&self.data, stream, first_row, rows, |x| self.embed(x))
    }

    fn represent_pairs(&self, stream: &Stream, first_row: usize, rows: usize) -> Option<Pairs> {
        let samples = self.data.sample(stream, first_row, rows);
        let mut anchor = samples.x;
        if self.has_one_view() {
            let anchor = self.embed(&anchor);
            return Some(Pairs { positive: anchor.clone(), anchor });
        }
        let mut positive = Matrix::zeros(rows, anchor.cols());
        for i in 0..rows {
            let mean_square = self.views.mean_square(samples.latent.row(i));
            let row = (first_row + i) as u32;
            self.views.pair(stream, row, mean_square, anchor.row_mut(i), positive.row_mut(i));
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

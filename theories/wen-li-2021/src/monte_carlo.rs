//! Expectations at a run's own weights, by drawing from its data model and its augmentation.
//!
//! ```text
//! positive force   E[ h_i(x⁺⁺) k_i(x⁺) ⟨x⁺, u⟩ ]
//! whole force      E[ ((1 − ℓ_p) h_i(x⁺⁺) − Σ_s ℓ_s h_i(x_s)) k_i(x⁺) ⟨x⁺, u⟩ ] = −⟨∇_{w_i} L, u⟩
//! ```
//!
//! with u an atom M_j, or the neuron's own dense part r_i. Rates over many neurons and atoms are regressions,
//! Σ force · coefficient/Σ coefficient², whose noise averages out over all pairs.
//!
//! Augmentations are linear maps that depend on the random stream alone, so the view of the noise is found by
//! viewing ξ with the same mask, and the view of the signal is the difference.
//!
//! Source: theory.md 4.1, 4.3, 4.4 (Lemmas C.2, D.3, D.4, E.5, E.6, F.1, B.3 to B.6; Section 4,
//! decoding).

use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_lab::spec::typed::NegativeViewsSpec;
use featurescope_sim::augment::{Augmentation, Origin};
use featurescope_sim::data::{DataModel, Samples};
use featurescope_sim::math::linalg::{add_transposed_times, times_transposed};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::network::{Network, ParameterGradients, Parameters, Statistics, Tape};
use featurescope_sim::objective::{Batch, Gradients, InfoNce, LossReading, NegativeSet, Objective, StopGrad};
use featurescope_sim::train::reduced::GaussianViews;

/// Samples drawn in all.
pub(crate) const SAMPLES: usize = 4096;
/// Samples drawn at a time, each piece with negatives of its own.
const ROWS: usize = 256;
/// Matrices of one piece as wide as a sample: x and ξ, their views, and what is computed from them.
const MATRICES: f64 = 8.0;
/// Probability that a bound for everything drawn is exceeded.
const EXCEPTION: f64 = 0.05;
/// Distance from z_j at which a masked sample counts as misread: halfway between silent and active.
const HALFWAY: f32 = 0.5;
/// a in Pr(|⟨w, Mz⟩| ≥ a·standard deviation) ≤ 1/a² (Lemma B.4.2).
pub const CHEBYSHEV: f64 = 3.0;

/// Monte-Carlo averages at one state of one arm.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Positive force along the atoms, m × d.
    pub positive_sparse: Matrix,
    /// Positive force along r_i, m entries.
    pub positive_dense: Vec<f64>,
    /// The part of the positive force along the atoms that comes from the view of ξ, m × d.
    pub positive_from_noise: Matrix,
    /// Whole force along the atoms, m × d.
    pub whole_sparse: Matrix,
    /// Pr(gate of neuron i open on x⁺), m entries.
    pub gate_rate: Vec<f64>,
    /// The same where the neuron's largest atom is silent: what everything else opens.
    pub gate_rate_without_best: Vec<f64>,
    /// Share of (x⁺, atom) pairs whose masked signal misreads z_j.
    pub misread_fraction: f64,
    /// E⟨ξ⁺, ξ⁺⁺⟩/E‖ξ‖²: what the views share of the noise.
    pub shared_noise_fraction: f64,
    /// E⟨M_j, x⁺⟩⟨M_j, x⁺⁺⟩/p, mean over atoms: what they share of the signal.
    pub shared_signal_fraction: f64,
    /// Sim(x⁺, x⁺⁺) minus the largest Sim(x⁺, x_s) over the negatives, mean over samples.
    pub smallest_margin: f64,
    /// What ⟨w, ·⟩ does on the parts of a sample.
    pub projections: Projections,
}

/// Statistics of ⟨w_i, ·⟩ over samples and neurons, in units of their predictions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Projections {
    /// Largest |⟨w_i, x⁺_signal − Mz⟩|/√(Σ_r w_ir² (Mz)_r²), over the bound that Hoeffding's inequality gives
    /// for all samples and neurons together with probability .95.
    pub jitter_over_hoeffding: f64,
    /// √(mean of ⟨w_i, x⁺_signal − Mz⟩²/‖w_i‖²) in units of √(p d/d1).
    pub jitter_rms: f64,
    /// E⟨w_i, Mz⟩²/(p‖Mᵀw_i‖²), mean over neurons.
    pub signal_variance_ratio: f64,
    /// Share with |⟨w_i, Mz⟩| ≥ 3√p‖Mᵀw_i‖.
    pub chebyshev_tail: f64,
    /// Share with |⟨w_i, Mz⟩| ≥ ln d·max_j|⟨w_i, M_j⟩|.
    pub bernstein_tail: f64,
    /// E⟨w_i, ξ⁺⟩²/(E‖ξ⁺‖²/d1·‖w_i‖²), mean over neurons.
    pub noise_variance_ratio: f64,
    /// Largest |⟨ξ⁺, M_j⟩|/(√2 σ), over what Gaussian numbers all stay below with probability .95.
    pub largest_noise_on_atom: f64,
}

/// How samples become views, and their noise alone under the same mask.
pub(crate) enum DrawnViews {
    /// By masks in the ambient space.
    Ambient(Box<dyn Augmentation>),
    /// By their limit in the learner's coordinates.
    Gaussian(GaussianViews),
}

impl DrawnViews {
    /// Those of an arm.
    ///
    /// # Errors
    /// Where nothing is contrasted (an arm trained on labels).
    pub fn of(subject: &Subject<'_>) -> Result<Self, Gap> {
        let unusable = |error: featurescope_sim::math::ParameterError| Gap::Missing(error.to_string());
        let gaussian = subject.plan.gaussian_views().map_err(unusable)?;
        let ambient = subject.plan.augmentation().map_err(unusable)?;
        let views = gaussian.map(Self::Gaussian).or(ambient.map(Self::Ambient));
        views.ok_or(Gap::NoForm("views of an arm that contrasts nothing"))
    }

    /// Turns every sample into a single view of it, with masks of its own: what negatives may be (Remark
    /// 2.4). `atoms` are those of the samples, Mᵀ.
    fn single(&self, stream: &Stream, atoms: &Matrix, samples: &mut Samples) {
        for r in 0..samples.x.rows() {
            let (row, x) = (r as u32, samples.x.row_mut(r));
            match self {
                Self::Ambient(augmentation) => {
                    augmentation.single_view(&Origin { stream, row, atoms, code: samples.latent.row(r) }, x);
                }
                Self::Gaussian(views) => {
                    views.single(stream, row, views.mean_square(samples.latent.row(r)), x);
                }
            }
        }
    }

    /// Turns x and ξ into x⁺ and ξ⁺ in place, beside which stand x⁺⁺ and ξ⁺⁺.
    fn draw(
        &self,
        from: &Origin<'_>,
        (x, x_positive): (&mut [f32], &mut [f32]),
        (noise, noise_positive): (&mut [f32], &mut [f32]),
    ) {
        match self {
            Self::Ambient(augmentation) => {
                augmentation.views(from, x, x_positive);
                // Noise alone is the sample in which no atom is active.
                let silent = vec![0.0; from.code.len()];
                augmentation.views(&Origin { code: &silent, ..*from }, noise, noise_positive);
            }
            Self::Gaussian(views) => {
                // A mask acts on signal and noise by independent Gaussian vectors; rows beyond the piece are unused.
                let Origin { stream, row, code, .. } = *from;
                x.iter_mut().zip(noise.iter()).for_each(|(x, xi)| *x -= xi);
                let (all, from_noise) = (views.mean_square(code), views.noise_variance());
                views.pair(stream, row + ROWS as u32, all - from_noise, x, x_positive);
                views.pair(stream, row, from_noise, noise, noise_positive);
                x.iter_mut().zip(noise.iter()).for_each(|(x, xi)| *x += xi);
                x_positive.iter_mut().zip(noise_positive.iter()).for_each(|(x, xi)| *x += xi);
            }
        }
    }
}

/// What every anchor is contrasted with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Negatives {
    /// N.
    pub count: usize,
    /// Whether they are views of samples, not samples themselves.
    pub are_views: bool,
}

impl Negatives {
    /// Those of an arm.
    pub fn of(subject: &Subject<'_>) -> Self {
        let are_views = subject.spec().batch.negative_views == Some(NegativeViewsSpec::Augmented);
        Self { count: subject.negatives(), are_views }
    }
}

/// One piece of samples with everything that is read off it.
pub(crate) struct Piece {
    latent: Matrix,
    /// x⁺, rows × d1.
    pub anchor: Matrix,
    anchor_noise: Matrix,
    /// x⁺⁺, rows × d1.
    pub positive: Matrix,
    /// x_s, N × d1.
    pub negatives: Matrix,
    noise_energy: f64,
    shared_noise: f64,
}

impl Sampled {
    /// The averages at the weights of a moment.
    ///
    /// # Errors
    /// Where nothing is contrasted (an arm trained on labels), or the weights cannot be had.
    pub fn of<'a>(subject: &Subject<'a>, moment: Moment) -> Result<&'a Self, Gap> {
        subject.derived(moment, || Self::draw(subject, State::of(subject, moment)?))
    }

    fn draw(subject: &Subject<'_>, state: &State) -> Result<Self, Gap> {
        let views = DrawnViews::of(subject)?;
        subject.require_rows(MATRICES * ROWS as f64 + subject.negatives() as f64)?;
        let data = subject.space()?;
        let (network, mut loss) = (network(subject)?, loss(subject)?);
        let negatives = Negatives::of(subject);
        let mut sums = Sums::new(state, data);
        for piece in 0..SAMPLES / ROWS {
            let drawn = Piece::draw(data, &views, negatives, subject.run.plan.seed, piece as u32);
            sums.add(state, data, &drawn, network.as_ref(), &mut loss);
        }
        Ok(sums.finish(state, data))
    }
}

impl Piece {
    /// Piece number `piece`, a pure function of it and the seed.
    pub fn draw(
        data: &dyn DataModel,
        views: &DrawnViews,
        negatives: Negatives,
        seed: u64,
        piece: u32,
    ) -> Self {
        let stream = Stream::new(seed, Purpose::MONTE_CARLO, 2 * piece);
        let samples = data.sample(&stream, 0, ROWS);
        let noise_energy = samples.noise.as_slice().iter().map(|&v| f64::from(v).powi(2)).sum();
        let (mut anchor, mut anchor_noise) = (samples.x, samples.noise);
        let mut positive = anchor.clone();
        let mut positive_noise = anchor_noise.clone();
        let atoms = data.dictionary().atoms();
        for r in 0..ROWS {
            let sample = (anchor.row_mut(r), positive.row_mut(r));
            let noise = (anchor_noise.row_mut(r), positive_noise.row_mut(r));
            let from = Origin { stream: &stream, row: r as u32, atoms, code: samples.latent.row(r) };
            views.draw(&from, sample, noise);
        }
        let shared = anchor_noise.as_slice().iter().zip(positive_noise.as_slice());
        let shared_noise = shared.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        let stream = Stream::new(seed, Purpose::MONTE_CARLO, 2 * piece + 1);
        let mut others = data.sample(&stream, 0, negatives.count);
        if negatives.are_views {
            views.single(&stream, atoms, &mut others);
        }
        let (latent, negatives) = (samples.latent, others.x);
        Self { latent, anchor, anchor_noise, positive, negatives, noise_energy, shared_noise }
    }
}

/// Running sums over pieces.
struct Sums {
    positive_sparse: Matrix,
    positive_dense: Vec<f64>,
    positive_from_noise: Matrix,
    whole_sparse: Matrix,
    gates: Vec<f64>,
    gates_without_best: Vec<f64>,
    without_best: Vec<f64>,
    best: Vec<usize>,
    misread: f64,
    noise_energy: f64,
    shared_noise: f64,
    shared_signal: f64,
    view_noise_energy: f64,
    smallest_margin: f64,
    projections: Projections,
    /// ‖Mᵀw_i‖, ‖w_i‖ and max_j |⟨w_i, M_j⟩|.
    sizes: Vec<[f64; 3]>,
    /// W ∘ W.
    squares: Matrix,
}

impl Sums {
    fn new(state: &State, data: &dyn DataModel) -> Self {
        let (m, d) = (state.width(), data.latent_dim());
        let best: Vec<usize> = (0..m).map(|i| state.neuron(i).best_atom).collect();
        let size = |i: usize| {
            [state.sparse_energy[i].sqrt(), state.energy(i).sqrt(), state.coefficient(i, best[i]).abs()]
        };
        Self {
            positive_sparse: Matrix::zeros(m, d),
            positive_dense: vec![0.0; m],
            positive_from_noise: Matrix::zeros(m, d),
            whole_sparse: Matrix::zeros(m, d),
            gates: vec![0.0; m],
            gates_without_best: vec![0.0; m],
            without_best: vec![0.0; m],
            misread: 0.0,
            noise_energy: 0.0,
            shared_noise: 0.0,
            shared_signal: 0.0,
            view_noise_energy: 0.0,
            smallest_margin: 0.0,
            projections: Projections::default(),
            sizes: (0..m).map(size).collect(),
            squares: state.weights.map(|w| w * w),
            best,
        }
    }

    fn add(
        &mut self,
        state: &State,
        data: &dyn DataModel,
        piece: &Piece,
        network: &dyn Network,
        loss: &mut dyn Objective,
    ) {
        let product = |x: &Matrix, weights: &Matrix| {
            let mut out = Matrix::zeros(0, 0);
            times_transposed(&mut out, x, weights);
            out
        };
        let on_atoms = |x: &Matrix| data.dictionary().coordinates(x);
        let pre = product(&piece.anchor, &state.weights);
        let noise_pre = product(&piece.anchor_noise, &state.weights);
        let (atoms, atoms_noise) = (on_atoms(&piece.anchor), on_atoms(&piece.anchor_noise));
        let open = slopes(network, &pre, &state.bias);
        let anchor = embedded(network, &pre, &state.bias);
        let pull = embedded(network, &product(&piece.positive, &state.weights), &state.bias);
        let others = embedded(network, &product(&piece.negatives, &state.weights), &state.bias);
        self.smallest_margin += smallest_margins(&anchor, &pull, &others);
        let (_, contrast) = evaluate(loss, &anchor, &pull, &others);
        let gated = |force: &Matrix| {
            let pairs = force.as_slice().iter().zip(open.as_slice());
            Matrix::from_vec(force.rows(), force.cols(), pairs.map(|(f, k)| f * k).collect())
        };
        let pull = gated(&pull);
        add_transposed_times(&mut self.positive_sparse, &pull, &atoms);
        add_transposed_times(&mut self.positive_from_noise, &pull, &atoms_noise);
        add_transposed_times(&mut self.whole_sparse, &gated(&contrast), &atoms);
        let sparse_pre = product(&atoms, &state.sparse);
        for r in 0..pre.rows() {
            for (i, sum) in self.positive_dense.iter_mut().enumerate() {
                *sum += f64::from(pull[(r, i)]) * f64::from(pre[(r, i)] - sparse_pre[(r, i)]);
            }
        }
        self.add_gates(&open, &piece.latent);
        self.add_views(&atoms, &atoms_noise, &on_atoms(&piece.positive), piece);
        let signal = data.dictionary().combine(&piece.latent);
        let signal_pre = product(&signal, &state.weights);
        self.add_jitter(&pre, &noise_pre, &signal_pre, &product(&signal.map(|v| v * v), &self.squares));
        self.add_projections(&noise_pre, &signal_pre, data);
    }

    fn add_gates(&mut self, open: &Matrix, latent: &Matrix) {
        for (open, latent) in open.iter_rows().zip(latent.iter_rows()) {
            for (i, &open) in open.iter().enumerate() {
                // The slope is 2 between the thresholds of a negative bias: open all the same.
                let open = f64::from(u8::from(open != 0.0));
                self.gates[i] += open;
                if latent[self.best[i]] == 0.0 {
                    self.gates_without_best[i] += open;
                    self.without_best[i] += 1.0;
                }
            }
        }
    }

    fn add_views(&mut self, atoms: &Matrix, atoms_noise: &Matrix, atoms_positive: &Matrix, piece: &Piece) {
        let entries = atoms.as_slice().iter().zip(atoms_noise.as_slice()).zip(piece.latent.as_slice());
        self.misread += entries.filter(|((x, noise), z)| (*x - *noise - *z).abs() >= HALFWAY).count() as f64;
        let pairs = atoms.as_slice().iter().zip(atoms_positive.as_slice());
        self.shared_signal += pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        self.noise_energy += piece.noise_energy;
        self.shared_noise += piece.shared_noise;
        let largest = atoms_noise.as_slice().iter().fold(0.0f32, |largest, v| largest.max(v.abs()));
        let statistic = &mut self.projections.largest_noise_on_atom;
        *statistic = statistic.max(f64::from(largest));
        let energy = piece.anchor_noise.as_slice().iter().map(|&v| f64::from(v).powi(2));
        self.view_noise_energy += energy.sum::<f64>();
    }

    /// What the mask does to the signal's part of the pre-activations, with its variance Σ_r w_ir² (Mz)_r².
    fn add_jitter(&mut self, pre: &Matrix, noise_pre: &Matrix, signal_pre: &Matrix, variance: &Matrix) {
        for r in 0..pre.rows() {
            for (i, &[_, norm, _]) in self.sizes.iter().enumerate() {
                let moved =
                    f64::from(pre[(r, i)]) - f64::from(noise_pre[(r, i)]) - f64::from(signal_pre[(r, i)]);
                self.projections.jitter_rms += (moved / norm).powi(2);
                let deviation = f64::from(variance[(r, i)]).sqrt();
                if deviation > 0.0 {
                    let largest = &mut self.projections.jitter_over_hoeffding;
                    *largest = largest.max(moved.abs() / deviation);
                }
            }
        }
    }

    fn add_projections(&mut self, noise_pre: &Matrix, signal_pre: &Matrix, data: &dyn DataModel) {
        let (d, p) = (data.latent_dim() as f64, data.activity());
        let sums = &mut self.projections;
        for r in 0..noise_pre.rows() {
            for (i, &[sparse_norm, norm, largest]) in self.sizes.iter().enumerate() {
                let (noise, plain) = (f64::from(noise_pre[(r, i)]), f64::from(signal_pre[(r, i)]));
                sums.signal_variance_ratio += plain * plain / (p * sparse_norm * sparse_norm);
                sums.noise_variance_ratio += noise * noise / (norm * norm);
                let exceeds = |bound: f64| f64::from(u8::from(plain.abs() >= bound));
                sums.chebyshev_tail += exceeds(CHEBYSHEV * p.sqrt() * sparse_norm);
                sums.bernstein_tail += exceeds(d.ln() * largest);
            }
        }
    }

    fn finish(mut self, state: &State, data: &dyn DataModel) -> Sampled {
        let n = SAMPLES as f64;
        for sum in [&mut self.positive_sparse, &mut self.positive_from_noise, &mut self.whole_sparse] {
            sum.as_mut_slice().iter_mut().for_each(|v| *v = (f64::from(*v) / n) as f32);
        }
        let pairs = n * state.width() as f64;
        let mut projections = self.projections;
        projections.signal_variance_ratio /= pairs;
        projections.chebyshev_tail /= pairs;
        projections.bernstein_tail /= pairs;
        projections.noise_variance_ratio /= pairs * self.view_noise_energy / (n * data.ambient_dim() as f64);
        let (d, p) = (data.latent_dim() as f64, data.activity());
        projections.largest_noise_on_atom /= (2.0 * data.noise_variance()).sqrt() * largest_of(n * d);
        projections.jitter_over_hoeffding /= largest_of(pairs);
        projections.jitter_rms =
            (projections.jitter_rms / pairs * data.ambient_dim() as f64 / (p * d)).sqrt();
        Sampled {
            positive_sparse: self.positive_sparse,
            positive_dense: self.positive_dense.iter().map(|sum| sum / n).collect(),
            positive_from_noise: self.positive_from_noise,
            whole_sparse: self.whole_sparse,
            gate_rate: self.gates.iter().map(|sum| sum / n).collect(),
            gate_rate_without_best: (self.gates_without_best.iter().zip(&self.without_best))
                .map(|(open, count)| open / count)
                .collect(),
            misread_fraction: self.misread / (n * d),
            shared_noise_fraction: self.shared_noise / self.noise_energy,
            shared_signal_fraction: self.shared_signal / (n * d * p),
            smallest_margin: self.smallest_margin / n,
            projections,
        }
    }
}

/// The sum over anchors of ⟨f(x⁺), f(x⁺⁺)⟩ − max_s ⟨f(x⁺), f(x_s)⟩.
fn smallest_margins(anchor: &Matrix, positive: &Matrix, negatives: &Matrix) -> f64 {
    let mut with_negatives = Matrix::zeros(0, 0);
    times_transposed(&mut with_negatives, anchor, negatives);
    let margin = |r: usize| {
        let own: f64 =
            anchor.row(r).iter().zip(positive.row(r)).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        own - f64::from(with_negatives.row(r).iter().copied().fold(f32::NEG_INFINITY, f32::max))
    };
    (0..anchor.rows()).map(margin).sum()
}

/// What `count` numbers with sub-Gaussian tails 2e^(−t²/2) all stay below with probability .95.
fn largest_of(count: f64) -> f64 {
    (2.0 * (2.0 * count / EXCEPTION).ln()).sqrt()
}

/// What a network without arrays is evaluated at.
fn parameters(bias: &[f32]) -> Parameters<'_> {
    Parameters { bias, arrays: &[], statistics: Statistics::Running }
}

/// h of given pre-activations.
pub(crate) fn embedded(network: &dyn Network, pre: &Matrix, bias: &[f32]) -> Matrix {
    let mut features = Matrix::default();
    network.forward(pre, parameters(bias), &mut Tape::default(), &mut features);
    features
}

/// k = ∂h/∂a.
fn slopes(network: &dyn Network, pre: &Matrix, bias: &[f32]) -> Matrix {
    let (at, mut sums) = (parameters(bias), ParameterGradients::default());
    sums.clear(at);
    let mut slopes = pre.map(|_| 1.0);
    network.backward(pre, at, &mut Tape::default(), &mut slopes, &mut sums);
    slopes
}

/// The arm's loss. Forces are those on the anchor, where StopGrad makes no difference.
///
/// # Errors
/// Where the loss is another one.
pub(crate) fn loss(subject: &Subject<'_>) -> Result<InfoNce, Gap> {
    InfoNce::new(subject.temperature()?, StopGrad::Targets).map_err(|error| Gap::Missing(error.to_string()))
}

/// The subject's network.
///
/// # Errors
/// Where its features are not functions of single neurons, or the loss does not read them.
pub(crate) fn network(subject: &Subject<'_>) -> Result<Box<dyn Network>, Gap> {
    let network = subject.plan.network().map_err(|error| Gap::Missing(error.to_string()))?;
    if network.activation().is_none() {
        return Err(Gap::NoForm("a network whose features mix neurons"));
    }
    if subject.plan.spec.has_head() {
        return Err(Gap::NoForm("a head between features and objective"));
    }
    Ok(network)
}

/// The loss of these embeddings, and −∂L/∂f(x⁺) = (1 − ℓ_p) h(x⁺⁺) − Σ_s ℓ_s h(x_s) anchor by anchor, rows ×
/// m.
pub(crate) fn evaluate(
    loss: &mut dyn Objective,
    anchor: &Matrix,
    positive: &Matrix,
    negatives: &Matrix,
) -> (LossReading, Matrix) {
    let mut grads = Gradients::default();
    let batch = Batch::of_views([anchor, positive], negatives, NegativeSet::Fresh);
    let reading = loss.evaluate(&batch, &[], &mut grads);
    // The gradients are those of the mean over the anchors.
    let anchors = anchor.rows() as f32;
    (reading, grads.anchor.map(|g| -anchors * g))
}

#[cfg(test)]
mod tests;

//! One contrastive step in double precision, in naive loops straight from the formulas.
//!
//! ```text
//! c_p = −∂L/∂Sim(x⁺, x⁺⁺):  1 − ℓ_p for InfoNCE,  2 for the spectral loss
//! c_s = −∂L/∂Sim(x⁺, x_s):  −ℓ_s for InfoNCE,     −(2/N) Sim_s for the spectral loss
//! −∂L/∂f(x⁺) = c_p f(x⁺⁺) + Σ_s c_s f(x_s)          behind StopGrad nothing else, otherwise also
//! −∂L/∂f(x⁺⁺) = c_p f(x⁺),   −∂L/∂f(x_s) = c_s f(x⁺)
//! ∇w_i = mean of ∂L/∂f_i ∂h_i/∂a x                   ∂L/∂b_i = mean of ∂L/∂f_i ∂h_i/∂b
//! ```
//!
//! Source: Definition 2.2; docs/theory.md 4.1 and 4.2.

use featurescope_sim::math::Matrix;
use featurescope_sim::objective::{NegativeSet, StopGrad};

/// Which loss.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// InfoNCE with this temperature.
    InfoNce(f64),
    /// The spectral contrastive loss.
    Spectral,
}

/// W, m × d1, and b.
#[derive(Clone, Debug)]
pub struct State {
    pub weights: Matrix<f64>,
    pub bias: Vec<f64>,
}

/// The samples of one step.
pub struct Batch {
    pub anchors: Matrix<f64>,
    pub positives: Matrix<f64>,
    pub negatives: Matrix<f64>,
    pub set: NegativeSet,
}

/// ∇L, and −∂L/∂b split into what the positives and what the negatives do.
pub struct Gradient {
    pub weights: Matrix<f64>,
    pub attraction: Vec<f64>,
    pub repulsion: Vec<f64>,
}

/// Means over the anchors.
#[derive(Debug)]
pub struct Means {
    pub loss: f64,
    pub positive_logit: f64,
    pub negative_logit: f64,
    pub positive_probability: f64,
    /// Σ over B of c·Sim, which Euler's identity is about.
    pub weighted_similarity: f64,
    pub firing_rate: f64,
}

pub fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// h(a, b).
pub fn activate(a: f64, b: f64) -> f64 {
    (a - b).max(0.0) - (-a - b).max(0.0)
}

/// (∂h/∂a, ∂h/∂b).
fn slopes(a: f64, b: f64) -> (f64, f64) {
    let (up, down) = (f64::from(u8::from(a > b)), f64::from(u8::from(-a > b)));
    (up + down, down - up)
}

impl State {
    pub fn embed(&self, x: &Matrix<f64>) -> Matrix<f64> {
        let width = self.bias.len();
        Matrix::from_fn(x.rows(), width, |r, i| {
            activate(product(self.weights.row(i), x.row(r)), self.bias[i])
        })
    }
}

impl Batch {
    /// The negatives that anchor `p` sees.
    fn negatives_of(&self, p: usize) -> impl Iterator<Item = usize> {
        let in_batch = self.set == NegativeSet::InBatch;
        (0..self.negatives.rows()).filter(move |&s| !in_batch || s != p)
    }

    /// Distance of the closest pre-activation from a kink, |a| = |b|.
    pub fn distance_from_kinks(&self, state: &State) -> f64 {
        let rows =
            self.anchors.iter_rows().chain(self.positives.iter_rows()).chain(self.negatives.iter_rows());
        let distance =
            |x: &[f64], i: usize| (product(state.weights.row(i), x).abs() - state.bias[i].abs()).abs();
        rows.flat_map(|x| (0..state.bias.len()).map(move |i| distance(x, i))).fold(f64::INFINITY, f64::min)
    }
}

/// The loss of one anchor, and the coefficients `c_p`, `c_s`.
fn of_anchor(kind: Kind, plus: f64, minus: &[f64]) -> (f64, f64, Vec<f64>) {
    match kind {
        Kind::InfoNce(temperature) => {
            let weight = |sim: f64| (sim / temperature).exp();
            let total = weight(plus) + minus.iter().map(|&s| weight(s)).sum::<f64>();
            let loss = -temperature * (weight(plus) / total).ln();
            (loss, 1.0 - weight(plus) / total, minus.iter().map(|&s| -weight(s) / total).collect())
        }
        Kind::Spectral => {
            let count = minus.len() as f64;
            let loss = -2.0 * plus + minus.iter().map(|s| s * s).sum::<f64>() / count;
            (loss, 2.0, minus.iter().map(|s| -2.0 / count * s).collect())
        }
    }
}

/// Anchors embedded by `live`, the second argument of Sim by `targets`: equal to `live` except where finite differences
/// hold a stopped copy still.
pub fn means(kind: Kind, batch: &Batch, live: &State, targets: &State) -> Means {
    let anchor = live.embed(&batch.anchors);
    let (positive, negative) = (targets.embed(&batch.positives), targets.embed(&batch.negatives));
    let count = anchor.rows() as f64;
    let fired = anchor.as_slice().iter().filter(|&&h| h != 0.0).count() as f64;
    let mut means = Means {
        loss: 0.0,
        positive_logit: 0.0,
        negative_logit: 0.0,
        positive_probability: 0.0,
        weighted_similarity: 0.0,
        firing_rate: fired / anchor.as_slice().len() as f64,
    };
    for p in 0..anchor.rows() {
        let plus = product(anchor.row(p), positive.row(p));
        let minus: Vec<f64> =
            batch.negatives_of(p).map(|s| product(anchor.row(p), negative.row(s))).collect();
        let (loss, c_p, c_s) = of_anchor(kind, plus, &minus);
        means.loss += loss / count;
        means.positive_logit += plus / count;
        means.negative_logit += minus.iter().sum::<f64>() / minus.len() as f64 / count;
        means.positive_probability += (1.0 - c_p) / count;
        means.weighted_similarity += (c_p * plus + product(&c_s, &minus)) / count;
    }
    means
}

impl Gradient {
    /// ∂L/∂b.
    pub fn bias(&self) -> Vec<f64> {
        self.attraction.iter().zip(&self.repulsion).map(|(a, r)| -(a + r)).collect()
    }

    /// Adds what `pull` + `push` = −∂L/∂h(x) does to neuron i, `pull` coming from positives.
    fn descend(&mut self, state: &State, i: usize, x: &[f64], pull: f64, push: f64) {
        let (by_pre, by_bias) = slopes(product(state.weights.row(i), x), state.bias[i]);
        for (g, x) in self.weights.row_mut(i).iter_mut().zip(x) {
            *g -= (pull + push) * by_pre * x;
        }
        self.attraction[i] += pull * by_bias;
        self.repulsion[i] += push * by_bias;
    }
}

/// The gradient of the mean loss.
pub fn gradient(kind: Kind, stop_grad: StopGrad, batch: &Batch, state: &State) -> Gradient {
    let width = state.bias.len();
    let (anchor, positive, negative) =
        (state.embed(&batch.anchors), state.embed(&batch.positives), state.embed(&batch.negatives));
    let share = 1.0 / anchor.rows() as f64;
    let mut gradient = Gradient {
        weights: Matrix::zeros(width, batch.anchors.cols()),
        attraction: vec![0.0; width],
        repulsion: vec![0.0; width],
    };
    for p in 0..anchor.rows() {
        let own: Vec<usize> = batch.negatives_of(p).collect();
        let minus: Vec<f64> = own.iter().map(|&s| product(anchor.row(p), negative.row(s))).collect();
        let (_, c_p, c_s) = of_anchor(kind, product(anchor.row(p), positive.row(p)), &minus);
        for i in 0..width {
            let pull = c_p * positive[(p, i)];
            let push: f64 = own.iter().zip(&c_s).map(|(&s, c)| c * negative[(s, i)]).sum();
            gradient.descend(state, i, batch.anchors.row(p), share * pull, share * push);
            if stop_grad == StopGrad::Nowhere {
                gradient.descend(state, i, batch.positives.row(p), share * c_p * anchor[(p, i)], 0.0);
                for (&s, c) in own.iter().zip(&c_s) {
                    gradient.descend(state, i, batch.negatives.row(s), 0.0, share * c * anchor[(p, i)]);
                }
            }
        }
    }
    gradient
}

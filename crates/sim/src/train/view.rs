//! What a training process shows of itself: read-only, and the same for every dynamics.

use super::{Dynamics, StageTimes};
use crate::data::dictionary::Angles;
use crate::math::Matrix;
use crate::objective::LossReading;
use std::sync::Arc;

/// The state after `step` steps.
#[derive(Clone, Copy)]
pub struct StepView<'a> {
    /// Steps taken; 0 is the initial state.
    pub step: u64,
    /// The last training batch, read at the weights *before* its update; `None` at step 0.
    pub batch: Option<LossReading>,
    /// Fraction of (anchor, feature) pairs of the last training batch that are not zero.
    pub anchor_firing_rate: Option<f64>,
    /// Stage times reached so far.
    pub stages: StageTimes,
    /// b_i, m entries.
    pub bias: &'a [f32],
    /// ‖w_i‖, m entries.
    pub norms: &'a [f32],
    /// ‖w_i(0)‖, m entries.
    pub initial_norms: &'a [f32],
    /// For everything that costs something to compute.
    pub dynamics: &'a dyn Dynamics,
}

/// W as the data see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinates {
    /// ⟨w_i, M_j⟩, m × d.
    pub sparse: Matrix,
    /// ‖w_i − P w_i‖², m entries; P projects on the span of M, and is M Mᵀ where atoms are orthonormal.
    pub dense_energy: Vec<f64>,
    /// What atoms at other angles ask for besides; `None` where they are orthonormal.
    pub oblique: Option<Oblique>,
}

/// W where atoms are not orthonormal, so that ⟨w_i, M_j⟩ is not the coefficient of w_i along M_j.
#[derive(Clone, Debug, PartialEq)]
pub struct Oblique {
    /// ‖P w_i‖², m entries.
    pub sparse_energy: Vec<f64>,
    /// β with P w_i = Σ_j β_ij M_j, m × d: coefficients in the basis of the atoms, products with the dual basis. `None`
    /// where there are more atoms than dimensions.
    pub dual: Option<Matrix>,
    /// The angles of the atoms.
    pub angles: Arc<Angles>,
}

/// By what factor the initial weights have grown, direction by direction and averaged: the coefficient of W(t) along
/// W(0). Noise that the steps added is orthogonal to W(0) on average, so unlike a ratio of energies this follows the
/// mean dynamics of stage I (docs/theory.md 4.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Σ_i ⟨Mᵀw_i, Mᵀw_i(0)⟩ / Σ_i ‖Mᵀw_i(0)‖².
    pub sparse: f64,
    /// The same for the part of w_i outside the span of M.
    pub dense: f64,
}

/// −∂L/∂b_i of the last batch, split by where it comes from; m entries each. Positive values raise the bias.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasForces {
    /// From the pull to the positive: −E[(1−ℓ_p) h_i(x⁺⁺) sign(a_i) k_i]; without StopGrad also from the pull on it.
    pub attraction: Vec<f64>,
    /// From the negatives: E[Σ_s ℓ_s h_i(x_s) sign(a_i) k_i].
    pub repulsion: Vec<f64>,
}

/// Representations of fresh samples.
#[derive(Clone, Debug)]
pub struct Represented {
    /// f(x), n × K.
    pub features: Matrix,
    /// z, n × d.
    pub latent: Matrix,
}

/// Representations of the two views of fresh samples.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// f(x⁺), n × K.
    pub anchor: Matrix,
    /// f(x⁺⁺), n × K.
    pub positive: Matrix,
}

/// Representations of fresh samples and of their two parts.
#[derive(Clone, Debug)]
pub struct Decomposed {
    /// f(x), n × K.
    pub features: Matrix,
    /// f(M z), n × K.
    pub signal: Matrix,
    /// f(ξ), n × K.
    pub noise: Matrix,
    /// z, n × d.
    pub latent: Matrix,
}

/// Margins of fresh samples, each positive where the network's answer is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Attacked {
    /// Of the samples as they were drawn, n entries.
    pub before: Vec<f64>,
    /// Of the same samples after the attack, n entries.
    pub after: Vec<f64>,
}

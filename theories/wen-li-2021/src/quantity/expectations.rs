//! Quantities that are expectations at the run's own weights, by Monte-Carlo.

use super::{Quantity, mean, quantity};
use crate::closed_form::gate::{singleton_force, stein_factor};
use crate::constructed::{MaskOverlaps, dense_solution_loss};
use crate::luck::lucky;
use crate::monte_carlo::{CHEBYSHEV, Sampled};
use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::{OWNER_COSINE, SINGLETON_COSINE};

pub(super) const QUANTITIES: &[Quantity] = &[
    quantity(
        "force_sparse_ratio",
        "regression of E[h_i(x⁺⁺) k ⟨x⁺, M_j⟩] on ⟨w_i, M_j⟩ over its closed form with thresholds at zero",
        |s, at| Ok(slope(&Sampled::of(s, at)?.positive_sparse, State::of(s, at)?, |_, _| true)? / rates(s)?.0),
    ),
    quantity(
        "force_dense_error",
        "(Σ E[h_i(x⁺⁺) k ⟨x⁺, w_i⊥⟩]/Σ‖w_i⊥‖² − its closed form with thresholds at zero) over the sparse closed form",
        |s, at| {
            let (sparse, dense) = rates(s)?;
            Ok((dense_rate(s, at)? - dense) / sparse)
        },
    ),
    quantity(
        "force_dense_ratio",
        "Σ E[h_i(x⁺⁺) k ⟨x⁺, w_i⊥⟩]/Σ‖w_i⊥‖² over σ² Pr(gate open), Stein's identity",
        |s, at| {
            let population = s.population()?;
            let sparse = 1.0 - s.column("dense_energy_fraction", at)?;
            let bias = s.column("bias_over_norm", at)?.max(0.0);
            Ok(dense_rate(s, at)? / (s.even_noise()? * stein_factor(&population, sparse, bias)))
        },
    ),
    quantity(
        "force_dense_over_activity",
        "Σ E[h_i(x⁺⁺) k ⟨x⁺, w_i⊥⟩]/Σ‖w_i⊥‖² over p",
        |s, at| Ok(dense_rate(s, at)? / s.population()?.activity),
    ),
    quantity(
        "force_over_activity",
        "regression of E[h_i(x⁺⁺) k ⟨x⁺, M_j⟩] on ⟨w_i, M_j⟩ over p, pairs below the threshold only",
        |s, at| {
            let state = State::of(s, at)?;
            let below = |i: usize, j: usize| state.coefficient(i, j).abs() < state.threshold(i);
            Ok(slope(&Sampled::of(s, at)?.positive_sparse, state, below)? / s.population()?.activity)
        },
    ),
    quantity(
        "lucky_force_ratio",
        "Σ sign·E[h_i(x⁺⁺) k ⟨x⁺, M_j⟩] over Σ p(|⟨w_i, M_j⟩| − b_i)₊, pairs that were lucky at the start",
        |s, at| lucky_force(s, at, &Sampled::of(s, at)?.positive_sparse),
    ),
    quantity(
        "lucky_whole_force_ratio",
        "−Σ sign·⟨∇_{w_i} L, M_j⟩ over Σ p(|⟨w_i, M_j⟩| − b_i)₊, pairs that were lucky at the start",
        |s, at| lucky_force(s, at, &Sampled::of(s, at)?.whole_sparse),
    ),
    quantity(
        "smallest_margin_over_log_n",
        "(Sim(x⁺, x⁺⁺) − the largest Sim(x⁺, x_s) over all negatives)/(τ ln N), mean over samples",
        |s, at| Ok(Sampled::of(s, at)?.smallest_margin / (s.temperature()? * (s.negatives() as f64).ln())),
    ),
    quantity(
        "owner_force_over_activity",
        "−Σ⟨∇_{w_i} L, M_j⟩⟨w_i, M_j⟩/Σ⟨w_i, M_j⟩² over p, neurons with |cos| > .9 to M_j",
        |s, at| {
            let state = State::of(s, at)?;
            let owns = |i: usize, j: usize| state.cosine(i, j) > SINGLETON_COSINE;
            Ok(slope(&Sampled::of(s, at)?.whole_sparse, state, owns)? / s.population()?.activity)
        },
    ),
    quantity(
        "cross_force_ratio",
        "root mean square of ⟨∇_{w_i} L, M_j⟩ off the neuron's best atom over that on it, neurons with |cos| > .7",
        |s, at| {
            let (state, force) = (State::of(s, at)?, &Sampled::of(s, at)?.whole_sparse);
            let (mut own, mut cross, mut owners) = (0.0, 0.0, 0.0);
            for i in 0..state.width() {
                let neuron = state.neuron(i);
                if neuron.alignment() > OWNER_COSINE {
                    let squares = |j: usize| f64::from(force[(i, j)]).powi(2);
                    own += squares(neuron.best_atom);
                    cross += (0..force.cols()).filter(|&j| j != neuron.best_atom).map(squares).sum::<f64>();
                    owners += 1.0;
                }
            }
            if owners == 0.0 {
                return Err(Gap::Nothing("neurons aligned with an atom"));
            }
            Ok((cross / (force.cols() - 1) as f64 / own).sqrt())
        },
    ),
    quantity(
        "noise_force_on_atoms",
        "root mean square over pairs of E[h_i(x⁺⁺) k ⟨ξ⁺, M_j⟩] over that of p⟨w_i, M_j⟩",
        |s, at| {
            let (state, force) = (State::of(s, at)?, &Sampled::of(s, at)?.positive_from_noise);
            let square =
                |values: &Matrix| values.as_slice().iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
            Ok((square(force) / square(&state.sparse)).sqrt() / s.population()?.activity)
        },
    ),
    quantity(
        "other_gate_rate_ratio",
        "mean Pr(gate open | best atom silent) over e^(−(ln d)^¼)",
        |s, at| Ok(other_gate_rate(s, at)? / (-s.latent_dim().ln().powf(0.25)).exp()),
    ),
    quantity(
        "owner_gate_rate_ratio",
        "mean Pr(gate open | best atom silent) over e^(−√ln d), neurons with |cos| > .9",
        |s, at| {
            let (state, rates) = (State::of(s, at)?, &Sampled::of(s, at)?.gate_rate_without_best);
            let owns = |&i: &usize| state.neuron(i).alignment() > SINGLETON_COSINE;
            let rate =
                mean((0..state.width()).filter(owns).map(|i| rates[i]), "neurons aligned with an atom")?;
            Ok(rate / (-s.latent_dim().ln().sqrt()).exp())
        },
    ),
    quantity(
        "misread_fraction",
        "share of (masked sample, atom) pairs in which |⟨M_j, 2DMz⟩ − z_j| ≥ ½",
        |s, at| {
            s.require_ambient_space()?;
            Ok(Sampled::of(s, at)?.misread_fraction)
        },
    ),
    quantity("shared_noise_fraction", "E⟨ξ⁺, ξ⁺⁺⟩/E‖ξ‖²", |s, at| {
        Ok(Sampled::of(s, at)?.shared_noise_fraction)
    }),
    quantity("shared_signal_fraction", "E⟨M_j, x⁺⟩⟨M_j, x⁺⁺⟩/p, mean over atoms", |s, at| {
        Ok(Sampled::of(s, at)?.shared_signal_fraction)
    }),
    quantity(
        "mask_overlap_ratio",
        "mean square of ⟨(2D − I)M_j, M_k⟩, j ≠ k, over Σ_r M_rj² M_rk²",
        |s, _| {
            let overlaps = MaskOverlaps::draw(s)?;
            Ok(overlaps.mean_square / overlaps.exact_mean_square)
        },
    ),
    quantity(
        "dense_solution_loss",
        "loss of random orthogonal dense weights with E Sim(x, x) = 2τ ln(N+1), over τ ln(N+1)",
        |s, _| dense_solution_loss(s),
    ),
    quantity("mask_overlap_rms", "root mean square of ⟨(2D − I)M_j, M_k⟩, j ≠ k", |s, _| {
        Ok(MaskOverlaps::draw(s)?.mean_square.sqrt())
    }),
    quantity(
        "mask_overlap_max",
        "largest |⟨(2D − I)M_j, M_k⟩|, j ≠ k, in units of ln(d1)/√d1",
        |s, _| Ok(MaskOverlaps::draw(s)?.largest * s.ambient_dim().sqrt() / s.ambient_dim().ln()),
    ),
    quantity(
        "noise_on_atom_max",
        "largest |⟨ξ⁺, M_j⟩| over what Gaussian numbers of standard deviation √2 σ all stay below with probability .95",
        |s, at| {
            s.even_noise()?;
            Ok(Sampled::of(s, at)?.projections.largest_noise_on_atom)
        },
    ),
    quantity(
        "jitter_over_hoeffding",
        "largest |⟨w_i, (2D − I)Mz⟩|/√(Σ_r w_ir² (Mz)_r²) over Hoeffding's bound for all of them with probability .95",
        |s, at| {
            s.require_ambient_space()?;
            Ok(Sampled::of(s, at)?.projections.jitter_over_hoeffding)
        },
    ),
    quantity(
        "jitter_rms",
        "root mean square of ⟨w_i, (2D − I)Mz⟩/‖w_i‖ in units of √(p d/d1)",
        |s, at| {
            s.require_ambient_space()?;
            Ok(Sampled::of(s, at)?.projections.jitter_rms)
        },
    ),
    quantity(
        "signal_variance_ratio",
        "E⟨w_i, Mz⟩² over p‖Mᵀw_i‖², mean over neurons",
        |s, at| Ok(Sampled::of(s, at)?.projections.signal_variance_ratio),
    ),
    quantity(
        "chebyshev_ratio",
        "share of samples with |⟨w_i, Mz⟩| ≥ 3√p‖Mᵀw_i‖ over Chebyshev's 1/9",
        |s, at| Ok(Sampled::of(s, at)?.projections.chebyshev_tail * CHEBYSHEV * CHEBYSHEV),
    ),
    quantity(
        "bernstein_tail",
        "share of samples with |⟨w_i, Mz⟩| ≥ ln d·max_j|⟨w_i, M_j⟩|",
        |s, at| Ok(Sampled::of(s, at)?.projections.bernstein_tail),
    ),
    quantity(
        "noise_variance_ratio",
        "E⟨w_i, ξ⁺⟩²/‖w_i‖² over the mean square of a coordinate of ξ⁺, which is 2σ² with RandomMask",
        |s, at| Ok(Sampled::of(s, at)?.projections.noise_variance_ratio),
    ),
];

/// The closed-form rates of stage I, E[x⁺ x⁺⁺ᵀ] along atoms and along dense directions, from the growth
/// factors.
fn rates(s: &Subject<'_>) -> Result<(f64, f64), Gap> {
    let growth = s.plan.prediction.growth.ok_or(Gap::NoForm("growth in stage I"))?;
    let (training, n) = (&s.spec().training, s.negatives() as f64);
    let rate =
        |factor: f64| ((factor - 1.0) / training.learning_rate + training.weight_decay) * (n + 1.0) / n;
    Ok((rate(growth.sparse), rate(growth.dense)))
}

/// Σ force·coefficient/Σ coefficient² over the pairs that `counts`.
fn slope(force: &Matrix, state: &State, counts: impl Fn(usize, usize) -> bool) -> Result<f64, Gap> {
    let (mut product, mut square) = (0.0, 0.0);
    for i in 0..force.rows() {
        for j in (0..force.cols()).filter(|&j| counts(i, j)) {
            let coefficient = state.coefficient(i, j);
            product += f64::from(force[(i, j)]) * coefficient;
            square += coefficient * coefficient;
        }
    }
    if square == 0.0 { Err(Gap::Nothing("such pairs of neuron and atom")) } else { Ok(product / square) }
}

fn dense_rate(s: &Subject<'_>, at: Moment) -> Result<f64, Gap> {
    let force: f64 = Sampled::of(s, at)?.positive_dense.iter().sum();
    Ok(force / State::of(s, at)?.dense_energy.iter().sum::<f64>())
}

fn lucky_force(s: &Subject<'_>, at: Moment, force: &Matrix) -> Result<f64, Gap> {
    let (state, activity) = (State::of(s, at)?, s.population()?.activity);
    let (mut found, mut expected) = (0.0, 0.0);
    for (i, j) in lucky(State::of(s, Moment::Start)?, s.luck()) {
        let coefficient = state.coefficient(i, j);
        found += f64::from(force[(i, j)]) * coefficient.signum();
        expected += singleton_force(activity, coefficient.abs(), state.threshold(i).max(0.0));
    }
    if expected == 0.0 {
        Err(Gap::Nothing("lucky neurons above their threshold"))
    } else {
        Ok(found / expected)
    }
}

fn other_gate_rate(s: &Subject<'_>, at: Moment) -> Result<f64, Gap> {
    mean(Sampled::of(s, at)?.gate_rate_without_best.iter().copied(), "neurons")
}

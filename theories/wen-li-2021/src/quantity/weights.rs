//! Quantities computed from stored weights: coefficients on every atom, dense coordinates, thresholds.

use super::recorded::plateau;
use super::{Quantity, largest, mean, quantity, share};
use crate::closed_form::initial_sets::mean_vanishing_atoms;
use crate::luck::{lucky, potential};
use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_sim::math::argmax;
use featurescope_sim::measure::{HELD_SHARE, LuckRule, OWNER_COSINE};

/// Probability that a Gaussian start exceeds the bound of its norms.
const EXCEPTION: f64 = 0.05;

pub(super) const QUANTITIES: &[Quantity] = &[
    quantity(
        "initial_norm_deviation",
        "largest |‖w_i‖²/(σ0² d1) − 1| over the chi-square bound that all m neurons keep with probability .95",
        |s, _| {
            let state = State::of(s, Moment::Start)?;
            let expected = s.initial_norm().powi(2);
            Ok(deviation(s, s.ambient_dim(), (0..state.width()).map(|i| state.energy(i) / expected)))
        },
    ),
    quantity(
        "initial_sparse_deviation",
        "largest |‖M Mᵀ w_i‖²/(σ0² d) − 1| over the chi-square bound that all m neurons keep with probability .95",
        |s, _| {
            let state = State::of(s, Moment::Start)?;
            let expected = s.initial_norm().powi(2) * s.latent_dim() / s.ambient_dim();
            Ok(deviation(s, s.latent_dim(), state.sparse_energy.iter().map(|e| e / expected)))
        },
    ),
    quantity(
        "lucky_atoms_fraction",
        "share of atoms with a lucky neuron at the start, with the paper's thresholds",
        |s, _| {
            let state = State::of(s, Moment::Start)?;
            let mut atoms: Vec<usize> = lucky(state, paper_luck(s)).into_iter().map(|(_, j)| j).collect();
            atoms.sort_unstable();
            atoms.dedup();
            Ok(atoms.len() as f64 / s.latent_dim())
        },
    ),
    quantity(
        "vanishing_atoms_ratio",
        "mean |Λ_i|, atoms with |⟨w_i, M_j⟩| ≤ σ0/d at the start, over its exact mean d(2Φ(1/d) − 1)",
        |s, _| {
            let state = State::of(s, Moment::Start)?;
            let small = s.initial_norm() / s.ambient_dim().sqrt() / s.latent_dim();
            let count = state.sparse.as_slice().iter().filter(|c| f64::from(c.abs()) <= small).count();
            Ok(count as f64 / state.width() as f64 / mean_vanishing_atoms(s.latent_dim() as usize))
        },
    ),
    quantity("shared_potential_max", "largest |M_j ∩ M_j'| at the start over ln d", |s, _| {
        let sets = potential(State::of(s, Moment::Start)?, s.luck());
        let shared = |a: &[usize], b: &[usize]| a.iter().filter(|i| b.contains(i)).count() as f64;
        let pairs = (0..sets.len()).flat_map(|j| (0..j).map(move |k| (j, k)));
        Ok(largest(pairs.map(|(j, k)| shared(&sets[j], &sets[k]))) / s.latent_dim().ln())
    }),
    quantity(
        "potential_atoms_max",
        "largest number of atoms that one neuron is potential for at the start, with the paper's thresholds",
        |s, _| {
            let state = State::of(s, Moment::Start)?;
            let mut counts = vec![0.0; state.width()];
            potential(state, paper_luck(s)).iter().flatten().for_each(|&i| counts[i] += 1.0);
            Ok(largest(counts))
        },
    ),
    quantity(
        "sizeable_atoms_max",
        "largest number of atoms with ⟨w_i, M_j⟩² ≥ √(ln d)·‖M Mᵀ w_i‖²/d, over d·2^(−√ln d)",
        |s, at| {
            let state = State::of(s, at)?;
            Ok(sizeable(s, state, &state.sparse_energy))
        },
    ),
    quantity(
        "sizeable_atoms_of_norm_max",
        "largest number of atoms with ⟨w_i, M_j⟩² ≥ √(ln d)/d·‖w_i‖², over d·2^(−√ln d)",
        |s, at| {
            let state = State::of(s, at)?;
            Ok(sizeable(s, state, &(0..state.width()).map(|i| state.energy(i)).collect::<Vec<_>>()))
        },
    ),
    quantity(
        "lucky_over_bias",
        "mean |⟨w_i, M_j⟩|/b_i over the pairs that were lucky at the start",
        |s, at| {
            let state = State::of(s, at)?;
            let ratios =
                lucky_pairs(s)?.into_iter().map(|(i, j)| state.coefficient(i, j).abs() / state.threshold(i));
            mean(ratios, "lucky neurons")
        },
    ),
    quantity(
        "lucky_above_bias_share",
        "share of the pairs that were lucky at the start with |⟨w_i, M_j⟩| ≥ b_i",
        |s, at| {
            let state = State::of(s, at)?;
            let holds =
                lucky_pairs(s)?.into_iter().map(|(i, j)| state.coefficient(i, j).abs() >= state.threshold(i));
            share(holds, "lucky neurons")
        },
    ),
    quantity(
        "unlucky_below_bias_share",
        "share of the pairs (i, j), i not in M_j at the start, with |⟨w_i, M_j⟩| ≤ b_i",
        |s, at| {
            let state = State::of(s, at)?;
            share(
                unlucky_pairs(s)?
                    .into_iter()
                    .map(|(i, j)| state.coefficient(i, j).abs() <= state.threshold(i)),
                "pairs without luck",
            )
        },
    ),
    quantity(
        "unlucky_coefficient_scaled",
        "root mean square of ⟨w_i, M_j⟩/‖Mᵀw_i‖ over pairs with i not in M_j at the start, in units of 1/√d",
        |s, at| {
            let state = State::of(s, at)?;
            let square = |i: usize, j: usize| state.coefficient(i, j).powi(2) / state.sparse_energy[i];
            let squares = unlucky_pairs(s)?.into_iter().map(|(i, j)| square(i, j));
            Ok((mean(squares, "pairs without luck")? * s.latent_dim()).sqrt())
        },
    ),
    quantity(
        "other_coefficient_scaled",
        "root mean square of ⟨w_i, M_j⟩/‖Mᵀw_i‖ over j not in N_i, neurons weighted by sparse energy, in units of 1/√d",
        |s, at| {
            let state = State::of(s, at)?;
            let (mut outside, mut total) = (0.0, 0.0);
            for i in 0..state.width() {
                let line = HELD_SHARE * state.neuron(i).largest;
                let others = state.sparse.row(i).iter().map(|&c| f64::from(c)).filter(|c| c.abs() < line);
                outside += others.map(|c| c * c).sum::<f64>();
                total += state.sparse_energy[i];
            }
            Ok((outside / total).sqrt())
        },
    ),
    quantity(
        "dense_coordinate_scaled",
        "root mean square of ⟨w_i, u⟩/‖w_i‖ over dense directions u, neurons weighted by energy, in units of 1/√d1",
        |s, at| {
            let state = State::of(s, at)?;
            let (dense, sparse): (f64, f64) =
                (state.dense_energy.iter().sum(), state.sparse_energy.iter().sum());
            let directions = s.ambient_dim() - s.latent_dim();
            Ok((dense / (dense + sparse) / directions * s.ambient_dim()).sqrt())
        },
    ),
    quantity(
        "dense_coordinate_max",
        "largest |⟨w_i, u_r⟩|/‖w_i‖ over the d1 coordinate axes projected off the atoms, in units of √(ln d/d1)",
        |s, at| {
            s.require_ambient_space()?;
            let state = State::of(s, at)?;
            let row = |i: usize| {
                let entries = state.dense.row(i).iter().map(|&v| f64::from(v.abs()));
                largest(entries) / state.energy(i).sqrt()
            };
            Ok(largest((0..state.width()).map(row)) * (s.ambient_dim() / s.latent_dim().ln()).sqrt())
        },
    ),
    quantity(
        "lucky_over_rivals",
        "mean over lucky pairs of |⟨w_i, M_j⟩| over the largest |⟨w_i', M_j⟩|, i' in M_j at the start",
        |s, at| {
            let state = State::of(s, at)?;
            let potential = potential(State::of(s, Moment::Start)?, s.luck());
            let rival = |j: usize| largest(potential[j].iter().map(|&i| state.coefficient(i, j).abs()));
            let ratios = lucky_pairs(s)?.into_iter().map(|(i, j)| state.coefficient(i, j).abs() / rival(j));
            mean(ratios, "lucky neurons")
        },
    ),
    quantity(
        "owner_coefficient",
        "largest |⟨w_i, M_j⟩| in units of √(τ ln(2/p)), mean over atoms with a neuron of |cos| > .7",
        |s, at| {
            let state = State::of(s, at)?;
            let scale = plateau(s)?.natural_energy().sqrt();
            let owned = (0..state.sparse.cols()).filter_map(|j| {
                let best = argmax((0..state.width()).map(|i| state.cosine(i, j)))?;
                (state.cosine(best, j) > OWNER_COSINE).then(|| state.coefficient(best, j).abs() / scale)
            });
            mean(owned, "owned atoms")
        },
    ),
];

/// Largest |ratio − 1| over 2√(x/n) + 2x/n, x = ln(2m/.05): what m chi-square laws with n degrees of freedom
/// exceed with probability at most .05 (Laurent and Massart, 2000, lemma 1).
fn deviation(s: &Subject<'_>, freedom: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    let x = (2.0 * s.width() as f64 / EXCEPTION).ln();
    let bound = 2.0 * (x / freedom).sqrt() + 2.0 * x / freedom;
    largest(ratios.map(|ratio| (ratio - 1.0).abs())) / bound
}

fn paper_luck(s: &Subject<'_>) -> LuckRule {
    LuckRule::paper(s.latent_dim() as usize, s.width(), LuckRule::GAMMA)
}

fn lucky_pairs(s: &Subject<'_>) -> Result<Vec<(usize, usize)>, Gap> {
    Ok(lucky(State::of(s, Moment::Start)?, s.luck()))
}

fn unlucky_pairs(s: &Subject<'_>) -> Result<Vec<(usize, usize)>, Gap> {
    let sets = potential(State::of(s, Moment::Start)?, s.luck());
    let of_atom = |(j, set): (usize, &Vec<usize>)| {
        let outside = (0..s.width()).filter(|i| set.binary_search(i).is_err());
        outside.map(|i| (i, j)).collect::<Vec<_>>()
    };
    Ok(sets.iter().enumerate().flat_map(of_atom).collect())
}

fn sizeable(s: &Subject<'_>, state: &State, energy: &[f64]) -> f64 {
    let d = s.latent_dim();
    let line = d.ln().sqrt() / d;
    let count = |i: usize| {
        let squares = state.sparse.row(i).iter().map(|&c| f64::from(c).powi(2));
        squares.filter(|square| *square >= line * energy[i]).count() as f64
    };
    largest((0..state.width()).map(count)) / (d * (-d.ln().sqrt()).exp2())
}

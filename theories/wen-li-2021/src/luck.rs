//! Luck at the start: which neurons the theory expects to win which atoms.
//!
//! Source: Definition B.1; theory.md 5.3.

use featurescope_lab::evidence::{Gap, Moment, State, Subject};
use featurescope_lab::paper::{Fate, Role};
use featurescope_sim::measure::{LuckRule, Neuron, OWNER_COSINE, luck};

/// M_j of Definition B.1 for every atom.
pub fn potential(state: &State, rule: LuckRule) -> Vec<Vec<usize>> {
    let d = state.sparse.cols();
    let neurons: Vec<Neuron> = (0..state.width()).map(|i| state.neuron(i)).collect();
    let passes = |i: usize, j: usize| rule.is_potential(state.coefficient(i, j), &neurons[i], d);
    (0..d).map(|j| (0..state.width()).filter(|&i| passes(i, j)).collect()).collect()
}

/// The pairs (i, j) with i in M_j* of Definition B.1.
pub fn lucky(state: &State, rule: LuckRule) -> Vec<(usize, usize)> {
    let neurons = (0..state.width()).map(|i| (i, state.neuron(i)));
    let lucky = neurons.filter(|(_, neuron)| rule.is_lucky(neuron, state.sparse.cols()));
    lucky.map(|(i, neuron)| (i, neuron.best_atom)).collect()
}

/// The fates of the neurons of an arm that contrasts, luck being l_i = ⟨w_i, M_j⟩²/((ln d/d)‖M Mᵀ w_i‖²) for the atom j
/// that neuron i points most at.
///
/// Source: Definition B.1, Lemmas C.1b, D.1a, E.2 (1); theory.md 7 (4).
pub fn fates(s: &Subject<'_>, role: Role) -> Option<Vec<Fate>> {
    if role == Role::named("supervised") {
        return None;
    }
    read_fates(s).ok()
}

fn read_fates(s: &Subject<'_>) -> Result<Vec<Fate>, Gap> {
    let (d, rule) = (s.latent_dim() as usize, s.luck());
    let (start, end) = (s.recorded_neurons(Moment::Start)?, s.recorded_neurons(Moment::End)?);
    let fate = |(first, last): (&Neuron, &Neuron)| {
        let is_aligned = last.alignment() > OWNER_COSINE;
        Fate {
            luck: luck(first, d),
            is_lucky: rule.is_lucky(first, d),
            is_aligned,
            is_kept: is_aligned && first.best_atom == last.best_atom,
        }
    };
    Ok(start.iter().zip(&end).map(fate).collect())
}

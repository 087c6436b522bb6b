//! Whether luck at the start decides which atom a neuron ends with.
//!
//! With S_i = (ln d/d)·‖M Mᵀ w_i‖², a neuron is *potential* for atom j, i ∈ M_j, when ⟨w_i, M_j⟩² ≥ (c1 − c2) S_i, and
//! *lucky*, i ∈ M_j*, when ⟨w_i, M_j⟩² ≥ (c1 + c2) S_i while every other atom stays at or below (c1 − c2) S_i.
//! The sets are fixed at step 0 and once more at T1; their fate is read at every recorded step.
//!
//! The paper has c1 = 2 + 2(1 − γ)c0, c2 = γ c0 with m = d^(1 + c0). At sizes that fit a computer hardly any neuron passes
//! (about .1 to .2 per atom), so [`LuckRule::per_atom`] lowers c1 until a given number of potential neurons per atom is
//! expected, m·Pr(Beta(½, (d − 1)/2) ≥ (c1 − c2) ln d/d).
//!
//! Source: Definition B.1; Lemma B.2 (c), C.1 (b), D.1 (a), E.2 (1); docs/theory.md 8.2.

use super::reading::Neuron;
use super::{
    Column, Measure, NotRemembered, OWNER_COSINE, Reading, Shape, Values, count, fraction, recalled,
    remembered,
};
use crate::math::special::beta_tail;

/// The thresholds of luck, in units of (ln d/d)·‖M Mᵀ w_i‖².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LuckRule {
    /// c1 + c2: what the lucky atom must reach.
    pub lucky: f64,
    /// c1 − c2: what a potential atom must reach, and what the others of a lucky neuron may not exceed.
    pub potential: f64,
}

impl LuckRule {
    /// γ of the paper.
    pub const GAMMA: f64 = 0.01;
    /// Potential neurons per atom that the shipped presets ask for.
    pub const POTENTIAL_PER_ATOM: f64 = 3.0;

    /// The paper's constants for d = `latent_dim` ≥ 2 atoms and m = `width` neurons.
    pub fn paper(latent_dim: usize, width: usize, gamma: f64) -> Self {
        let c0 = width_exponent(latent_dim, width);
        let (c1, c2) = (2.0 + 2.0 * (1.0 - gamma) * c0, gamma * c0);
        Self { lucky: c1 + c2, potential: c1 - c2 }
    }

    /// c1 − c2 such that `neurons` potential neurons per atom are expected at the start, c2 = γ c0 as in the paper.
    ///
    /// With `latent_dim` < 2 or `neurons` ≥ `width` every neuron is potential.
    pub fn per_atom(latent_dim: usize, width: usize, neurons: f64) -> Self {
        let d = latent_dim as f64;
        let tail = neurons / width as f64;
        if latent_dim < 2 || tail >= 1.0 {
            return Self { lucky: 0.0, potential: 0.0 };
        }
        // Bisection on the share of the sparse energy: the tail falls from 1 to 0 over [0, 1].
        let (mut low, mut high) = (0.0, 1.0);
        while high - low > 1e-12 {
            let middle = 0.5 * (low + high);
            let above = beta_tail(0.5, 0.5 * (d - 1.0), middle) > tail;
            if above { low = middle } else { high = middle }
        }
        let potential = low * d / d.ln();
        let gap = 2.0 * Self::GAMMA * width_exponent(latent_dim, width).max(0.0);
        Self { lucky: potential + gap, potential }
    }

    /// Whether a neuron with this ⟨w_i, M_j⟩ is potential for atom j: i ∈ M_j.
    pub fn is_potential(self, coefficient: f64, neuron: &Neuron, latent_dim: usize) -> bool {
        coefficient.powi(2) >= self.potential * luck_unit(neuron, latent_dim)
    }

    /// Whether a neuron is lucky for its best atom j: i ∈ M_j*. A neuron without sparse energy is not.
    pub fn is_lucky(self, neuron: &Neuron, latent_dim: usize) -> bool {
        let unit = luck_unit(neuron, latent_dim);
        neuron.largest > 0.0
            && neuron.largest.powi(2) >= self.lucky * unit
            && neuron.second.powi(2) <= self.potential * unit
    }
}

/// l_i = ⟨w_i, M_j⟩²/S_i for the neuron's best atom j: what the thresholds of a [`LuckRule`] are compared
/// with. NaN for a neuron without sparse energy.
pub fn luck(neuron: &Neuron, latent_dim: usize) -> f64 {
    neuron.largest.powi(2) / luck_unit(neuron, latent_dim)
}

/// S_i = (ln d/d)·‖M Mᵀ w_i‖².
fn luck_unit(neuron: &Neuron, latent_dim: usize) -> f64 {
    let d = latent_dim as f64;
    d.ln() / d * neuron.sparse_energy
}

/// c0 with m = d^(1 + c0).
fn width_exponent(latent_dim: usize, width: usize) -> f64 {
    (width as f64).ln() / (latent_dim as f64).ln() - 1.0
}

/// The sets at one moment.
struct Lots {
    /// The atom that a neuron is lucky for, m entries.
    lucky_atom: Vec<Option<usize>>,
    /// Σ_j |M_j|.
    potential_pairs: f64,
    /// Number of neurons in some M_j.
    potential_neurons: f64,
}

impl Lots {
    fn draw(rule: LuckRule, reading: &Reading<'_>) -> Self {
        let d = reading.latent_dim();
        let (mut lucky_atom, mut potential_pairs, mut potential_neurons) = (Vec::new(), 0.0, 0.0);
        for (neuron, row) in reading.neurons().iter().zip(reading.coordinates.sparse.iter_rows()) {
            let potential = count(row.iter().map(|&c| rule.is_potential(f64::from(c), neuron, d)));
            potential_pairs += potential;
            potential_neurons += f64::from(u8::from(potential > 0.0));
            lucky_atom.push(rule.is_lucky(neuron, d).then_some(neuron.best_atom));
        }
        Self { lucky_atom, potential_pairs, potential_neurons }
    }

    /// Both counts, then one number per neuron.
    fn memory(&self) -> Vec<i64> {
        let counts = [self.potential_pairs as i64, self.potential_neurons as i64];
        counts.into_iter().chain(self.lucky_atom.iter().map(|&atom| remembered(atom))).collect()
    }

    /// The lots of a memory, none of an empty one.
    fn recalled(memory: &[i64], shape: Shape) -> Result<Option<Self>, NotRemembered> {
        let Some((&[pairs, neurons], lucky)) = memory.split_first_chunk::<2>() else {
            return if memory.is_empty() { Ok(None) } else { Err(NotRemembered) };
        };
        if lucky.len() != shape.width || pairs < 0 || !(0..=lucky.len() as i64).contains(&neurons) {
            return Err(NotRemembered);
        }
        let atoms = lucky.iter().map(|&word| recalled(word, shape.latent_dim));
        let lucky_atom = atoms.collect::<Result<_, _>>()?;
        Ok(Some(Self { lucky_atom, potential_pairs: pairs as f64, potential_neurons: neurons as f64 }))
    }

    fn lucky_neurons(&self) -> f64 {
        count(self.lucky_atom.iter().map(Option::is_some))
    }

    /// Number of atoms with a lucky neuron.
    fn lucky_atoms(&self) -> f64 {
        let mut atoms: Vec<usize> = self.lucky_atom.iter().copied().flatten().collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms.len() as f64
    }

    /// Share of the lucky neurons whose best atom is still the lucky one.
    fn kept_fraction(&self, neurons: &[Neuron]) -> f64 {
        fraction(
            neurons.iter().zip(&self.lucky_atom).filter_map(|(n, lucky)| lucky.map(|j| j == n.best_atom)),
        )
    }
}

/// Follows the lucky and the potential neurons.
pub struct Destiny {
    rule: LuckRule,
    at_start: Option<Lots>,
    /// argmax_j |⟨w_i, M_j⟩| at step 0.
    initial_best: Vec<usize>,
    at_first_stage_end: Option<Lots>,
}

impl Destiny {
    /// With given thresholds.
    pub fn new(rule: LuckRule) -> Self {
        Self { rule, at_start: None, initial_best: Vec::new(), at_first_stage_end: None }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("lucky_neurons", "neurons", "Σ_j |M_j*| at step 0 (B.2c); NaN if step 0 was not recorded"),
    Column::new("lucky_atoms", "atoms", "atoms with a lucky neuron at step 0 (B.2c)"),
    Column::new("potential_neurons", "neurons", "neurons in some M_j at step 0 (B.2c)"),
    Column::new(
        "potential_per_atom",
        "neurons",
        "mean over atoms of |M_j| at step 0 (B.2c: m·Pr(Beta ≥ (c1 − c2) ln d/d))",
    ),
    Column::new(
        "lucky_kept_fraction",
        "fraction",
        "neurons lucky at step 0 whose best atom is the lucky one now (D.1a, E.2)",
    ),
    Column::new("lucky_neurons_t1", "neurons", "Σ_j |M_j*| at T1 (C.1b); NaN before T1"),
    Column::new("potential_per_atom_t1", "neurons", "mean over atoms of |M_j| at T1 (C.1c); NaN before T1"),
    Column::new(
        "lucky_kept_fraction_t1",
        "fraction",
        "neurons lucky at T1 whose best atom is the lucky one now (D.1a)",
    ),
    Column::new(
        "foretold_recall",
        "fraction",
        "among neurons with alignment > .7 now, those whose best atom was the best at step 0 too; NaN if there are none",
    ),
    Column::new(
        "foretold_precision",
        "fraction",
        "among all neurons, those with alignment > .7 now whose best atom was the best at step 0 too",
    ),
];

impl Measure for Destiny {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let (view, neurons) = (reading.view, reading.neurons());
        if view.step == 0 {
            self.at_start = Some(Lots::draw(self.rule, reading));
            self.initial_best = neurons.iter().map(|n| n.best_atom).collect();
        }
        if view.stages.first == Some(view.step) {
            self.at_first_stage_end = Some(Lots::draw(self.rule, reading));
        }
        let d = reading.latent_dim() as f64;
        if let Some(lots) = &self.at_start {
            out.scalar("lucky_neurons", lots.lucky_neurons());
            out.scalar("lucky_atoms", lots.lucky_atoms());
            out.scalar("potential_neurons", lots.potential_neurons);
            out.scalar("potential_per_atom", lots.potential_pairs / d);
            out.scalar("lucky_kept_fraction", lots.kept_fraction(neurons));
            let aligned = |n: &Neuron| n.alignment() > OWNER_COSINE;
            let pairs = || neurons.iter().zip(&self.initial_best);
            let among_aligned = pairs().filter(|(n, _)| aligned(n)).map(|(n, &j)| n.best_atom == j);
            out.scalar("foretold_recall", fraction(among_aligned));
            out.scalar("foretold_precision", fraction(pairs().map(|(n, &j)| aligned(n) && n.best_atom == j)));
        }
        if let Some(lots) = &self.at_first_stage_end {
            out.scalar("lucky_neurons_t1", lots.lucky_neurons());
            out.scalar("potential_per_atom_t1", lots.potential_pairs / d);
            out.scalar("lucky_kept_fraction_t1", lots.kept_fraction(neurons));
        }
    }
    /// The lots of step 0, the best atoms at step 0, the lots of T1; each after its length.
    fn memory(&self) -> Vec<i64> {
        let lots = |lots: &Option<Lots>| lots.as_ref().map(Lots::memory).unwrap_or_default();
        let best = self.initial_best.iter().map(|&atom| remembered(Some(atom))).collect();
        let parts = [lots(&self.at_start), best, lots(&self.at_first_stage_end)];
        parts.into_iter().flat_map(|part| std::iter::once(part.len() as i64).chain(part)).collect()
    }

    fn recall(&mut self, memory: &[i64], shape: Shape) -> bool {
        let mut rest = memory;
        let mut part = || {
            let (&length, after) = rest.split_first()?;
            let (part, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(part)
        };
        let (Some(start), Some(best), Some(first_stage_end)) = (part(), part(), part()) else { return false };
        let best: Option<Vec<usize>> =
            best.iter().map(|&word| recalled(word, shape.latent_dim).ok().flatten()).collect();
        let best = best.filter(|best| best.is_empty() || best.len() == shape.width);
        let lots = (Lots::recalled(start, shape), Lots::recalled(first_stage_end, shape));
        let ((Ok(start), Ok(first_stage_end)), Some(best), true) = (lots, best, rest.is_empty()) else {
            return false;
        };
        (self.at_start, self.initial_best, self.at_first_stage_end) = (start, best, first_stage_end);
        true
    }
}

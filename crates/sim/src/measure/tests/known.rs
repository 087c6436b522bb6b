//! Figures worked out by hand.

use super::fake::Fake;
use crate::math::gaussian::fill_normal;
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream};
use crate::measure::reading::{FreshSamples, Neuron, Reading};
use crate::measure::*;
use crate::network::{Activation, Gates, Network, Normalised, ParameterGradients, Parameters, SymRelu, Tape};
use crate::train::{BiasForces, Decomposed, Dynamics, StageTimes};
use std::sync::Arc;

/// Norms 3, 5, 1, 2. Neurons 0 and 2 are both singletons of atom 0, neuron 1 mixes atoms 1 and 2, neuron 3 is dense.
#[rustfmt::skip]
fn four_neurons() -> Fake {
    Fake::new(3, &[
        3.0,  0.0, 0.0,
        0.0, -4.0, 3.0,
        0.95, 0.0, 0.0,
        0.0,  0.0, 1.0,
    ], &[0.0, 0.0, 1.0 - 0.95 * 0.95, 3.0])
}

#[test]
fn energies() {
    let figures = four_neurons().read(&mut Energy);
    let (sparse, dense) = (9.0 + 25.0 + 0.9025 + 1.0, 0.0975 + 3.0);
    figures.check(&[
        ("sparse_energy_mean", sparse / 4.0),
        ("dense_energy_mean", dense / 4.0),
        ("dense_energy_fraction", dense / 39.0),
        ("norm_mean", 11.0 / 4.0),
        ("norm_min", 1.0),
        ("norm_max", 5.0),
    ]);
    figures.check_neurons("norm", &[3.0, 5.0, 1.0, 2.0]);
    figures.check_neurons("sparse_energy", &[9.0, 25.0, 0.9025, 1.0]);
    figures.check_neurons("dense_energy", &[0.0, 0.0, 0.0975, 3.0]);
}

#[test]
fn growth_is_passed_on() {
    four_neurons().read(&mut WeightGrowth).check(&[("growth_sparse", 1.5), ("growth_dense", 0.5)]);
}

#[test]
fn alignments() {
    let mut state = four_neurons();
    // Neuron 1 opens its gate with atom 1 alone; a negative bias lets everything through; neuron 3 stays shut.
    state.bias = vec![1.0, 3.5, -0.2, 2.0];
    let figures = state.read(&mut Alignment);
    figures.check(&[
        ("mean_alignment", (1.0 + 0.8 + 0.95 + 0.5) / 4.0),
        ("singleton_count", 2.0),
        ("singleton_energy_fraction", 10.0 / 39.0),
        ("coverage_90", 1.0 / 3.0),
        ("coverage_70", 2.0 / 3.0),
        ("atoms_per_neuron", 5.0 / 4.0),
        ("gate_opening_atoms", (1.0 + 1.0 + 3.0) / 4.0),
    ]);
    figures.check_neurons("best_atom", &[0.0, 1.0, 0.0, 2.0]);
    figures.check_neurons("alignment", &[1.0, 0.8, 0.95, 0.5]);
    figures.check_neurons("second_alignment", &[0.0, 0.6, 0.0, 0.0]);
    figures.check_neurons("atom_count", &[1.0, 2.0, 1.0, 1.0]);
}

#[test]
fn a_zero_neuron_is_aligned_with_nothing_and_the_order_of_atoms_does_not_matter() {
    let state = Fake::new(2, &[0.0, 0.0, 0.8, -0.6, -0.6, 0.8], &[0.0; 3]);
    let figures = state.read(&mut Alignment);
    figures.check_neurons("alignment", &[0.0, 0.8, 0.8]);
    figures.check_neurons("second_alignment", &[0.0, 0.6, 0.6]);
    figures.check_neurons("atom_count", &[0.0, 2.0, 2.0]);
    assert_eq!(state.read(&mut Bias).get("bias_over_norm"), 0.0);
}

#[test]
fn ownership_over_time() {
    let mut ownership = Ownership::default();
    assert!(ownership.atom_histories().is_none());
    four_neurons().read(&mut ownership).check(&[
        ("atoms_owned", 2.0),
        ("orphan_atoms", 1.0),
        ("collisions", 1.0),
        ("owner_changes", 0.0),
    ]);
    // Neuron 0 leaves atom 0 to neuron 2 and takes atom 1 from neuron 1; neuron 3 finds atom 2.
    let mut later = Fake::new(3, &[0.0, 3.0, 0.0, 0.0, 4.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.1, 1.0], &[0.0; 4]);
    later.step = 30;
    later.read(&mut ownership).check(&[
        ("atoms_owned", 3.0),
        ("orphan_atoms", 0.0),
        ("collisions", 0.0),
        ("owner_changes", 2.0),
    ]);
    let expected = [(Some(0), Some(2)), (Some(0), Some(0)), (Some(30), Some(3))];
    let expected = expected.map(|(first_owned, owner)| AtomHistory { first_owned, owner });
    assert_eq!(ownership.atom_histories().unwrap(), expected);
    // Everything is lost: first times stay.
    let mut last = Fake::new(3, &[1.0; 12], &[0.0; 4]);
    last.step = 40;
    assert_eq!(last.read(&mut ownership).get("owner_changes"), 0.0);
    let expected = expected.map(|history| AtomHistory { owner: None, ..history });
    assert_eq!(ownership.atom_histories().unwrap(), expected);
}

#[test]
fn lucky_neurons_and_their_fate() {
    // d = 4: shares of the sparse energy count in units of ln 4/4 = .347; lucky from .52 on.
    let mut destiny = Destiny::new(LuckRule { lucky: 1.5, potential: 1.0 });
    #[rustfmt::skip]
    let start = Fake::new(4, &[
        1.0, 0.0, 0.0,  0.0,   // lucky for atom 0, whatever its dense energy
        0.8, 0.6, 0.0,  0.0,   // .64 and .36: would be lucky, but is potential for two atoms
        0.0, 0.0, 0.85, 0.527, // .72 and .28: lucky for atom 2
        0.5, 0.5, 0.5,  0.5,   // no luck
    ], &[100.0, 0.0, 0.0, 0.0]);
    let at_start = [
        ("lucky_neurons", 2.0),
        ("lucky_atoms", 2.0),
        ("potential_neurons", 3.0),
        ("potential_per_atom", 1.0),
    ];
    let none = [f64::NAN; 3];
    let with = |kept, [lucky, potential, kept_t1]: [f64; 3], recall, precision| {
        let mut expected = at_start.to_vec();
        expected.extend([("lucky_kept_fraction", kept), ("lucky_neurons_t1", lucky)]);
        expected.extend([("potential_per_atom_t1", potential), ("lucky_kept_fraction_t1", kept_t1)]);
        expected.extend([("foretold_recall", recall), ("foretold_precision", precision)]);
        expected
    };
    // Aligned beyond .7 at the start: neurons 1 and 2.
    start.read(&mut destiny).check(&with(1.0, none, 1.0, 0.5));

    #[rustfmt::skip]
    let mut first_end = Fake::new(4, &[
        1.0, 0.0, 0.0, 0.0, // keeps its atom, not aligned
        0.0, 1.0, 0.0, 0.0, // another atom than at the start
        0.0, 0.0, 0.0, 1.0, // another atom than at the start, so the lucky one is lost
        1.0, 0.0, 0.0, 0.0, // the first of its four equal atoms
    ], &[3.0, 0.0, 0.0, 0.0]);
    (first_end.step, first_end.stages) = (5, StageTimes { first: Some(5), second: None });
    first_end.read(&mut destiny).check(&with(0.5, [4.0, 1.0, 1.0], 1.0 / 3.0, 1.0 / 4.0));

    // The sets stay those of step 0 and of T1.
    let mut late = Fake::new(4, &[0.5; 16], &[1e6; 4]);
    (late.step, late.stages) = (9, StageTimes { first: Some(5), second: None });
    late.read(&mut destiny).check(&with(0.5, [4.0, 1.0, 0.5], f64::NAN, 0.0));
    let mut unseen = Destiny::new(LuckRule { lucky: 1.5, potential: 1.0 });
    late.read(&mut unseen).check(&[
        ("lucky_neurons", f64::NAN),
        ("lucky_atoms", f64::NAN),
        ("potential_neurons", f64::NAN),
        ("potential_per_atom", f64::NAN),
        ("lucky_kept_fraction", f64::NAN),
        ("lucky_neurons_t1", f64::NAN),
        ("potential_per_atom_t1", f64::NAN),
        ("lucky_kept_fraction_t1", f64::NAN),
        ("foretold_recall", f64::NAN),
        ("foretold_precision", f64::NAN),
    ]);
}

#[test]
fn luck_is_what_its_thresholds_are_compared_with() {
    let rule = LuckRule { lucky: 1.5, potential: 1.0 };
    let unit = 4f64.ln() / 4.0;
    // Shares of the sparse energy that stand on either side of each threshold.
    for (first, second, is_lucky) in
        [(1.5 * unit + 1e-3, 0.0, true), (1.5 * unit - 1e-3, 0.0, false), (0.6, unit + 1e-3, false)]
    {
        let rest = 0.5 * (1.0 - first - second);
        let neuron = Neuron::new(&[rest, first, second, rest].map(|share: f64| share.sqrt() as f32), 7.0);
        assert_eq!(neuron.best_atom, 1);
        assert!((luck(&neuron, 4) - first / unit).abs() < 1e-6);
        assert_eq!(rule.is_lucky(&neuron, 4), is_lucky, "{first} {second}");
        assert!(rule.is_potential(first.sqrt(), &neuron, 4));
        assert_eq!(rule.is_potential(second.sqrt(), &neuron, 4), second > unit);
    }
    let nothing = Neuron::new(&[0.0; 4], 7.0);
    assert!(!rule.is_lucky(&nothing, 4) && luck(&nothing, 4).is_nan());
}

/// A network that is no symmetric ReLU: what a measurement says has to be about the learner that it is given.
struct Cubed;

impl Network for Cubed {
    fn forward(&self, _: &Matrix, _: Parameters<'_>, _: &mut Tape, _: &mut Matrix) {
        unreachable!("measurements look at single numbers")
    }

    fn backward(
        &self,
        _: &Matrix,
        _: Parameters<'_>,
        _: &mut Tape,
        _: &mut Matrix,
        _: &mut ParameterGradients,
    ) {
        unreachable!("measurements need no gradient")
    }

    fn activation(&self) -> Option<&dyn Activation> {
        Some(self)
    }

    fn gates(&self) -> Option<&dyn Gates> {
        Some(self)
    }
}

impl Activation for Cubed {
    fn value(&self, pre: f64, bias: f64) -> f64 {
        pre.powi(3) - bias
    }
}

impl Gates for Cubed {
    fn push_open(&self, pre: &[f32], _: &[f32], open: &mut Vec<u32>) {
        open.extend((0..pre.len()).filter(|&i| pre[i] > 0.0).map(|i| i as u32));
    }
}

#[test]
fn another_network_gives_other_figures() {
    let mut state = four_neurons();
    state.network = Box::new(Cubed);
    state.bias = vec![1.0, 0.0, 0.0, 0.0];
    // Every neuron's bias counts on every atom.
    let thresholded = [26.0f64.powi(2) + 0.95f64.powi(6), 1.0 + 64.0f64.powi(2), 1.0 + 27.0f64.powi(2) + 1.0];
    let figures = state.read(&mut FeatureEnergy);
    assert!((figures.get("thresholded_feature_energy_max") - thresholded[1]).abs() < 1e-3);
    assert!((figures.get("thresholded_feature_energy_min") - thresholded[0]).abs() < 1e-3);
    assert_eq!(state.read(&mut Alignment).get("gate_opening_atoms"), 4.0 / 4.0);
}

/// A network without an activation of single neurons has gates, but no energy of single features.
#[test]
fn what_a_network_cannot_tell_is_undefined() {
    let mut state = four_neurons();
    state.network = Box::new(Normalised::new(SymRelu));
    let figures = state.read(&mut FeatureEnergy);
    assert!(figures.get("thresholded_feature_energy_mean").is_nan());
    assert!(figures.get("feature_energy_mean").is_finite());
    assert!(state.read(&mut Alignment).get("gate_opening_atoms").is_finite());
}

#[test]
fn thresholds_of_luck() {
    // scipy.stats.beta.isf(3/m, 1/2, (d − 1)/2)·d/ln d.
    let golden = [
        (20, 21, 0.731_066_631_019),
        (50, 250, 1.559_193_206_869),
        (100, 1000, 1.857_275_706_312),
        (200, 2828, 1.984_166_972_839),
    ];
    for (d, m, potential) in golden {
        let rule = LuckRule::per_atom(d, m, 3.0);
        assert!((rule.potential - potential).abs() < 1e-8, "d = {d}, m = {m}: {}", rule.potential);
        let c0 = (m as f64).ln() / (d as f64).ln() - 1.0;
        assert!((rule.lucky - rule.potential - 0.02 * c0).abs() < 1e-12);
    }
    let paper = LuckRule::paper(100, 1000, 0.01);
    assert!((paper.lucky - (2.0 + 2.0 * 0.99 * 0.5 + 0.005)).abs() < 1e-12);
    assert!((paper.potential - (2.0 + 2.0 * 0.99 * 0.5 - 0.005)).abs() < 1e-12);
    // Everybody is potential where more neurons are asked for than there are.
    assert_eq!(LuckRule::per_atom(20, 3, 3.0), LuckRule { lucky: 0.0, potential: 0.0 });
    assert_eq!(LuckRule::per_atom(1, 8, 3.0), LuckRule { lucky: 0.0, potential: 0.0 });
}

#[test]
fn as_many_potential_neurons_as_asked_for() {
    let (d, m, wanted) = (12, 20_000, 500.0);
    let stream = Stream::new(5, Purpose::MONTE_CARLO, 0);
    let mut sparse = vec![0.0; m * d];
    fill_normal(&mut sparse, 0.3, &stream, Part::Dense, 0);
    let figures =
        Fake::new(d, &sparse, &vec![0.0; m]).read(&mut Destiny::new(LuckRule::per_atom(d, m, wanted)));
    // Each atom's count is binomial; counts of two atoms are negatively correlated, so this bound is generous.
    let standard_error = (wanted / d as f64).sqrt();
    assert!((figures.get("potential_per_atom") - wanted).abs() < 5.0 * standard_error);
}

#[test]
fn biases_and_forces() {
    let mut state = four_neurons();
    state.bias = vec![1.0, 3.5, -0.2, 0.5];
    let ratios = [("bias_over_norm", (1.0 / 3.0 + 0.7 - 0.2 + 0.25) / 4.0)];
    let extremes = [("bias_over_norm_min", -0.2), ("bias_over_norm_max", 0.7)];
    let expected = |attraction, repulsion| {
        let forces = [("bias_attraction", attraction), ("bias_repulsion", repulsion)];
        [&ratios[..], &extremes, &forces].concat()
    };
    let figures = state.read(&mut Bias);
    figures.check(&expected(f64::NAN, f64::NAN));
    figures.check_neurons("bias", &[1.0, 3.5, -0.2, 0.5]);
    state.forces =
        Some(BiasForces { attraction: vec![-3.0, 0.0, -1.0, -2.0], repulsion: vec![0.0, 5.0, 0.0, 0.5] });
    state.read(&mut Bias).check(&expected(-3.0 / 4.0, 1.25 / 4.0));
}

#[test]
fn feature_energies() {
    let mut state = four_neurons();
    state.bias = vec![1.0, 3.5, -0.2, 0.5];
    // h: 3 − 1 on atom 0, (4 − 3.5) and nothing on atoms 1, 2; .95 + .2 on atom 0; 1 − .5 on atom 2.
    let thresholded = [4.0 + 1.15f64.powi(2), 0.25, 0.25];
    state.read(&mut FeatureEnergy).check(&[
        ("feature_energy_mean", 35.9025 / 3.0),
        ("feature_energy_min", 9.9025),
        ("feature_energy_max", 16.0),
        ("thresholded_feature_energy_mean", thresholded.iter().sum::<f64>() / 3.0),
        ("thresholded_feature_energy_min", 0.25),
        ("thresholded_feature_energy_max", thresholded[0]),
    ]);
}

/// The last sample has z = 0.
#[rustfmt::skip]
fn four_samples() -> Fake {
    let mut state = four_neurons();
    state.decomposed = Decomposed {
        features: Matrix::from_vec(4, 4, vec![
            1.0, 0.0,  0.0, 0.0,
            1.0, 1.0,  0.0, 0.0,
            0.0, 0.0,  0.0, 0.0,
            0.0, 0.0, -2.0, 0.0,
        ]),
        signal: Matrix::from_vec(4, 4, vec![
            1.0, 0.0, 0.0, 0.0,
            0.0, 2.0, 0.0, 0.0,
            1.0, 0.0, 0.0, 0.0,
            0.0, 0.0, 0.0, 0.0,
        ]),
        noise: Matrix::from_vec(4, 4, vec![
            0.0, 1.0, 0.0, 0.0,
            3.0, 0.0, 0.0, 0.0,
            0.0, 1.0, 0.0, 0.0,
            0.0, 0.0, 1.0, 0.0,
        ]),
        latent: Matrix::from_vec(4, 3, vec![
            1.0,  0.0, 0.0,
            0.0, -1.0, 0.0,
            0.0,  0.0, 1.0,
            0.0,  0.0, 0.0,
        ]),
    };
    state
}

/// The standard error by another formula: s² = Σ_{a<b} (x_a − x_b)²/(n (n − 1)).
fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let pairs = values.iter().enumerate().flat_map(|(a, x)| values[..a].iter().map(move |y| (x - y).powi(2)));
    (pairs.sum::<f64>() / (n * (n - 1.0)) / n).sqrt()
}

#[test]
fn cosines_with_noise_and_signal() {
    let state = four_samples();
    let half = 0.5f64.sqrt();
    // Of the fourth sample, z = 0, only the noise cosine over all samples knows.
    let (noise, signal) = ([0.0, half, 0.0], [1.0, half, 0.0]);
    state.read(&mut Cosines::new(state.samples())).check(&[
        ("noise_cosine", noise.iter().sum::<f64>() / 3.0),
        ("noise_cosine_error", standard_error(&noise)),
        ("noise_cosine_all", (half - 1.0) / 4.0),
        ("signal_cosine", signal.iter().sum::<f64>() / 3.0),
        ("signal_cosine_error", standard_error(&signal)),
    ]);
}

#[test]
fn firing() {
    let state = four_samples();
    let figures = state.read(&mut Activity::new(state.samples()));
    figures.check(&[("firing_rate", 4.0 / 16.0), ("anchor_firing_rate", f64::NAN), ("dead_neurons", 1.0)]);
    figures.check_neurons("firing_rate", &[0.5, 0.25, 0.25, 0.0]);
}

#[test]
fn samples_are_drawn_once_and_in_order() {
    let mut state = four_neurons();
    let rows = 300;
    let table = |offset: f32| Matrix::from_fn(rows, 4, |r, c| offset + (4 * r + c) as f32);
    let latent = Matrix::from_fn(rows, 3, |r, c| (3 * r + c) as f32);
    state.decomposed = Decomposed { features: table(0.0), signal: table(0.1), noise: table(0.2), latent };
    let view = state.view();
    let reading = Reading::new(&view, &state.coordinates);
    let first = reading.decomposed(state.samples());
    let calls = state.calls.get();
    let again = reading.decomposed(state.samples());
    assert_eq!((calls, state.calls.get()), (3, 3), "300 rows come in three pieces, once");
    assert!(std::rc::Rc::ptr_eq(&first, &again));
    assert_eq!((&first.features, &first.signal), (&state.decomposed.features, &state.decomposed.signal));
    assert_eq!((&first.noise, &first.latent), (&state.decomposed.noise, &state.decomposed.latent));
    let fewer = reading.decomposed(FreshSamples { count: 5, ..state.samples() });
    assert_eq!(fewer.features.as_slice(), &first.features.as_slice()[..20]);
}

#[test]
fn the_batch_is_passed_on() {
    let state = four_neurons();
    state.read(&mut Logits).check(&[
        ("loss", f64::NAN),
        ("positive_logit", f64::NAN),
        ("negative_logit", f64::NAN),
        ("positive_probability", f64::NAN),
    ]);
    let mut view = state.view();
    let batch = view.batch.get_or_insert_default();
    (batch.loss, batch.positive_logit, batch.negative_logit, batch.positive_probability) =
        (1.0, 2.0, 3.0, 0.4);
    let mut recorder = Recorder::new(vec![Box::new(Logits)], Arc::new(Every { steps: 1 }), 1);
    assert_eq!(recorder.observe(&view).unwrap().scalars, [1.0, 2.0, 3.0, 0.4]);
}

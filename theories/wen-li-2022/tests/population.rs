//! Second moments of cubic features against drawn inputs and views, and what the population's flow conserves.
//!
//! Source: theory.md 3 and 4.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_sim::augment::{Augmentation, Origin, PatchMasks};
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, PatchLaw, Patches};
use featurescope_sim::math::linalg::dot;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_wen_li_2022::closed_form::{Inputs, preference, preferred};

const INPUTS: u32 = 40_000;
const PATCHES: usize = 6;
const DIM: usize = 7;

fn inputs() -> Inputs {
    Inputs { patches: 6.0, feature_patches: 4.0, amplitudes: vec![1.5, 1.0], noise_variance: 0.4 }
}

/// K and G of two neurons at five standard errors.
#[test]
fn moments_are_those_of_drawn_inputs_and_views() {
    let law = PatchLaw { patches: PATCHES, feature_patches: 4, amplitudes: vec![1.5, 1.0] };
    let dictionary = Dictionary::haar(DIM, 3, 5).unwrap();
    let data = Patches::new(dictionary, law, DenseNoise::isotropic(0.4).unwrap()).unwrap();
    let weights = Matrix::from_fn(2, DIM, |i, r| (1.7 * (i * DIM + r) as f32 + 0.4).sin());
    let atoms = data.dictionary().atoms();
    let along = Matrix::from_fn(2, 3, |i, l| f64::from(dot(weights.row(i), atoms.row(l))));
    let outside = Matrix::from_fn(2, 2, |i, j| {
        let inside: f64 = (0..3).map(|l| along[(i, l)] * along[(j, l)]).sum();
        f64::from(dot(weights.row(i), weights.row(j))) - inside
    });
    let [samples, masks] = [0, 1].map(|step| Stream::new(9, Purpose::MONTE_CARLO, step));
    let (mut x, mut latent, mut other) = ([0.0; DIM], [0.0; 3], [0.0; DIM]);
    // Sums of products and of their squares, between views and within a view.
    let mut sums = [[[0.0f64; 2]; 4]; 2];
    for input in 0..INPUTS {
        let mut features = [[0.0f64; 2]; 2];
        for row in PATCHES as u32 * input..PATCHES as u32 * (input + 1) {
            data.draw(&samples, row, &mut x, &mut latent);
            PatchMasks.views(&Origin { stream: &masks, row, atoms, code: &latent }, &mut x, &mut other);
            for (view, x) in features.iter_mut().zip([&x, &other]) {
                for (i, f) in view.iter_mut().enumerate() {
                    *f += f64::from(dot(weights.row(i), x)).powi(3);
                }
            }
        }
        for (sums, view) in sums.iter_mut().zip([features[1], features[0]]) {
            for (pair, sum) in sums.iter_mut().enumerate() {
                let product = features[0][pair / 2] * view[pair % 2];
                *sum = [sum[0] + product, sum[1] + product * product];
            }
        }
    }
    let n = f64::from(INPUTS);
    for pair in 0..4 {
        let (i, j) = (pair / 2, pair % 2);
        let expected = [inputs().between_views(&along, i, j), inputs().within_view(&along, &outside, i, j)];
        for (sums, expected) in sums.iter().zip(expected) {
            let [mean, square] = sums[pair].map(|sum| sum / n);
            let error = 5.0 * ((square - mean * mean) / n).sqrt();
            assert!((mean - expected).abs() < error, "{i} {j}: {mean} against {expected} ± {error}");
        }
    }
}

/// Two neurons in coordinates: two features, then three directions of noise; and the head off its diagonal.
#[derive(Clone)]
struct Neurons {
    weights: [[f64; 5]; 2],
    head: [f64; 2],
}

impl Neurons {
    /// theory.md (3.3a): the gradient flows through the predicting side, `live`, alone.
    fn loss(live: &Self, frozen: &Self) -> f64 {
        let rows = [live.weights, frozen.weights].concat();
        let along = Matrix::from_fn(4, 2, |i, l| rows[i][l]);
        let outside = Matrix::from_fn(4, 4, |i, j| (2..5).map(|r| rows[i][r] * rows[j][r]).sum());
        let of_neuron = |j: usize| {
            let a = if j == 0 { [1.0, live.head[0]] } else { [live.head[1], 1.0] };
            let inputs = inputs();
            let agreement: f64 = (0..2).map(|r| a[r] * inputs.between_views(&along, r, 2 + j)).sum();
            let pairs = (0..4).map(|pair| (pair / 2, pair % 2));
            let variance: f64 =
                pairs.map(|(r, s)| a[r] * a[s] * inputs.within_view(&along, &outside, r, s)).sum();
            1.0 - agreement / (variance * inputs.within_view(&along, &outside, 2 + j, 2 + j)).sqrt()
        };
        of_neuron(0) + of_neuron(1)
    }

    fn entry(&mut self, entry: usize) -> &mut f64 {
        if entry < 10 { &mut self.weights[entry / 5][entry % 5] } else { &mut self.head[entry - 10] }
    }

    /// The population's flow by central differences and small steps.
    fn flow(mut self, entries: usize, steps: usize) -> Self {
        const STEP: f64 = 1e-5;
        const RATE: f64 = 0.02;
        for _ in 0..steps {
            let frozen = self.clone();
            let slope = |entry: usize| {
                let moved = |by: f64| {
                    let mut live = frozen.clone();
                    *live.entry(entry) += by;
                    Self::loss(&live, &frozen)
                };
                (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
            };
            for entry in 0..entries {
                *self.entry(entry) -= RATE * slope(entry);
            }
        }
        self
    }

    /// theory.md (4.2a) of neuron i.
    fn conserved(&self, i: usize) -> f64 {
        let [strong, weak] = [0, 1].map(|l| preference(inputs().amplitudes[l], self.weights[i][l]));
        1.0 / strong - 1.0 / weak
    }

    fn preferred(&self) -> [usize; 2] {
        self.weights.map(|w| preferred(&inputs().amplitudes, &w[..2]).unwrap())
    }
}

/// Both neurons prefer the strong feature, the second one less.
fn start() -> Neurons {
    Neurons { weights: [[0.5, 0.1, 0.3, -0.4, 0.2], [0.35, 0.45, -0.2, 0.3, 0.3]], head: [0.0, 0.0] }
}

const WEIGHTS: usize = 10;
const WEIGHTS_AND_HEAD: usize = 12;

#[test]
fn without_a_head_the_flow_conserves_what_the_theory_says() {
    let start = start();
    assert_eq!(start.preferred(), [0, 0]);
    let end = start.clone().flow(WEIGHTS, 3000);
    for i in 0..2 {
        let (before, after) = (start.conserved(i), end.conserved(i));
        assert!((after / before - 1.0).abs() < 0.02, "{i}: {before}, {after}");
        assert!(end.weights[i][0].abs() > 1.3 * start.weights[i][0].abs(), "{i}: {:?}", end.weights);
    }
    assert_eq!(end.preferred(), [0, 0]);
}

/// theory.md 4.3 and 4.4: the head rises, the second neuron turns to the weak feature, and the head falls.
#[test]
fn with_a_head_the_second_neuron_turns_and_the_head_rises_and_falls() {
    let (mut now, mut peak) = (start(), 0.0f64);
    for _ in 0..60 {
        now = now.flow(WEIGHTS_AND_HEAD, 100);
        peak = peak.max(now.head[1].abs());
    }
    assert_eq!(now.preferred(), [0, 1], "{:?} {:?}", now.weights, now.head);
    assert!(peak > 0.01 && now.head[1].abs() < 0.1 * peak, "{peak} {:?}", now.head);
}

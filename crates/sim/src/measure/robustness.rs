//! How often the network's own answer to a binary label is right, on fresh samples and under attack; and how much of
//! the weights is a mixture that all neurons share.
//!
//! An attack is gradient ascent on −y·g(x) within the ball of the radius around x. It finds one change of a sample, not
//! the worst one: robust accuracy is an upper bound, which more steps tighten.
//!
//! N_i holds the atoms with |⟨w_i, M_j⟩| ≥ ½ max_l |⟨w_i, M_l⟩|, the neuron's own, and v_i = w_i − Σ_{j∈N_i} ⟨w_i, M_j⟩ M_j
//! is its mixture. What v_i has in common with those of the other neurons is v̄ = Σ_i v_i/m:
//!
//! ```text
//! mixture share = Σ_i ‖v_i‖²/Σ_i ‖w_i‖²,   common mixture share = m ‖Mᵀ v̄‖²/Σ_i ‖w_i‖²
//! ```
//!
//! Source: Allen-Zhu and Li, "Feature Purification" (arXiv 2005.10190); theories/allen-zhu-li-2020/theory.md 3.

use super::{
    AxisKind, Column, FreshSamples, HELD_SHARE, Measure, MeasureSettings, Place, Reading, Values, fraction,
    ratio,
};
use crate::math::{ParameterError, Purpose, Stream};
use crate::part::{Fallback, Given, Kind, PartSetting, Range};
use crate::train::{Adversary, Ascent, Cube, EuclideanBall};

/// Samples attacked at a time, to bound the memory at large ambient dimension.
const ROWS_PER_CALL: usize = 128;

/// What the measurement can be asked for.
pub(super) const SETTINGS: &[PartSetting] = &[
    PartSetting::word("norm", &["l2", "linf"], "\"l2\"", "The norm in which an attack is bounded."),
    PartSetting::new(
        "radius",
        Kind::Number(Range::SQUARABLE),
        Fallback::Required,
        "Largest change of a sample under attack in units of x, in the norm.",
    ),
    PartSetting::new("steps", Kind::count(1), Fallback::Value("10"), "Steps of the ascent of an attack."),
];

/// Accuracy under attack, and mixtures.
pub struct Robustness {
    samples: FreshSamples,
    adversary: Box<dyn Adversary>,
}

impl Robustness {
    /// Attacks fresh samples by `adversary`.
    pub fn new(samples: FreshSamples, adversary: Box<dyn Adversary>) -> Self {
        Self { samples, adversary }
    }

    /// As the settings of the measurement say it.
    pub(super) fn of(given: &Given, settings: &MeasureSettings) -> Result<Self, ParameterError> {
        let ascent = Ascent::new(given.number("radius")?, given.whole("steps")? as usize, None)?;
        let adversary: Box<dyn Adversary> = match given.text("norm")? {
            "linf" => Box::new(Cube(ascent)),
            _ => Box::new(EuclideanBall(ascent)),
        };
        Ok(Self::new(settings.samples, adversary))
    }
}

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column::new(
        "clean_accuracy",
        "fraction",
        "share of fresh samples whose label the network tells; NaN where the objective does not classify",
    )
    .shown(Place::Curve, "clean accuracy", "share of the samples", AxisKind::Share),
    Column::new(
        "robust_accuracy",
        "fraction",
        "the same after each sample was attacked; an upper bound of what the worst change leaves",
    )
    .shown(Place::Curve, "robust accuracy", "share of the samples", AxisKind::Share),
    Column::new(
        "mixture_share",
        "fraction",
        "Σ_i ‖v_i‖²/Σ_i ‖w_i‖², v_i what neuron i has beside its own atoms; NaN where atoms are not orthonormal",
    )
    .shown(Place::Curve, "mixture share", "share of the energy", AxisKind::Share),
    Column::new(
        "common_mixture_share",
        "fraction",
        "m‖Mᵀv̄‖²/Σ_i ‖w_i‖², v̄ the mean of v_i: what all neurons share; NaN where atoms are not orthonormal",
    )
    .shown(Place::Curve, "common mixture share", "share of the energy", AxisKind::Share),
];

impl Measure for Robustness {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        if reading.coordinates.oblique.is_none() {
            let [share, common] = mixture_shares(reading);
            out.scalar("mixture_share", share);
            out.scalar("common_mixture_share", common);
        }
        let FreshSamples { seed, count } = self.samples;
        let stream = Stream::new(seed, Purpose::MEASUREMENT, 0);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for first in (0..count).step_by(ROWS_PER_CALL) {
            let rows = ROWS_PER_CALL.min(count - first);
            let attacked = reading.view.dynamics.attack(&stream, first, rows, self.adversary.as_ref());
            let Some(attacked) = attacked else { return };
            before.extend(attacked.before);
            after.extend(attacked.after);
        }
        let right = |margins: Vec<f64>| fraction(margins.into_iter().map(|margin| margin > 0.0));
        out.scalar("clean_accuracy", right(before));
        out.scalar("robust_accuracy", right(after));
    }
}

/// The coefficients of v_i on the atoms: those of w_i without the neuron's own.
pub fn mixture(coefficients: &[f32]) -> Vec<f32> {
    let largest = coefficients.iter().fold(0.0f32, |top, c| top.max(c.abs()));
    let is_own = |c: f32| f64::from(c.abs()) >= HELD_SHARE * f64::from(largest);
    coefficients.iter().map(|&c| if is_own(c) { 0.0 } else { c }).collect()
}

/// The mixture share and the common mixture share.
fn mixture_shares(reading: &Reading<'_>) -> [f64; 2] {
    let (mut mixtures, mut common) = (0.0, vec![0.0; reading.latent_dim()]);
    for (row, &dense) in reading.coordinates.sparse.iter_rows().zip(&reading.coordinates.dense_energy) {
        mixtures += dense;
        for (sum, v) in common.iter_mut().zip(mixture(row)) {
            *sum += f64::from(v);
            mixtures += f64::from(v).powi(2);
        }
    }
    let energy: f64 = reading.neurons().iter().map(super::Neuron::energy).sum();
    let common = common.iter().map(|sum| sum * sum).sum::<f64>() / reading.width() as f64;
    [ratio(mixtures, energy), ratio(common, energy)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::fake::Fake;

    fn read(fake: &Fake) -> crate::measure::tests::fake::Figures {
        let ball = EuclideanBall(Ascent::new(0.5, 3, None).unwrap());
        fake.read(&mut Robustness::new(FreshSamples { seed: 1, count: 4 }, Box::new(ball)))
    }

    /// Two neurons on four atoms. The first owns atom 1, the second atoms 2 and 3, which are within a factor 2.
    #[test]
    fn mixtures_are_what_is_beside_the_own_atoms() {
        let figures = read(&Fake::new(4, &[4.0, 1.0, 1.0, -1.0, 1.0, 4.0, -2.0, 1.0], &[2.0, 0.0]));
        // Mixtures (0, 1, 1, −1) + dense 2 and (1, 0, 0, 1), of energies 21 and 22; their sum is (1, 1, 1, 0).
        figures.check(&[
            ("clean_accuracy", f64::NAN),
            ("robust_accuracy", f64::NAN),
            ("mixture_share", (3.0 + 2.0 + 2.0) / 43.0),
            ("common_mixture_share", 3.0 / 2.0 / 43.0),
        ]);
    }

    /// Neurons that have nothing but one mixture in common have it whole; pure ones have none.
    #[test]
    fn a_mixture_that_all_neurons_have_is_common() {
        let figures = read(&Fake::new(3, &[3.0, 1.0, 0.0, 0.0, 1.0, 3.0], &[0.0, 0.0]));
        let [share, common] = ["mixture_share", "common_mixture_share"].map(|name| figures.get(name));
        assert!((share - 0.1).abs() < 1e-6 && (common - 0.1).abs() < 1e-6, "{share} {common}");
        let pure = read(&Fake::new(2, &[3.0, 0.0, 0.0, -1.0], &[0.0, 0.0]));
        assert!(pure.get("mixture_share") == 0.0 && pure.get("common_mixture_share") == 0.0);
    }
}

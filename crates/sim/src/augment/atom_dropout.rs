//! Dropout of atoms: a view loses each active atom with probability q, independently of the other view,
//! x⁺ = x − Σ_{lost} z_j M_j.
//!
//! An augmentation that hurts the signal and leaves the noise alone. The views share what both keep, so atoms are
//! pulled together (1 − q)² times as much as without augmentation, and the noise as much:
//!
//! ```text
//! E[x⁺ x⁺⁺ᵀ] = (1 − q)² M E[z zᵀ] Mᵀ + E[ξ ξᵀ]
//! ```
//!
//! It is the opposite of RandomMask, which keeps the signal and takes the noise away. Where only the first atoms can be
//! lost, the formula holds among them, and pairs of one of them and another atom have the factor 1 − q: so views hide
//! what a learner should not lean on.
//!
//! Source: contrast to Definition 2.3. The formula: each view has coins of its own. So z_j z_k survives in
//! x⁺ x⁺⁺ᵀ with probability (1 − q)², also where j = k.

use super::{Augmentation, AugmentationPart, Origin};
use crate::math::random::{Part, Reader};
use crate::math::{ParameterError, require};
use crate::part::{Fallback, Kind, PartSetting, Range};

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "atom_dropout",
    summary: "each view loses each active atom with probability drop_rate, the noise stays",
    settings: &[
        PartSetting::number(
            "drop_rate",
            Range::DRAWN_FRACTION_OR_ZERO,
            "0.5",
            "Probability that a view loses an active atom. At 1 views have no signal left.",
        ),
        PartSetting::new(
            "first_atoms",
            Kind::count(1),
            Fallback::Absent("every atom can be lost"),
            "Number of atoms, the first ones, that can be lost. The others stay in both views.",
        ),
    ],
    build: |given, ()| {
        let dropout = AtomDropout::new(given.number("drop_rate")?)?;
        let first = given.optional_whole("first_atoms");
        Ok(Box::new(first.map_or(dropout, |atoms| dropout.among_first(atoms as usize))))
    },
};

/// Independent losses of active atoms with the same probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtomDropout {
    lost_below: u64,
    /// Number of atoms, the first ones, that can be lost.
    atoms: usize,
}

impl AtomDropout {
    /// Each view loses each active atom with probability `drop_rate`, 0 or in [10⁻⁶, 1].
    pub fn new(drop_rate: f64) -> Result<Self, ParameterError> {
        let accepted = Range::DRAWN_FRACTION_OR_ZERO;
        require(accepted.contains(drop_rate), "drop_rate", drop_rate, accepted)?;
        Ok(Self { lost_below: (drop_rate * 4_294_967_296.0).round() as u64, atoms: usize::MAX })
    }

    /// The same where only the first `atoms` can be lost.
    #[must_use]
    pub fn among_first(self, atoms: usize) -> Self {
        Self { atoms, ..self }
    }

    /// Whether the view loses the next active atom.
    fn is_lost(self, reader: &mut Reader<'_>) -> bool {
        u64::from(reader.word()) < self.lost_below
    }

    /// x ← x − Σ_{lost} z_j M_j.
    fn lose_atoms(self, from: &Origin<'_>, part: Part, x: &mut [f32]) {
        let mut reader = from.stream.reader(part, from.row);
        let first = from.code.iter().zip(from.atoms.iter_rows()).take(self.atoms);
        for (&z, atom) in first.filter(|(z, _)| **z != 0.0) {
            if self.is_lost(&mut reader) {
                x.iter_mut().zip(atom).for_each(|(x, entry)| *x -= z * entry);
            }
        }
    }
}

impl Augmentation for AtomDropout {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        positive.copy_from_slice(sample);
        self.lose_atoms(from, Part::PositiveView, positive);
        self.lose_atoms(from, Part::AnchorView, sample);
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.lose_atoms(from, Part::AnchorView, sample);
    }

    fn moves_code_alone(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Purpose, Stream};

    const ROWS: u32 = 40_000;
    /// Two active atoms and a silent one, all orthonormal and none along an axis.
    const CODE: [f32; 3] = [1.0, -1.0, 0.0];
    const NOISE: [f32; 4] = [0.25, -0.5, 0.0, 1.0];

    fn atoms() -> Matrix {
        let half = |bits: u32| move |r: usize| if (bits >> r) & 1 == 0 { 0.5 } else { -0.5 };
        let rows = [half(0b0000), half(0b1010), half(0b1100)];
        Matrix::from_fn(3, 4, |j, r| rows[j](r))
    }

    fn combined(code: &[f32], atoms: &Matrix) -> Vec<f32> {
        let entry = |r: usize| (0..3).map(|j| code[j] * atoms[(j, r)]).sum::<f32>();
        (0..4).map(|r| NOISE[r] + entry(r)).collect()
    }

    /// E[x⁺ x⁺⁺ᵀ] entry by entry for a fixed sample: (1 − q)² M z zᵀ Mᵀ + (1 − q)(M z ξᵀ + ξ zᵀ Mᵀ) + ξ ξᵀ, and the
    /// same views by their codes.
    #[test]
    fn views_have_the_second_moment_of_the_formula() {
        let (stream, atoms) = (Stream::new(4, Purpose::MONTE_CARLO, 0), atoms());
        let sample = combined(&CODE, &atoms);
        for drop_rate in [0.0, 0.3, 1.0] {
            let dropout = AtomDropout::new(drop_rate).unwrap();
            let (mut sums, mut squares) = (Matrix::<f64>::zeros(4, 4), Matrix::<f64>::zeros(4, 4));
            for row in 0..ROWS {
                let from = Origin { stream: &stream, row, atoms: &atoms, code: &CODE };
                let (mut anchor, mut positive) = (sample.clone(), vec![0.0; 4]);
                dropout.views(&from, &mut anchor, &mut positive);
                for (r, x) in anchor.iter().enumerate() {
                    for (s, y) in positive.iter().enumerate() {
                        let value = f64::from(x * y);
                        sums[(r, s)] += value;
                        squares[(r, s)] += value * value;
                    }
                }
                // Noise stays; every number here is a multiple of a quarter.
                for view in [&anchor, &positive] {
                    let left = (0..3).map(|j| (0..4).map(|r| (view[r] - NOISE[r]) * atoms[(j, r)]).sum());
                    let left: Vec<f32> = left.collect();
                    assert!(left.iter().zip(CODE).all(|(left, z)| *left == 0.0 || *left == z));
                    assert_eq!(*view, combined(&left, &atoms));
                }
            }
            let keep = 1.0 - drop_rate;
            let (mut compared, n) = (0, f64::from(ROWS));
            for r in 0..4 {
                for s in 0..4 {
                    let signal = |r: usize| f64::from(sample[r] - NOISE[r]);
                    let noise = |r: usize| f64::from(NOISE[r]);
                    let crossed = signal(r) * noise(s) + noise(r) * signal(s);
                    let expected = keep * keep * signal(r) * signal(s) + keep * crossed + noise(r) * noise(s);
                    let (mean, square) = (sums[(r, s)] / n, squares[(r, s)] / n);
                    let error = ((square - mean * mean).max(0.0) / n).sqrt();
                    assert!((mean - expected).abs() <= 5.0 * error + 1e-9, "{r} {s}: {mean}, {expected}");
                    compared += 1;
                }
            }
            assert_eq!(compared, 16);
        }
    }

    #[test]
    fn a_single_view_is_an_anchor_and_noise_alone_stays_as_it_is() {
        let (stream, atoms, dropout) =
            (Stream::new(4, Purpose::MONTE_CARLO, 0), atoms(), AtomDropout::new(0.5).unwrap());
        let (mut lost, sample) = (0, combined(&CODE, &atoms));
        for row in 0..50 {
            let from = |code| Origin { stream: &stream, row, atoms: &atoms, code };
            let (mut anchor, mut positive) = (sample.clone(), vec![0.0; 4]);
            dropout.views(&from(&CODE), &mut anchor, &mut positive);
            let mut single = sample.clone();
            dropout.single_view(&from(&CODE), &mut single);
            assert_eq!(single, anchor);
            lost += u32::from(single != sample);
            let mut silent = NOISE;
            dropout.single_view(&from(&[0.0; 3]), &mut silent);
            assert_eq!(silent, NOISE);
        }
        assert!((1..50).contains(&lost));
    }

    /// The other atoms stay, and the coins of the first are those of dropout among all.
    #[test]
    fn only_the_first_atoms_are_lost_where_others_may_not_be() {
        let (stream, atoms) = (Stream::new(4, Purpose::MONTE_CARLO, 0), atoms());
        let (all, sample) = (AtomDropout::new(0.5).unwrap(), combined(&CODE, &atoms));
        let mut lost = 0;
        for row in 0..50 {
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &CODE };
            let [mut of_first, mut of_all] = [sample.clone(), sample.clone()];
            all.among_first(1).single_view(&from, &mut of_first);
            all.single_view(&from, &mut of_all);
            let left =
                |view: &[f32], j: usize| (0..4).map(|r| (view[r] - NOISE[r]) * atoms[(j, r)]).sum::<f32>();
            assert_eq!(left(&of_first, 1), CODE[1]);
            assert_eq!(left(&of_first, 0), left(&of_all, 0));
            lost += u32::from(left(&of_first, 0) == 0.0);
        }
        assert!((10..40).contains(&lost), "{lost}");
    }

    #[test]
    fn drop_rates_out_of_range_are_refused() {
        for rate in [-0.1, 1e-9, 1.5, f64::NAN] {
            assert_eq!(AtomDropout::new(rate).unwrap_err().name, "drop_rate");
        }
    }
}

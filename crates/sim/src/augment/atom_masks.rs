//! Complementary masks that follow the atoms: x⁺ = 2 D x, x⁺⁺ = 2 (I − D) x, where coordinates go together if the
//! same atoms have their energy there.
//!
//! For every sample a coin of probability q assigns each atom to the anchor. A coordinate r goes to the anchor with
//! probability
//!
//! ```text
//! (1 − ρ) q + ρ Σ_{j assigned} π_rj,     π_rj = M_rj²/h_r,   h_r = Σ_j M_rj²
//! ```
//!
//! and to the positive otherwise; where h_r = 0 with probability q. Each coordinate alone has RandomMask's law for
//! every correlation ρ. Two coordinates r ≠ s share the coins of the atoms, so that
//!
//! ```text
//! E[x⁺_r x⁺⁺_s] = 4 q (1 − q) (1 − ρ² Σ_j π_rj π_sj) E[x_r x_s],     E[x⁺_r x⁺⁺_r] = 0
//! ```
//!
//! At ρ = 0 this is RandomMask. At ρ = 1 atoms with coordinates of their own are in one view only, and the views
//! share no signal. Atoms that are spread over all coordinates have Σ_j π_rj π_sj ≈ 1/d: there the correlation
//! changes little.
//!
//! Source: Definition 2.3 for ρ = 0. The formula: given the atoms' coins the coordinates are independent, and their
//! probabilities have the covariance ρ² q (1 − q) Σ_j π_rj π_sj.

use super::{Augmentation, AugmentationPart, FactorMoments, KEEP_RATE, Origin};
use crate::math::random::{Part, fill_words};
use crate::math::{Matrix, ParameterError, require, require_drawn};
use crate::part::{PartSetting, Range};
use multiversion::multiversion;
use std::cell::RefCell;

/// The declaration.
pub(super) static PART: AugmentationPart = AugmentationPart {
    kind: "atom_masks",
    summary: "complementary masks whose coordinates go together where the same atoms have their energy",
    settings: &[
        KEEP_RATE,
        PartSetting::number(
            "correlation",
            Range::FRACTION,
            "1.0",
            "How much masks follow the atoms. At 0 they are independent of them, which is random_mask. At 1 a \
             coordinate goes with an atom that is drawn in proportion to its energy there.",
        ),
    ],
    build: |given, ()| {
        Ok(Box::new(AtomMasks::new(given.number("keep_rate")?, given.number("correlation")?)?))
    },
};

const WORDS: f64 = 4_294_967_296.0;
/// RandomMask's factor.
const SCALE: f32 = 2.0;

/// What is drawn for a row.
#[derive(Default)]
struct Draw {
    /// Words of the d1 coordinates, then those of the d atoms.
    words: Vec<u32>,
    /// Σ M_rj² over the atoms that are assigned to the anchor.
    assigned: Vec<f32>,
    /// h_r, summed in the same order, so that the share of all atoms is exactly 1.
    leverages: Vec<f32>,
}

thread_local! {
    /// Kept between rows so that nothing is allocated per row.
    static DRAW: RefCell<Draw> = const {
        RefCell::new(Draw { words: Vec::new(), assigned: Vec::new(), leverages: Vec::new() })
    };
}

/// Masks that are correlated with the atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtomMasks {
    keep_rate: f64,
    correlation: f64,
}

impl AtomMasks {
    /// Complementary masks, the anchor keeping each coordinate with probability `keep_rate` in [10⁻⁶, 1), that follow
    /// the atoms by `correlation` in [0, 1].
    pub fn new(keep_rate: f64, correlation: f64) -> Result<Self, ParameterError> {
        require_drawn("keep_rate", keep_rate)?;
        require(keep_rate < 1.0, "keep_rate", keep_rate, "below 1: the other view would keep nothing")?;
        require(Range::FRACTION.contains(correlation), "correlation", correlation, Range::FRACTION)?;
        Ok(Self { keep_rate, correlation })
    }

    /// Calls `place(r, whether coordinate r goes to the anchor)` for every coordinate of a sample.
    fn each(self, from: &Origin<'_>, dim: usize, mut place: impl FnMut(usize, bool)) {
        DRAW.with_borrow_mut(|draw| {
            draw.words.resize(dim + from.atoms.rows(), 0);
            fill_words(&mut draw.words, from.stream, Part::Mask, from.row);
            draw.assign(self.keep_rate, if self.correlation > 0.0 { Some(from.atoms) } else { None }, dim);
            let own = (1.0 - self.correlation) * self.keep_rate;
            for r in 0..dim {
                let probability = match (draw.leverages[r], draw.assigned[r]) {
                    (all, _) if all <= 0.0 => self.keep_rate,
                    (all, assigned) => own + self.correlation * f64::from(assigned / all),
                };
                place(r, f64::from(draw.words[r]) < probability * WORDS);
            }
        });
    }
}

impl Draw {
    /// Tosses the atoms' coins and adds up their energies; without atoms every coordinate is on its own.
    fn assign(&mut self, keep_rate: f64, atoms: Option<&Matrix>, dim: usize) {
        for sums in [&mut self.assigned, &mut self.leverages] {
            sums.clear();
            sums.resize(dim, 0.0);
        }
        for (atom, &word) in atoms.iter().flat_map(|atoms| atoms.iter_rows()).zip(&self.words[dim..]) {
            let is_assigned = f64::from(word) < keep_rate * WORDS;
            let share = f32::from(u8::from(is_assigned));
            add_squares(&mut self.assigned, &mut self.leverages, atom, share);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_squares(assigned: &mut [f32], leverages: &mut [f32], atom: &[f32], share: f32) {
    for ((assigned, leverage), &entry) in assigned.iter_mut().zip(leverages).zip(atom) {
        *assigned += share * (entry * entry);
        *leverage += entry * entry;
    }
}

impl Augmentation for AtomMasks {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        self.each(from, sample.len(), |r, is_anchors| {
            let scaled = SCALE * sample[r];
            (sample[r], positive[r]) = if is_anchors { (scaled, 0.0) } else { (0.0, scaled) };
        });
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        self.each(from, sample.len(), |r, is_kept| sample[r] *= if is_kept { SCALE } else { 0.0 });
    }

    fn moments(&self) -> Option<FactorMoments> {
        // Moments of single factors say what the views do only where the factors are independent.
        (self.correlation == 0.0)
            .then(|| FactorMoments::of_masks([self.keep_rate, 1.0 - self.keep_rate], 0.0, f64::from(SCALE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Purpose, Stream};

    const ROWS: u32 = 40_000;
    const DIM: usize = 5;

    /// One atom that has two coordinates for itself, two that share two others, and a coordinate without energy.
    fn atoms() -> Matrix {
        let rows = [[0.6, 0.8, 0.0, 0.0, 0.0], [0.0, 0.0, 0.6, 0.8, 0.0], [0.0, 0.0, 0.8, -0.6, 0.0]];
        Matrix::from_fn(3, DIM, |j, r| rows[j][r])
    }

    /// Calls `see` with the two views of the sample of ones, row by row.
    fn each_pair(masks: AtomMasks, mut see: impl FnMut(&[f32; DIM], &[f32; DIM])) {
        let (stream, atoms) = (Stream::new(4, Purpose::MONTE_CARLO, 0), atoms());
        for row in 0..ROWS {
            let from = Origin { stream: &stream, row, atoms: &atoms, code: &[1.0; 3] };
            let (mut anchor, mut positive, mut single) = ([1.0; DIM], [0.0; DIM], [1.0; DIM]);
            masks.views(&from, &mut anchor, &mut positive);
            masks.single_view(&from, &mut single);
            assert_eq!(single, anchor);
            see(&anchor, &positive);
        }
    }

    /// E[x⁺_r x⁺⁺_s] and the mean of a coordinate against the formulas at the top, entry by entry.
    #[test]
    fn views_have_the_second_moment_of_the_formula() {
        let atoms = atoms();
        let energy = |j: usize, r: usize| f64::from(atoms[(j, r)]).powi(2);
        let share = |r: usize, j: usize| {
            let all: f64 = (0..3).map(|j| energy(j, r)).sum();
            if all > 0.0 { energy(j, r) / all } else { 0.0 }
        };
        for (keep_rate, correlation) in [(0.5, 0.0), (0.5, 0.6), (0.5, 1.0), (0.3, 0.8)] {
            let (mut sums, mut means) = (Matrix::<f64>::zeros(DIM, DIM), [0.0f64; DIM]);
            each_pair(AtomMasks::new(keep_rate, correlation).unwrap(), |anchor, positive| {
                for r in 0..DIM {
                    assert_eq!(anchor[r] + positive[r], SCALE);
                    means[r] += f64::from(anchor[r]);
                    (0..DIM).for_each(|s| sums[(r, s)] += f64::from(anchor[r] * positive[s]));
                }
            });
            let (n, mut compared) = (f64::from(ROWS), 0);
            let mut compare = |found: f64, expected: f64, largest: f64| {
                // A variable that is 0 or `largest` has the variance e (largest − e).
                let error = (expected * (largest - expected) / n).sqrt();
                assert!(
                    (found / n - expected).abs() <= 5.0 * error + 1e-9,
                    "{keep_rate} {correlation}: {} {expected}",
                    found / n
                );
                compared += 1;
            };
            for (r, mean) in means.into_iter().enumerate() {
                compare(mean, 2.0 * keep_rate, 2.0);
                for s in 0..DIM {
                    let shared: f64 = (0..3).map(|j| share(r, j) * share(s, j)).sum();
                    let factor = 1.0 - correlation * correlation * shared;
                    let pair = 4.0 * keep_rate * (1.0 - keep_rate) * factor;
                    compare(sums[(r, s)], if r == s { 0.0 } else { pair }, 4.0);
                }
            }
            assert_eq!(compared, DIM + DIM * DIM);
        }
    }

    #[test]
    fn an_atom_with_coordinates_of_its_own_is_in_one_view_only() {
        let (mut of_anchor, mut split) = (0, [0, 0]);
        each_pair(AtomMasks::new(0.5, 1.0).unwrap(), |anchor, _| {
            assert_eq!(anchor[0], anchor[1]);
            of_anchor += u32::from(anchor[0] > 0.0);
            split[0] += u32::from(anchor[2] != anchor[3]);
        });
        each_pair(AtomMasks::new(0.5, 0.0).unwrap(), |anchor, _| {
            split[1] += u32::from(anchor[0] != anchor[1]);
        });
        let half =
            |count: u32| (f64::from(count) - 0.5 * f64::from(ROWS)).abs() < 2.5 * f64::from(ROWS).sqrt();
        assert!(half(of_anchor) && half(split[1]), "{of_anchor} {split:?}");
        assert!(split[0] > 0, "coordinates that atoms share are drawn one by one");
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_correlated_masks_name_no_moments() {
        for (keep_rate, correlation, name) in [
            (1.0, 0.5, "keep_rate"),
            (0.0, 0.5, "keep_rate"),
            (0.5, -0.1, "correlation"),
            (0.5, 1.1, "correlation"),
            (0.5, f64::NAN, "correlation"),
        ] {
            assert_eq!(AtomMasks::new(keep_rate, correlation).unwrap_err().name, name);
        }
        assert!(AtomMasks::new(0.5, 0.1).unwrap().moments().is_none());
        // A rate that 32 bits hold exactly, as RandomMask's are.
        let random_mask = crate::augment::IntervalMasks::complementary(0.25).unwrap();
        assert_eq!(AtomMasks::new(0.25, 0.0).unwrap().moments(), random_mask.moments());
    }
}

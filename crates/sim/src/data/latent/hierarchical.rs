//! Hierarchical sparse coding: atoms of an upper level switch on groups of atoms below them.
//!
//! Every atom of a level above the lowest has f children on the next lower level. An atom of the top level is active
//! with probability p_top, independently, and has a fair sign. Where an atom is active, each of its children is active
//! with probability q, independently, and has the sign of its parent times a sign of its own, which is the same in all
//! samples. With L levels an atom of the lowest level is active with probability p = p_top q^(L−1); its z_j is that
//! sign. The signs of one group are the pattern by which the upper atom shows, M π:
//!
//! ```text
//! E z_i z_j = π_i π_j p_k q^(2 s)    i ≠ j with their lowest common ancestor s levels above them, p_k its activity
//! ```
//!
//! The signs of the children follow the Thue–Morse sequence: fixed, balanced and without a period. With a dictionary
//! whose atoms have random signs this is no restriction.
//!
//! Source: hierarchical sparse coding as the open direction of Wen and Li (2021), Section 6; Jenatton, Mairal, Obozinski,
//! Bach, "Proximal methods for hierarchical sparse coding" (JMLR 2011) for trees of atoms.

use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart, Level};
use crate::math::random::{Part, Reader};
use crate::math::{ParameterError, SMALLEST_DRAWN, Stream, require};
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "hierarchical",
    summary: "a tree of atoms: an active atom of an upper level switches on its own group of atoms below it, with a \
              sign pattern",
    settings: &[
        PartSetting::new(
            "levels",
            Kind::Whole(2, 3),
            Fallback::Value("2"),
            "Levels of the tree; the lowest one is the dictionary.",
        ),
        PartSetting::new(
            "fan_out",
            Kind::count(2),
            Fallback::Value("4"),
            "Children of an atom of an upper level. latent_dim must be a multiple of fan_out, with three levels of \
             its square.",
        ),
        PartSetting::number(
            "top_activity",
            Range::DRAWN_FRACTION,
            "0.1",
            "Probability that an atom of the top level is active.",
        ),
        PartSetting::number(
            "child_activity",
            Range::DRAWN_FRACTION,
            "0.5",
            "Probability that an atom is active where its parent is.",
        ),
        VALUES,
    ],
    build: |given, sizes| {
        let law = Hierarchical {
            levels: given.whole("levels")? as u32,
            fan_out: given.whole("fan_out")? as usize,
            top_activity: given.number("top_activity")?,
            child_activity: given.number("child_activity")?,
        };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

/// A tree of atoms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hierarchical {
    /// L, at least 1.
    pub levels: u32,
    /// f, at least 2.
    pub fan_out: usize,
    /// p_top.
    pub top_activity: f64,
    /// q.
    pub child_activity: f64,
}

impl Hierarchical {
    /// Lowest atoms under an atom so many levels above the lowest; `None` if there are too many to be counted.
    fn span(&self, above: u32) -> Option<usize> {
        self.fan_out.checked_pow(above)
    }

    /// Sets what is below an active atom with this sign: `latent` is its group of lowest atoms, `first` the index of the
    /// first of them.
    fn switch_on(&self, reader: &mut Reader<'_>, sign: f32, first: usize, latent: &mut [f32]) {
        if let [z] = latent {
            *z = sign;
            return;
        }
        let span = latent.len() / self.fan_out;
        for (child, group) in latent.chunks_mut(span).enumerate() {
            if reader.uniform() < self.child_activity {
                let at = first + child * span;
                self.switch_on(reader, sign * own_sign(at / span), at, group);
            }
        }
    }
}

/// The sign of the atom with this index on its level, seen from its parent: the Thue–Morse sequence.
fn own_sign(index: usize) -> f32 {
    if index.count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
}

impl LatentLaw for Hierarchical {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let mut reader = stream.reader(Part::Latent, row);
        latent.fill(0.0);
        let span = self.span(self.levels - 1).unwrap_or(latent.len());
        for (top, group) in latent.chunks_mut(span).enumerate() {
            let (is_active, sign) = (reader.uniform() < self.top_activity, reader.sign());
            if is_active {
                self.switch_on(&mut reader, sign, top * span, group);
            }
        }
    }

    fn activity(&self, _latent_dim: usize) -> f64 {
        self.top_activity * self.child_activity.powi(self.levels as i32 - 1)
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let power = self.levels - 1;
        let fits = self.span(power).is_some_and(|span| span <= latent_dim && latent_dim.is_multiple_of(span));
        let accepted = format!(
            "with {} levels data.latent_dim = {latent_dim} must be a multiple of fan_out to the power {power}",
            self.levels
        );
        require(fits && self.fan_out >= 2, "data.latent.fan_out", self.fan_out, accepted)?;
        let activity = self.activity(latent_dim);
        let accepted =
            format!("a lowest atom that is active with a probability of at least {SMALLEST_DRAWN:e}");
        require(activity >= SMALLEST_DRAWN, "data.latent.top_activity", self.top_activity, accepted)
    }

    // `moments` stays `None`: atoms of one group are correlated, signs included.

    fn levels(&self, latent_dim: usize) -> Vec<Level> {
        let mut signs = vec![1.0; latent_dim];
        (0..self.levels)
            .map(|above| {
                let span = self.span(above).unwrap_or(latent_dim);
                let level = Level { span, signs: signs.clone() };
                // Seen from one level higher, the signs of the atoms of this level come on top.
                signs.iter_mut().enumerate().for_each(|(j, sign)| *sign *= own_sign(j / span));
                level
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Matrix, Purpose};

    const ROWS: u32 = 40_000;

    fn law(levels: u32) -> Hierarchical {
        Hierarchical { levels, fan_out: 3, top_activity: 0.3, child_activity: 0.6 }
    }

    /// E z_i z_j of all pairs against the module's formula, with the signs that the levels name, at five standard errors.
    #[test]
    fn pairs_have_the_moments_of_their_common_ancestor() {
        const DIM: usize = 18;
        for levels in [2, 3] {
            let law = law(levels);
            law.check(DIM).unwrap();
            let named = law.levels(DIM);
            let stream = Stream::new(9, Purpose::MONTE_CARLO, 4);
            let (mut sums, mut latent) = (Matrix::<f64>::zeros(DIM, DIM), [0.0; DIM]);
            for row in 0..ROWS {
                law.draw(&stream, row, &mut latent);
                for i in 0..DIM {
                    for j in 0..DIM {
                        sums[(i, j)] += f64::from(latent[i] * latent[j]);
                    }
                }
            }
            let mut compared = 0;
            for i in 0..DIM {
                for j in 0..DIM {
                    let common = named.iter().position(|level| i / level.span == j / level.span);
                    let (expected, square) = match common {
                        Some(above) => {
                            // The ancestor's activity times that of both ways down from it.
                            let reaching = 0.3 * 0.6f64.powi(levels as i32 - 1 - above as i32);
                            let down = 0.6f64.powi(if i == j { above as i32 } else { 2 * above as i32 });
                            let sign = named[above].signs[i] * named[above].signs[j];
                            (f64::from(sign) * reaching * down, reaching * down)
                        }
                        None => (0.0, law.activity(DIM).powi(2)),
                    };
                    let found = sums[(i, j)] / f64::from(ROWS);
                    let error = 5.0 * (square / f64::from(ROWS)).sqrt();
                    assert!((found - expected).abs() < error, "{levels}, {i}, {j}: {found}, {expected}");
                    compared += usize::from(common.is_some_and(|above| above > 0));
                }
            }
            // Every atom has companions under its ancestors.
            assert_eq!(compared, DIM * (if levels == 2 { 2 } else { 8 }));
        }
    }

    #[test]
    fn levels_name_groups_with_balanced_signs() {
        let levels = Hierarchical { fan_out: 4, ..law(3) }.levels(32);
        assert_eq!(
            levels.iter().map(|level| (level.span, level.atom_count())).collect::<Vec<_>>(),
            [(1, 32), (4, 8), (16, 2)]
        );
        assert!(levels[0].signs.iter().all(|&sign| sign == 1.0));
        for level in &levels[1..] {
            for (first, signs) in level.patterns() {
                assert_eq!(first % level.span, 0);
                assert_eq!(signs.iter().sum::<f32>(), 0.0, "balanced");
            }
        }
        assert_eq!(levels[1].signs[..4], [1.0, -1.0, -1.0, 1.0]);
    }

    #[test]
    fn trees_that_do_not_fit_are_refused() {
        let message = law(3).check(12).unwrap_err().to_string();
        assert!(
            message.contains("data.latent.fan_out = 3") && message.contains("to the power 2"),
            "{message}"
        );
        assert!(Hierarchical { fan_out: usize::MAX, ..law(3) }.check(12).is_err());
        assert!(law(2).check(12).is_ok());
    }
}

//! Whether representations collapse: how many directions they use and how they spread over the sphere.
//!
//! Both on fresh raw samples, the same ones at every recorded step. With n samples the effective rank cannot exceed n.
//!
//! Source: Garrido et al. (ICML 2023) and Wang & Isola (ICML 2020); [`spectrum`] and [`sphere`] have the formulas.

use super::{AxisKind, Column, FreshSamples, Measure, Place, Reading, Values};
use crate::probe::{spectrum, sphere};

/// Effective rank and uniformity.
pub struct Diversity {
    samples: FreshSamples,
}

impl Diversity {
    /// Reads on these samples.
    pub fn new(samples: FreshSamples) -> Self {
        Self { samples }
    }
}

const COLUMNS: &[Column] = &[
    Column::new(
        "effective_rank",
        "directions",
        "exp of the entropy of the normalised singular values of f(x) over fresh samples; NaN if all are zero",
    )
    .shown(Place::Figure, "effective rank", "directions (RankMe)", AxisKind::Free),
    Column::new(
        "uniformity",
        "1",
        "ln E exp(−2‖u − u'‖²) over pairs of fresh samples, u = f(x)/‖f(x)‖; samples with f(x) = 0 left out",
    )
    .shown(Place::Figure, "uniformity", "ln E exp(−2‖u − u′‖²)", AxisKind::Free),
    Column::new("silent_fraction", "fraction", "share of fresh samples with f(x) = 0"),
];

impl Measure for Diversity {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let features = &reading.decomposed(self.samples).features;
        let spread = sphere::uniformity(features);
        out.scalar("effective_rank", spectrum::effective_rank(&spectrum::singular_values(features)));
        out.scalar("uniformity", spread.value);
        out.scalar("silent_fraction", 1.0 - spread.covered);
    }
}

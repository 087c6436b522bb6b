//! The two views x⁺, x⁺⁺ of a positive sample.
//!
//! Source: Definition 2.3; docs/theory.md 2.4.
//!
//! To add an augmentation: one file with a type that implements [`Augmentation`] and the [`Part`] that declares
//! it; below, its line in the list.

pub use additive_noise::AdditiveNoise;
pub use atom_dropout::AtomDropout;
pub use atom_masks::AtomMasks;
pub use identity::Identity;
pub use independent_masks::IndependentMasks;
pub use interval_masks::IntervalMasks;
pub use patch_masks::PatchMasks;

use crate::math::{Matrix, Stream};
use crate::part::{Part, PartSetting, Range, Slot, Slotted, parts};

parts! {
    /// How a sample becomes two views.
    AUGMENTATIONS: Slot<Box<dyn Augmentation>> =
        ("augmentation", "How a sample becomes two views.", "random_mask");
    interval_masks { RANDOM_MASK, DISJOINT_MASKS };
    independent_masks;
    identity;
    additive_noise;
    atom_dropout;
    atom_masks;
    patch_masks;
}

/// A part that makes views.
type AugmentationPart = Part<Box<dyn Augmentation>>;

impl Slotted for Box<dyn Augmentation> {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &AUGMENTATIONS
    }
}

/// How much of a sample masks keep.
const KEEP_RATE: PartSetting = PartSetting::number(
    "keep_rate",
    Range::DRAWN_FRACTION,
    "0.5",
    "Probability that a view (with random_mask: the anchor) keeps a coordinate. The paper has 1/2.",
);

/// Where the views of a sample x = M z + ξ come from: random numbers, and what the sample is made of.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The random numbers of all views of a step.
    pub stream: &'a Stream,
    /// Which of its rows are those of this sample.
    pub row: u32,
    /// Mᵀ, d × d1: row j is the atom M_j.
    pub atoms: &'a Matrix,
    /// z of this sample, d entries.
    pub code: &'a [f32],
}

/// A law of pairs of views. Views are drawn row by row, each row a pure function of (origin, sample).
pub trait Augmentation: Send + Sync {
    /// Turns the sample in `sample` into the anchor x⁺ in place and writes the other view x⁺⁺ into `positive`.
    ///
    /// When [`Augmentation::positive_is_anchor`] holds, `positive` may be empty and is left alone.
    ///
    /// # Shapes
    /// `sample` and `positive`: d1 entries.
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]);

    /// Turns the sample in place into a single view with the law of x⁺: what masked negatives get (Remark 2.4).
    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]);

    /// Whether x⁺⁺ is x⁺ itself, so that it need not be computed twice.
    fn positive_is_anchor(&self) -> bool {
        false
    }

    /// The moments of the factors that multiply a coordinate in the two views; `None` for views that do not multiply
    /// every coordinate by a factor of its own.
    fn moments(&self) -> Option<FactorMoments> {
        None
    }

    /// Variance per coordinate of the independent normal noise that each view adds to its sample, where that is all it
    /// does; `None` for other views.
    fn added_variance(&self) -> Option<f64> {
        None
    }

    /// Whether views change the code of a sample and nothing else: x⁺ = M z⁺ + ξ and x⁺⁺ = M z⁺⁺ + ξ. They are then the
    /// same in any orthonormal basis that has the atoms among its vectors.
    fn moves_code_alone(&self) -> bool {
        false
    }

    /// The same for whole batches, for an augmentation that wants to see them; `None`: batches are drawn row
    /// by row.
    fn whole_batches(&self) -> Option<&dyn WholeBatches> {
        None
    }

    /// Where the augmentation stands on axes of strength, the first being the one that it belongs to; empty for
    /// one that stands on none.
    fn strengths(&self) -> Vec<Strength> {
        Vec::new()
    }
}

/// Views of whole batches: for a law whose every call is dear, a function of another language for instance.
///
/// They may be other draws than those of single rows, as long as they are a pure function of (stream, first
/// row, samples).
pub trait WholeBatches {
    /// Turns every row of `samples` into its anchor in place and writes its other view into the same row of `positives`.
    ///
    /// # Shapes
    /// Both n × d1; the rows are `first_row..first_row + n` of the stream.
    fn views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix, positives: &mut Matrix);

    /// Turns every row of `samples` into a single view with the law of x⁺.
    fn single_views(&self, stream: &Stream, first_row: u32, samples: &mut Matrix);
}

/// A place on an axis along which augmentations grow stronger: what an anchor keeps of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// Name of the axis, for keys.
    pub axis: &'static str,
    /// The axis in words.
    pub words: &'static str,
    /// Share of the coordinates that an anchor keeps, in (0, 1].
    pub keep_rate: f64,
}

impl Strength {
    fn complementary(keep_rate: f64) -> Self {
        Self { axis: "complementary", words: "complementary masks", keep_rate }
    }

    fn disjoint(keep_rate: f64) -> Self {
        Self { axis: "disjoint", words: "views overlap as little as possible", keep_rate }
    }

    fn independent(keep_rate: f64) -> Self {
        Self { axis: "independent", words: "independent masks", keep_rate }
    }
}

/// Moments of the factors D_rr and D'_rr in x⁺ = D x, x⁺⁺ = D' x, pairs independent over coordinates r and equal in law:
/// E[x⁺ x⁺⁺ᵀ] has E D_rr · E D'_rr off the diagonal of E[x xᵀ] and E D_rr D'_rr on it (docs/theory.md 4.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorMoments {
    /// E D_rr and E D'_rr.
    pub means: [f64; 2],
    /// E D_rr² and E D'_rr².
    pub squares: [f64; 2],
    /// E D_rr D'_rr.
    pub product: f64,
}

impl FactorMoments {
    /// Factors that keep a coordinate with the given probabilities, both with probability `both`, and then multiply it
    /// by `scale`.
    fn of_masks(keep: [f64; 2], both: f64, scale: f64) -> Self {
        Self {
            means: keep.map(|q| scale * q),
            squares: keep.map(|q| scale * scale * q),
            product: scale * scale * both,
        }
    }
}

#[cfg(test)]
mod tests;

//! What the inputs of a product are rounded to, and how they lie in the lines of the
//! [kernels](featurescope_sim::math::kernel). Sums are in single precision either way.

use bytemuck::{Pod, Zeroable};
use featurescope_sim::math::kernel::{ColumnBlock, LANES, Line, Precision, half};

/// An input of a product.
pub trait Entry: Pod + Send + Sync {
    /// What the kernels call it.
    const PRECISION: Precision;
    /// Entries of a line.
    const PER_LINE: usize = size_of::<Line>() / size_of::<Self>();

    /// The nearest.
    fn round(value: f32) -> Self;

    /// Columns of a right factor, from rows that `write` fills: LANES entries per inner index, one index after the other.
    /// They are the columns themselves or, where those lie otherwise, in `rows`, which is as large. What is not written
    /// keeps its value.
    fn pack(columns: &mut [ColumnBlock], rows: &mut [ColumnBlock], write: impl FnOnce(&mut [Self]));
}

impl Entry for f32 {
    const PRECISION: Precision = Precision::Single;

    #[inline(always)]
    fn round(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn pack(columns: &mut [ColumnBlock], _: &mut [ColumnBlock], write: impl FnOnce(&mut [Self])) {
        write(bytemuck::cast_slice_mut(columns));
    }
}

/// A bfloat16: the upper half of an `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Half(u16);

impl Entry for Half {
    const PRECISION: Precision = Precision::Half;

    #[inline(always)]
    fn round(value: f32) -> Self {
        Self(half(value))
    }

    /// A word of a column holds the entries of two rows, the first in its low half.
    #[inline(always)]
    fn pack(columns: &mut [ColumnBlock], rows: &mut [ColumnBlock], write: impl FnOnce(&mut [Self])) {
        write(bytemuck::cast_slice_mut(rows));
        let rows: &[[[Self; LANES]; 2]] = bytemuck::cast_slice(rows);
        for (pair, [first, second]) in columns.as_flattened_mut().iter_mut().zip(rows) {
            let words: &mut [u32; LANES] = bytemuck::cast_mut(pair);
            for (word, (first, second)) in words.iter_mut().zip(first.iter().zip(second)) {
                *word = u32::from(first.0) | u32::from(second.0) << 16;
            }
        }
    }
}

//! The paper's quantities: every figure that its claims speak of, one function each.
//!
//! A name that is not here may be a recorded column, which stands for itself. Quantities are in units of what
//! theory predicts wherever there is a prediction, so that bounds are plain numbers.

mod companion;
mod recorded;
mod weights;
mod expectations;
mod range;

pub use range::range;

use featurescope_lab::evidence::Gap;
use featurescope_lab::paper::Quantity;
use featurescope_lab::paper::quantity::Reader;

/// All of them.
pub const QUANTITIES: &[&[Quantity]] = &[recorded::QUANTITIES, weights::QUANTITIES, expectations::QUANTITIES];

const fn quantity(name: &'static str, doc: &'static str, read: Reader) -> Quantity {
    Quantity::new(name, doc, read)
}

/// The mean; an error of nothing.
fn mean(values: impl IntoIterator<Item = f64>, what: &'static str) -> Result<f64, Gap> {
    let (sum, count) = values.into_iter().fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
    if count == 0 { Err(Gap::Nothing(what)) } else { Ok(sum / count as f64) }
}

/// The share of `holds`; an error of nothing.
fn share(holds: impl IntoIterator<Item = bool>, what: &'static str) -> Result<f64, Gap> {
    mean(holds.into_iter().map(|holds| f64::from(u8::from(holds))), what)
}

/// The largest; NaN of nothing, and where one is NaN.
fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values
        .into_iter()
        .map(|value| if value.is_nan() { f64::NAN } else { value })
        .max_by(f64::total_cmp)
        .unwrap_or(f64::NAN)
}

//! The registry of quantities: every figure that a claim may speak of, one function each.
//!
//! A name that is not here may be a recorded column, which stands for itself. Quantities are in units of what
//! theory predicts wherever there is a prediction, so that bounds are plain numbers.

mod recorded;
mod weights;
mod expectations;
mod range;

use super::Moment;
pub use range::range;
pub(super) use recorded::recorded_neurons;

use super::evidence::{Gap, Subject};
use featurescope_sim::measure::{FreshSamples, LuckRule, MeasureSettings, standard};
use serde::Serialize;

/// Reads a quantity off one arm.
type Reader = fn(&Subject<'_>, Moment) -> Result<f64, Gap>;

/// One entry of the registry.
#[derive(Clone, Copy, Serialize)]
pub struct Quantity {
    /// What claims call it.
    pub name: &'static str,
    /// What it is, with its unit or what it is a ratio to.
    pub doc: &'static str,
    /// How it is read.
    #[serde(skip)]
    read: Reader,
}

/// All quantities that are not recorded columns themselves.
pub const QUANTITIES: &[&[Quantity]] = &[recorded::QUANTITIES, weights::QUANTITIES, expectations::QUANTITIES];

const fn quantity(name: &'static str, doc: &'static str, read: Reader) -> Quantity {
    Quantity { name, doc, read }
}

fn find(name: &str) -> Option<&'static Quantity> {
    QUANTITIES.iter().copied().flatten().find(|quantity| quantity.name == name)
}

/// Whether claims may speak of it.
pub fn is_known(name: &str) -> bool {
    find(name).is_some() || column_doc(name).is_some()
}

/// What it is, in a sentence.
pub fn doc(name: &str) -> Option<&'static str> {
    find(name).map(|quantity| quantity.doc).or_else(|| column_doc(name))
}

fn column_doc(name: &str) -> Option<&'static str> {
    let settings = MeasureSettings {
        samples: FreshSamples { seed: 0, count: 1 },
        luck: LuckRule { lucky: 0.0, potential: 0.0 },
    };
    let measures = standard(&settings);
    let mut columns = measures.iter().flat_map(|measure| measure.columns());
    columns.find(|column| column.name == name).map(|column| column.doc)
}

/// The value of a quantity or recorded column; never a number that is not finite.
pub fn read(name: &str, subject: &Subject<'_>, moment: Moment) -> Result<f64, Gap> {
    let value = match find(name) {
        Some(quantity) => (quantity.read)(subject, moment)?,
        None => subject.column(name, moment)?,
    };
    if value.is_finite() { Ok(value) } else { Err(Gap::NotDefined(name.to_owned())) }
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

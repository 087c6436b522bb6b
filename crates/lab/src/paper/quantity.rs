//! Figures that a claim may speak of, one function each.
//!
//! A name that is no quantity of the paper may be a recorded column, which stands for itself. Quantities are in
//! units of what theory predicts wherever there is a prediction, so that bounds are plain numbers.

use crate::evidence::{Gap, Moment, Subject};
use featurescope_sim::measure;
use serde::Serialize;

/// Reads a quantity off one arm.
pub type Reader = fn(&Subject<'_>, Moment) -> Result<f64, Gap>;

/// One entry of a paper's list of quantities.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantity {
    /// What claims call it.
    pub name: &'static str,
    /// What it is, with its unit or what it is a ratio to.
    pub doc: &'static str,
    /// How it is read.
    #[serde(skip)]
    read: Reader,
}

impl Quantity {
    /// A quantity of this name.
    pub const fn new(name: &'static str, doc: &'static str, read: Reader) -> Self {
        Self { name, doc, read }
    }
}

/// What a recorded column is, in a sentence; `None` where none has that name.
pub(super) fn column_doc(name: &str) -> Option<&'static str> {
    measure::columns().into_iter().find(|column| column.name == name).map(|column| column.doc)
}

/// The value of a quantity, or of the column of this name; never a number that is not finite.
pub(super) fn read(
    quantity: Option<&Quantity>,
    name: &str,
    subject: &Subject<'_>,
    moment: Moment,
) -> Result<f64, Gap> {
    let value = match quantity {
        Some(quantity) => (quantity.read)(subject, moment)?,
        None => subject.column(name, moment)?,
    };
    if value.is_finite() { Ok(value) } else { Err(Gap::NotDefined(name.to_owned())) }
}

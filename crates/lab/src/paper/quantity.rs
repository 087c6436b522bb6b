//! Figures that a claim may speak of, one function each.
//!
//! A name that is no quantity of the paper may be a recorded column, which stands for itself. Quantities are in
//! units of what theory predicts wherever there is a prediction, so that bounds are plain numbers.

use crate::evidence::{Gap, Moment, Subject, Trial};
use serde::Serialize;

/// Reads a quantity off one arm of a run on sparse-coding data.
pub type Reader = fn(&Subject<'_>, Moment) -> Result<f64, Gap>;

/// Reads a quantity off one arm of a run of any kind.
pub type TrialReader = fn(&dyn Trial, Moment) -> Result<f64, Gap>;

/// One entry of a paper's list of quantities.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantity {
    /// What claims call it.
    pub name: &'static str,
    /// What it is, with its unit or what it is a ratio to.
    pub doc: &'static str,
    /// How it is read.
    #[serde(skip)]
    read: Way,
}

/// What a quantity needs to be read.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A dictionary.
    OnSparseCodes(Reader),
    /// Nothing but an arm.
    Anywhere(TrialReader),
}

impl Quantity {
    /// A quantity of this name that sparse-coding data alone have; other runs answer with [`Gap::OtherData`].
    pub const fn new(name: &'static str, doc: &'static str, read: Reader) -> Self {
        Self { name, doc, read: Way::OnSparseCodes(read) }
    }

    /// A quantity of this name that runs of every kind can have.
    pub const fn anywhere(name: &'static str, doc: &'static str, read: TrialReader) -> Self {
        Self { name, doc, read: Way::Anywhere(read) }
    }

    fn read(&self, trial: &dyn Trial, moment: Moment) -> Result<f64, Gap> {
        match self.read {
            Way::OnSparseCodes(read) => read(&trial.sparse_coding()?, moment),
            Way::Anywhere(read) => read(trial, moment),
        }
    }
}

/// The value of a quantity, or of the column of this name; never a number that is not finite.
pub(super) fn read(
    quantity: Option<&Quantity>,
    name: &str,
    trial: &dyn Trial,
    moment: Moment,
) -> Result<f64, Gap> {
    let value = match quantity {
        Some(quantity) => quantity.read(trial, moment)?,
        None => trial.column(name, moment)?,
    };
    if value.is_finite() { Ok(value) } else { Err(Gap::NotDefined(name.to_owned())) }
}
